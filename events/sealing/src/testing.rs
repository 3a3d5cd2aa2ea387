//! Keys for tests.

use std::sync::Arc;

use event_archive::testing::MemoryStore;

use crate::{Keys, MasterKeys, ObjectKeyStore};

/// Keys in memory, with a store of their own.
///
/// # Panics
/// Never: memory does not fail.
pub async fn keys() -> Keys {
    let master = Arc::new(MasterKeys::new(vec![("test".to_owned(), [1; 32])]));
    let store = ObjectKeyStore::open(Arc::new(MemoryStore::new()), master).await;
    Keys::new(Arc::new(store.expect("a store in memory opens")))
}
