//! Channels by what their names say.

use std::sync::LazyLock;

use events::directory::ChannelType;
use events::{TeamId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::channels::{ChannelView, NAMED, columns, read};
use crate::access::{may_list_team, may_read};
use crate::reader::{Result, prefix_pattern};
use crate::{Key, Page, Reader};

/// Whether open or archived channels are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    Without,
    With,
    Only,
}

impl Archived {
    /// SQL: whether the channel `c` is one of these. `first` and the parameter behind it are [`Self::bound`].
    fn asked(first: u8) -> String {
        format!("CASE WHEN c.delete_at = 0 THEN ${first} ELSE ${} END", first + 1)
    }

    /// Whether open ones are wanted, and archived ones.
    fn bound(self) -> (bool, bool) {
        (self != Self::Only, self != Self::Without)
    }
}

/// What an administrator looks for.
#[derive(Debug, Clone)]
pub struct ChannelsQuery {
    /// What a name holds; all names hold nothing.
    pub term: String,
    /// In these teams alone; `None`: in all.
    pub teams: Option<Vec<TeamId>>,
    pub kinds: Vec<ChannelType>,
    pub archived: Archived,
    /// Those that everyone of a team joins, too.
    pub defaults: bool,
}

/// A channel with what its team is called.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelOfTeam {
    pub channel: ChannelView,
    pub team_name: String,
    pub team_display_name: String,
    pub team_update_at: i64,
}

static MATCHING: LazyLock<String> = LazyLock::new(|| matching("c.team_id = $6"));

/// In the teams that the viewer is in.
static MATCHING_EVERYWHERE: LazyLock<String> = LazyLock::new(|| {
    matching("c.team_id IN (SELECT tm.team_id FROM present_team_members tm WHERE tm.user_id = $1)")
});

/// SQL for channels of teams that the viewer is in or could join, by what a name begins with.
fn matching(scope: &str) -> String {
    format!(
        "SELECT t.name, t.display_name, t.update_at, {}
         FROM channels c JOIN teams t ON t.id = c.team_id {NAMED}
         AND {scope} AND {}
         AND (n.name LIKE $2 OR lower(c.display_name) LIKE $2 OR lower(c.purpose) LIKE $2)
         AND ({} OR (c.kind = 'O' AND {}))
         ORDER BY c.display_name, c.id LIMIT $3",
        columns(),
        Archived::asked(4),
        may_read("c.id", "$1"),
        may_list_team("c.team_id", "$1")
    )
}

static OF_ALL_TEAMS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH found AS MATERIALIZED (
            SELECT c.* FROM channels c JOIN channel_names n ON n.channel_id = c.id
            WHERE (n.name LIKE $1 OR lower(c.display_name) LIKE $1)
              AND ($2::uuid[] IS NULL OR c.team_id = ANY($2)) AND c.kind = ANY($3)
              AND {} AND ($6 OR NOT n.is_default)
         ),
         page AS (SELECT * FROM found ORDER BY display_name, id LIMIT $7 OFFSET $8)
         SELECT (SELECT count(*) FROM found), c.id IS NOT NULL,
            t.name, t.display_name, t.update_at, {}
         FROM (SELECT) one LEFT JOIN page c ON true
         LEFT JOIN teams t ON t.id = c.team_id LEFT JOIN channel_names n ON n.channel_id = c.id
         ORDER BY c.display_name, c.id",
        Archived::asked(4),
        columns()
    )
});

impl ChannelOfTeam {
    pub fn to_wire(&self) -> wire::ChannelWithTeam {
        wire::ChannelWithTeam {
            channel: self.channel.to_wire(),
            team_display_name: self.team_display_name.clone(),
            team_name: self.team_name.clone(),
            team_update_at: self.team_update_at,
        }
    }
}

impl Reader {
    /// Channels of a team that the viewer is in or could join, by what a name begins with.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_matching(
        &self,
        viewer: UserId,
        team: TeamId,
        term: &str,
        archived: Archived,
        len_max: u32,
    ) -> Result<Vec<ChannelOfTeam>> {
        let (open, ended) = archived.bound();
        let query = sqlx::query(MATCHING.as_str())
            .bind(Key::from(viewer))
            .bind(prefix_pattern(term))
            .bind(i64::from(len_max))
            .bind(open)
            .bind(ended)
            .bind(Key::from(team));
        query.fetch_all(&self.pool).await?.iter().map(|row| of_team(row, 0)).collect()
    }

    /// The same of open channels of all teams that the viewer is in.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_matching_everywhere(
        &self,
        viewer: UserId,
        term: &str,
        len_max: u32,
    ) -> Result<Vec<ChannelOfTeam>> {
        let (open, ended) = Archived::Without.bound();
        let query = sqlx::query(MATCHING_EVERYWHERE.as_str())
            .bind(Key::from(viewer))
            .bind(prefix_pattern(term))
            .bind(i64::from(len_max))
            .bind(open)
            .bind(ended);
        query.fetch_all(&self.pool).await?.iter().map(|row| of_team(row, 0)).collect()
    }

    /// A page of the channels of all teams that match, for administrators, and how many there are.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_of_all_teams(
        &self,
        query: &ChannelsQuery,
        page: Page,
    ) -> Result<(i64, Vec<ChannelOfTeam>)> {
        let teams = query.teams.as_ref();
        let teams: Option<Vec<Key>> = teams.map(|ids| ids.iter().copied().map(Key::from).collect());
        let kinds: Vec<&str> = query.kinds.iter().map(|kind| kind.letter()).collect();
        let (open, ended) = query.archived.bound();
        let rows = sqlx::query(OF_ALL_TEAMS.as_str())
            .bind(format!("%{}", prefix_pattern(&query.term)))
            .bind(teams)
            .bind(kinds)
            .bind(open)
            .bind(ended)
            .bind(query.defaults)
            .bind(page.limit())
            .bind(page.offset())
            .fetch_all(&self.pool)
            .await?;
        let total = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(1)? {
                found.push(of_team(row, 2)?);
            }
        }
        Ok((total, found))
    }
}

fn of_team(row: &PgRow, from: usize) -> Result<ChannelOfTeam> {
    Ok(ChannelOfTeam {
        team_name: row.try_get(from)?,
        team_display_name: row.try_get(from + 1)?,
        team_update_at: row.try_get(from + 2)?,
        channel: read(row, from + 3)?,
    })
}
