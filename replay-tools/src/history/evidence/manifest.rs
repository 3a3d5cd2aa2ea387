//! What an export says of itself. The file is JSON, `{"manifest":…,"public_key":…,"signature":…}`; the
//! signature is Ed25519 over the text of `manifest` as it stands there, byte for byte.

use std::collections::BTreeMap;

use event_archive::segments::{ContentHash, PublicKey, Signer};
use events::Partition;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::records::Filter;
use crate::history::source::{ReadFrom, Source};

pub(super) const MANIFEST: &str = "manifest.json";
const FORMAT: u16 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub format: u16,
    pub cell: String,
    pub epoch: u32,
    /// `archive` or `log`.
    pub read_from: String,
    pub asked: Filter,
    /// Where each partition ended that held anything. What came later can be of a time in the period, by
    /// the clock of whoever sent it.
    pub read_to: BTreeMap<String, u64>,
    pub records: u64,
    pub applied: u64,
    pub void: u64,
    pub files: Vec<File>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub name: String,
    pub records: u64,
    pub applied: u64,
    pub bytes: u64,
    pub sha256: ContentHash,
    pub segments: Vec<Segment>,
}

impl File {
    /// Whether these are its bytes.
    pub fn is(&self, bytes: &[u8]) -> bool {
        bytes.len() as u64 == self.bytes && ContentHash::of(bytes) == self.sha256
    }
}

/// A segment of the archive, by the hash that the chain knows it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Segment {
    pub object: String,
    pub manifest_sha256: ContentHash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed<'a> {
    #[serde(borrow)]
    manifest: &'a RawValue,
    public_key: PublicKey,
    signature: String,
}

impl Manifest {
    pub fn new(source: &Source, asked: &Filter, files: Vec<File>) -> Self {
        let sum = |of: fn(&File) -> u64| files.iter().map(of).sum::<u64>();
        let (records, applied) = (sum(|file| file.records), sum(|file| file.applied));
        let held = source.ends().iter().filter(|(_, end)| **end > 0);
        let read_to = held.map(|(partition, end)| (partition.to_string(), *end));
        let read_from = if source.from == ReadFrom::Archive { "archive" } else { "log" };
        Self {
            format: FORMAT,
            cell: source.archive.cell().to_owned(),
            epoch: source.archive.epoch(),
            read_from: read_from.to_owned(),
            asked: asked.clone(),
            read_to: read_to.collect(),
            records,
            applied,
            void: records - applied,
            files,
        }
    }

    /// Whether a record stood there when the export was made.
    pub fn has_read(&self, partition: Partition, offset: u64) -> bool {
        self.read_to.get(&partition.to_string()).is_some_and(|end| offset < *end)
    }

    pub fn sign(&self, signer: &Signer) -> Vec<u8> {
        let text = serde_json::value::to_raw_value(self).expect("a manifest is JSON");
        let signature = signer.sign_evidence(text.get());
        let signed = Signed { manifest: &text, public_key: signer.public_key(), signature };
        serde_json::to_vec(&signed).expect("a manifest is JSON")
    }

    /// What a file says that `signer` wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8], signer: PublicKey) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| format!("it cannot be read: {error}");
        let signed: Signed<'_> = serde_json::from_slice(bytes).map_err(unreadable)?;
        // No byte of it is free, not even a space.
        if serde_json::to_vec(&signed).map_err(unreadable)? != bytes {
            return Err("it is not written as it was".to_owned());
        }
        if signed.public_key != signer {
            return Err(format!("it is signed by {}, not by this installation", signed.public_key));
        }
        if !signer.signed_evidence(signed.manifest.get(), &signed.signature) {
            return Err("its signature is not of this text".to_owned());
        }
        let manifest: Self = serde_json::from_str(signed.manifest.get()).map_err(unreadable)?;
        if manifest.format != FORMAT {
            return Err(format!("its format {} is not known", manifest.format));
        }
        Ok(manifest)
    }
}
