//! One type per table.

use std::sync::LazyLock;

use events::directory::{ChannelType, TeamType};
use events::priority::PriorityLevel;
use events::sidebar::CategoryKey;
use events::user::{StatusKind, Totals};
use events::{
    BookmarkId, ChannelId, EventId, FileId, HoldId, Id, PolicyId, PostId, ScheduledPostId,
    SessionId, TeamId, UserId,
};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, Postgres};
use sqlx::{Arguments, Encode};
use wire::StringMap;

use crate::Column;

/// A table and its rows.
pub trait Table: Sized {
    const NAME: &'static str;
    /// Names and Postgres types, in the order of the fields.
    const COLUMNS: &'static [(&'static str, &'static str)];
    const KEY: &'static [&'static str];

    /// Reads a row whose columns begin at `from`, in the order of [`Self::COLUMNS`].
    ///
    /// # Errors
    /// A column is missing or holds something else.
    fn read(row: &PgRow, from: usize) -> sqlx::Result<Self>;

    /// Binds one array per column.
    ///
    /// # Errors
    /// An array is longer than Postgres takes.
    fn bind(rows: &[&Self], to: &mut PgArguments) -> Result<(), BoxDynError>;

    /// Adds the row in the binary format of COPY.
    ///
    /// # Errors
    /// A value is longer than Postgres takes.
    fn copy(&self, to: &mut PgArgumentBuffer) -> Result<(), BoxDynError>;

    /// The columns under an alias, for a SELECT list.
    fn select(alias: &str) -> String {
        let columns: Vec<String> =
            Self::COLUMNS.iter().map(|(name, _)| format!("{alias}.{name}")).collect();
        columns.join(", ")
    }
}

/// A field of COPY's binary format: its length, -1 for NULL, and its value.
fn copy_field<'v>(
    value: impl Encode<'v, Postgres>,
    to: &mut PgArgumentBuffer,
) -> Result<(), BoxDynError> {
    let at = to.len();
    to.extend_from_slice(&[0; 4]);
    let len = match value.encode(to)? {
        IsNull::No => i32::try_from(to.len() - at - 4)?,
        IsNull::Yes => -1,
    };
    to[at..at + 4].copy_from_slice(&len.to_be_bytes());
    Ok(())
}

macro_rules! table {
    (
        $(#[$doc:meta])*
        $name:ident = $table:literal key [$($key:literal),+] {
            $($(#[$field_doc:meta])* $field:ident: $ty:ty = $pg:literal),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty),+
        }

        impl Table for $name {
            const NAME: &'static str = $table;
            const COLUMNS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($field), $pg)),+];
            const KEY: &'static [&'static str] = &[$($key),+];

            fn read(row: &PgRow, from: usize) -> sqlx::Result<Self> {
                let mut at = from;
                let mut next = || {
                    at += 1;
                    at - 1
                };
                Ok(Self { $($field: Column::read(row, next())?),+ })
            }

            fn bind(rows: &[&Self], to: &mut PgArguments) -> Result<(), BoxDynError> {
                $(to.add(rows.iter().map(|row| row.$field.to_db()).collect::<Vec<_>>())?;)+
                Ok(())
            }

            fn copy(&self, to: &mut PgArgumentBuffer) -> Result<(), BoxDynError> {
                to.extend_from_slice(&i16::try_from(Self::COLUMNS.len())?.to_be_bytes());
                $(copy_field(self.$field.to_db(), to)?;)+
                Ok(())
            }
        }
    };
}

table! {
    UserRow = "users" key ["id"] {
        id: UserId = "uuid",
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
        is_bot: bool = "boolean",
        system_admin: bool = "boolean",
        email_verified: bool = "boolean",
        create_at: i64 = "bigint",
        update_at: i64 = "bigint",
        /// When the account was deactivated, 0 while it is active.
        delete_at: i64 = "bigint",
        last_password_update: i64 = "bigint",
        /// When the picture was chosen, 0 for the one that is drawn.
        last_picture_update: i64 = "bigint",
        /// Where the chosen picture is, empty for none.
        picture_object: String = "text",
        picture_key: String = "text",
        /// Whether a call to the whole channel is one to this person.
        hears_broadcasts: bool = "boolean",
        is_guest: bool = "boolean",
    }
}

