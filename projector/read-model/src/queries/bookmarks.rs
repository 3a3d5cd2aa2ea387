//! Bookmarks of channels.

use std::sync::LazyLock;

use events::{BookmarkId, ChannelId, FileId, Partition, Topic, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::access::may_see;
use crate::reader::{Fields, Result, offset};
use crate::rows::{BookmarkRow, FileRow, Table};
use crate::{Access, Key, Reader, partition_key};

/// A bookmark with the file that it leads to, while it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct BookmarkView {
    pub row: BookmarkRow,
    pub file: Option<FileRow>,
}

impl BookmarkView {
    pub fn to_wire(&self) -> wire::Bookmark {
        self.row.to_wire(self.file.as_ref())
    }
}

/// What a command on a bookmark finds.
#[derive(Debug, Clone, PartialEq)]
pub struct BookmarksOfCommand {
    pub bookmark: Option<BookmarkView>,
    /// The file that it is to lead to, with whether something shows it already.
    pub file: Option<(FileRow, bool)>,
    /// The rows contain everything of the channel's partition below this offset.
    pub next_offset: u64,
}

fn columns() -> String {
    format!(
        "b.id IS NOT NULL, {}, f.id IS NOT NULL, {}",
        BookmarkRow::select("b"),
        FileRow::select("f")
    )
}

const WITH_FILE: &str = "bookmarks b LEFT JOIN files f ON f.id = b.file_id AND b.delete_at = 0";

/// What is gone only to those who ask what changed since it stood: never more than stand at once. One row
/// where there is none, so that rights are always told.
static OF_CHANNEL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH r AS MATERIALIZED (
            SELECT {} AS may
         )
         SELECT r.may, {}
         FROM r LEFT JOIN ({WITH_FILE}) ON r.may AND b.channel_id = $1
           AND b.update_at > $3 AND (b.delete_at = 0 OR b.create_at <= $3)
         ORDER BY b.sort_order, b.create_at, b.id",
        may_see("$1", "$2"),
        columns()
    )
});

static OF_FRAME: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM {WITH_FILE}
         WHERE b.channel_id = $1
           AND CASE WHEN $2::uuid[] IS NULL THEN b.delete_at = 0 ELSE b.id = ANY($2) END
         ORDER BY b.sort_order, b.create_at, b.id",
        columns()
    )
});

static OF_COMMAND: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT n.next_offset, u.id IS NOT NULL,
           u.post_id IS NOT NULL OR EXISTS (
             SELECT FROM bookmarks o
             WHERE o.file_id = u.id AND o.file_at > 0 AND o.delete_at = 0
               AND o.id IS DISTINCT FROM $3), {}, {}
         FROM projection_positions n
         LEFT JOIN ({WITH_FILE}) ON b.id = $3 AND b.channel_id = $2 AND b.delete_at = 0
         LEFT JOIN files u ON u.id = $4 AND u.channel_id = $2
         WHERE n.partition = $1",
        FileRow::select("u"),
        columns()
    )
});

fn read(fields: &mut Fields<'_>) -> sqlx::Result<Option<BookmarkView>> {
    if !fields.next::<bool>()? {
        return Ok(None);
    }
    let row = fields.table()?;
    let file = if fields.next()? { Some(fields.table()?) } else { None };
    Ok(Some(BookmarkView { row, file }))
}

/// Those of `rows`, each after so many other fields.
fn read_all(rows: &[PgRow], skipped: usize) -> sqlx::Result<Vec<BookmarkView>> {
    let one = |row: &PgRow| {
        let mut fields = Fields::of(row);
        fields.skip(skipped);
        read(&mut fields).transpose()
    };
    rows.iter().filter_map(one).collect()
}

impl Reader {
    /// The bookmarks of a channel in their order, for whoever may know of it, as of its header; where
    /// `since` is above 0 those that changed after it, with those that stood then and are gone.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn bookmarks(
        &self,
        viewer: UserId,
        channel: ChannelId,
        since: i64,
    ) -> Result<Access<Vec<BookmarkView>>> {
        let rows = sqlx::query(OF_CHANNEL.as_str())
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(since)
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let may = first.try_get(0)?;
        let found = read_all(&rows, 1)?;
        Ok(Access::granted_if(may, found))
    }

    /// Those of a channel that stand, or these, gone or not. Who may see them is for the caller to judge.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn bookmarks_of_frame(
        &self,
        channel: ChannelId,
        only: Option<&[BookmarkId]>,
    ) -> Result<Vec<BookmarkView>> {
        let only: Option<Vec<Key>> = only.map(|ids| ids.iter().copied().map(Key::from).collect());
        let query = sqlx::query(OF_FRAME.as_str()).bind(Key::from(channel)).bind(only);
        let rows = query.fetch_all(&self.pool).await?;
        Ok(read_all(&rows, 0)?)
    }

    /// A bookmark that stands, and a file of its channel, whoever asks: the command judges rights against
    /// its own fold.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn bookmark_of_command(
        &self,
        channel: ChannelId,
        bookmark: Option<BookmarkId>,
        file: Option<FileId>,
    ) -> Result<BookmarksOfCommand> {
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        let row = sqlx::query(OF_COMMAND.as_str())
            .bind(partition_key(partition))
            .bind(Key::from(channel))
            .bind(bookmark.map(Key::from))
            .bind(file.map(Key::from))
            .fetch_optional(&self.pool)
            .await?;
        let nothing = BookmarksOfCommand { bookmark: None, file: None, next_offset: 0 };
        let Some(row) = row else { return Ok(nothing) };
        let mut fields = Fields::of(&row);
        let next_offset = offset(fields.next()?);
        let (is_there, is_shown): (bool, bool) = (fields.next()?, fields.next()?);
        let file = if is_there {
            Some((fields.table()?, is_shown))
        } else {
            fields.skip(FileRow::COLUMNS.len());
            None
        };
        Ok(BookmarksOfCommand { bookmark: read(&mut fields)?, file, next_offset })
    }
}
