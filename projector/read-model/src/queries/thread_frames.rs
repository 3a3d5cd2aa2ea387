//! What followers of a thread are told when it changes.

use std::sync::LazyLock;

use events::{ChannelId, PostId, TeamId, UserId};

use super::followed::{participants, people, unread};
use super::post_pages::{PostView, read_post};
use super::post_sql::post_columns;
use crate::reader::{Fields, Result};
use crate::{Key, Reader};

/// Threads that changed, and whom that may concern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TouchedThreads {
    pub roots: Vec<PostId>,
    /// Who is there to hear of it.
    pub users: Vec<UserId>,
    /// Replies that came.
    pub added: Vec<PostId>,
    /// Earlier replies that went.
    pub removed: Vec<PostId>,
}

/// A follower of a thread that changed, with what is unread for them and what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldFollower {
    pub root_id: PostId,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    pub team_id: Option<TeamId>,
    pub last_viewed_at: i64,
    pub unread_replies: i64,
    pub unread_mentions: i64,
    pub previous_replies: i64,
    pub previous_mentions: i64,
}

/// A root with those who answered it, the latest first.
#[derive(Debug, Clone, PartialEq)]
pub struct RootView {
    pub post: PostView,
    pub participants: Vec<UserId>,
}

/// Numbers of before are those of now without what came and with what went. `$5` says whether those
/// collapse threads who do not say, `$6` whether everyone does.
static FOLLOWERS: LazyLock<String> = LazyLock::new(|| {
    let some = |ids: &str, live: &str| {
        format!(
            "(SELECT count(*) AS replies,
                count(*) FILTER (WHERE position(uuid_send(s.user_id) IN x.mentions) > 0) AS mentions
              FROM posts x
              WHERE x.id = ANY({ids}) AND x.root_id = s.root_id AND x.delete_at {live} 0
                AND x.create_at > s.last_viewed_at)"
        )
    };
    format!(
        "SELECT s.root_id, s.user_id, s.channel_id, s.team_id, s.last_viewed_at, u.replies,
           u.mentions, u.replies - a.replies + g.replies, u.mentions - a.mentions + g.mentions
         FROM thread_states s
         LEFT JOIN preferences f ON f.user_id = s.user_id AND f.category = 'display_settings'
           AND f.name = 'collapsed_reply_threads'
         CROSS JOIN LATERAL {} u CROSS JOIN LATERAL {} a CROSS JOIN LATERAL {} g
         WHERE s.root_id = ANY($1) AND s.user_id = ANY($2) AND s.following
           AND ($6 OR COALESCE(f.value = 'on', $5))",
        unread("s.root_id", "s.last_viewed_at", "s.user_id"),
        some("$3", "="),
        some("$4", "<>"),
    )
});

static ROOTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {} FROM posts p WHERE p.id = ANY($1) AND p.delete_at = 0",
        participants("p.id"),
        post_columns()
    )
});

impl Reader {
    /// Those of the users who follow one of the threads, collapse threads and have rights.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn told_followers(
        &self,
        touched: &TouchedThreads,
        collapsing: wire::CollapsedThreads,
    ) -> Result<Vec<ToldFollower>> {
        let keys = |ids: &[PostId]| ids.iter().copied().map(Key::from).collect::<Vec<_>>();
        let users: Vec<Key> = touched.users.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(FOLLOWERS.as_str())
            .bind(keys(&touched.roots))
            .bind(users)
            .bind(keys(&touched.added))
            .bind(keys(&touched.removed))
            .bind(collapsing.is_on(None))
            .bind(collapsing == wire::CollapsedThreads::AlwaysOn)
            .fetch_all(&self.pool)
            .await?;
        let told = rows.iter().map(|row| {
            let mut fields = Fields::of(row);
            Ok(ToldFollower {
                root_id: fields.next()?,
                user_id: fields.next()?,
                channel_id: fields.next()?,
                team_id: fields.next()?,
                last_viewed_at: fields.next()?,
                unread_replies: fields.next()?,
                unread_mentions: fields.next()?,
                previous_replies: fields.next()?,
                previous_mentions: fields.next()?,
            })
        });
        told.collect()
    }

    /// Everyone of whom it is known whether they follow a thread. Who may read it is for the caller to judge.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn followers_of(&self, root: PostId) -> Result<Vec<(UserId, bool)>> {
        let sql = "SELECT user_id, following FROM thread_members WHERE root_id = $1";
        let query = sqlx::query_as::<_, (Key, bool)>(sql).bind(Key::from(root));
        let users = query.fetch_all(&self.pool).await?;
        Ok(users.into_iter().map(|(user, follows)| (user.into(), follows)).collect())
    }

    /// Roots that stand. Who may see them is for the caller to judge.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn roots_of_frames(&self, roots: &[PostId]) -> Result<Vec<RootView>> {
        let keys: Vec<Key> = roots.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(ROOTS.as_str()).bind(keys).fetch_all(&self.pool).await?;
        let read = rows.iter().map(|row| {
            let mut fields = Fields::of(row);
            Ok(RootView { participants: people(&mut fields)?, post: read_post(&mut fields)? })
        });
        read.collect()
    }
}
