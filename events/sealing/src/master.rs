//! What wraps the keys while they lie in the store.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use events::Id;
use futures::future::BoxFuture;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Why a key was not wrapped or unwrapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    #[error("there is no master key {0:?}")]
    UnknownMaster(String),
    #[error("it does not open under its master key")]
    Damaged,
    #[error("the service of the master key failed: {0}")]
    Unavailable(String),
}

/// A wrapped key and the name of the master key that wrapped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    pub master: String,
    pub bytes: Vec<u8>,
}

/// The master key: here a file's ([`MasterKeys`]), elsewhere a key management service.
pub trait Master: fmt::Debug + Send + Sync + 'static {
    /// Wraps `key`, bound to `name`.
    fn wrap<'a>(
        &'a self,
        name: &'a str,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrapError>>;

    fn unwrap<'a>(
        &'a self,
        name: &'a str,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrapError>>;

    /// Whether what this wrapped would be wrapped otherwise today.
    fn is_old(&self, master: &str) -> bool;
}

/// Bytes of the nonce before what was wrapped.
pub(crate) const NONCE_BYTES: usize = 12;

/// Master keys by name: the first wraps, all of them unwrap.
#[derive(Clone)]
pub struct MasterKeys(Vec<(String, Secret)>);

impl MasterKeys {
    /// # Panics
    /// Without any key.
    pub fn new(keys: Vec<(String, [u8; 32])>) -> Self {
        assert!(!keys.is_empty(), "there is a key that wraps");
        let secret = |key: [u8; 32]| Secret::from_slice(&key).expect("32 bytes are a key");
        Self(keys.into_iter().map(|(name, key)| (name, secret(key))).collect())
    }

    fn cipher(&self, master: &str) -> Result<Aes256Gcm, WrapError> {
        let held = self.0.iter().find(|(name, _)| name == master);
        let (_, key) = held.ok_or_else(|| WrapError::UnknownMaster(master.to_owned()))?;
        Ok(Aes256Gcm::new(key.bytes().into()))
    }

    fn wrapped(&self, name: &str, key: &[u8]) -> Result<Wrapped, WrapError> {
        let master = &self.0[0].0;
        let nonce = nonce();
        let payload = Payload { msg: key, aad: name.as_bytes() };
        let sealed = self.cipher(master)?.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| WrapError::Damaged)?;
        Ok(Wrapped { master: master.clone(), bytes: [&nonce[..], &sealed].concat() })
    }

    fn unwrapped(&self, name: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, WrapError> {
        let cipher = self.cipher(&wrapped.master)?;
        let parts = wrapped.bytes.split_first_chunk::<NONCE_BYTES>();
        let (nonce, sealed) = parts.ok_or(WrapError::Damaged)?;
        let payload = Payload { msg: sealed, aad: name.as_bytes() };
        let opened = cipher.decrypt(&Nonce::from(*nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| WrapError::Damaged)
    }
}

/// A fresh nonce. Twelve random bytes are good for 2^32 uses of one key (NIST SP 800-38D, 8.3), which
/// no person's writing in a channel's month comes near, nor the number of people.
pub(crate) fn nonce() -> [u8; NONCE_BYTES] {
    *Id::random().as_bytes().first_chunk().expect("an id has 16 bytes")
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Master for MasterKeys {
    fn wrap<'a>(
        &'a self,
        name: &'a str,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrapError>> {
        Box::pin(std::future::ready(self.wrapped(name, key)))
    }

    fn unwrap<'a>(
        &'a self,
        name: &'a str,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrapError>> {
        Box::pin(std::future::ready(self.unwrapped(name, wrapped)))
    }

    fn is_old(&self, master: &str) -> bool {
        self.0[0].0 != master
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> MasterKeys {
        let key = |name: &&str| ((*name).to_owned(), [name.as_bytes()[0]; 32]);
        MasterKeys::new(names.iter().map(key).collect())
    }

    #[test]
    fn what_an_older_master_key_wrapped_opens_as_long_as_it_is_kept() {
        let old = keys(&["a"]).wrapped("people/x", b"secret").unwrap();
        let both = keys(&["b", "a"]);
        assert_eq!(both.unwrapped("people/x", &old).unwrap().as_slice(), b"secret");
        assert!(both.is_old(&old.master));
        assert!(!both.is_old(&both.wrapped("people/x", b"secret").unwrap().master));
        let gone = keys(&["b"]).unwrapped("people/x", &old).unwrap_err();
        assert_eq!(gone, WrapError::UnknownMaster("a".to_owned()));
    }

    #[test]
    fn a_wrapped_key_opens_under_its_own_name_only() {
        let keys = keys(&["a"]);
        let wrapped = keys.wrapped("people/x", b"secret").unwrap();
        assert_eq!(keys.unwrapped("people/y", &wrapped), Err(WrapError::Damaged));
        for at in 0..wrapped.bytes.len() {
            let mut bent = wrapped.clone();
            bent.bytes[at] ^= 1;
            assert_eq!(keys.unwrapped("people/x", &bent), Err(WrapError::Damaged));
        }
        let cut = Wrapped { bytes: wrapped.bytes[..10].to_vec(), ..wrapped };
        assert_eq!(keys.unwrapped("people/x", &cut), Err(WrapError::Damaged));
    }

    #[test]
    fn master_keys_show_their_names_only() {
        assert_eq!(format!("{:?}", keys(&["b", "a"])), r#"["b", "a"]"#);
    }
}
