//! Files: their facts and where their bytes are.

use std::sync::LazyLock;

use events::{ChannelId, FileId, Partition, PostId, Topic, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::post_head::{OfPost, PostHead, head_columns};
use crate::access::may_read;
use crate::reader::{Fields, Result, offset};
use crate::rows::{FileRow, Table};
use crate::{Access, Key, Reader, partition_key};

/// A file, and the post that it is seen by.
#[derive(Debug, Clone, PartialEq)]
pub struct FileView {
    pub row: FileRow,
    /// None while no post shows it, or where a bookmark does as well.
    pub post: Option<PostHead>,
}

/// Files as a command finds them.
#[derive(Debug, Clone, PartialEq)]
pub struct FileOfCommand {
    pub files: Vec<FileRow>,
    /// The rows contain everything of the channel's partition below this offset.
    pub next_offset: u64,
}

/// A file is its owner's alone until a post shows it, or a bookmark of the channel; then it is for those who
/// may read the channel.
static ONE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT CASE WHEN f.post_id IS NULL AND NOT {bookmarked}
            THEN f.owner_id = $2 AND EXISTS (
                SELECT FROM users u WHERE u.id = $2 AND u.delete_at = 0)
            ELSE {} END AS may,
            p.id IS NOT NULL AND NOT {bookmarked} AS by_post, p.delete_at > 0, {}, {}
         FROM files f LEFT JOIN posts p ON p.id = f.post_id WHERE f.id = $1",
        may_read("f.channel_id", "$2"),
        FileRow::select("f"),
        head_columns("p"),
        bookmarked = "EXISTS (
            SELECT FROM bookmarks b
            WHERE b.file_id = f.id AND b.file_at > 0 AND b.delete_at = 0
              AND b.channel_id = f.channel_id)",
    )
});

/// Files of posts that stand, where the viewer may read.
static SHOWN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {} FROM files f JOIN posts p ON p.id = f.post_id AND p.delete_at = 0
         WHERE f.id = ANY($1) AND {}",
        FileRow::select("f"),
        head_columns("p"),
        may_read("f.channel_id", "$2")
    )
});

/// A file of a post that stands.
static PUBLIC: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {} FROM files f JOIN posts p ON p.id = f.post_id AND p.delete_at = 0
         WHERE f.id = $1",
        FileRow::select("f"),
        head_columns("p")
    )
});

static OF_POST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH p AS MATERIALIZED (
            SELECT {} FROM posts p WHERE p.id = $1 AND p.delete_at = 0
         ),
         r AS MATERIALIZED (
            SELECT COALESCE((SELECT {} FROM p), false) AS may
         )
         SELECT r.may, f.id IS NOT NULL AS present, {}, {}
         FROM r LEFT JOIN p ON r.may
         LEFT JOIN files f ON f.post_id = p.id AND f.channel_id = p.channel_id
         ORDER BY f.create_at, f.id",
        head_columns("p"),
        may_read("p.channel_id", "$2"),
        head_columns("p"),
        FileRow::select("f")
    )
});

static OF_COMMAND: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT n.next_offset, f.id IS NOT NULL AS present, {}
         FROM projection_positions n
         LEFT JOIN files f ON f.id = ANY($2) AND f.channel_id = $3
         WHERE n.partition = $1",
        FileRow::select("f")
    )
});

impl Reader {
    /// A file that the viewer may see.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn file(&self, viewer: UserId, file: FileId) -> Result<Access<FileView>> {
        let row = sqlx::query(ONE.as_str())
            .bind(Key::from(file))
            .bind(Key::from(viewer))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(Access::Unknown) };
        let (may, by_post): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
        if !may || (by_post && row.try_get(2)?) {
            return Ok(Access::Unknown);
        }
        let mut fields = Fields::of(&row);
        fields.skip(3);
        let file = fields.table()?;
        let post = if by_post { Some(PostHead::read(&mut fields)?) } else { None };
        Ok(Access::Granted(FileView { row: file, post }))
    }

    /// Those of `files` that posts show which the viewer may read, in no order.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn files_shown(
        &self,
        viewer: UserId,
        files: &[FileId],
    ) -> Result<Vec<OfPost<FileRow>>> {
        let keys: Vec<Key> = files.iter().copied().map(Key::from).collect();
        let query = sqlx::query(SHOWN.as_str()).bind(keys).bind(Key::from(viewer));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(shown(row)?)).collect()
    }

    /// A file that a post shows, whoever asks.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn public_file(&self, file: FileId) -> Result<Option<OfPost<FileRow>>> {
        let query = sqlx::query(PUBLIC.as_str()).bind(Key::from(file));
        let row = query.fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(shown).transpose()?)
    }

    /// The files of a post.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn files_of_post(
        &self,
        viewer: UserId,
        post: PostId,
    ) -> Result<Access<OfPost<Vec<FileRow>>>> {
        let rows = sqlx::query(OF_POST.as_str())
            .bind(Key::from(post))
            .bind(Key::from(viewer))
            .fetch_all(&self.pool)
            .await?;
        OfPost::listed(&rows)
    }

    /// Files of a channel by id, attached or not, for the command that attaches them.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn files_of_command(
        &self,
        channel: ChannelId,
        files: &[FileId],
    ) -> Result<FileOfCommand> {
        let keys: Vec<Key> = files.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(OF_COMMAND.as_str())
            .bind(partition_key(Partition::of(Topic::Channels, channel.as_bytes())))
            .bind(keys)
            .bind(Key::from(channel))
            .fetch_all(&self.pool)
            .await?;
        let mut found = FileOfCommand { files: Vec::with_capacity(rows.len()), next_offset: 0 };
        for row in &rows {
            found.next_offset = offset(row.try_get(0)?);
            if row.try_get(1)? {
                found.files.push(FileRow::read(row, 2)?);
            }
        }
        Ok(found)
    }
}

fn shown(row: &PgRow) -> sqlx::Result<OfPost<FileRow>> {
    let mut fields = Fields::of(row);
    let value = fields.table()?;
    Ok(OfPost { post: PostHead::read(&mut fields)?, value })
}
