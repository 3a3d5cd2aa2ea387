//! Rows of posts, reactions and files.

use domain::{ChannelAfter, MemberAfter};
use events::channel::{
    AttachedFile, Broadcast, FileDetails, FileUploaded, Notice, PostAcknowledged,
    PostAcknowledgementRemoved, PostContent, PostCreated, PostDeleted, PostEdited, ReactionAdded,
    ReactionRemoved,
};
use events::priority::PriorityLevel;
use events::{ChannelId, PostId, UserId};
use read_model::files_json;
use read_model::rows::{AcknowledgementRow, FileRow, PostRow, PostVersionRow, ReactionRow};

use super::{
    AcknowledgementChange, Change, ReactionChange, RowChanges, VersionChange, add_mark, amend,
};
use crate::patches::{Deletion, Edit, PostPatch, counted_mentions, text};

/// When and where something was said, and the channel after it.
pub(super) struct Place {
    pub at: i64,
    pub after: ChannelAfter,
    pub partition: i16,
    pub log_offset: i64,
}

impl Place {
    fn post(&self, id: PostId, channel_id: ChannelId, user_id: UserId) -> PostRow {
        PostRow {
            id,
            channel_id,
            user_id,
            root_id: None,
            create_at: self.at,
            update_at: self.at,
            edit_at: 0,
            delete_at: 0,
            deleted_by: None,
            is_pinned: false,
            reacted: false,
            reply_count: 0,
            last_reply_at: 0,
            message: String::new(),
            props: String::new(),
            files: String::new(),
            notice: String::new(),
            pending_post_id: String::new(),
            mentions: Vec::new(),
            msgs: self.after.msgs,
            msgs_root: self.after.msgs_root,
            broadcasts: self.after.broadcasts,
            is_broadcast: false,
            priority: PriorityLevel::Standard,
            requested_ack: false,
            acknowledged: false,
            partition: self.partition,
            log_offset: self.log_offset,
        }
    }
}

impl RowChanges {
    pub(super) fn create_post(
        &mut self,
        c: &PostCreated,
        p: &PostContent,
        members: &[MemberAfter],
        place: &Place,
    ) {
        let is_root = c.root.is_none();
        let is_broadcast = is_root && matches!(c.broadcast, Broadcast::Channel | Broadcast::All);
        let root_id = c.root.as_ref().map(|root| root.post_id);
        let row = PostRow {
            root_id,
            message: text(&p.message),
            props: props_json(p),
            files: text(&files_json(&c.files, p)),
            pending_post_id: text(&p.pending_post_id),
            mentions: counted_mentions(members),
            msgs: place.after.msgs - 1,
            msgs_root: place.after.msgs_root - i64::from(is_root),
            broadcasts: place.after.broadcasts - i64::from(is_broadcast),
            is_broadcast,
            priority: c.priority.level,
            requested_ack: c.priority.requested_ack,
            ..place.post(c.post_id, c.channel_id, c.author_id)
        };
        self.posts.entry(c.post_id).or_insert(Change::New(row));
        self.attach(c.post_id, &c.files);
        if let Some(root) = root_id {
            let replied = PostPatch {
                update_at: place.at,
                replies: 1,
                last_reply_at: place.at,
                ..PostPatch::default()
            };
            amend(&mut self.posts, root, replied);
        }
    }

    /// System posts. Those that count stand one after another in the totals.
    pub(super) fn post_notices(&mut self, channel: ChannelId, notices: &[Notice], place: &Place) {
        let mut later = notices.iter().filter(|notice| notice.kind.counts()).count();
        for notice in notices {
            let before = i64::try_from(later).unwrap_or(i64::MAX);
            later -= usize::from(notice.kind.counts());
            let row = PostRow {
                notice: serde_json::to_string(notice).expect("a notice is JSON"),
                msgs: place.after.msgs - before,
                msgs_root: place.after.msgs_root - before,
                ..place.post(notice.post_id, channel, notice.by)
            };
            self.posts.entry(notice.post_id).or_insert(Change::New(row));
        }
    }

    pub(super) fn edit_post(&mut self, c: &PostEdited, p: &PostContent, at: i64) {
        let earlier = self.version_before(c.post_id, at);
        self.post_versions.insert((c.post_id, at), earlier);
        let edit = Edit {
            at,
            message: text(&p.message),
            props: props_json(p),
            files: text(&files_json(&c.files, p)),
        };
        let patch = PostPatch { update_at: at, edit: Some(edit), ..PostPatch::default() };
        amend(&mut self.posts, c.post_id, patch);
        self.attach(c.post_id, &c.files);
    }

