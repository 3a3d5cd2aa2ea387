//! The key store of an installation, and the file with the master keys, which wrap the keys of people
//! and channels while they are stored.

use std::path::{Path, PathBuf};

use events::Id;
use serde::Deserialize;

use crate::config::{HttpUrl, StoreUrl};
use crate::private_file::{self, PrivateFileError};
use crate::secrets::{fresh_key, hex, parse_hex};

crate::settings_section! {
    /// The key store: the keys of people and channels, under which what is personal is sealed.
    "keys" => pub struct KeySettings {
        /// Which store. `file:` keeps the keys in `keys` below the data directory; `s3://` is for a
        /// bucket of the section `s3`, without versions. Its backups must forget: a key that comes
        /// back brings back what was erased.
        url: StoreUrl = "file:",
        /// The file with the master key that wraps the keys. It is made at the first start, readable
        /// by its owner only; keep a copy apart from the keys. Not set: `master-key.toml` in the data
        /// directory.
        master_file: Option<PathBuf>,
        /// A key of AWS KMS (id, ARN or `alias/…`) that wraps the keys instead of the file, and never
        /// leaves KMS. Region and credentials are those of the section `s3`. A file of master keys that
        /// is there still unwraps what it wrapped, until `replay keys rewrap`; none is made.
        kms_key: Option<String>,
        /// The address of a service that speaks the protocol of KMS and is not Amazon's.
        kms_endpoint: Option<HttpUrl>,
    }
}

impl KeySettings {
    /// Where the master key is, when the data directory is `data`.
    pub fn master_path(&self, data: &Path) -> PathBuf {
        self.master_file.clone().unwrap_or_else(|| data.join("master-key.toml"))
    }
}

/// The master keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeysError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    #[error("{} is no file of master keys: {reason}", .path.display())]
    Garbage { path: PathBuf, reason: &'static str },
}

/// Master keys by name: the first wraps, all of them unwrap.
pub type NamedKeys = Vec<(String, [u8; 32])>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    keys: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    key: String,
}

/// Reads the file, or makes it with a fresh key if there is none.
///
/// # Errors
/// [`MasterKeysError`].
pub fn load_or_create(path: &Path) -> Result<NamedKeys, MasterKeysError> {
    let text = private_file::read_or_make("file of master keys", path, fresh_file)?;
    parse(&text).map_err(|reason| MasterKeysError::Garbage { path: path.to_owned(), reason })
}

/// Reads the file if there is one.
///
/// # Errors
/// [`MasterKeysError`].
pub fn load_if_there(path: &Path) -> Result<Option<NamedKeys>, MasterKeysError> {
    path.exists().then(|| load_or_create(path)).transpose()
}

fn parse(text: &[u8]) -> Result<NamedKeys, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not text")?;
    let file: File = toml::from_str(text)
        .map_err(|_| "it must hold tables [[keys]] with name and key and nothing else")?;
    if file.keys.is_empty() {
        return Err("it holds no key");
    }
    let mut named = NamedKeys::new();
    for Entry { name, key } in file.keys {
        let key = parse_hex(&key).ok_or("its keys must be 64 hexadecimal digits each")?;
        if name.is_empty() || named.iter().any(|(other, _)| *other == name) {
            return Err("each key must have a name of its own");
        }
        named.push((name, key));
    }
    Ok(named)
}

fn fresh_file() -> String {
    format!(
        "# The master keys of this nottermost installation: the first one wraps the keys under which\n\
         # what is personal is sealed, the others unwrap what they once wrapped. Without them all of\n\
         # that is lost: keep a copy apart from the data.\n\
         [[keys]]\n\
         name = \"{}\"\n\
         key = \"{}\"\n",
        Id::random(),
        hex(&fresh_key()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master-key.toml");
        let made = load_or_create(&path).unwrap();
        assert_eq!(made.len(), 1);
        assert_eq!(load_or_create(&path).unwrap(), made);
    }

    #[test]
    fn the_first_of_several_keys_stays_the_first() {
        let key = "ab".repeat(32);
        let entry = |name: &str| format!("[[keys]]\nname = \"{name}\"\nkey = \"{key}\"\n");
        let named = parse((entry("new") + &entry("old")).as_bytes()).unwrap();
        assert_eq!(named.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["new", "old"]);
        for garbage in [
            String::new(),
            "keys = []".to_owned(),
            entry("a") + &entry("a"),
            entry(""),
            entry("a") + "more = 1\n",
            entry("a").replace("ab", "x"),
        ] {
            assert!(parse(garbage.as_bytes()).is_err(), "{garbage}");
        }
    }
}
