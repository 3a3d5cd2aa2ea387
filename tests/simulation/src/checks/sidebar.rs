//! Sidebars: each channel in one place, where it was put last, in the order that was decided last.

use std::collections::{BTreeMap, BTreeSet};

use domain::sidebar::Shown;
use events::sidebar::{Category, CategoryKey};
use events::{ChannelId, Event, TeamId, UserEvent, UserId};

use super::{Story, ensure};
use crate::rows;
use crate::world::World;

/// What one person put where in one team, as somebody would note it by hand.
#[derive(Default)]
struct Arranged {
    /// What each category lists, and the number of the decision that said so.
    listed: BTreeMap<CategoryKey, (Vec<ChannelId>, usize)>,
    order: Vec<CategoryKey>,
    /// Own categories, as they came to be or were changed last.
    own: Vec<CategoryKey>,
    decisions: usize,
}

#[derive(Default)]
struct Noted {
    arranged: BTreeMap<(UserId, TeamId), Arranged>,
    favorites: BTreeSet<(UserId, ChannelId)>,
}

/// Every member of a team finds each of their channels once, and their categories in their order.
pub fn tell_the_log(world: &World, story: &Story) -> Result<(), String> {
    let noted = Noted::of(story);
    let nothing = Arranged::default();
    for (user, team) in world.rows.team_members.keys() {
        let arranged = noted.arranged.get(&(*user, *team)).unwrap_or(&nothing);
        let shown = rows::arrangement(&world.rows, *user, *team).shown();
        let keys: Vec<CategoryKey> = shown.iter().map(|one| one.category.category_id).collect();
        let expected = arranged.keys();
        ensure(keys == expected, || {
            format!("{user} finds the categories {keys:?}, not {expected:?}")
        })?;
        stand_where_they_were_put(world, &noted, arranged, *user, *team, &shown)?;
    }
    Ok(())
}

fn stand_where_they_were_put(
    world: &World,
    noted: &Noted,
    arranged: &Arranged,
    user: UserId,
    team: TeamId,
    shown: &[Shown],
) -> Result<(), String> {
    let mut found = BTreeMap::new();
    for one in shown {
        let key = one.category.category_id;
        for id in &one.category.channel_ids {
            let twice = found.insert(*id, key);
            ensure(twice.is_none(), || format!("{user} finds {id} in two places"))?;
        }
        in_order(arranged, one).map_err(|what| format!("{user} finds {what}"))?;
    }
    let expected: BTreeMap<ChannelId, CategoryKey> = channels_of(world, user, team)
        .map(|(id, kind)| {
            let favorite = noted.favorites.contains(&(user, id)).then_some(CategoryKey::Favorites);
            (id, favorite.or_else(|| arranged.home(id)).unwrap_or(kind))
        })
        .collect();
    ensure(found == expected, || {
        format!("{user} finds channels in {found:?}, having put them in {expected:?}")
    })
}

/// Channels that were put into a category stand in it as they were.
fn in_order(arranged: &Arranged, one: &Shown) -> Result<(), String> {
    let Some((listed, _)) = arranged.listed.get(&one.category.category_id) else { return Ok(()) };
    let here = &one.category.channel_ids;
    let decided: Vec<&ChannelId> = listed.iter().filter(|id| here.contains(id)).collect();
    let found: Vec<&ChannelId> = here.iter().filter(|id| listed.contains(id)).collect();
    ensure(decided == found, || format!("{found:?} in the order of {decided:?}"))
}

/// Those of a team that somebody is in, and conversations, with where they stand by themselves.
fn channels_of(
    world: &World,
    user: UserId,
    team: TeamId,
) -> impl Iterator<Item = (ChannelId, CategoryKey)> {
    let rows = world.rows.channels.values().filter(move |row| world.rows.may_read(user, row.id));
    rows.filter_map(move |row| match row.team_id {
        None => Some((row.id, CategoryKey::DirectMessages)),
        Some(of) => (of == team).then_some((row.id, CategoryKey::Channels)),
    })
}

impl Noted {
    fn of(story: &Story) -> Self {
        let mut noted = Self::default();
        for (_, _, event, _) in story.applied() {
            let Event::Users(event) = event else { continue };
            noted.take(event);
        }
        noted
    }

    fn take(&mut self, event: &UserEvent) {
        match event {
            UserEvent::SidebarCategoryCreated(b) => {
                let arranged = self.arranged.entry((b.c.user_id, b.c.team_id)).or_default();
                arranged.list(&b.c.categories);
                arranged.order.clone_from(&b.c.order);
                for id in &b.c.favorites_removed {
                    self.favorites.remove(&(b.c.user_id, *id));
                }
            }
            UserEvent::SidebarCategoriesChanged(b) => {
                let arranged = self.arranged.entry((b.c.user_id, b.c.team_id)).or_default();
                arranged.list(&b.c.categories);
                for id in &b.c.favorites_removed {
                    self.favorites.remove(&(b.c.user_id, *id));
                }
                self.favorites.extend(b.c.favorites_added.iter().map(|id| (b.c.user_id, *id)));
            }
            UserEvent::SidebarCategoryDeleted(b) => {
                let arranged = self.arranged.entry((b.c.user_id, b.c.team_id)).or_default();
                arranged.listed.remove(&b.c.category_id);
                arranged.own.retain(|key| *key != b.c.category_id);
            }
            UserEvent::SidebarOrderSet(b) => {
                let arranged = self.arranged.entry((b.c.user_id, b.c.team_id)).or_default();
                arranged.order.clone_from(&b.c.order);
            }
            _ => {}
        }
    }
}

impl Arranged {
    fn list(&mut self, categories: &[Category]) {
        self.decisions += 1;
        for category in categories {
            let key = category.category_id;
            self.listed.insert(key, (category.channel_ids.clone(), self.decisions));
            if !key.is_default() {
                self.own.retain(|own| *own != key);
                self.own.push(key);
            }
        }
    }

    /// As they were ordered last; others between the favourites and the rest.
    fn keys(&self) -> Vec<CategoryKey> {
        let unordered = std::iter::once(CategoryKey::Favorites)
            .chain(self.own.iter().copied())
            .chain([CategoryKey::Channels, CategoryKey::DirectMessages]);
        let there = |key: &CategoryKey| key.is_default() || self.own.contains(key);
        let mut keys: Vec<CategoryKey> = self.order.iter().copied().filter(there).collect();
        let rest: Vec<CategoryKey> = unordered.filter(|key| !keys.contains(key)).collect();
        keys.extend(rest);
        keys
    }

    /// The category that listed a channel last. Favourites are those whose preference says so.
    fn home(&self, id: ChannelId) -> Option<CategoryKey> {
        let listing = self
            .listed
            .iter()
            .filter(|(key, (listed, _))| **key != CategoryKey::Favorites && listed.contains(&id));
        listing.max_by_key(|(_, (_, decision))| *decision).map(|(key, _)| *key)
    }
}
