//! The parts of a batch's statement, table by table.

use std::collections::BTreeMap;

use events::{EventId, PostId};
use read_model::rows::{
    AcknowledgementRow, CustomStatusRow, DraftRow, NotifyPropsRow, PostRow, PostVersionRow,
    PreferenceRow, ProfileValueRow, ReactionRow, ScheduledPostFailureRow, ScheduledPostRow,
    SessionDeviceRow, SidebarCategoryRow,
};
use read_model::{Column, Key, Table, partition_key};
use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection};

use super::statement::{Keys, Statement};
use super::threads;
use crate::changes::{Change, MarkChange, MembershipChange, RowChanges, VersionChange};
use crate::patches::{Patch, PostPatch};

pub(super) type Bound = Result<(), BoxDynError>;

/// Everything but what must come after the rest.
pub(super) fn whole(changes: &RowChanges) -> Result<Statement, BoxDynError> {
    let mut statement = but_new_posts(changes)?;
    statement.insert(&new_posts(changes))?;
    Ok(statement)
}

/// Nothing else in the batch looks at a post that is new in it.
pub(super) fn new_posts(changes: &RowChanges) -> Vec<&PostRow> {
    split(&changes.posts).0
}

/// The same without the new posts, which are most of what there is.
pub(super) fn but_new_posts(changes: &RowChanges) -> Result<Statement, BoxDynError> {
    let mut statement = positions(changes)?;
    patched(&mut statement, &changes.users)?;
    patched(&mut statement, &changes.credentials)?;
    patched(&mut statement, &changes.teams)?;
    patched(&mut statement, &changes.channel_names)?;
    patched(&mut statement, &changes.channels)?;
    memberships(&mut statement, &changes.team_members)?;
    memberships(&mut statement, &changes.channel_members)?;
    earlier_posts(&mut statement, changes)?;
    versions(&mut statement, changes)?;
    reactions(&mut statement, changes)?;
    acknowledgements(&mut statement, changes)?;
    patched(&mut statement, &changes.bookmarks)?;
    statement.insert(&changes.files.values().collect::<Vec<_>>())?;
    attached(&mut statement, changes)?;
    preferences(&mut statement, changes)?;
    statement.put(&changes.statuses.values().collect::<Vec<_>>())?;
    statement.put(&changes.read_markers.values().collect::<Vec<_>>())?;
    threads::members(&mut statement, changes)?;
    threads::implied_by_rows(&mut statement, changes)?;
    statement.put(&changes.thread_markers.values().collect::<Vec<_>>())?;
    statement.put(&changes.thread_floors.values().collect::<Vec<_>>())?;
    notify_props(&mut statement, changes)?;
    sidebars(&mut statement, changes)?;
    drafts(&mut statement, changes)?;
    scheduled_posts(&mut statement, changes)?;
    custom_statuses(&mut statement, changes)?;
    profile_values(&mut statement, changes)?;
    session_devices(&mut statement, changes)?;
    patched(&mut statement, &changes.holds)?;
    statement.insert(&changes.retention_runs.values().collect::<Vec<_>>())?;
    statement.insert(&changes.channel_expiries.values().collect::<Vec<_>>())?;
    statement.insert(&changes.directory_requests.values().collect::<Vec<_>>())?;
    statement.insert(&changes.channel_requests.values().collect::<Vec<_>>())?;
    statement.insert(&changes.user_requests.values().collect::<Vec<_>>())?;
    Ok(statement)
}

/// All positions match, or the statement fails as a whole.
fn positions(changes: &RowChanges) -> Result<Statement, BoxDynError> {
    let mut arguments = PgArguments::default();
    let partitions: Vec<i16> = changes.positions.keys().copied().map(partition_key).collect();
    let expected = i64::try_from(partitions.len())?;
    let advances = || changes.positions.values();
    let last: Vec<Option<EventId>> = advances().map(|advance| advance.last_event_id).collect();
    arguments.add(partitions)?;
    arguments.add(advances().map(|advance| advance.from.cast_signed()).collect::<Vec<_>>())?;
    arguments.add(advances().map(|advance| advance.to.cast_signed()).collect::<Vec<_>>())?;
    arguments.add(last.iter().map(Column::to_db).collect::<Vec<_>>())?;
    arguments.add(expected)?;
    let first = "moved AS (
            UPDATE projection_positions t
            SET next_offset = n.next_offset, last_event_id = n.last_event_id
            FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::uuid[])
                AS n(partition, expected, next_offset, last_event_id)
            WHERE t.partition = n.partition AND t.next_offset = n.expected
            RETURNING 1
        ),
        ok AS MATERIALIZED (SELECT require_positions(count(*), $5) AS hit FROM moved)";
    Ok(Statement::new(first, arguments))
}

