//! Notes on the log which sessions are in use, as the processes say in `presence`.

use std::collections::HashMap;
use std::time::Duration;

use domain::commands::Decision;
use domain::commands::user::UseSession;
use events::presence::SessionSeen;
use events::{Actor, EventId, PresenceEvent, SessionId, UserId};
use fold::{Heard, Presence};
use futures::stream::{self, StreamExt};
use platform::clock;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};

use crate::executor::CommandApi;
use crate::of_log::AT_ONCE;

/// Every command-api hears all of it, and notes what it heard at moments of its own: the others then find
/// noted what one has noted.
const NOTE_EVERY: Duration = Duration::from_secs(10);

/// Sessions that were heard to be in use.
pub(crate) type InUse = HashMap<SessionId, (UserId, EventId)>;

impl CommandApi {
    /// Takes in what is heard of sessions in use, for ever.
    pub async fn take_in_uses(&self, presence: &Presence) {
        let mut heard = presence.subscribe();
        let mut ticks = tokio::time::interval_at(Instant::now() + own_moment(), NOTE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut waiting = InUse::new();
        loop {
            tokio::select! {
                batch = heard.recv() => match batch {
                    Ok(batch) => waiting.extend(batch.iter().filter_map(in_use)),
                    Err(RecvError::Lagged(batches)) => {
                        tracing::debug!(batches, "uses of sessions were missed; the next are noted");
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = ticks.tick() => self.note_uses(std::mem::take(&mut waiting)).await,
            }
        }
    }

    pub(crate) async fn note_uses(&self, seen: InUse) {
        let note = |(session, (user, id))| self.note_use(id, user, session);
        stream::iter(seen).for_each_concurrent(AT_ONCE, note).await;
    }

    async fn note_use(&self, id: EventId, user_id: UserId, session_id: SessionId) {
        let command = UseSession { user_id, session_id, now_ms: clock::now_ms() };
        // A note more or less is not worth to ask the log for its end.
        let decided = command.decide(self.fold.users(user_id).state());
        if !matches!(decided, Ok(Decision::Append(_))) {
            return;
        }
        let decide = |_: &domain::Directory, users: &domain::Users| command.decide(users);
        let noted = self.in_users(Actor::User(user_id), id, user_id, decide);
        if let Err(error) = noted.await {
            tracing::debug!(session.id = %session_id, error = error.message(), "failed to note a use");
        }
    }
}

/// Somewhere within [`NOTE_EVERY`].
fn own_moment() -> Duration {
    let of_256 = u32::from(EventId::random().as_bytes()[15]);
    NOTE_EVERY * of_256 / 256
}

pub(crate) fn in_use(said: &Heard) -> Option<(SessionId, (UserId, EventId))> {
    let PresenceEvent::SessionSeen(seen) = &said.event else { return None };
    let SessionSeen { user_id, session_id } = seen.c;
    Some((session_id, (user_id, said.id)))
}
