//! Sealing: what is personal in an event can be read only with keys that can be destroyed.
//!
//! Owns the keys of people and channels, where they are kept ([`KeyStore`]), what is derived from them,
//! and how a personal half ([`Keys::sealer`], [`OpenedLog`]), a file's bytes ([`FileKey`]) and the parts in
//! which it comes ([`Uploads`]) are sealed and opened. It must never know a rule: a verdict is the same whether a half can be opened or not. To
//! keep keys elsewhere, implement [`KeyStore`]; to wrap them otherwise, [`Master`].
//!
//! A person has a key, a channel a key for each month, of which the later follow from the earlier
//! ([`Ratchet`]). What somebody writes in a channel is sealed under a key that needs both: destroying
//! the person's erases what they wrote everywhere, moving the channel's on erases its past.

mod blob;
mod file;
mod keys;
mod kms;
mod log;
mod master;
mod month;
mod objects;
mod secret;
mod store;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod uploads;

pub use file::{FileKey, UnreadableFile};
pub use keys::{Keys, SealError, Sealer};
pub use kms::KmsMaster;
pub use log::OpenedLog;
pub use master::{Master, MasterKeys, WrapError, Wrapped};
pub use month::Month;
pub use objects::ObjectKeyStore;
pub use secret::{Ratchet, Secret};
pub use store::{Held, KeyName, KeyStore, KeyStoreError};
pub use uploads::{Data, Upload, UploadError, UploadSession, Uploads};
