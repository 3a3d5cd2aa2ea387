//! The statements behind pages of posts.

use std::sync::LazyLock;

use crate::access::rights;
use crate::rows::{PostRow, Table};

/// Columns of a post with its reactions and acknowledgements, from the alias `p`.
pub(super) fn post_columns() -> String {
    format!(
        "CASE WHEN p.reacted THEN (
            SELECT json_agg(json_build_array(x.user_id, x.emoji_name, x.create_at)
                            ORDER BY x.create_at, x.emoji_name)::text
            FROM reactions x WHERE x.post_id = p.id) END AS reactions,
         CASE WHEN p.acknowledged THEN (
            SELECT json_agg(json_build_array(x.user_id, x.create_at)
                            ORDER BY x.create_at, x.user_id)::text
            FROM acknowledgements x WHERE x.post_id = p.id) END AS acknowledgements,
         {}",
        PostRow::select("p")
    )
}

/// Wraps a way to find the posts of a page. Where a page begins is compared as a scalar, never by a
/// join, so that the index is entered there. `$1` is the channel, `$2` the viewer, `$3` whether roots
/// come along; `page` asks `r` whether it may, can use further parameters, and names the post it turns
/// on in `pivot`.
fn page_sql(page: &str) -> PageSql {
    let roots = page.replace("p.channel_id = $1", "p.root_id IS NULL AND p.channel_id = $1");
    PageSql { all: paged(page), roots: paged(&roots) }
}

/// A statement in two readings: of all posts, and of roots alone.
pub(super) struct PageSql {
    all: String,
    roots: String,
}

impl PageSql {
    pub fn of(&self, replies: Replies) -> &str {
        match replies {
            Replies::WithRoots | Replies::Alone => &self.all,
            Replies::Collapsed => &self.roots,
        }
    }
}

/// What becomes of replies on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replies {
    /// The roots that they answer come along.
    WithRoots,
    Alone,
    /// There are none: only roots are counted and listed.
    Collapsed,
}

impl Replies {
    /// Whether the roots that replies answer come along.
    pub(super) fn with_roots(self) -> bool {
        self == Self::WithRoots
    }
}

impl From<bool> for Replies {
    fn from(with_roots: bool) -> Self {
        if with_roots { Self::WithRoots } else { Self::Alone }
    }
}

fn paged(page: &str) -> String {
    format!(
        "WITH r AS MATERIALIZED ({}),
         {page},
         listed AS (
            SELECT page.*, false AS is_root FROM page
            UNION ALL
            SELECT p.*, true FROM posts p
            WHERE $3 AND p.id IN (SELECT root_id FROM page WHERE root_id IS NOT NULL)
              AND p.id NOT IN (SELECT id FROM page)
         )
         SELECT r.known, r.may, (SELECT id FROM pivot) AS pivot, p.is_root, {}
         FROM r LEFT JOIN listed p ON true",
        rights("$1", "$2"),
        post_columns()
    )
}

/// Skips in the index alone, then reads the page. Where roots alone count it skips by reading posts, for
/// the index does not tell which they are.
pub(super) static NEWEST: LazyLock<PageSql> = LazyLock::new(|| {
    page_sql(
        "pivot AS (SELECT NULL::uuid AS id),
         edge AS MATERIALIZED (
            SELECT p.id, p.create_at FROM posts p
            WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0
            ORDER BY p.create_at DESC, p.id DESC LIMIT 1 OFFSET $5
         ),
         page AS MATERIALIZED (
            SELECT p.* FROM posts p
            WHERE p.channel_id = $1 AND p.delete_at = 0
              AND (p.create_at, p.id) <= ((SELECT create_at FROM edge), (SELECT id FROM edge))
            ORDER BY p.create_at DESC, p.id DESC LIMIT $4
         )",
    )
});

pub(super) static BEFORE: LazyLock<PageSql> = LazyLock::new(|| {
    page_sql(
        "pivot AS MATERIALIZED (
            SELECT id, create_at FROM posts WHERE id = $6 AND channel_id = $1
         ),
         page AS MATERIALIZED (
            SELECT p.* FROM posts p
            WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0
              AND (p.create_at, p.id) < ((SELECT create_at FROM pivot), (SELECT id FROM pivot))
            ORDER BY p.create_at DESC, p.id DESC LIMIT $4 OFFSET $5
         )",
    )
});

pub(super) static AFTER: LazyLock<PageSql> = LazyLock::new(|| {
    page_sql(
        "pivot AS MATERIALIZED (
            SELECT id, create_at FROM posts WHERE id = $6 AND channel_id = $1
         ),
         page AS MATERIALIZED (
            SELECT p.* FROM posts p
            WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0
              AND (p.create_at, p.id) > ((SELECT create_at FROM pivot), (SELECT id FROM pivot))
            ORDER BY p.create_at, p.id LIMIT $4 OFFSET $5
         )",
    )
});

pub(super) static SINCE: LazyLock<PageSql> = LazyLock::new(|| {
    page_sql(
        "pivot AS (SELECT NULL::uuid AS id),
         touched AS (
            (SELECT p.id, p.create_at FROM posts p
             WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0 AND p.create_at > $5
             ORDER BY p.create_at DESC, p.id DESC LIMIT $4)
            UNION
            (SELECT p.id, p.create_at FROM posts p
             WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.update_at > $5 AND p.update_at <> p.create_at
             ORDER BY p.update_at DESC LIMIT $4)
         ),
         page AS MATERIALIZED (
            SELECT p.* FROM (SELECT id FROM touched ORDER BY create_at DESC, id DESC LIMIT $4) t
            JOIN posts p ON p.id = t.id
         )",
    )
});

pub(super) static AROUND_UNREAD: LazyLock<PageSql> = LazyLock::new(|| {
    page_sql(
        "pivot AS MATERIALIZED (
            SELECT p.id, p.create_at FROM posts p
            WHERE p.channel_id = $1 AND p.delete_at = 0 AND p.create_at > (
                SELECT last_viewed_at FROM read_states WHERE channel_id = $1 AND user_id = $2)
            ORDER BY p.create_at, p.id LIMIT 1
         ),
         page AS MATERIALIZED (
            (SELECT p.* FROM posts p
             WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0
               AND (p.create_at, p.id) < ((SELECT create_at FROM pivot), (SELECT id FROM pivot))
             ORDER BY p.create_at DESC, p.id DESC LIMIT $4)
            UNION ALL
            (SELECT p.* FROM posts p
             WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0
               AND (p.create_at, p.id) >= ((SELECT create_at FROM pivot), (SELECT id FROM pivot))
             ORDER BY p.create_at, p.id LIMIT $5)
            UNION ALL
            (SELECT p.* FROM posts p
             WHERE (SELECT may FROM r) AND NOT EXISTS (SELECT FROM pivot)
               AND p.channel_id = $1 AND p.delete_at = 0
             ORDER BY p.create_at DESC, p.id DESC LIMIT $4)
         )",
    )
});

pub(super) static PINNED: LazyLock<PageSql> = LazyLock::new(|| {
    page_sql(
        "pivot AS (SELECT NULL::uuid AS id),
         page AS MATERIALIZED (
            SELECT p.* FROM posts p
            WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0 AND p.is_pinned
         )",
    )
});
