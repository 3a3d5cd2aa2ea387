//! Sidebar categories.

use events::sidebar::{Category, CategoryKey, CategorySorting};
use events::{ChannelId, TeamId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CategoryType {
    Favorites,
    Channels,
    DirectMessages,
    Custom,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SidebarCategory {
    pub id: String,
    pub user_id: UserId,
    pub team_id: TeamId,
    pub sort_order: i64,
    pub sorting: CategorySorting,
    pub r#type: CategoryType,
    pub display_name: String,
    pub muted: bool,
    pub collapsed: bool,
    pub channel_ids: Vec<ChannelId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderedCategories {
    pub categories: Vec<SidebarCategory>,
    pub order: Vec<String>,
}

impl SidebarCategory {
    /// `name` is what its owner calls it, if it is their own.
    pub fn new(user_id: UserId, team_id: TeamId, category: &Category, name: &str) -> Self {
        let (r#type, display_name) = match category.category_id {
            CategoryKey::Favorites => (CategoryType::Favorites, "Favorites"),
            CategoryKey::Channels => (CategoryType::Channels, "Channels"),
            CategoryKey::DirectMessages => (CategoryType::DirectMessages, "Direct Messages"),
            CategoryKey::Own(_) => (CategoryType::Custom, name),
        };
        Self {
            id: category_text(category.category_id, user_id, team_id),
            user_id,
            team_id,
            sort_order: category.sort_order,
            sorting: category.sorting,
            r#type,
            display_name: display_name.to_owned(),
            muted: category.muted,
            collapsed: category.collapsed,
            channel_ids: category.channel_ids.clone(),
        }
    }
}

impl OrderedCategories {
    /// Categories in their order.
    pub fn new(categories: Vec<SidebarCategory>) -> Self {
        let order = categories.iter().map(|category| category.id.clone()).collect();
        Self { categories, order }
    }
}

/// What clients call a category.
pub fn category_text(key: CategoryKey, user: UserId, team: TeamId) -> String {
    if key.is_default() { format!("{key}_{user}_{team}") } else { key.to_string() }
}

/// The category that clients call so, among those of `user` in `team`.
pub fn category_key(text: &str, user: UserId, team: TeamId) -> Option<CategoryKey> {
    let default =
        CategoryKey::DEFAULTS.into_iter().find(|key| category_text(*key, user, team) == text);
    default.or_else(|| text.parse().ok().filter(|key: &CategoryKey| !key.is_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::Id;

    #[test]
    fn the_categories_of_everybody_are_named_after_whose_they_are() {
        let (user, team) = (UserId::from_bytes([1; 16]), TeamId::from_bytes([2; 16]));
        let other = UserId::from_bytes([3; 16]);
        for key in CategoryKey::DEFAULTS.into_iter().chain([CategoryKey::Own(Id([4; 16]))]) {
            let text = category_text(key, user, team);
            assert_eq!(category_key(&text, user, team), Some(key));
            assert_eq!(category_key(&text, other, team).is_some(), !key.is_default());
        }
        assert_eq!(category_key("favorites", user, team), None);
        assert_eq!(category_key("", user, team), None);
    }
}
