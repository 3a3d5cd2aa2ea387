//! Teams and who is in them.

use std::sync::LazyLock;

use events::{Id, TeamId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::access::{may_know_team, may_see_team, open_to_all};
use crate::reader::{Result, prefix_pattern};
use crate::rows::{Table, TeamMemberRow, TeamRow};
use crate::{Access, Key, Page, Reader};

/// A team is seen by its members, by administrators, and by anybody where it is open to all.
fn one_sql(condition: &str) -> String {
    format!(
        "SELECT {} OR {} AS may, {}
         FROM teams t WHERE {condition}",
        may_see_team("t.id", "$2"),
        open_to_all("t", "$2"),
        TeamRow::select("t")
    )
}

static BY_ID: LazyLock<String> = LazyLock::new(|| one_sql("t.id = $1"));
static BY_NAME: LazyLock<String> = LazyLock::new(|| one_sql("t.name = $1"));

static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM present_team_members m JOIN teams t ON t.id = m.team_id
         WHERE m.user_id = $1 AND t.delete_at = 0 ORDER BY t.display_name, t.id",
        TeamRow::select("t")
    )
});

static LISTED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM teams t
         WHERE ({} OR {})
           AND EXISTS (SELECT FROM users u WHERE u.id = $1 AND u.delete_at = 0)
           AND ($4::text IS NULL OR t.name LIKE $4 OR lower(t.display_name) LIKE $4)
         ORDER BY t.display_name, t.id LIMIT $2 OFFSET $3",
        TeamRow::select("t"),
        may_see_team("t.id", "$1"),
        open_to_all("t", "$1")
    )
});

static BY_INVITE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT true, {} FROM teams t WHERE t.invite_id = $1 AND t.delete_at = 0",
        TeamRow::select("t")
    )
});

static MEMBERSHIPS_OF: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM present_team_members m WHERE m.user_id = $1 ORDER BY m.team_id",
        TeamMemberRow::select("m")
    )
});

/// In what order the members of a team are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemberOrder {
    #[default]
    Id,
    Username,
}

/// One statement per order.
struct Members {
    by_id: String,
    by_username: String,
}

static MEMBERS: LazyLock<Members> = LazyLock::new(|| Members::of(""));
static STATS: LazyLock<String> = LazyLock::new(|| stats(""));

/// A statement has one plan for ever, and these begin at the keys.
static SOME_MEMBERS: LazyLock<Members> = LazyLock::new(|| Members::of(ONLY));
static SOME_STATS: LazyLock<String> = LazyLock::new(|| stats(ONLY));

const ONLY: &str = "AND m.user_id = ANY($3)";

impl Members {
    fn of(only: &str) -> Self {
        let named = "present_team_members m JOIN users n ON n.id = m.user_id";
        Self {
            by_id: members("m.user_id", "present_team_members m", only),
            by_username: members("n.username", named, only),
        }
    }

    fn by(&self, order: MemberOrder) -> &str {
        match order {
            MemberOrder::Id => &self.by_id,
            MemberOrder::Username => &self.by_username,
        }
    }
}

/// One row where nobody is found, so that rights are always told.
fn members(by: &str, from: &str, only: &str) -> String {
    format!(
        "WITH r AS MATERIALIZED (
            SELECT {} AS known, {} AS may
         ),
         found AS (
            SELECT m.*, {by} AS place FROM {from}
            WHERE (SELECT may FROM r) AND m.team_id = $1 {only}
            ORDER BY {by} LIMIT $4 OFFSET $5
         )
         SELECT r.known, r.may, m.user_id IS NOT NULL AS present, {}
         FROM r LEFT JOIN found m ON true ORDER BY m.place",
        may_know_team("$1", "$2"),
        may_see_team("$1", "$2"),
        TeamMemberRow::select("m")
    )
}

fn stats(only: &str) -> String {
    format!(
        "SELECT {}, {}, count(*),
            count(*) FILTER (WHERE u.delete_at = 0)
         FROM team_members m JOIN users u ON u.id = m.user_id
         WHERE m.team_id = $1 {only}",
        may_know_team("$1", "$2"),
        may_see_team("$1", "$2")
    )
}

const UNREAD: &str = "
    SELECT m.team_id, COALESCE(sum(s.unread) FILTER (WHERE NOT s.is_muted), 0)::bigint,
      COALESCE(sum(s.mentions), 0)::bigint,
      COALESCE(sum(s.mentions_root), 0)::bigint, COALESCE(sum(s.unread_root) FILTER (WHERE NOT s.is_muted), 0)::bigint
    FROM present_team_members m
    LEFT JOIN (
      SELECT s.* FROM read_states s JOIN channels c ON c.id = s.channel_id AND c.delete_at = 0
      WHERE s.user_id = $1
    ) s ON s.team_id = m.team_id
    WHERE m.user_id = $1 GROUP BY m.team_id ORDER BY m.team_id";

fn teams(rows: &[PgRow]) -> Result<Vec<TeamRow>> {
    rows.iter().map(|row| Ok(TeamRow::read(row, 0)?)).collect()
}

