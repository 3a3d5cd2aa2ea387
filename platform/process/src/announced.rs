//! That a process is there, and which rules it knows: said in `presence` while it runs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use event_log::{AppendError, PresenceAppender};
use events::presence::ProcessNoted;
use events::{Actor, Event, EventId, Id, Meta, PresenceEvent};
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

/// A third of the time after which a silent process is forgotten.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Says that this process is there, until it is dropped.
#[derive(Debug)]
pub struct Announced {
    speaker: Arc<Speaker>,
    task: AbortHandle,
}

struct Speaker {
    process_id: Id,
    service: &'static str,
    rules: u32,
    source: String,
    presence: PresenceAppender,
}

impl std::fmt::Debug for Speaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Speaker").field("process_id", &self.process_id).finish_non_exhaustive()
    }
}

impl Announced {
    /// Makes this process known. Before it folds anything: who activates rules later knows of it.
    ///
    /// # Errors
    /// The log takes no note.
    pub async fn start(
        service: &'static str,
        rules: u32,
        source: String,
        presence: PresenceAppender,
    ) -> Result<Self> {
        let process_id = Id::random();
        let speaker = Arc::new(Speaker { process_id, service, rules, source, presence });
        speaker.say(false).await.context("failed to make this process known in the log")?;
        let task = tokio::spawn(keep_saying(Arc::clone(&speaker))).abort_handle();
        Ok(Self { speaker, task })
    }

    /// Says goodbye.
    pub async fn end(self) {
        self.task.abort();
        if let Err(error) = self.speaker.say(true).await {
            tracing::warn!(%error, "failed to say goodbye; the others count this process for a while");
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Speaker {
    async fn say(&self, gone: bool) -> Result<(), AppendError> {
        let noted = ProcessNoted {
            process_id: self.process_id,
            service: self.service.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules: self.rules,
            gone,
        };
        let now_ms = platform::clock::now_ms();
        let meta = Meta::new(EventId::random(), self.process_id, now_ms, 0, Actor::System);
        let event = Event::Presence(PresenceEvent::ProcessNoted(noted.into()));
        let record = events::encode(&self.source, &meta, &event);
        self.presence.append(self.process_id, record).await.map(drop)
    }
}

async fn keep_saying(speaker: Arc<Speaker>) {
    let mut ticks = tokio::time::interval(SAY_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        if let Err(error) = speaker.say(false).await {
            tracing::warn!(%error, "failed to say that this process is there; trying again");
        }
    }
}
