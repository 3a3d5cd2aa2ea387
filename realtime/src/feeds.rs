//! What the fan-out thread is fed: folded events and the tail of `presence`.

use std::sync::Arc;
use std::time::Duration;

use event_log::{LogReader, ReadError, Tail};
use events::{Event, Partition, PresenceEvent, SharedRecord, Topic};
use fold::{Subscription, SubscriptionError};
use tokio::sync::Semaphore;

use crate::hub::{Command, Inbox};

/// Records that may wait for the fan-out thread before the fold's own buffer takes them.
const WAITING_RECORDS_MAX: u32 = 65_536;
/// How long the log may fail before it is asked again.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// Hands on what is folded until the fold ends.
pub async fn folded(mut subscription: Subscription, inbox: Arc<Inbox>) {
    let waiting = Arc::new(Semaphore::new(WAITING_RECORDS_MAX as usize));
    loop {
        match subscription.next().await {
            Ok(batch) => {
                let records = u32::try_from(batch.len()).unwrap_or(u32::MAX);
                let permits = records.min(WAITING_RECORDS_MAX);
                let Ok(permit) = Arc::clone(&waiting).acquire_many_owned(permits).await else {
                    return;
                };
                inbox.send(Command::Folded { batch, permit });
            }
            Err(SubscriptionError::Lagged(batches)) => {
                tracing::warn!(batches, "the sockets fell behind the fold; all begin anew");
                inbox.send(Command::StartOver);
            }
            Err(SubscriptionError::Stopped) => return,
        }
    }
}

/// Follows `presence` from its end: what was said before is no longer so.
pub async fn presence(log: Arc<dyn LogReader>, mut tail: Box<dyn Tail>, inbox: Arc<Inbox>) {
    loop {
        match tail.next().await {
            Ok(records) => inbox.send(Command::Presence(decoded(&records))),
            Err(error) => {
                tracing::warn!(%error, "failed to follow presence; trying again");
                tail = reopened(&log).await;
            }
        }
    }
}

async fn reopened(log: &Arc<dyn LogReader>) -> Box<dyn Tail> {
    loop {
        tokio::time::sleep(RETRY_EVERY).await;
        match follow_presence(log).await {
            Ok(tail) => return tail,
            Err(error) => tracing::warn!(%error, "failed to follow presence; trying again"),
        }
    }
}

/// A tail of `presence` from its present end.
pub async fn follow_presence(log: &Arc<dyn LogReader>) -> Result<Box<dyn Tail>, ReadError> {
    let partitions: Vec<Partition> = Topic::Presence.partitions().collect();
    let ends = log.ends(&partitions).await?;
    log.tail(partitions.into_iter().zip(ends).collect()).await
}

/// What no reader understands is passed over: nothing rests on it.
fn decoded(records: &[SharedRecord]) -> Vec<PresenceEvent> {
    let decode = |record: &SharedRecord| match events::decode(record) {
        Ok((_, Event::Presence(event))) => Some(event),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error, partition = %record.partition, "passed over a presence record");
            None
        }
    };
    records.iter().filter_map(decode).collect()
}
