//! Members of channels and what they have read.

use std::sync::LazyLock;

use events::{ChannelId, PostId, TeamId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::urgent::{calls, urgent_mentions};
use crate::access::may_see;
use crate::reader::{Fields, Result};
use crate::rows::{ChannelMemberRow, Table};
use crate::{Access, Key, Page, ReadState, Reader};

/// What lists over all teams tell of the channel's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TeamOfChannel {
    pub display_name: String,
    pub name: String,
    pub update_at: i64,
}

/// A membership with what its owner has read.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelMemberView {
    pub row: ChannelMemberRow,
    pub team_id: Option<TeamId>,
    pub state: ReadState,
    pub team: TeamOfChannel,
    pub is_muted: bool,
    /// Of the unread mentions, those in urgent posts.
    pub urgent_mentions: i64,
    /// What the owner has set of how they are told.
    pub notify_props: wire::StringMap,
}

impl ChannelMemberView {
    /// The membership as its owner sees it.
    pub fn to_wire(&self) -> wire::ChannelMember {
        let row = &self.row;
        wire::ChannelMember {
            last_viewed_at: self.state.last_viewed_at,
            mention_count: self.state.mentions,
            mention_count_root: self.state.mentions_root,
            urgent_mention_count: self.urgent_mentions,
            last_update_at: row.create_at.max(self.state.last_viewed_at),
            notify_props: wire::member_notify_props(&self.notify_props),
            ..wire::ChannelMember::new(
                row.channel_id,
                row.user_id,
                row.scheme_admin,
                row.create_at,
                self.state.msgs,
                self.state.msgs_root,
            )
        }
    }

    /// The same with what is told of the team.
    pub fn with_team(&self, member: wire::ChannelMember) -> wire::ChannelMemberWithTeam {
        wire::ChannelMemberWithTeam {
            member,
            team_display_name: self.team.display_name.clone(),
            team_name: self.team.name.clone(),
            team_update_at: self.team.update_at,
        }
    }

    /// What is unread, as differences. Of a muted channel only mentions are.
    pub fn to_unread(&self) -> wire::ChannelUnread {
        wire::ChannelUnread {
            team_id: self.team_id,
            user_id: self.row.user_id,
            channel_id: self.row.channel_id,
            msg_count: if self.is_muted { 0 } else { self.state.unread },
            msg_count_root: if self.is_muted { 0 } else { self.state.unread_root },
            mention_count: self.state.mentions,
            mention_count_root: self.state.mentions_root,
            urgent_mention_count: self.urgent_mentions,
            last_viewed_at: self.state.last_viewed_at,
            notify_props: wire::member_notify_props(&self.notify_props),
        }
    }
}

/// Columns of the aliases `s` (read_states), `t` (teams), `n` (member_notify_props) and `m`
/// (channel_members).
fn columns() -> String {
    format!(
        "s.team_id, s.last_viewed_at, s.msgs, s.msgs_root, s.unread, s.unread_root, s.mentions,
         s.mentions_root, t.display_name, t.name, t.update_at, s.is_muted,
         CASE WHEN s.mentions_root > 0 THEN {} ELSE 0 END, n.notify_props, {}",
        urgent_mentions("s.channel_id", "s.user_id", "s.last_viewed_at + 1"),
        ChannelMemberRow::select("m")
    )
}

const JOINED: &str = "read_states s
    JOIN channel_members m ON m.channel_id = s.channel_id AND m.user_id = s.user_id
    LEFT JOIN teams t ON t.id = s.team_id
    LEFT JOIN member_notify_props n ON n.channel_id = s.channel_id AND n.user_id = s.user_id";

static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM {JOINED}
         WHERE s.user_id = $1 AND ($2::uuid IS NULL OR s.team_id IS NULL OR s.team_id = $2)
           AND ($3::uuid IS NULL OR s.channel_id = $3)
         ORDER BY s.channel_id LIMIT $4 OFFSET $5",
        columns()
    )
});

static CALLED_URGENTLY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT DISTINCT ON (s.channel_id, s.user_id) {} FROM {JOINED}, posts p
         WHERE p.id = ANY($1) AND p.priority = 'urgent' AND s.user_id = ANY($2)
           AND s.channel_id = p.channel_id AND s.user_id <> p.user_id
           AND s.last_viewed_at < p.create_at AND {}",
        columns(),
        calls("p", "s.user_id")
    )
});

