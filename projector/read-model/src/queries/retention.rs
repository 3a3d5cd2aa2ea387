//! How long things are kept: what is past its time, and what was done about it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use events::{ChannelId, FileId, Id, Partition, UserId};
use sqlx::{PgExecutor, Row};

use crate::database::CONTROL;
use crate::reader::{Result, offset};
use crate::rows::{ExpiryRow, HoldRow, RetentionRunRow, Table};
use crate::{Key, Reader};

/// What of a channel is past its time: posts and files of before these times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastRows {
    pub channel_id: ChannelId,
    pub posts_before: i64,
    pub files_before: i64,
}

/// How many rows that are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PastCounts {
    pub posts: u64,
    pub files: u64,
}

/// A root that stays for its replies is blank already. A file that a post shows goes with the post's time.
const COUNT_PAST: &str = "
    SELECT
      (SELECT count(*) FROM posts p
        WHERE p.channel_id = n.channel_id AND p.delete_at = 0 AND p.create_at < n.posts_before
          AND p.user_id <> ALL($4) AND NOT (p.message = '' AND p.root_id IS NULL AND EXISTS (
            SELECT FROM posts r WHERE r.root_id = p.id
              AND (r.create_at >= n.posts_before OR r.user_id = ANY($4)))))
      + (SELECT count(*) FROM posts p
        WHERE p.channel_id = n.channel_id AND p.delete_at <> 0 AND p.create_at < n.posts_before
          AND p.user_id <> ALL($4) AND NOT (p.message = '' AND p.root_id IS NULL AND EXISTS (
            SELECT FROM posts r WHERE r.root_id = p.id
              AND (r.create_at >= n.posts_before OR r.user_id = ANY($4))))),
      (SELECT count(*) FROM files f
        WHERE f.channel_id = n.channel_id AND f.create_at < n.files_before
          AND f.owner_id <> ALL($4) AND (f.post_id IS NULL OR EXISTS (
            SELECT FROM posts p WHERE p.id = f.post_id AND p.create_at < n.files_before)))
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY
        AS n(channel_id, posts_before, files_before, nth)
    ORDER BY n.nth";

const LATEST_OF_PIECE: &str = "
    SELECT create_at FROM (
        (SELECT create_at FROM posts
         WHERE channel_id = $1 AND delete_at = 0 AND create_at >= $2 AND create_at < $3
         ORDER BY create_at LIMIT $4)
        UNION ALL
        (SELECT create_at FROM posts
         WHERE channel_id = $1 AND delete_at <> 0 AND create_at >= $2 AND create_at < $3
         ORDER BY create_at LIMIT $4)
    ) piece ORDER BY create_at OFFSET $4 - 1 LIMIT 1";

const FILES_KNOWN: &str = "SELECT id FROM files WHERE id = ANY($1)";

/// When the last of so many posts of the channel was said, the earliest ones of a span; none where there are
/// fewer. Each half has an index of its own.
///
/// # Errors
/// The database cannot be asked.
pub async fn latest_of_piece(
    asked: impl PgExecutor<'_>,
    channel: ChannelId,
    span: Range<i64>,
    posts: i64,
) -> sqlx::Result<Option<i64>> {
    let query = sqlx::query_scalar(LATEST_OF_PIECE).bind(Key::from(channel));
    query.bind(span.start).bind(span.end).bind(posts).fetch_optional(asked).await
}

impl Reader {
    /// See [`latest_of_piece`].
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn latest_of_piece(
        &self,
        channel: ChannelId,
        span: Range<i64>,
        posts: i64,
    ) -> Result<Option<i64>> {
        Ok(latest_of_piece(&self.pool, channel, span, posts).await?)
    }

    /// How many rows of each are past their time, but for what `kept` said.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn count_past(&self, past: &[PastRows], kept: &[UserId]) -> Result<Vec<PastCounts>> {
        let channels: Vec<Key> = past.iter().map(|past| past.channel_id.into()).collect();
        let posts: Vec<i64> = past.iter().map(|past| past.posts_before).collect();
        let files: Vec<i64> = past.iter().map(|past| past.files_before).collect();
        let kept: Vec<Key> = kept.iter().copied().map(Key::from).collect();
        let query = sqlx::query(COUNT_PAST).bind(channels).bind(posts).bind(files).bind(kept);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(PastCounts { posts: offset(row.try_get(0)?), files: offset(row.try_get(1)?) })
            })
            .collect()
    }

    /// Those of `files` that have a row, and how far the rows were before and after they were looked for.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn files_known(
        &self,
        files: &[FileId],
    ) -> Result<(BTreeSet<FileId>, BTreeMap<Partition, u64>)> {
        let before = self.positions().await?;
        let keys: Vec<Key> = files.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(FILES_KNOWN).bind(keys).fetch_all(&self.pool).await?;
        let known = rows.iter().map(|row| Ok(row.try_get::<Key, _>(0)?.into()));
        let known = known.collect::<Result<_>>()?;
        let mut positions = self.positions().await?;
        for (partition, next) in &mut positions {
            *next = (*next).min(before.get(partition).copied().unwrap_or(0));
        }
        Ok((known, positions))
    }

    /// Whether no other version of the rows is beside this one.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn is_only_version(&self) -> Result<bool> {
        let sql = format!(
            "SELECT NOT EXISTS (SELECT FROM pg_namespace
                WHERE starts_with(nspname, current_schema() || '_')
                  AND nspname <> current_schema() || '{CONTROL}')"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    /// Legal holds, released ones too, the newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn legal_holds(&self) -> Result<Vec<HoldRow>> {
        let sql = format!(
            "SELECT {} FROM legal_holds h ORDER BY h.create_at DESC, h.id",
            HoldRow::select("h")
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|row| HoldRow::read(row, 0)).collect::<sqlx::Result<_>>()?)
    }

    /// The newest runs of retention.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn retention_runs(&self, limit: i64, skip: i64) -> Result<Vec<RetentionRunRow>> {
        let sql = format!(
            "SELECT {} FROM retention_runs r ORDER BY r.began_at DESC, r.id LIMIT $1 OFFSET $2",
            RetentionRunRow::select("r")
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit).bind(skip);
        let rows = query.fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|row| RetentionRunRow::read(row, 0)).collect::<sqlx::Result<_>>()?)
    }

    /// What a run did to channels, in their order.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn expiries_of(&self, run: Id, limit: i64, skip: i64) -> Result<Vec<ExpiryRow>> {
        let sql = format!(
            "SELECT {} FROM channel_expiries e WHERE e.run_id = $1
             ORDER BY e.channel_id, e.at LIMIT $2 OFFSET $3",
            ExpiryRow::select("e")
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(Key::from(run));
        let rows = query.bind(limit).bind(skip).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|row| ExpiryRow::read(row, 0)).collect::<sqlx::Result<_>>()?)
    }
}
