//! Commands on read markers.

use events::user::{ReadMarker, ReadMarkerAdvanced, ReadMarkerSetBack, Totals};
use events::{ChannelId, Nothing, UserId};

use super::post::PostFacts;
use super::{Decision, ensure, in_readstate};
use crate::channel::{Channel, Channels};
use crate::directory::Directory;
use crate::permissions::knows_channel;
use crate::rights;
use crate::user::{Marker, Readstate};

/// Channels that one request may view.
pub const VIEWS_MAX: usize = 200;

/// Why a command on read markers is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadstateRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    Forbidden,
    UnknownChannel,
    UnknownPost,
}

use ReadstateRejection as R;

type Decided = Result<Decision, R>;

/// What a person sees of a channel now: its end, the time of its latest post, the totals for them.
/// Comes from the channel's own partition; the marker carries it into the person's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    pub channel_id: ChannelId,
    pub last_at: i64,
    pub last_post_at: i64,
    /// Whoever joins has read what was said before.
    pub joined_at: i64,
    pub totals: Totals,
}

impl Seen {
    /// What `user`, a member with rights, sees of the channel.
    ///
    /// # Errors
    /// [`ReadstateRejection`]: there is no such channel, or no such right.
    pub fn of(
        directory: &Directory,
        channels: &Channels,
        channel_id: ChannelId,
        user: UserId,
    ) -> Result<Self, R> {
        let channel: &Channel = channels.channel(channel_id).ok_or(R::UnknownChannel)?;
        let hidden = !knows_channel(directory, user, channel);
        let refused = if hidden { R::UnknownChannel } else { R::Forbidden };
        let member = rights::member(directory, channel, user).ok_or(refused)?;
        Ok(Self {
            channel_id,
            last_at: channel.last_at,
            last_post_at: channel.totals.last_post_at,
            joined_at: member.joined_at,
            totals: channel.totals_for(member),
        })
    }
}

/// Reads channels up to their ends.
#[derive(Debug, Clone)]
pub struct ViewChannels {
    pub user_id: UserId,
    pub seen: Vec<Seen>,
    /// Whether their threads are read with them.
    pub threads: bool,
}

impl ViewChannels {
    pub fn decide(&self, readstate: &Readstate) -> Decided {
        ensure(self.seen.len() <= VIEWS_MAX, R::Invalid("channel_ids"))?;
        let markers: Vec<ReadMarker> =
            self.seen.iter().filter_map(|seen| self.marker(readstate, seen)).collect();
        if markers.is_empty() {
            return Ok(Decision::AlreadySo);
        }
        let c = ReadMarkerAdvanced { user_id: self.user_id, markers, threads: self.threads };
        Ok(in_readstate(c, Nothing {}))
    }

    /// What the contract calls `last_viewed_at` after the view.
    pub fn viewed_at(readstate: &Readstate, user: UserId, seen: &Seen) -> i64 {
        let held = marker_since_join(readstate, user, seen);
        held.map_or(seen.joined_at, |marker| marker.read_to).max(seen.last_post_at)
    }

    /// The marker that reads the channel up, if anything can be unread. Up to the latest post; where
    /// only a mention without a post can be waiting (somebody was added), up to the channel's end.
    fn marker(&self, readstate: &Readstate, seen: &Seen) -> Option<ReadMarker> {
        let held = marker_since_join(readstate, self.user_id, seen);
        let read_to = match held {
            Some(held) if seen.last_post_at > held.read_to => seen.last_post_at,
            Some(held) if seen.last_at > held.as_of && seen.totals.mentions > 0 => seen.last_at,
            None if seen.last_post_at > seen.joined_at => seen.last_post_at,
            None if seen.totals.mentions > 0 => seen.last_at,
            Some(_) | None => return None,
        };
        let channel_id = seen.channel_id;
        let marker = ReadMarker { channel_id, as_of: seen.last_at, read_to, totals: seen.totals };
        readstate.advances(self.user_id, &marker).then_some(marker)
    }
}

/// A marker from before the join says nothing any more.
fn marker_since_join(readstate: &Readstate, user: UserId, seen: &Seen) -> Option<Marker> {
    let held = readstate.marker(user, seen.channel_id);
    held.filter(|marker| marker.as_of >= seen.joined_at)
}

/// Marks a channel unread from a post on.
#[derive(Debug, Clone, Copy)]
pub struct SetUnread {
    pub actor: UserId,
    pub user_id: UserId,
    pub post: PostFacts,
    /// What the person sees of the channel now.
    pub seen: Seen,
    /// Totals just before the post, as its rows were read.
    pub before: Totals,
    /// Urgent posts from there on that mention the person.
    pub urgent_mentions: i64,
}

impl SetUnread {
    pub fn decide(&self, directory: &Directory, readstate: &Readstate) -> Decided {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        ensure(!self.post.deleted && self.post.channel_id == self.seen.channel_id, R::UnknownPost)?;
        let marker = ReadMarker {
            channel_id: self.seen.channel_id,
            as_of: self.seen.last_at,
            read_to: self.post.create_at - 1,
            totals: self.before,
        };
        let held = readstate.marker(self.user_id, marker.channel_id);
        let same = held.is_some_and(|m| (m.as_of, m.read_to) == (marker.as_of, marker.read_to));
        if same {
            return Ok(Decision::AlreadySo);
        }
        let c = ReadMarkerSetBack {
            user_id: self.user_id,
            marker,
            post_id: self.post.post_id,
            now: self.seen.totals,
            urgent_mentions: self.urgent_mentions,
        };
        Ok(in_readstate(c, Nothing {}))
    }
}
