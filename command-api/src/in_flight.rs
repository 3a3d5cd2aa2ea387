//! Ids that requests of this process have in flight: a second request with an id waits for the first.

use std::collections::HashMap;
use std::sync::Arc;

use events::EventId;
use parking_lot::Mutex;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(crate) struct InFlight(Mutex<HashMap<EventId, Arc<Notify>>>);

impl InFlight {
    /// Resolves when nobody else has `id`; it is the caller's until the pass is dropped.
    pub(crate) async fn enter(&self, id: EventId) -> Pass<'_> {
        loop {
            let first = {
                let mut ids = self.0.lock();
                match ids.get(&id) {
                    Some(first) => Arc::clone(first).notified_owned(),
                    None => {
                        ids.insert(id, Arc::default());
                        return Pass { ids: self, id };
                    }
                }
            };
            first.await;
        }
    }
}

/// The right to have an id in flight.
#[derive(Debug)]
pub(crate) struct Pass<'i> {
    ids: &'i InFlight,
    id: EventId,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = self.ids.0.lock().remove(&self.id) {
            waiting.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_second_request_with_an_id_waits_for_the_first() {
        let ids = InFlight::default();
        let (id, other) = (EventId::from_bytes([1; 16]), EventId::from_bytes([2; 16]));
        let first = ids.enter(id).now_or_never().expect("nobody has it");
        assert!(ids.enter(other).now_or_never().is_some());
        let second = ids.enter(id);
        tokio::pin!(second);
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert!(second.now_or_never().is_some());
    }
}
