//! Threads as somebody follows them: which, how much of them is unread, who takes part.

use std::sync::LazyLock;

use events::{ChannelId, PostId, TeamId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use wire::{Participant, Post};

use super::post_pages::{PostView, read_post};
use super::post_sql::post_columns;
use crate::access::may_read;
use crate::reader::{Fields, Result};
use crate::{Access, Key, Reader};

/// Which of the followed threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowedQuery {
    /// With all direct and group channels, unless they are excluded.
    pub team: TeamId,
    pub exclude_direct: bool,
    /// Only what was touched after this time.
    pub since: Option<i64>,
    /// Only what was answered before this thread was, or after it.
    pub before: Option<PostId>,
    pub after: Option<PostId>,
    /// Deleted threads too.
    pub deleted: bool,
    /// Only what has unread replies.
    pub unread: bool,
    pub per_page: u32,
}

/// A thread as somebody sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowedThread {
    pub root: PostView,
    pub following: bool,
    pub last_viewed_at: i64,
    pub unread_replies: i64,
    pub unread_mentions: i64,
    /// Who answered, the latest first.
    pub participants: Vec<UserId>,
}

impl FollowedThread {
    /// The thread as clients see it, with those who answered, and its root, as the caller shows them.
    pub fn to_wire(&self, participants: Vec<Participant>, mut post: Post) -> wire::Thread {
        post.is_following = Some(self.following);
        wire::Thread {
            last_viewed_at: self.last_viewed_at,
            unread_replies: self.unread_replies,
            unread_mentions: self.unread_mentions,
            ..wire::Thread::of_root(post, participants)
        }
    }
}

/// Numbers over all threads that somebody follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FollowedTotals {
    pub threads: i64,
    pub unread_threads: i64,
    pub unread_mentions: i64,
    /// Of these, those in threads whose root is urgent.
    pub urgent_mentions: i64,
}

/// Unread threads of a team, and mentions in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadsOfTeam {
    pub team_id: TeamId,
    pub threads: i64,
    pub mentions: i64,
    pub urgent_mentions: i64,
}

/// What posts of a thread say of it to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadMark {
    pub root_id: PostId,
    pub following: bool,
    pub participants: Vec<UserId>,
}

/// Participants that are told at most.
const PARTICIPANTS_MAX: u32 = 100;

/// Replies to `root` that are unread since `viewed`, and those of them that mention `user`.
pub(super) fn unread(root: &str, viewed: &str, user: &str) -> String {
    format!(
        "(SELECT count(*) AS replies,
            count(*) FILTER (WHERE position(uuid_send({user}) IN x.mentions) > 0) AS mentions
          FROM posts x
          WHERE x.root_id = {root} AND x.delete_at = 0 AND x.create_at > {viewed})"
    )
}

/// Those who answered `root`, as an array.
pub(super) fn participants(root: &str) -> String {
    format!(
        "ARRAY(SELECT x.user_id FROM thread_members x
               WHERE x.root_id = {root} AND x.replied_at > 0
               ORDER BY x.replied_at DESC, x.user_id LIMIT {PARTICIPANTS_MAX})"
    )
}

/// Threads that `$1` follows in the team `$2`, with conversations unless `$3`, with deleted ones if `$4`.
const FOLLOWED: &str = "thread_states s JOIN posts p ON p.id = s.root_id
    WHERE s.user_id = $1 AND s.following AND s.archived_at = 0 AND p.reply_count > 0
      AND (s.team_id = $2 OR (s.team_id IS NULL AND NOT $3)) AND (p.delete_at = 0 OR $4)";

