//! The head of a segment: magic, format, manifest.

use bytes::Bytes;
use events::Partition;
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::error::{ArchiveError, Finding, FindingKind};
use super::{Archive, ArchiveEnd, ContentHash};
use crate::key::ObjectKey;
use crate::port::{ObjectBody, StoreError};

const MAGIC: &[u8; 4] = b"nmsg";
pub(super) const FORMAT: u16 = 1;
const MANIFEST_AT: usize = 4 + 2 + 4;
pub(super) const MANIFEST_BYTES_MAX: usize = 64 << 10;

/// Bytes of a segment's records, uncompressed: what a reader must have room for.
pub const SEGMENT_BYTES_MAX: usize = 64 << 20;
/// A larger object is no segment. What does not compress grows a little.
const OBJECT_BYTES_MAX: u64 = (SEGMENT_BYTES_MAX + (1 << 20)) as u64;

/// So much is read of an object to have its manifest: a long one takes a second request.
const HEAD_BYTES: u64 = 4 << 10;

/// What a segment says of itself. The order of the fields is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u16,
    pub cell: String,
    pub epoch: u32,
    #[serde(with = "partition_text")]
    pub partition: Partition,
    pub first_offset: u64,
    /// Records in the segment, at least one.
    pub count: u64,
    /// Append times of the first and the last record, Unix ms. Those between may lie outside: a log's clock
    /// can be set back.
    pub first_appended_ms: i64,
    pub last_appended_ms: i64,
    /// None: this is the first segment of the chain.
    pub previous: Option<Link>,
    /// Of the payload as it is stored, compressed.
    pub payload_sha256: ContentHash,
    pub payload_bytes: u64,
    pub uncompressed_bytes: u64,
    /// The fold behind the last record. Opaque here.
    pub state_hash: Option<String>,
}

impl Manifest {
    /// The offset behind the last record.
    pub fn next_offset(&self) -> u64 {
        self.first_offset.saturating_add(self.count)
    }
}

/// How a segment names the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub first_offset: u64,
    pub manifest_sha256: ContentHash,
}

/// A manifest, and the object that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub key: ObjectKey,
    pub manifest: Manifest,
    /// The identity of the segment.
    pub manifest_sha256: ContentHash,
    /// Bytes of the whole object.
    pub size_bytes: u64,
    payload_at: usize,
}

impl Head {
    pub fn link(&self) -> Link {
        let first_offset = self.manifest.first_offset;
        Link { first_offset, manifest_sha256: self.manifest_sha256 }
    }

    /// The end of the chain if this is its last segment.
    pub fn end(&self) -> ArchiveEnd {
        ArchiveEnd { next_offset: self.manifest.next_offset(), previous: Some(self.link()) }
    }

    pub(super) fn finding(&self, kind: FindingKind, reason: impl Into<String>) -> Finding {
        Finding::new(self.key.clone(), kind, reason)
    }

    /// The compressed payload of the object that this is the head of.
    pub(super) fn payload(&self, object: &Bytes) -> Bytes {
        object.slice(self.payload_at.min(object.len())..)
    }
}

/// The bytes of a segment, and its identity.
pub(super) fn seal(manifest: &Manifest, payload: &[u8]) -> (Bytes, ContentHash) {
    let json = serde_json::to_vec(manifest).expect("a manifest has no keys but texts");
    let mut object = Vec::with_capacity(MANIFEST_AT + json.len() + payload.len());
    object.extend_from_slice(MAGIC);
    object.extend_from_slice(&FORMAT.to_be_bytes());
    object.extend_from_slice(&(json.len() as u32).to_be_bytes());
    object.extend_from_slice(&json);
    object.extend_from_slice(payload);
    (object.into(), ContentHash::of(&json))
}

impl Archive {
    /// The head of a segment, by its name; None if there is no such object. Whether it belongs there and
    /// to its neighbours is not looked at.
    pub(super) async fn head(&self, key: &ObjectKey) -> Result<Option<Head>, ArchiveError> {
        let Some((size, start)) = self.fetch(key, HEAD_BYTES, OBJECT_BYTES_MAX).await? else {
            return Ok(None);
        };
        let whole = payload_at(key, &start)? as u64;
        let start = if whole > start.len() as u64 {
            let Some((_, start)) = self.fetch(key, whole, OBJECT_BYTES_MAX).await? else {
                return Ok(None);
            };
            start
        } else {
            start
        };
        Ok(Some(parse(key, &start, size)?))
    }

