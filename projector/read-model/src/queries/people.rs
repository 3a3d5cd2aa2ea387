//! Lists of people.

use events::{ChannelId, TeamId, UserId};
use sqlx::{AssertSqlSafe, Row};

use super::custom_statuses::profile_columns;
use crate::access::{may_see, may_see_team};
use crate::reader::{Result, prefix_pattern};
use crate::rows::{Table, UserRow};
use crate::{Access, Key, Page, Reader};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PeopleOrder {
    #[default]
    Username,
    /// Newest accounts first.
    CreateAt,
    /// Those with a place in [`PeopleQuery::places`] first, in its order; then by username.
    Place,
}

/// Which people. What is absent does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeopleQuery {
    pub in_team: Option<TeamId>,
    pub not_in_team: Option<TeamId>,
    pub in_channel: Option<ChannelId>,
    /// So many people are in the channel that a page of them is found sooner by going through everybody in
    /// their order; else those in the channel are put in order.
    pub most_are_in_channel: bool,
    pub not_in_channel: Option<ChannelId>,
    /// `Some(true)`: only active accounts; `Some(false)`: only deactivated ones.
    pub active: Option<bool>,
    /// What a username, a name or an e-mail address begins with.
    pub term: Option<String>,
    /// Of these alone.
    pub among: Option<Vec<UserId>>,
    pub order: PeopleOrder,
    pub places: Vec<(UserId, i16)>,
}

impl PeopleQuery {
    /// The statement for this shape; one text per shape, so that each is prepared once.
    fn sql(&self) -> String {
        let mut from = "users u".to_owned();
        let mut conditions = vec!["(SELECT may FROM r)".to_owned()];
        if self.among.is_some() {
            conditions.push("u.id = ANY($9)".to_owned());
        }
        if self.in_channel.is_some() && self.most_are_in_channel {
            // A value, not a condition that could be turned into a join.
            conditions.push(
                "(SELECT c.team_id IS NULL OR EXISTS (
                    SELECT FROM team_members t WHERE t.team_id = c.team_id AND t.user_id = u.id
                      AND t.generation = cm.generation)
                  FROM channel_members cm JOIN channels c ON c.id = cm.channel_id
                  WHERE cm.channel_id = $4 AND cm.user_id = u.id)"
                    .to_owned(),
            );
        } else if self.in_channel.is_some() {
            from.push_str(" JOIN channel_members cm ON cm.user_id = u.id AND cm.channel_id = $4");
            conditions.push(
                "EXISTS (SELECT FROM channels c WHERE c.id = $4 AND (c.team_id IS NULL OR EXISTS (
                    SELECT FROM team_members t WHERE t.team_id = c.team_id AND t.user_id = u.id
                      AND t.generation = cm.generation)))"
                    .to_owned(),
            );
        }
        if self.in_team.is_some() {
            from.push_str(" JOIN team_members tm ON tm.user_id = u.id AND tm.team_id = $2");
        }
        if self.not_in_team.is_some() {
            conditions.push(
                "NOT EXISTS (SELECT FROM team_members t WHERE t.team_id = $3 AND t.user_id = u.id)"
                    .to_owned(),
            );
        }
        if self.not_in_channel.is_some() {
            conditions.push(
                "NOT EXISTS (SELECT FROM present_members m
                    WHERE m.channel_id = $5 AND m.user_id = u.id)"
                    .to_owned(),
            );
        }
        match self.active {
            Some(true) => conditions.push("u.delete_at = 0".to_owned()),
            Some(false) => conditions.push("u.delete_at > 0".to_owned()),
            None => {}
        }
        if self.term.is_some() {
            let names = ["u.username", "lower(u.first_name)", "lower(u.last_name)"];
            let more = ["lower(u.nickname)", "lower(u.email)"];
            let any: Vec<String> =
                names.iter().chain(&more).map(|name| format!("{name} LIKE $6")).collect();
            conditions.push(format!("({})", any.join(" OR ")));
        }
        let (columns, order) = match self.order {
            PeopleOrder::Username => ("u.*", "u.username, u.id"),
            PeopleOrder::CreateAt => ("u.*", "u.create_at DESC, u.id"),
            PeopleOrder::Place => ("u.*, p.place", "place, u.username, u.id"),
        };
        if self.order == PeopleOrder::Place {
            from.push_str(
                " LEFT JOIN unnest($10::uuid[], $11::smallint[]) AS p(user_id, place)
                    ON p.user_id = u.id",
            );
        }
        format!(
            "WITH r AS MATERIALIZED (
                SELECT EXISTS (SELECT FROM users WHERE id = $1 AND delete_at = 0)
                  AND ($2::uuid IS NULL OR {})
                  AND ($3::uuid IS NULL OR {})
                  AND ($4::uuid IS NULL OR {})
                  AND ($5::uuid IS NULL OR {}) AND ($6::text IS NULL OR $6 <> '') AS may
             ),
             found AS (
                SELECT {columns} FROM {from} WHERE {} ORDER BY {order} LIMIT $7 OFFSET $8
             )
             SELECT r.may, u.id IS NOT NULL AS present, {}
             FROM r LEFT JOIN found u ON true ORDER BY {order}",
            may_see_team("$2", "$1"),
            may_see_team("$3", "$1"),
            may_see("$4", "$1"),
            may_see("$5", "$1"),
            conditions.join(" AND "),
            profile_columns()
        )
    }
}

impl Reader {
    /// People as `query` wants them. Denied where the viewer may not see the team or channel named.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn people(
        &self,
        viewer: UserId,
        query: &PeopleQuery,
        page: Page,
    ) -> Result<Access<Vec<UserRow>>> {
        let among = query.among.as_ref();
        let among: Option<Vec<Key>> = among.map(|ids| ids.iter().copied().map(Key::from).collect());
        let (placed, places): (Vec<Key>, Vec<i16>) =
            query.places.iter().map(|(user, place)| (Key::from(*user), *place)).unzip();
        let rows = sqlx::query(AssertSqlSafe(query.sql()))
            .bind(Key::from(viewer))
            .bind(query.in_team.map(Key::from))
            .bind(query.not_in_team.map(Key::from))
            .bind(query.in_channel.map(Key::from))
            .bind(query.not_in_channel.map(Key::from))
            .bind(query.term.as_deref().map(prefix_pattern))
            .bind(page.limit())
            .bind(page.offset())
            .bind(among)
            .bind(placed)
            .bind(places)
            .fetch_all(&self.pool)
            .await?;
        let may = rows.first().is_some_and(|row| row.try_get(0).unwrap_or(false));
        let mut people = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(1)? {
                people.push(UserRow::read(row, 2)?);
            }
        }
        Ok(Access::judged(true, may, people))
    }

    /// The members of group and direct channels that the viewer is in.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn people_of_conversations(
        &self,
        viewer: UserId,
        channels: &[ChannelId],
    ) -> Result<Vec<(ChannelId, UserRow)>> {
        let sql = format!(
            "SELECT o.channel_id, {}
             FROM present_members me
             JOIN channel_members o ON o.channel_id = me.channel_id
             JOIN users u ON u.id = o.user_id
             WHERE me.user_id = $1 AND me.channel_id = ANY($2) AND me.kind IN ('D', 'G')
             ORDER BY o.channel_id, u.username",
            profile_columns()
        );
        let keys: Vec<Key> = channels.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(Key::from(viewer))
            .bind(keys)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let channel = ChannelId::from(row.try_get::<Key, _>(0)?);
                Ok((channel, UserRow::read(row, 1)?))
            })
            .collect()
    }
}
