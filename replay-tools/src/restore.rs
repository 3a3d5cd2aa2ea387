//! `replay restore`: makes a log from the archive, for one that is gone.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use event_log::copying::{copy, require_records};
use fold::snapshots::Snapshots;
use platform::config::{Config, LogUrl};
use platform::data_dir::DataDir;

use crate::Outcome;
use crate::archive_log::{ArchiveLog, ends};
use crate::copy_log::target;
use crate::progress::Teller;
use crate::stopped::{held, secrets};

pub(crate) async fn run(config: &Config, to: LogUrl) -> Result<Outcome> {
    let data = held(config, DataDir::open_alone)?;
    let secrets = secrets(config, data.path())?;
    let archive = process::open_archive(config, data.path(), &secrets).await?;
    let started = Instant::now();
    let failed = || format!("failed to restore the log to {to}");
    let source = ArchiveLog::new(archive.clone());
    // A target that is made and gets nothing would be a closed one.
    require_records(&source).await.with_context(failed)?;
    let ends: BTreeMap<_, _> = ends(&archive).await.with_context(failed)?.into_iter().collect();
    // The log that is gone may have been longer: what was made of its end must not meet the records that
    // will stand there.
    let objects = process::open_objects(config, data.path()).await?;
    let end = |partition| ends.get(&partition).copied().unwrap_or(0);
    Snapshots::new(objects).forget_beyond(end).await.with_context(failed)?;
    let target = target(config, &to, data.path()).await?;
    let mut tell = Teller::new();
    let copied = copy(&source, &*target, |progress| tell.hear(progress.records, progress.of));
    let copied = copied.await.with_context(failed)?;
    println!(
        "{to} is the log as it was archived: {} records, {} of them written now, in {:.1} s",
        copied.records,
        copied.written,
        started.elapsed().as_secs_f64()
    );
    Ok(Outcome::Good)
}
