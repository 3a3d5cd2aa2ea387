//! Keys as bytes: wiped when they are let go of, shown nowhere.

use std::fmt;

use events::Id;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::month::Month;

pub(crate) const KEY_BYTES: usize = 32;

/// The key of a person, or of a channel's month.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; KEY_BYTES]>);

impl Secret {
    pub fn random() -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key[..16].copy_from_slice(Id::random().as_bytes());
        key[16..].copy_from_slice(Id::random().as_bytes());
        Self(key)
    }

    pub(crate) fn of(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// HMAC-SHA256 of a label under this key: it does not lead back.
    pub(crate) fn derived(&self, label: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.bytes()).expect("HMAC takes any key");
        mac.update(label.as_bytes());
        Self::of(mac.finalize().into_bytes().into())
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

/// The oldest key of a channel that can still be had. Those of later months follow from it; those of
/// earlier ones cannot be found from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratchet {
    pub month: Month,
    pub key: Secret,
}

impl Ratchet {
    /// A channel's first.
    pub fn random(month: Month) -> Self {
        Self { month, key: Secret::random() }
    }

    /// The ratchet moved on to `month`; nothing where that lies behind it.
    pub fn at(&self, month: Month) -> Option<Self> {
        let steps = month.number().checked_sub(self.month.number())?;
        let key = (0..steps).fold(self.key.clone(), |key, _| next(&key));
        Some(Self { month, key })
    }
}

/// HMAC-SHA256 of a label under the key of the month before.
fn next(key: &Secret) -> Secret {
    key.derived("nottermost/channel-month/1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_month_follows_from_an_earlier_one_by_any_way_and_never_back() {
        let month = Month::from_number;
        let first = Ratchet { month: month(10), key: Secret::from_slice(&[7; 32]).unwrap() };
        let later = first.at(month(40)).unwrap();
        assert_eq!(first.at(month(25)).unwrap().at(month(40)), Some(later.clone()));
        assert_eq!(first.at(month(10)), Some(first.clone()));
        assert_eq!(later.at(month(39)), None);
        assert_ne!(later.key, first.key);
    }

    #[test]
    fn a_key_is_shown_nowhere() {
        let ratchet = Ratchet::random(Month::from_number(1));
        assert!(format!("{ratchet:?}").contains("(not shown)"));
    }
}
