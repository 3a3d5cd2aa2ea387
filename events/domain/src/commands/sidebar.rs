//! Commands on how somebody's channels are arranged.

use std::collections::{BTreeMap, BTreeSet};

use events::sidebar::{
    Category, CategoryKey, CategoryNames, CategorySorting, SidebarCategoriesChanged,
    SidebarCategoryCreated, SidebarCategoryDeleted, SidebarOrderSet,
};
use events::{ChannelId, Nothing, TeamId, UserId};

use super::{Decision, ensure, fits, in_users};
use crate::directory::Directory;
use crate::permissions::knows_team;
use crate::rights;
use crate::sidebar::Shown;

/// Categories of one person in one team.
pub const CATEGORIES_MAX: usize = 200;
/// Characters of a category's name.
pub const CATEGORY_NAME_CHARS_MAX: usize = 64;
/// Channels that one category lists.
pub const LISTED_MAX: usize = 5_000;

/// Why a command on a sidebar is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SidebarRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    Forbidden,
    UnknownTeam,
    UnknownCategory,
}

use SidebarRejection as R;

type Decided = Result<Decision, R>;

/// Whose sidebar in which team, as it is shown now.
#[derive(Debug, Clone)]
pub struct Sidebar {
    pub actor: UserId,
    pub user_id: UserId,
    pub team_id: TeamId,
    pub current: Vec<Shown>,
    /// Which of its channels are direct or group ones.
    pub conversations: BTreeSet<ChannelId>,
}

/// What is to become of a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryUpdate {
    pub category_id: CategoryKey,
    pub name: String,
    pub sorting: CategorySorting,
    pub muted: bool,
    pub collapsed: bool,
    pub channel_ids: Vec<ChannelId>,
}

/// Where things stand once a command has its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rearranged {
    /// Categories that are other than they were, or were named, in the order of the sidebar.
    pub categories: Vec<Shown>,
    /// Whether anything is other than it was.
    pub changes: bool,
    pub favorites_added: Vec<ChannelId>,
    pub favorites_removed: Vec<ChannelId>,
    /// Channels that come into a muted category, or out of one.
    pub mutes: Vec<(ChannelId, bool)>,
}

impl Sidebar {
    /// # Errors
    /// There is no such team, or it is none of the person's.
    pub fn allowed(&self, directory: &Directory) -> Result<(), R> {
        let allowed = rights::may_act_for(directory, self.actor, self.user_id);
        ensure(allowed, R::Forbidden)?;
        ensure(knows_team(directory, self.user_id, self.team_id), R::UnknownTeam)?;
        ensure(directory.active_membership(self.user_id, self.team_id).is_some(), R::Forbidden)
    }

    fn find(&self, key: CategoryKey) -> Result<&Shown, R> {
        self.current.iter().find(|one| one.category.category_id == key).ok_or(R::UnknownCategory)
    }

    /// Where a channel stands that no category lists.
    fn kind(&self, channel: ChannelId) -> CategoryKey {
        if self.conversations.contains(&channel) {
            CategoryKey::DirectMessages
        } else {
            CategoryKey::Channels
        }
    }

    fn homes(categories: &[Shown]) -> BTreeMap<ChannelId, (CategoryKey, bool)> {
        let listed = |one: &Shown| {
            let at = (one.category.category_id, one.category.muted);
            one.category.channel_ids.iter().map(move |id| (*id, at)).collect::<Vec<_>>()
        };
        categories.iter().flat_map(listed).collect()
    }

    /// The sidebar after `updates`: a channel that one of them lists stands there and nowhere else;
    /// one that none lists any more stands with its kind, or where it does already. Channels that the
    /// person does not see are passed over.
    fn rearranged(&self, updates: &[CategoryUpdate]) -> Rearranged {
        let before = Self::homes(&self.current);
        let listed: BTreeSet<ChannelId> =
            updates.iter().flat_map(|update| &update.channel_ids).copied().collect();
        let mut after = self.current.clone();
        let mut homeless = Vec::new();
        for one in &mut after {
            let key = one.category.category_id;
            let update = updates.iter().find(|update| update.category_id == key);
            let held = std::mem::take(&mut one.category.channel_ids);
            let left: Vec<_> = held.into_iter().filter(|id| !listed.contains(id)).collect();
            match update {
                Some(update) => {
                    homeless.extend(left);
                    apply(one, update, |id| before.contains_key(id));
                }
                None => one.category.channel_ids = left,
            }
        }
        for one in &mut after {
            let key = one.category.category_id;
            let theirs = homeless.iter().filter(|id| self.kind(**id) == key);
            one.category.channel_ids.extend(theirs);
        }
        self.compared(&before, after, updates)
    }

