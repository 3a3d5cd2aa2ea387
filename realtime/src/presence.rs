//! Automatic presence, without I/O: sockets, activity and the time go in, changes come out.
//!
//! Online is who has a socket and did something within five minutes; away is who has one and did not,
//! or whose client says so; offline is whose last socket has been closed for ten seconds.

use std::collections::HashMap;

use events::UserId;
use events::presence::PresenceChanged;
use events::user::StatusKind;

use crate::protocol::Now;

/// Idle for so long is away.
pub const AWAY_AFTER_MS: u64 = 5 * 60 * 1000;
/// Without a socket for so long is offline. A reconnect takes less.
pub const OFFLINE_AFTER_MS: u64 = 10 * 1000;
/// Who stays is told of again before the topic forgets, which keeps an hour: a process that starts
/// later learns of them too.
pub const SAY_AGAIN_AFTER_MS: u64 = 20 * 60 * 1000;

#[derive(Debug)]
struct Person {
    sockets: usize,
    /// When the last socket was closed.
    left_ms: u64,
    active_ms: u64,
    active_unix_ms: i64,
    /// The client says that nobody is there.
    idle: bool,
    /// What the log was told last; nothing is known of it where that failed.
    announced: Option<StatusKind>,
    announced_ms: u64,
}

impl Person {
    fn status(&self, at: u64) -> StatusKind {
        let idle = self.idle || at >= self.active_ms + AWAY_AFTER_MS;
        let lingers = at < self.left_ms + OFFLINE_AFTER_MS;
        match (self.sockets, self.announced) {
            (1.., _) if idle => StatusKind::Away,
            (1.., _) => StatusKind::Online,
            // A closed socket says nothing for a moment.
            (0, Some(announced)) if lingers => announced,
            (0, _) => StatusKind::Offline,
        }
    }
}

/// Who is there, as this process sees it.
#[derive(Debug, Default)]
pub struct Presence {
    people: HashMap<UserId, Person>,
}

impl Presence {
    /// A socket of `user` was opened.
    pub fn opened(&mut self, now: Now, user: UserId) -> Option<PresenceChanged> {
        let person = self.person(now, user);
        person.sockets += 1;
        self.active(now, user)
    }

    /// A socket of `user` was closed; the change comes with [`Self::tick`].
    pub fn closed(&mut self, now: Now, user: UserId) {
        if let Some(person) = self.people.get_mut(&user) {
            person.sockets = person.sockets.saturating_sub(1);
            if person.sockets == 0 {
                person.left_ms = now.mono_ms;
            }
        }
    }

    /// `user` did something, which counts for those who have a socket.
    pub fn active(&mut self, now: Now, user: UserId) -> Option<PresenceChanged> {
        let person = self.people.get_mut(&user)?;
        person.active_ms = now.mono_ms;
        person.active_unix_ms = now.unix_ms;
        person.idle = false;
        announce(user, person, now.mono_ms)
    }

    /// The client of `user` says that nobody is there.
    pub fn idle(&mut self, now: Now, user: UserId) -> Option<PresenceChanged> {
        let person = self.people.get_mut(&user)?;
        person.idle = true;
        announce(user, person, now.mono_ms)
    }

    /// The log could not be told of a change: the next [`Self::tick`] makes it again.
    pub fn untold(&mut self, user: UserId) {
        if let Some(person) = self.people.get_mut(&user) {
            person.announced = None;
        }
    }

    /// What the time changed.
    pub fn tick(&mut self, now: Now) -> Vec<PresenceChanged> {
        // Before the changes: who is offline by one of them stays until the log was told.
        self.people.retain(|_, p| p.sockets > 0 || p.announced != Some(StatusKind::Offline));
        let people = self.people.iter_mut();
        people.filter_map(|(user, person)| announce(*user, person, now.mono_ms)).collect()
    }

    fn person(&mut self, now: Now, user: UserId) -> &mut Person {
        self.people.entry(user).or_insert(Person {
            sockets: 0,
            left_ms: now.mono_ms,
            active_ms: now.mono_ms,
            active_unix_ms: now.unix_ms,
            idle: false,
            announced: Some(StatusKind::Offline),
            announced_ms: now.mono_ms,
        })
    }
}

