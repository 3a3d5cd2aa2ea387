//! The way into the topic `presence`, the only one that realtime writes.

use event_log::PresenceAppender;
use events::presence::{PresenceChanged, StatusChosen, TypingStarted};
use events::{Actor, Event, EventId, Id, Meta, PresenceEvent, UserId};
use tokio::sync::mpsc;

/// Records that may wait for the log.
const WAITING_MAX: usize = 8_192;

/// Appends to `presence` in order, and to nothing else.
#[derive(Debug, Clone)]
pub struct PresenceLog(mpsc::Sender<Said>);

#[derive(Debug)]
struct Said {
    key: Id,
    by: UserId,
    event: PresenceEvent,
}

/// What realtime has to say.
pub trait Says {
    /// The key that orders it, who says it, and what.
    fn say(self) -> (Id, UserId, PresenceEvent);
}

impl Says for PresenceChanged {
    fn say(self) -> (Id, UserId, PresenceEvent) {
        (self.user_id.0, self.user_id, PresenceEvent::PresenceChanged(self.into()))
    }
}

impl Says for TypingStarted {
    fn say(self) -> (Id, UserId, PresenceEvent) {
        (self.channel_id.0, self.user_id, PresenceEvent::TypingStarted(self.into()))
    }
}

impl Says for StatusChosen {
    fn say(self) -> (Id, UserId, PresenceEvent) {
        (self.user_id.0, self.user_id, PresenceEvent::StatusChosen(self.into()))
    }
}

impl PresenceLog {
    /// `source` names the cell.
    pub fn start(log: PresenceAppender, source: String) -> (Self, tokio::task::AbortHandle) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(append_all(log, source, receiver));
        (Self(sender), task.abort_handle())
    }

    /// Whether the log will be told; what is ephemeral may be lost.
    pub fn append(&self, what: impl Says) -> bool {
        let (key, by, event) = what.say();
        self.0.try_send(Said { key, by, event }).is_ok()
    }
}

async fn append_all(log: PresenceAppender, source: String, mut said: mpsc::Receiver<Said>) {
    while let Some(Said { key, by, event }) = said.recv().await {
        let now_ms = platform::clock::now_ms();
        let meta = Meta::new(EventId::random(), key, now_ms, 0, Actor::User(by));
        let record = events::encode(&source, &meta, &Event::Presence(event));
        if let Err(error) = log.append(key, record).await {
            tracing::warn!(%error, "failed to tell of a presence");
        }
    }
}
