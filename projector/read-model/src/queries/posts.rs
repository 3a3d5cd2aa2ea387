//! Single posts, posts by id, reactions, what a post was before.

use std::sync::LazyLock;

use events::{PostId, UserId};
use sqlx::Row;

use super::post_head::{OfPost, head_columns};
use super::post_pages::{PostView, read_post};
use super::post_sql::post_columns;
use crate::access::may_read;
use crate::reader::{Fields, Result};
use crate::rows::{PostVersionRow, ReactionRow, Table};
use crate::{Access, Key, Reader};

static ONE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} AS may, {} FROM posts p WHERE p.id = $1 AND p.delete_at = 0",
        may_read("p.channel_id", "$2"),
        post_columns()
    )
});

pub(super) static MANY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM posts p
         WHERE p.id = ANY($1) AND p.delete_at = 0 AND p.channel_id IN (
            SELECT m.channel_id FROM present_members m
            WHERE m.user_id = $2
              AND m.channel_id IN (SELECT channel_id FROM posts WHERE id = ANY($1)))",
        post_columns()
    )
});

/// One row where the post is unknown or nothing hangs on it, so that rights are always told.
fn of_post<T: Table>(order: &str) -> String {
    format!(
        "WITH p AS MATERIALIZED (
            SELECT {} FROM posts p WHERE p.id = $1 AND p.delete_at = 0
         ),
         r AS MATERIALIZED (
            SELECT COALESCE((SELECT {} FROM p), false) AS may
         )
         SELECT r.may, x.post_id IS NOT NULL AS present, {}, {}
         FROM r LEFT JOIN p ON r.may LEFT JOIN {} x ON x.post_id = p.id
         ORDER BY {order}",
        head_columns("p"),
        may_read("p.channel_id", "$2"),
        head_columns("p"),
        T::select("x"),
        T::NAME
    )
}

static REACTIONS: LazyLock<String> =
    LazyLock::new(|| of_post::<ReactionRow>("x.create_at, x.emoji_name"));

static VERSIONS: LazyLock<String> =
    LazyLock::new(|| of_post::<PostVersionRow>("x.replaced_at DESC"));

impl Reader {
    /// A post that is not deleted.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn post(&self, viewer: UserId, post: PostId) -> Result<Access<PostView>> {
        let row = sqlx::query(ONE.as_str())
            .bind(Key::from(post))
            .bind(Key::from(viewer))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(Access::Unknown) };
        if !row.try_get::<bool, _>(0)? {
            return Ok(Access::Unknown);
        }
        let mut fields = Fields::of(&row);
        fields.skip(1);
        Ok(Access::Granted(read_post(&mut fields)?))
    }

    /// Those of `posts` that the viewer may read, in no particular order.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_by_ids(&self, viewer: UserId, posts: &[PostId]) -> Result<Vec<PostView>> {
        let keys: Vec<Key> = posts.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(MANY.as_str())
            .bind(keys)
            .bind(Key::from(viewer))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(read_post(&mut Fields::of(row))?)).collect()
    }

    /// Reactions to a post, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn reactions(
        &self,
        viewer: UserId,
        post: PostId,
    ) -> Result<Access<OfPost<Vec<ReactionRow>>>> {
        self.of_post(&REACTIONS, viewer, post).await
    }

    /// Earlier texts of a post, newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn post_versions(
        &self,
        viewer: UserId,
        post: PostId,
    ) -> Result<Access<Vec<PostVersionRow>>> {
        Ok(self.of_post(&VERSIONS, viewer, post).await?.map(|versions| versions.value))
    }

    async fn of_post<T: Table>(
        &self,
        sql: &'static str,
        viewer: UserId,
        post: PostId,
    ) -> Result<Access<OfPost<Vec<T>>>> {
        let rows = sqlx::query(sql)
            .bind(Key::from(post))
            .bind(Key::from(viewer))
            .fetch_all(&self.pool)
            .await?;
        OfPost::listed(&rows)
    }
}
