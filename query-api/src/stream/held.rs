//! A stream in the hands of its client, who alone moves it on. One who takes nothing for long must not keep
//! what others wait for: the stream is let go of, and the client comes again with its cursor.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::delivery::Delivery;
use super::telemetry;

pub(super) struct Held {
    /// Locked while the client waits for something. None: it is over.
    delivery: tokio::sync::Mutex<Option<Delivery>>,
    /// When the client took something last.
    taken: Mutex<Instant>,
}

impl Held {
    /// It ends once its client has taken nothing of what there is for so long.
    pub fn begin(delivery: Delivery, stalled_after: Duration) -> Arc<Self> {
        let delivery = tokio::sync::Mutex::new(Some(delivery));
        let held = Arc::new(Self { delivery, taken: Mutex::new(Instant::now()) });
        tokio::spawn(watch(Arc::downgrade(&held), stalled_after));
        held
    }

    /// The next piece; `None` at the end.
    pub async fn next(&self) -> Option<Bytes> {
        let mut delivery = self.delivery.lock().await;
        let piece = delivery.as_mut()?.next().await;
        *self.taken.lock() = Instant::now();
        if piece.is_none() {
            *delivery = None;
        }
        piece
    }

    /// Whether it is over.
    fn let_go_if_stalled(&self, stalled_after: Duration) -> bool {
        // Whoever holds the lock waits for what comes next.
        let Ok(mut delivery) = self.delivery.try_lock() else { return false };
        if delivery.is_some() && self.taken.lock().elapsed() >= stalled_after {
            telemetry::closed("stalled");
            *delivery = None;
        }
        delivery.is_none()
    }
}

async fn watch(held: Weak<Held>, stalled_after: Duration) {
    loop {
        tokio::time::sleep(stalled_after / 2).await;
        let Some(held) = held.upgrade() else { return };
        if held.let_go_if_stalled(stalled_after) {
            return;
        }
    }
}
