//! The records of a segment.

use std::sync::Arc;

use bytes::Bytes;
use events::codec;

use super::error::{Finding, FindingKind};
use super::format::{Head, Manifest, SEGMENT_BYTES_MAX};
use super::{Archived, ContentHash};

/// Part of what makes the same records the same bytes.
const ZSTD_LEVEL: i32 = 3;

/// A payload as it is stored.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: ContentHash,
}

/// The records, uncompressed.
pub(super) fn encode(records: &[Archived]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(records.iter().map(Archived::size_bytes).sum());
    for Archived { record, verdict } in records {
        let value = codec::encode_record(record);
        for part in [value.as_slice(), verdict.as_ref()] {
            codec::put_len(&mut plain, part.len());
            plain.extend_from_slice(part);
        }
    }
    plain
}

pub(super) fn pack(plain: &[u8]) -> std::io::Result<Packed> {
    let bytes = zstd::bulk::compress(plain, ZSTD_LEVEL)?;
    let sha256 = ContentHash::of(&bytes);
    Ok(Packed { bytes, sha256 })
}

/// Unpacks the payload of a segment and compares it with what its manifest says.
pub(super) fn open(head: &Head, packed: &[u8]) -> Result<Vec<Archived>, Finding> {
    let manifest = &head.manifest;
    if ContentHash::of(packed) != manifest.payload_sha256 {
        let reason = "its payload is not the one that its manifest names";
        return Err(head.finding(FindingKind::Changed, reason));
    }
    let plain =
        unpack(manifest, packed).map_err(|reason| head.finding(FindingKind::Malformed, reason))?;
    let records =
        decode(manifest, &plain).map_err(|reason| head.finding(FindingKind::Malformed, reason))?;
    check(manifest, packed, &plain, &records)
        .map_err(|reason| head.finding(FindingKind::Contradictory, reason))?;
    Ok(records)
}

fn unpack(manifest: &Manifest, packed: &[u8]) -> Result<Bytes, String> {
    let len = usize::try_from(manifest.uncompressed_bytes).ok();
    let len = len.filter(|len| *len <= SEGMENT_BYTES_MAX);
    let len = len.ok_or("its manifest promises more than a segment may hold")?;
    zstd::bulk::decompress(packed, len)
        .map(Bytes::from)
        .map_err(|error| format!("its payload cannot be unpacked: {error}"))
}

fn decode(manifest: &Manifest, plain: &Bytes) -> Result<Vec<Archived>, String> {
    let mut rest = plain.clone();
    let mut records = Vec::new();
    let mut offset = manifest.first_offset;
    while !rest.is_empty() {
        let failed = |reason: &dyn std::fmt::Display| format!("the record {offset}: {reason}");
        let value = take(&mut rest).map_err(|reason| failed(&reason))?;
        let verdict = take(&mut rest).map_err(|reason| failed(&reason))?;
        let record = codec::decode(manifest.partition, offset, &value);
        let record = Arc::new(record.map_err(|malformed| failed(&malformed))?);
        records.push(Archived { record, verdict });
        offset = offset.checked_add(1).ok_or("its offsets leave the possible")?;
    }
    Ok(records)
}

/// A part with its length before it.
fn take(rest: &mut Bytes) -> Result<Bytes, String> {
    let (len, taken) = codec::read_len(rest).map_err(|malformed| malformed.to_string())?;
    if len > rest.len() - taken {
        return Err("it is cut short".to_owned());
    }
    let part = rest.slice(taken..taken + len);
    *rest = rest.slice(taken + len..);
    Ok(part)
}

fn check(
    manifest: &Manifest,
    packed: &[u8],
    plain: &[u8],
    records: &[Archived],
) -> Result<(), String> {
    let appended_ms = |archived: Option<&Archived>| archived.map(|a| a.record.appended_ms);
    let said = |what: &str, there: &dyn std::fmt::Debug| {
        Err(format!("its manifest has another {what} than its payload: {there:?}"))
    };
    if records.len() as u64 != manifest.count {
        return said("count of records", &records.len());
    }
    if appended_ms(records.first()) != Some(manifest.first_appended_ms) {
        return said("first append time", &appended_ms(records.first()));
    }
    if appended_ms(records.last()) != Some(manifest.last_appended_ms) {
        return said("last append time", &appended_ms(records.last()));
    }
    if packed.len() as u64 != manifest.payload_bytes {
        return said("compressed size", &packed.len());
    }
    if plain.len() as u64 != manifest.uncompressed_bytes {
        return said("uncompressed size", &plain.len());
    }
    Ok(())
}
