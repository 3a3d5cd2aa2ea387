//! Notes on the log which sessions are in use, as the processes say in `presence`.

use domain::commands::Decision;
use domain::commands::user::UseSession;
use events::presence::SessionSeen;
use events::{Actor, EventId, PresenceEvent};
use fold::{Heard, Presence};
use futures::stream::{self, StreamExt};
use platform::clock;
use tokio::sync::broadcast::error::RecvError;

use crate::executor::CommandApi;
use crate::of_log::AT_ONCE;

impl CommandApi {
    /// Takes in what is heard of sessions in use, for ever. Every command-api hears all of it; of all who
    /// note the same use the log takes one.
    pub async fn take_in_uses(&self, presence: &Presence) {
        let mut heard = presence.subscribe();
        loop {
            match heard.recv().await {
                Ok(batch) => self.note_uses(&batch).await,
                Err(RecvError::Lagged(batches)) => {
                    tracing::debug!(batches, "uses of sessions were missed; the next are noted");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    pub(crate) async fn note_uses(&self, heard: &[Heard]) {
        let seen: Vec<_> = heard.iter().filter_map(of_session).collect();
        let note = |(id, seen)| self.note_use(id, seen);
        stream::iter(seen).for_each_concurrent(AT_ONCE, note).await;
    }

    async fn note_use(&self, id: EventId, SessionSeen { user_id, session_id }: SessionSeen) {
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

fn of_session(said: &Heard) -> Option<(EventId, SessionSeen)> {
    let PresenceEvent::SessionSeen(seen) = &said.event else { return None };
    Some((said.id, seen.c.clone()))
}
