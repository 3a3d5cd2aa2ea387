//! Rows with the position that they stand for: for those who keep them and must know when they are
//! no longer what the log says.

use std::sync::LazyLock;

use events::{ChannelId, Partition, PostId, Topic, UserId};
use sqlx::Row;

use super::custom_statuses::profile_columns;
use super::post_pages::{PostPage, PostView, listed, read_post};
use super::post_sql::{NEWEST, Replies};
use super::posts::MANY;
use crate::reader::{Fields, Result, offset};
use crate::rows::UserRow;
use crate::{Access, Key, Page, Reader, partition_key};

/// What was read, and the offset below which the rows held everything of its partition.
#[derive(Debug, Clone, PartialEq)]
pub struct Positioned<T> {
    pub value: T,
    pub next_offset: u64,
}

/// An account as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnAccount {
    pub user: UserRow,
    /// When what its `props` say that the person is at ends, Unix ms; none where it does not, or where
    /// they say nothing.
    pub status_ends_at: Option<i64>,
    /// The rows held everything of `directory` below this offset.
    pub next_offset: u64,
    /// And everything of the person's own partition below this one.
    pub own_offset: u64,
}

static NEWEST_AT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT q.*, n.next_offset FROM ({}) q
         JOIN projection_positions n ON n.partition = $6",
        NEWEST.of(Replies::WithRoots)
    )
});

static MANY_AT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT n.next_offset, q.* FROM ({}) q
         JOIN projection_positions n ON n.partition = q.partition",
        MANY.as_str()
    )
});

static USER_AT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT n.next_offset, o.next_offset, NULLIF(e.expires_at_ms, 0), {} FROM users u
         LEFT JOIN custom_statuses e ON e.user_id = u.id
         JOIN projection_positions n ON n.partition = $2
         JOIN projection_positions o ON o.partition = $3 WHERE u.id = $1",
        profile_columns()
    )
});

impl Reader {
    /// The newest posts of a channel.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_newest_at(
        &self,
        viewer: UserId,
        channel: ChannelId,
        per_page: u32,
        with_roots: bool,
    ) -> Result<Access<Positioned<PostPage>>> {
        let page = Page { page: 0, per_page };
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        let rows = sqlx::query(NEWEST_AT.as_str())
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(with_roots)
            .bind(page.limit() + 1)
            .bind(page.offset())
            .bind(partition_key(partition))
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let next_offset = offset(first.try_get("next_offset")?);
        Ok(listed(&rows, with_roots)?
            .map(|listed| Positioned { value: listed.cut(0, per_page as usize), next_offset }))
    }

    /// Those of `posts` that the viewer may read, in no particular order.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_by_ids_at(
        &self,
        viewer: UserId,
        posts: &[PostId],
    ) -> Result<Vec<Positioned<PostView>>> {
        let keys: Vec<Key> = posts.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(MANY_AT.as_str())
            .bind(keys)
            .bind(Key::from(viewer))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let mut fields = Fields::of(row);
                let next_offset = offset(fields.next()?);
                Ok(Positioned { value: read_post(&mut fields)?, next_offset })
            })
            .collect()
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn user_at(&self, user: UserId) -> Result<Option<OwnAccount>> {
        let row = sqlx::query(USER_AT.as_str())
            .bind(Key::from(user))
            .bind(partition_key(Partition::DIRECTORY))
            .bind(partition_key(Partition::of(Topic::Users, user.as_bytes())))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut fields = Fields::of(&row);
        let next_offset = offset(fields.next()?);
        let own_offset = offset(fields.next()?);
        let ends_at: Option<i64> = fields.plain()?;
        let user: UserRow = fields.table()?;
        // One that is over is left out of the row, and does not end again.
        let status_ends_at = ends_at.filter(|_| user.props.contains_key("customStatus"));
        Ok(Some(OwnAccount { user, status_ends_at, next_offset, own_offset }))
    }
}
