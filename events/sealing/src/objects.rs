//! The key store in an object store of its own: one small object per key, wrapped by the master key.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use event_archive::{KeyPrefix, ObjectKey, ObjectStore, PutOutcome, StoreError};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::master::{Master, WrapError, Wrapped};
use crate::month::Month;
use crate::secret::{Ratchet, Secret};
use crate::store::{Held, KeyName, KeyStore, KeyStoreError};

/// The object that tells whether the master key is the store's.
const CHECK: &str = "check";

const FORMAT: u8 = 1;

/// An object of the store, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u8,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    destroyed: bool,
    /// The master key that wrapped it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    master: String,
    /// Of a channel: the month that the key is of, counted from January of year 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    month: Option<u32>,
    /// Nonce and sealed key, base64url.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    wrapped: String,
}

/// Keys as objects `people/<id>` and `channels/<id>`. What is replaced must be gone: the store may
/// keep no versions.
#[derive(Debug, Clone)]
pub struct ObjectKeyStore {
    objects: Arc<dyn ObjectStore>,
    master: Arc<dyn Master>,
}

impl ObjectKeyStore {
    /// Opens the store and proves that `master` is its master key; an empty one becomes its store.
    ///
    /// # Errors
    /// [`KeyStoreError`]: the objects cannot be had, or another master key wrapped them.
    pub async fn open(
        objects: Arc<dyn ObjectStore>,
        master: Arc<dyn Master>,
    ) -> Result<Self, KeyStoreError> {
        let store = Self { objects, master };
        let object = ObjectKey::parse(CHECK).expect("a word is a name");
        let fresh = store.wrapped(CHECK, None, &[0; 32]).await?;
        let put = store.objects.put_if_absent(&object, fresh.into()).await;
        if put.map_err(failed("make", CHECK))? == PutOutcome::AlreadyThere {
            let check = store.stored(&object).await?;
            let check = check.ok_or_else(|| damaged(CHECK, "it is gone".to_owned()))?;
            store.unwrapped(CHECK, &check).await?;
        }
        Ok(store)
    }

    /// Wraps every key anew that an older master key wrapped; answers how many.
    ///
    /// # Errors
    /// [`KeyStoreError`]; those that were wrapped anew stay so.
    pub async fn rewrap(&self) -> Result<u64, KeyStoreError> {
        let all = self.objects.list(&KeyPrefix::ALL).await.map_err(failed("list", "*"))?;
        let mut rewrapped = 0;
        for object in all {
            let Some(stored) = self.stored(&object).await? else { continue };
            if stored.destroyed || !self.master.is_old(&stored.master) {
                continue;
            }
            let key = self.unwrapped(object.as_str(), &stored).await?;
            let bytes = self.wrapped(object.as_str(), stored.month, &key).await?;
            let put = self.objects.put(&object, bytes.into()).await;
            put.map_err(failed("wrap", object.as_str()))?;
            rewrapped += 1;
        }
        Ok(rewrapped)
    }

