//! Changes of single columns: what is absent stays.

mod threads;

use events::directory::{ChannelType, TeamType};
use events::{FileId, Id, UserId};
use read_model::rows::{
    BookmarkRow, ChannelMemberRow, ChannelNameRow, ChannelRow, CredentialRow, HoldRow,
    TeamMemberRow, TeamRow, UserRow,
};
use read_model::{Column, Key};
use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use wire::StringMap;

pub use threads::ThreadPatch;

/// A change of some columns of a row.
pub trait Patch: Default {
    type Row;
    /// Names and Postgres types, in the order of the fields.
    const COLUMNS: &'static [(&'static str, &'static str)];

    /// Takes in a later change.
    fn merge(&mut self, later: Self);

    fn apply(&self, row: &mut Self::Row);

    /// Binds one array per column.
    ///
    /// # Errors
    /// An array is longer than Postgres takes.
    fn bind(patches: &[&Self], to: &mut PgArguments) -> Result<(), BoxDynError>;
}

macro_rules! patch {
    ($(#[$doc:meta])* $name:ident of $row:ty { $($field:ident: $ty:ty = $pg:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $(pub $field: Option<$ty>),+
        }

        impl Patch for $name {
            type Row = $row;
            const COLUMNS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($field), $pg)),+];

            fn merge(&mut self, later: Self) {
                $(if later.$field.is_some() {
                    self.$field = later.$field;
                })+
            }

            fn apply(&self, row: &mut $row) {
                $(if let Some(value) = &self.$field {
                    row.$field.clone_from(value);
                })+
            }

            fn bind(patches: &[&Self], to: &mut PgArguments) -> Result<(), BoxDynError> {
                $(to.add(patches.iter().map(|patch| patch.$field.to_db()).collect::<Vec<_>>())?;)+
                Ok(())
            }
        }
    };
}

patch! {
    UserPatch of UserRow {
        username: String = "text",
        email: String = "text",
        nickname: String = "text",
        first_name: String = "text",
        last_name: String = "text",
        position: String = "text",
        props: StringMap = "text",
        notify_props: StringMap = "text",
        timezone: StringMap = "text",
        locale: String = "text",
        system_admin: bool = "boolean",
        email_verified: bool = "boolean",
        update_at: i64 = "bigint",
        delete_at: i64 = "bigint",
        last_password_update: i64 = "bigint",
        last_picture_update: i64 = "bigint",
        picture_object: String = "text",
        picture_key: String = "text",
        hears_broadcasts: bool = "boolean",
        is_guest: bool = "boolean",
    }
}

patch! {
    CredentialPatch of CredentialRow {
        password_hash: String = "text",
        auth_generation: i64 = "bigint",
    }
}

patch! {
    TeamPatch of TeamRow {
        display_name: String = "text",
        description: String = "text",
        kind: TeamType = "text",
        allow_open_invite: bool = "boolean",
        invite_id: Id = "uuid",
        update_at: i64 = "bigint",
        delete_at: i64 = "bigint",
        company_name: String = "text",
    }
}

patch! {
    TeamMemberPatch of TeamMemberRow {
        scheme_admin: bool = "boolean",
    }
}

patch! {
    ChannelNamePatch of ChannelNameRow {
        name: String = "text",
        update_at: i64 = "bigint",
    }
}

patch! {
    HoldPatch of HoldRow {
        release_at: i64 = "bigint",
    }
}

patch! {
    BookmarkPatch of BookmarkRow {
        update_at: i64 = "bigint",
        delete_at: i64 = "bigint",
        sort_order: i64 = "bigint",
        display_name: String = "text",
        link_url: String = "text",
        image_url: String = "text",
        emoji: String = "text",
        file_id: FileId = "uuid",
        file_owner_id: UserId = "uuid",
        file_at: i64 = "bigint",
    }
}

patch! {
    ChannelPatch of ChannelRow {
        kind: ChannelType = "text",
        display_name: String = "text",
        header: String = "text",
        purpose: String = "text",
        update_at: i64 = "bigint",
        delete_at: i64 = "bigint",
        last_post_at: i64 = "bigint",
        last_root_post_at: i64 = "bigint",
        msgs: i64 = "bigint",
        msgs_root: i64 = "bigint",
        broadcasts: i64 = "bigint",
        member_count: i64 = "bigint",
    }
}

patch! {
    MemberPatch of ChannelMemberRow {
        scheme_admin: bool = "boolean",
        mentions: i64 = "bigint",
        mentions_root: i64 = "bigint",
        base_at: i64 = "bigint",
        base_msgs: i64 = "bigint",
        base_msgs_root: i64 = "bigint",
        base_mentions: i64 = "bigint",
        base_mentions_root: i64 = "bigint",
        base_broadcasts: i64 = "bigint",
    }
}

