//! Frames of how somebody arranges their channels: for them alone.

use std::collections::BTreeSet;

use events::sidebar::{
    Category, CategoryNames, FAVORITE_CHANNEL, SidebarCategoriesChanged, SidebarCategoryCreated,
    SidebarCategoryDeleted, SidebarOrderSet,
};
use events::user::{Preference, Preferences};
use events::{Body, ChannelId, TeamId, UserId};
use fold::FoldSet;
use wire::frame::{self, Broadcast, Frame};
use wire::{SidebarCategory, category_text, to_json};

use super::users::preferences;
use super::{Audience, Rows, Sink};

pub(super) fn created(set: &FoldSet, made: &Body<SidebarCategoryCreated>, sink: &mut impl Sink) {
    let Body { c, p } = made;
    let (user, team) = (c.user_id, c.team_id);
    sink.tell(Audience::User(user), || {
        let category_id = category_text(c.category_id, user, team);
        let data = frame::CategoryNamed { category_id };
        Frame::new("sidebar_category_created", &Broadcast::to_user_in(user, team), &data)
    });
    // Those that lost channels to it are told with it, so that no client shows a channel twice.
    updated(user, team, &c.categories, p, sink);
    unmarked(user, &c.favorites_removed, sink);
    moved_elsewhere(set, user, team, &c.favorites_removed, sink);
}

pub(super) fn changed(set: &FoldSet, to: &Body<SidebarCategoriesChanged>, sink: &mut impl Sink) {
    let Body { c, p } = to;
    updated(c.user_id, c.team_id, &c.categories, p, sink);
    marked("preferences_changed", c.user_id, &c.favorites_added, sink);
    unmarked(c.user_id, &c.favorites_removed, sink);
    let marks = [c.favorites_added.as_slice(), &c.favorites_removed].concat();
    moved_elsewhere(set, c.user_id, c.team_id, &marks, sink);
}

pub(super) fn deleted(c: &SidebarCategoryDeleted, sink: &mut impl Sink) {
    let (user, team) = (c.user_id, c.team_id);
    sink.tell(Audience::User(user), || {
        let data = frame::CategoryNamed { category_id: category_text(c.category_id, user, team) };
        Frame::new("sidebar_category_deleted", &Broadcast::to_user_in(user, team), &data)
    });
}

pub(super) fn ordered(c: &SidebarOrderSet, sink: &mut impl Sink) {
    let (user, team) = (c.user_id, c.team_id);
    sink.tell(Audience::User(user), || {
        let order = c.order.iter().map(|key| category_text(*key, user, team)).collect();
        let data = frame::CategoryOrder { order };
        Frame::new("sidebar_category_order_updated", &Broadcast::to_user_in(user, team), &data)
    });
}

/// A favourite that came or went by its preference moves in every sidebar that shows the channel.
pub(super) fn of_favorites(
    set: &FoldSet,
    user: UserId,
    preferences: &Preferences,
    sink: &mut impl Sink,
) {
    let marks = preferences.preferences.iter().filter(|one| one.category == FAVORITE_CHANNEL);
    let channels: Vec<ChannelId> = marks.filter_map(|one| one.name.parse().ok()).collect();
    for team in showing(set, user, &channels) {
        sink.push_rows(Audience::User(user), Rows::Sidebar(team));
    }
}

/// A conversation that became a favourite in one team, or no longer is, did so in all.
fn moved_elsewhere(
    set: &FoldSet,
    user: UserId,
    here: TeamId,
    channels: &[ChannelId],
    sink: &mut impl Sink,
) {
    for team in showing(set, user, channels).into_iter().filter(|team| *team != here) {
        sink.push_rows(Audience::User(user), Rows::Sidebar(team));
    }
}

/// The teams whose sidebars show one of these channels.
fn showing(set: &FoldSet, user: UserId, channels: &[ChannelId]) -> BTreeSet<TeamId> {
    let mut teams = BTreeSet::new();
    for channel in channels.iter().copied() {
        let team = set.channels(channel).state().channel(channel).map(|channel| channel.team_id);
        match team {
            Some(Some(team)) => teams.extend([team]),
            Some(None) => teams.extend(teams_of(set, user)),
            None => {}
        }
    }
    teams
}

fn teams_of(set: &FoldSet, user: UserId) -> Vec<TeamId> {
    let directory = set.directory();
    let memberships = directory.state().memberships_of(user);
    memberships.filter(|(_, membership)| membership.active).map(|(team, _)| team).collect()
}

fn updated(
    user: UserId,
    team: TeamId,
    categories: &[Category],
    names: &CategoryNames,
    sink: &mut impl Sink,
) {
    sink.tell(Audience::User(user), || {
        let named = categories.iter().enumerate().map(|(n, category)| {
            let name = names.names.get(n).map_or("", String::as_str);
            SidebarCategory::new(user, team, category, name)
        });
        super::categories_updated(user, team, to_json(&named.collect::<Vec<_>>()))
    });
}

fn unmarked(user: UserId, channels: &[ChannelId], sink: &mut impl Sink) {
    marked("preferences_deleted", user, channels, sink);
}

fn marked(event: &'static str, user: UserId, channels: &[ChannelId], sink: &mut impl Sink) {
    if channels.is_empty() {
        return;
    }
    let mark = |id: &ChannelId| Preference {
        category: FAVORITE_CHANNEL.to_owned(),
        name: id.to_string(),
        value: "true".to_owned(),
    };
    let marks = Preferences { preferences: channels.iter().map(mark).collect() };
    preferences(event, user, &marks, sink);
}
