//! What admitted events mean for the search index. Pure.

use std::collections::BTreeMap;

use events::channel::{AttachedFile, PostContent, PostCreated, PostEdited};
use events::{ChannelEvent, Event, Partition, Position, PostId};
use fold::Folded;
use search_index::{IndexChange, IndexedFile, IndexedPost, PostFlags};

/// Changes of the index, gathered from a batch.
#[derive(Debug, Default)]
pub struct IndexFeed {
    changes: Vec<IndexChange>,
    /// Where the posts of this batch stand.
    places: BTreeMap<PostId, (Partition, u64)>,
    /// The last record of each partition.
    positions: BTreeMap<Partition, Position>,
    records: u64,
}

impl IndexFeed {
    /// Takes in the next record of a partition.
    pub fn absorb(&mut self, folded: &Folded) {
        let position = folded.position();
        self.positions.insert(position.partition, position);
        self.records += 1;
        let Some((_, Event::Channels(event), applied)) = folded.applied() else { return };
        match event {
            ChannelEvent::PostCreated(b) => {
                self.places.insert(b.c.post_id, (position.partition, position.offset));
                self.changes.push(IndexChange::Add(created(&b.c, &b.p, applied.at, position)));
            }
            ChannelEvent::PostEdited(b) => {
                self.changes.push(IndexChange::Put(edited(&b.c, &b.p, position)));
            }
            ChannelEvent::PostDeleted(b) => self.changes.push(match b.c.root_id {
                Some(_) => IndexChange::DeletePost(b.c.post_id),
                None => IndexChange::DeleteThread(b.c.post_id),
            }),
            ChannelEvent::ChannelAuthorErased(b) => self.changes.push(IndexChange::EraseAuthor {
                channel_id: b.c.channel_id,
                author_id: b.c.user_id,
            }),
            ChannelEvent::ChannelPostsExpired(b) => self.changes.push(IndexChange::Expire {
                channel_id: b.c.channel_id,
                before: b.c.before.min(applied.at),
                files_before: b.c.files_before.min(applied.at),
                kept_authors: b.c.kept_author_ids.clone(),
            }),
            // System posts are not found, and the rest is not searched for.
            ChannelEvent::RulesActivated(_)
            | ChannelEvent::EpochOpened(_)
            | ChannelEvent::EpochSealed(_)
            | ChannelEvent::ChannelCreated(_)
            | ChannelEvent::ChannelDirectOpened(_)
            | ChannelEvent::ChannelGroupOpened(_)
            | ChannelEvent::ChannelSettingsChanged(_)
            | ChannelEvent::ChannelPrivacyChanged(_)
            | ChannelEvent::ChannelArchived(_)
            | ChannelEvent::ChannelRestored(_)
            | ChannelEvent::ChannelMembersAdded(_)
            | ChannelEvent::ChannelMemberRemoved(_)
            | ChannelEvent::ChannelMemberRolesChanged(_)
            | ChannelEvent::ChannelModerated(_)
            | ChannelEvent::PostPinned(_)
            | ChannelEvent::PostUnpinned(_)
            | ChannelEvent::ReactionAdded(_)
            | ChannelEvent::ReactionRemoved(_)
            | ChannelEvent::FileUploaded(_)
            | ChannelEvent::ThreadFollowed(_)
            | ChannelEvent::ThreadUnfollowed(_)
            | ChannelEvent::ChannelKeyAdvanced(_)
            | ChannelEvent::PostAcknowledged(_)
            | ChannelEvent::PostAcknowledgementRemoved(_)
            | ChannelEvent::BookmarkCreated(_)
            | ChannelEvent::BookmarkChanged(_)
            | ChannelEvent::BookmarkDeleted(_)
            | ChannelEvent::BookmarkMoved(_)
            | ChannelEvent::ChannelMemberNotifyChanged(_) => {}
        }
    }

    /// Nothing was absorbed.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// The partitions of what was absorbed.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + '_ {
        self.positions.keys().copied()
    }

    /// Where the posts stand that were made by what was absorbed.
    pub fn places(&self) -> impl Iterator<Item = (PostId, (Partition, u64))> + '_ {
        self.places.iter().map(|(post, place)| (*post, *place))
    }

    /// Edited posts of earlier batches: the index names the record that made a post, which an edit
    /// does not tell.
    pub fn unplaced(&self) -> Vec<PostId> {
        let edited = self.changes.iter().filter_map(|change| match change {
            IndexChange::Put(post) => Some(post.post_id),
            IndexChange::Add(_)
            | IndexChange::DeletePost(_)
            | IndexChange::DeleteThread(_)
            | IndexChange::EraseAuthor { .. }
            | IndexChange::Expire { .. } => None,
        });
        edited.filter(|id| !self.places.contains_key(id)).collect()
    }

    /// The changes with `places` of earlier posts filled in, the positions they lead to, and how many
    /// records they came from.
    pub fn finish(
        mut self,
        places: BTreeMap<PostId, (Partition, u64)>,
    ) -> (Vec<IndexChange>, Vec<Position>, u64) {
        self.places.extend(places);
        for change in &mut self.changes {
            if let IndexChange::Put(post) = change
                && let Some((partition, offset)) = self.places.get(&post.post_id)
            {
                post.partition = *partition;
                post.offset = *offset;
            }
        }
        (self.changes, self.positions.into_values().collect(), self.records)
    }
}

fn created(c: &PostCreated, p: &PostContent, at: i64, position: Position) -> IndexedPost {
    IndexedPost {
        post_id: c.post_id,
        channel_id: c.channel_id,
        author_id: c.author_id,
        root_id: c.root.as_ref().map(|root| root.post_id),
        create_at: at,
        post_type: String::new(),
        flags: flags(&p.message, !c.files.is_empty()),
        message: p.message.clone(),
        files: files(&c.files, &p.file_names),
        partition: position.partition,
        offset: position.offset,
    }
}

fn edited(c: &PostEdited, p: &PostContent, position: Position) -> IndexedPost {
    IndexedPost {
        post_id: c.post_id,
        channel_id: c.channel_id,
        author_id: c.author_id,
        root_id: c.root_id,
        create_at: c.create_at,
        post_type: String::new(),
        flags: flags(&p.message, !c.files.is_empty()),
        message: p.message.clone(),
        files: files(&c.files, &p.file_names),
        partition: position.partition,
        offset: position.offset,
    }
}

/// Of somebody who is erased, names are not left.
fn files(files: &[AttachedFile], names: &[String]) -> Vec<IndexedFile> {
    let indexed = |(file, name): (&AttachedFile, &String)| IndexedFile {
        file_id: file.file_id,
        name: name.clone(),
        extension: file.extension.clone(),
    };
    files.iter().zip(names).map(indexed).collect()
}

fn flags(message: &str, has_file: bool) -> PostFlags {
    let mut flags = PostFlags::default();
    if has_file {
        flags = flags.with(PostFlags::HAS_FILE);
    }
    if message.contains("http://") || message.contains("https://") {
        flags = flags.with(PostFlags::HAS_LINK);
    }
    flags
}
