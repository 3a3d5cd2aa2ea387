//! `replay verify`: whether the archive is whole and unchanged, and whether its verdicts and state hashes
//! are those that its records come to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use event_archive::segments::{Archive, Archived, Hour, Report, Visitor};
use events::Partition;
use fold::{FoldSet, verdicts};
use platform::config::Config;
use serde_json::json;

use crate::Outcome;
use crate::archive_log::ends;
use crate::progress::Teller;
use crate::stopped::{secrets, there};

/// Needs no stopped server: nothing is written, and what is archived meanwhile may or may not be seen.
pub(crate) async fn run(config: &Config, as_json: bool) -> Result<Outcome> {
    let data = there(config)?;
    let secrets = secrets(config, data)?;
    let archive = process::open_archive(config, data, &secrets).await?;
    let started = Instant::now();
    let of = ends(&archive).await.map_or(0, |ends| ends.iter().map(|(_, end)| end).sum());
    let signer = process::archive_signer(&secrets).public_key();
    let report = archive.verify(&[signer], &mut Folding::new(of)).await?;
    ensure!(report.segments + report.digests > 0, "nothing is archived where archive.url says");
    let seconds = started.elapsed().as_secs_f64();
    let next_digest = next_digest(&archive, &report).await?;
    if as_json {
        println!("{}", document(&report, seconds, next_digest));
    } else {
        tell(&report, seconds, next_digest);
    }
    Ok(if report.is_sound() { Outcome::Good } else { Outcome::Different })
}

/// What is newer than the last digest is covered by none. Where something is wrong already, what is missing
/// may keep this from being known.
async fn next_digest(archive: &Archive, report: &Report) -> Result<Option<Hour>> {
    if report.is_sound() { Ok(archive.next_digest_hour().await?) } else { Ok(None) }
}

fn tell(report: &Report, seconds: f64, next_digest: Option<Hour>) {
    for finding in &report.findings {
        println!("{finding}");
    }
    if report.findings_more > 0 {
        println!("and {} more", report.findings_more);
    }
    let Report { segments, records, digests, .. } = report;
    let rate = *records as f64 / seconds;
    println!(
        "checked {segments} segments with {records} records and {digests} digests \
         in {seconds:.1} s, {rate:.0} records per second"
    );
    if report.left_behind > 0 {
        println!(
            "{} more were left behind by logs that a restore put another in place of",
            report.left_behind
        );
    }
    match (report.is_sound(), next_digest) {
        (false, _) => println!("{} findings", findings(report)),
        (true, None) => println!("sound"),
        (true, Some(hour)) => println!("sound; the digest that comes next is that of {hour}"),
    }
}

fn findings(report: &Report) -> u64 {
    report.findings.len() as u64 + report.findings_more
}

fn document(report: &Report, seconds: f64, next_digest: Option<Hour>) -> serde_json::Value {
    let found = report.findings.iter().map(|finding| {
        json!({
            "object": finding.object.as_str(),
            "kind": finding.kind.to_string(),
            "reason": finding.reason,
        })
    });
    json!({
        "sound": report.is_sound(),
        "segments": report.segments,
        "records": report.records,
        "digests": report.digests,
        "left_behind": report.left_behind,
        "next_digest": next_digest.map(|hour| hour.to_string()),
        "seconds": seconds,
        "findings": found.collect::<Vec<_>>(),
        "findings_more": report.findings_more,
    })
}

/// Folds what is archived anew, sealed as it is.
struct Folding {
    set: FoldSet,
    /// Where it came to something else once, everything behind that would, too.
    parted: BTreeSet<Partition>,
    records: u64,
    of: u64,
    tell: Teller,
}

impl Folding {
    fn new(of: u64) -> Self {
        let (set, parted) = (FoldSet::new(), BTreeSet::new());
        Self { set, parted, records: 0, of, tell: Teller::new() }
    }
}

impl Visitor for Folding {
    fn record(&mut self, archived: &Archived) -> Result<(), String> {
        self.records += 1;
        self.tell.hear(self.records, self.of);
        let (partition, offset) = (archived.record.partition, archived.record.offset);
        if self.parted.contains(&partition) {
            return Ok(());
        }
        let folded = self.set.apply(Arc::clone(&archived.record)).map_err(|error| {
            self.parted.insert(partition);
            format!("the record at offset {offset} cannot be judged: {error}")
        })?;
        let verdict = verdicts::encode(&folded.verdict);
        if verdict == archived.verdict {
            return Ok(());
        }
        let [ours, theirs] = [&verdict, &archived.verdict].map(|v| String::from_utf8_lossy(v));
        Err(format!("the verdict on the record at offset {offset} is {ours:?}, not {theirs:?}"))
    }

    fn segment_end(
        &mut self,
        partition: Partition,
        next_offset: u64,
        state_hash: Option<&str>,
    ) -> Result<(), String> {
        if self.parted.contains(&partition) {
            return Ok(());
        }
        let ours = verdicts::state_hash(self.set.hash(partition));
        if state_hash == Some(ours.as_str()) {
            return Ok(());
        }
        self.parted.insert(partition);
        let theirs = state_hash.unwrap_or("none");
        Err(format!("the state hash at offset {next_offset} is {ours}, not {theirs}"))
    }
}
