//! Rows of posts and files that are past their time.

use events::UserId;
use read_model::Key;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use crate::changes::Expiry;

/// A reply that stays keeps its root.
const KEEPS_ROOT: &str = "t.root_id IS NULL AND EXISTS (
    SELECT FROM posts r
    WHERE r.root_id = t.id AND (r.create_at >= $2 OR r.user_id = ANY($3)))";

const REACTIONS: &str = "DELETE FROM reactions WHERE post_id = ANY($1)";

const VERSIONS: &str = "DELETE FROM post_versions WHERE post_id = ANY($1)";

/// A file that a post shows goes by the post's time, the others by their own.
const FILES_OF_POSTS: &str = "
    DELETE FROM files f USING posts p
    WHERE f.channel_id = $1 AND f.post_id = p.id AND p.create_at < $2
      AND p.user_id <> ALL($3) AND f.owner_id <> ALL($3)";

const FILES_OF_NONE: &str = "
    DELETE FROM files
    WHERE channel_id = $1 AND create_at < $2 AND post_id IS NULL AND owner_id <> ALL($3)";

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

/// Removes what is past its time, in the log's order; returns how many statements that took.
pub(super) async fn expire(expired: &[Expiry], connection: &mut PgConnection) -> sqlx::Result<u64> {
    let mut statements = 0;
    for expiry in expired {
        statements +=
            Expiring { expiry, kept: kept(&expiry.kept_authors), connection }.run().await?;
    }
    Ok(statements)
}

fn kept(authors: &[UserId]) -> Vec<Key> {
    authors.iter().copied().map(Key::from).collect()
}

struct Expiring<'e> {
    expiry: &'e Expiry,
    kept: Vec<Key>,
    connection: &'e mut PgConnection,
}

impl Expiring<'_> {
    async fn run(mut self) -> sqlx::Result<u64> {
        let &Expiry { channel_id, before, files_before, at, .. } = self.expiry;
        for (sql, before) in
            [(FILES_OF_POSTS, files_before.max(before)), (FILES_OF_NONE, files_before)]
        {
            let files = sqlx::query(sql).bind(Key::from(channel_id)).bind(before);
            files.bind(&self.kept).execute(&mut *self.connection).await?;
        }
        let (blank, gone) = self.split(before).await?;
        let all = [blank.as_slice(), &gone].concat();
        let mut statements = 4;
        if !all.is_empty() {
            sqlx::query(REACTIONS).bind(&gone).execute(&mut *self.connection).await?;
            sqlx::query(VERSIONS).bind(&all).execute(&mut *self.connection).await?;
            sqlx::query(BLANK).bind(&blank).bind(at).execute(&mut *self.connection).await?;
            sqlx::query(GONE).bind(&gone).execute(&mut *self.connection).await?;
            statements += 4;
        }
        // Where files go earlier than posts: those that show some, and those that did before an edit.
        let (mut showing, mut edited) = (Vec::new(), Vec::new());
        if files_before > before {
            showing = self.posts("t.user_id <> ALL($3) AND t.files <> ''", files_before).await?;
            edited = self.posts(EDITED_WITH_FILES, files_before).await?;
            statements += 2;
        }
        let roots = self.posts("t.root_id IS NULL AND t.reply_count > 0", before).await?;
        for (sql, posts) in
            [(COUNTS, &roots), (VERSIONS_WITHOUT_FILES, &edited), (WITHOUT_FILES, &showing)]
        {
            if !posts.is_empty() {
                sqlx::query(sql).bind(posts).bind(at).execute(&mut *self.connection).await?;
                statements += 1;
            }
        }
        Ok(statements + 1)
    }

    /// Posts that are past their time: those that stay for their replies, and the others.
    async fn split(&mut self, before: i64) -> sqlx::Result<(Vec<Key>, Vec<Key>)> {
        let blank = format!("t.user_id <> ALL($3) AND {KEEPS_ROOT}");
        let gone = format!("t.user_id <> ALL($3) AND NOT ({KEEPS_ROOT})");
        Ok((self.posts(&blank, before).await?, self.posts(&gone, before).await?))
    }

    /// Posts of the channel of before a time; each half has an index of its own.
    async fn posts(&mut self, which: &str, before: i64) -> sqlx::Result<Vec<Key>> {
        let half = |deleted: &str| {
            format!(
                "SELECT t.id FROM posts t
                 WHERE t.channel_id = $1 AND t.delete_at {deleted} 0 AND t.create_at < $2
                   AND ({which}) AND $3::uuid[] IS NOT NULL"
            )
        };
        let sql = format!("{} UNION ALL {}", half("="), half("<>"));
        let query = sqlx::query(AssertSqlSafe(sql)).bind(Key::from(self.expiry.channel_id));
        let rows = query.bind(before).bind(&self.kept).fetch_all(&mut *self.connection).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}
