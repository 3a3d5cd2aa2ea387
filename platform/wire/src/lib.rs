//! The v4 JSON types: what clients read from answers and socket frames, and how events look there.
//!
//! Owns the shape of every object, the built-in roles, the client configuration map, the text of
//! system posts and the encoding of frames. Pure: it must never do I/O, know a clock or decide
//! anything. To add a type: a file with its struct, its constructors from events, and a test of its
//! keys.

mod acknowledgement;
mod as_of;
mod bookmark;
mod channel;
mod client_config;
mod draft;
mod embed;
mod emoji;
mod file;
pub mod frame;
mod ids;
mod moderation;
mod notice;
mod permissions;
mod post;
mod post_list;
mod preference;
mod profile;
mod props;
mod reaction;
mod retention;
mod role;
mod scheduled_post;
mod sidebar;
mod status;
mod team;
mod thread;
mod user;

use bytes::Bytes;
use serde::Serialize;

pub use acknowledgement::{Acknowledgement, PostPriority};
pub use as_of::{AsOf, PostAsOf, ShownAsOf};
pub use bookmark::{Bookmark, BookmarkFacts, BookmarkUpdate, bookmarked_file};
pub use channel::{
    Channel, ChannelMember, ChannelMemberWithTeam, ChannelStats, ChannelUnread, ChannelWithTeam,
    HIDDEN_TIME, ViewResult, default_member_notify_props, direct_name, group_display_name,
    group_name, member_notify_props,
};
pub use client_config::{ClientConfig, anonymous_client_config, client_config, client_license};
pub use draft::{Draft, DraftMetadata};
pub use embed::{Embed, LinkedImage, LinkedPost, OpenGraph, OpenGraphImage, first_link, permalink};
pub use emoji::{Emoji, emoji_names};
pub use file::{FileInfo, FileInfoList, FileUploadResult, UploadSession};
pub use moderation::{ChannelModeration, ModeratedRole, ModeratedRoles};
pub use notice::{Names, NoticeText, notice_text};
pub use post::{Post, PostInfo, PostMetadata, hashtags};
pub use post_list::{PostList, SearchMatches};
pub use preference::Preference;
pub use profile::{ProfileField, ProfileFieldAttrs};
pub use props::Props;
pub use reaction::Reaction;
pub use retention::RetentionPolicy;
pub use role::{Role, built_in_role, built_in_roles, role_named};
pub use scheduled_post::ScheduledPost;
pub use sidebar::{CategoryType, OrderedCategories, SidebarCategory, category_key, category_text};
pub use status::Status;
pub use team::{Team, TeamMember, TeamStats, TeamUnread};
pub use thread::{CollapsedThreads, Participant, Thread, Threads};
pub use user::{
    Privacy, User, UserAutocomplete, default_notify_props, default_timezone, system_roles,
};

/// Maps of the contract whose values are all strings.
pub type StringMap = std::collections::BTreeMap<String, String>;

/// The JSON of `value`, to be shared by everyone who gets it.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Bytes {
    serde_json::to_vec(value).expect("wire types have string keys and no failing serializer").into()
}

/// One JSON document per line, as `application/x-ndjson` wants it.
pub fn to_ndjson<T: Serialize>(values: &[T]) -> Bytes {
    let mut lines = Vec::with_capacity(values.len() * 512);
    for value in values {
        serde_json::to_writer(&mut lines, value)
            .expect("wire types have string keys and no failing serializer");
        lines.push(b'\n');
    }
    lines.into()
}

/// `{"status":"OK"}`: success with nothing else to say.
pub const STATUS_OK: &[u8] = br#"{"status":"OK"}"#;

/// Characters of a password at least: what clients are told to ask for.
pub const PASSWORD_LEN_MIN: usize = 8;
