//! The in-memory adapter keeps the contract.

use std::sync::Arc;

use event_archive::ObjectStore;
use event_archive::testing::MemoryStore;
use event_archive::testing::contract::Location;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};

struct InMemory(MemoryStore);

impl Location for InMemory {
    fn open(&self) -> BoxFuture<'_, Arc<dyn ObjectStore>> {
        ready(Arc::new(self.0.clone()) as Arc<dyn ObjectStore>).boxed()
    }
}

event_archive::contract_tests!(InMemory(MemoryStore::new()));
