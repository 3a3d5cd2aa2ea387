//! Rows of people who were erased, whichever they are.

use read_model::Key;
use sqlx::postgres::PgConnection;

use crate::changes::RowChanges;

/// What was said in channels, what stands in teams, what was a person's own.
pub(super) async fn erase(changes: &RowChanges, connection: &mut PgConnection) -> sqlx::Result<()> {
    erase_authors(changes, connection).await?;
    erase_people(changes, connection).await?;
    erase_states(changes, connection).await
}

async fn erase_authors(changes: &RowChanges, connection: &mut PgConnection) -> sqlx::Result<()> {
    if changes.erased_authors.is_empty() {
        return Ok(());
    }
    let channels: Vec<Key> = changes.erased_authors.keys().map(|key| key.0.into()).collect();
    let authors: Vec<Key> = changes.erased_authors.keys().map(|key| key.1.into()).collect();
    let times: Vec<i64> = changes.erased_authors.values().copied().collect();
    // System posts say nothing of their own.
    let statements = [
        "DELETE FROM post_versions v USING posts p, unnest($1::uuid[], $2::uuid[]) AS n(channel_id, user_id)
         WHERE p.channel_id = n.channel_id AND p.user_id = n.user_id AND p.notice = ''
           AND v.post_id = p.id",
        "DELETE FROM files f USING unnest($1::uuid[], $2::uuid[]) AS n(channel_id, user_id)
         WHERE f.channel_id = n.channel_id AND f.owner_id = n.user_id",
    ];
    for sql in statements {
        sqlx::query(sql).bind(&channels).bind(&authors).execute(&mut *connection).await?;
    }
    sqlx::query(
        "UPDATE posts t SET message = '', props = '', files = '', pending_post_id = '',
             update_at = GREATEST(t.update_at, n.at)
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n(channel_id, user_id, at)
         WHERE t.channel_id = n.channel_id AND t.user_id = n.user_id AND t.notice = ''",
    )
    .bind(&channels)
    .bind(&authors)
    .bind(times)
    .execute(connection)
    .await?;
    Ok(())
}

async fn erase_people(changes: &RowChanges, connection: &mut PgConnection) -> sqlx::Result<()> {
    let people: Vec<Key> = changes.erased_people.iter().map(|user| (*user).into()).collect();
    if people.is_empty() {
        return Ok(());
    }
    for sql in [
        "DELETE FROM team_members WHERE user_id = ANY($1)",
        "UPDATE teams SET email = '' WHERE creator_id = ANY($1)",
    ] {
        sqlx::query(sql).bind(&people).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn erase_states(changes: &RowChanges, connection: &mut PgConnection) -> sqlx::Result<()> {
    let people: Vec<Key> = changes.erased_states.iter().map(|user| (*user).into()).collect();
    if people.is_empty() {
        return Ok(());
    }
    for sql in [
        "DELETE FROM preferences WHERE user_id = ANY($1)",
        "DELETE FROM statuses WHERE user_id = ANY($1)",
    ] {
        sqlx::query(sql).bind(&people).execute(&mut *connection).await?;
    }
    Ok(())
}
