//! What a process that keeps answers open tells the others: how far it has come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use event_log::{AppendError, PresenceAppender};
use events::presence::PositionsNoted;
use events::{
    Actor, ChannelEvent, Event, EventId, Id, Meta, Partition, Position, PresenceEvent, UserEvent,
};
use fold::{AccessEnded, Fold, Folded, Lease, Subscription, SubscriptionError};
use futures::future::join_all;
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

/// How often a process notes its positions when nothing happens.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// How long the log may take to say what it holds now.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(60);

/// How far what a process serves has come.
pub trait Progress: AccessEnded + 'static {
    /// Everything of the partition below this offset has taken effect.
    fn next(&self, partition: Partition) -> u64;
}

/// What answers from the fold has come as far as the fold.
impl Progress for Fold {
    fn next(&self, partition: Partition) -> u64 {
        self.set().next(partition)
    }
}

/// Notes the positions of this process in `presence`, each second and at once after an event that
/// takes access away, until it is dropped.
#[derive(Debug)]
pub struct Notes {
    writer: Arc<Writer>,
    task: AbortHandle,
}

struct Writer {
    process_id: Id,
    service: &'static str,
    source: String,
    presence: PresenceAppender,
    lease: Arc<Lease>,
    progress: Arc<dyn Progress>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("process_id", &self.process_id).finish_non_exhaustive()
    }
}

impl Notes {
    /// Makes this process known, then folds all that the log holds now. Who takes access away later
    /// finds this process among those to wait for; who did so before is in the fold. So nothing may be
    /// served before this returns.
    ///
    /// # Errors
    /// The log takes no note, or cannot be read to its end.
    pub async fn start(
        service: &'static str,
        source: String,
        presence: PresenceAppender,
        (fold, lease): (&Fold, Arc<Lease>),
        progress: Arc<dyn Progress>,
    ) -> Result<Self> {
        let process_id = Id::random();
        let writer = Writer { process_id, service, source, presence, lease, progress };
        let writer = Arc::new(writer);
        let folded = fold.subscribe();
        writer.note(false).await.context("failed to make this process known in the log")?;
        fold.catch_up(fold.partitions(), Instant::now() + CATCH_UP_WITHIN).await?;
        let task = tokio::spawn(keep_noting(Arc::clone(&writer), folded)).abort_handle();
        Ok(Self { writer, task })
    }

    /// Says goodbye: nobody need wait for this process any more. Everything it kept open is closed.
    pub async fn end(&self) {
        self.task.abort();
        if let Err(error) = self.writer.note(true).await {
            tracing::warn!(%error, "failed to say goodbye; the others wait for this process a while");
        }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Writer {
    async fn note(&self, gone: bool) -> Result<(), AppendError> {
        let began = Instant::now();
        let positions = Partition::durable().map(|p| (p, self.progress.next(p)));
        let next: BTreeMap<String, u64> = positions
            .filter(|(_, next)| *next > 0)
            .map(|(p, next)| (p.to_string(), next))
            .collect();
        let noted = PositionsNoted {
            process_id: self.process_id,
            service: self.service.to_owned(),
            next,
            gone,
        };
        let now_ms = platform::clock::now_ms();
        let meta = Meta::new(EventId::random(), self.process_id, now_ms, 0, Actor::System);
        let event = Event::Presence(PresenceEvent::PositionsNoted(noted.into()));
        let record = events::encode(&self.source, &meta, &event);
        self.presence.append(self.process_id, record).await?;
        self.lease.renew(began);
        Ok(())
    }

    /// Somebody may be waiting for what ended here.
    async fn note_ends(&self, batch: &[Arc<Folded>]) {
        let ends: Vec<Position> = batch.iter().filter_map(|folded| access_end(folded)).collect();
        if ends.is_empty() {
            return;
        }
        join_all(ends.iter().map(|position| self.progress.passed(*position))).await;
        self.note_or_tell().await;
    }

    async fn note_or_tell(&self) {
        if let Err(error) = self.note(false).await {
            tracing::warn!(%error, "failed to note how far this process is; trying again");
        }
    }
}

async fn keep_noting(writer: Arc<Writer>, mut folded: Subscription) {
    let mut ticks = tokio::time::interval(NOTE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => writer.note_or_tell().await,
            batch = folded.next() => match batch {
                Ok(batch) => writer.note_ends(&batch).await,
                // What was missed is in the next note.
                Err(SubscriptionError::Lagged(_)) => {}
                Err(SubscriptionError::Stopped) => return,
            },
        }
    }
}

/// The position of an event that somebody may wait for. In the directory, which says little, that may
/// be any.
fn access_end(folded: &Folded) -> Option<Position> {
    let (_, event, _) = folded.applied()?;
    let ends = match event {
        Event::Directory(_) | Event::Users(UserEvent::SessionRevoked(_)) => true,
        Event::Channels(event) => matches!(
            event,
            ChannelEvent::ChannelMemberRemoved(_)
                | ChannelEvent::ChannelMemberRolesChanged(_)
                | ChannelEvent::ChannelModerated(_)
                | ChannelEvent::ChannelPrivacyChanged(_)
                | ChannelEvent::ChannelArchived(_)
        ),
        _ => false,
    };
    ends.then(|| folded.position())
}