static OF_CHANNEL: LazyLock<String> = LazyLock::new(|| of_channel(""));

/// A statement has one plan for ever, and this one begins at the keys.
static SOME_OF_CHANNEL: LazyLock<String> = LazyLock::new(|| of_channel("AND m.user_id = ANY($3)"));

/// One row where nobody is found, so that rights are always told.
fn of_channel(only: &str) -> String {
    format!(
        "WITH r AS MATERIALIZED (
            SELECT {} AS may
         ),
         found AS (
            SELECT m.* FROM present_members m
            WHERE (SELECT may FROM r) AND m.channel_id = $1 {only}
            ORDER BY m.user_id LIMIT $4 OFFSET $5
         )
         SELECT r.may, m.user_id IS NOT NULL, {}
         FROM r LEFT JOIN found m ON true ORDER BY m.user_id",
        may_see("$1", "$2"),
        ChannelMemberRow::select("m")
    )
}

fn read(row: &PgRow) -> sqlx::Result<ChannelMemberView> {
    let mut fields = Fields::of(row);
    let team_id = fields.next()?;
    let state = ReadState {
        last_viewed_at: fields.next()?,
        msgs: fields.next()?,
        msgs_root: fields.next()?,
        unread: fields.next()?,
        unread_root: fields.next()?,
        mentions: fields.next()?,
        mentions_root: fields.next()?,
    };
    let team = TeamOfChannel {
        display_name: fields.next::<Option<String>>()?.unwrap_or_default(),
        name: fields.next::<Option<String>>()?.unwrap_or_default(),
        update_at: fields.next::<Option<i64>>()?.unwrap_or(0),
    };
    let is_muted = fields.next()?;
    let urgent_mentions = fields.next()?;
    let notify_props = fields.next::<Option<wire::StringMap>>()?.unwrap_or_default();
    let row = fields.table()?;
    Ok(ChannelMemberView { row, team_id, state, team, is_muted, urgent_mentions, notify_props })
}

impl Reader {
    /// Somebody's memberships with what is unread: those of `team` with all conversations, or all.
    /// Without `page`, all at once.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_memberships_of(
        &self,
        user: UserId,
        team: Option<TeamId>,
        page: Option<Page>,
    ) -> Result<Vec<ChannelMemberView>> {
        self.memberships(user, team, None, page).await
    }

    /// Somebody's own membership of a channel with what is unread.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_membership(
        &self,
        user: UserId,
        channel: ChannelId,
    ) -> Result<Option<ChannelMemberView>> {
        Ok(self.memberships(user, None, Some(channel), None).await?.pop())
    }

    async fn memberships(
        &self,
        user: UserId,
        team: Option<TeamId>,
        channel: Option<ChannelId>,
        page: Option<Page>,
    ) -> Result<Vec<ChannelMemberView>> {
        let rows = sqlx::query(OF_USER.as_str())
            .bind(Key::from(user))
            .bind(team.map(Key::from))
            .bind(channel.map(Key::from))
            .bind(page.map_or(i64::MAX, Page::limit))
            .bind(page.map_or(0, Page::offset))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(read(row)?)).collect()
    }

    /// Those of the users whom urgent posts called and who have not read them, deleted or not.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn members_called_urgently(
        &self,
        posts: &[PostId],
        users: &[UserId],
    ) -> Result<Vec<ChannelMemberView>> {
        let posts: Vec<Key> = posts.iter().copied().map(Key::from).collect();
        let users: Vec<Key> = users.iter().copied().map(Key::from).collect();
        let query = sqlx::query(CALLED_URGENTLY.as_str()).bind(posts).bind(users);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(read(row)?)).collect()
    }

    /// Members of a channel; those of `only`, where it is given.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_members(
        &self,
        viewer: UserId,
        channel: ChannelId,
        only: Option<&[UserId]>,
        page: Page,
    ) -> Result<Access<Vec<ChannelMemberRow>>> {
        let only: Option<Vec<Key>> = only.map(|ids| ids.iter().copied().map(Key::from).collect());
        let sql = if only.is_some() { &SOME_OF_CHANNEL } else { &OF_CHANNEL };
        let rows = sqlx::query(sql.as_str())
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(only)
            .bind(page.limit())
            .bind(page.offset())
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let may = first.try_get(0)?;
        let mut members = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(1)? {
                members.push(ChannelMemberRow::read(row, 2)?);
            }
        }
        Ok(Access::granted_if(may, members))
    }
}
