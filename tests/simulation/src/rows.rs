//! The database of the simulation: what commands read of posts, written by projectors with positions by
//! compare-and-set, and set back now and then.

use std::collections::{BTreeMap, BTreeSet};

use domain::commands::post::PostFacts;
use domain::faults::{self, Rule};
use events::channel::Notice;
use events::{ChannelEvent, ChannelId, Event, Partition, PostId, UserId};
use fold::Folded;

/// A post's row.
#[derive(Debug, Clone, PartialEq)]
pub struct PostRow {
    pub facts: PostFacts,
    pub message: String,
    pub edits: u32,
    pub reply_count: i64,
    pub reactions: BTreeSet<(UserId, String)>,
}

/// Tables and the positions that they stand at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Database {
    pub positions: BTreeMap<Partition, u64>,
    pub posts: BTreeMap<PostId, PostRow>,
}

/// Another projector, or a database that went back, stands between.
#[derive(Debug, PartialEq, Eq)]
pub struct PositionMissed;

impl Database {
    pub fn next(&self, partition: Partition) -> u64 {
        self.positions.get(&partition).copied().unwrap_or(0)
    }

    /// One transaction: rows and position together, or nothing.
    pub fn write(
        &mut self,
        partition: Partition,
        from: u64,
        batch: &[Folded],
    ) -> Result<(), PositionMissed> {
        if self.next(partition) != from && faults::is_on(Rule::PositionsWithRows) {
            return Err(PositionMissed);
        }
        for folded in batch {
            self.absorb(folded);
        }
        self.positions.insert(partition, from + batch.len() as u64);
        Ok(())
    }

    fn absorb(&mut self, folded: &Folded) {
        let Some((_, Event::Channels(event), applied)) = folded.applied() else { return };
        use ChannelEvent as E;
        match event {
            E::PostCreated(b) => {
                let root_id = b.c.root.as_ref().map(|root| root.post_id);
                self.insert(
                    PostFacts {
                        post_id: b.c.post_id,
                        channel_id: b.c.channel_id,
                        author_id: b.c.author_id,
                        root_id,
                        create_at: applied.at,
                        is_system: false,
                        is_pinned: false,
                        deleted: false,
                        deleted_by: None,
                    },
                    &b.p.message,
                );
                if let Some(root) = root_id.and_then(|root| self.posts.get_mut(&root)) {
                    root.reply_count += 1;
                }
            }
            E::PostEdited(b) => self.with(b.c.post_id, |row| {
                row.message.clone_from(&b.p.message);
                row.edits += 1;
            }),
            E::PostDeleted(b) => self.delete(b.c.post_id, b.c.root_id, b.c.by),
            E::PostPinned(b) => self.with(b.c.post_id, |row| row.facts.is_pinned = true),
            E::PostUnpinned(b) => self.with(b.c.post_id, |row| row.facts.is_pinned = false),
            E::ReactionAdded(b) => self.with(b.c.post_id, |row| {
                row.reactions.insert((b.c.user_id, b.c.emoji_name.clone()));
            }),
            E::ReactionRemoved(b) => self.with(b.c.post_id, |row| {
                row.reactions.remove(&(b.c.user_id, b.c.emoji_name.clone()));
            }),
            E::ChannelMembersAdded(b) => {
                self.notice(b.c.channel_id, b.c.notice.as_ref(), applied.at)
            }
            E::ChannelMemberRemoved(b) => {
                self.notice(b.c.channel_id, b.c.notice.as_ref(), applied.at)
            }
            E::RulesActivated(_)
            | E::ChannelCreated(_)
            | E::ChannelDirectOpened(_)
            | E::ChannelGroupOpened(_)
            | E::ChannelSettingsChanged(_)
            | E::ChannelArchived(_)
            | E::ChannelRestored(_)
            | E::FileUploaded(_) => {}
        }
    }

    fn insert(&mut self, facts: PostFacts, message: &str) {
        let row = PostRow {
            facts,
            message: message.to_owned(),
            edits: 0,
            reply_count: 0,
            reactions: BTreeSet::new(),
        };
        self.posts.insert(facts.post_id, row);
    }

    fn notice(&mut self, channel_id: ChannelId, notice: Option<&Notice>, at: i64) {
        let Some(notice) = notice else { return };
        self.insert(
            PostFacts {
                post_id: notice.post_id,
                channel_id,
                author_id: notice.by,
                root_id: None,
                create_at: at,
                is_system: true,
                is_pinned: false,
                deleted: false,
                deleted_by: None,
            },
            "",
        );
    }

    fn with(&mut self, post: PostId, change: impl FnOnce(&mut PostRow)) {
        if let Some(row) = self.posts.get_mut(&post) {
            change(row);
        }
    }

    fn delete(&mut self, post: PostId, root: Option<PostId>, by: UserId) {
        for row in self.posts.values_mut() {
            if row.facts.post_id == post || row.facts.root_id == Some(post) {
                row.facts.deleted = true;
                row.facts.deleted_by = Some(by);
            }
        }
        if let Some(root) = root {
            self.with(root, |row| row.reply_count -= 1);
        }
    }
}
