//! Rows of posts and files that are past their time.

use events::UserId;
use read_model::Key;
use read_model::queries::latest_of_piece;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use crate::changes::Expiry;

/// Posts that are looked at together at most, but for those of one moment.
pub(super) const POSTS_AT_ONCE: i64 = 10_000;

/// A reply that stays keeps its root.
const KEEPS_ROOT: &str = "t.root_id IS NULL AND EXISTS (
    SELECT FROM posts r
    WHERE r.root_id = t.id AND (r.create_at >= $2 OR r.user_id = ANY($3)))";

const REACTIONS: &str = "DELETE FROM reactions WHERE post_id = ANY($1)";

const ACKNOWLEDGEMENTS: &str = "DELETE FROM acknowledgements WHERE post_id = ANY($1)";

const FOLLOWERS: &str = "DELETE FROM thread_members WHERE root_id = ANY($1)";

const VERSIONS: &str = "DELETE FROM post_versions WHERE post_id = ANY($1)";

/// A file that a post shows goes by the post's time, the others by their own.
const FILES_OF_POSTS: &str = "
    DELETE FROM files f USING posts p
    WHERE f.channel_id = $1 AND f.post_id = p.id AND p.create_at >= $4 AND p.create_at < $2
      AND p.user_id <> ALL($3) AND f.owner_id <> ALL($3)";

const FILES_OF_NONE: &str = "
    DELETE FROM files
    WHERE channel_id = $1 AND create_at < $2 AND post_id IS NULL AND owner_id <> ALL($3)";

/// They go with the files that they lead to.
const BOOKMARKS: &str = "
    DELETE FROM bookmarks
    WHERE channel_id = $1 AND file_at > 0 AND file_at < $2 AND file_owner_id <> ALL($3)";

/// Those that stay by their replies, with the reactions to them; a system post says nothing of its own.
const BLANK: &str = "
    UPDATE posts SET message = '', props = '', files = '', pending_post_id = '',
        update_at = GREATEST(update_at, $2)
    WHERE id = ANY($1) AND notice = ''";

const GONE: &str = "DELETE FROM posts WHERE id = ANY($1)";

/// Replies that stay count: those that are live, and those that went with their root later.
const COUNTS: &str = "
    UPDATE posts t SET reply_count = n.replies, last_reply_at = n.last_reply_at
    FROM unnest($1::uuid[]) AS root(id) CROSS JOIN LATERAL (
        SELECT count(r.id) AS replies, COALESCE(max(r.create_at), 0) AS last_reply_at
        FROM posts p LEFT JOIN posts r ON r.root_id = p.id
            AND (r.delete_at = 0 OR (p.delete_at > $2 AND r.delete_at = p.delete_at))
        WHERE p.id = root.id
    ) n
    WHERE t.id = root.id";

/// The same for each who took part.
const PARTICIPANTS: &str = "
    UPDATE thread_members t SET replied_at = COALESCE(n.replied_at, 0)
    FROM thread_members m LEFT JOIN (
        SELECT r.root_id, r.user_id, max(r.create_at) AS replied_at
        FROM posts p JOIN posts r ON r.root_id = p.id
            AND (r.delete_at = 0 OR (p.delete_at > $2 AND r.delete_at = p.delete_at))
        WHERE p.id = ANY($1) GROUP BY r.root_id, r.user_id
    ) n ON n.root_id = m.root_id AND n.user_id = m.user_id
    WHERE m.root_id = ANY($1) AND m.replied_at > 0
      AND t.root_id = m.root_id AND t.user_id = m.user_id";

/// Posts whose files alone are past their time, unless they show others since.
const WITHOUT_FILES: &str = "
    UPDATE posts SET files = '', update_at = GREATEST(update_at, $2)
    WHERE id = ANY($1) AND files <> '' AND edit_at < $2";

const EDITED_WITH_FILES: &str = "t.user_id <> ALL($3) AND t.update_at <> t.create_at
    AND EXISTS (SELECT FROM post_versions v WHERE v.post_id = t.id AND v.files <> '')";

/// The same for what they said before: whatever was in force then.
const VERSIONS_WITHOUT_FILES: &str = "
    UPDATE post_versions v SET files = ''
    WHERE v.post_id = ANY($1) AND v.files <> '' AND NOT EXISTS (
        SELECT FROM post_versions earlier
        WHERE earlier.post_id = v.post_id
          AND earlier.replaced_at >= $2 AND earlier.replaced_at < v.replaced_at)";

/// Removes what is past its time, in the log's order, in pieces of so many posts: years of a channel are
/// never held at once. Returns how many statements that took.
pub(super) async fn expire(
    expired: &[Expiry],
    posts_at_once: i64,
    connection: &mut PgConnection,
) -> sqlx::Result<u64> {
    let mut statements = 0;
    for expiry in expired {
        let kept = kept(&expiry.kept_authors);
        statements += Expiring { expiry, kept, posts_at_once, connection }.run().await?;
    }
    Ok(statements)
}

fn kept(authors: &[UserId]) -> Vec<Key> {
    authors.iter().copied().map(Key::from).collect()
}

struct Expiring<'e> {
    expiry: &'e Expiry,
    kept: Vec<Key>,
    posts_at_once: i64,
    connection: &'e mut PgConnection,
}