table! {
    CredentialRow = "credentials" key ["user_id"] {
        user_id: UserId = "uuid",
        /// PHC string.
        password_hash: String = "text",
        /// Directory offset of the last event that ended the account's sessions.
        auth_generation: i64 = "bigint",
    }
}

table! {
    TeamRow = "teams" key ["id"] {
        id: TeamId = "uuid",
        name: String = "text",
        display_name: String = "text",
        description: String = "text",
        email: String = "text",
        kind: TeamType = "text",
        allow_open_invite: bool = "boolean",
        invite_id: Id = "uuid",
        creator_id: UserId = "uuid",
        create_at: i64 = "bigint",
        update_at: i64 = "bigint",
        /// When it was archived, 0 while it is not.
        delete_at: i64 = "bigint",
        company_name: String = "text",
    }
}

table! {
    /// A present membership of a team; ended ones have no row.
    TeamMemberRow = "team_members" key ["user_id", "team_id"] {
        team_id: TeamId = "uuid",
        user_id: UserId = "uuid",
        /// Directory offset of the event that began it.
        generation: i64 = "bigint",
        scheme_admin: bool = "boolean",
        create_at: i64 = "bigint",
    }
}

table! {
    /// A claimed name; its channel may still be on the way.
    ChannelNameRow = "channel_names" key ["channel_id"] {
        channel_id: ChannelId = "uuid",
        team_id: TeamId = "uuid",
        name: String = "text",
        is_default: bool = "boolean",
        update_at: i64 = "bigint",
    }
}

table! {
    ChannelRow = "channels" key ["id"] {
        id: ChannelId = "uuid",
        team_id: Option<TeamId> = "uuid",
        kind: ChannelType = "text",
        display_name: String = "text",
        header: String = "text",
        purpose: String = "text",
        creator_id: Option<UserId> = "uuid",
        create_at: i64 = "bigint",
        update_at: i64 = "bigint",
        /// When it was archived, 0 while it is open.
        delete_at: i64 = "bigint",
        last_post_at: i64 = "bigint",
        last_root_post_at: i64 = "bigint",
        msgs: i64 = "bigint",
        msgs_root: i64 = "bigint",
        broadcasts: i64 = "bigint",
        member_count: i64 = "bigint",
    }
}

