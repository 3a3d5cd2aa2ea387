//! The secrets of a cell: the pepper of the keyed hashes and the key of message authentication.
//!
//! They are made at the first start and never change: the hashes that events carry for usernames
//! and e-mail addresses depend on them. Every process of a cell has the same; their fingerprint
//! stands in the log's first event, so that one with others refuses to start.

use std::fmt;
use std::path::{Path, PathBuf};

use events::{Id, KeyedHash};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use crate::private_file::{self, PrivateFileError};

crate::settings_section! {
    /// The keys of this installation.
    "secrets" => pub struct SecretSettings {
        /// The secrets file. It is made at the first start, readable by its owner only; keep a copy
        /// apart from the backups of the data. Not set: `secrets.toml` in the data directory.
        file: Option<PathBuf>,
    }
}

impl SecretSettings {
    /// Where the file is, when the data directory is `data`.
    pub fn path(&self, data: &Path) -> PathBuf {
        self.file.clone().unwrap_or_else(|| data.join("secrets.toml"))
    }
}

const KEY_BYTES: usize = 32;

type Key = [u8; KEY_BYTES];

/// The secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    #[error("{} is no secrets file: {reason}", .path.display())]
    Garbage { path: PathBuf, reason: &'static str },
}

/// The keys. They are shown nowhere.
#[derive(Clone)]
pub struct Secrets {
    pepper: Key,
    mac_key: Key,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pepper: String,
    mac_key: String,
}

impl Secrets {
    /// Reads the file, or makes it with fresh keys if there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretsError> {
        let text = private_file::read_or_make("secrets file", path, fresh_file)?;
        Self::parse(&text).map_err(|reason| SecretsError::Garbage { path: path.to_owned(), reason })
    }

    /// Keys for tests and tools; a server loads its own.
    pub fn from_keys(pepper: Key, mac_key: Key) -> Self {
        Self { pepper, mac_key }
    }

    fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not text")?;
        let file: File =
            toml::from_str(text).map_err(|_| "it must hold pepper and mac_key and nothing else")?;
        let key = |hex: &str| parse_hex(hex).ok_or("its keys must be 64 hexadecimal digits each");
        Ok(Self { pepper: key(&file.pepper)?, mac_key: key(&file.mac_key)? })
    }

    /// Names these secrets without telling them: 32 hexadecimal digits for `cell.opened`.
    pub fn fingerprint(&self) -> String {
        let pepper = hmac(&self.pepper, "secrets.fingerprint", b"");
        hex(&hmac(&self.mac_key, "secrets.fingerprint", &pepper)[..16])
    }

    /// The digest that uniqueness compares: the first 16 bytes of HMAC-SHA256 under the pepper over
    /// (length of `domain` as 4 bytes big-endian ‖ `domain` ‖ `normalised`). Nobody without the
    /// pepper can test a guess against it.
    pub fn keyed_hash(&self, domain: &str, normalised: &str) -> KeyedHash {
        let digest = hmac(&self.pepper, domain, normalised.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        KeyedHash(Id(id))
    }

    /// The fingerprint of a request, for telling another under the same `Idempotency-Key`. It stands in
    /// the log, where it must not tell what was said.
    pub fn request_hash(&self, query: &str, body: &[u8]) -> KeyedHash {
        // A query holds no line break.
        let digest = hmac(&self.pepper, "request", &[query.as_bytes(), b"\n", body].concat());
        KeyedHash(Id(digest[..16].try_into().expect("a digest has 32 bytes")))
    }

    /// The keyed hash that a username is claimed by.
    pub fn username_hash(&self, username: &str) -> KeyedHash {
        self.keyed_hash("username", &normalise_username(username))
    }

    /// The keyed hash that an e-mail address is claimed by.
    pub fn email_hash(&self, email: &str) -> KeyedHash {
        self.keyed_hash("email", &normalise_email(email))
    }

    /// A tag that proves that we made `message`, for what leaves us and comes back (cursors, CSRF
    /// tokens). `domain` keeps tags of one use from serving another.
    pub fn mac(&self, domain: &str, message: &[u8]) -> [u8; 32] {
        hmac(&self.mac_key, domain, message)
    }

    /// The key under which an unfinished upload is kept.
    pub fn upload_key(&self, upload: Id) -> [u8; 32] {
        self.mac("upload.key", upload.as_bytes())
    }

    /// Whether `tag` is the tag of `message`, compared in constant time.
    pub fn mac_is_valid(&self, domain: &str, message: &[u8], tag: &[u8]) -> bool {
        prefixed(&self.mac_key, domain, message).verify_slice(tag).is_ok()
    }
}

/// A username as uniqueness sees it: no space around it, compatible forms and case folded.
pub fn normalise_username(username: &str) -> String {
    fold_text(username)
}

/// An e-mail address as uniqueness sees it. Providers differ on what else they take for the same
/// (dots, plus signs); nothing is guessed.
pub fn normalise_email(email: &str) -> String {
    fold_text(email)
}

