//! Whether the others still wait for this process.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// When this process last told the others how far it is. They wait for whom they have heard within
/// the fail-closed time, so one that could not tell them for so long has to serve nothing.
#[derive(Debug)]
pub struct Lease(Mutex<Option<Instant>>);

impl Default for Lease {
    /// Nothing was told yet.
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl Lease {
    /// They know of this process what it began to tell at `since`.
    pub fn renew(&self, since: Instant) {
        *self.0.lock() = Some(since);
    }

    pub(crate) fn holds(&self, time: Duration) -> bool {
        self.0.lock().is_some_and(|since| since.elapsed() < time)
    }
}
