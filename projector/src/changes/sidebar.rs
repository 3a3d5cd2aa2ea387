//! Rows of how people arrange their channels.

use events::sidebar::{
    Category, CategoryKey, CategoryNames, FAVORITE_CHANNEL, SidebarCategoriesChanged,
    SidebarCategoryCreated,
};
use events::{Body, ChannelId, TeamId, UserId};
use read_model::rows::{PreferenceRow, SidebarCategoryRow, SidebarOrderRow};

use super::RowChanges;
use crate::patches::{json_text, text};

impl RowChanges {
    pub(super) fn make_category(&mut self, made: &Body<SidebarCategoryCreated>, at: i64) {
        let Body { c, p } = made;
        self.put_categories(c.user_id, c.team_id, &c.categories, p, at);
        self.order_categories(c.user_id, c.team_id, &c.order);
        self.mark_favorites(c.user_id, &[], &c.favorites_removed);
    }

    pub(super) fn change_categories(&mut self, to: &Body<SidebarCategoriesChanged>, at: i64) {
        let Body { c, p } = to;
        self.put_categories(c.user_id, c.team_id, &c.categories, p, at);
        self.mark_favorites(c.user_id, &c.favorites_added, &c.favorites_removed);
    }

    pub(super) fn order_categories(&mut self, user: UserId, team: TeamId, order: &[CategoryKey]) {
        let category_ids = json_text(order);
        let row = SidebarOrderRow { user_id: user, team_id: team, category_ids };
        self.sidebar_orders.insert((user, team), row);
    }

    fn put_categories(
        &mut self,
        user_id: UserId,
        team_id: TeamId,
        categories: &[Category],
        names: &CategoryNames,
        listed_at: i64,
    ) {
        for (n, category) in categories.iter().enumerate() {
            let category_id = category.category_id;
            let row = SidebarCategoryRow {
                user_id,
                team_id,
                category_id,
                category: json_text(category),
                name: names.names.get(n).map_or_else(String::new, |name| text(name)),
                listed_at,
            };
            self.sidebar_categories.insert((user_id, team_id, category_id), Some(row));
        }
    }

    /// A favourite is one by its preference, whichever way it became one.
    fn mark_favorites(&mut self, user_id: UserId, added: &[ChannelId], removed: &[ChannelId]) {
        let category = || FAVORITE_CHANNEL.to_owned();
        for channel in removed {
            self.preferences.insert((user_id, category(), channel.to_string()), None);
        }
        for channel in added {
            let (name, value) = (channel.to_string(), "true".to_owned());
            let row = PreferenceRow { user_id, category: category(), name: name.clone(), value };
            self.preferences.insert((user_id, category(), name), Some(row));
        }
    }
}
