//! Threads.

use std::cmp::Ordering;
use std::sync::LazyLock;

use events::{PostId, UserId};
use sqlx::Row;

use super::post_pages::{PostView, read_post};
use super::post_sql::post_columns;
use crate::access::may_read;
use crate::reader::{Fields, Result};
use crate::{Access, Key, Reader};

/// Replies that one answer holds at most.
const REPLIES_MAX: u32 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThreadDirection {
    /// Newest first.
    #[default]
    Up,
    /// Oldest first.
    Down,
}

/// Which part of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThreadQuery {
    pub direction: ThreadDirection,
    /// Absent: as many as one answer holds.
    pub per_page: Option<u32>,
    /// Goes on behind this time, and behind this post where several share it.
    pub from_create_at: Option<i64>,
    pub from_post: Option<PostId>,
    /// Only replies touched after this time, in the order in which they were.
    pub updated_after: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    pub root: PostView,
    /// In the order that was asked for.
    pub replies: Vec<PostView>,
    pub has_next: bool,
}

static SQL: LazyLock<String> = LazyLock::new(|| {
    let order = "CASE WHEN $4 THEN p.create_at ELSE -p.create_at END";
    format!(
        "WITH t AS MATERIALIZED (
            SELECT channel_id, COALESCE(root_id, id) AS root_id FROM posts
            WHERE id = $1 AND delete_at = 0
         ),
         r AS MATERIALIZED (
            SELECT COALESCE((SELECT {} FROM t), false) AS may
         ),
         replies AS (
            SELECT p.* FROM t, posts p
            WHERE (SELECT may FROM r) AND p.root_id = t.root_id AND p.delete_at = 0
              AND ($5::bigint IS NULL OR p.update_at > $5)
              AND ($6::bigint IS NULL OR (
                CASE WHEN $4 THEN p.create_at > $6 OR (p.create_at = $6 AND p.id > $7)
                ELSE p.create_at < $6 OR (p.create_at = $6 AND p.id < $7) END))
            ORDER BY CASE WHEN $5 IS NULL THEN {order} ELSE p.update_at END,
              CASE WHEN $4 THEN p.id END, CASE WHEN NOT $4 THEN p.id END DESC
            LIMIT $3
         ),
         listed AS (
            SELECT p.* FROM t, posts p WHERE (SELECT may FROM r) AND p.id = t.root_id AND p.delete_at = 0
            UNION ALL SELECT * FROM replies
         )
         SELECT r.may, p.id IS NOT NULL AS present, {}
         FROM r LEFT JOIN listed p ON true",
        may_read("t.channel_id", "$2"),
        post_columns()
    )
});

impl Reader {
    /// The thread that `post`, its root or any reply, belongs to.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn thread(
        &self,
        viewer: UserId,
        post: PostId,
        query: ThreadQuery,
    ) -> Result<Access<Thread>> {
        let down = query.direction == ThreadDirection::Down;
        let len_max = query.per_page.unwrap_or(REPLIES_MAX).min(REPLIES_MAX);
        let edge = if down { [0xff; 16] } else { [0; 16] };
        let rows = sqlx::query(SQL.as_str())
            .bind(Key::from(post))
            .bind(Key::from(viewer))
            .bind(i64::from(len_max) + 1)
            .bind(down)
            .bind(query.updated_after)
            .bind(query.from_create_at)
            .bind(query.from_post.map_or(Key(edge), Key::from))
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        if !first.try_get::<bool, _>(0)? {
            return Ok(Access::Unknown);
        }
        let mut posts = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(1)? {
                let mut fields = Fields::of(row);
                fields.skip(2);
                posts.push(read_post(&mut fields)?);
            }
        }
        let Some(at) = posts.iter().position(|post| post.row.root_id.is_none()) else {
            return Ok(Access::Unknown);
        };
        let root = posts.swap_remove(at);
        posts.sort_by(|a, b| in_order(a, b, down, query.updated_after.is_some()));
        let has_next = posts.len() > len_max as usize;
        posts.truncate(len_max as usize);
        Ok(Access::Granted(Thread { root, replies: posts, has_next }))
    }
}

fn in_order(a: &PostView, b: &PostView, down: bool, by_update: bool) -> Ordering {
    if by_update {
        return (a.row.update_at, a.row.id).cmp(&(b.row.update_at, b.row.id));
    }
    let order = (a.row.create_at, a.row.id).cmp(&(b.row.create_at, b.row.id));
    if down { order } else { order.reverse() }
}
