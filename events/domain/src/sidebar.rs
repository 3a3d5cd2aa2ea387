//! How somebody's channels of a team are arranged: what was listed, completed by what is so for
//! everybody. No fold keeps it; whoever asks brings what the rows hold.

use std::collections::{BTreeMap, BTreeSet};

use events::ChannelId;
use events::sidebar::{Category, CategoryKey, CategorySorting};

/// A category that some event named, as it left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub category: Category,
    /// Empty for those that everybody has.
    pub name: String,
    /// The event's time.
    pub listed_at: i64,
}

/// What there is to arrange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrangement {
    pub stored: Vec<Stored>,
    pub order: Vec<CategoryKey>,
    /// Channels that a preference marks as favourites.
    pub favorites: BTreeSet<ChannelId>,
    /// The channels of the team that the person is in now, sorted.
    pub channels: Vec<ChannelId>,
    /// Their direct and group channels, sorted.
    pub conversations: Vec<ChannelId>,
}

/// A category as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Lists exactly the channels that stand in it now.
    pub category: Category,
    /// Empty for those that everybody has.
    pub name: String,
    /// Listed channels that are not shown: the person left them, or they are archived.
    pub hidden: Vec<ChannelId>,
}

impl Arrangement {
    /// Every category in its order. Each channel stands in one of them: among the favourites if the
    /// preference says so, else where it was listed last, else with its kind.
    pub fn shown(&self) -> Vec<Shown> {
        let home = self.homes();
        let mut shown: Vec<Shown> =
            self.keys().into_iter().map(|key| self.category(key, &home)).collect();
        for (place, one) in (0..).zip(&mut shown) {
            one.category.sort_order = place * 10;
        }
        shown
    }

    fn homes(&self) -> BTreeMap<ChannelId, CategoryKey> {
        let of_kind = |key| move |id: &ChannelId| (*id, key);
        let mut home: BTreeMap<ChannelId, CategoryKey> =
            self.channels.iter().map(of_kind(CategoryKey::Channels)).collect();
        home.extend(self.conversations.iter().map(of_kind(CategoryKey::DirectMessages)));
        let mut stored: Vec<&Stored> = self.stored.iter().collect();
        stored.sort_by_key(|one| (one.listed_at, one.category.category_id));
        let listed = stored.iter().filter(|one| one.category.category_id != CategoryKey::Favorites);
        for one in listed {
            for id in &one.category.channel_ids {
                home.entry(*id).and_modify(|key| *key = one.category.category_id);
            }
        }
        for id in &self.favorites {
            home.entry(*id).and_modify(|key| *key = CategoryKey::Favorites);
        }
        home
    }

    /// Those that are in the order first; the rest as they are until they are ordered.
    fn keys(&self) -> Vec<CategoryKey> {
        let mut own: Vec<&Stored> =
            self.stored.iter().filter(|one| !one.category.category_id.is_default()).collect();
        own.sort_by_key(|one| (one.listed_at, one.category.category_id));
        let own = own.into_iter().map(|one| one.category.category_id);
        let there: Vec<CategoryKey> = std::iter::once(CategoryKey::Favorites)
            .chain(own)
            .chain([CategoryKey::Channels, CategoryKey::DirectMessages])
            .collect();
        let mut keys: Vec<CategoryKey> = Vec::with_capacity(there.len());
        for key in self.order.iter().filter(|key| there.contains(key)).chain(&there) {
            if !keys.contains(key) {
                keys.push(*key);
            }
        }
        keys
    }

    fn category(&self, key: CategoryKey, home: &BTreeMap<ChannelId, CategoryKey>) -> Shown {
        let stored = self.stored.iter().find(|one| one.category.category_id == key);
        let listed = stored.map_or(&[][..], |one| &one.category.channel_ids);
        let mut seen = BTreeSet::new();
        let here = |id: &ChannelId| home.get(id) == Some(&key);
        let mut channel_ids: Vec<ChannelId> =
            listed.iter().copied().filter(|id| here(id) && seen.insert(*id)).collect();
        // Favourites that were never listed come first, as clients put them.
        let rest = self.channels.iter().chain(&self.conversations).copied();
        let rest = rest.filter(|id| here(id) && seen.insert(*id)).collect::<Vec<_>>();
        let at = if key == CategoryKey::Favorites { 0 } else { channel_ids.len() };
        channel_ids.splice(at..at, rest);
        let hidden = listed.iter().copied().filter(|id| !home.contains_key(id)).collect();
        let category = stored.map_or_else(|| unnamed(key), |one| one.category.clone());
        let name = stored.map_or_else(String::new, |one| one.name.clone());
        Shown { category: Category { channel_ids, ..category }, name, hidden }
    }
}

/// A category that nothing has named yet.
fn unnamed(category_id: CategoryKey) -> Category {
    let sorting = match category_id {
        CategoryKey::DirectMessages => CategorySorting::Recent,
        CategoryKey::Favorites | CategoryKey::Channels | CategoryKey::Own(_) => {
            CategorySorting::Unset
        }
    };
    Category {
        category_id,
        sorting,
        muted: false,
        collapsed: false,
        channel_ids: Vec::new(),
        sort_order: 0,
    }
}
