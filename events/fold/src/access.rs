//! The promise that access which ended has ended everywhere, between whoever ends it and whoever
//! serves it.

use std::time::{Duration, Instant};

use events::Position;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::runner::{Fold, WaitError};

/// The caller has a deadline of its own; this one only bounds a single wait.
const A_WHILE: Duration = Duration::from_secs(3600);

/// Implemented by whoever keeps answers open (sockets); awaited by commands that take access away.
pub trait AccessEnded: Send + Sync {
    /// Resolves once nothing is sent any more that rests on rights from before `position`: what it
    /// ended is closed. The caller brings the deadline.
    fn passed(&self, position: Position) -> BoxFuture<'_, ()>;
}

/// What is answered from the fold alone.
impl AccessEnded for Fold {
    fn passed(&self, position: Position) -> BoxFuture<'_, ()> {
        async move {
            let next = position.offset + 1;
            loop {
                match self.wait_for(position.partition, next, Instant::now() + A_WHILE).await {
                    Ok(()) => return,
                    Err(WaitError::TimedOut) => {}
                    // It never gets there: the process is about to end.
                    Err(WaitError::Stopped) => std::future::pending().await,
                }
            }
        }
        .boxed()
    }
}
