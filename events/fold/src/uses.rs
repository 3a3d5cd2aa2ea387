//! Sessions that are in use and were not noted as used lately: whoever is shown a token notes it here, and
//! a task of the process takes it from here into the log. What is lost in between is noted at the next use.

use std::collections::HashMap;

use domain::Session;
use events::{SessionId, UserId};
use parking_lot::Mutex;

/// As many may wait to be taken.
const WAITING_MAX: usize = 65_536;

#[derive(Debug, Default)]
pub struct Uses(Mutex<HashMap<SessionId, UserId>>);

impl Uses {
    /// `session` is used at `now_ms` of the caller's clock. Once the fold has a note of it, further uses are
    /// nothing to take for a while.
    pub fn note(&self, session: &Session, now_ms: i64) {
        if !session.is_use_due(now_ms) {
            return;
        }
        let mut waiting = self.0.lock();
        if waiting.len() < WAITING_MAX {
            waiting.insert(session.session_id, session.user_id);
        }
    }

    /// Those that were used since the last time, each once.
    pub fn take(&self) -> impl Iterator<Item = (SessionId, UserId)> {
        std::mem::take(&mut *self.0.lock()).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use domain::USE_NOTED_EVERY_MS;
    use events::user::TokenHash;

    use super::*;

    fn session(n: u8) -> Session {
        Session {
            user_id: UserId::from_bytes([7; 16]),
            session_id: SessionId::from_bytes([n; 16]),
            token_hash: TokenHash([n; 32]),
            create_at: 1_000,
            expires_at: i64::MAX,
            auth_generation: 0,
            used_at: 1_000,
        }
    }

    #[test]
    fn a_use_is_taken_once_and_only_when_the_last_note_is_old() {
        let uses = Uses::default();
        uses.note(&session(1), 1_000 + USE_NOTED_EVERY_MS - 1);
        assert_eq!(uses.take().count(), 0);
        for _ in 0..3 {
            uses.note(&session(1), 1_000 + USE_NOTED_EVERY_MS);
        }
        uses.note(&session(2), i64::MAX);
        let mut taken: Vec<_> = uses.take().map(|(session, _)| session).collect();
        taken.sort_unstable();
        assert_eq!(taken, [session(1).session_id, session(2).session_id]);
        assert_eq!(uses.take().count(), 0);
    }
}