    fn version_before(&self, post_id: PostId, replaced_at: i64) -> VersionChange {
        let (message, props, files) = match self.posts.get(&post_id) {
            Some(Change::New(row)) => (&row.message, &row.props, &row.files),
            Some(Change::Patch(PostPatch { edit: Some(edit), .. })) => {
                (&edit.message, &edit.props, &edit.files)
            }
            Some(Change::Patch(_)) | None => return VersionChange::OfRow,
        };
        VersionChange::Known(PostVersionRow {
            post_id,
            replaced_at,
            message: message.clone(),
            props: props.clone(),
            files: files.clone(),
        })
    }

    pub(super) fn delete_post(&mut self, c: &PostDeleted, at: i64) {
        let deletion = Deletion { at, by: c.by };
        let gone = PostPatch { update_at: at, deletion: Some(deletion), ..PostPatch::default() };
        amend(&mut self.posts, c.post_id, gone);
        match c.root_id {
            None => {
                self.deleted_threads.insert(c.post_id, deletion);
            }
            Some(root) => {
                let lost = PostPatch { update_at: at, replies: -1, ..PostPatch::default() };
                amend(&mut self.posts, root, lost);
                self.recounted_roots.insert(root);
                self.recounted_participants.insert((root, c.author_id));
            }
        }
    }

    pub(super) fn pin_post(&mut self, post: PostId, is_pinned: bool, at: i64) {
        let patch = PostPatch { update_at: at, is_pinned: Some(is_pinned), ..PostPatch::default() };
        amend(&mut self.posts, post, patch);
    }

    pub(super) fn add_reaction(&mut self, c: &ReactionAdded, at: i64) {
        let patch = PostPatch { update_at: at, reacted: true, ..PostPatch::default() };
        amend(&mut self.posts, c.post_id, patch);
        let emoji_name = text(&c.emoji_name);
        let row = ReactionRow {
            post_id: c.post_id,
            user_id: c.user_id,
            emoji_name: emoji_name.clone(),
            channel_id: c.channel_id,
            create_at: at,
        };
        add_mark(&mut self.reactions, (c.post_id, c.user_id, emoji_name), row);
    }

    pub(super) fn remove_reaction(&mut self, c: &ReactionRemoved, at: i64) {
        let patch = PostPatch { update_at: at, ..PostPatch::default() };
        amend(&mut self.posts, c.post_id, patch);
        let key = (c.post_id, c.user_id, text(&c.emoji_name));
        self.reactions.insert(key, ReactionChange::Delete);
    }

    pub(super) fn acknowledge(&mut self, c: &PostAcknowledged, at: i64) {
        let patch = PostPatch { update_at: at, acknowledged: true, ..PostPatch::default() };
        amend(&mut self.posts, c.post_id, patch);
        let (post_id, user_id) = (c.post_id, c.user_id);
        let row = AcknowledgementRow { post_id, user_id, channel_id: c.channel_id, create_at: at };
        add_mark(&mut self.acknowledgements, (post_id, user_id), row);
    }

    pub(super) fn remove_acknowledgement(&mut self, c: &PostAcknowledgementRemoved, at: i64) {
        let patch = PostPatch { update_at: at, ..PostPatch::default() };
        amend(&mut self.posts, c.post_id, patch);
        self.acknowledgements.insert((c.post_id, c.user_id), AcknowledgementChange::Delete);
    }

    pub(super) fn upload_file(&mut self, c: &FileUploaded, p: &FileDetails, at: i64) {
        let row = FileRow {
            id: c.file.file_id,
            channel_id: c.channel_id,
            owner_id: c.owner_id,
            post_id: None,
            create_at: at,
            name: text(&p.name),
            extension: text(&c.file.extension),
            mime_type: text(&c.file.mime_type),
            size: c.file.size,
            width: c.file.width,
            height: c.file.height,
            object: text(&c.object),
            sha256: text(&p.sha256),
            key: text(&p.key),
            has_preview: c.file.has_preview,
            mini_preview: text(&p.mini_preview),
        };
        self.files.entry(row.id).or_insert(row);
    }

    fn attach(&mut self, post: PostId, files: &[AttachedFile]) {
        for file in files {
            match self.files.get_mut(&file.file_id) {
                Some(row) => row.post_id = Some(post),
                None => {
                    self.attached.insert(file.file_id, post);
                }
            }
        }
    }
}

/// JSON writes NUL as an escape, which a text column takes.
fn props_json(content: &PostContent) -> String {
    if content.props.is_empty() {
        return String::new();
    }
    serde_json::to_string(&content.props).expect("props are JSON")
}
