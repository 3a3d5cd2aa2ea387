//! The tables in memory: what the simulation projects into, and what Postgres is compared with.

mod gone;
mod threads;

use std::collections::BTreeMap;
use std::fmt::Debug;

use domain::faults::{self, Rule};
use events::sidebar::CategoryKey;
use events::{
    BookmarkId, ChannelId, EventId, FileId, HoldId, Id, Partition, PostId, ScheduledPostId,
    SessionId, TeamId, UserId,
};
use read_model::rows::{
    AcknowledgementRow, BookmarkRow, ChannelMemberRow, ChannelNameRow, ChannelRequestRow,
    ChannelRow, CredentialRow, CustomStatusRow, DirectoryRequestRow, DraftRow, ExpiryRow, FileRow,
    HoldRow, NotifyPropsRow, PostRow, PostVersionRow, PreferenceRow, ProfileValueRow, ReactionRow,
    ReadMarkerRow, RecentStatusesRow, RetentionRunRow, ScheduledPostFailureRow, ScheduledPostRow,
    SessionDeviceRow, SidebarCategoryRow, SidebarOrderRow, StatusRow, TeamMemberRow, TeamRow,
    ThreadFloorRow, ThreadMarkerRow, ThreadMemberRow, UserRequestRow, UserRow,
};
use read_model::{ReadState, Table, partition_of_key, read_state};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use crate::changes::{Change, MarkChange, MembershipChange, RowChanges, VersionChange};
use crate::patches::Patch;
use crate::sql::PositionsMoved;

/// Every table by its key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryTables {
    /// The next offset of each partition that has come further than its beginning.
    pub positions: BTreeMap<Partition, u64>,
    pub users: BTreeMap<UserId, UserRow>,
    pub credentials: BTreeMap<UserId, CredentialRow>,
    pub teams: BTreeMap<TeamId, TeamRow>,
    pub team_members: BTreeMap<(UserId, TeamId), TeamMemberRow>,
    pub channel_names: BTreeMap<ChannelId, ChannelNameRow>,
    pub channels: BTreeMap<ChannelId, ChannelRow>,
    pub channel_members: BTreeMap<(ChannelId, UserId), ChannelMemberRow>,
    pub posts: BTreeMap<PostId, PostRow>,
    pub post_versions: BTreeMap<(PostId, i64), PostVersionRow>,
    pub reactions: BTreeMap<(PostId, UserId, String), ReactionRow>,
    pub acknowledgements: BTreeMap<(PostId, UserId), AcknowledgementRow>,
    pub bookmarks: BTreeMap<BookmarkId, BookmarkRow>,
    pub files: BTreeMap<FileId, FileRow>,
    pub preferences: BTreeMap<(UserId, String, String), PreferenceRow>,
    pub statuses: BTreeMap<UserId, StatusRow>,
    pub read_markers: BTreeMap<(UserId, ChannelId), ReadMarkerRow>,
    pub thread_members: BTreeMap<(PostId, UserId), ThreadMemberRow>,
    pub thread_markers: BTreeMap<(UserId, PostId), ThreadMarkerRow>,
    pub thread_floors: BTreeMap<(UserId, Id), ThreadFloorRow>,
    pub notify_props: BTreeMap<(ChannelId, UserId), NotifyPropsRow>,
    pub sidebar_categories: BTreeMap<(UserId, TeamId, CategoryKey), SidebarCategoryRow>,
    pub sidebar_orders: BTreeMap<(UserId, TeamId), SidebarOrderRow>,
    pub custom_statuses: BTreeMap<UserId, CustomStatusRow>,
    pub recent_statuses: BTreeMap<UserId, RecentStatusesRow>,
    pub profile_values: BTreeMap<(UserId, Id), ProfileValueRow>,
    pub session_devices: BTreeMap<(UserId, SessionId), SessionDeviceRow>,
    pub drafts: BTreeMap<(UserId, ChannelId, PostId), DraftRow>,
    pub scheduled_posts: BTreeMap<(UserId, ScheduledPostId), ScheduledPostRow>,
    pub scheduled_post_failures: BTreeMap<(UserId, ScheduledPostId), ScheduledPostFailureRow>,
    pub holds: BTreeMap<HoldId, HoldRow>,
    pub retention_runs: BTreeMap<Id, RetentionRunRow>,
    pub channel_expiries: BTreeMap<(ChannelId, i64), ExpiryRow>,
    pub directory_requests: BTreeMap<EventId, DirectoryRequestRow>,
    pub channel_requests: BTreeMap<EventId, ChannelRequestRow>,
    pub user_requests: BTreeMap<EventId, UserRequestRow>,
}

