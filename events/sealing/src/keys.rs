//! Keys at hand: cached in memory, over the store.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{ChannelEvent, ChannelId, DirectoryEvent, Event, Meta, NewRecord, Owner, UserId};
use futures::{StreamExt, TryStreamExt};
use quick_cache::sync::Cache;

use crate::blob::{HalfKey, Of, Under};
use crate::month::Month;
use crate::secret::Secret;
use crate::store::{Held, KeyName, KeyStore, KeyStoreError};

/// Keys of people and channels in memory, and keys that were derived from them: of about 100 bytes, and
/// of about 1 KB with all that AES makes of them.
const STORED_MAX: usize = 200_000;
const DERIVED_MAX: usize = 50_000;

/// How long a key is used from memory that was destroyed by somebody whose event never came.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);

/// Keys that are fetched at the same time.
const FETCHED_AT_ONCE: usize = 32;

/// The keys of an installation. Clones share them.
#[derive(Debug, Clone)]
pub struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn KeyStore>,
    stored: AtHand<KeyName, Held>,
    /// Absent in an entry: one of the keys that it takes was destroyed.
    derived: AtHand<Under, Option<Arc<HalfKey>>>,
}

/// What is used from memory for [`FORGOTTEN_AFTER`] at most.
struct AtHand<K, V>(Cache<K, (Instant, V)>);

/// What seals one event's personal half: its key is there, or it needs none.
#[derive(Debug, Clone)]
pub struct Sealer(Option<Arc<HalfKey>>);

/// Keys of halves; nothing where one of the keys that it takes was destroyed.
pub(crate) type HalfKeys = HashMap<Under, Option<Arc<HalfKey>>>;

impl Keys {
    pub fn new(store: Arc<dyn KeyStore>) -> Self {
        Self::holding(STORED_MAX, DERIVED_MAX, store)
    }

    fn holding(stored_max: usize, derived_max: usize, store: Arc<dyn KeyStore>) -> Self {
        let (stored, derived) = (AtHand::new(stored_max), AtHand::new(derived_max));
        Self(Arc::new(Inner { store, stored, derived }))
    }

    pub fn store(&self) -> &Arc<dyn KeyStore> {
        &self.0.store
    }

    /// What seals `event`, decided at `time_ms`. The event that begins an account or a channel makes its
    /// key, durable before this returns; no other does: where a key should be there and is not, it was lost.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn sealer(&self, event: &Event, time_ms: i64) -> Result<Sealer, SealError> {
        if let Some(name) = begins(event) {
            self.made(name, Month::of(time_ms)).await?;
        }
        let Some(owner) = event.owner() else { return Ok(Sealer(None)) };
        let under = self.under(owner, Month::of(time_ms)).await?;
        match self.derived(under).await? {
            Some(key) => Ok(Sealer(Some(key))),
            None => Err(SealError::Erased(owner.person())),
        }
    }

    /// The keys that something of `month` is sealed under; a channel's past stays closed.
    async fn under(&self, owner: Owner, month: Month) -> Result<Under, SealError> {
        let person = owner.person();
        if let Held::Destroyed = self.fetched(KeyName::Person(person)).await? {
            return Err(SealError::Erased(person));
        }
        let Owner::Content { channel, .. } = owner else {
            return Ok(Under { person, channel: None });
        };
        match self.fetched(KeyName::Channel(channel)).await? {
            Held::Channel(oldest) => {
                Ok(Under { person, channel: Some((channel, month.max(oldest.month))) })
            }
            _ => Err(SealError::Erased(person)),
        }
    }

    async fn made(&self, name: KeyName, month: Month) -> Result<Held, KeyStoreError> {
        if let Some(held) = self.0.stored.get(&name) {
            return Ok(held);
        }
        let held = match self.0.store.get(name).await? {
            Some(held) => held,
            None => self.0.store.create(name, Held::fresh(name, month)).await?,
        };
        self.0.stored.insert(name, held.clone());
        Ok(held)
    }

    async fn fetched(&self, name: KeyName) -> Result<Held, KeyStoreError> {
        if let Some(held) = self.0.stored.get(&name) {
            return Ok(held);
        }
        let held = self.0.store.get(name).await?.ok_or(KeyStoreError::Missing(name))?;
        self.0.stored.insert(name, held.clone());
        Ok(held)
    }

    async fn derived(&self, under: Under) -> Result<Option<Arc<HalfKey>>, KeyStoreError> {
        if let Some(key) = self.0.derived.get(&under) {
            return Ok(key);
        }
        let key = self.derive(under).await?.map(Arc::new);
        self.0.derived.insert(under, key.clone());
        Ok(key)
    }

    async fn derive(&self, under: Under) -> Result<Option<HalfKey>, KeyStoreError> {
        let Held::Person(person) = self.fetched(KeyName::Person(under.person)).await? else {
            return Ok(None);
        };
        let month: Option<Secret> = match under.channel {
            None => None,
            Some((channel, month)) => {
                let Held::Channel(oldest) = self.fetched(KeyName::Channel(channel)).await? else {
                    return Ok(None);
                };
                match oldest.at(month) {
                    Some(ratchet) => Some(ratchet.key),
                    None => return Ok(None),
                }
            }
        };
        Ok(Some(HalfKey::derive(under, &person, month.as_ref())))
    }

    /// All keys of `wanted`, however many the memory holds.
    pub(crate) async fn of(
        &self,
        wanted: impl Iterator<Item = Under>,
    ) -> Result<HalfKeys, KeyStoreError> {
        let (mut held, mut missing) = (HalfKeys::new(), HashSet::new());
        for under in wanted {
            if held.contains_key(&under) || missing.contains(&under) {
                continue;
            }
            match self.0.derived.get(&under) {
                Some(key) => {
                    held.insert(under, key);
                }
                None => {
                    missing.insert(under);
                }
            }
        }
        if !missing.is_empty() {
            let fetches = missing
                .into_iter()
                .map(async |under| Ok::<_, KeyStoreError>((under, self.derived(under).await?)));
            let fetched = futures::stream::iter(fetches).buffer_unordered(FETCHED_AT_ONCE);
            held.extend(fetched.try_collect::<Vec<_>>().await?);
        }
        Ok(held)
    }

    /// Destroys a person's key: nothing that was sealed under it can be read again, wherever it is.
    /// What this process had in memory is gone; others forget at [`OpenedLog`](crate::OpenedLog)'s word.
    ///
    /// # Errors
    /// [`KeyStoreError`]: the key may or may not be there.
    pub async fn destroy(&self, person: UserId) -> Result<(), KeyStoreError> {
        self.0.store.replace(KeyName::Person(person), Held::Destroyed).await?;
        self.forget();
        Ok(())
    }

    /// Destroys a channel's keys of before the month of `until_ms`: nothing that was sealed under them can
    /// be read again, wherever it is. They stay destroyed whatever is asked later.
    ///
    /// # Errors
    /// [`KeyStoreError`]: they may or may not be there.
    pub async fn advance(&self, channel: ChannelId, until_ms: i64) -> Result<(), KeyStoreError> {
        let (name, month) = (KeyName::Channel(channel), Month::of(until_ms));
        // Another process may put an earlier month there that it read before.
        loop {
            let held = self.0.store.get(name).await?.ok_or(KeyStoreError::Missing(name))?;
            let Held::Channel(oldest) = held else { break };
            match oldest.at(month).filter(|_| month > oldest.month) {
                Some(advanced) => self.0.store.replace(name, Held::Channel(advanced)).await?,
                None => break,
            }
        }
        self.forget_channel(channel);
        Ok(())
    }

    /// Lets go of a channel's key, and of all that was derived.
    pub fn forget_channel(&self, channel: ChannelId) {
        self.0.stored.0.remove(&KeyName::Channel(channel));
        self.0.derived.0.clear();
    }

    /// Lets go of everything in memory.
    pub fn forget(&self) {
        self.0.stored.0.clear();
        self.0.derived.0.clear();
    }
}

