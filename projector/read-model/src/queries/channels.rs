//! Channels.

use std::sync::LazyLock;

use events::directory::ChannelType;
use events::{ChannelId, TeamId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::access::{may_know_team, may_list_team, may_see};
use crate::reader::{Fields, Result};
use crate::rows::{ChannelRow, Table};
use crate::{Access, Key, Page, Reader};

/// A channel with what other tables say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelView {
    pub row: ChannelRow,
    /// Empty in direct and group channels.
    pub name: String,
    pub name_update_at: i64,
    /// Who talks in a direct or group channel, and what they are called today.
    pub people: Vec<(UserId, String)>,
}

impl ChannelView {
    pub fn to_wire(&self) -> wire::Channel {
        let row = &self.row;
        let ids: Vec<UserId> = self.people.iter().map(|(id, _)| *id).collect();
        let usernames = self.people.iter().map(|(_, name)| name.clone()).collect();
        let (name, display_name) = match row.kind {
            ChannelType::Open | ChannelType::Private => {
                (self.name.clone(), row.display_name.clone())
            }
            ChannelType::Direct => (wire::direct_name(&ids), String::new()),
            ChannelType::Group => (wire::group_name(&ids), wire::group_display_name(usernames)),
        };
        wire::Channel {
            id: row.id,
            create_at: row.create_at,
            update_at: row.update_at.max(self.name_update_at),
            delete_at: row.delete_at,
            team_id: row.team_id,
            r#type: row.kind,
            display_name,
            name,
            header: row.header.clone(),
            purpose: row.purpose.clone(),
            last_post_at: row.last_post_at,
            total_msg_count: row.msgs,
            extra_update_at: 0,
            creator_id: row.creator_id,
            scheme_id: None,
            props: None,
            group_constrained: None,
            shared: None,
            total_msg_count_root: row.msgs_root,
            policy_id: None,
            last_root_post_at: row.last_root_post_at,
        }
    }
}

/// Columns of the aliases `c` and `n`.
pub(super) fn columns() -> String {
    format!(
        "n.name, n.update_at, CASE WHEN c.team_id IS NULL THEN (
            SELECT string_agg(u.id::text || ' ' || u.username, ',' ORDER BY u.username)
            FROM channel_members m JOIN users u ON u.id = m.user_id WHERE m.channel_id = c.id)
         END, {}",
        ChannelRow::select("c")
    )
}

/// A channel of a team shows as soon as its name is there.
pub(super) const NAMED: &str = "LEFT JOIN channel_names n ON n.channel_id = c.id WHERE (c.team_id IS NULL OR n.name IS NOT NULL)";

pub(super) fn read(row: &PgRow, from: usize) -> sqlx::Result<ChannelView> {
    let mut fields = Fields::of(row);
    fields.skip(from);
    let name: Option<String> = fields.next()?;
    let name_update_at: Option<i64> = fields.next()?;
    let people: Option<String> = fields.next()?;
    let people = people
        .iter()
        .flat_map(|people| people.split(','))
        .filter_map(|person| {
            let (id, name) = person.split_once(' ')?;
            Some((UserId::from(Key::from_hex(id)?), name.to_owned()))
        })
        .collect();
    Ok(ChannelView {
        row: fields.table()?,
        name: name.unwrap_or_default(),
        name_update_at: name_update_at.unwrap_or(0),
        people,
    })
}

pub(super) fn read_all(rows: &[PgRow]) -> Result<Vec<ChannelView>> {
    rows.iter().map(|row| Ok(read(row, 0)?)).collect()
}

static BY_ID: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {}, {} FROM channels c {NAMED} AND c.id = $1", may_see("c.id", "$2"), columns())
});

static BY_NAME: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {} FROM channels c {NAMED}
         AND n.team_id = $1 AND n.name = $3 AND ($4 OR c.delete_at = 0)",
        may_see("c.id", "$2"),
        columns()
    )
});

static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM present_members me JOIN channels c ON c.id = me.channel_id {NAMED}
         AND me.user_id = $1 AND ($2::uuid IS NULL OR c.team_id IS NULL OR c.team_id = $2)
         AND ($3::bigint IS NULL AND c.delete_at = 0 OR c.delete_at = 0 OR c.delete_at >= $3)
         ORDER BY c.display_name, c.id",
        columns()
    )
});

static GROUPS_OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM present_members me JOIN channels c ON c.id = me.channel_id {NAMED}
         AND me.user_id = $1 AND me.kind = 'G' AND c.delete_at = 0 ORDER BY c.display_name, c.id",
        columns()
    )
});