impl MemoryTables {
    /// The offset that a partition's rows take next.
    pub fn next(&self, partition: Partition) -> u64 {
        self.positions.get(&partition).copied().unwrap_or(0)
    }

    /// Writes a batch, all of it or nothing.
    ///
    /// # Errors
    /// [`PositionsMoved`] if the batch does not start where the rows stand.
    pub fn apply(&mut self, changes: &RowChanges) -> Result<(), PositionsMoved> {
        let moved = changes.positions.iter().any(|(p, to)| self.next(*p) != to.from);
        if moved && faults::is_on(Rule::PositionsWithRows) {
            return Err(PositionsMoved);
        }
        for (partition, to) in &changes.positions {
            self.positions.insert(*partition, to.to);
        }
        // Versions read the posts as they were.
        self.keep_versions(changes);
        patch_table(&mut self.users, &changes.users);
        patch_table(&mut self.credentials, &changes.credentials);
        patch_table(&mut self.teams, &changes.teams);
        patch_table(&mut self.channel_names, &changes.channel_names);
        patch_table(&mut self.channels, &changes.channels);
        patch_table(&mut self.posts, &changes.posts);
        patch_table(&mut self.bookmarks, &changes.bookmarks);
        patch_table(&mut self.holds, &changes.holds);
        put_or_delete(&mut self.preferences, &changes.preferences);
        put_or_delete(&mut self.notify_props, &changes.notify_props);
        put_or_delete(&mut self.sidebar_categories, &changes.sidebar_categories);
        put_or_delete(&mut self.drafts, &changes.drafts);
        put_or_delete(&mut self.scheduled_posts, &changes.scheduled_posts);
        put_or_delete(&mut self.scheduled_post_failures, &changes.scheduled_post_failures);
        put_or_delete(&mut self.custom_statuses, &changes.custom_statuses);
        put_or_delete(&mut self.profile_values, &changes.profile_values);
        put_or_delete(&mut self.session_devices, &changes.session_devices);
        insert(&mut self.retention_runs, &changes.retention_runs);
        insert(&mut self.channel_expiries, &changes.channel_expiries);
        insert(&mut self.directory_requests, &changes.directory_requests);
        insert(&mut self.channel_requests, &changes.channel_requests);
        insert(&mut self.user_requests, &changes.user_requests);
        for (user, row) in &changes.statuses {
            self.statuses.insert(*user, row.clone());
        }
        for (user, row) in &changes.recent_statuses {
            self.recent_statuses.insert(*user, row.clone());
        }
        for (key, row) in &changes.sidebar_orders {
            self.sidebar_orders.insert(*key, row.clone());
        }
        for (key, row) in &changes.read_markers {
            self.read_markers.insert(*key, row.clone());
        }
        apply_memberships(&mut self.team_members, &changes.team_members);
        apply_memberships(&mut self.channel_members, &changes.channel_members);
        apply_marks(&mut self.reactions, &changes.reactions);
        apply_marks(&mut self.acknowledgements, &changes.acknowledgements);
        self.apply_files(changes);
        self.apply_followers(changes);
        self.settle_threads(changes);
        self.let_go(&changes.gone);
        Ok(())
    }

    fn keep_versions(&mut self, changes: &RowChanges) {
        for ((post_id, replaced_at), change) in &changes.post_versions {
            let row = match change {
                VersionChange::Known(row) => row.clone(),
                VersionChange::OfRow => {
                    let Some(post) = self.posts.get(post_id) else { continue };
                    PostVersionRow {
                        post_id: *post_id,
                        replaced_at: *replaced_at,
                        message: post.message.clone(),
                        props: post.props.clone(),
                        files: post.files.clone(),
                    }
                }
            };
            self.post_versions.insert((*post_id, *replaced_at), row);
        }
    }

    fn apply_files(&mut self, changes: &RowChanges) {
        for (file, post) in &changes.attached {
            if let Some(row) = self.files.get_mut(file) {
                row.post_id = Some(*post);
            }
        }
        insert(&mut self.files, &changes.files);
    }