    /// A whole segment, None if there is no such object.
    pub(super) async fn object(
        &self,
        key: &ObjectKey,
    ) -> Result<Option<(Head, Bytes)>, ArchiveError> {
        let Some((size, object)) = self.fetch(key, OBJECT_BYTES_MAX, OBJECT_BYTES_MAX).await?
        else {
            return Ok(None);
        };
        Ok(Some((parse(key, &object, size)?, object)))
    }

    /// The size of an object, at most `size_max`, and its first bytes, at most `len_max`.
    async fn fetch(
        &self,
        key: &ObjectKey,
        len_max: u64,
        size_max: u64,
    ) -> Result<Option<(u64, Bytes)>, ArchiveError> {
        let Some(body) = self.objects.get_range(key, 0..len_max).await? else { return Ok(None) };
        let ObjectBody { size, bytes, .. } = body;
        if size > size_max {
            return Err(malformed(key, format!("its {size} bytes are too many")).into());
        }
        let failed = |source| StoreError::Object { action: "read", key: key.clone(), source };
        let pieces: Vec<Bytes> = bytes.try_collect().await.map_err(failed)?;
        Ok(Some((size, join(pieces))))
    }

    /// A whole object of bounded size, None if there is none.
    pub(super) async fn small_object(
        &self,
        key: &ObjectKey,
        size_max: u64,
    ) -> Result<Option<Bytes>, ArchiveError> {
        let fetched = self.fetch(key, size_max, size_max).await?;
        Ok(fetched.map(|(_, object)| object))
    }

    /// Whether a segment stands under its own name, in the archive that it belongs to.
    pub(super) fn check_place(
        &self,
        partition: Partition,
        first_offset: u64,
        head: &Head,
    ) -> Result<(), Finding> {
        let manifest = &head.manifest;
        let foreign = |reason| Err(head.finding(FindingKind::Foreign, reason));
        if manifest.cell != *self.cell {
            return foreign(format!("it is of the cell {:?}", manifest.cell));
        }
        if manifest.epoch != self.epoch_at(partition, first_offset) {
            return foreign(format!("it is of epoch {}", manifest.epoch));
        }
        if manifest.partition != partition {
            return foreign(format!("it is of {}", manifest.partition));
        }
        if manifest.first_offset != first_offset {
            let reason = format!("its manifest begins at offset {}", manifest.first_offset);
            return Err(head.finding(FindingKind::Misplaced, reason));
        }
        Ok(())
    }
}

fn join(mut pieces: Vec<Bytes>) -> Bytes {
    match pieces.len() {
        1 => pieces.remove(0),
        _ => pieces.concat().into(),
    }
}

fn malformed(key: &ObjectKey, reason: impl Into<String>) -> Finding {
    Finding::new(key.clone(), FindingKind::Malformed, reason)
}

/// Where the payload begins, by the first bytes of an object.
fn payload_at(key: &ObjectKey, start: &[u8]) -> Result<usize, Finding> {
    let Some((fixed, _)) = start.split_first_chunk::<MANIFEST_AT>() else {
        return Err(malformed(key, "it is cut short"));
    };
    if fixed[..4] != *MAGIC {
        return Err(malformed(key, "it does not begin as a segment"));
    }
    let format = u16::from_be_bytes([fixed[4], fixed[5]]);
    if format != FORMAT {
        return Err(malformed(key, format!("its format {format} is not known")));
    }
    let len = u32::from_be_bytes([fixed[6], fixed[7], fixed[8], fixed[9]]) as usize;
    if len > MANIFEST_BYTES_MAX {
        return Err(malformed(key, "its manifest is too long"));
    }
    Ok(MANIFEST_AT + len)
}

fn parse(key: &ObjectKey, start: &[u8], size_bytes: u64) -> Result<Head, Finding> {
    let payload_at = payload_at(key, start)?;
    let json = start.get(MANIFEST_AT..payload_at);
    let json = json.ok_or_else(|| malformed(key, "its manifest is cut short"))?;
    let manifest: Manifest = serde_json::from_slice(json)
        .map_err(|error| malformed(key, format!("its manifest cannot be read: {error}")))?;
    let last = manifest.count.checked_sub(1).and_then(|n| manifest.first_offset.checked_add(n));
    if manifest.format != FORMAT || last.is_none() {
        return Err(malformed(key, "its manifest is of no possible segment"));
    }
    let manifest_sha256 = ContentHash::of(json);
    Ok(Head { key: key.clone(), manifest, manifest_sha256, size_bytes, payload_at })
}

/// A partition as text.
pub(super) mod partition_text {
    use events::Partition;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(
        partition: &Partition,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(partition)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Partition, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