static LIST: LazyLock<String> = LazyLock::new(|| {
    let beside = |parameter: &str, how: &str| {
        let may = may_read("b.channel_id", "$1");
        format!(
            "({parameter}::uuid IS NULL OR (p.last_reply_at, p.id) {how} (
                SELECT b.last_reply_at, b.id FROM posts b WHERE b.id = {parameter} AND {may}))"
        )
    };
    format!(
        "WITH mine AS MATERIALIZED (
            SELECT s.root_id, s.user_id, s.following, s.last_viewed_at FROM {FOLLOWED}
              AND (NOT $5 OR p.last_reply_at > s.last_viewed_at)
              AND ($6::bigint IS NULL OR GREATEST(p.update_at, s.moved_at) > $6)
              AND {} AND {}
            ORDER BY CASE WHEN $8::uuid IS NULL THEN -p.last_reply_at ELSE p.last_reply_at END,
              CASE WHEN $8::uuid IS NOT NULL THEN p.id END,
              CASE WHEN $8::uuid IS NULL THEN p.id END DESC
            LIMIT $9
         )
         SELECT s.following, s.last_viewed_at, u.replies, u.mentions, {}, {}
         FROM mine s JOIN posts p ON p.id = s.root_id CROSS JOIN LATERAL {} u
         ORDER BY p.last_reply_at DESC, p.id DESC",
        beside("$7", "<"),
        beside("$8", ">"),
        participants("p.id"),
        post_columns(),
        unread("p.id", "s.last_viewed_at", "s.user_id"),
    )
});

/// Mentions are looked for in threads that have unread replies.
static TOTALS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH mine AS (
            SELECT s.root_id, s.user_id, s.last_viewed_at,
              p.last_reply_at > s.last_viewed_at AS is_unread, p.priority = 'urgent' AS is_urgent
            FROM {FOLLOWED}
         ),
         mentions AS (
            SELECT COALESCE(sum(u.mentions), 0)::bigint AS mentions,
              COALESCE(sum(u.mentions) FILTER (WHERE s.is_urgent), 0)::bigint AS urgent
            FROM mine s CROSS JOIN LATERAL {} u WHERE s.is_unread
         )
         SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM mine WHERE is_unread),
           m.mentions, m.urgent
         FROM mentions m",
        unread("s.root_id", "s.last_viewed_at", "s.user_id")
    )
});

static OF_TEAMS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT s.team_id, count(*), COALESCE(sum(u.mentions), 0)::bigint,
           COALESCE(sum(u.mentions) FILTER (WHERE p.priority = 'urgent'), 0)::bigint
         FROM thread_states s JOIN posts p ON p.id = s.root_id CROSS JOIN LATERAL {} u
         WHERE s.user_id = $1 AND s.following AND s.archived_at = 0 AND s.team_id IS NOT NULL
           AND p.delete_at = 0 AND p.last_reply_at > s.last_viewed_at
         GROUP BY s.team_id",
        unread("s.root_id", "s.last_viewed_at", "s.user_id")
    )
});

static ONE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, COALESCE(s.following, false), COALESCE(s.last_viewed_at, 0), u.replies,
           u.mentions, {}, {}
         FROM posts p LEFT JOIN thread_states s ON s.root_id = p.id AND s.user_id = $2
         CROSS JOIN LATERAL {} u
         WHERE p.id = $1 AND p.root_id IS NULL AND p.delete_at = 0",
        may_read("p.channel_id", "$2"),
        participants("p.id"),
        post_columns(),
        unread("p.id", "COALESCE(s.last_viewed_at, 0)", "$2::uuid"),
    )
});

static UNREAD_SINCE: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT u.replies, u.mentions FROM {} u", unread("$1", "$3::bigint", "$2::uuid"))
});

static MARKS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT p.id, EXISTS (
            SELECT FROM thread_members t WHERE t.root_id = p.id AND t.user_id = $2 AND t.following),
           {}
         FROM posts p WHERE p.id = ANY($1) AND {}",
        participants("p.id"),
        may_read("p.channel_id", "$2")
    )
});

const HAS_UNREAD: &str = "
    SELECT EXISTS (
      SELECT FROM thread_states s JOIN posts p ON p.id = s.root_id
      WHERE s.user_id = $1 AND s.channel_id = $2 AND s.following AND p.delete_at = 0
        AND p.last_reply_at > s.last_viewed_at)";

pub(super) fn people(fields: &mut Fields<'_>) -> sqlx::Result<Vec<UserId>> {
    let keys: Vec<Key> = fields.plain()?;
    Ok(keys.into_iter().map(UserId::from).collect())
}

