//! The archive, read as its objects stand there: of each partition one chain, which is the log.

mod digests;

use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use domain::{Verdict, Void};
use events::{Partition, codec};
use fold::Folded;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Story, ensure};
use crate::archivers::{Archivers, CELL};
use crate::world::World;

const HOUR_MS: i64 = 3_600_000;
/// More than any segment of a world holds.
const PLAIN_BYTES_MAX: usize = 1 << 20;

/// Objects that were not seen yet, by name.
type Objects = BTreeMap<String, Bytes>;

/// Byte for byte what the log holds, with the verdicts that everybody gave, and nothing else but what
/// logs of before left behind.
pub fn is_the_log(world: &World, story: &Story) -> Result<(), String> {
    let archivers = &world.archivers;
    if !archivers.are_any() {
        return Ok(());
    }
    let mut objects: Objects = archivers.store.objects().into_iter().collect();
    let mut chains = Chains::new();
    for partition in world.log.partitions() {
        let reader = Reader { archivers, partition, folded: story.folded_of(partition) };
        let end = reader.read(story, &mut objects, &mut chains)?;
        let expected = world.log.end_of(partition);
        ensure(end == expected, || format!("{partition} is archived up to {end}, of {expected}"))?;
    }
    digests::cover_the_log(world, story, &chains, &mut objects)?;
    objects.keys().try_for_each(|name| belongs_to_no_chain(archivers, name))
}

/// The opening of an epoch, or a segment or a digest that a log of before left behind.
fn belongs_to_no_chain(archivers: &Archivers, name: &str) -> Result<(), String> {
    let parts: Vec<&str> = name.split('/').collect();
    let left_behind = match parts[..] {
        ["epochs", epoch] => (2..2 + archivers.begun.len()).any(|n| n.to_string() == epoch),
        ["segments", epoch, partition, offset] => {
            let partition: Partition = partition.parse().map_err(|_| format!("{name} is none"))?;
            let offset: u64 = offset.parse().map_err(|_| format!("{name} has no offset"))?;
            // A log of before knows no later epoch.
            epoch.parse().is_ok_and(|epoch: u32| epoch < archivers.epoch_at(partition, offset))
        }
        ["digests", epoch, hour] => {
            epoch.parse().is_ok_and(|epoch: u32| epoch < archivers.epoch_of_hour(hour))
        }
        _ => false,
    };
    ensure(left_behind, || format!("{name} stands beside the chains"))
}

/// What is known of a segment, by its partition and first offset.
type Chains = BTreeMap<(Partition, u64), Stands>;

struct Stands {
    /// The offset behind it.
    next: u64,
    hash: String,
    last_appended_ms: i64,
}

/// The segment before: its first offset and its hash.
type Before = Option<(u64, String)>;

struct Reader<'s> {
    archivers: &'s Archivers,
    partition: Partition,
    folded: Vec<&'s Folded>,
}

