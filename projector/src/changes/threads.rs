//! Rows of threads: who follows, who takes part, who has read what.

use domain::Applied;
use events::channel::PostCreated;
use events::thread::{ThreadMarker, ThreadMarkersAdvanced, ThreadScope};
use events::user::ReadMarkerAdvanced;
use events::{ChannelId, Id, PostId, UserId};
use read_model::rows::{PostRow, ThreadFloorRow, ThreadMarkerRow, ThreadMemberRow};

use super::{Change, RowChanges};
use crate::patches::{Patch, ThreadPatch, counted_mentions};

/// What becomes of somebody's part in a thread.
#[derive(Debug, Clone, PartialEq)]
pub enum FollowerChange {
    /// They follow if nothing was ever said of them.
    Implied(ThreadMemberRow),
    /// They do or do not, whatever was said before.
    Said { channel_id: ChannelId, patch: ThreadPatch },
}

/// The row of somebody of whom nothing was said before.
pub(crate) fn first_row(
    (root_id, user_id): (PostId, UserId),
    channel_id: ChannelId,
    patch: &ThreadPatch,
) -> ThreadMemberRow {
    let mut row = ThreadMemberRow {
        root_id,
        user_id,
        channel_id,
        following: false,
        follow_at: 0,
        base_at: 0,
        replied_at: 0,
    };
    patch.apply(&mut row);
    row
}

impl RowChanges {
    /// Whoever answers follows the thread and has read it; so does, unread, whoever is named. Whom the
    /// root concerns begins to follow with the first answer, and so does who follows all threads.
    pub(super) fn answer(&mut self, c: &PostCreated, applied: &Applied) {
        let Some(root) = c.root.as_ref().map(|root| root.post_id) else { return };
        let at = applied.at;
        if c.auto_follow {
            self.answer_root(root, at);
            for user in &applied.auto_followers {
                let key = (root, *user);
                let implied = FollowerChange::Implied(implied(key, c.channel_id, at));
                self.thread_members.entry(key).or_insert(implied);
            }
            for user in counted_mentions(&applied.members) {
                let named = ThreadPatch { following: true, follow_at: at, ..Default::default() };
                self.say_follows(root, user, c.channel_id, named);
            }
        }
        let own = ThreadPatch { following: true, follow_at: at, base_at: at, replied_at: at };
        self.say_follows(root, c.author_id, c.channel_id, own);
    }

    pub(super) fn say_follows(
        &mut self,
        root: PostId,
        user: UserId,
        channel_id: ChannelId,
        patch: ThreadPatch,
    ) {
        match self.thread_members.get_mut(&(root, user)) {
            Some(FollowerChange::Said { patch: earlier, .. }) => earlier.merge(patch),
            Some(FollowerChange::Implied(_)) | None => {
                let said = FollowerChange::Said { channel_id, patch };
                self.thread_members.insert((root, user), said);
            }
        }
    }

    /// When the row's root was first answered in this batch, if that was before what implied the row: whom
    /// the root concerns follows since then. The root is a row of an earlier batch.
    pub(crate) fn answered_before(&self, row: &ThreadMemberRow) -> Option<i64> {
        self.answered_roots.get(&row.root_id).copied().filter(|at| *at < row.follow_at)
    }

    fn answer_root(&mut self, root: PostId, at: i64) {
        let Some(Change::New(row)) = self.posts.get(&root) else {
            self.answered_roots.entry(root).or_insert(at);
            return;
        };
        for implied in implied_by(row, at) {
            let key = (root, implied.user_id);
            self.thread_members.entry(key).or_insert(FollowerChange::Implied(implied));
        }
    }

    pub(super) fn mark_thread(&mut self, user_id: UserId, marker: &ThreadMarker, at: i64) {
        let row = ThreadMarkerRow {
            user_id,
            root_id: marker.root_id,
            channel_id: marker.channel_id,
            as_of: marker.as_of,
            read_to: marker.read_to,
            at,
        };
        self.thread_markers.insert((user_id, marker.root_id), row);
    }

    /// Of a team, with all conversations; or of a channel.
    pub(super) fn mark_threads(&mut self, c: &ThreadMarkersAdvanced, at: i64) {
        match c.scope() {
            Some(ThreadScope::Team(team)) => {
                self.raise_floor(c.user_id, team.0, c.read_to, at);
                self.raise_floor(c.user_id, Id::default(), c.read_to, at);
            }
            Some(ThreadScope::Channel(channel)) => {
                self.raise_floor(c.user_id, channel.0, c.read_to, at);
            }
            None => {}
        }
    }

    /// Threads that were read with their channels, as far as those were there.
    pub(super) fn mark_threads_with(&mut self, c: &ReadMarkerAdvanced, applied: &Applied) {
        if !c.threads {
            return;
        }
        for marker in &applied.markers {
            self.raise_floor(c.user_id, marker.channel_id.0, marker.as_of, applied.at);
        }
    }

    fn raise_floor(&mut self, user_id: UserId, scope: Id, read_to: i64, at: i64) {
        let row = ThreadFloorRow { user_id, scope, read_to, at };
        self.thread_floors.insert((user_id, scope), row);
    }
}

/// Whom a root concerns: its author and those whose attention it called.
pub(crate) fn implied_by(root: &PostRow, at: i64) -> impl Iterator<Item = ThreadMemberRow> {
    std::iter::once(root.user_id)
        .chain(root.mentions.iter().copied())
        .map(move |user| implied((root.id, user), root.channel_id, at))
}

/// The same whatever implies it: which of several comes first depends on the batches.
fn implied(key: (PostId, UserId), channel_id: ChannelId, at: i64) -> ThreadMemberRow {
    let patch = ThreadPatch { following: true, follow_at: at, ..ThreadPatch::default() };
    first_row(key, channel_id, &patch)
}