fn split<K: Copy, R, P>(changes: &BTreeMap<K, Change<R, P>>) -> (Vec<&R>, Vec<K>, Vec<&P>) {
    let (mut new, mut keys, mut patches) = (Vec::new(), Vec::new(), Vec::new());
    for (key, change) in changes {
        match change {
            Change::New(row) => new.push(row),
            Change::Patch(patch) => {
                keys.push(*key);
                patches.push(patch);
            }
        }
    }
    (new, keys, patches)
}

fn patched<K, R, P>(statement: &mut Statement, changes: &BTreeMap<K, Change<R, P>>) -> Bound
where
    K: Column + Copy + Send,
    R: Table,
    P: Patch<Row = R>,
{
    let (new, keys, patches) = split(changes);
    statement.insert(&new)?;
    statement.patch::<R, P>(Keys::of(&keys, |key| *key), &patches)
}

fn earlier_posts(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (_, keys, patches) = split(&changes.posts);
    statement.update::<PostRow, PostPatch>(
        Keys::of(&keys, |key| *key),
        &patches,
        "update_at = GREATEST(t.update_at, n.update_at),
         edit_at = COALESCE(n.edit_at, t.edit_at),
         message = COALESCE(n.message, t.message),
         props = COALESCE(n.props, t.props),
         files = COALESCE(n.files, t.files),
         is_pinned = COALESCE(n.is_pinned, t.is_pinned),
         reacted = t.reacted OR n.reacted,
         acknowledged = t.acknowledged OR n.acknowledged,
         delete_at = COALESCE(n.delete_at, t.delete_at),
         deleted_by = COALESCE(n.deleted_by, t.deleted_by),
         reply_count = t.reply_count + n.replies,
         last_reply_at = GREATEST(t.last_reply_at, n.last_reply_at)",
    )
}

fn memberships<A, B, R, P>(
    statement: &mut Statement,
    changes: &BTreeMap<(A, B), MembershipChange<R, P>>,
) -> Bound
where
    A: Column + Copy + Send,
    B: Column + Copy + Send,
    R: Table,
    P: Patch<Row = R>,
{
    let (mut put, mut gone) = (Vec::new(), Vec::new());
    let (mut keys, mut patches) = (Vec::new(), Vec::new());
    for (key, change) in changes {
        match change {
            MembershipChange::Put(row) => put.push(row),
            MembershipChange::Patch(patch) => {
                keys.push(*key);
                patches.push(patch);
            }
            MembershipChange::Delete => gone.push(*key),
        }
    }
    statement.put(&put)?;
    let both = |keys: &[(A, B)]| Keys::of(keys, |key| key.0).and(keys, |key| key.1);
    statement.patch::<R, P>(both(&keys), &patches)?;
    statement.delete::<R>(both(&gone))
}

fn versions(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (mut known, mut of_rows) = (Vec::new(), Vec::new());
    for (key, change) in &changes.post_versions {
        match change {
            VersionChange::Known(row) => known.push(row),
            VersionChange::OfRow => of_rows.push(*key),
        }
    }
    statement.put::<PostVersionRow>(&known)?;
    // Reads the posts as they were before this statement.
    statement.with_keys(
        &[("post_id", "uuid"), ("replaced_at", "bigint")],
        Keys::of(&of_rows, |key| key.0).and(&of_rows, |key| key.1),
        |unnest| {
            format!(
                "INSERT INTO post_versions (post_id, replaced_at, message, props, files)
                 SELECT p.id, n.replaced_at, p.message, p.props, p.files
                 FROM ok, {unnest} JOIN posts p ON p.id = n.post_id
                 ON CONFLICT (post_id, replaced_at) DO NOTHING"
            )
        },
    )
}

fn reactions(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let gone = marks(statement, &changes.reactions)?;
    let keys = Keys::of(&gone, |key| key.0).and(&gone, |key| key.1);
    statement.delete::<ReactionRow>(keys.and(&gone, |key| key.2.clone()))
}

fn acknowledgements(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let gone = marks(statement, &changes.acknowledgements)?;
    statement.delete::<AcknowledgementRow>(Keys::of(&gone, |key| key.0).and(&gone, |key| key.1))
}