impl<K, V> AtHand<K, V>
where
    K: Hash + Eq,
    V: Clone,
{
    fn new(max: usize) -> Self {
        Self(Cache::new(max))
    }

    fn get(&self, key: &K) -> Option<V> {
        let (since, value) = self.0.get(key)?;
        if since.elapsed() >= FORGOTTEN_AFTER {
            self.0.remove(key);
            return None;
        }
        Some(value)
    }

    fn insert(&self, key: K, value: V) {
        self.0.insert(key, (Instant::now(), value));
    }
}

impl<K, V> std::fmt::Debug for AtHand<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(not shown)")
    }
}

/// Whose key an event makes.
fn begins(event: &Event) -> Option<KeyName> {
    match event {
        Event::Directory(DirectoryEvent::UserCreated(b)) => Some(KeyName::Person(b.c.user_id)),
        Event::Channels(ChannelEvent::ChannelCreated(b)) => Some(KeyName::Channel(b.c.channel_id)),
        Event::Channels(ChannelEvent::ChannelDirectOpened(b)) => {
            Some(KeyName::Channel(b.c.channel_id))
        }
        Event::Channels(ChannelEvent::ChannelGroupOpened(b)) => {
            Some(KeyName::Channel(b.c.channel_id))
        }
        _ => None,
    }
}

/// Why an event was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Store(#[from] KeyStoreError),
    /// The key was destroyed: nothing more is written in this name.
    #[error("{0} is erased")]
    Erased(UserId),
}

impl Sealer {
    /// The record of `event`, its personal half sealed. `source` names the cell.
    pub fn encode(&self, source: &str, meta: &Meta, event: &Event) -> NewRecord {
        match &self.0 {
            None => events::encode(source, meta, event),
            Some(key) => {
                let of = Of { event: meta.id, event_type: event.event_type() };
                events::encode_sealed(source, meta, event, |half| key.seal(of, half))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use event_archive::testing::MemoryStore;

    use super::*;
    use crate::master::MasterKeys;
    use crate::objects::ObjectKeyStore;

    #[tokio::test]
    async fn all_keys_of_a_batch_are_had_even_if_the_memory_holds_none() {
        let master = Arc::new(MasterKeys::new(vec![("a".to_owned(), [1; 32])]));
        let store = ObjectKeyStore::open(Arc::new(MemoryStore::new()), master).await.unwrap();
        let keys = Keys::holding(0, 0, Arc::new(store));
        let people: Vec<UserId> = (0..100).map(|_| UserId::random()).collect();
        for person in &people {
            keys.made(KeyName::Person(*person), Month::of(0)).await.unwrap();
        }
        keys.destroy(people[0]).await.unwrap();
        let under = |person: &UserId| Under { person: *person, channel: None };
        let held = keys.of(people.iter().map(under)).await.unwrap();
        assert_eq!(held.len(), people.len());
        let destroyed = held.iter().filter(|(_, key)| key.is_none());
        assert_eq!(destroyed.map(|(under, _)| under.person).collect::<Vec<_>>(), [people[0]]);
    }
}