    fn settle_threads(&mut self, changes: &RowChanges) {
        for root in &changes.recounted_roots {
            let replies = self.posts.values().filter(|post| post.root_id == Some(*root));
            let live = replies.filter(|post| post.delete_at == 0).map(|post| post.create_at);
            let last_reply_at = live.max().unwrap_or(0);
            if let Some(row) = self.posts.get_mut(root) {
                row.last_reply_at = last_reply_at;
            }
        }
        self.recount_participants(changes);
        for (root, deletion) in &changes.deleted_threads {
            let replies = self.posts.values_mut().filter(|post| post.root_id == Some(*root));
            for reply in replies.filter(|post| post.delete_at == 0) {
                reply.delete_at = deletion.at;
                reply.deleted_by = Some(deletion.by);
                reply.update_at = deletion.at;
            }
        }
    }

    /// What a member has read of a channel; nothing unless the membership gives rights.
    pub fn read_state(&self, user: UserId, channel: ChannelId) -> Option<ReadState> {
        if !self.may_read(user, channel) {
            return None;
        }
        let member = self.channel_members.get(&(channel, user))?;
        let marker = self.read_markers.get(&(user, channel));
        let ignores = self.notify_props.get(&(channel, user)).is_some_and(|n| n.ignores_broadcasts);
        let hears = self.users.get(&user)?.hears_broadcasts && !ignores;
        Some(read_state(self.channels.get(&channel)?, member, marker, hears))
    }

    /// As the view `present_members` says it.
    pub fn may_read(&self, user: UserId, channel: ChannelId) -> bool {
        let active = self.users.get(&user).is_some_and(|user| user.delete_at == 0);
        let Some(member) = self.channel_members.get(&(channel, user)) else { return false };
        let Some(channel) = self.channels.get(&channel) else { return false };
        active
            && channel.team_id.is_none_or(|team| {
                let membership = self.team_members.get(&(user, team));
                membership.is_some_and(|m| m.generation == member.generation)
                    && self.teams.get(&team).is_some_and(|team| team.delete_at == 0)
            })
    }