impl Reader<'_> {
    /// Reads the chain to its end, and gives that.
    fn read(
        &self,
        story: &Story,
        objects: &mut Objects,
        chains: &mut Chains,
    ) -> Result<u64, String> {
        let (mut next, mut before) = (0, None);
        loop {
            let epoch = self.archivers.epoch_at(self.partition, next);
            let name = format!("segments/{epoch}/{}/{next:020}", self.partition);
            let Some(object) = objects.remove(&name) else { return Ok(next) };
            let segment = Segment::parse(&object).ok_or_else(|| format!("{name} is none"))?;
            let count = self.records(next, &segment).map_err(|what| format!("{name} {what}"))?;
            let state = story.hashes.get(&(self.partition, next + count));
            let state = state.ok_or_else(|| format!("{name} goes beyond the log"))?;
            let expected = self.manifest(epoch, next, count, &before, &segment, *state);
            ensure(segment.manifest == expected, || {
                format!("{name} says {}, not {expected}", segment.manifest)
            })?;
            let last = self.folded[(next + count - 1) as usize].record.appended_ms;
            let (first, hash) = (next, segment.hash);
            next += count;
            let stands = Stands { next, hash: hash.clone(), last_appended_ms: last };
            chains.insert((self.partition, first), stands);
            before = Some((first, hash));
        }
    }

    /// Compares the records with the log's; gives how many there are.
    fn records(&self, first: u64, segment: &Segment) -> Result<u64, String> {
        let (mut rest, mut count) = (segment.plain.as_slice(), 0);
        while !rest.is_empty() {
            let value = part(&mut rest).ok_or("is cut short")?;
            let verdict = part(&mut rest).ok_or("is cut short")?;
            let at = usize::try_from(first + count).map_err(|_| "is too long")?;
            let folded = self.folded.get(at).ok_or("goes beyond the log")?;
            let is_same = codec::encode_record(&folded.record) == value;
            ensure(is_same, || format!("holds another record than the log at {at}"))?;
            let line = line_of(&folded.verdict);
            ensure(line.as_bytes() == verdict, || {
                format!("says {:?} at {at}, not {line:?}", String::from_utf8_lossy(verdict))
            })?;
            ensure(count == 0 || !self.begins_an_hour(at), || {
                format!("holds two hours, the later from {at} on")
            })?;
            count += 1;
        }
        ensure(count > 0, || "is empty".to_owned())?;
        Ok(count)
    }

    /// Whether everything before is of earlier hours: an append time may go back over an hour's beginning.
    fn begins_an_hour(&self, at: usize) -> bool {
        let hour = |folded: &Folded| folded.record.appended_ms.div_euclid(HOUR_MS);
        self.folded[..at].iter().rev().all(|before| hour(before) < hour(self.folded[at]))
    }

    fn manifest(
        &self,
        epoch: u32,
        first: u64,
        count: u64,
        before: &Before,
        segment: &Segment,
        state: u128,
    ) -> Value {
        let appended_ms = |offset: u64| self.folded[offset as usize].record.appended_ms;
        let previous = before
            .as_ref()
            .map(|(offset, hash)| json!({ "first_offset": offset, "manifest_sha256": hash }));
        json!({
            "format": 1,
            "cell": CELL,
            "epoch": epoch,
            "partition": self.partition.to_string(),
            "first_offset": first,
            "count": count,
            "first_appended_ms": appended_ms(first),
            "last_appended_ms": appended_ms(first + count - 1),
            "previous": previous,
            "payload_sha256": segment.payload_hash,
            "payload_bytes": segment.payload_len,
            "uncompressed_bytes": segment.plain.len(),
            "state_hash": format!("{state:032x}"),
        })
    }
}

/// An object as it stands.
struct Segment {
    manifest: Value,
    hash: String,
    payload_hash: String,
    payload_len: usize,
    plain: Vec<u8>,
}

impl Segment {
    fn parse(object: &[u8]) -> Option<Self> {
        let rest = object.strip_prefix(b"nmsg\0\x01")?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (manifest, payload) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        Some(Self {
            manifest: serde_json::from_slice(manifest).ok()?,
            hash: sha256(manifest),
            payload_hash: sha256(payload),
            payload_len: payload.len(),
            plain: zstd::bulk::decompress(payload, PLAIN_BYTES_MAX).ok()?,
        })
    }
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// What has its length before it, seven bits a byte, the lowest first.
fn part<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let mut len = 0_usize;
    for shift in (0..).step_by(7).take(4) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let (part, after) = rest.split_at_checked(len)?;
            *rest = after;
            return Some(part);
        }
    }
    None
}

/// A verdict in the archive's words.
fn line_of(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Applied(applied) => format!("applied {}", applied.at),
        Verdict::Void(Void::Duplicate { first }) => format!("void duplicate {first}"),
        Verdict::Void(Void::Refused(why)) => {
            format!("void refused{}", in_words(&format!("{why:?}")))
        }
        Verdict::Void(void) => format!("void {}", in_words(&format!("{void:?}")).trim_start()),
    }
}

/// `NotAMember` as ` not_a_member`.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            words.push(if words.is_empty() { ' ' } else { '_' });
        }
        words.extend(letter.to_lowercase());
    }
    words
}
