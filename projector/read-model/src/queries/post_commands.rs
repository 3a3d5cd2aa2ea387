//! What commands read of posts, with the position up to which it is true.

use std::sync::LazyLock;

use events::user::Totals;
use events::{ChannelId, PostId, UserId};
use sqlx::Row;

use super::urgent::urgent_mentions;
use crate::reader::{Fields, Result, offset};
use crate::rows::{PostRow, Table};
use crate::{Column, Key, Reader};

/// A post as a command finds it, deleted ones included.
#[derive(Debug, Clone, PartialEq)]
pub struct PostOfCommand {
    pub row: PostRow,
    pub has_reactions: bool,
    /// The rows contain everything of the channel's partition below this offset.
    pub next_offset: u64,
}

/// What it takes to mark a channel unread from a post on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadFrom {
    pub channel_id: ChannelId,
    pub create_at: i64,
    /// Totals before the post.
    pub totals: Totals,
    /// Totals at `next_offset`.
    pub now: Totals,
    /// Urgent posts from there on that mention the person.
    pub urgent_mentions: i64,
    /// The rows contain everything of the channel's partition below this offset.
    pub next_offset: u64,
}

static POST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT n.next_offset,
            p.reacted AND EXISTS (SELECT FROM reactions x WHERE x.post_id = p.id), {}
         FROM posts p JOIN projection_positions n ON n.partition = p.partition
         WHERE p.id = $1",
        PostRow::select("p")
    )
});

/// Mentions before the post are those of now without those of posts from it on; deleting a post
/// takes none back, so deleted ones count.
static UNREAD_FROM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    SELECT p.channel_id, p.create_at, p.msgs, p.msgs_root, p.broadcasts, c.msgs, c.msgs_root,
      c.broadcasts, m.mentions, m.mentions_root, m.mentions - later.mentions,
      m.mentions_root - later.mentions_root, {}, n.next_offset
    FROM posts p
    JOIN channels c ON c.id = p.channel_id
    JOIN present_members m ON m.channel_id = p.channel_id AND m.user_id = $2
    JOIN projection_positions n ON n.partition = p.partition
    CROSS JOIN LATERAL (
      SELECT count(*) AS mentions, count(*) FILTER (WHERE l.root_id IS NULL) AS mentions_root
      FROM (
        SELECT x.root_id FROM posts x
        WHERE x.channel_id = p.channel_id AND x.delete_at = 0 AND x.create_at >= p.create_at
          AND position($3 IN x.mentions) > 0
        UNION ALL
        SELECT x.root_id FROM posts x
        WHERE x.channel_id = p.channel_id AND x.update_at <> x.create_at
          AND x.update_at >= p.create_at AND x.delete_at > 0 AND x.create_at >= p.create_at
          AND position($3 IN x.mentions) > 0
      ) l
    ) later
    WHERE p.id = $1 AND p.delete_at = 0",
        urgent_mentions("p.channel_id", "$2", "p.create_at")
    )
});

impl Reader {
    /// A post whoever asks: the command judges rights against its own fold.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn post_of_command(&self, post: PostId) -> Result<Option<PostOfCommand>> {
        let row =
            sqlx::query(POST.as_str()).bind(Key::from(post)).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(PostOfCommand {
            next_offset: offset(row.try_get(0)?),
            has_reactions: row.try_get(1)?,
            row: PostRow::read(&row, 2)?,
        }))
    }

    /// Where `user` would stand if everything from `post` on were unread; nothing where the post is
    /// unknown or deleted, or the person is no member.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn unread_from(&self, user: UserId, post: PostId) -> Result<Option<UnreadFrom>> {
        let row = sqlx::query(UNREAD_FROM.as_str())
            .bind(Key::from(post))
            .bind(Key::from(user))
            .bind(user.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut fields = Fields::of(&row);
        let channel_id = ChannelId::read(&row, 0)?;
        fields.skip(1);
        let create_at = fields.next()?;
        let mut before = Totals {
            msgs: fields.next()?,
            msgs_root: fields.next()?,
            broadcasts: fields.next()?,
            ..Totals::default()
        };
        let now = Totals {
            msgs: fields.next()?,
            msgs_root: fields.next()?,
            broadcasts: fields.next()?,
            mentions: fields.next()?,
            mentions_root: fields.next()?,
        };
        before.mentions = fields.next()?;
        before.mentions_root = fields.next()?;
        let urgent_mentions = fields.next()?;
        let next_offset = offset(fields.next()?);
        let totals = before;
        Ok(Some(UnreadFrom { channel_id, create_at, totals, now, urgent_mentions, next_offset }))
    }
}