    /// The tables as they stand in Postgres.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn load(connection: &mut PgConnection) -> sqlx::Result<Self> {
        let mut tables = Self::default();
        let rows = sqlx::query("SELECT partition, next_offset FROM projection_positions")
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            let (key, next): (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
            if let Some(partition) = partition_of_key(key).filter(|_| next > 0) {
                tables.positions.insert(partition, next.cast_unsigned());
            }
        }
        let c = connection;
        tables.users = keyed(c, |row: &UserRow| row.id).await?;
        tables.credentials = keyed(c, |row: &CredentialRow| row.user_id).await?;
        tables.teams = keyed(c, |row: &TeamRow| row.id).await?;
        tables.team_members = keyed(c, |row: &TeamMemberRow| (row.user_id, row.team_id)).await?;
        tables.channel_names = keyed(c, |row: &ChannelNameRow| row.channel_id).await?;
        tables.channels = keyed(c, |row: &ChannelRow| row.id).await?;
        tables.channel_members =
            keyed(c, |row: &ChannelMemberRow| (row.channel_id, row.user_id)).await?;
        tables.posts = keyed(c, |row: &PostRow| row.id).await?;
        tables.post_versions =
            keyed(c, |row: &PostVersionRow| (row.post_id, row.replaced_at)).await?;
        tables.reactions =
            keyed(c, |row: &ReactionRow| (row.post_id, row.user_id, row.emoji_name.clone()))
                .await?;
        tables.acknowledgements =
            keyed(c, |row: &AcknowledgementRow| (row.post_id, row.user_id)).await?;
        tables.bookmarks = keyed(c, |row: &BookmarkRow| row.id).await?;
        tables.files = keyed(c, |row: &FileRow| row.id).await?;
        tables.preferences =
            keyed(c, |row: &PreferenceRow| (row.user_id, row.category.clone(), row.name.clone()))
                .await?;
        tables.statuses = keyed(c, |row: &StatusRow| row.user_id).await?;
        tables.read_markers = keyed(c, |row: &ReadMarkerRow| (row.user_id, row.channel_id)).await?;
        tables.thread_members =
            keyed(c, |row: &ThreadMemberRow| (row.root_id, row.user_id)).await?;
        tables.thread_markers =
            keyed(c, |row: &ThreadMarkerRow| (row.user_id, row.root_id)).await?;
        tables.thread_floors = keyed(c, |row: &ThreadFloorRow| (row.user_id, row.scope)).await?;
        tables.notify_props =
            keyed(c, |row: &NotifyPropsRow| (row.channel_id, row.user_id)).await?;
        tables.sidebar_categories =
            keyed(c, |row: &SidebarCategoryRow| (row.user_id, row.team_id, row.category_id))
                .await?;
        tables.sidebar_orders =
            keyed(c, |row: &SidebarOrderRow| (row.user_id, row.team_id)).await?;
        tables.custom_statuses = keyed(c, |row: &CustomStatusRow| row.user_id).await?;
        tables.recent_statuses = keyed(c, |row: &RecentStatusesRow| row.user_id).await?;
        tables.profile_values =
            keyed(c, |row: &ProfileValueRow| (row.user_id, row.field_id)).await?;
        tables.session_devices =
            keyed(c, |row: &SessionDeviceRow| (row.user_id, row.session_id)).await?;
        tables.drafts =
            keyed(c, |row: &DraftRow| (row.user_id, row.channel_id, row.root_id)).await?;
        tables.scheduled_posts = keyed(c, |row: &ScheduledPostRow| (row.user_id, row.id)).await?;
        tables.scheduled_post_failures =
            keyed(c, |row: &ScheduledPostFailureRow| (row.user_id, row.id)).await?;
        tables.holds = keyed(c, |row: &HoldRow| row.id).await?;
        tables.retention_runs = keyed(c, |row: &RetentionRunRow| row.id).await?;
        tables.channel_expiries = keyed(c, |row: &ExpiryRow| (row.channel_id, row.at)).await?;
        tables.directory_requests = keyed(c, |row: &DirectoryRequestRow| row.event_id).await?;
        tables.channel_requests = keyed(c, |row: &ChannelRequestRow| row.event_id).await?;
        tables.user_requests = keyed(c, |row: &UserRequestRow| row.event_id).await?;
        Ok(tables)
    }

    /// The first row in which two sets of tables differ, in words.
    pub fn difference(&self, other: &Self) -> Option<String> {
        differs("positions", &self.positions, &other.positions)
            .or_else(|| differs("users", &self.users, &other.users))
            .or_else(|| differs("credentials", &self.credentials, &other.credentials))
            .or_else(|| differs("teams", &self.teams, &other.teams))
            .or_else(|| differs("team_members", &self.team_members, &other.team_members))
            .or_else(|| differs("channel_names", &self.channel_names, &other.channel_names))
            .or_else(|| differs("channels", &self.channels, &other.channels))
            .or_else(|| differs("channel_members", &self.channel_members, &other.channel_members))
            .or_else(|| differs("posts", &self.posts, &other.posts))
            .or_else(|| differs("post_versions", &self.post_versions, &other.post_versions))
            .or_else(|| differs("reactions", &self.reactions, &other.reactions))
            .or_else(|| {
                let theirs = &other.acknowledgements;
                differs("acknowledgements", &self.acknowledgements, theirs)
            })
            .or_else(|| differs("bookmarks", &self.bookmarks, &other.bookmarks))
            .or_else(|| differs("files", &self.files, &other.files))
            .or_else(|| differs("preferences", &self.preferences, &other.preferences))
            .or_else(|| differs("statuses", &self.statuses, &other.statuses))
            .or_else(|| differs("read_markers", &self.read_markers, &other.read_markers))
            .or_else(|| differs("thread_members", &self.thread_members, &other.thread_members))
            .or_else(|| differs("thread_markers", &self.thread_markers, &other.thread_markers))
            .or_else(|| differs("thread_floors", &self.thread_floors, &other.thread_floors))
            .or_else(|| differs("member_notify_props", &self.notify_props, &other.notify_props))
            .or_else(|| {
                let theirs = &other.sidebar_categories;
                differs("sidebar_categories", &self.sidebar_categories, theirs)
            })
            .or_else(|| differs("sidebar_orders", &self.sidebar_orders, &other.sidebar_orders))
            .or_else(|| differs("custom_statuses", &self.custom_statuses, &other.custom_statuses))
            .or_else(|| {
                let theirs = &other.recent_statuses;
                differs("recent_custom_statuses", &self.recent_statuses, theirs)
            })
            .or_else(|| differs("profile_values", &self.profile_values, &other.profile_values))
            .or_else(|| differs("session_devices", &self.session_devices, &other.session_devices))
            .or_else(|| differs("drafts", &self.drafts, &other.drafts))
            .or_else(|| differs("scheduled_posts", &self.scheduled_posts, &other.scheduled_posts))
            .or_else(|| {
                let theirs = &other.scheduled_post_failures;
                differs("scheduled_post_failures", &self.scheduled_post_failures, theirs)
            })
            .or_else(|| differs("legal_holds", &self.holds, &other.holds))
            .or_else(|| differs("retention_runs", &self.retention_runs, &other.retention_runs))
            .or_else(|| {
                differs("channel_expiries", &self.channel_expiries, &other.channel_expiries)
            })
            .or_else(|| {
                let theirs = &other.directory_requests;
                differs("directory_requests", &self.directory_requests, theirs)
            })
            .or_else(|| {
                differs("channel_requests", &self.channel_requests, &other.channel_requests)
            })
            .or_else(|| differs("user_requests", &self.user_requests, &other.user_requests))
    }
}

