//! Rows of the topics `users` and `readstate`.

use domain::Applied;
use events::custom_status::CustomStatus;
use events::user::SessionCreated;
use events::{Body, ReadstateEvent, UserEvent, UserId};
use read_model::rows::{
    CustomStatusRow, PreferenceRow, ProfileValueRow, ReadMarkerRow, RecentStatusesRow,
    SessionDeviceRow, StatusRow,
};

use super::RowChanges;
use crate::patches::{json_text, text};

impl RowChanges {
    pub(super) fn absorb_personal(&mut self, event: &UserEvent, applied: &Applied) {
        let at = applied.at;
        match event {
            // When a session was used stands in the fold. Nobody reads reminders.
            UserEvent::RulesActivated(_)
            | UserEvent::EpochOpened(_)
            | UserEvent::EpochSealed(_)
            | UserEvent::SessionUsed(_)
            | UserEvent::ScheduledPostFired(_)
            | UserEvent::ReminderSet(_)
            | UserEvent::ReminderFired(_)
            | UserEvent::ReminderEnded(_) => {}
            UserEvent::SessionCreated(b) => self.begin_session(b, applied),
            UserEvent::SessionRevoked(b) => {
                self.session_devices.insert((b.c.user_id, b.c.session_id), None);
            }
            UserEvent::PreferencesSet(b) => {
                for preference in &b.p.preferences {
                    let (category, name) = (text(&preference.category), text(&preference.name));
                    let row = PreferenceRow {
                        user_id: b.c.user_id,
                        category: category.clone(),
                        name: name.clone(),
                        value: text(&preference.value),
                    };
                    self.preferences.insert((b.c.user_id, category, name), Some(row));
                }
            }
            UserEvent::PreferencesDeleted(b) => {
                for preference in &b.p.preferences {
                    let (category, name) = (text(&preference.category), text(&preference.name));
                    self.preferences.insert((b.c.user_id, category, name), None);
                }
            }
            UserEvent::SidebarCategoryCreated(b) => self.make_category(b, at),
            UserEvent::SidebarCategoriesChanged(b) => self.change_categories(b, at),
            UserEvent::SidebarCategoryDeleted(b) => {
                let key = (b.c.user_id, b.c.team_id, b.c.category_id);
                self.sidebar_categories.insert(key, None);
            }
            UserEvent::SidebarOrderSet(b) => {
                self.order_categories(b.c.user_id, b.c.team_id, &b.c.order);
            }
            UserEvent::CustomStatusSet(b) => {
                let user_id = b.c.user_id;
                let status = json_text(&b.p.status);
                let expires_at_ms = b.c.expires_at_ms;
                let row = CustomStatusRow { user_id, status, expires_at_ms };
                self.custom_statuses.insert(user_id, Some(row));
                self.say_lately(user_id, &b.p.recent);
            }
            UserEvent::CustomStatusCleared(b) => {
                self.custom_statuses.insert(b.c.user_id, None);
            }
            UserEvent::CustomStatusRecentRemoved(b) => {
                self.say_lately(b.c.user_id, &b.p.recent);
            }
            UserEvent::ScheduledPostCreated(b) => self.schedule(b, at),
            UserEvent::ScheduledPostChanged(b) => self.reschedule(b, at),
            UserEvent::ScheduledPostDeleted(b) => self.unschedule(b.c.user_id, b.c.scheduled_id),
            UserEvent::ScheduledPostSent(b) => self.unschedule(b.c.user_id, b.c.scheduled_id),
            UserEvent::ScheduledPostFailed(b) => self.fail_scheduled(&b.c, at),
            UserEvent::ProfileValuesSet(b) => {
                for (field_id, value) in b.c.said(&b.p) {
                    let row = value.map(|value| ProfileValueRow {
                        user_id: b.c.user_id,
                        field_id: field_id.0,
                        value: json_text(value),
                    });
                    self.profile_values.insert((b.c.user_id, field_id.0), row);
                }
            }
            UserEvent::UserStateErased(b) => {
                self.gone.states.insert(b.c.user_id);
            }
            UserEvent::StatusSet(b) => {
                let row = StatusRow {
                    user_id: b.c.user_id,
                    status: b.c.status,
                    dnd_end_ms: b.c.dnd_end_ms,
                    update_at: at,
                };
                self.statuses.insert(b.c.user_id, row);
            }
        }
    }

    /// The rest of the session stands in the fold, where every service looks it up.
    fn begin_session(&mut self, begun: &Body<SessionCreated>, applied: &Applied) {
        let (user_id, session_id) = (begun.c.user_id, begun.c.session_id);
        for ended in &applied.ended_sessions {
            self.session_devices.insert((user_id, *ended), None);
        }
        let row = SessionDeviceRow {
            user_id,
            session_id,
            device_id: text(&begun.p.device_id),
            user_agent: text(&begun.p.user_agent),
        };
        self.session_devices.insert((user_id, session_id), Some(row));
    }

    fn say_lately(&mut self, user_id: UserId, recent: &[CustomStatus]) {
        let row = RecentStatusesRow { user_id, recent: json_text(recent) };
        self.recent_statuses.insert(user_id, row);
    }

    pub(super) fn absorb_readstate(&mut self, event: &ReadstateEvent, applied: &Applied) {
        match event {
            ReadstateEvent::RulesActivated(_)
            | ReadstateEvent::EpochOpened(_)
            | ReadstateEvent::EpochSealed(_) => {}
            ReadstateEvent::ReadMarkerAdvanced(b) => {
                self.move_markers(b.c.user_id, applied);
                self.mark_threads_with(&b.c, applied);
            }
            ReadstateEvent::ReadMarkerSetBack(b) => self.move_markers(b.c.user_id, applied),
            ReadstateEvent::ThreadMarkerAdvanced(b) => {
                self.mark_thread(b.c.user_id, &b.c.marker, applied.at);
            }
            ReadstateEvent::ThreadMarkerSetBack(b) => {
                self.mark_thread(b.c.user_id, &b.c.marker, applied.at);
            }
            ReadstateEvent::ThreadMarkersAdvanced(b) => self.mark_threads(&b.c, applied.at),
            ReadstateEvent::DraftSaved(b) => self.save_draft(b, applied.at),
            ReadstateEvent::DraftDeleted(b) => {
                let root = b.c.root_id.unwrap_or_default();
                self.drafts.insert((b.c.user_id, b.c.channel_id, root), None);
            }
            ReadstateEvent::DraftsErased(b) => {
                self.gone.drafts.insert(b.c.user_id);
            }
        }
    }

    /// Those that the fold let move.
    fn move_markers(&mut self, user_id: UserId, applied: &Applied) {
        for marker in &applied.markers {
            let row = ReadMarkerRow {
                user_id,
                channel_id: marker.channel_id,
                as_of: marker.as_of,
                read_to: marker.read_to,
                msgs: marker.totals.msgs,
                msgs_root: marker.totals.msgs_root,
                mentions: marker.totals.mentions,
                mentions_root: marker.totals.mentions_root,
                broadcasts: marker.totals.broadcasts,
            };
            self.read_markers.insert((user_id, marker.channel_id), row);
        }
    }
}
