//! `replay export evidence` and `replay verify --export`: every event of a period, signed, so that it can
//! be shown that nothing was changed, left out or put in.
//!
//! An export is a folder: for each partition that has any, a file `<partition>.jsonl` of records by
//! offset, and `manifest.json`, which says what was asked for, names every file with its hash and the
//! segments of the archive that its records lie in, and is signed by the installation.

mod manifest;
mod records;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use event_archive::segments::{ContentHash, Signer};
use events::{ChannelId, Partition, UserId};
use futures::TryStreamExt;

use self::manifest::{File, MANIFEST, Manifest, Segment};
use self::records::{Filter, Taken};
use super::export::made;
use super::moment::{Instant, Moment};
use super::source::{ReadFrom, Source};
use crate::Outcome;

pub(crate) use verify::run as verify;

/// Which events are evidence.
#[derive(Debug, Clone, Args)]
pub struct Evidence {
    /// The beginning of the period: what happened at this time counts.
    #[arg(long, value_name = "TIME")]
    pub since: Instant,
    /// The end of the period: what happened at this time does not count any more.
    #[arg(long, value_name = "TIME")]
    pub until: Instant,
    /// The folder that is made; it must not be there yet.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Only events in this channel, or that name it; can be given several times.
    #[arg(long, value_name = "ID")]
    pub channel: Vec<ChannelId>,
    /// Only events by this account, or that name it; can be given several times.
    #[arg(long, value_name = "ID")]
    pub account: Vec<UserId>,
    /// Where it is read: the log where no server runs, else the archive, unless it is said.
    #[arg(long, value_enum)]
    pub from: Option<ReadFrom>,
}

impl Evidence {
    fn filter(&self) -> Filter {
        Filter {
            since: self.since.0,
            until: self.until.0,
            channels: self.channel.clone(),
            accounts: self.account.clone(),
        }
    }
}

pub(crate) async fn run(source: &Source, signer: &Signer, asked: &Evidence) -> Result<Outcome> {
    ensure!(asked.since < asked.until, "the period ends before it begins");
    source.until(Some(Moment::At(asked.until))).await?;
    let filter = asked.filter();
    made(&asked.out)?;
    let mut files = Vec::new();
    for partition in source.ends().keys() {
        let taken = filter.take(source, *partition).await?;
        if taken.is_empty() {
            continue;
        }
        let text = records::lines(&taken);
        let file = file(source, *partition, &taken, &text).await?;
        write(&asked.out.join(&file.name), text.as_bytes())?;
        files.push(file);
    }
    let manifest = Manifest::new(source, &filter, files);
    // Last: an export that was cut short has none.
    write(&asked.out.join(MANIFEST), &manifest.sign(signer))?;
    println!(
        "{}: {} records, {} of them applied, in {} files",
        asked.out.display(),
        manifest.records,
        manifest.applied,
        manifest.files.len()
    );
    Ok(Outcome::Good)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("failed to write {}", path.display()))
}

async fn file(source: &Source, partition: Partition, taken: &[Taken], text: &str) -> Result<File> {
    Ok(File {
        name: format!("{partition}.jsonl"),
        records: taken.len() as u64,
        applied: taken.iter().filter(|record| record.applied).count() as u64,
        bytes: text.len() as u64,
        sha256: ContentHash::of(text.as_bytes()),
        segments: segments(source, partition, taken).await?,
    })
}

/// The segments of the archive that the records lie in; what is not archived yet lies in none.
async fn segments(source: &Source, partition: Partition, taken: &[Taken]) -> Result<Vec<Segment>> {
    let heads: Vec<_> = source.archive.manifests(partition).try_collect().await?;
    let before = |offset: u64| taken.partition_point(|record| record.offset < offset);
    let holds = |first: u64, next: u64| before(first) < before(next);
    let holding = heads
        .into_iter()
        .filter(|head| holds(head.manifest.first_offset, head.manifest.next_offset()));
    let segments = holding.map(|head| Segment {
        object: head.key.as_str().to_owned(),
        manifest_sha256: head.manifest_sha256,
    });
    Ok(segments.collect())
}