fn patch_table<K, R, P>(table: &mut BTreeMap<K, R>, changes: &BTreeMap<K, Change<R, P>>)
where
    K: Ord + Clone,
    R: Clone,
    P: Patch<Row = R>,
{
    for (key, change) in changes {
        match change {
            Change::New(row) => {
                table.entry(key.clone()).or_insert_with(|| row.clone());
            }
            Change::Patch(patch) => {
                if let Some(row) = table.get_mut(key) {
                    patch.apply(row);
                }
            }
        }
    }
}

fn apply_memberships<K, R, P>(
    table: &mut BTreeMap<K, R>,
    changes: &BTreeMap<K, MembershipChange<R, P>>,
) where
    K: Ord + Clone,
    R: Clone,
    P: Patch<Row = R>,
{
    for (key, change) in changes {
        match change {
            MembershipChange::Put(row) => {
                table.insert(key.clone(), row.clone());
            }
            MembershipChange::Patch(patch) => {
                if let Some(row) = table.get_mut(key) {
                    patch.apply(row);
                }
            }
            MembershipChange::Delete => {
                table.remove(key);
            }
        }
    }
}

fn apply_marks<K: Ord + Clone, R: Clone>(
    table: &mut BTreeMap<K, R>,
    changes: &BTreeMap<K, MarkChange<R>>,
) {
    for (key, change) in changes {
        match change {
            MarkChange::Add(row) => {
                table.entry(key.clone()).or_insert_with(|| row.clone());
            }
            MarkChange::Replace(row) => {
                table.insert(key.clone(), row.clone());
            }
            MarkChange::Delete => {
                table.remove(key);
            }
        }
    }
}

/// Rows that are new; one that is there already stays.
fn insert<K: Ord + Clone, R: Clone>(table: &mut BTreeMap<K, R>, changes: &BTreeMap<K, R>) {
    for (key, row) in changes {
        table.entry(key.clone()).or_insert_with(|| row.clone());
    }
}

fn put_or_delete<K, R>(table: &mut BTreeMap<K, R>, changes: &BTreeMap<K, Option<R>>)
where
    K: Ord + Clone,
    R: Clone,
{
    for (key, row) in changes {
        match row {
            Some(row) => {
                table.insert(key.clone(), row.clone());
            }
            None => {
                table.remove(key);
            }
        }
    }
}

async fn keyed<K: Ord, R: Table>(
    connection: &mut PgConnection,
    key: impl Fn(&R) -> K,
) -> sqlx::Result<BTreeMap<K, R>> {
    let sql = format!("SELECT {} FROM {} t", R::select("t"), R::NAME);
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let row = R::read(row, 0)?;
            Ok((key(&row), row))
        })
        .collect()
}

fn differs<K, R>(table: &str, ours: &BTreeMap<K, R>, theirs: &BTreeMap<K, R>) -> Option<String>
where
    K: Ord + Debug,
    R: PartialEq + Debug,
{
    let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(key)));
    for key in keys {
        let (left, right) = (ours.get(key), theirs.get(key));
        if left != right {
            return Some(format!("{table} {key:?}: {left:?} against {right:?}"));
        }
    }
    None
}
