//! A digest: what all chains had come to at the end of an hour, signed.
//!
//! The object is JSON, `{"digest":…,"public_key":…,"signature":…}`. The signature is Ed25519, in
//! hexadecimal, over a line that says what it is of (`nottermost archive digest 1`) and the text of
//! `digest` as it stands there, byte for byte.

use bytes::Bytes;
use events::Partition;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::{Finding, FindingKind};
use super::format::partition_text;
use super::{Archive, ContentHash, Hour, PublicKey, Signer};

pub(super) const FORMAT: u16 = 1;
/// A larger object is no digest: this is several times what all partitions take.
pub(super) const OBJECT_BYTES_MAX: u64 = 256 << 10;

/// What a digest says. The order of the fields is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    pub format: u16,
    pub cell: String,
    pub epoch: u32,
    pub hour: Hour,
    /// None: this is the first digest. There is one for every hour since.
    pub previous: Option<DigestLink>,
    /// The partitions that have segments up to the hour's end, in their order.
    pub partitions: Vec<Covered>,
}

/// How a digest names the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestLink {
    pub hour: Hour,
    /// Of the whole object.
    pub sha256: ContentHash,
}

/// The last segment of a partition that a digest stands for, and thereby all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    #[serde(with = "partition_text")]
    pub partition: Partition,
    pub first_offset: u64,
    pub next_offset: u64,
    pub manifest_sha256: ContentHash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    #[serde(borrow)]
    digest: &'a RawValue,
    public_key: PublicKey,
    signature: String,
}

/// A digest as an object says it.
struct Signed {
    digest: Digest,
    /// Whose it says it is.
    public_key: PublicKey,
    /// Whether it is.
    authentic: bool,
}

impl Digest {
    pub(super) fn sign(&self, signer: &Signer) -> Bytes {
        let text = serde_json::value::to_raw_value(self).expect("a digest has no keys but texts");
        let signature = signer.sign(text.get());
        let object = Object { digest: &text, public_key: signer.public_key(), signature };
        serde_json::to_vec(&object).expect("it has no keys but texts").into()
    }
}

impl Signed {
    fn parse(object: &[u8]) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| format!("it cannot be read: {error}");
        let object: Object<'_> = serde_json::from_slice(object).map_err(unreadable)?;
        let text = object.digest.get();
        let digest: Digest = serde_json::from_str(text).map_err(unreadable)?;
        if digest.format != FORMAT {
            return Err(format!("its format {} is not known", digest.format));
        }
        let authentic = object.public_key.signed(text, &object.signature);
        Ok(Self { digest, public_key: object.public_key, authentic })
    }
}

impl Archive {
    /// The digest of an hour, if it is one, signed by somebody trusted and under its own name.
    pub(super) fn open_digest(
        &self,
        hour: Hour,
        object: &[u8],
        trusts: impl Fn(PublicKey) -> bool,
    ) -> Result<Digest, Finding> {
        let wrong = |kind, reason| Finding::new(self.digest_key(hour), kind, reason);
        let signed =
            Signed::parse(object).map_err(|reason| wrong(FindingKind::Malformed, reason))?;
        let Signed { digest, public_key, authentic } = signed;
        if !authentic {
            let reason = format!("its signature is not {public_key}'s of this text");
            return Err(wrong(FindingKind::Forged, reason));
        }
        if !trusts(public_key) {
            return Err(wrong(FindingKind::Forged, format!("it is signed by {public_key}")));
        }
        if digest.cell != self.cell() || digest.epoch != self.epoch_of(hour) {
            let reason = format!("it is of the cell {:?}, epoch {}", digest.cell, digest.epoch);
            return Err(wrong(FindingKind::Foreign, reason));
        }
        if digest.hour != hour {
            return Err(wrong(FindingKind::Misplaced, format!("it is of {}", digest.hour)));
        }
        Ok(digest)
    }
}
