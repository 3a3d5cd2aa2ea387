//! The archived and the private channels of a team; how many are in channels, and in which timezones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use events::{ChannelId, TeamId, UserId};
use sqlx::Row;
use wire::StringMap;

use super::channels::{self, ChannelView, NAMED};
use crate::access::may_see;
use crate::reader::Result;
use crate::{Access, Column, Key, Page, Reader};

static ARCHIVED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM channels c {NAMED} AND c.team_id = $2 AND c.delete_at <> 0 AND {}
         ORDER BY c.display_name, c.id LIMIT $3 OFFSET $4",
        channels::columns(),
        may_see("c.id", "$1")
    )
});

static PRIVATE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM channels c {NAMED} AND c.team_id = $1 AND c.kind = 'P' AND c.delete_at = 0
         ORDER BY c.display_name, c.id LIMIT $2 OFFSET $3",
        channels::columns()
    )
});

static MEMBER_COUNTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT c.id, c.member_count FROM channels c WHERE c.id = ANY($2) AND {}",
        may_see("c.id", "$1")
    )
});

/// One row where nobody has set a timezone, so that rights are always told.
static TIMEZONES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH r AS MATERIALIZED (
            SELECT {} AS may
         ),
         found AS (
            SELECT DISTINCT u.timezone FROM present_members m JOIN users u ON u.id = m.user_id
            WHERE (SELECT may FROM r) AND m.channel_id = $1
         )
         SELECT r.may, f.timezone IS NOT NULL, f.timezone FROM r LEFT JOIN found f ON true",
        may_see("$1", "$2")
    )
});

impl Reader {
    /// The archived channels of a team that the viewer may know of.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_archived(
        &self,
        viewer: UserId,
        team: TeamId,
        page: Page,
    ) -> Result<Vec<ChannelView>> {
        let query = sqlx::query(ARCHIVED.as_str())
            .bind(Key::from(viewer))
            .bind(Key::from(team))
            .bind(page.limit())
            .bind(page.offset());
        channels::read_all(&query.fetch_all(&self.pool).await?)
    }

    /// The private channels of a team, for administrators of the system.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_private(&self, team: TeamId, page: Page) -> Result<Vec<ChannelView>> {
        let query = sqlx::query(PRIVATE.as_str())
            .bind(Key::from(team))
            .bind(page.limit())
            .bind(page.offset());
        channels::read_all(&query.fetch_all(&self.pool).await?)
    }

    /// How many are in each of these channels, of those that the viewer may know of.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_member_counts(
        &self,
        viewer: UserId,
        ids: &[ChannelId],
    ) -> Result<BTreeMap<ChannelId, i64>> {
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        let query = sqlx::query(MEMBER_COUNTS.as_str()).bind(Key::from(viewer)).bind(keys);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get::<Key, _>(0)?.into(), row.try_get(1)?))).collect()
    }

    /// The timezones in which the members of a channel live, as far as they say so, sorted.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_timezones(
        &self,
        viewer: UserId,
        channel: ChannelId,
    ) -> Result<Access<BTreeSet<String>>> {
        let query =
            sqlx::query(TIMEZONES.as_str()).bind(Key::from(channel)).bind(Key::from(viewer));
        let rows = query.fetch_all(&self.pool).await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let may = first.try_get(0)?;
        let mut zones = BTreeSet::new();
        for row in &rows {
            if row.try_get(1)? {
                zones.extend(timezone(&StringMap::read(row, 2)?));
            }
        }
        Ok(Access::granted_if(may, zones))
    }
}

/// The timezone that somebody lives in, if they say so.
fn timezone(set: &StringMap) -> Option<String> {
    let automatic = set.get("useAutomaticTimezone").is_some_and(|flag| flag == "true");
    let name = set.get(if automatic { "automaticTimezone" } else { "manualTimezone" })?;
    (!name.is_empty()).then(|| name.clone())
}