static PUBLIC: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH r AS MATERIALIZED (
            SELECT {} AS known, {} AS may
         ),
         found AS (
            SELECT c.* FROM channels c
            JOIN channel_names n ON n.channel_id = c.id AND n.team_id = $1
            WHERE (SELECT may FROM r) AND c.team_id = $1 AND c.kind = 'O' AND c.delete_at = 0
            ORDER BY c.display_name, c.id LIMIT $3 OFFSET $4
         )
         SELECT r.known, r.may, c.id IS NOT NULL, {}
         FROM r LEFT JOIN found c ON true LEFT JOIN channel_names n ON n.channel_id = c.id
         ORDER BY c.display_name, c.id",
        may_know_team("$1", "$2"),
        may_list_team("$1", "$2"),
        columns()
    )
});

static STATS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, c.member_count,
      (SELECT count(*) FROM present_members m JOIN users u ON u.id = m.user_id AND u.is_guest
       WHERE m.channel_id = c.id),
      (SELECT count(*) FROM posts p
       WHERE p.channel_id = c.id AND p.is_pinned AND p.delete_at = 0),
      CASE WHEN $3 THEN -1 ELSE (
        SELECT count(*) FROM files f JOIN posts p ON p.id = f.post_id AND p.delete_at = 0
        WHERE f.channel_id = c.id AND f.post_id IS NOT NULL) END
         FROM channels c WHERE c.id = $1",
        may_see("c.id", "$2")
    )
});

static BY_IDS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM channels c {NAMED} AND c.id = ANY($1) ORDER BY c.display_name, c.id",
        columns()
    )
});

impl Reader {
    /// Channels by id, for administrators.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_by_ids(&self, ids: &[ChannelId]) -> Result<Vec<ChannelView>> {
        let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
        read_all(&sqlx::query(BY_IDS.as_str()).bind(keys).fetch_all(&self.pool).await?)
    }

    /// A channel, archived or not.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channel(&self, viewer: UserId, channel: ChannelId) -> Result<Access<ChannelView>> {
        let query = sqlx::query(BY_ID.as_str()).bind(Key::from(channel)).bind(Key::from(viewer));
        one(query.fetch_optional(&self.pool).await?.as_ref())
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_by_name(
        &self,
        viewer: UserId,
        team: TeamId,
        name: &str,
        include_deleted: bool,
    ) -> Result<Access<ChannelView>> {
        let query = sqlx::query(BY_NAME.as_str())
            .bind(Key::from(team))
            .bind(Key::from(viewer))
            .bind(name.replace('\0', ""))
            .bind(include_deleted);
        one(query.fetch_optional(&self.pool).await?.as_ref())
    }

    /// The channels that somebody is in: those of `team` with all conversations, or everything.
    /// `deleted_since`: archived ones too, if they were archived at or after it.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_of(
        &self,
        user: UserId,
        team: Option<TeamId>,
        deleted_since: Option<i64>,
    ) -> Result<Vec<ChannelView>> {
        let query = sqlx::query(OF_USER.as_str())
            .bind(Key::from(user))
            .bind(team.map(Key::from))
            .bind(deleted_since);
        read_all(&query.fetch_all(&self.pool).await?)
    }

    /// The group channels that somebody is in.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn groups_of(&self, user: UserId) -> Result<Vec<ChannelView>> {
        let query = sqlx::query(GROUPS_OF_USER.as_str()).bind(Key::from(user));
        read_all(&query.fetch_all(&self.pool).await?)
    }

    /// A team's public channels.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channels_public(
        &self,
        viewer: UserId,
        team: TeamId,
        page: Page,
    ) -> Result<Access<Vec<ChannelView>>> {
        let rows = sqlx::query(PUBLIC.as_str())
            .bind(Key::from(team))
            .bind(Key::from(viewer))
            .bind(page.limit())
            .bind(page.offset())
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let (known, may): (bool, bool) = (first.try_get(0)?, first.try_get(1)?);
        let mut channels = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(2)? {
                channels.push(read(row, 3)?);
            }
        }
        Ok(Access::judged(known, may, channels))
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_stats(
        &self,
        viewer: UserId,
        channel: ChannelId,
        exclude_files: bool,
    ) -> Result<Access<wire::ChannelStats>> {
        let row = sqlx::query(STATS.as_str())
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(exclude_files)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(Access::Unknown) };
        let stats = wire::ChannelStats {
            channel_id: channel,
            member_count: row.try_get(1)?,
            guest_count: row.try_get(2)?,
            pinnedpost_count: row.try_get(3)?,
            files_count: row.try_get(4)?,
        };
        Ok(Access::granted_if(row.try_get(0)?, stats))
    }
}

fn one(row: Option<&PgRow>) -> Result<Access<ChannelView>> {
    let Some(row) = row else { return Ok(Access::Unknown) };
    let (may, channel) = (row.try_get(0)?, read(row, 1)?);
    Ok(Access::granted_if(may, channel))
}
