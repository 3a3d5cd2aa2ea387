//! The parts of a batch's statement that concern who follows threads.

use events::{PostId, UserId};
use read_model::Key;
use read_model::rows::ThreadMemberRow;
use sqlx::postgres::PgConnection;

use super::parts::Bound;
use super::statement::{Keys, Statement};
use crate::changes::{FollowerChange, RowChanges, first_row};
use crate::patches::ThreadPatch;

/// What was said of somebody holds over a row that is there; else it makes one.
pub(super) fn members(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let (mut first, mut keys, mut patches) = (Vec::new(), Vec::new(), Vec::new());
    let mut since_answered = Vec::new();
    for (key, change) in &changes.thread_members {
        match change {
            FollowerChange::Implied(row) => match changes.answered_before(row) {
                Some(at) => since_answered.push((row, at)),
                None => first.push(row.clone()),
            },
            FollowerChange::Said { channel_id, patch } => {
                first.push(first_row(*key, *channel_id, patch));
                keys.push(*key);
                patches.push(patch);
            }
        }
    }
    statement.insert(&first.iter().collect::<Vec<_>>())?;
    implied_since_answered(statement, &since_answered)?;
    statement.update::<ThreadMemberRow, ThreadPatch>(
        Keys::of(&keys, |key| key.0).and(&keys, |key| key.1),
        &patches,
        "following = n.following, follow_at = n.follow_at,
         base_at = GREATEST(t.base_at, n.base_at), replied_at = GREATEST(t.replied_at, n.replied_at)",
    )
}

/// Who follows for another reason, too, than that the root concerns them: since the root was answered if
/// it does concern them, else since what implied it.
fn implied_since_answered(statement: &mut Statement, rows: &[(&ThreadMemberRow, i64)]) -> Bound {
    statement.with_keys(
        &[
            ("root_id", "uuid"),
            ("user_id", "uuid"),
            ("channel_id", "uuid"),
            ("at", "bigint"),
            ("answered_at", "bigint"),
        ],
        Keys::of(rows, |(row, _)| row.root_id)
            .and(rows, |(row, _)| row.user_id)
            .and(rows, |(row, _)| row.channel_id)
            .and(rows, |(row, _)| row.follow_at)
            .and(rows, |(_, answered_at)| *answered_at),
        |unnest| {
            format!(
                "INSERT INTO thread_members
                   (root_id, user_id, channel_id, following, follow_at, base_at, replied_at)
                 SELECT n.root_id, n.user_id, n.channel_id, true,
                   CASE WHEN p.user_id = n.user_id OR position(uuid_send(n.user_id) IN p.mentions) > 0
                     THEN n.answered_at ELSE n.at END,
                   0, 0
                 FROM ok, {unnest} LEFT JOIN posts p ON p.id = n.root_id
                 ON CONFLICT (root_id, user_id) DO NOTHING"
            )
        },
    )
}

/// Whom answered roots of earlier batches concern. Those of whom the batch says something itself are
/// left out: one statement writes no row twice.
pub(super) fn implied_by_rows(statement: &mut Statement, changes: &RowChanges) -> Bound {
    let said = |root: PostId| -> Vec<UserId> {
        let of_root = (root, UserId::from_bytes([0; 16]))..=(root, UserId::from_bytes([0xff; 16]));
        changes.thread_members.range(of_root).map(|((_, user), _)| *user).collect()
    };
    let roots: Vec<_> =
        changes.answered_roots.iter().map(|(root, at)| (*root, *at, said(*root))).collect();
    statement.with_keys(
        &[("root_id", "uuid"), ("at", "bigint"), ("said", "bytea")],
        Keys::of(&roots, |root| root.0)
            .and(&roots, |root| root.1)
            .and(&roots, |root| root.2.clone()),
        |unnest| {
            format!(
                "INSERT INTO thread_members
                   (root_id, user_id, channel_id, following, follow_at, base_at, replied_at)
                 SELECT p.id, u.user_id, p.channel_id, true, n.at, 0, 0
                 FROM ok, {unnest} JOIN posts p ON p.id = n.root_id
                 CROSS JOIN LATERAL (
                   SELECT p.user_id
                   UNION
                   SELECT encode(substring(p.mentions FROM 16 * i + 1 FOR 16), 'hex')::uuid
                   FROM generate_series(0, octet_length(p.mentions) / 16 - 1) AS i
                 ) u
                 WHERE position(uuid_send(u.user_id) IN n.said) = 0
                 ON CONFLICT (root_id, user_id) DO NOTHING"
            )
        },
    )
}

/// The latest reply of those who lost one.
pub(super) async fn recount_participants(
    changes: &RowChanges,
    connection: &mut PgConnection,
) -> sqlx::Result<u64> {
    if changes.recounted_participants.is_empty() {
        return Ok(0);
    }
    let people = || changes.recounted_participants.iter();
    sqlx::query(
        "UPDATE thread_members t SET replied_at = COALESCE(
            (SELECT max(x.create_at) FROM posts x
             WHERE x.root_id = t.root_id AND x.user_id = t.user_id AND x.delete_at = 0), 0)
         FROM unnest($1::uuid[], $2::uuid[]) AS n(root_id, user_id)
         WHERE t.root_id = n.root_id AND t.user_id = n.user_id",
    )
    .bind(people().map(|(root, _)| Key::from(*root)).collect::<Vec<_>>())
    .bind(people().map(|(_, user)| Key::from(*user)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(1)
}
