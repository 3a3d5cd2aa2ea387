//! The aggregates of the topics `users` (sessions, status, errands) and `readstate` (read markers, drafts).

use std::collections::BTreeMap;

use events::user::{ReadMarker, SessionCreated, SessionUsed, StatusKind, StatusSet, TokenHash};
use events::{ChannelId, Event, Meta, ReadstateEvent, SessionId, UserEvent, UserId};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Control};
use crate::directory::refuse_if;
use crate::drafts::Drafts;
use crate::errands::{Errand, Errands};
use crate::verdict::{Applied, Refusal};
use crate::window::WindowLimits;

/// Sessions of one account that may be live at once; the oldest ends beyond it.
pub const SESSIONS_MAX: usize = 500;
/// Used again within so long, a session is not noted anew: the log keeps every note for ever.
pub const USE_NOTED_EVERY_MS: i64 = 10 * 60 * 1000;

/// A session. It is live while it stands here, has not expired by the reader's clock, and its
/// account's `auth_generation` is the one it carries (or it is the one that was kept).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub token_hash: TokenHash,
    pub create_at: i64,
    pub expires_at: i64,
    pub auth_generation: u64,
    /// When it was last noted as used: at least [`USE_NOTED_EVERY_MS`] lie between two notes.
    pub used_at: i64,
}

impl Session {
    /// Whether its use at `now_ms` of the caller's clock is to be noted.
    pub fn is_use_due(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.used_at) >= USE_NOTED_EVERY_MS
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct UserState {
    last_at: i64,
    /// Oldest first.
    sessions: Vec<TokenHash>,
    status: Option<(StatusKind, i64)>,
    custom_status: Said,
    /// The offset behind the last event on the person's preferences.
    preferences_until: u64,
    erased: bool,
}

/// That somebody says what they are at; never what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Said {
    now: bool,
    /// The offset behind the last event on it.
    until: u64,
}

/// The state of the people in one partition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Users {
    users: BTreeMap<UserId, UserState>,
    sessions: BTreeMap<TokenHash, Session>,
    errands: Errands,
}

impl Users {
    pub fn session(&self, token: &TokenHash) -> Option<&Session> {
        self.sessions.get(token)
    }

    /// Sessions that were not ended, oldest first; expired ones may be among them.
    pub fn sessions_of(&self, user: UserId) -> impl Iterator<Item = &Session> {
        let hashes = self.users.get(&user).map_or(&[][..], |state| &state.sessions);
        hashes.iter().filter_map(|hash| self.sessions.get(hash))
    }

    /// The status that was chosen by hand, with its end in Unix milliseconds (0: none).
    pub fn status(&self, user: UserId) -> Option<(StatusKind, i64)> {
        self.users.get(&user).and_then(|state| state.status)
    }

    /// Whether the person says what they are at.
    pub fn has_custom_status(&self, user: UserId) -> bool {
        self.users.get(&user).is_some_and(|state| state.custom_status.now)
    }

    /// Rows that hold everything below this offset hold what the person says they are at.
    pub fn custom_status_until(&self, user: UserId) -> u64 {
        self.users.get(&user).map_or(0, |state| state.custom_status.until)
    }

    /// What is to be done for people at a time of theirs.
    pub fn errands(&self) -> &Errands {
        &self.errands
    }

    /// Rows that hold everything below this offset hold the person's preferences.
    pub fn preferences_until(&self, user: UserId) -> u64 {
        self.users.get(&user).map_or(0, |state| state.preferences_until)
    }

    fn prefer(&mut self, user: UserId, offset: u64) {
        self.users.entry(user).or_default().preferences_until = offset + 1;
    }

    fn say(&mut self, user: UserId, now: Option<bool>, offset: u64) {
        let said = &mut self.users.entry(user).or_default().custom_status;
        *said = Said { now: now.unwrap_or(said.now), until: offset + 1 };
    }

    /// Whether the person's own state is erased: nothing more is taken in for them.
    pub fn has_erased(&self, user: UserId) -> bool {
        self.users.get(&user).is_some_and(|state| state.erased)
    }

