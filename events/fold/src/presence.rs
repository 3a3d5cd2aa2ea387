//! Follows the topic `presence`: what is said there is never judged, so it stands beside the folds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_log::{LogReader, ReadError, Tail};
use events::{Event, EventId, Partition, Position, PresenceEvent, SharedRecord, Topic};
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use crate::access::AccessEnded;
use crate::others::Others;
use crate::processes::{KnownProcess, Processes};
use crate::status::StatusBoard;

/// Batches that a slow listener may lag behind; what it misses was ephemeral.
const HEARD_BATCHES_MAX: usize = 4_096;
/// How long the log may fail before it is asked again.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// How long the records of an hour may take.
const OLD_WITHIN: Duration = Duration::from_secs(60);

/// Something that was said in `presence`.
#[derive(Debug)]
pub struct Heard {
    /// The record's: the same for everyone who hears it.
    pub id: EventId,
    pub event: PresenceEvent,
}

/// In order within each partition.
pub type HeardBatch = Arc<[Heard]>;

/// A running follower. Clones share it; it runs until the last is dropped.
#[derive(Debug, Clone)]
pub struct Presence(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    log: Arc<dyn LogReader>,
    shared: Arc<Shared>,
    task: tokio::task::AbortHandle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Shared {
    statuses: Arc<StatusBoard>,
    others: Others,
    processes: Processes,
    heard: broadcast::Sender<HeardBatch>,
    /// Where each partition's follower stands, by its index.
    next: Mutex<Vec<u64>>,
    moved: watch::Sender<()>,
}

impl Presence {
    /// Follows `presence` from the oldest record kept, and puts who is there on `statuses`. What was
    /// said before now is heard when this returns, and no listener hears it.
    ///
    /// # Errors
    /// [`ReadError`] if the log cannot be read.
    pub async fn follow(
        log: Arc<dyn LogReader>,
        statuses: Arc<StatusBoard>,
    ) -> Result<Self, ReadError> {
        let (tail, from) = tail_from_oldest(&log).await?;
        let shared = Arc::new(Shared {
            statuses,
            others: Others::default(),
            processes: Processes::default(),
            heard: broadcast::Sender::new(HEARD_BATCHES_MAX),
            next: Mutex::new(from),
            moved: watch::Sender::new(()),
        });
        let task = tokio::spawn(follow(tail, Arc::clone(&log), Arc::clone(&shared))).abort_handle();
        let presence = Self(Arc::new(Inner { log, shared, task }));
        presence.catch_up(Instant::now() + OLD_WITHIN).await?;
        Ok(presence)
    }

    /// Everything that is heard from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<HeardBatch> {
        self.0.shared.heard.subscribe()
    }

    /// The processes that were heard lately.
    pub fn processes(&self) -> Vec<KnownProcess> {
        self.0.shared.processes.all()
    }

    /// Reads the ends of `presence` and waits until all below them was heard.
    ///
    /// # Errors
    /// [`ReadError`] if the log cannot tell its ends, or they are not reached by `deadline`.
    pub async fn catch_up(&self, deadline: Instant) -> Result<(), ReadError> {
        let partitions: Vec<Partition> = Topic::Presence.partitions().collect();
        let ends = self.0.log.ends(&partitions).await?;
        let mut moved = self.0.shared.moved.subscribe();
        let there = moved.wait_for(|()| {
            let next = self.0.shared.next.lock();
            next.iter().zip(&ends).all(|(next, end)| next >= end)
        });
        match tokio::time::timeout_at(deadline.into(), there).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(ReadError::Unavailable("presence was not heard in time".to_owned())),
        }
    }
}

/// Whoever keeps answers open notes in `presence` how far it is. A process that makes itself known
/// after the ends were read has folded `position` before it serves.
impl AccessEnded for Presence {
    fn passed(&self, position: Position) -> BoxFuture<'_, ()> {
        async move {
            while let Err(error) = self.catch_up(Instant::now() + OLD_WITHIN).await {
                tracing::warn!(%error, "failed to learn which processes there are; trying again");
                tokio::time::sleep(RETRY_EVERY).await;
            }
            self.0.shared.others.passed(position).await;
        }
        .boxed()
    }
}

impl Shared {
    fn hear(&self, records: &[SharedRecord]) {
        let heard: HeardBatch = records.iter().filter_map(decoded).collect();
        for said in heard.iter() {
            match &said.event {
                PresenceEvent::PresenceChanged(changed) => self.statuses.apply(&changed.c),
                PresenceEvent::PositionsNoted(noted) => self.others.hear(&noted.c, Instant::now()),
                PresenceEvent::ProcessNoted(noted) => self.processes.hear(&noted.c),
                PresenceEvent::TypingStarted(_)
                | PresenceEvent::StatusChosen(_)
                | PresenceEvent::SessionSeen(_) => {}
            }
        }
        // Without a listener there is nobody to tell.
        let _ = self.heard.send(heard);
        {
            let mut next = self.next.lock();
            for record in records {
                next[usize::from(record.partition.index)] = record.offset + 1;
            }
        }
        self.moved.send_replace(());
    }
}

async fn follow(mut tail: Box<dyn Tail>, log: Arc<dyn LogReader>, shared: Arc<Shared>) {
    loop {
        match tail.next().await {
            Ok(records) => shared.hear(&records),
            Err(error) => {
                tracing::warn!(%error, "failed to follow presence; trying again");
                tail = reopened(&log, &shared).await;
            }
        }
    }
}

/// Goes on where it was; where that is not kept any more, at the oldest record.
async fn reopened(log: &Arc<dyn LogReader>, shared: &Shared) -> Box<dyn Tail> {
    loop {
        tokio::time::sleep(RETRY_EVERY).await;
        let from = shared.next.lock().clone();
        match tail_from(log, from).await {
            Ok((tail, from)) => {
                *shared.next.lock() = from;
                return tail;
            }
            Err(error) => tracing::warn!(%error, "failed to follow presence; trying again"),
        }
    }
}

async fn tail_from_oldest(
    log: &Arc<dyn LogReader>,
) -> Result<(Box<dyn Tail>, Vec<u64>), ReadError> {
    tail_from(log, vec![0; usize::from(Topic::Presence.partition_count())]).await
}

/// A tail from these offsets, or from the oldest kept where they are older; and where it begins.
async fn tail_from(
    log: &Arc<dyn LogReader>,
    mut from: Vec<u64>,
) -> Result<(Box<dyn Tail>, Vec<u64>), ReadError> {
    loop {
        let starts = Topic::Presence.partitions().zip(from.iter().copied()).collect();
        match log.tail(starts).await {
            Ok(tail) => return Ok((tail, from)),
            // What is said meanwhile can only move it further.
            Err(ReadError::OutOfRange { partition, from: asked, first, end }) => {
                from[usize::from(partition.index)] = if asked < first { first } else { end };
            }
            Err(error) => return Err(error),
        }
    }
}

/// What no reader understands is passed over: nothing rests on it.
fn decoded(record: &SharedRecord) -> Option<Heard> {
    match events::decode(record) {
        Ok((meta, Event::Presence(event))) => Some(Heard { id: meta.id, event }),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error, partition = %record.partition, "passed over a presence record");
            None
        }
    }
}