    async fn stored(&self, object: &ObjectKey) -> Result<Option<Stored>, KeyStoreError> {
        let bytes = self.objects.get(object).await.map_err(failed("read", object.as_str()))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let stored: Stored = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(object.as_str(), error.to_string()))?;
        if stored.format != FORMAT {
            return Err(damaged(object.as_str(), format!("it has format {}", stored.format)));
        }
        Ok(Some(stored))
    }

    async fn unwrapped(
        &self,
        name: &str,
        stored: &Stored,
    ) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        let bytes = BASE64URL_NOPAD
            .decode(stored.wrapped.as_bytes())
            .map_err(|error| damaged(name, error.to_string()))?;
        let wrapped = Wrapped { master: stored.master.clone(), bytes };
        self.master.unwrap(&bound(name, stored.month), &wrapped).await.map_err(not_unwrapped(name))
    }

    async fn wrapped(
        &self,
        name: &str,
        month: Option<u32>,
        key: &[u8],
    ) -> Result<Vec<u8>, KeyStoreError> {
        let bound = bound(name, month);
        let wrapped = self.master.wrap(&bound, key).await.map_err(not_unwrapped(name))?;
        let stored = Stored {
            format: FORMAT,
            destroyed: false,
            master: wrapped.master,
            month,
            wrapped: BASE64URL_NOPAD.encode(&wrapped.bytes),
        };
        Ok(encoded(&stored))
    }

    async fn held(&self, name: KeyName) -> Result<Option<Held>, KeyStoreError> {
        let Some(stored) = self.stored(&name.object()).await? else { return Ok(None) };
        if stored.destroyed {
            return Ok(Some(Held::Destroyed));
        }
        let text = name.to_string();
        let key = self.unwrapped(&text, &stored).await?;
        let key = Secret::from_slice(&key)
            .ok_or_else(|| damaged(&text, "it has another length".to_owned()))?;
        match (name, stored.month) {
            (KeyName::Person(_), None) => Ok(Some(Held::Person(key))),
            (KeyName::Channel(_), Some(month)) => {
                Ok(Some(Held::Channel(Ratchet { month: Month::from_number(month), key })))
            }
            _ => Err(damaged(&text, "a channel's key has a month, a person's has none".to_owned())),
        }
    }

    async fn bytes_of(&self, name: KeyName, key: &Held) -> Result<Vec<u8>, KeyStoreError> {
        let text = name.to_string();
        match key {
            Held::Person(key) => self.wrapped(&text, None, key.bytes()).await,
            Held::Channel(at) => self.wrapped(&text, Some(at.month.number()), at.key.bytes()).await,
            Held::Destroyed => Ok(encoded(&Stored {
                format: FORMAT,
                destroyed: true,
                master: String::new(),
                month: None,
                wrapped: String::new(),
            })),
        }
    }
}

impl KeyStore for ObjectKeyStore {
    fn get(&self, name: KeyName) -> BoxFuture<'_, Result<Option<Held>, KeyStoreError>> {
        Box::pin(self.held(name))
    }

    fn create(&self, name: KeyName, key: Held) -> BoxFuture<'_, Result<Held, KeyStoreError>> {
        Box::pin(async move {
            let bytes = self.bytes_of(name, &key).await?;
            let put = self.objects.put_if_absent(&name.object(), bytes.into()).await;
            match put.map_err(failed("make", &name.to_string()))? {
                PutOutcome::Written => Ok(key),
                PutOutcome::AlreadyThere => {
                    let held = self.held(name).await?;
                    held.ok_or_else(|| damaged(&name.to_string(), "it is gone".to_owned()))
                }
            }
        })
    }

    fn replace(&self, name: KeyName, key: Held) -> BoxFuture<'_, Result<(), KeyStoreError>> {
        Box::pin(async move {
            let bytes = self.bytes_of(name, &key).await?;
            let put = self.objects.put(&name.object(), bytes.into()).await;
            put.map_err(failed("replace", &name.to_string()))
        })
    }
}

/// What a wrapped key is bound to: its name, and the month that stands beside it.
fn bound(name: &str, month: Option<u32>) -> String {
    match month {
        None => name.to_owned(),
        Some(month) => format!("{name}@{month}"),
    }
}

fn encoded(stored: &Stored) -> Vec<u8> {
    serde_json::to_vec(stored).expect("a struct of texts and numbers encodes")
}

fn failed(action: &'static str, name: &str) -> impl FnOnce(StoreError) -> KeyStoreError {
    let name = name.to_owned();
    move |error| KeyStoreError::Unavailable { action, name, reason: error.to_string() }
}

fn damaged(name: &str, reason: String) -> KeyStoreError {
    KeyStoreError::Unwrappable { name: name.to_owned(), reason }
}

fn not_unwrapped(name: &str) -> impl FnOnce(WrapError) -> KeyStoreError {
    let name = name.to_owned();
    move |error| match error {
        WrapError::Unavailable(reason) => {
            KeyStoreError::Unavailable { action: "unwrap", name, reason }
        }
        error => KeyStoreError::Unwrappable { name, reason: error.to_string() },
    }
}
