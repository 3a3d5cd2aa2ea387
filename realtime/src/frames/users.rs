//! Frames of the topics `users` and `readstate`: for the person alone.

use std::collections::BTreeMap;

use domain::Applied;
use events::profile::{ProfileValuesSet, ProfileVisibility};
use events::user::{Preferences, ReadMarkerSetBack};
use events::{Body, Meta, ProfileFieldId, ReadstateEvent, UserEvent, UserId};
use fold::FoldSet;
use wire::Preference;
use wire::frame::{self, Broadcast, Frame};

use super::directory::user_updated;
use super::{Audience, Rows, Sink, drafts, reminders, scheduled_posts, sidebar, threads};

pub(super) fn of(set: &FoldSet, meta: &Meta, event: &UserEvent, at: i64, sink: &mut impl Sink) {
    use UserEvent as E;
    match event {
        E::PreferencesSet(b) => {
            preferences("preferences_changed", b.c.user_id, &b.p, sink);
            sidebar::of_favorites(set, b.c.user_id, &b.p, sink);
        }
        E::PreferencesDeleted(b) => {
            preferences("preferences_deleted", b.c.user_id, &b.p, sink);
            sidebar::of_favorites(set, b.c.user_id, &b.p, sink);
        }
        E::SidebarCategoryCreated(b) => sidebar::created(set, b, sink),
        E::SidebarCategoriesChanged(b) => sidebar::changed(set, b, sink),
        E::SidebarCategoryDeleted(b) => sidebar::deleted(&b.c, sink),
        E::SidebarOrderSet(b) => sidebar::ordered(&b.c, sink),
        E::CustomStatusSet(b) => user_updated(b.c.user_id, sink),
        E::CustomStatusCleared(b) => user_updated(b.c.user_id, sink),
        E::CustomStatusRecentRemoved(b) => user_updated(b.c.user_id, sink),
        E::ScheduledPostCreated(b) => scheduled_posts::created(b, meta, at, sink),
        E::ScheduledPostChanged(b) => scheduled_posts::changed(b, meta, at, sink),
        E::ScheduledPostDeleted(b) => scheduled_posts::deleted(&b.c, meta, at, sink),
        E::ScheduledPostSent(b) => scheduled_posts::sent(&b.c, meta, at, sink),
        E::ScheduledPostFailed(b) => {
            sink.push_rows(Audience::User(b.c.user_id), Rows::ScheduledPost(b.c.scheduled_id));
        }
        E::ReminderSet(b) => reminders::set(set, &b.c, meta, at, sink),
        E::ProfileValuesSet(b) => profile_values(set, b, sink),
        // A status is told of when what is shown changes, which takes a clock.
        E::StatusSet(_)
        | E::SessionCreated(_)
        | E::SessionRevoked(_)
        | E::SessionUsed(_)
        | E::UserStateErased(_)
        | E::ScheduledPostFired(_)
        | E::ReminderFired(_)
        | E::ReminderEnded(_)
        | E::RulesActivated(_)
        | E::EpochOpened(_)
        | E::EpochSealed(_) => {}
    }
}

/// To all who know the person, but for what is hidden.
fn profile_values(set: &FoldSet, set_now: &Body<ProfileValuesSet>, sink: &mut impl Sink) {
    let directory = set.directory();
    let fields = directory.state().profile_fields();
    let shown = |id: ProfileFieldId| {
        fields.get(id).is_some_and(|held| held.field.visibility != ProfileVisibility::Hidden)
    };
    let said = set_now.c.field_ids.iter().copied().zip(&set_now.p.values);
    let values: BTreeMap<_, _> = said.filter(|(id, _)| shown(*id)).collect();
    drop(directory);
    if values.is_empty() {
        return;
    }
    let user_id = set_now.c.user_id;
    sink.tell(Audience::Knowing(user_id), || {
        let data = frame::ProfileValuesTold { user_id, values };
        Frame::new("custom_profile_attributes_values_updated", &Broadcast::default(), &data)
    });
}

pub(super) fn preferences(
    event: &'static str,
    user_id: UserId,
    preferences: &Preferences,
    sink: &mut impl Sink,
) {
    sink.tell(Audience::User(user_id), || {
        let preferences = preferences.preferences.iter();
        let data = frame::PreferencesChanged {
            preferences: preferences.map(|one| Preference::from_event(user_id, one)).collect(),
        };
        Frame::new(event, &Broadcast::to_user(user_id), &data)
    });
}

pub(super) fn of_readstate(
    set: &FoldSet,
    meta: &Meta,
    event: &ReadstateEvent,
    applied: &Applied,
    sink: &mut impl Sink,
) {
    match event {
        ReadstateEvent::ReadMarkerAdvanced(b) => {
            let user_id = b.c.user_id;
            sink.tell(Audience::User(user_id), || {
                let times = applied.markers.iter().map(|m| (m.channel_id, m.read_to));
                let data = frame::ChannelsViewed { channel_times: times.collect() };
                Frame::new("multiple_channels_viewed", &Broadcast::to_user(user_id), &data)
            });
            threads::read_with_channels(&b.c, applied, sink);
        }
        ReadstateEvent::ReadMarkerSetBack(b) => {
            let user_id = b.c.user_id;
            sink.tell(Audience::User(user_id), || post_unread(set, &b.c));
        }
        ReadstateEvent::ThreadMarkerAdvanced(b) => {
            threads::marked(set, b.c.user_id, &b.c.marker, sink);
        }
        ReadstateEvent::ThreadMarkerSetBack(b) => {
            threads::marked(set, b.c.user_id, &b.c.marker, sink);
        }
        ReadstateEvent::ThreadMarkersAdvanced(b) => threads::all_marked(&b.c, sink),
        ReadstateEvent::DraftSaved(b) => drafts::saved(b, meta, applied.at, sink),
        ReadstateEvent::DraftDeleted(b) => drafts::deleted(&b.c, meta, applied.at, sink),
        ReadstateEvent::DraftsErased(_)
        | ReadstateEvent::RulesActivated(_)
        | ReadstateEvent::EpochOpened(_)
        | ReadstateEvent::EpochSealed(_) => {}
    }
}

/// Mentions are those since the post; what is read is said as a total, as clients subtract it.
fn post_unread(set: &FoldSet, c: &ReadMarkerSetBack) -> Frame {
    let (read, now) = (&c.marker.totals, &c.now);
    let hears = set.hears_broadcasts(c.user_id, Some(c.marker.channel_id));
    let broadcasts = if hears { now.broadcasts - read.broadcasts } else { 0 };
    let data = frame::PostUnread {
        msg_count: read.msgs,
        msg_count_root: read.msgs_root,
        mention_count: now.mentions - read.mentions + broadcasts,
        mention_count_root: now.mentions_root - read.mentions_root + broadcasts,
        urgent_mention_count: c.urgent_mentions,
        last_viewed_at: c.marker.read_to,
        post_id: c.post_id,
    };
    let broadcast =
        Broadcast { channel_id: Some(c.marker.channel_id), ..Broadcast::to_user(c.user_id) };
    Frame::new("post_unread", &broadcast, &data)
}
