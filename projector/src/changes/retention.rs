//! Rows about how long things are kept, and what goes when its time is over.

use events::retention::{
    ChannelPostsExpired, HoldMatter, LegalHoldPlaced, LegalHoldReleased, RetentionRunFinished,
};
use events::{ChannelId, HoldId, UserId};
use read_model::rows::{ExpiryRow, HoldRow, RetentionRunRow};

use super::{Change, RowChanges, amend};
use crate::patches::{HoldPatch, text};

/// What of a channel is past its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    pub channel_id: ChannelId,
    pub before: i64,
    pub files_before: i64,
    /// Whose posts and files stay.
    pub kept_authors: Vec<UserId>,
    /// When that was said, by the channel's time: it concerns nothing that is later.
    pub at: i64,
}

impl RowChanges {
    pub(super) fn place_hold(&mut self, c: &LegalHoldPlaced, p: &HoldMatter, at: i64) {
        let row = HoldRow {
            id: c.hold_id,
            name: text(&p.name),
            placed_by: c.by,
            create_at: at,
            release_at: 0,
        };
        self.holds.insert(c.hold_id, Change::New(row));
    }

    pub(super) fn release_hold(&mut self, c: &LegalHoldReleased, at: i64) {
        amend::<HoldId, _, _>(&mut self.holds, c.hold_id, HoldPatch { release_at: Some(at) });
    }

    pub(super) fn finish_run(&mut self, c: &RetentionRunFinished, at: i64) {
        let row = RetentionRunRow {
            id: c.run_id,
            began_at: c.began_at,
            ended_at: at,
            requested_by: c.by,
            channels: c.channels.cast_signed(),
            posts: c.posts.cast_signed(),
            files: c.files.cast_signed(),
            channels_held: c.channels_held.cast_signed(),
            keys_advanced: c.keys_advanced.cast_signed(),
            objects_removed: c.objects_removed.cast_signed(),
            channels_failed: c.channels_failed.cast_signed(),
        };
        self.retention_runs.insert(c.run_id, row);
    }

    pub(super) fn expire_posts(&mut self, c: &ChannelPostsExpired, at: i64) {
        let row = ExpiryRow {
            channel_id: c.channel_id,
            at,
            run_id: c.run_id,
            policy_id: c.policy_id,
            posts_before: c.before,
            files_before: c.files_before,
            posts: c.posts.cast_signed(),
            files: c.files.cast_signed(),
        };
        self.channel_expiries.insert((c.channel_id, at), row);
        self.gone.expired.push(Expiry {
            channel_id: c.channel_id,
            before: c.before.min(at),
            files_before: c.files_before.min(at),
            kept_authors: c.kept_author_ids.clone(),
            at,
        });
    }
}