/// What an edit puts in place of what a post said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edit {
    pub at: i64,
    pub message: String,
    pub props: String,
    pub files: String,
}

/// When a post was deleted, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    pub at: i64,
    pub by: UserId,
}

/// What happened to a post. Unlike other patches it counts replies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostPatch {
    pub update_at: i64,
    pub edit: Option<Edit>,
    pub is_pinned: Option<bool>,
    pub reacted: bool,
    pub acknowledged: bool,
    pub deletion: Option<Deletion>,
    pub replies: i64,
    pub last_reply_at: i64,
}

impl Patch for PostPatch {
    type Row = read_model::rows::PostRow;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("update_at", "bigint"),
        ("edit_at", "bigint"),
        ("message", "text"),
        ("props", "text"),
        ("files", "text"),
        ("is_pinned", "boolean"),
        ("reacted", "boolean"),
        ("acknowledged", "boolean"),
        ("delete_at", "bigint"),
        ("deleted_by", "uuid"),
        ("replies", "bigint"),
        ("last_reply_at", "bigint"),
    ];

    fn merge(&mut self, later: Self) {
        self.update_at = self.update_at.max(later.update_at);
        self.edit = later.edit.or(self.edit.take());
        self.is_pinned = later.is_pinned.or(self.is_pinned);
        self.reacted |= later.reacted;
        self.acknowledged |= later.acknowledged;
        self.deletion = later.deletion.or(self.deletion);
        self.replies += later.replies;
        self.last_reply_at = self.last_reply_at.max(later.last_reply_at);
    }

    fn apply(&self, row: &mut Self::Row) {
        row.update_at = row.update_at.max(self.update_at);
        if let Some(edit) = &self.edit {
            row.edit_at = edit.at;
            row.message.clone_from(&edit.message);
            row.props.clone_from(&edit.props);
            row.files.clone_from(&edit.files);
        }
        row.is_pinned = self.is_pinned.unwrap_or(row.is_pinned);
        row.reacted |= self.reacted;
        row.acknowledged |= self.acknowledged;
        if let Some(deletion) = self.deletion {
            row.delete_at = deletion.at;
            row.deleted_by = Some(deletion.by);
        }
        row.reply_count += self.replies;
        row.last_reply_at = row.last_reply_at.max(self.last_reply_at);
    }

    fn bind(patches: &[&Self], to: &mut PgArguments) -> Result<(), BoxDynError> {
        fn column<'a, T>(patches: &[&'a PostPatch], of: impl Fn(&'a PostPatch) -> T) -> Vec<T> {
            patches.iter().map(|patch| of(patch)).collect()
        }
        let text = |of: fn(&Edit) -> &String| {
            move |patch: &'_ PostPatch| patch.edit.as_ref().map(|edit| of(edit).clone())
        };
        to.add(column(patches, |patch| patch.update_at))?;
        to.add(column(patches, |patch| patch.edit.as_ref().map(|edit| edit.at)))?;
        to.add(column(patches, text(|edit| &edit.message)))?;
        to.add(column(patches, text(|edit| &edit.props)))?;
        to.add(column(patches, text(|edit| &edit.files)))?;
        to.add(column(patches, |patch| patch.is_pinned))?;
        to.add(column(patches, |patch| patch.reacted))?;
        to.add(column(patches, |patch| patch.acknowledged))?;
        to.add(column(patches, |patch| patch.deletion.map(|deletion| deletion.at)))?;
        to.add(column(patches, |patch| patch.deletion.map(|deletion| Key::from(deletion.by))))?;
        to.add(column(patches, |patch| patch.replies))?;
        to.add(column(patches, |patch| patch.last_reply_at))
    }
}

/// Text as Postgres takes it: without NUL, which commands refuse but a foreign writer may not.
pub(crate) fn text(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

/// JSON as Postgres takes it. NUL is an escape in JSON, which a column of text holds as it is.
pub(crate) fn json_text<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value)
        .expect("what events hold has string keys and no failing serializer")
}

/// The same for a map of texts.
pub(crate) fn text_map(map: &StringMap) -> StringMap {
    map.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// Accounts that are not the author's, in the order in which the fold counted them.
pub(crate) fn counted_mentions(members: &[domain::MemberAfter]) -> Vec<UserId> {
    members.iter().filter(|member| member.base.is_none()).map(|member| member.user_id).collect()
}
