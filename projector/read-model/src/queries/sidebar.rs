//! How somebody's channels of a team are arranged.

use domain::sidebar::{Arrangement, Stored};
use events::sidebar::FAVORITE_CHANNEL;
use events::{ChannelId, TeamId, UserId};
use sqlx::Row;
use wire::{OrderedCategories, SidebarCategory};

use crate::reader::{Result, offset};
use crate::{Key, Reader};

/// All that a sidebar is made of, of one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SidebarRows {
    pub arrangement: Arrangement,
    /// The rows contain everything of the person's partition below this offset.
    pub next_offset: u64,
}

impl SidebarRows {
    /// The sidebar as its owner sees it.
    pub fn to_wire(&self, user: UserId, team: TeamId) -> OrderedCategories {
        let shown = self.arrangement.shown();
        let shown = shown.iter();
        let categories =
            shown.map(|one| SidebarCategory::new(user, team, &one.category, &one.name));
        OrderedCategories::new(categories.collect())
    }
}

const SIDEBAR: &str = "
    WITH mine AS MATERIALIZED (
        SELECT c.id, c.team_id, c.display_name, c.last_post_at
        FROM present_members m JOIN channels c ON c.id = m.channel_id
        LEFT JOIN channel_names n ON n.channel_id = c.id
        WHERE m.user_id = $1 AND c.delete_at = 0
          AND (c.team_id IS NULL OR (c.team_id = $2 AND n.name IS NOT NULL))
    ),
    named AS MATERIALIZED (
        SELECT category, name, listed_at FROM sidebar_categories
        WHERE user_id = $1 AND team_id = $2 ORDER BY category_id
    )
    SELECT
      ARRAY(SELECT category FROM named), ARRAY(SELECT name FROM named),
      ARRAY(SELECT listed_at FROM named),
      (SELECT category_ids FROM sidebar_orders WHERE user_id = $1 AND team_id = $2),
      ARRAY(SELECT name FROM preferences
            WHERE user_id = $1 AND category = $3 AND value = 'true' ORDER BY name),
      ARRAY(SELECT id FROM mine WHERE team_id IS NOT NULL ORDER BY display_name, id),
      ARRAY(SELECT id FROM mine WHERE team_id IS NULL ORDER BY last_post_at DESC, id DESC),
      COALESCE((SELECT next_offset FROM projection_positions WHERE partition = $4), 0)";

impl Reader {
    /// Somebody's sidebar in a team. Whether they are in it is for the caller to judge; channels that
    /// they may not read are not among the rows.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn sidebar(&self, user: UserId, team: TeamId) -> Result<SidebarRows> {
        let partition = events::Partition::of(events::Topic::Users, user.as_bytes());
        let row = sqlx::query(SIDEBAR)
            .bind(Key::from(user))
            .bind(Key::from(team))
            .bind(FAVORITE_CHANNEL)
            .bind(crate::partition_key(partition))
            .fetch_one(&self.pool)
            .await?;
        let categories: Vec<String> = row.try_get(0)?;
        let names: Vec<String> = row.try_get(1)?;
        let times: Vec<i64> = row.try_get(2)?;
        let stored = categories.iter().zip(names).zip(times);
        let stored = stored.filter_map(|((json, name), listed_at)| {
            let category = serde_json::from_str(json).ok()?;
            Some(Stored { category, name, listed_at })
        });
        let order: Option<String> = row.try_get(3)?;
        let ids = |at| {
            let keys: Vec<Key> = row.try_get(at)?;
            Ok::<_, sqlx::Error>(keys.into_iter().map(ChannelId::from).collect())
        };
        let favorites: Vec<String> = row.try_get(4)?;
        let arrangement = Arrangement {
            stored: stored.collect(),
            order: order.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
            // Clients may mark as favourite what is no channel.
            favorites: favorites.iter().filter_map(|id| id.parse().ok()).collect(),
            channels: ids(5)?,
            conversations: ids(6)?,
        };
        Ok(SidebarRows { arrangement, next_offset: offset(row.try_get(7)?) })
    }
}