table! {
    /// A membership that the channel knows of; ended ones have no row. Whether it gives rights is
    /// for the view `present_members` to say.
    ChannelMemberRow = "channel_members" key ["channel_id", "user_id"] {
        channel_id: ChannelId = "uuid",
        user_id: UserId = "uuid",
        /// Generation of the team membership that it rests on, 0 in direct and group channels.
        generation: i64 = "bigint",
        scheme_admin: bool = "boolean",
        /// Offset of the event that began it.
        since: i64 = "bigint",
        create_at: i64 = "bigint",
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

impl ChannelMemberRow {
    /// Where the unread numbers start, unless a later marker says otherwise.
    pub fn base(&self) -> (i64, Totals) {
        let totals = Totals {
            msgs: self.base_msgs,
            msgs_root: self.base_msgs_root,
            mentions: self.base_mentions,
            mentions_root: self.base_mentions_root,
            broadcasts: self.base_broadcasts,
        };
        (self.base_at, totals)
    }
}

table! {
    PostRow = "posts" key ["id"] {
        id: PostId = "uuid",
        channel_id: ChannelId = "uuid",
        user_id: UserId = "uuid",
        root_id: Option<PostId> = "uuid",
        create_at: i64 = "bigint",
        update_at: i64 = "bigint",
        edit_at: i64 = "bigint",
        delete_at: i64 = "bigint",
        /// Who deleted it, or its root.
        deleted_by: Option<UserId> = "uuid",
        is_pinned: bool = "boolean",
        /// Has, or once had, reactions; whether it has any now is for the reactions to say.
        reacted: bool = "boolean",
        reply_count: i64 = "bigint",
        last_reply_at: i64 = "bigint",
        message: String = "text",
        /// An object in JSON, empty for none.
        props: String = "text",
        /// [`crate::StoredFile`]s in JSON, empty for none.
        files: String = "text",
        /// The notice in JSON, empty for what people write.
        notice: String = "text",
        pending_post_id: String = "text",
        /// Whose mention number it raised.
        mentions: Vec<UserId> = "bytea",
        /// Totals of the channel before it.
        msgs: i64 = "bigint",
        msgs_root: i64 = "bigint",
        broadcasts: i64 = "bigint",
        is_broadcast: bool = "boolean",
        priority: PriorityLevel = "text",
        requested_ack: bool = "boolean",
        /// Is, or once was, acknowledged; by whom now is for the acknowledgements to say.
        acknowledged: bool = "boolean",
        /// Where its record stands.
        partition: i16 = "smallint",
        log_offset: i64 = "bigint",
    }
}

table! {
    /// An earlier text of a post.
    PostVersionRow = "post_versions" key ["post_id", "replaced_at"] {
        post_id: PostId = "uuid",
        replaced_at: i64 = "bigint",
        message: String = "text",
        props: String = "text",
        files: String = "text",
    }
}

table! {
    ReactionRow = "reactions" key ["post_id", "user_id", "emoji_name"] {
        post_id: PostId = "uuid",
        user_id: UserId = "uuid",
        emoji_name: String = "text",
        channel_id: ChannelId = "uuid",
        create_at: i64 = "bigint",
    }
}

table! {
    AcknowledgementRow = "acknowledgements" key ["post_id", "user_id"] {
        post_id: PostId = "uuid",
        user_id: UserId = "uuid",
        channel_id: ChannelId = "uuid",
        create_at: i64 = "bigint",
    }
}

table! {
    /// A bookmark of a channel, those that are gone included.
    BookmarkRow = "bookmarks" key ["id"] {
        id: BookmarkId = "uuid",
        channel_id: ChannelId = "uuid",
        owner_id: UserId = "uuid",
        /// The one in whose place it stands.
        original_id: Option<BookmarkId> = "uuid",
        /// Zeros for a link.
        file_id: FileId = "uuid",
        file_owner_id: UserId = "uuid",
        /// When the file was uploaded, 0 for none.
        file_at: i64 = "bigint",
        create_at: i64 = "bigint",
        update_at: i64 = "bigint",
        delete_at: i64 = "bigint",
        sort_order: i64 = "bigint",
        display_name: String = "text",
        link_url: String = "text",
        image_url: String = "text",
        emoji: String = "text",
    }
}

table! {
    FileRow = "files" key ["id"] {
        id: FileId = "uuid",
        channel_id: ChannelId = "uuid",
        owner_id: UserId = "uuid",
        /// The post that shows it; until there is one, only its owner sees it.
        post_id: Option<PostId> = "uuid",
        create_at: i64 = "bigint",
        name: String = "text",
        extension: String = "text",
        mime_type: String = "text",
        size: i64 = "bigint",
        width: i32 = "integer",
        height: i32 = "integer",
        /// Where the bytes are.
        object: String = "text",
        sha256: String = "text",
        key: String = "text",
        /// Whether a thumbnail and a preview lie beside the object.
        has_preview: bool = "boolean",
        /// Base64, empty for none.
        mini_preview: String = "text",
    }
}

table! {
    PreferenceRow = "preferences" key ["user_id", "category", "name"] {
        user_id: UserId = "uuid",
        category: String = "text",
        name: String = "text",
        value: String = "text",
    }
}

table! {
    StatusRow = "statuses" key ["user_id"] {
        user_id: UserId = "uuid",
        status: StatusKind = "text",
        /// Unix milliseconds, 0 for no end.
        dnd_end_ms: i64 = "bigint",
        update_at: i64 = "bigint",
    }
}

table! {
    ReadMarkerRow = "read_markers" key ["user_id", "channel_id"] {
        user_id: UserId = "uuid",
        channel_id: ChannelId = "uuid",
        as_of: i64 = "bigint",
        read_to: i64 = "bigint",
        msgs: i64 = "bigint",
        msgs_root: i64 = "bigint",
        mentions: i64 = "bigint",
        mentions_root: i64 = "bigint",
        broadcasts: i64 = "bigint",
    }
}

table! {
    /// How a member wants to be told of a channel; who never said anything has no row.
    NotifyPropsRow = "member_notify_props" key ["channel_id", "user_id"] {
        channel_id: ChannelId = "uuid",
        user_id: UserId = "uuid",
        /// What they set; the rest is as it is for everybody.
        notify_props: StringMap = "text",
        is_muted: bool = "boolean",
        /// Whether calls to the whole channel pass them by.
        ignores_broadcasts: bool = "boolean",
        update_at: i64 = "bigint",
    }
}

table! {
    /// A category of somebody's sidebar that some event named.
    SidebarCategoryRow = "sidebar_categories" key ["user_id", "team_id", "category_id"] {
        user_id: UserId = "uuid",
        team_id: TeamId = "uuid",
        category_id: CategoryKey = "text",
        /// An [`events::sidebar::Category`] in JSON.
        category: String = "text",
        /// Empty for those that everybody has.
        name: String = "text",
        listed_at: i64 = "bigint",
    }
}

table! {
    SidebarOrderRow = "sidebar_orders" key ["user_id", "team_id"] {
        user_id: UserId = "uuid",
        team_id: TeamId = "uuid",
        /// A list of [`CategoryKey`]s in JSON.
        category_ids: String = "text",
    }
}

table! {
    /// What somebody says they are at.
    CustomStatusRow = "custom_statuses" key ["user_id"] {
        user_id: UserId = "uuid",
        /// An [`events::custom_status::CustomStatus`] in JSON.
        status: String = "text",
        /// Unix milliseconds, 0 for no end.
        expires_at_ms: i64 = "bigint",
    }
}

table! {
    /// What somebody has said lately that they are at.
    RecentStatusesRow = "recent_custom_statuses" key ["user_id"] {
        user_id: UserId = "uuid",
        /// A list of [`events::custom_status::CustomStatus`] in JSON, the latest first.
        recent: String = "text",
    }
}

table! {
    /// What is said in a field of somebody's profile.
    ProfileValueRow = "profile_values" key ["user_id", "field_id"] {
        user_id: UserId = "uuid",
        field_id: Id = "uuid",
        /// An [`events::profile::ProfileValue`] in JSON.
        value: String = "text",
    }
}

table! {
    /// What a session began on.
    SessionDeviceRow = "session_devices" key ["user_id", "session_id"] {
        user_id: UserId = "uuid",
        session_id: SessionId = "uuid",
        /// As an app names it; empty where none does.
        device_id: String = "text",
        user_agent: String = "text",
    }
}

table! {
    DraftRow = "drafts" key ["user_id", "channel_id", "root_id"] {
        user_id: UserId = "uuid",
        channel_id: ChannelId = "uuid",
        /// The post that it answers; zeros where it answers none, for it is part of the key.
        root_id: PostId = "uuid",
        create_at: i64 = "bigint",
        update_at: i64 = "bigint",
        message: String = "text",
        /// An object in JSON, empty for none.
        props: String = "text",
        /// An object in JSON, empty for none.
        priority: String = "text",
        /// A list of ids in JSON.
        file_ids: String = "text",
    }
}

table! {
    /// What somebody wrote to be sent later.
    ScheduledPostRow = "scheduled_posts" key ["user_id", "id"] {
        user_id: UserId = "uuid",
        id: ScheduledPostId = "uuid",
        channel_id: ChannelId = "uuid",
        root_id: Option<PostId> = "uuid",
        create_at: i64 = "bigint",
        update_at: i64 = "bigint",
        scheduled_at: i64 = "bigint",
        message: String = "text",
        /// An object in JSON, empty for none.
        props: String = "text",
        /// An object in JSON, empty for none.
        priority: String = "text",
        /// A list of ids in JSON.
        file_ids: String = "text",
    }
}

table! {
    /// That it could not be sent.
    ScheduledPostFailureRow = "scheduled_post_failures" key ["user_id", "id"] {
        user_id: UserId = "uuid",
        id: ScheduledPostId = "uuid",
        failed_at: i64 = "bigint",
        /// In the contract's words.
        error_code: String = "text",
    }
}

impl ReadMarkerRow {
    pub fn totals(&self) -> Totals {
        Totals {
            msgs: self.msgs,
            msgs_root: self.msgs_root,
            mentions: self.mentions,
            mentions_root: self.mentions_root,
            broadcasts: self.broadcasts,
        }
    }
}

table! {
    /// Somebody who follows a thread, followed it, or said something in it.
    ThreadMemberRow = "thread_members" key ["root_id", "user_id"] {
        root_id: PostId = "uuid",
        user_id: UserId = "uuid",
        channel_id: ChannelId = "uuid",
        following: bool = "boolean",
        /// When that was last said.
        follow_at: i64 = "bigint",
        /// Read up to here by an own reply or by following.
        base_at: i64 = "bigint",
        /// The latest own reply that stands, 0 for none.
        replied_at: i64 = "bigint",
    }
}

table! {
    ThreadMarkerRow = "thread_markers" key ["user_id", "root_id"] {
        user_id: UserId = "uuid",
        root_id: PostId = "uuid",
        channel_id: ChannelId = "uuid",
        as_of: i64 = "bigint",
        read_to: i64 = "bigint",
        /// In the person's own time.
        at: i64 = "bigint",
    }
}

table! {
    /// Up to where all threads of a scope were read at once.
    ThreadFloorRow = "thread_floors" key ["user_id", "scope"] {
        user_id: UserId = "uuid",
        /// A team, a channel, or all zero for all conversations.
        scope: Id = "uuid",
        read_to: i64 = "bigint",
        at: i64 = "bigint",
    }
}

table! {
    /// A legal hold; whom and what it names stands in the fold.
    HoldRow = "legal_holds" key ["id"] {
        id: HoldId = "uuid",
        name: String = "text",
        placed_by: UserId = "uuid",
        create_at: i64 = "bigint",
        /// 0 while it is in force.
        release_at: i64 = "bigint",
    }
}

table! {
    /// A run of retention.
    RetentionRunRow = "retention_runs" key ["id"] {
        id: Id = "uuid",
        began_at: i64 = "bigint",
        ended_at: i64 = "bigint",
        requested_by: Option<UserId> = "uuid",
        channels: i64 = "bigint",
        posts: i64 = "bigint",
        files: i64 = "bigint",
        channels_held: i64 = "bigint",
        keys_advanced: i64 = "bigint",
        objects_removed: i64 = "bigint",
        channels_failed: i64 = "bigint",
    }
}

table! {
    /// What a run did to a channel.
    ExpiryRow = "channel_expiries" key ["channel_id", "at"] {
        channel_id: ChannelId = "uuid",
        at: i64 = "bigint",
        run_id: Id = "uuid",
        policy_id: Option<PolicyId> = "uuid",
        posts_before: i64 = "bigint",
        files_before: i64 = "bigint",
        posts: i64 = "bigint",
        files: i64 = "bigint",
    }
}

macro_rules! requests {
    ($($name:ident = $table:literal),+ $(,)?) => {$(
        table! {
            /// Where the event of a request stands that came with an `Idempotency-Key`.
            $name = $table key ["event_id"] {
                event_id: EventId = "uuid",
                partition: i16 = "smallint",
                log_offset: i64 = "bigint",
                applied_at: i64 = "bigint",
            }
        }
    )+};
}

requests! {
    DirectoryRequestRow = "directory_requests",
    ChannelRequestRow = "channel_requests",
    UserRequestRow = "user_requests",
}

/// The tables that the log determines, in the order in which they are compared.
pub static TABLES: LazyLock<Vec<(&'static str, &'static [&'static str])>> = LazyLock::new(|| {
    fn of<T: Table>() -> (&'static str, &'static [&'static str]) {
        (T::NAME, T::KEY)
    }
    vec![
        of::<UserRow>(),
        of::<CredentialRow>(),
        of::<TeamRow>(),
        of::<TeamMemberRow>(),
        of::<ChannelNameRow>(),
        of::<ChannelRow>(),
        of::<ChannelMemberRow>(),
        of::<PostRow>(),
        of::<PostVersionRow>(),
        of::<ReactionRow>(),
        of::<AcknowledgementRow>(),
        of::<BookmarkRow>(),
        of::<FileRow>(),
        of::<PreferenceRow>(),
        of::<StatusRow>(),
        of::<ReadMarkerRow>(),
        of::<ThreadMemberRow>(),
        of::<ThreadMarkerRow>(),
        of::<ThreadFloorRow>(),
        of::<NotifyPropsRow>(),
        of::<SidebarCategoryRow>(),
        of::<SidebarOrderRow>(),
        of::<CustomStatusRow>(),
        of::<RecentStatusesRow>(),
        of::<ProfileValueRow>(),
        of::<SessionDeviceRow>(),
        of::<DraftRow>(),
        of::<ScheduledPostRow>(),
        of::<ScheduledPostFailureRow>(),
        of::<HoldRow>(),
        of::<RetentionRunRow>(),
        of::<ExpiryRow>(),
        of::<DirectoryRequestRow>(),
        of::<ChannelRequestRow>(),
        of::<UserRequestRow>(),
    ]
});
