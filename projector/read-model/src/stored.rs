//! What rows hold as JSON, and rows as clients see them.

use events::bookmark::{BookmarkContent, BookmarkedFile};
use events::channel::{AttachedFile, Notice, PostContent};
use events::priority::Priority;
use serde::{Deserialize, Serialize};
use wire::{Names, Post, Props, Reaction};

use crate::rows::{
    AcknowledgementRow, BookmarkRow, ChannelMemberRow, FileRow, PostRow, PreferenceRow,
    ReactionRow, StatusRow, TeamMemberRow, TeamRow, UserRow,
};

/// A file of a post with its name and its tiny preview, empty for none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct StoredFile(pub AttachedFile, pub String, #[serde(default)] pub String);

/// How one is written.
#[derive(Serialize)]
#[serde(untagged)]
enum Written<'f> {
    Plain(&'f AttachedFile, &'f str),
    Previewed(&'f AttachedFile, &'f str, &'f str),
}

/// The `files` column of a post.
pub fn files_json(files: &[AttachedFile], content: &PostContent) -> String {
    if files.is_empty() {
        return String::new();
    }
    fn nth(texts: &[String], n: usize) -> &str {
        texts.get(n).map_or("", String::as_str)
    }
    let stored: Vec<Written<'_>> = files
        .iter()
        .enumerate()
        .map(|(n, file)| match nth(&content.mini_previews, n) {
            "" => Written::Plain(file, nth(&content.file_names, n)),
            mini => Written::Previewed(file, nth(&content.file_names, n), mini),
        })
        .collect();
    serde_json::to_string(&stored).expect("files have string keys and no failing serializer")
}

/// Reads the `files` column of a post; what cannot be read counts as none.
pub fn stored_files(json: &str) -> Vec<StoredFile> {
    if json.is_empty() { Vec::new() } else { serde_json::from_str(json).unwrap_or_default() }
}

impl PostRow {
    /// The notice that a system post tells of.
    pub fn notice(&self) -> Option<Notice> {
        if self.notice.is_empty() { None } else { serde_json::from_str(&self.notice).ok() }
    }

    pub fn priority(&self) -> Priority {
        Priority { level: self.priority, requested_ack: self.requested_ack }
    }

    /// Takes its words from it, as its author's erasure does.
    pub fn forget(&mut self) {
        for text in [&mut self.message, &mut self.props, &mut self.files, &mut self.pending_post_id]
        {
            text.clear();
        }
    }

    /// The post as clients see it; system posts are told in the names of today.
    pub fn to_wire(&self, reactions: Vec<Reaction>, names: &impl Names) -> Post {
        let mut post = match self.notice() {
            Some(notice) => Post::from_notice(self.channel_id, &notice, self.create_at, names),
            None => Post::empty(self.id, self.channel_id, self.user_id, self.create_at),
        };
        post.update_at = self.update_at;
        post.edit_at = self.edit_at;
        post.delete_at = self.delete_at;
        post.is_pinned = self.is_pinned;
        post.root_id = self.root_id;
        post.reply_count = self.reply_count;
        post.last_reply_at = self.last_reply_at;
        post.pending_post_id.clone_from(&self.pending_post_id);
        post.has_reactions = !reactions.is_empty();
        if self.notice.is_empty() {
            post.hashtags = wire::hashtags(&self.message);
            post.message.clone_from(&self.message);
            post.props = Props::from_json(self.props.clone());
        }
        if !self.files.is_empty() {
            let stored = stored_files(&self.files);
            let stored = stored.iter().map(|StoredFile(file, name, mini)| (file, &**name, &**mini));
            post.attach(stored);
        }
        post.metadata.reactions = reactions;
        post.metadata.priority = wire::PostPriority::of(self.priority());
        post
    }
}

impl UserRow {
    /// The account as its owner sees it.
    pub fn to_wire(&self) -> wire::User {
        wire::User {
            id: self.id,
            create_at: self.create_at,
            update_at: self.update_at,
            delete_at: self.delete_at,
            username: self.username.clone(),
            auth_data: "",
            auth_service: "",
            email: self.email.clone(),
            email_verified: self.email_verified,
            nickname: self.nickname.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            position: self.position.clone(),
            roles: wire::system_roles(self.system_admin, self.is_guest).to_owned(),
            props: self.props.clone(),
            notify_props: self.notify_props.clone(),
            last_password_update: self.last_password_update,
            last_picture_update: self.last_picture_update,
            failed_attempts: 0,
            locale: self.locale.clone(),
            timezone: self.timezone.clone(),
            mfa_active: false,
            remote_id: "",
            last_activity_at: 0,
            is_bot: self.is_bot,
            bot_description: String::new(),
            terms_of_service_id: "",
            terms_of_service_create_at: 0,
            disable_welcome_email: false,
        }
    }
}