impl Reader {
    /// # Errors
    /// The database cannot be asked.
    pub async fn team(&self, viewer: UserId, team: TeamId) -> Result<Access<TeamRow>> {
        let query = sqlx::query(BY_ID.as_str()).bind(Key::from(team)).bind(Key::from(viewer));
        team_of(query.fetch_optional(&self.pool).await?.as_ref())
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn team_by_name(&self, viewer: UserId, name: &str) -> Result<Access<TeamRow>> {
        let name = name.replace('\0', "");
        let query = sqlx::query(BY_NAME.as_str()).bind(name).bind(Key::from(viewer));
        team_of(query.fetch_optional(&self.pool).await?.as_ref())
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn team_by_invite(&self, invite: Id) -> Result<Option<TeamRow>> {
        let query = sqlx::query(BY_INVITE.as_str()).bind(Key::from(invite));
        Ok(team_of(query.fetch_optional(&self.pool).await?.as_ref())?.granted())
    }

    /// The teams that somebody is in.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn teams_of(&self, user: UserId) -> Result<Vec<TeamRow>> {
        let query = sqlx::query(OF_USER.as_str()).bind(Key::from(user));
        teams(&query.fetch_all(&self.pool).await?)
    }

    /// The teams that the viewer may see or join, narrowed by what a name begins with.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn teams_listed(
        &self,
        viewer: UserId,
        term: Option<&str>,
        page: Page,
    ) -> Result<Vec<TeamRow>> {
        let query = sqlx::query(LISTED.as_str())
            .bind(Key::from(viewer))
            .bind(page.limit())
            .bind(page.offset())
            .bind(term.map(prefix_pattern));
        teams(&query.fetch_all(&self.pool).await?)
    }

    /// Teams by id, for administrators.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn teams_by_ids(&self, ids: &[TeamId]) -> Result<Vec<TeamRow>> {
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        let sql = format!(
            "SELECT {} FROM teams t WHERE t.id = ANY($1) ORDER BY t.display_name, t.id",
            TeamRow::select("t")
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(keys);
        teams(&query.fetch_all(&self.pool).await?)
    }

    /// Somebody's memberships of teams.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn team_memberships_of(&self, user: UserId) -> Result<Vec<TeamMemberRow>> {
        let query = sqlx::query(MEMBERSHIPS_OF.as_str()).bind(Key::from(user));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(TeamMemberRow::read(row, 0)?)).collect()
    }

    /// Members of a team; those of `only`, where it is given.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn team_members(
        &self,
        viewer: UserId,
        team: TeamId,
        only: Option<&[UserId]>,
        order: MemberOrder,
        page: Page,
    ) -> Result<Access<Vec<TeamMemberRow>>> {
        let only: Option<Vec<Key>> = only.map(|ids| ids.iter().copied().map(Key::from).collect());
        let sql = if only.is_some() { &SOME_MEMBERS } else { &MEMBERS };
        let rows = sqlx::query(sql.by(order))
            .bind(Key::from(team))
            .bind(Key::from(viewer))
            .bind(only)
            .bind(page.limit())
            .bind(page.offset())
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let (known, may): (bool, bool) = (first.try_get(0)?, first.try_get(1)?);
        let mut members = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(2)? {
                members.push(TeamMemberRow::read(row, 3)?);
            }
        }
        Ok(Access::judged(known, may, members))
    }

    /// How many are in a team, and active; of `among`, where it is given.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn team_stats(
        &self,
        viewer: UserId,
        team: TeamId,
        among: Option<&[UserId]>,
    ) -> Result<Access<wire::TeamStats>> {
        let among: Option<Vec<Key>> = among.map(|ids| ids.iter().copied().map(Key::from).collect());
        let sql = if among.is_some() { &SOME_STATS } else { &STATS };
        let row = sqlx::query(sql.as_str())
            .bind(Key::from(team))
            .bind(Key::from(viewer))
            .bind(among)
            .fetch_one(&self.pool)
            .await?;
        let (known, may): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
        let stats = wire::TeamStats {
            team_id: team,
            total_member_count: row.try_get(2)?,
            active_member_count: row.try_get(3)?,
        };
        Ok(Access::judged(known, may, stats))
    }

    /// What is unread in each of somebody's teams; of muted channels only mentions.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn teams_unread(&self, user: UserId) -> Result<Vec<wire::TeamUnread>> {
        let rows = sqlx::query(UNREAD).bind(Key::from(user)).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(wire::TeamUnread {
                    team_id: row.try_get::<Key, _>(0)?.into(),
                    msg_count: row.try_get(1)?,
                    mention_count: row.try_get(2)?,
                    mention_count_root: row.try_get(3)?,
                    msg_count_root: row.try_get(4)?,
                    thread_count: 0,
                    thread_mention_count: 0,
                    thread_urgent_mention_count: 0,
                })
            })
            .collect()
    }
}

fn team_of(row: Option<&PgRow>) -> Result<Access<TeamRow>> {
    let Some(row) = row else { return Ok(Access::Unknown) };
    let (may, team) = (row.try_get(0)?, TeamRow::read(row, 1)?);
    Ok(Access::granted_if(may, team))
}
