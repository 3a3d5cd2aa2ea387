//! The digests, read as they stand there: a chain of every hour that is over, each signed, and each of all that
//! the log held then.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use events::Partition;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::{Value, json};

use super::super::{Story, ensure};
use super::{CELL, Chains, HOUR_MS, Objects, sha256};
use crate::archivers::{Archivers, SEED};
use crate::world::World;

/// How far append times may be out of order.
const JITTER_MS: i64 = 40;
const SIGNED_AS: &str = "nottermost archive digest 1\n";

pub(super) fn cover_the_log(
    world: &World,
    story: &Story,
    chains: &Chains,
    objects: &mut Objects,
) -> Result<(), String> {
    let first_of = |partition| chains.range((partition, 0)..).next();
    let firsts = world.log.partitions().into_iter().filter_map(first_of);
    let appended = |(partition, offset): &(Partition, u64)| {
        story.folded_of(*partition)[*offset as usize].record.appended_ms
    };
    let Some(first) = firsts.map(|(place, _)| appended(place)).min() else { return Ok(()) };
    let mut before = None;
    for hour in first.div_euclid(HOUR_MS)..world.log.now_ms().div_euclid(HOUR_MS) {
        let name = name_of(&world.archivers, hour);
        let object = objects.remove(&name).ok_or_else(|| format!("{name} is not there"))?;
        let read = Read { story, chains, hour };
        read.check(&world.archivers, &object, &before).map_err(|what| format!("{name} {what}"))?;
        before = Some((spelled(hour), sha256(&object)));
    }
    Ok(())
}

fn name_of(archivers: &Archivers, hour: i64) -> String {
    let hour = spelled(hour);
    format!("digests/{}/{hour}", archivers.epoch_of_hour(&hour))
}

/// As in `2023-11-14T22`: the simulation takes place in November of 2023, which began in this hour.
fn spelled(hour: i64) -> String {
    const NOVEMBER: i64 = 1_698_796_800_000 / HOUR_MS;
    let of_month = hour - NOVEMBER;
    format!("2023-11-{:02}T{:02}", of_month / 24 + 1, of_month % 24)
}

struct Read<'s> {
    story: &'s Story,
    chains: &'s Chains,
    hour: i64,
}

impl Read<'_> {
    fn check(
        &self,
        archivers: &Archivers,
        object: &[u8],
        before: &Option<(String, String)>,
    ) -> Result<(), String> {
        let object = std::str::from_utf8(object).map_err(|_| "is no text")?;
        let digest = signed(object).ok_or("is not signed")?;
        let digest: Value = serde_json::from_str(digest).map_err(|_| "is no JSON")?;
        let hour = spelled(self.hour);
        let expected = json!({
            "format": 1,
            "cell": CELL,
            "epoch": archivers.epoch_of_hour(&hour),
            "hour": hour,
            "previous": before.as_ref().map(|(hour, hash)| json!({ "hour": hour, "sha256": hash })),
            "partitions": digest["partitions"],
        });
        ensure(digest == expected, || format!("says {digest}, not {expected}"))?;
        self.covers_all(&digest["partitions"])
    }

    /// Each names a segment that stands there, and no record of the hour lies behind it.
    fn covers_all(&self, partitions: &Value) -> Result<(), String> {
        let over = (self.hour + 1) * HOUR_MS;
        let mut covered = BTreeMap::new();
        for last in partitions.as_array().ok_or("has no partitions")? {
            let partition: Option<Partition> =
                last["partition"].as_str().and_then(|text| text.parse().ok());
            let first = last["first_offset"].as_u64();
            let place = partition.zip(first).ok_or("names no segment")?;
            let segment = self.chains.get(&place).filter(|segment| {
                last["next_offset"] == segment.next && last["manifest_sha256"] == segment.hash
            });
            let segment = segment.ok_or_else(|| format!("names {last}, which is not there"))?;
            ensure(segment.last_appended_ms < over, || format!("covers {last}, which is later"))?;
            covered.insert(place.0, segment.next);
        }
        let left_out = self.story.folded.iter().map(|folded| &folded.record).find(|record| {
            let next = covered.get(&record.partition).copied().unwrap_or(0);
            record.appended_ms < over - JITTER_MS && record.offset >= next
        });
        left_out.map_or(Ok(()), |record| {
            Err(format!("leaves out {}.{}", record.partition, record.offset))
        })
    }
}

/// What is signed in an object, if it is signed by whoever must.
fn signed(object: &str) -> Option<&str> {
    let (digest, rest) = object.strip_prefix("{\"digest\":")?.rsplit_once(",\"public_key\":\"")?;
    let (key, rest) = rest.split_once("\",\"signature\":\"")?;
    let signature = HEXLOWER.decode(rest.strip_suffix("\"}")?.as_bytes()).ok()?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).ok()?;
    let ours = pair.public_key().as_ref();
    let text = [SIGNED_AS, digest].concat();
    let holds = UnparsedPublicKey::new(&ED25519, ours).verify(text.as_bytes(), &signature).is_ok();
    (HEXLOWER.encode(ours) == key && holds).then_some(digest)
}
