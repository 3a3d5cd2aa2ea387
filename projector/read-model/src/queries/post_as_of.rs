//! A channel as it was at a time: which posts stood, and what they said then.
//!
//! Reactions, acknowledgements and pins are left out: of those that ended nothing is known here.

use std::sync::LazyLock;

use events::priority::PriorityLevel;
use events::{ChannelId, PostId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use wire::{AsOf, ShownAsOf};

use super::post_pages::PostView;
use crate::access::rights;
use crate::reader::{Fields, Result};
use crate::rows::{PostRow, PostVersionRow, Table};
use crate::{Access, Key, Reader};

/// Which part of what stood when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOfQuery {
    /// Unix milliseconds; what happened in this very one had happened.
    pub at: i64,
    /// The post that the page ends before; none for the newest of then.
    pub before: Option<PostId>,
    pub per_page: u32,
}

/// A post as it stood.
#[derive(Debug, Clone, PartialEq)]
pub struct PostViewAsOf {
    pub view: PostView,
    /// None where it says the same to this day.
    pub as_of: Option<AsOf>,
}

/// A page of what stood, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PostPageAsOf {
    pub posts: Vec<PostViewAsOf>,
    /// Roots that posts of the page answer and that are not in it.
    pub roots: Vec<PostViewAsOf>,
    /// The next newer post outside the page.
    pub next: Option<PostId>,
    /// The next older post outside the page.
    pub prev: Option<PostId>,
}

/// `$1` is the channel, `$2` the viewer, `$3` how many, `$4` the time, `$5` the post to end before. What
/// stands to this day and what went since each have an index; of what went, nothing is looked at that is
/// older than a full page of what stands. A root that nothing happened to since still has its count of then.
static AS_OF: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH r AS MATERIALIZED (
            SELECT a.*, EXISTS (
              SELECT FROM users WHERE id = $2 AND system_admin AND delete_at = 0) AS administers
            FROM ({}) a
         ),
         start AS MATERIALIZED (
            SELECT $4::bigint + 1 AS create_at, '00000000-0000-0000-0000-000000000000'::uuid AS id
            WHERE $5::uuid IS NULL
            UNION ALL
            SELECT create_at, id FROM posts WHERE id = $5 AND channel_id = $1 AND create_at <= $4
         ),
         standing AS MATERIALIZED (
            SELECT p.* FROM posts p
            WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at = 0
              AND (p.create_at, p.id) < ((SELECT create_at FROM start), (SELECT id FROM start))
            ORDER BY p.create_at DESC, p.id DESC LIMIT $3
         ),
         gone AS (
            SELECT p.* FROM posts p
            WHERE (SELECT may FROM r) AND p.channel_id = $1 AND p.delete_at <> 0 AND p.delete_at > $4
              AND (p.create_at, p.id) < ((SELECT create_at FROM start), (SELECT id FROM start))
              AND p.create_at >= COALESCE(
                (SELECT min(create_at) FROM standing HAVING count(*) = $3), 0)
            ORDER BY p.create_at DESC, p.id DESC LIMIT $3
         ),
         page AS MATERIALIZED (
            SELECT * FROM (SELECT * FROM standing UNION ALL SELECT * FROM gone) stood
            ORDER BY create_at DESC, id DESC LIMIT $3
         ),
         listed AS (
            SELECT page.*, false AS is_root FROM page
            UNION ALL
            SELECT p.*, true FROM posts p
            WHERE p.id IN (SELECT root_id FROM page WHERE root_id IS NOT NULL)
              AND p.id NOT IN (SELECT id FROM page)
         )
         SELECT r.known, r.may, (SELECT id FROM start WHERE id = $5) AS pivot, p.is_root,
            r.administers OR p.user_id = $2 AS told,
            CASE WHEN p.root_id IS NULL AND p.update_at > $4 THEN (
              SELECT ARRAY[count(*), COALESCE(max(c.create_at), 0)] FROM posts c
              WHERE c.root_id = p.id AND c.create_at <= $4
                AND (c.delete_at = 0 OR c.delete_at > $4)) END AS replies,
            CASE WHEN p.edit_at > $4 THEN (
              SELECT COALESCE(max(e.replaced_at), 0) FROM post_versions e
              WHERE e.post_id = p.id AND e.replaced_at <= $4) END AS edit_at,
            v.post_id IS NOT NULL AS has_version, {}, {}
         FROM r LEFT JOIN listed p ON true LEFT JOIN LATERAL (
            SELECT * FROM post_versions e
            WHERE p.edit_at > $4 AND (r.administers OR p.user_id = $2)
              AND e.post_id = p.id AND e.replaced_at > $4
            ORDER BY e.replaced_at LIMIT 1
         ) v ON true",
        rights("$1", "$2"),
        PostRow::select("p"),
        PostVersionRow::select("v")
    )
});

