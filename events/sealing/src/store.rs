//! The port of the key store: the one durable thing besides the log and the objects, and the one that
//! forgets on purpose.

use std::fmt;
use std::str::FromStr;

use event_archive::ObjectKey;
use events::{ChannelId, UserId};
use futures::future::BoxFuture;

use crate::month::Month;
use crate::secret::{Ratchet, Secret};

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyName {
    Person(UserId),
    Channel(ChannelId),
}

impl KeyName {
    /// `people/<id>` or `channels/<id>`.
    pub fn object(self) -> ObjectKey {
        ObjectKey::parse(self.to_string()).expect("an id is a part of a name")
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "people/{person}"),
            Self::Channel(channel) => write!(f, "channels/{channel}"),
        }
    }
}

/// A text that names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is named people/<id> or channels/<id>")]
pub struct NoKeyName;

impl FromStr for KeyName {
    type Err = NoKeyName;

    fn from_str(text: &str) -> Result<Self, NoKeyName> {
        match text.split_once('/').ok_or(NoKeyName)? {
            ("people", id) => id.parse().map(Self::Person).map_err(|_| NoKeyName),
            ("channels", id) => id.parse().map(Self::Channel).map_err(|_| NoKeyName),
            _ => Err(NoKeyName),
        }
    }
}

/// What the store holds under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Person(Secret),
    Channel(Ratchet),
    /// There was a key, and it was destroyed: it does not come back.
    Destroyed,
}

impl Held {
    /// A fresh one for what is first sealed in `month`.
    pub fn fresh(name: KeyName, month: Month) -> Self {
        match name {
            KeyName::Person(_) => Self::Person(Secret::random()),
            KeyName::Channel(_) => Self::Channel(Ratchet::random(month)),
        }
    }
}

/// A key that cannot be had now. Nothing may be taken for erased because of it.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    #[error("failed to {action} the key {name}: {reason}")]
    Unavailable { action: &'static str, name: String, reason: String },
    /// What is there was wrapped by another master key, or is damaged.
    #[error(
        "the key {name} cannot be unwrapped ({reason}): its master key is missing, or it is damaged"
    )]
    Unwrappable { name: String, reason: String },
    /// The log holds what was sealed under a key that the store never had: it is not the log's store,
    /// or was put back to before the key was made.
    #[error(
        "the key store lacks the key {0}, under which the log holds events: restore the key store; \
         `replay keys give-up {0}` takes them for erased for ever and makes a new key"
    )]
    Missing(KeyName),
}

/// A store of keys. What is acknowledged is durable, and everyone who asks afterwards sees it.
pub trait KeyStore: fmt::Debug + Send + Sync + 'static {
    fn get(&self, name: KeyName) -> BoxFuture<'_, Result<Option<Held>, KeyStoreError>>;

    /// Keeps `key` if there is none under the name; answers what stands there then.
    fn create(&self, name: KeyName, key: Held) -> BoxFuture<'_, Result<Held, KeyStoreError>>;

    /// Puts `key` in the place of what is there: a destroyed one, or a ratchet that moved on. The old
    /// one is gone when this returns.
    fn replace(&self, name: KeyName, key: Held) -> BoxFuture<'_, Result<(), KeyStoreError>>;
}
