//! `replay status`: how far log, rows, index, snapshots and archive are, by partition.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use events::Partition;
use fold::FoldSet;
use fold::snapshots::Snapshots;
use platform::config::Config;
use read_model::{Database, Reader};
use search_index::{OpenError, Searcher};

use crate::Outcome;
use crate::archive_log::ends;
use crate::stopped::{WithRows, secrets, there};
use crate::versions;

pub(crate) async fn run(config: &Config, with: WithRows<'_>) -> Result<Outcome> {
    let archived = archived(config).await?;
    let rows = rows(&with.database).await?;
    let index = index(&with)?;
    let snapshots = FoldSet::new();
    let store = Snapshots::new(Arc::clone(&with.stopped.objects));
    store.restore(&snapshots, |_| u64::MAX).await?;
    println!(
        "{:<14}{:>12}{:>12}{:>12}{:>12}{:>12}",
        "partition", "log", "rows", "index", "snapshot", "archive"
    );
    let held = with.stopped.ends().await?.into_iter().filter(|(_, end)| *end > 0);
    for (partition, end) in held {
        let of =
            |positions: &BTreeMap<Partition, u64>| positions.get(&partition).copied().unwrap_or(0);
        println!(
            "{:<14}{end:>12}{:>12}{:>12}{:>12}{:>12}",
            partition.to_string(),
            of(&rows),
            of(&index),
            snapshots.next(partition),
            of(&archived)
        );
    }
    versions::tell(&with.database, &with.stopped.index(None)).await?;
    Ok(Outcome::Good)
}

async fn archived(config: &Config) -> Result<BTreeMap<Partition, u64>> {
    let data = there(config)?;
    let archive = process::open_archive(config, data, &secrets(config, data)?).await?;
    Ok(ends(&archive).await?.into_iter().collect())
}

/// Every position is the offset that comes next: equal numbers are level.
async fn rows(database: &Database) -> Result<BTreeMap<Partition, u64>> {
    database.migrate().await?;
    Ok(Reader::new(database.pool(1)).positions().await?)
}

fn index(with: &WithRows<'_>) -> Result<BTreeMap<Partition, u64>> {
    match Searcher::open(&with.stopped.index(None)) {
        Ok(searcher) => {
            let next = searcher.positions();
            Ok(next.iter().map(|last| (last.partition, last.offset + 1)).collect())
        }
        // Then none of it counts.
        Err(OpenError::Missing | OpenError::OtherFormat) => Ok(BTreeMap::new()),
        Err(error) => Err(error.into()),
    }
}
