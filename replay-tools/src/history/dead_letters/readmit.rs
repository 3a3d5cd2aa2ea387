//! `replay dead-letters readmit`: a repaired event, appended behind everything in the letter's partition. The
//! letter stays what it is: its verdict stands for ever.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use domain::{Verdict, Void};
use event_log::{EventLog, ReadLimit};
use events::{Event, Meta, Partition, Position, Topic};
use fold::{FoldSet, Folded};
use platform::config::Config;
use platform::data_dir::{DataDir, DataDirError};
use sealing::Keys;
use serde_json::json;

use super::document::{Repaired, readmitted_id, tried};
use super::readmits;
use crate::Outcome;
use crate::cat::verdict;
use crate::copy_log::there_already;
use crate::stopped::{held, secrets, there};

/// A log that takes records: an embedded one of a stopped server, or one on Kafka beside running services.
pub(super) struct Taking {
    pub log: Arc<dyn EventLog>,
    pub keys: Keys,
    /// The source of what is appended.
    pub cell: String,
    /// Held, so that no server starts meanwhile on an embedded log.
    pub _data: Option<DataDir>,
}

/// What is to be readmitted, and whether it is done or only told.
pub(super) struct Readmission<'r> {
    pub position: Position,
    pub repaired: &'r Repaired,
    pub confirmed: bool,
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub(super) struct Readmitted {
    /// Where it is, where it was found, or where it would come to be.
    pub position: Position,
    pub verdict: String,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Appended,
    /// It was readmitted before; nothing was appended.
    Already,
    /// Nothing was appended, because nobody said that it is to be.
    Told,
}

/// The letter's partition, folded up to its end.
struct Present {
    set: FoldSet,
    partition: Partition,
    /// What was readmitted for the letter.
    first: Option<Position>,
}

impl Taking {
    pub(super) async fn open(config: &Config) -> Result<Self> {
        let data = there(config)?;
        let secrets = secrets(config, data)?;
        let alone = if config.log.url.is_shared() { None } else { Some(stopped(config)?) };
        Ok(Self {
            log: there_already(config, &config.log.url, data).await?,
            keys: Keys::new(Arc::new(process::open_key_store(config, data).await?)),
            cell: process::cell(&secrets),
            _data: alone,
        })
    }

    pub(super) async fn readmit(&self, asked: &Readmission<'_>) -> Result<Readmitted> {
        let mut present = self.present(asked.position).await?;
        if let Some(position) = present.first {
            return Ok(Readmitted { position, verdict: "applied".into(), how: How::Already });
        }
        let end = present.next();
        let (mut meta, event) = asked.repaired.event(asked.position, end)?;
        meta.epoch = present.set.epoch(asked.position.partition);
        let Readmitted { position, verdict, .. } = present.judged(&meta, &event)?;
        if !asked.confirmed {
            return Ok(Readmitted { position, verdict, how: How::Told });
        }
        self.append(asked.position, &meta, &event).await
    }

    /// The record, appended, and the verdict on it where it came to stand.
    async fn append(&self, letter: Position, meta: &Meta, event: &Event) -> Result<Readmitted> {
        let sealer = self.keys.sealer(event, meta.time_ms).await?;
        let record = sealer.encode(&self.cell, meta, event);
        let appended = self.log.append(letter.partition, record).await;
        let appended =
            appended.context("failed to append it; the same command again makes it count once")?;
        // On a log that is shared others may have appended before it.
        let (_, found) = self.folded(letter, appended.offset + 1).await?;
        let folded = found.into_iter().find(|folded| folded.record.offset == appended.offset);
        let folded = folded.context("the log does not hold what it took")?;
        let (position, verdict) = (folded.position(), verdict(&folded.verdict));
        Ok(Readmitted { position, verdict, how: How::Appended })
    }

