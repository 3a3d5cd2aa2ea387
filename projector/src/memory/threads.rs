//! Who follows threads, and who takes part in them.

use read_model::rows::ThreadMemberRow;

use super::MemoryTables;
use crate::changes::{FollowerChange, RowChanges, first_row, implied_by};
use crate::patches::Patch;

impl MemoryTables {
    pub(super) fn apply_followers(&mut self, changes: &RowChanges) {
        for (key, change) in &changes.thread_members {
            match change {
                FollowerChange::Implied(row) => {
                    let row = self.since_answered(changes, row);
                    self.thread_members.entry(*key).or_insert(row);
                }
                FollowerChange::Said { channel_id, patch } => {
                    let row = self.thread_members.entry(*key);
                    row.and_modify(|row| patch.apply(row))
                        .or_insert_with(|| first_row(*key, *channel_id, patch));
                }
            }
        }
        for (root, at) in &changes.answered_roots {
            let Some(root) = self.posts.get(root) else { continue };
            for row in implied_by(root, *at) {
                self.thread_members.entry((row.root_id, row.user_id)).or_insert(row);
            }
        }
        for (key, row) in &changes.thread_markers {
            self.thread_markers.insert(*key, row.clone());
        }
        for (key, row) in &changes.thread_floors {
            self.thread_floors.insert(*key, row.clone());
        }
    }

    fn since_answered(&self, changes: &RowChanges, row: &ThreadMemberRow) -> ThreadMemberRow {
        let concerned = |at: i64| {
            let root = self.posts.get(&row.root_id)?;
            implied_by(root, at).find(|implied| implied.user_id == row.user_id)
        };
        changes.answered_before(row).and_then(concerned).unwrap_or_else(|| row.clone())
    }

    pub(super) fn recount_participants(&mut self, changes: &RowChanges) {
        for (root, user) in &changes.recounted_participants {
            let own = self.posts.values().filter(|post| {
                post.root_id == Some(*root) && post.user_id == *user && post.delete_at == 0
            });
            let replied_at = own.map(|post| post.create_at).max().unwrap_or(0);
            if let Some(row) = self.thread_members.get_mut(&(*root, *user)) {
                row.replied_at = replied_at;
            }
        }
    }
}