    fn erase(&mut self, user: UserId) {
        self.errands.erase(user);
        let Some(state) = self.users.get_mut(&user) else { return };
        for hash in std::mem::take(&mut state.sessions) {
            self.sessions.remove(&hash);
        }
        state.status = None;
        state.custom_status.now = false;
        state.erased = true;
    }

    /// Returns the sessions that end by it.
    fn create_session(&mut self, created: &SessionCreated, at: i64) -> Vec<SessionId> {
        let state = self.users.entry(created.user_id).or_default();
        let sessions = &mut self.sessions;
        let mut ended = Vec::new();
        state.sessions.retain(|hash| {
            let live = sessions.get(hash).is_some_and(|session| session.expires_at > at);
            if !live {
                ended.extend(sessions.remove(hash).map(|session| session.session_id));
            }
            live
        });
        if state.sessions.len() >= SESSIONS_MAX {
            let oldest = sessions.remove(&state.sessions.remove(0));
            ended.extend(oldest.map(|session| session.session_id));
        }
        state.sessions.push(created.token_hash);
        sessions.insert(
            created.token_hash,
            Session {
                user_id: created.user_id,
                session_id: created.session_id,
                token_hash: created.token_hash,
                create_at: at,
                expires_at: created.expires_at,
                auth_generation: created.auth_generation,
                used_at: at,
            },
        );
        ended
    }

    fn use_session(&mut self, used: &SessionUsed, at: i64) {
        let hash = self.find(used.user_id, used.session_id);
        if let Some(session) = hash.and_then(|hash| self.sessions.get_mut(&hash)) {
            session.used_at = at;
        }
    }

    fn admit_use(&self, used: &SessionUsed) -> Result<(), Refusal> {
        let hash = self.find(used.user_id, used.session_id).ok_or(Refusal::UnknownSession)?;
        refuse_if(self.sessions[&hash].used_at != used.used_before, Refusal::Already)
    }

    fn find(&self, user: UserId, session: SessionId) -> Option<TokenHash> {
        self.sessions_of(user).find(|s| s.session_id == session).map(|s| s.token_hash)
    }

    fn revoke(&mut self, user: UserId, session: SessionId) {
        let Some(hash) = self.find(user, session) else { return };
        self.sessions.remove(&hash);
        if let Some(state) = self.users.get_mut(&user) {
            state.sessions.retain(|other| *other != hash);
        }
    }

    fn set_status(&mut self, set: &StatusSet) {
        let state = self.users.entry(set.user_id).or_default();
        state.status = Some((set.status, set.dnd_end_ms));
    }
}

impl Aggregate for Users {
    type Event = UserEvent;
    const WINDOW: WindowLimits = WindowLimits::STREAM;

    fn event(event: &Event) -> Option<&UserEvent> {
        match event {
            Event::Users(event) => Some(event),
            _ => None,
        }
    }

    fn control(event: &UserEvent) -> Option<Control> {
        match event {
            UserEvent::RulesActivated(body) => Some(Control::Rules(body.c.rules)),
            UserEvent::EpochOpened(body) => Some(Control::EpochOpened(body.c.epoch)),
            UserEvent::EpochSealed(body) => Some(Control::EpochSealed(body.c.epoch)),
            _ => None,
        }
    }

    fn last_at(&self, meta: &Meta) -> i64 {
        self.users.get(&UserId(meta.subject)).map_or(0, |state| state.last_at)
    }

