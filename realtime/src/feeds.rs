//! What the fan-out thread is fed: folded events and what is said in `presence`.

use std::sync::Arc;

use fold::{HeardBatch, Subscription, SubscriptionError};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast};

use crate::hub::{Command, Inbox};

/// Records that may wait for the fan-out thread before the fold's own buffer takes them.
const WAITING_RECORDS_MAX: u32 = 65_536;

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

/// Hands on what is said in `presence`. What was missed was ephemeral.
pub async fn presence(mut heard: broadcast::Receiver<HeardBatch>, inbox: Arc<Inbox>) {
    loop {
        match heard.recv().await {
            Ok(batch) => inbox.send(Command::Presence(batch)),
            Err(RecvError::Lagged(batches)) => {
                tracing::warn!(batches, "the sockets fell behind presence");
            }
            Err(RecvError::Closed) => return,
        }
    }
}
