//! Who is there: what the topic `presence` says, under what people chose by hand.
//!
//! Presence is never judged and has a clock, so it stands beside the folds: whoever tails the topic
//! puts it here, whoever answers reads it here.

use std::collections::HashMap;

use domain::Users;
use events::UserId;
use events::presence::PresenceChanged;
use events::user::StatusKind;
use parking_lot::RwLock;

/// What others see of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub status: StatusKind,
    /// Whether it was chosen by hand.
    pub manual: bool,
    /// Unix milliseconds, 0 for never.
    pub last_activity_at: i64,
    /// When a chosen status ends by itself, Unix milliseconds; 0 for never.
    pub dnd_end_ms: i64,
}

#[derive(Debug, Clone, Copy)]
struct Automatic {
    status: StatusKind,
    last_activity_at: i64,
}

/// The automatic statuses of everyone of whom something is known.
#[derive(Debug, Default)]
pub struct StatusBoard(RwLock<HashMap<UserId, Automatic>>);

impl StatusBoard {
    pub fn new() -> Self {
        Self::default()
    }

    /// Follows a record of `presence`.
    pub fn apply(&self, changed: &PresenceChanged) {
        let mut board = self.0.write();
        let known = board.get(&changed.user_id).map_or(0, |held| held.last_activity_at);
        let last_activity_at = changed.last_activity_at.max(known);
        board.insert(changed.user_id, Automatic { status: changed.status, last_activity_at });
    }

    /// The status of `user` at `now_ms` of the caller's clock; `users` is the fold of the account's
    /// partition. Online by hand means that it follows what the person does again.
    pub fn shown(&self, users: &Users, user: UserId, now_ms: i64) -> Shown {
        let automatic = self.0.read().get(&user).copied();
        let last_activity_at = automatic.map_or(0, |held| held.last_activity_at);
        let chosen = users.status(user).filter(|(status, end_ms)| {
            *status != StatusKind::Online && (*end_ms == 0 || now_ms < *end_ms)
        });
        match chosen {
            Some((status, dnd_end_ms)) => {
                Shown { status, manual: true, last_activity_at, dnd_end_ms }
            }
            None => Shown {
                status: automatic.map_or(StatusKind::Offline, |held| held.status),
                manual: false,
                last_activity_at,
                dnd_end_ms: 0,
            },
        }
    }

    /// Those who are not offline by what they do, in no order, at most `max`.
    pub fn present(&self, max: usize) -> Vec<UserId> {
        let board = self.0.read();
        let present = board.iter().filter(|(_, held)| held.status != StatusKind::Offline);
        present.map(|(user, _)| *user).take(max).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Aggregate, Users};
    use events::user::StatusSet;
    use events::{Actor, EventId, Meta, UserEvent};

    use super::*;

    const ADA: UserId = UserId(events::Id([1; 16]));

    fn presence(status: StatusKind, last_activity_at: i64) -> PresenceChanged {
        PresenceChanged { user_id: ADA, status, last_activity_at }
    }

    fn chose(status: StatusKind, dnd_end_ms: i64) -> Users {
        let mut users = Users::default();
        let event = UserEvent::StatusSet(StatusSet { user_id: ADA, status, dnd_end_ms }.into());
        let meta = Meta::new(EventId::random(), ADA.0, 1, 0, Actor::User(ADA));
        users.evolve(&meta, &event, 1, 0);
        users
    }

    #[test]
    fn nothing_known_is_offline() {
        let shown = StatusBoard::new().shown(&Users::default(), ADA, 5);
        assert_eq!(
            (shown.status, shown.manual, shown.last_activity_at),
            (StatusKind::Offline, false, 0)
        );
    }

    #[test]
    fn what_was_chosen_stands_over_what_is_done_until_it_ends() {
        let board = StatusBoard::new();
        board.apply(&presence(StatusKind::Online, 50));
        let users = chose(StatusKind::Dnd, 100);
        let shown = board.shown(&users, ADA, 99);
        assert_eq!((shown.status, shown.manual, shown.dnd_end_ms), (StatusKind::Dnd, true, 100));
        let shown = board.shown(&users, ADA, 100);
        assert_eq!((shown.status, shown.manual, shown.dnd_end_ms), (StatusKind::Online, false, 0));
    }

    #[test]
    fn online_by_hand_follows_what_is_done() {
        let board = StatusBoard::new();
        board.apply(&presence(StatusKind::Away, 50));
        assert_eq!(board.shown(&chose(StatusKind::Online, 0), ADA, 60).status, StatusKind::Away);
    }

    #[test]
    fn last_activity_never_goes_back() {
        let board = StatusBoard::new();
        board.apply(&presence(StatusKind::Online, 50));
        board.apply(&presence(StatusKind::Offline, 40));
        let shown = board.shown(&Users::default(), ADA, 60);
        assert_eq!((shown.status, shown.last_activity_at), (StatusKind::Offline, 50));
        assert!(board.present(10).is_empty());
    }
}