impl From<&wire::User> for UserRow {
    fn from(user: &wire::User) -> Self {
        Self {
            id: user.id,
            username: user.username.clone(),
            email: user.email.clone(),
            nickname: user.nickname.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            position: user.position.clone(),
            props: user.props.clone(),
            notify_props: user.notify_props.clone(),
            timezone: user.timezone.clone(),
            locale: user.locale.clone(),
            is_bot: user.is_bot,
            system_admin: user.roles == wire::system_roles(true, false),
            email_verified: user.email_verified,
            create_at: user.create_at,
            update_at: user.update_at,
            delete_at: user.delete_at,
            last_password_update: user.last_password_update,
            last_picture_update: user.last_picture_update,
            picture_object: String::new(),
            picture_key: String::new(),
            hears_broadcasts: hears_broadcasts(&user.notify_props),
            is_guest: user.roles == wire::system_roles(false, true),
        }
    }
}

/// Whether these settings let a call to the whole channel reach their owner.
pub fn hears_broadcasts(notify_props: &wire::StringMap) -> bool {
    notify_props.get("channel").is_none_or(|on| on != "false")
}

impl TeamRow {
    /// The team as those see it who may invite.
    pub fn to_wire(&self) -> wire::Team {
        wire::Team {
            id: self.id,
            create_at: self.create_at,
            update_at: self.update_at,
            delete_at: self.delete_at,
            display_name: self.display_name.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            email: self.email.clone(),
            r#type: self.kind,
            company_name: self.company_name.clone(),
            allowed_domains: String::new(),
            invite_id: Some(self.invite_id),
            allow_open_invite: self.allow_open_invite,
            scheme_id: None,
            group_constrained: None,
            policy_id: None,
            last_team_icon_update: 0,
            cloud_limits_archived: false,
        }
    }
}

impl TeamMemberRow {
    pub fn to_wire(&self) -> wire::TeamMember {
        wire::TeamMember::new(self.team_id, self.user_id, self.scheme_admin, 0)
    }
}

impl ChannelMemberRow {
    /// The membership as others see it: no times, nothing of what was read.
    pub fn to_wire_for_others(&self) -> wire::ChannelMember {
        let (channel, user) = (self.channel_id, self.user_id);
        wire::ChannelMember::new(channel, user, self.scheme_admin, 0, 0, 0).for_others()
    }
}

impl ReactionRow {
    pub fn to_wire(&self) -> Reaction {
        let (channel, post) = (self.channel_id, self.post_id);
        Reaction::new(channel, post, self.user_id, self.emoji_name.clone(), self.create_at)
    }
}

impl AcknowledgementRow {
    pub fn to_wire(&self) -> wire::Acknowledgement {
        wire::Acknowledgement {
            user_id: self.user_id,
            post_id: self.post_id,
            acknowledged_at: self.create_at,
        }
    }
}

impl BookmarkRow {
    pub fn content(&self) -> BookmarkContent {
        BookmarkContent {
            display_name: self.display_name.clone(),
            link_url: self.link_url.clone(),
            image_url: self.image_url.clone(),
            emoji: self.emoji.clone(),
        }
    }

    pub fn file(&self) -> Option<BookmarkedFile> {
        let Self { file_id, file_owner_id: owner_id, file_at: create_at, .. } = *self;
        (create_at > 0).then_some(BookmarkedFile { file_id, owner_id, create_at })
    }

    /// The bookmark with the file that it leads to.
    pub fn to_wire(&self, file: Option<&FileRow>) -> wire::Bookmark {
        let facts = wire::BookmarkFacts {
            id: self.id,
            channel_id: self.channel_id,
            owner_id: self.owner_id,
            original_id: self.original_id,
            file_id: wire::bookmarked_file(self.file()),
            create_at: self.create_at,
            update_at: self.update_at,
            sort_order: self.sort_order,
        };
        let shown = wire::Bookmark::new(&facts, &self.content(), file.map(FileRow::to_wire));
        wire::Bookmark { delete_at: self.delete_at, ..shown }
    }
}

impl FileRow {
    pub fn to_wire(&self) -> wire::FileInfo {
        let file = AttachedFile {
            file_id: self.id,
            size: self.size,
            mime_type: self.mime_type.clone(),
            extension: self.extension.clone(),
            width: self.width,
            height: self.height,
            has_preview: self.has_preview,
        };
        let (owner, channel) = (self.owner_id, self.channel_id);
        wire::FileInfo::new(&file, &self.name, owner, channel, self.post_id, self.create_at)
            .with_mini_preview(&self.mini_preview)
    }
}

impl PreferenceRow {
    pub fn to_wire(&self) -> wire::Preference {
        wire::Preference {
            user_id: self.user_id,
            category: self.category.clone(),
            name: self.name.clone(),
            value: self.value.clone(),
        }
    }
}

impl StatusRow {
    /// The status that was chosen by hand.
    pub fn to_wire(&self) -> wire::Status {
        wire::Status {
            user_id: self.user_id,
            status: self.status,
            manual: true,
            last_activity_at: self.update_at,
            dnd_end_time: self.dnd_end_ms / 1000,
        }
    }
}