    fn compared(
        &self,
        before: &BTreeMap<ChannelId, (CategoryKey, bool)>,
        after: Vec<Shown>,
        updates: &[CategoryUpdate],
    ) -> Rearranged {
        let now = Self::homes(&after);
        let favorite = |at: Option<&(CategoryKey, bool)>| {
            at.is_some_and(|(key, _)| *key == CategoryKey::Favorites)
        };
        let muted = |at: Option<&(CategoryKey, bool)>| at.is_some_and(|(_, muted)| *muted);
        let ids = || now.keys().copied();
        let changes = after != self.current;
        let is_touched = |one: &Shown| {
            !self.current.contains(one)
                || updates.iter().any(|update| update.category_id == one.category.category_id)
        };
        Rearranged {
            changes,
            favorites_added: ids()
                .filter(|id| favorite(now.get(id)) && !favorite(before.get(id)))
                .collect(),
            favorites_removed: ids()
                .filter(|id| !favorite(now.get(id)) && favorite(before.get(id)))
                .collect(),
            mutes: ids()
                .filter(|id| muted(now.get(id)) != muted(before.get(id)))
                .map(|id| (id, muted(now.get(&id))))
                .collect(),
            categories: after.into_iter().filter(is_touched).collect(),
        }
    }
}

/// Those that everybody has keep their names, and conversations are not muted together.
fn apply(one: &mut Shown, update: &CategoryUpdate, is_seen: impl Fn(&ChannelId) -> bool) {
    let category = &mut one.category;
    category.sorting = update.sorting;
    category.collapsed = update.collapsed;
    category.muted = update.muted && category.category_id != CategoryKey::DirectMessages;
    let mut seen = BTreeSet::new();
    let here = update.channel_ids.iter().copied().filter(|id| is_seen(id) && seen.insert(*id));
    category.channel_ids = here.collect();
    if !category.category_id.is_default() {
        one.name.clone_from(&update.name);
    }
}

/// As an event carries them: with what is listed but not shown, which stays listed.
fn carried(categories: &[Shown]) -> (Vec<Category>, CategoryNames) {
    let whole = |one: &Shown| {
        let mut category = one.category.clone();
        category.channel_ids.extend(&one.hidden);
        category
    };
    let names = categories.iter().map(|one| one.name.clone()).collect();
    (categories.iter().map(whole).collect(), CategoryNames { names })
}

fn valid(update: &CategoryUpdate) -> Result<(), R> {
    if !update.category_id.is_default() {
        let name = !update.name.trim().is_empty() && fits(&update.name, CATEGORY_NAME_CHARS_MAX);
        ensure(name, R::Invalid("display_name"))?;
    }
    ensure(update.channel_ids.len() <= LISTED_MAX, R::Invalid("channel_ids"))
}

/// Makes a category of one's own, behind the favourites.
#[derive(Debug, Clone)]
pub struct CreateCategory {
    pub sidebar: Sidebar,
    /// Its id is fresh.
    pub category: CategoryUpdate,
}

impl CreateCategory {
    /// # Errors
    /// [`SidebarRejection`]
    pub fn rearranged(&self) -> Result<Rearranged, R> {
        valid(&self.category)?;
        ensure(self.sidebar.current.len() < CATEGORIES_MAX, R::Invalid("categories"))?;
        let sidebar = Sidebar { current: self.with_fresh(), ..self.sidebar.clone() };
        Ok(sidebar.rearranged(std::slice::from_ref(&self.category)))
    }

    /// The sidebar with the new category in its place, still empty.
    fn with_fresh(&self) -> Vec<Shown> {
        let mut shown = self.sidebar.current.clone();
        let favorites = |one: &Shown| one.category.category_id == CategoryKey::Favorites;
        let place = shown.iter().position(favorites).map_or(0, |at| at + 1);
        shown.insert(place, self.fresh());
        for (place, one) in (0..).zip(&mut shown) {
            one.category.sort_order = place * 10;
        }
        shown
    }