/// NFKC, lower case, and NFKC again: lower-casing can undo the normal form.
fn fold_text(text: &str) -> String {
    let composed: String = text.trim().nfkc().collect();
    composed.to_lowercase().nfkc().collect()
}

fn prefixed(key: &Key, domain: &str, message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    let domain_len = u32::try_from(domain.len()).expect("a domain is a short literal");
    mac.update(&domain_len.to_be_bytes());
    mac.update(domain.as_bytes());
    mac.update(message);
    mac
}

fn hmac(key: &Key, domain: &str, message: &[u8]) -> [u8; 32] {
    prefixed(key, domain, message).finalize().into_bytes().into()
}

fn fresh_file() -> String {
    format!(
        "# The keys of this nottermost installation. They never change, and without them nobody\n\
         # can log in: keep a copy apart from the data.\n\
         pepper = \"{}\"\n\
         mac_key = \"{}\"\n",
        hex(&fresh_key()),
        hex(&fresh_key()),
    )
}

pub(crate) fn fresh_key() -> Key {
    let mut key = [0; KEY_BYTES];
    key[..16].copy_from_slice(Id::random().as_bytes());
    key[16..].copy_from_slice(Id::random().as_bytes());
    key
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn parse_hex(text: &str) -> Option<Key> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn secrets() -> Secrets {
        Secrets::from_keys([7; 32], [9; 32])
    }

    #[test]
    fn keyed_hashes_are_what_they_always_were() {
        let secrets = secrets();
        let golden = [
            (secrets.keyed_hash("username", "alice"), "4agm9cz4h9w4ajoq6wb4zi5uoe"),
            (secrets.keyed_hash("email", "alice"), "5odizoyecc9j56jw4cy1qpqr3h"),
            (secrets.username_hash(" Ａlice"), "4agm9cz4h9w4ajoq6wb4zi5uoe"),
            (secrets.email_hash("Alice@Example.com"), "qpwpwkwic7nqhy1xcjk956pwmc"),
        ];
        for (hash, text) in golden {
            assert_eq!(hash.to_string(), text);
        }
        assert_eq!(secrets.fingerprint(), "99778b2c62db0f0aa636843e2ee7d7e5");
    }

    #[test]
    fn names_that_look_alike_are_the_same_name() {
        for (written, normal) in [
            ("Alice", "alice"),
            (" alice ", "alice"),
            ("ＡＬＩＣＥ", "alice"),
            ("ﬁle", "file"),
            ("É", "é"),
            ("E\u{301}", "é"),
            ("STRASSE", "strasse"),
            ("İ", "i\u{307}"),
        ] {
            assert_eq!(normalise_username(written), normal, "{written}");
            assert_eq!(normalise_username(normal), normal, "stable: {written}");
        }
        assert_eq!(normalise_email("A.B+c@Example.COM"), "a.b+c@example.com");
    }

    #[test]
    fn a_tag_holds_for_its_message_and_its_use_only() {
        let secrets = secrets();
        let tag = secrets.mac("cursor", b"page 2");
        assert!(secrets.mac_is_valid("cursor", b"page 2", &tag));
        assert!(!secrets.mac_is_valid("cursor", b"page 3", &tag));
        assert!(!secrets.mac_is_valid("csrf", b"page 2", &tag));
        assert!(!secrets.mac_is_valid("cursor", b"page 2", &tag[..31]));
    }

    #[test]
    fn the_file_is_made_once_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        let made = Secrets::load_or_create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let read = Secrets::load_or_create(&path).unwrap();
        assert_eq!(made.fingerprint(), read.fingerprint());
        let other = Secrets::load_or_create(&dir.path().join("other.toml")).unwrap();
        assert_ne!(made.fingerprint(), other.fingerprint());
        assert!(!format!("{made:?}").contains(&hex(&made.pepper)));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        Secrets::load_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let message = Secrets::load_or_create(&path).unwrap_err().to_string();
        assert!(message.contains("mode 640") && message.contains("chmod 600"), "{message}");
    }

    #[test]
    fn garbage_is_refused_in_one_line_that_tells_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        let key = "ab".repeat(32);
        for garbage in [
            String::new(),
            "\u{0}\u{1}".to_owned(),
            format!("pepper = \"{key}\""),
            format!("pepper = \"{key}\"\nmac_key = \"{}\"", &key[1..]),
            format!("pepper = \"{key}\"\nmac_key = \"{}\"", key.replace('a', "x")),
            format!("pepper = \"{key}\"\nmac_key = \"{key}\"\nmore = 1"),
        ] {
            fs::write(&path, &garbage).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let message = Secrets::load_or_create(&path).unwrap_err().to_string();
            assert!(message.contains("is no secrets file"), "{message}");
            assert!(!message.contains('\n') && !message.contains("abab"), "{message}");
        }
    }
}