    fn admit(&self, _rules: u32, event: &UserEvent) -> Result<(), Refusal> {
        if person_of(event).is_some_and(|user| self.has_erased(user)) {
            let already = matches!(event, UserEvent::UserStateErased(_));
            return Err(if already { Refusal::Already } else { Refusal::UserInactive });
        }
        match event {
            UserEvent::SessionCreated(b) => {
                refuse_if(self.sessions.contains_key(&b.c.token_hash), Refusal::TokenTaken)
            }
            UserEvent::SessionRevoked(b) => {
                refuse_if(self.find(b.c.user_id, b.c.session_id).is_none(), Refusal::Already)
            }
            UserEvent::SessionUsed(b) => self.admit_use(&b.c),
            UserEvent::StatusSet(b) => {
                let same = self.status(b.c.user_id) == Some((b.c.status, b.c.dnd_end_ms));
                refuse_if(same, Refusal::Already)
            }
            UserEvent::CustomStatusCleared(b) => {
                refuse_if(!self.has_custom_status(b.c.user_id), Refusal::Already)
            }
            UserEvent::ScheduledPostCreated(b) => {
                self.errands.admit_created(b.c.user_id, Errand::Post(b.c.scheduled_id))
            }
            UserEvent::ScheduledPostChanged(b) => {
                self.errands.admit_changed(b.c.user_id, Errand::Post(b.c.scheduled_id))
            }
            UserEvent::ScheduledPostDeleted(b) => {
                self.errands.admit_deleted(b.c.user_id, Errand::Post(b.c.scheduled_id))
            }
            UserEvent::ScheduledPostFired(b) => {
                let errand = Errand::Post(b.c.scheduled_id);
                self.errands.admit_fired(b.c.user_id, errand, b.c.said_at)
            }
            UserEvent::ScheduledPostSent(b) => {
                self.errands.admit_sent(b.c.user_id, Errand::Post(b.c.scheduled_id))
            }
            UserEvent::ScheduledPostFailed(b) => {
                let errand = Errand::Post(b.c.scheduled_id);
                self.errands.admit_ended(b.c.user_id, errand, b.c.said_at)
            }
            UserEvent::ReminderFired(b) => {
                let errand = Errand::Reminder(b.c.post_id);
                self.errands.admit_fired(b.c.user_id, errand, b.c.said_at)
            }
            UserEvent::ReminderEnded(b) => {
                let errand = Errand::Reminder(b.c.post_id);
                self.errands.admit_ended(b.c.user_id, errand, b.c.said_at)
            }
            UserEvent::ReminderSet(_)
            | UserEvent::PreferencesSet(_)
            | UserEvent::PreferencesDeleted(_)
            | UserEvent::SidebarCategoryCreated(_)
            | UserEvent::SidebarCategoriesChanged(_)
            | UserEvent::SidebarCategoryDeleted(_)
            | UserEvent::SidebarOrderSet(_)
            | UserEvent::CustomStatusSet(_)
            | UserEvent::CustomStatusRecentRemoved(_)
            | UserEvent::ProfileValuesSet(_)
            | UserEvent::UserStateErased(_)
            | UserEvent::RulesActivated(_)
            | UserEvent::EpochOpened(_)
            | UserEvent::EpochSealed(_) => Ok(()),
        }
    }

    fn evolve(&mut self, meta: &Meta, event: &UserEvent, at: i64, offset: u64) -> Applied {
        self.users.entry(UserId(meta.subject)).or_default().last_at = at;
        let mut applied = Applied { at, ..Applied::default() };
        match event {
            UserEvent::SessionCreated(b) => {
                applied.ended_sessions = self.create_session(&b.c, at);
            }
            UserEvent::SessionRevoked(b) => self.revoke(b.c.user_id, b.c.session_id),
            UserEvent::SessionUsed(b) => self.use_session(&b.c, at),
            UserEvent::StatusSet(b) => self.set_status(&b.c),
            UserEvent::UserStateErased(b) => {
                self.erase(b.c.user_id);
                self.prefer(b.c.user_id, offset);
            }
            UserEvent::PreferencesSet(b) => self.prefer(b.c.user_id, offset),
            UserEvent::PreferencesDeleted(b) => self.prefer(b.c.user_id, offset),
            UserEvent::CustomStatusSet(b) => self.say(b.c.user_id, Some(true), offset),
            UserEvent::CustomStatusCleared(b) => self.say(b.c.user_id, Some(false), offset),
            UserEvent::CustomStatusRecentRemoved(b) => self.say(b.c.user_id, None, offset),
            UserEvent::ScheduledPostCreated(b) => self.errands.create(&b.c, at, offset),
            UserEvent::ScheduledPostChanged(b) => self.errands.change(&b.c, offset),
            UserEvent::ScheduledPostDeleted(b) => {
                self.errands.remove(b.c.user_id, Errand::Post(b.c.scheduled_id));
            }
            UserEvent::ScheduledPostFired(b) => self.errands.fire_post(&b.c, at, offset),
            UserEvent::ScheduledPostSent(b) => {
                self.errands.remove(b.c.user_id, Errand::Post(b.c.scheduled_id));
            }
            UserEvent::ScheduledPostFailed(b) => self.errands.fail(&b.c),
            UserEvent::ReminderSet(b) => self.errands.set(&b.c, at, offset),
            UserEvent::ReminderFired(b) => self.errands.fire_reminder(&b.c, at, offset),
            UserEvent::ReminderEnded(b) => self.errands.end(&b.c),
            UserEvent::SidebarCategoryCreated(_)
            | UserEvent::SidebarCategoriesChanged(_)
            | UserEvent::SidebarCategoryDeleted(_)
            | UserEvent::SidebarOrderSet(_)
            | UserEvent::ProfileValuesSet(_)
            | UserEvent::RulesActivated(_)
            | UserEvent::EpochOpened(_)
            | UserEvent::EpochSealed(_) => {}
        }
        applied
    }
}

