//! Sidebar categories.

use events::{ChannelId, TeamId, UserId};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CategoryType {
    Favorites,
    Channels,
    DirectMessages,
    Custom,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SidebarCategory {
    pub id: String,
    pub user_id: UserId,
    pub team_id: TeamId,
    pub sort_order: i64,
    pub sorting: &'static str,
    pub r#type: CategoryType,
    pub display_name: String,
    pub muted: bool,
    pub collapsed: bool,
    pub channel_ids: Vec<ChannelId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderedCategories {
    pub categories: Vec<SidebarCategory>,
    pub order: Vec<String>,
}

/// The three categories that everybody has; they exist by computation until something names them.
pub fn default_categories(
    user_id: UserId,
    team_id: TeamId,
    favorites: Vec<ChannelId>,
    channels: Vec<ChannelId>,
    direct_messages: Vec<ChannelId>,
) -> OrderedCategories {
    let category = |prefix: &str, display_name: &str, sort_order, sorting, r#type, channel_ids| {
        SidebarCategory {
            id: format!("{prefix}_{user_id}_{team_id}"),
            user_id,
            team_id,
            sort_order,
            sorting,
            r#type,
            display_name: display_name.to_owned(),
            muted: false,
            collapsed: false,
            channel_ids,
        }
    };
    let categories = vec![
        category("favorites", "Favorites", 0, "", CategoryType::Favorites, favorites),
        category("channels", "Channels", 10, "", CategoryType::Channels, channels),
        category(
            "direct_messages",
            "Direct Messages",
            20,
            "recent",
            CategoryType::DirectMessages,
            direct_messages,
        ),
    ];
    let order = categories.iter().map(|category| category.id.clone()).collect();
    OrderedCategories { categories, order }
}