    fn fresh(&self) -> Shown {
        let category = Category {
            category_id: self.category.category_id,
            sorting: CategorySorting::Unset,
            muted: false,
            collapsed: false,
            channel_ids: Vec::new(),
            sort_order: 0,
        };
        Shown { category, name: String::new(), hidden: Vec::new() }
    }

    /// # Errors
    /// [`SidebarRejection`]
    pub fn decide(&self, directory: &Directory) -> Decided {
        self.sidebar.allowed(directory)?;
        let rearranged = self.rearranged()?;
        let (categories, names) = carried(&rearranged.categories);
        let order = self.with_fresh().iter().map(|one| one.category.category_id).collect();
        let c = SidebarCategoryCreated {
            user_id: self.sidebar.user_id,
            team_id: self.sidebar.team_id,
            category_id: self.category.category_id,
            categories,
            order,
            favorites_removed: rearranged.favorites_removed,
        };
        Ok(in_users(c, names))
    }
}

/// Changes categories: what they are called, how they look, what stands in them.
#[derive(Debug, Clone)]
pub struct UpdateCategories {
    pub sidebar: Sidebar,
    pub updates: Vec<CategoryUpdate>,
}

impl UpdateCategories {
    /// # Errors
    /// [`SidebarRejection`]
    pub fn rearranged(&self) -> Result<Rearranged, R> {
        ensure(!self.updates.is_empty(), R::Invalid("categories"))?;
        let (mut keys, mut listed) = (BTreeSet::new(), BTreeMap::new());
        for update in &self.updates {
            ensure(keys.insert(update.category_id), R::Invalid("categories"))?;
            self.sidebar.find(update.category_id)?;
            valid(update)?;
            for id in &update.channel_ids {
                let at = *listed.entry(*id).or_insert(update.category_id);
                ensure(at == update.category_id, R::Invalid("channel_ids"))?;
            }
        }
        Ok(self.sidebar.rearranged(&self.updates))
    }

    /// # Errors
    /// [`SidebarRejection`]
    pub fn decide(&self, directory: &Directory) -> Decided {
        self.sidebar.allowed(directory)?;
        let rearranged = self.rearranged()?;
        if !rearranged.changes {
            return Ok(Decision::AlreadySo);
        }
        let (categories, names) = carried(&rearranged.categories);
        let c = SidebarCategoriesChanged {
            user_id: self.sidebar.user_id,
            team_id: self.sidebar.team_id,
            categories,
            favorites_added: rearranged.favorites_added,
            favorites_removed: rearranged.favorites_removed,
        };
        Ok(in_users(c, names))
    }
}

/// Does away with a category of one's own.
#[derive(Debug, Clone)]
pub struct DeleteCategory {
    pub sidebar: Sidebar,
    pub category_id: CategoryKey,
}

impl DeleteCategory {
    /// # Errors
    /// [`SidebarRejection`]
    pub fn decide(&self, directory: &Directory) -> Decided {
        self.sidebar.allowed(directory)?;
        self.sidebar.find(self.category_id)?;
        ensure(!self.category_id.is_default(), R::Invalid("category_id"))?;
        let Sidebar { user_id, team_id, .. } = self.sidebar;
        let category_id = self.category_id;
        Ok(in_users(SidebarCategoryDeleted { user_id, team_id, category_id }, Nothing {}))
    }
}

/// Shows the categories in another order.
#[derive(Debug, Clone)]
pub struct SetCategoryOrder {
    pub sidebar: Sidebar,
    pub order: Vec<CategoryKey>,
}

impl SetCategoryOrder {
    /// # Errors
    /// [`SidebarRejection`]
    pub fn decide(&self, directory: &Directory) -> Decided {
        self.sidebar.allowed(directory)?;
        let current = || self.sidebar.current.iter().map(|one| one.category.category_id);
        let all: BTreeSet<CategoryKey> = current().collect();
        let named: BTreeSet<CategoryKey> = self.order.iter().copied().collect();
        ensure(all == named && named.len() == self.order.len(), R::Invalid("order"))?;
        if current().eq(self.order.iter().copied()) {
            return Ok(Decision::AlreadySo);
        }
        let Sidebar { user_id, team_id, .. } = self.sidebar;
        let order = self.order.clone();
        Ok(in_users(SidebarOrderSet { user_id, team_id, order }, Nothing {}))
    }
}
