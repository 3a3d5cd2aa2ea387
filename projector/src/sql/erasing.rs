//! Rows of people who were erased, whichever they are.

use read_model::Key;
use sqlx::postgres::PgConnection;

use crate::changes::Gone;

/// What was said in channels, and what hangs there on the person. System posts say nothing of their own.
const OF_AUTHORS: [&str; 5] = [
    "DELETE FROM post_versions v
     USING posts p, unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n(channel_id, user_id, at)
     WHERE p.channel_id = n.channel_id AND p.user_id = n.user_id AND p.notice = ''
       AND v.post_id = p.id",
    "DELETE FROM files f
     USING unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n(channel_id, user_id, at)
     WHERE f.channel_id = n.channel_id AND f.owner_id = n.user_id",
    "DELETE FROM acknowledgements a
     USING unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n(channel_id, user_id, at)
     WHERE a.channel_id = n.channel_id AND a.user_id = n.user_id",
    "DELETE FROM bookmarks b
     USING unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n(channel_id, user_id, at)
     WHERE b.channel_id = n.channel_id AND n.user_id IN (b.owner_id, b.file_owner_id)",
    "UPDATE posts t SET message = '', props = '', files = '', pending_post_id = '',
         update_at = GREATEST(t.update_at, n.at)
     FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n(channel_id, user_id, at)
     WHERE t.channel_id = n.channel_id AND t.user_id = n.user_id AND t.notice = ''",
];

/// What stands of people in teams and holds.
const OF_PEOPLE: [&str; 3] = [
    "DELETE FROM team_members WHERE user_id = ANY($1)",
    "UPDATE teams SET email = '' WHERE creator_id = ANY($1)",
    "UPDATE legal_holds SET name = '' WHERE placed_by = ANY($1)",
];

/// What was people's own.
const OF_STATES: [&str; 10] = [
    "DELETE FROM preferences WHERE user_id = ANY($1)",
    "DELETE FROM statuses WHERE user_id = ANY($1)",
    "DELETE FROM sidebar_categories WHERE user_id = ANY($1)",
    "DELETE FROM custom_statuses WHERE user_id = ANY($1)",
    "DELETE FROM recent_custom_statuses WHERE user_id = ANY($1)",
    "DELETE FROM sidebar_orders WHERE user_id = ANY($1)",
    "DELETE FROM scheduled_posts WHERE user_id = ANY($1)",
    "DELETE FROM scheduled_post_failures WHERE user_id = ANY($1)",
    "DELETE FROM profile_values WHERE user_id = ANY($1)",
    "DELETE FROM session_devices WHERE user_id = ANY($1)",
];

const OF_DRAFTS: [&str; 1] = ["DELETE FROM drafts WHERE user_id = ANY($1)"];

/// Erases it; returns how many statements that took.
pub(super) async fn erase(gone: &Gone, connection: &mut PgConnection) -> sqlx::Result<u64> {
    let mut statements = 0;
    if !gone.authors.is_empty() {
        let channels: Vec<Key> = gone.authors.keys().map(|key| key.0.into()).collect();
        let authors: Vec<Key> = gone.authors.keys().map(|key| key.1.into()).collect();
        let times: Vec<i64> = gone.authors.values().copied().collect();
        for sql in OF_AUTHORS {
            let query = sqlx::query(sql).bind(&channels).bind(&authors).bind(&times);
            query.execute(&mut *connection).await?;
            statements += 1;
        }
    }
    let of_people = [
        (&gone.people, &OF_PEOPLE[..]),
        (&gone.states, &OF_STATES[..]),
        (&gone.drafts, &OF_DRAFTS[..]),
    ];
    for (people, sqls) in of_people.into_iter().filter(|(people, _)| !people.is_empty()) {
        let people: Vec<Key> = people.iter().map(|user| (*user).into()).collect();
        for &sql in sqls {
            sqlx::query(sql).bind(&people).execute(&mut *connection).await?;
            statements += 1;
        }
    }
    Ok(statements)
}