fn announce(user_id: UserId, person: &mut Person, at: u64) -> Option<PresenceChanged> {
    let status = person.status(at);
    let remembered = at < person.announced_ms + SAY_AGAIN_AFTER_MS;
    if person.announced == Some(status) && remembered {
        return None;
    }
    person.announced = Some(status);
    person.announced_ms = at;
    Some(PresenceChanged { user_id, status, last_activity_at: person.active_unix_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId(events::Id([1; 16]));

    fn at(mono_ms: u64) -> Now {
        Now { mono_ms, unix_ms: 1_000_000 + mono_ms as i64 }
    }

    fn status(changes: impl IntoIterator<Item = PresenceChanged>) -> Vec<StatusKind> {
        changes.into_iter().map(|change| change.status).collect()
    }

    #[test]
    fn the_first_socket_is_online_and_the_last_one_offline_after_ten_seconds() {
        let mut presence = Presence::default();
        assert_eq!(status(presence.opened(at(0), ADA)), [StatusKind::Online]);
        assert_eq!(status(presence.opened(at(1), ADA)), []);
        presence.closed(at(2), ADA);
        presence.closed(at(3), ADA);
        assert_eq!(status(presence.tick(at(2 + OFFLINE_AFTER_MS))), []);
        assert_eq!(status(presence.tick(at(3 + OFFLINE_AFTER_MS))), [StatusKind::Offline]);
        assert_eq!(status(presence.tick(at(4 + OFFLINE_AFTER_MS))), []);
        assert!(presence.people.is_empty(), "nothing is kept of those who are gone");
    }

    #[test]
    fn a_reconnect_within_ten_seconds_changes_nothing() {
        let mut presence = Presence::default();
        presence.opened(at(0), ADA);
        presence.closed(at(1), ADA);
        assert_eq!(status(presence.tick(at(5_000))), []);
        assert_eq!(status(presence.opened(at(6_000), ADA)), []);
        assert_eq!(status(presence.tick(at(20_000))), []);
    }

    #[test]
    fn five_idle_minutes_are_away_and_activity_ends_them() {
        let mut presence = Presence::default();
        presence.opened(at(0), ADA);
        assert_eq!(status(presence.tick(at(AWAY_AFTER_MS - 1))), []);
        let away = presence.tick(at(AWAY_AFTER_MS));
        assert_eq!(away[0].last_activity_at, 1_000_000);
        assert_eq!(status(away), [StatusKind::Away]);
        assert_eq!(status(presence.active(at(AWAY_AFTER_MS + 5), ADA)), [StatusKind::Online]);
        assert_eq!(status(presence.idle(at(AWAY_AFTER_MS + 6), ADA)), [StatusKind::Away]);
    }

    #[test]
    fn who_stays_is_told_of_again_before_the_topic_forgets() {
        let mut presence = Presence::default();
        presence.opened(at(0), ADA);
        assert_eq!(status(presence.tick(at(AWAY_AFTER_MS))), [StatusKind::Away]);
        let again = AWAY_AFTER_MS + SAY_AGAIN_AFTER_MS;
        assert_eq!(status(presence.tick(at(again - 1))), []);
        assert_eq!(status(presence.tick(at(again))), [StatusKind::Away]);
        assert_eq!(status(presence.tick(at(again + 1))), []);
    }

    #[test]
    fn a_change_that_was_not_told_is_told_again() {
        let mut presence = Presence::default();
        presence.opened(at(0), ADA);
        presence.untold(ADA);
        assert_eq!(status(presence.tick(at(1_000))), [StatusKind::Online]);
        presence.closed(at(2_000), ADA);
        assert_eq!(status(presence.tick(at(20_000))), [StatusKind::Offline]);
        presence.untold(ADA);
        assert_eq!(status(presence.tick(at(21_000))), [StatusKind::Offline]);
    }
}
