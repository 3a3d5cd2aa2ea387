//! Facts of the topic `users` on how somebody has arranged the channels of a team.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Owner, fact};
use crate::{ChannelId, Id, TeamId, UserId};

/// The category of the preferences that mark channels as favourites, by their ids.
pub const FAVORITE_CHANNEL: &str = "favorite_channel";

/// One of somebody's categories in a team: one of the three that everybody has, or one of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CategoryKey {
    Favorites,
    Channels,
    DirectMessages,
    Own(Id),
}

impl CategoryKey {
    /// Those that everybody has, as they are shown until somebody arranges them.
    pub const DEFAULTS: [Self; 3] = [Self::Favorites, Self::Channels, Self::DirectMessages];

    pub fn is_default(self) -> bool {
        !matches!(self, Self::Own(_))
    }
}

impl fmt::Display for CategoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Favorites => f.write_str("favorites"),
            Self::Channels => f.write_str("channels"),
            Self::DirectMessages => f.write_str("direct_messages"),
            Self::Own(id) => id.fmt(f),
        }
    }
}

impl FromStr for CategoryKey {
    type Err = crate::InvalidId;

    fn from_str(text: &str) -> Result<Self, crate::InvalidId> {
        match text {
            "favorites" => Ok(Self::Favorites),
            "channels" => Ok(Self::Channels),
            "direct_messages" => Ok(Self::DirectMessages),
            id => id.parse().map(Self::Own),
        }
    }
}

impl Serialize for CategoryKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CategoryKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for CategoryKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CategoryKey".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(favorites|channels|direct_messages|[a-z0-9]{26})$"
        })
    }
}

/// How a category's channels are sorted by whoever shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum CategorySorting {
    #[default]
    #[serde(rename = "")]
    Unset,
    #[serde(rename = "alpha")]
    Alphabetical,
    #[serde(rename = "recent")]
    Recent,
    #[serde(rename = "manual")]
    Manual,
}

/// A category as it stands after the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Category {
    pub category_id: CategoryKey,
    #[serde(default)]
    pub sorting: CategorySorting,
    #[serde(default)]
    pub muted: bool,
    #[serde(default)]
    pub collapsed: bool,
    /// All that were put into it. A channel stands in the category that listed it last.
    pub channel_ids: Vec<ChannelId>,
    /// Its place in the order then, in tens.
    #[serde(default)]
    pub sort_order: i64,
}

/// What people call the categories of an event, in their order; empty for those that everybody has.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CategoryNames {
    pub names: Vec<String>,
}

/// Somebody made a category of their own; channels that it takes over leave others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SidebarCategoryCreated {
    pub user_id: UserId,
    pub team_id: TeamId,
    pub category_id: CategoryKey,
    /// The new one and those that it takes channels from.
    pub categories: Vec<Category>,
    /// All categories as they are shown from now on.
    pub order: Vec<CategoryKey>,
    /// Channels that are favourites no longer: their preference goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub favorites_removed: Vec<ChannelId>,
}
fact!(
    SidebarCategoryCreated,
    "sidebar.category_created",
    1,
    CategoryNames,
    |c: &SidebarCategoryCreated| Owner::Person(c.user_id)
);

/// These categories are as they stand here; others stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SidebarCategoriesChanged {
    pub user_id: UserId,
    pub team_id: TeamId,
    pub categories: Vec<Category>,
    /// Channels that are favourites now, or no longer: the preference follows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub favorites_added: Vec<ChannelId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub favorites_removed: Vec<ChannelId>,
}
fact!(
    SidebarCategoriesChanged,
    "sidebar.categories_changed",
    1,
    CategoryNames,
    |c: &SidebarCategoriesChanged| Owner::Person(c.user_id)
);

/// A category of somebody's own is no more; its channels are where they would be without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SidebarCategoryDeleted {
    pub user_id: UserId,
    pub team_id: TeamId,
    pub category_id: CategoryKey,
}
fact!(SidebarCategoryDeleted, "sidebar.category_deleted", 1);

/// The categories of a team are shown in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SidebarOrderSet {
    pub user_id: UserId,
    pub team_id: TeamId,
    pub order: Vec<CategoryKey>,
}
fact!(SidebarOrderSet, "sidebar.order_set", 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_named_by_its_kind_or_by_its_id() {
        let own = CategoryKey::Own(Id([7; 16]));
        for key in CategoryKey::DEFAULTS.into_iter().chain([own]) {
            assert_eq!(key.to_string().parse(), Ok(key));
            assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{key}\""));
        }
        assert!("favourites".parse::<CategoryKey>().is_err());
    }
}
