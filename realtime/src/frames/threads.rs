//! Frames of threads: for each follower alone.

use domain::Applied;
use events::thread::{ThreadMarker, ThreadMarkersAdvanced, ThreadScope};
use events::user::ReadMarkerAdvanced;
use events::{ChannelId, PostId, UserId};
use fold::FoldSet;
use wire::frame::{self, Broadcast, Frame};

use super::{Audience, Rows, Sink};

/// A reply came or went: whoever follows the thread is told how it stands now.
pub(super) fn touched(
    channel_id: ChannelId,
    (root, reply): (PostId, PostId),
    gone: bool,
    offset: u64,
    sink: &mut impl Sink,
) {
    let rows = Rows::Thread { root, reply, gone };
    sink.push_rows(Audience::channel(channel_id, offset), rows);
}

/// Somebody follows a thread, or no longer does.
pub(super) fn followed(
    set: &FoldSet,
    channel_id: ChannelId,
    user_id: UserId,
    data: frame::ThreadFollowChanged,
    sink: &mut impl Sink,
) {
    sink.tell(Audience::Member { channel_id, user_id }, || {
        Frame::new("thread_follow_changed", &of_team(set, channel_id, user_id), &data)
    });
}

/// Somebody has read a thread, or not any more.
pub(super) fn marked(set: &FoldSet, user_id: UserId, marker: &ThreadMarker, sink: &mut impl Sink) {
    let channel_id = marker.channel_id;
    sink.tell(Audience::User(user_id), || {
        let (before, now) = (marker.before, marker.now);
        let data = frame::ThreadReadChanged {
            timestamp: marker.read_to,
            thread: Some(frame::OneThreadRead {
                thread_id: marker.root_id,
                channel_id,
                unread_mentions: now.mentions,
                unread_replies: now.replies,
                previous_unread_mentions: before.mentions,
                previous_unread_replies: before.replies,
            }),
        };
        Frame::new("thread_read_changed", &of_team(set, channel_id, user_id), &data)
    });
}

/// Somebody has read all threads of a team or of a channel.
pub(super) fn all_marked(c: &ThreadMarkersAdvanced, sink: &mut impl Sink) {
    let broadcast = match c.scope() {
        Some(ThreadScope::Team(team_id)) => Broadcast::to_user_in(c.user_id, team_id),
        Some(ThreadScope::Channel(channel_id)) => {
            Broadcast { channel_id: Some(channel_id), ..Broadcast::to_user(c.user_id) }
        }
        None => return,
    };
    all_read(&broadcast, c.user_id, c.read_to, sink);
}

/// The same where channels were read with their threads.
pub(super) fn read_with_channels(c: &ReadMarkerAdvanced, applied: &Applied, sink: &mut impl Sink) {
    for marker in applied.markers.iter().filter(|_| c.threads) {
        let channel_id = Some(marker.channel_id);
        let broadcast = Broadcast { channel_id, ..Broadcast::to_user(c.user_id) };
        all_read(&broadcast, c.user_id, marker.as_of, sink);
    }
}

fn all_read(broadcast: &Broadcast, user_id: UserId, timestamp: i64, sink: &mut impl Sink) {
    sink.tell(Audience::User(user_id), || {
        let data = frame::ThreadReadChanged { timestamp, thread: None };
        Frame::new("thread_read_changed", broadcast, &data)
    });
}

/// Clients sort threads by team; those of conversations belong to none.
fn of_team(set: &FoldSet, channel_id: ChannelId, user_id: UserId) -> Broadcast {
    let channels = set.channels(channel_id);
    let team_id = channels.state().channel(channel_id).and_then(|channel| channel.team_id);
    Broadcast { team_id, ..Broadcast::to_user(user_id) }
}
