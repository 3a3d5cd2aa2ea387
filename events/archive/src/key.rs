//! Names of objects, safe as file paths and as S3 keys.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

/// Bytes of a name between two slashes, and of all of them together.
const SEGMENT_BYTES_MAX: usize = 200;
const KEY_BYTES_MAX: usize = 900;

/// A text that is no name of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no object name: parts of A-Z a-z 0-9 . _ - =, none empty, none beginning with a dot, \
     joined by slashes"
)]
pub struct InvalidKey(String);

/// The name of an object: parts joined by slashes, as in `fold/channels-07/4711`. No name may be the
/// folder of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidKey> {
        let text = text.into();
        let valid = text.len() <= KEY_BYTES_MAX && text.split('/').all(is_segment);
        if valid { Ok(Self(text)) } else { Err(InvalidKey(text)) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keys sort as their texts do.
impl Borrow<str> for ObjectKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A folder of names: empty for all objects, or parts that each end in a slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// All objects.
    pub const ALL: Self = Self(String::new());

    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidKey> {
        let text = text.into();
        let folder = text.strip_suffix('/').map(ObjectKey::parse);
        match folder {
            None if text.is_empty() => Ok(Self::ALL),
            Some(Ok(_)) => Ok(Self(text)),
            _ => Err(InvalidKey(text)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn contains(&self, key: &ObjectKey) -> bool {
        key.0.starts_with(&self.0)
    }
}

/// Whether a text may stand between two slashes. A leading dot would hide it, or leave the folder.
pub(crate) fn is_segment(text: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'=');
    (1..=SEGMENT_BYTES_MAX).contains(&text.len())
        && !text.starts_with('.')
        && text.bytes().all(safe)
}

impl FromStr for ObjectKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        Self::parse(text)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_safe_parts() {
        for text in ["a", "fold/1.channels-07/4711.snap", "files/9x/abc_D=-..z"] {
            assert_eq!(ObjectKey::parse(text).unwrap().as_str(), text);
            let prefix = KeyPrefix::parse(format!("{text}/")).unwrap();
            assert!(prefix.contains(&ObjectKey::parse(format!("{text}/b")).unwrap()));
            assert!(!prefix.contains(&ObjectKey::parse(format!("{text}b")).unwrap()));
        }
        assert!(KeyPrefix::parse("").unwrap().contains(&ObjectKey::parse("any/thing").unwrap()));
    }

    #[test]
    fn refuses_names_that_leave_the_folder_or_are_unsafe() {
        let long = "x".repeat(SEGMENT_BYTES_MAX + 1);
        let deep = "x/".repeat(KEY_BYTES_MAX);
        for text in [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", ".hidden",
            "a/.tmp", "a b", "a\0b", "a\\b", "a\nb", "ä", "a:b", "a%2e", "~", &long, &deep,
        ] {
            assert!(ObjectKey::parse(text).is_err(), "{text:?}");
        }
        for text in ["/", "a", "a//", "../", "a/../", "/a/"] {
            assert!(KeyPrefix::parse(text).is_err(), "{text:?}");
        }
    }
}