/// What the rows know of a post that stood.
struct Stood {
    row: PostRow,
    /// Whether the viewer may know what it said then.
    told: bool,
    /// Replies that stood, and the time of the last; none where they are those of now.
    replies: Option<(i64, i64)>,
    /// When it had last been edited then; none where that is so to this day.
    edit_at: Option<i64>,
    /// What it said then; none where it says that to this day, or where that is not to be told.
    version: Option<PostVersionRow>,
}

impl Stood {
    fn read(row: &PgRow) -> sqlx::Result<Self> {
        let mut fields = Fields::of(row);
        fields.skip(4);
        let told = fields.plain()?;
        let replies: Option<Vec<i64>> = fields.plain()?;
        let edit_at = fields.plain()?;
        let has_version: bool = fields.plain()?;
        let post: PostRow = fields.table()?;
        let version = if has_version { Some(fields.table()?) } else { None };
        let replies = replies.and_then(|both| Some((*both.first()?, *both.get(1)?)));
        Ok(Self { row: post, told, replies, edit_at, version })
    }

    fn shows(&self) -> ShownAsOf {
        let deleted = self.row.delete_at > 0;
        match (deleted && !self.told, self.edit_at.is_some() && self.version.is_none()) {
            (true, _) => ShownAsOf::Nothing,
            (false, true) => ShownAsOf::Now,
            (false, false) => ShownAsOf::Then,
        }
    }

    fn viewed(mut self) -> PostViewAsOf {
        let shows = self.shows();
        let as_of = AsOf {
            changed_since: self.edit_at.is_some(),
            deleted_since: self.row.delete_at > 0,
            shows,
        };
        match shows {
            ShownAsOf::Then => self.say_what_it_said(),
            ShownAsOf::Now => {}
            ShownAsOf::Nothing => self.say_nothing(),
        }
        let row = &mut self.row;
        row.update_at = row.create_at.max(row.edit_at);
        (row.delete_at, row.is_pinned) = (0, false);
        if let Some(replies) = self.replies {
            (row.reply_count, row.last_reply_at) = replies;
        }
        let view = PostView { row: self.row, reactions: Vec::new(), acknowledgements: Vec::new() };
        let became = as_of.changed_since || as_of.deleted_since;
        PostViewAsOf { view, as_of: became.then_some(as_of) }
    }

    fn say_what_it_said(&mut self) {
        if let Some(version) = self.version.take() {
            self.row.message = version.message;
            self.row.props = version.props;
            self.row.files = version.files;
        }
        self.row.edit_at = self.edit_at.unwrap_or(self.row.edit_at);
    }

    fn say_nothing(&mut self) {
        let row = &mut self.row;
        for text in [&mut row.message, &mut row.props, &mut row.files, &mut row.notice] {
            text.clear();
        }
        row.pending_post_id.clear();
        row.edit_at = 0;
        (row.priority, row.requested_ack) = (PriorityLevel::Standard, false);
    }
}

impl Reader {
    /// The posts of a channel that stood at a time. What a post said then is for those who may read its
    /// history; to others it says what it says now, or nothing if it was deleted.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_as_of(
        &self,
        viewer: UserId,
        channel: ChannelId,
        query: AsOfQuery,
    ) -> Result<Access<PostPageAsOf>> {
        let rows = sqlx::query(AS_OF.as_str())
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(i64::from(query.per_page) + 1)
            .bind(query.at)
            .bind(query.before.map(Key::from))
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let (known, may): (bool, bool) = (first.try_get(0)?, first.try_get(1)?);
        let page = page(&rows, query.per_page as usize)?;
        Ok(Access::judged(known, may, page))
    }
}

/// The rows hold one post more than the page.
fn page(rows: &[PgRow], per_page: usize) -> Result<PostPageAsOf> {
    let mut page = PostPageAsOf::default();
    for row in rows {
        page.next = row.try_get::<Option<Key>, _>(2)?.map(PostId::from);
        let Some(is_root) = row.try_get::<Option<bool>, _>(3)? else { continue };
        let post = Stood::read(row)?.viewed();
        if is_root { page.roots.push(post) } else { page.posts.push(post) }
    }
    page.posts.sort_by_key(|post| std::cmp::Reverse((post.view.row.create_at, post.view.row.id)));
    let beyond = page.posts.split_off(per_page.min(page.posts.len()));
    page.prev = beyond.first().map(|post| post.view.row.id);
    // The next older post may itself be the root of a reply on the page.
    page.roots.extend(beyond);
    let posts = &page.posts;
    page.roots.retain(|root| {
        let id = Some(root.view.row.id);
        posts.iter().any(|post| post.view.row.root_id == id)
    });
    Ok(page)
}
