//! `replay copy-log`: makes a log in another place the same as this one, record by record.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use event_log::copying::{CopyTarget, copy, require_records};
use event_log::{EmbeddedCopy, EmbeddedOptions, EventLog, KafkaCopy, KafkaOptions, LogReader};
use platform::config::{Config, LogUrl};
use platform::data_dir::DataDir;

use crate::progress::Teller;
use crate::stopped::held;
use crate::{Outcome, Route};

/// A record that no broker has acknowledged by then ends the copy: whoever copies a whole log can wait
/// for a broker that comes back.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(60);

pub(crate) async fn run(config: &Config, Route { from, to }: Route) -> Result<Outcome> {
    let from = from.unwrap_or_else(|| config.log.url.clone());
    ensure!(from != to, "{from} cannot be copied to itself");
    let data = held(config, DataDir::open_alone)?;
    let started = Instant::now();
    let source: Arc<dyn LogReader> = there_already(config, &from, data.path()).await?;
    // A target that is made and gets nothing would be a closed one.
    require_records(&*source).await.with_context(|| format!("failed to copy {from} to {to}"))?;
    let target = target(config, &to, data.path()).await?;
    let mut tell = Teller::new();
    let copied = copy(&*source, &*target, |progress| tell.hear(progress.records, progress.of))
        .await
        .with_context(|| format!("failed to copy {from} to {to}"))?;
    println!(
        "{to} is the same log as {from}: {} records, {} of them written now, in {:.1} s",
        copied.records,
        copied.written,
        started.elapsed().as_secs_f64()
    );
    Ok(Outcome::Good)
}

/// A log that is there: nothing is made.
pub(crate) async fn there_already(
    config: &Config,
    url: &LogUrl,
    data: &Path,
) -> Result<Arc<dyn EventLog>> {
    if let LogUrl::Embedded(directory) = url {
        let directory = data.join(directory);
        ensure!(directory.is_dir(), "there is no log in {}", directory.display());
    }
    let mut config = at(config, url);
    config.kafka.create_topics = false;
    let log = process::open_log(&config, data).await;
    log.with_context(|| format!("failed to open {url}"))
}

pub(crate) async fn target(
    config: &Config,
    url: &LogUrl,
    data: &Path,
) -> Result<Box<dyn CopyTarget>> {
    match url {
        LogUrl::Embedded(directory) => {
            let directory = data.join(directory);
            let open = || EmbeddedCopy::open(directory, EmbeddedOptions::default());
            let opened = tokio::task::spawn_blocking(open).await.context("failed to open it")?;
            Ok(Box::new(opened.with_context(|| format!("failed to open {url}"))?))
        }
        LogUrl::Kafka { .. } => {
            let options = process::kafka_options(&at(config, url));
            let options = KafkaOptions { append_timeout: ACKNOWLEDGED_WITHIN, ..options };
            let connected = KafkaCopy::connect(options).await;
            Ok(Box::new(connected.with_context(|| format!("failed to open {url}"))?))
        }
    }
}

/// The configuration with its log elsewhere.
fn at(config: &Config, url: &LogUrl) -> Config {
    let mut config = config.clone();
    config.log.url = url.clone();
    config
}