/// Writes those that stand afterwards; answers the keys of those that are gone.
fn marks<K: Clone, R: Table>(
    statement: &mut Statement,
    changes: &BTreeMap<K, MarkChange<R>>,
) -> Result<Vec<K>, BoxDynError> {
    let (mut add, mut replace, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (key, change) in changes {
        match change {
            MarkChange::Add(row) => add.push(row),
            MarkChange::Replace(row) => replace.push(row),
            MarkChange::Delete => gone.push(key.clone()),
        }
    }
    statement.insert(&add)?;
    statement.put(&replace)?;
    Ok(gone)
}

fn attached(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let files: Vec<_> = changes.attached.iter().map(|(file, post)| (*file, *post)).collect();
    statement.with_keys(
        &[("id", "uuid"), ("post_id", "uuid")],
        Keys::of(&files, |file| file.0).and(&files, |file| file.1),
        |unnest| {
            format!("UPDATE files t SET post_id = n.post_id FROM ok, {unnest} WHERE t.id = n.id")
        },
    )
}

fn preferences(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.preferences);
    statement.put(&put)?;
    let keys = Keys::of(&gone, |key| key.0).and(&gone, |key| key.1.clone());
    statement.delete::<PreferenceRow>(keys.and(&gone, |key| key.2.clone()))
}

/// Rows that stand afterwards, and keys of those that are gone.
fn split_gone<K: Clone, R>(changes: &BTreeMap<K, Option<R>>) -> (Vec<&R>, Vec<K>) {
    let gone = changes.iter().filter(|(_, row)| row.is_none()).map(|(key, _)| key.clone());
    (changes.values().flatten().collect(), gone.collect())
}

fn notify_props(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.notify_props);
    statement.put(&put)?;
    statement.delete::<NotifyPropsRow>(Keys::of(&gone, |key| key.0).and(&gone, |key| key.1))
}

fn sidebars(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.sidebar_categories);
    statement.put(&put)?;
    let keys = Keys::of(&gone, |key| key.0).and(&gone, |key| key.1);
    statement.delete::<SidebarCategoryRow>(keys.and(&gone, |key| key.2))?;
    statement.put(&changes.sidebar_orders.values().collect::<Vec<_>>())
}

fn custom_statuses(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.custom_statuses);
    statement.put(&put)?;
    statement.delete::<CustomStatusRow>(Keys::of(&gone, |key| *key))?;
    statement.put(&changes.recent_statuses.values().collect::<Vec<_>>())
}

fn profile_values(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.profile_values);
    statement.put(&put)?;
    let keys = Keys::of(&gone, |key| key.0).and(&gone, |key| key.1);
    statement.delete::<ProfileValueRow>(keys)
}

fn session_devices(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.session_devices);
    statement.put(&put)?;
    let keys = Keys::of(&gone, |key| key.0).and(&gone, |key| key.1);
    statement.delete::<SessionDeviceRow>(keys)
}

fn drafts(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.drafts);
    statement.put(&put)?;
    let keys = Keys::of(&gone, |key| key.0).and(&gone, |key| key.1);
    statement.delete::<DraftRow>(keys.and(&gone, |key| key.2))
}

fn scheduled_posts(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (put, gone) = split_gone(&changes.scheduled_posts);
    statement.put(&put)?;
    statement.delete::<ScheduledPostRow>(Keys::of(&gone, |key| key.0).and(&gone, |key| key.1))?;
    let (put, gone) = split_gone(&changes.scheduled_post_failures);
    statement.put(&put)?;
    statement
        .delete::<ScheduledPostFailureRow>(Keys::of(&gone, |key| key.0).and(&gone, |key| key.1))
}

/// Replies go with their root; those that went before keep their time.
pub(super) async fn delete_threads(
    changes: &RowChanges,
    connection: &mut PgConnection,
) -> sqlx::Result<u64> {
    if changes.deleted_threads.is_empty() {
        return Ok(0);
    }
    let roots: Vec<Key> = changes.deleted_threads.keys().copied().map(Key::from).collect();
    let deletions = || changes.deleted_threads.values();
    let times: Vec<i64> = deletions().map(|deletion| deletion.at).collect();
    let by: Vec<Key> = deletions().map(|deletion| Key::from(deletion.by)).collect();
    sqlx::query(
        "UPDATE posts t SET delete_at = n.at, deleted_by = n.by, update_at = n.at
         FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS n(root_id, at, by)
         WHERE t.root_id = n.root_id AND t.delete_at = 0",
    )
    .bind(roots)
    .bind(times)
    .bind(by)
    .execute(connection)
    .await?;
    Ok(1)
}

/// The latest reply of a root that lost one.
pub(super) async fn recount_roots(
    changes: &RowChanges,
    connection: &mut PgConnection,
) -> sqlx::Result<u64> {
    if changes.recounted_roots.is_empty() {
        return Ok(0);
    }
    let roots: Vec<Key> =
        changes.recounted_roots.iter().map(|root: &PostId| (*root).into()).collect();
    sqlx::query(
        "UPDATE posts t SET last_reply_at = COALESCE(
            (SELECT max(x.create_at) FROM posts x WHERE x.root_id = t.id AND x.delete_at = 0), 0)
         WHERE t.id = ANY($1)",
    )
    .bind(roots)
    .execute(connection)
    .await?;
    Ok(1)
}