fn person_of(event: &UserEvent) -> Option<UserId> {
    match event {
        UserEvent::RulesActivated(_) | UserEvent::EpochOpened(_) | UserEvent::EpochSealed(_) => {
            None
        }
        UserEvent::SessionCreated(b) => Some(b.c.user_id),
        UserEvent::SessionRevoked(b) => Some(b.c.user_id),
        UserEvent::SessionUsed(b) => Some(b.c.user_id),
        UserEvent::PreferencesSet(b) => Some(b.c.user_id),
        UserEvent::PreferencesDeleted(b) => Some(b.c.user_id),
        UserEvent::StatusSet(b) => Some(b.c.user_id),
        UserEvent::UserStateErased(b) => Some(b.c.user_id),
        UserEvent::SidebarCategoryCreated(b) => Some(b.c.user_id),
        UserEvent::SidebarCategoriesChanged(b) => Some(b.c.user_id),
        UserEvent::SidebarCategoryDeleted(b) => Some(b.c.user_id),
        UserEvent::SidebarOrderSet(b) => Some(b.c.user_id),
        UserEvent::CustomStatusSet(b) => Some(b.c.user_id),
        UserEvent::CustomStatusCleared(b) => Some(b.c.user_id),
        UserEvent::CustomStatusRecentRemoved(b) => Some(b.c.user_id),
        UserEvent::ScheduledPostCreated(b) => Some(b.c.user_id),
        UserEvent::ScheduledPostChanged(b) => Some(b.c.user_id),
        UserEvent::ScheduledPostDeleted(b) => Some(b.c.user_id),
        UserEvent::ScheduledPostFired(b) => Some(b.c.user_id),
        UserEvent::ScheduledPostSent(b) => Some(b.c.user_id),
        UserEvent::ScheduledPostFailed(b) => Some(b.c.user_id),
        UserEvent::ReminderSet(b) => Some(b.c.user_id),
        UserEvent::ReminderFired(b) => Some(b.c.user_id),
        UserEvent::ReminderEnded(b) => Some(b.c.user_id),
        UserEvent::ProfileValuesSet(b) => Some(b.c.user_id),
    }
}

/// A read marker as the rules see it; its totals stand in the read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    pub as_of: i64,
    pub read_to: i64,
}

/// The read markers and drafts of the people in one partition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Readstate {
    last_at: BTreeMap<UserId, i64>,
    markers: BTreeMap<(UserId, ChannelId), Marker>,
    drafts: Drafts,
}

impl Readstate {
    pub fn marker(&self, user: UserId, channel: ChannelId) -> Option<Marker> {
        self.markers.get(&(user, channel)).copied()
    }

    pub fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// Whether `marker` would move `user` forward.
    pub fn advances(&self, user: UserId, marker: &ReadMarker) -> bool {
        self.marker(user, marker.channel_id)
            .is_none_or(|held| marker.as_of >= held.as_of && marker.read_to > held.read_to)
    }

    /// Keeps the time of the person's latest event.
    fn take_time(&mut self, user: UserId, at: i64) {
        self.last_at.insert(user, at);
    }

    fn place(&mut self, user: UserId, marker: &ReadMarker) {
        let placed = Marker { as_of: marker.as_of, read_to: marker.read_to };
        self.markers.insert((user, marker.channel_id), placed);
    }
}

