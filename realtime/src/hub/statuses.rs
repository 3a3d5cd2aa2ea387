//! Statuses of those who are connected: what the log is told, and what they are told themselves.

use events::UserId;
use events::presence::PresenceChanged;
use events::user::StatusKind;
use fold::Shown;

use super::Hub;
use super::pusher::Pusher;
use crate::frames;
use crate::protocol::Now;

impl Hub {
    pub(super) fn shown(&self, user: UserId) -> Shown {
        let users = self.world.fold.users(user);
        self.world.statuses.shown(users.state(), user, platform::clock::now_ms())
    }

    /// Remembers what a person who connects knows of herself.
    pub(super) fn begin_status(&mut self, user: UserId) {
        let shown = self.shown(user);
        self.shown.entry(user).or_insert((shown.status, shown.dnd_end_ms));
    }

    /// Tells `user` of her status, if it is another.
    pub(super) fn tell_status(&mut self, user: UserId) {
        let shown = self.shown(user);
        let Some(told) = self.shown.get_mut(&user) else { return };
        let before = std::mem::replace(told, (shown.status, shown.dnd_end_ms));
        if before.0 != shown.status {
            let mut pusher = Pusher { hub: self, told: None, frames: 0 };
            frames::status_change(user, shown.status, &mut pusher);
        }
    }

    /// Tells of statuses that ended by themselves.
    pub(super) fn end_statuses(&mut self, now: Now) {
        let over = |(_, end_ms): &(StatusKind, i64)| *end_ms != 0 && *end_ms <= now.unix_ms;
        let ended = self.shown.iter().filter(|(_, told)| over(told));
        for user in ended.map(|(user, _)| *user).collect::<Vec<_>>() {
            self.tell_status(user);
        }
    }

    /// `user` did something.
    pub(super) fn act(&mut self, user: UserId) {
        if let Some(change) = self.presence.active(self.now(), user) {
            self.tell_presence(change);
        }
    }

    pub(super) fn tell_presence(&mut self, change: PresenceChanged) {
        let user = change.user_id;
        if !self.world.presence_log.append(change) {
            self.presence.untold(user);
        }
    }
}