    async fn present(&self, letter: Position) -> Result<Present> {
        let partition = letter.partition;
        ensure!(partition.topic != Topic::Presence, "presence is not kept");
        let end = self.log.ends(&[partition]).await?.first().copied().unwrap_or(0);
        let (set, found) = self.folded(letter, end).await?;
        let of_letter = found.iter().find(|folded| folded.position() == letter);
        let of_letter = of_letter.with_context(|| format!("there is no record at {letter}"))?;
        ensure!(
            of_letter.verdict == Verdict::Void(Void::Invalid),
            "the record at {letter} is an event: replay cat shows it"
        );
        let first = found.iter().find(|folded| readmits(folded) == Some(letter));
        Ok(Present { set, partition, first: first.map(Folded::position) })
    }

    /// The letter's partition, folded from its beginning up to `end`, and the records at the letter's place
    /// and under the id that it is readmitted with.
    async fn folded(&self, letter: Position, end: u64) -> Result<(FoldSet, Vec<Folded>)> {
        let (set, mut found) = (FoldSet::new(), Vec::new());
        let partition = letter.partition;
        let id = readmitted_id(letter);
        while set.next(partition) < end {
            let page = self.log.read(partition, set.next(partition), ReadLimit::default()).await?;
            ensure!(!page.is_empty(), "{partition} ends before offset {end}");
            for record in page.into_iter().take_while(|record| record.offset < end) {
                let folded = set.apply(record)?;
                if folded.position() == letter || folded.id() == Some(id) {
                    found.push(folded);
                }
            }
        }
        Ok((set, found))
    }
}

impl Present {
    fn next(&self) -> u64 {
        self.set.next(self.partition)
    }

    /// What the fold says of the event at the present end. Only of use once: it goes on from there.
    fn judged(&mut self, meta: &Meta, event: &Event) -> Result<Readmitted> {
        let record = tried(self.partition, self.next(), meta, event);
        let folded = self.set.apply(Arc::new(record))?;
        let said = verdict(&folded.verdict);
        ensure!(folded.applied().is_some(), "the event would have no effect: {said}");
        Ok(Readmitted { position: folded.position(), verdict: said, how: How::Told })
    }
}

impl Readmitted {
    fn outcome(&self) -> Outcome {
        match self.how {
            How::Told => Outcome::Different,
            How::Appended if self.verdict != "applied" => Outcome::Different,
            How::Appended | How::Already => Outcome::Good,
        }
    }

    fn json(&self, letter: Position) -> String {
        let how = match self.how {
            How::Appended => "appended",
            How::Already => "already",
            How::Told => "told",
        };
        let Self { position, verdict, .. } = self;
        json!({
            "letter": letter.to_string(),
            "position": position.to_string(),
            "verdict": verdict,
            "readmission": how,
        })
        .to_string()
    }

    fn prose(&self, letter: Position) -> String {
        let Self { position, verdict, how } = self;
        match how {
            How::Appended => format!("{letter} is readmitted at {position}: {verdict}"),
            How::Already => format!("a duplicate: {letter} was readmitted at {position} already"),
            How::Told => format!("{letter} would be readmitted at {position}: {verdict} (--yes)"),
        }
    }
}

pub(super) async fn run(
    config: &Config,
    position: Position,
    (event, confirmed): (&Path, bool),
    json: bool,
) -> Result<Outcome> {
    let repaired = Repaired::parse(&read(event)?)?;
    let taking = Taking::open(config).await?;
    let asked = Readmission { position, repaired: &repaired, confirmed };
    let readmitted = taking.readmit(&asked).await?;
    let said = if json { readmitted.json(position) } else { readmitted.prose(position) };
    writeln!(std::io::stdout(), "{said}")?;
    Ok(readmitted.outcome())
}

fn read(file: &Path) -> Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("failed to read the event")?;
    } else {
        text = std::fs::read_to_string(file)
            .with_context(|| format!("failed to read {}", file.display()))?;
    }
    Ok(text)
}

/// The data directory of a server that does not run.
fn stopped(config: &Config) -> Result<DataDir> {
    held(config, DataDir::open_alone).or_else(|error| match error.downcast_ref::<DataDirError>() {
        Some(DataDirError::InUse { .. }) => {
            bail!("{error}: stop it, it alone can append to its log")
        }
        _ => Err(error),
    })
}
