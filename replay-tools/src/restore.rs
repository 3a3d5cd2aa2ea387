//! `replay restore`: makes a log from the archive, for one that is gone, and opens the next epoch with it.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use event_archive::segments::{Archive, OpenedEpoch};
use event_log::copying::{copy, require_fits, require_records};
use event_log::{LogReader, ReadLimit};
use events::{Partition, SharedRecord};
use fold::FoldSet;
use fold::snapshots::Snapshots;
use platform::clock;
use platform::config::{Config, LogUrl};
use platform::data_dir::DataDir;
use sealing::Keys;

use crate::Outcome;
use crate::archive_log::ArchiveLog;
use crate::copy_log::target;
use crate::progress::Teller;
use crate::restored_log::RestoredLog;
use crate::stopped::{held, secrets};

pub(crate) async fn run(config: &Config, to: LogUrl, confirmed: bool) -> Result<Outcome> {
    let data = held(config, DataDir::open_alone)?;
    let secrets = secrets(config, data.path())?;
    let mut archive = process::open_archive(config, data.path(), &secrets).await?;
    let started = Instant::now();
    let failed = || format!("failed to restore the log to {to}");
    let source = ArchiveLog::new(archive.clone());
    // A target that is made and gets nothing would be a closed one.
    require_records(&source).await.with_context(failed)?;
    let epoch = epoch(&archive, &source, &to).await.with_context(failed)?;
    if !confirmed {
        tell(&epoch, &to);
        return Ok(Outcome::Different);
    }
    let source = RestoredLog::new(source, &epoch, process::cell(&secrets));
    let keys = Keys::new(Arc::new(process::open_key_store(config, data.path()).await?));
    // What opens the epoch ends the log of before, and is not taken back: all that can fail comes first.
    let set = folded(&source, &keys, epoch.epoch).await.with_context(failed)?;
    let target = target(config, &to, data.path()).await?;
    require_fits(&source, &*target).await.with_context(failed)?;
    let snapshots = Snapshots::new(process::open_objects(config, data.path()).await?);
    let opened = archive.open_epoch(epoch.clone(), &process::archive_signer(&secrets)).await;
    ensure!(
        opened.with_context(failed)?,
        "somebody else opened epoch {} meanwhile: their log goes on",
        epoch.epoch
    );
    // The log that is gone may have been longer: what was made of its end must not meet the records that
    // will stand there. Before any server starts on them: the target is closed until it is whole.
    snapshots.forget_beyond(|partition| epoch.begins_at(partition)).await.with_context(failed)?;
    snapshots.begin_epoch(&set, epoch.epoch).await.with_context(failed)?;
    let mut tell = Teller::new();
    let copied = copy(&source, &*target, |progress| tell.hear(progress.records, progress.of));
    let copied = copied.await.with_context(failed)?;
    println!(
        "{to} is the log as it was archived, {} records, and epoch {} begins behind them; {} of all were \
         written now, in {:.1} s. Rows and index may be ahead of it: replay rebuild makes them anew",
        records(&epoch),
        epoch.epoch,
        copied.written,
        started.elapsed().as_secs_f64()
    );
    Ok(Outcome::Good)
}

/// The epoch that is opened, or was when this restore was cut short: nothing is archived in it then.
async fn epoch(archive: &Archive, source: &ArchiveLog, to: &LogUrl) -> Result<OpenedEpoch> {
    let now = archive.next_epoch(0, to.to_string(), clock::now_ms()).await?;
    let resumed = archive
        .epochs()
        .last()
        .filter(|last| last.log == now.log && last.partitions == now.partitions);
    if let Some(resumed) = resumed {
        return Ok(resumed.clone());
    }
    // The archive of a log that was restored before it was archived knows less than the log.
    let directory = FoldSet::new();
    let end = now.begins_at(Partition::DIRECTORY);
    fold(source, &directory, Partition::DIRECTORY, end, async |records| Ok(records)).await?;
    let epoch = directory.epoch(Partition::DIRECTORY).max(archive.epoch()) + 1;
    Ok(OpenedEpoch { epoch, ..now })
}

fn tell(epoch: &OpenedEpoch, to: &LogUrl) {
    println!(
        "{to} would become the log as it is archived, {} records, and epoch {} would begin behind them. \
         Whatever runs on the log of before ends then. Nothing was done: --yes does it",
        records(epoch),
        epoch.epoch
    );
}

fn records(epoch: &OpenedEpoch) -> u64 {
    epoch.partitions.iter().map(|partition| partition.next_offset).sum()
}

/// All that will be restored, judged: every partition must come to the epoch. Opened, because the names
/// beside the fold are personal, and the servers start from what is made here.
async fn folded(source: &RestoredLog, keys: &Keys, epoch: u32) -> Result<FoldSet> {
    let set = FoldSet::new();
    let partitions: Vec<Partition> = Partition::durable().collect();
    let ends = source.ends(&partitions).await?;
    for (partition, end) in partitions.into_iter().zip(ends) {
        fold(source, &set, partition, end, async |records| Ok(keys.opened(records).await?)).await?;
        let came_to = set.epoch(partition);
        ensure!(came_to == epoch, "{partition} came to epoch {came_to}, not {epoch}");
    }
    Ok(set)
}

async fn fold(
    log: &dyn LogReader,
    set: &FoldSet,
    partition: Partition,
    end: u64,
    opened: impl AsyncFn(Vec<SharedRecord>) -> Result<Vec<SharedRecord>>,
) -> Result<()> {
    while set.next(partition) < end {
        let next = set.next(partition);
        let mut records = log.read(partition, next, ReadLimit::default()).await?;
        ensure!(!records.is_empty(), "{partition} ends at offset {next}, not {end}");
        records.retain(|record| record.offset < end);
        for record in opened(records).await? {
            set.apply(record)?;
        }
    }
    Ok(())
}