impl Aggregate for Readstate {
    type Event = ReadstateEvent;
    const WINDOW: WindowLimits = WindowLimits::STREAM;

    fn event(event: &Event) -> Option<&ReadstateEvent> {
        match event {
            Event::Readstate(event) => Some(event),
            _ => None,
        }
    }

    fn control(event: &ReadstateEvent) -> Option<Control> {
        match event {
            ReadstateEvent::RulesActivated(body) => Some(Control::Rules(body.c.rules)),
            ReadstateEvent::EpochOpened(body) => Some(Control::EpochOpened(body.c.epoch)),
            ReadstateEvent::EpochSealed(body) => Some(Control::EpochSealed(body.c.epoch)),
            _ => None,
        }
    }

    fn last_at(&self, meta: &Meta) -> i64 {
        self.last_at.get(&UserId(meta.subject)).copied().unwrap_or(0)
    }

    fn admit(&self, _rules: u32, event: &ReadstateEvent) -> Result<(), Refusal> {
        match event {
            ReadstateEvent::ReadMarkerAdvanced(b) => {
                let any = b.c.markers.iter().any(|marker| self.advances(b.c.user_id, marker));
                refuse_if(!any, Refusal::Behind)
            }
            ReadstateEvent::ReadMarkerSetBack(b) => {
                let held = self.marker(b.c.user_id, b.c.marker.channel_id);
                refuse_if(held.is_some_and(|m| m.as_of > b.c.marker.as_of), Refusal::Behind)
            }
            ReadstateEvent::DraftSaved(b) => self.drafts.admit_saved(&b.c),
            ReadstateEvent::DraftDeleted(b) => self.drafts.admit_deleted(&b.c),
            ReadstateEvent::DraftsErased(b) => {
                refuse_if(self.drafts.has_erased(b.c.user_id), Refusal::Already)
            }
            // Of threads the latest word holds, whatever it says.
            ReadstateEvent::ThreadMarkerAdvanced(_)
            | ReadstateEvent::ThreadMarkerSetBack(_)
            | ReadstateEvent::ThreadMarkersAdvanced(_)
            | ReadstateEvent::RulesActivated(_)
            | ReadstateEvent::EpochOpened(_)
            | ReadstateEvent::EpochSealed(_) => Ok(()),
        }
    }

    fn evolve(&mut self, _: &Meta, event: &ReadstateEvent, at: i64, _offset: u64) -> Applied {
        let mut applied = Applied { at, ..Applied::default() };
        match event {
            ReadstateEvent::ReadMarkerAdvanced(b) => {
                for marker in &b.c.markers {
                    if self.advances(b.c.user_id, marker) {
                        self.place(b.c.user_id, marker);
                        applied.markers.push(*marker);
                    }
                }
                self.take_time(b.c.user_id, at);
            }
            ReadstateEvent::ReadMarkerSetBack(b) => {
                self.place(b.c.user_id, &b.c.marker);
                applied.markers.push(b.c.marker);
                self.take_time(b.c.user_id, at);
            }
            // Markers of threads stand in the read model: here they would grow with the posts.
            ReadstateEvent::ThreadMarkerAdvanced(b) => self.take_time(b.c.user_id, at),
            ReadstateEvent::ThreadMarkerSetBack(b) => self.take_time(b.c.user_id, at),
            ReadstateEvent::ThreadMarkersAdvanced(b) => self.take_time(b.c.user_id, at),
            ReadstateEvent::DraftSaved(b) => {
                self.drafts.save(&b.c, at);
                self.take_time(b.c.user_id, at);
            }
            ReadstateEvent::DraftDeleted(b) => {
                self.drafts.delete(&b.c);
                self.take_time(b.c.user_id, at);
            }
            ReadstateEvent::DraftsErased(b) => {
                self.drafts.erase(b.c.user_id);
                self.take_time(b.c.user_id, at);
            }
            ReadstateEvent::RulesActivated(_)
            | ReadstateEvent::EpochOpened(_)
            | ReadstateEvent::EpochSealed(_) => {}
        }
        applied
    }
}
