//! Whether an export is what the installation wrote, and what its archive says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use event_archive::segments::PublicKey;
use events::{Partition, Position};
use futures::TryStreamExt;
use serde_json::{Value, json};

use super::manifest::{File, MANIFEST, Manifest};
use crate::Outcome;
use crate::history::source::Source;

/// What was found wrong, by file, and what was looked at.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub findings: Vec<(String, String)>,
    pub records: u64,
    /// Equal to those of the archive.
    pub archived: u64,
    /// Beyond where the archive ends.
    pub beyond: u64,
    /// What they said was erased since.
    pub erased: u64,
}

impl Report {
    fn found(&mut self, file: &str, reason: impl Into<String>) {
        self.findings.push((file.to_owned(), reason.into()));
    }
}

/// Looks at the export in `folder`, and compares it with the archive if there is any.
pub(crate) async fn run(
    folder: &Path,
    signer: PublicKey,
    archive: Option<&Source>,
    as_json: bool,
) -> Result<Outcome> {
    let report = report(folder, signer, archive).await?;
    let sound = report.findings.is_empty();
    if as_json {
        let findings = report.findings.iter();
        let findings: Vec<Value> =
            findings.map(|(file, reason)| json!({"file": file, "reason": reason})).collect();
        let document = json!({
            "sound": sound,
            "records": report.records,
            "archived": report.archived,
            "not_archived": report.beyond,
            "erased_since": report.erased,
            "findings": findings,
        });
        println!("{document}");
    } else {
        for (file, reason) in &report.findings {
            println!("{file}: {reason}");
        }
        let Report { records, archived, beyond, erased, .. } = &report;
        println!(
            "checked {records} records: {archived} are as the archive has them, {beyond} are not \
             archived, {erased} were erased since"
        );
        println!("{}", if sound { "sound" } else { "not what the installation wrote" });
    }
    Ok(if sound { Outcome::Good } else { Outcome::Different })
}

pub(super) async fn report(
    folder: &Path,
    signer: PublicKey,
    archive: Option<&Source>,
) -> Result<Report> {
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    let mut report = Report::default();
    let mut names = names(folder)?;
    if !names.remove(MANIFEST) {
        report.found(MANIFEST, "it is missing");
        return Ok(report);
    }
    let manifest = match Manifest::parse(&read(folder, MANIFEST)?, signer) {
        Ok(manifest) => manifest,
        Err(reason) => {
            report.found(MANIFEST, reason);
            return Ok(report);
        }
    };
    for file in &manifest.files {
        if !names.remove(&file.name) {
            report.found(&file.name, "it is missing");
            continue;
        }
        let bytes = read(folder, &file.name)?;
        report.records += file.records;
        if !file.is(&bytes) {
            report.found(&file.name, "it was changed");
        } else if let Some(archive) = archive {
            compare(file, &bytes, &manifest, archive, &mut report).await?;
        }
    }
    for name in names {
        report.found(&name, "it does not belong to the export");
    }
    if let Some(archive) = archive {
        nothing_left_out(&manifest, archive, &mut report).await?;
    }
    Ok(report)
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    std::fs::read(&path).with_context(|| format!("failed to read {}", path.display()))
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("failed to list {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn partition(file: &File) -> Option<Partition> {
    file.name.strip_suffix(".jsonl")?.parse().ok()
}

/// Every record must be the archive's, and the archive must have no other.
async fn compare(
    file: &File,
    bytes: &[u8],
    manifest: &Manifest,
    archive: &Source,
    report: &mut Report,
) -> Result<()> {
    let Some(partition) = partition(file) else {
        report.found(&file.name, "it is named after no partition");
        return Ok(());
    };
    let end = archive.ends().get(&partition).copied().unwrap_or(0);
    let taken = manifest.asked.take(archive, partition).await?;
    let taken = taken.into_iter().filter(|record| manifest.has_read(partition, record.offset));
    let mut archived: BTreeMap<u64, Value> =
        taken.map(|record| (record.offset, record.line)).collect();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let exported: Value = serde_json::from_slice(line)
            .with_context(|| format!("{} is signed and no JSON", file.name))?;
        let position = exported["position"].as_str().unwrap_or_default();
        let offset = position.parse().map(|position: Position| position.offset);
        match offset.ok().map(|offset| (offset, archived.remove(&offset))) {
            Some((_, Some(of_archive))) if of_archive == exported => report.archived += 1,
            Some((_, Some(of_archive))) if is_erased(&exported, &of_archive) => {
                report.archived += 1;
                report.erased += 1;
            }
            Some((offset, None)) if offset >= end => report.beyond += 1,
            _ => report.found(&file.name, format!("{position} is not what the archive has")),
        }
    }
    if let Some(offset) = archived.keys().next() {
        report.found(&file.name, format!("it lacks the record at offset {offset}"));
    }
    traced(file, partition, archive, report).await
}

/// Whether they differ in what can be read no more.
fn is_erased(exported: &Value, of_archive: &Value) -> bool {
    if !of_archive["event"]["p"].is_null() {
        return false;
    }
    let mut exported = exported.clone();
    exported["event"]["p"] = Value::Null;
    exported == *of_archive
}

/// The segments that the file names must be those of the archive.
async fn traced(
    file: &File,
    partition: Partition,
    archive: &Source,
    report: &mut Report,
) -> Result<()> {
    let heads: Vec<_> = archive.archive.manifests(partition).try_collect().await?;
    for segment in &file.segments {
        let stands = heads.iter().any(|head| {
            head.key.as_str() == segment.object && head.manifest_sha256 == segment.manifest_sha256
        });
        if !stands {
            let reason = format!("the archive has no {} with that hash", segment.object);
            report.found(&file.name, reason);
        }
    }
    Ok(())
}

/// A partition without a file must have had nothing to show.
async fn nothing_left_out(
    manifest: &Manifest,
    archive: &Source,
    report: &mut Report,
) -> Result<()> {
    let shown: BTreeSet<Partition> = manifest.files.iter().filter_map(partition).collect();
    for partition in archive.ends().keys().filter(|partition| !shown.contains(partition)) {
        let taken = manifest.asked.take(archive, *partition).await?;
        if taken.iter().any(|record| manifest.has_read(*partition, record.offset)) {
            let reason = format!("it lacks the records of {partition}");
            report.found(MANIFEST, reason);
        }
    }
    Ok(())
}
