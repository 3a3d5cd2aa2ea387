//! An installation of some size, made by the database itself.

use read_model::Database;

/// Tables of which a query must not read all.
pub const LARGE: &[&str] = &[
    "users",
    "credentials",
    "team_members",
    "channel_names",
    "channels",
    "channel_members",
    "posts",
    "post_versions",
    "reactions",
    "acknowledgements",
    "bookmarks",
    "files",
    "preferences",
    "statuses",
    "read_markers",
    "thread_members",
    "thread_markers",
    "thread_floors",
    "member_notify_props",
    "sidebar_categories",
    "sidebar_orders",
    "custom_statuses",
    "recent_custom_statuses",
    "profile_values",
    "session_devices",
    "drafts",
    "scheduled_posts",
    "scheduled_post_failures",
    "channel_expiries",
    "directory_requests",
    "channel_requests",
    "user_requests",
];

/// What there is of each kind; the rest is in the SQL.
pub const USERS: u64 = 20_000;
pub const POSTS: u64 = 200_000;
/// Posts of the large channel that are roots with replies.
pub const ANSWERED: u64 = 40;

pub const BEGINNING_MS: i64 = 1_700_000_000_000;

/// Ids by kind and number, as `made` makes them.
pub fn id(kind: u8, number: u64) -> [u8; 16] {
    let mut id = [0, 0, 0, kind, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0];
    id[10..].copy_from_slice(&number.to_be_bytes()[2..]);
    id
}

pub const USER: u8 = 1;
pub const TEAM: u8 = 2;
pub const CHANNEL: u8 = 3;
pub const POST: u8 = 4;
pub const FILE: u8 = 5;
pub const BOOKMARK: u8 = 6;
pub const SCHEDULED: u8 = 7;
pub const RUN: u8 = 10;

/// Everybody is in every team and in the large channel 1, in some channels of the teams, and a thousand of them
/// in a conversation. Of the posts a quarter are the large channel's, half of which are replies. Person 1
/// has more of everything.
pub async fn fill(database: &Database) {
    let mut connection = database.connect().await.unwrap();
    for sql in [include_str!("filling.sql"), "VACUUM (ANALYZE)"] {
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("the rows can be made");
    }
}