fn read_thread(fields: &mut Fields<'_>) -> sqlx::Result<FollowedThread> {
    Ok(FollowedThread {
        following: fields.next()?,
        last_viewed_at: fields.next()?,
        unread_replies: fields.next()?,
        unread_mentions: fields.next()?,
        participants: people(fields)?,
        root: read_post(fields)?,
    })
}

impl Reader {
    /// Threads that somebody follows, the latest answered first; those nearest to `after` where it is
    /// given.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn followed_threads(
        &self,
        user: UserId,
        query: &FollowedQuery,
    ) -> Result<Vec<FollowedThread>> {
        let rows = sqlx::query(LIST.as_str())
            .bind(Key::from(user))
            .bind(Key::from(query.team))
            .bind(query.exclude_direct)
            .bind(query.deleted)
            .bind(query.unread)
            .bind(query.since)
            .bind(query.before.map(Key::from))
            .bind(query.after.map(Key::from))
            .bind(i64::from(query.per_page))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(read_thread(&mut Fields::of(row))?)).collect()
    }

    /// Numbers over all threads of the query's team, whatever page it asks for.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn followed_totals(
        &self,
        user: UserId,
        query: &FollowedQuery,
    ) -> Result<FollowedTotals> {
        let row = sqlx::query(TOTALS.as_str())
            .bind(Key::from(user))
            .bind(Key::from(query.team))
            .bind(query.exclude_direct)
            .bind(query.deleted)
            .fetch_one(&self.pool)
            .await?;
        Ok(FollowedTotals {
            threads: row.try_get(0)?,
            unread_threads: row.try_get(1)?,
            unread_mentions: row.try_get(2)?,
            urgent_mentions: row.try_get(3)?,
        })
    }

    /// Unread threads of each team, and mentions in them; teams without any are missing.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn unread_threads_of_teams(&self, user: UserId) -> Result<Vec<ThreadsOfTeam>> {
        let query = sqlx::query(OF_TEAMS.as_str()).bind(Key::from(user));
        let read = |row: &PgRow| {
            Ok(ThreadsOfTeam {
                team_id: row.try_get::<Key, _>(0)?.into(),
                threads: row.try_get(1)?,
                mentions: row.try_get(2)?,
                urgent_mentions: row.try_get(3)?,
            })
        };
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// A thread as somebody sees it who may read it, whether they follow it or not.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn thread_of(&self, user: UserId, root: PostId) -> Result<Access<FollowedThread>> {
        let query = sqlx::query(ONE.as_str()).bind(Key::from(root)).bind(Key::from(user));
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(Access::Unknown) };
        if !row.try_get::<bool, _>(0)? {
            return Ok(Access::Unknown);
        }
        let mut fields = Fields::of(&row);
        fields.skip(1);
        Ok(Access::Granted(read_thread(&mut fields)?))
    }

    /// Replies that would be unread, and mentions in them, if the thread were read up to a time.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn thread_unread_since(
        &self,
        user: UserId,
        root: PostId,
        read_to: i64,
    ) -> Result<(i64, i64)> {
        let row = sqlx::query(UNREAD_SINCE.as_str())
            .bind(Key::from(root))
            .bind(Key::from(user))
            .bind(read_to)
            .fetch_one(&self.pool)
            .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    /// Whether somebody follows a thread of the channel that has unread replies.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn has_unread_threads(&self, user: UserId, channel: ChannelId) -> Result<bool> {
        let query = sqlx::query_scalar(HAS_UNREAD).bind(Key::from(user)).bind(Key::from(channel));
        Ok(query.fetch_one(&self.pool).await?)
    }

    /// What those of `roots` that the viewer may read say of their threads, in no particular order.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn thread_marks(&self, viewer: UserId, roots: &[PostId]) -> Result<Vec<ThreadMark>> {
        let keys: Vec<Key> = roots.iter().copied().map(Key::from).collect();
        let query = sqlx::query(MARKS.as_str()).bind(keys).bind(Key::from(viewer));
        let read = |row: &PgRow| {
            let mut fields = Fields::of(row);
            Ok(ThreadMark {
                root_id: fields.next()?,
                following: fields.next()?,
                participants: people(&mut fields)?,
            })
        };
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}