/// Posts from a time on and of before another one.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: i64,
    to: i64,
}

impl Piece {
    /// What of it is of before a time.
    fn before(self, time: i64) -> Self {
        Self { to: self.to.min(time), ..self }
    }
}

impl Expiring<'_> {
    async fn run(mut self) -> sqlx::Result<u64> {
        let &Expiry { channel_id, before, files_before, .. } = self.expiry;
        for sql in [FILES_OF_NONE, BOOKMARKS] {
            let query = sqlx::query(sql).bind(Key::from(channel_id)).bind(files_before);
            query.bind(&self.kept).execute(&mut *self.connection).await?;
        }
        let mut statements = 2;
        let until = files_before.max(before);
        let mut from = i64::MIN;
        while from < until {
            let piece = self.piece(from, until).await?;
            statements += 1 + self.remove(piece).await?;
            from = piece.to;
        }
        // Replies may stand in a later piece than their root: it is counted when all have gone.
        from = i64::MIN;
        while from < until {
            let piece = self.piece(from, until).await?;
            statements += 1 + self.settle(piece).await?;
            from = piece.to;
        }
        Ok(statements)
    }

    /// The next so many posts, and all others of the last one's moment.
    async fn piece(&mut self, from: i64, until: i64) -> sqlx::Result<Piece> {
        let (channel, posts) = (self.expiry.channel_id, self.posts_at_once);
        let latest = latest_of_piece(&mut *self.connection, channel, from..until, posts).await?;
        Ok(Piece { from, to: latest.map_or(until, |latest| latest + 1) })
    }

    async fn remove(&mut self, piece: Piece) -> sqlx::Result<u64> {
        let &Expiry { channel_id, before, at, .. } = self.expiry;
        let files = sqlx::query(FILES_OF_POSTS).bind(Key::from(channel_id)).bind(piece.to);
        files.bind(&self.kept).bind(piece.from).execute(&mut *self.connection).await?;
        let (blank, gone) = self.split(piece.before(before)).await?;
        let all = [blank.as_slice(), &gone].concat();
        if all.is_empty() {
            return Ok(3);
        }
        sqlx::query(REACTIONS).bind(&gone).execute(&mut *self.connection).await?;
        sqlx::query(ACKNOWLEDGEMENTS).bind(&gone).execute(&mut *self.connection).await?;
        sqlx::query(FOLLOWERS).bind(&gone).execute(&mut *self.connection).await?;
        sqlx::query(VERSIONS).bind(&all).execute(&mut *self.connection).await?;
        sqlx::query(BLANK).bind(&blank).bind(at).execute(&mut *self.connection).await?;
        sqlx::query(GONE).bind(&gone).execute(&mut *self.connection).await?;
        Ok(9)
    }

    /// What those that stay still show and count.
    async fn settle(&mut self, piece: Piece) -> sqlx::Result<u64> {
        let &Expiry { before, files_before, at, .. } = self.expiry;
        let mut statements = 1;
        // Where files go earlier than posts: those that show some, and those that did before an edit.
        let (mut showing, mut edited) = (Vec::new(), Vec::new());
        if files_before > before {
            showing = self.posts("t.user_id <> ALL($3) AND t.files <> ''", piece).await?;
            edited = self.posts(EDITED_WITH_FILES, piece).await?;
            statements += 2;
        }
        let roots = "t.root_id IS NULL AND t.reply_count > 0";
        let roots = self.posts(roots, piece.before(before)).await?;
        for (sql, posts) in [
            (COUNTS, &roots),
            (PARTICIPANTS, &roots),
            (VERSIONS_WITHOUT_FILES, &edited),
            (WITHOUT_FILES, &showing),
        ] {
            if !posts.is_empty() {
                sqlx::query(sql).bind(posts).bind(at).execute(&mut *self.connection).await?;
                statements += 1;
            }
        }
        Ok(statements)
    }

    /// Posts that are past their time: those that stay for their replies, and the others.
    async fn split(&mut self, piece: Piece) -> sqlx::Result<(Vec<Key>, Vec<Key>)> {
        let blank = format!("t.user_id <> ALL($3) AND {KEEPS_ROOT}");
        let gone = format!("t.user_id <> ALL($3) AND NOT ({KEEPS_ROOT})");
        Ok((self.posts(&blank, piece).await?, self.posts(&gone, piece).await?))
    }

    /// Posts of the channel in a piece; each half has an index of its own.
    async fn posts(&mut self, which: &str, piece: Piece) -> sqlx::Result<Vec<Key>> {
        let half = |deleted: &str| {
            format!(
                "SELECT t.id FROM posts t
                 WHERE t.channel_id = $1 AND t.delete_at {deleted} 0
                   AND t.create_at >= $4 AND t.create_at < $5
                   AND ({which}) AND $2::bigint IS NOT NULL AND $3::uuid[] IS NOT NULL"
            )
        };
        let sql = format!("{} UNION ALL {}", half("="), half("<>"));
        let Expiry { channel_id, before, .. } = self.expiry;
        let query = sqlx::query(AssertSqlSafe(sql)).bind(Key::from(*channel_id)).bind(before);
        let query = query.bind(&self.kept).bind(piece.from).bind(piece.to);
        let rows = query.fetch_all(&mut *self.connection).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}
