//! `replay dead-letters`: records whose bytes are no event. They have no effect and are for ever on the log; a
//! repaired event can take their place behind everything.

mod document;
mod readmit;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use clap::{Args, Subcommand};
use domain::{Verdict, Void};
use events::{Partition, Position};
use fold::Folded;
use platform::config::Config;
use serde_json::{Map, Value, json};

use super::Until;
use super::moment::Instant;
use super::source::{Entry, ReadFrom, Source};
use super::text::{plain, quoted};
use crate::Outcome;

/// What is done with them, and how it is told.
#[derive(Debug, Clone, Args)]
pub struct DeadLetters {
    #[command(subcommand)]
    pub task: DeadLetterTask,
    /// One JSON document per line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Where it is read: the log where no server runs, else the archive, unless it is said.
    #[arg(long, value_enum, global = true)]
    pub from: Option<ReadFrom>,
}

#[derive(Debug, Clone, Subcommand)]
pub enum DeadLetterTask {
    /// List those of all partitions with where they stand, what is wrong with them, and where they were
    /// readmitted.
    List,
    /// Show one with all its bytes.
    Show {
        /// Where it stands, as in 1.channels-07.4711.
        position: Position,
        /// Print the JSON document that readmit takes instead, of what can be read of it: to be repaired.
        /// It holds all that is personal in it, readable.
        #[arg(long)]
        draft: bool,
    },
    /// Append the repaired event behind everything in the letter's partition, where it is judged like any
    /// other: of a stopped server, or beside services on Kafka. The letter stays what it is. Without --yes
    /// it is only checked and told, and the exit code is 1. A second time finds the first and does nothing.
    Readmit {
        /// Where it stands, as in 1.channels-07.4711.
        position: Position,
        /// The repaired event as show --draft prints one; - reads it from standard input.
        #[arg(long, value_name = "FILE")]
        event: PathBuf,
        /// Do it.
        #[arg(long)]
        yes: bool,
    },
}

/// A record that is no event.
struct DeadLetter {
    entry: Entry,
    reason: String,
    readmitted: Option<Position>,
}

impl DeadLetter {
    fn new(entry: Entry, readmitted: Option<Position>) -> Self {
        let reason = match events::decode(&entry.sealed) {
            Ok(_) => "it is an event of another topic".to_owned(),
            Err(error) => error.to_string(),
        };
        Self { entry, reason, readmitted }
    }

    fn headers(&self) -> Map<String, Value> {
        let headers = self.entry.sealed.headers.iter();
        headers
            .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value))))
            .collect()
    }

    fn json(&self, whole: bool) -> Value {
        let record = &self.entry.sealed;
        let mut line = json!({
            "position": self.entry.opened.position().to_string(),
            "appended_ms": record.appended_ms,
            "reason": self.reason,
            "bytes": record.body.len(),
            "readmitted": self.readmitted.map(|position| position.to_string()),
        });
        if whole {
            line["headers"] = Value::Object(self.headers());
            line["body"] = json!(String::from_utf8_lossy(&record.body));
        }
        line
    }

    fn prose(&self, whole: bool) -> String {
        let record = &self.entry.sealed;
        let (position, at) = (self.entry.opened.position(), Instant(record.appended_ms));
        let mut text = format!("{position}  {at}  {}", plain(&self.reason));
        if let Some(readmitted) = self.readmitted {
            text.push_str(&format!("; readmitted at {readmitted}"));
        }
        if whole {
            for (name, value) in self.headers() {
                text.push_str(&format!("\n  {}: {}", plain(&name), plain(&value.to_string())));
            }
            text.push_str(&format!("\n  {}", quoted(&String::from_utf8_lossy(&record.body))));
        }
        text
    }
}

pub(crate) async fn run(config: &Config, asked: &DeadLetters) -> Result<Outcome> {
    match &asked.task {
        DeadLetterTask::Readmit { position, event, yes } => {
            ensure!(asked.from != Some(ReadFrom::Archive), "an archive takes no events");
            readmit::run(config, *position, (event, *yes), asked.json).await
        }
        shown => shown_of(&Source::open(config, asked.from).await?, shown, asked.json).await,
    }
}

async fn shown_of(source: &Source, task: &DeadLetterTask, json: bool) -> Result<Outcome> {
    let (letters, whole) = match task {
        DeadLetterTask::Show { position, draft: true } => {
            let draft = document::draft(&one(source, *position).await?);
            writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&draft)?)?;
            return Ok(Outcome::Good);
        }
        DeadLetterTask::Show { position, .. } => (vec![one(source, *position).await?], true),
        DeadLetterTask::List | DeadLetterTask::Readmit { .. } => (all(source).await?, false),
    };
    let mut out = std::io::stdout().lock();
    for letter in &letters {
        if json {
            writeln!(out, "{}", letter.json(whole))?;
        } else {
            writeln!(out, "{}", letter.prose(whole))?;
        }
    }
    Ok(Outcome::Good)
}

async fn all(source: &Source) -> Result<Vec<DeadLetter>> {
    let mut letters = Vec::new();
    for partition in source.ends().keys() {
        letters.extend(of(source, *partition).await?);
    }
    Ok(letters)
}

async fn one(source: &Source, position: Position) -> Result<DeadLetter> {
    let end = source.ends().get(&position.partition).copied().unwrap_or(0);
    ensure!(position.offset < end, "there is no record at {position}");
    let letters = of(source, position.partition).await?;
    let at = |letter: &DeadLetter| letter.entry.sealed.offset == position.offset;
    match letters.into_iter().find(at) {
        Some(letter) => Ok(letter),
        None => bail!("the record at {position} is an event: replay cat shows it"),
    }
}

/// Those of a partition. What was readmitted for one stands behind it.
async fn of(source: &Source, partition: Partition) -> Result<Vec<DeadLetter>> {
    let (mut entries, mut readmitted) = (Vec::new(), BTreeMap::new());
    let is_letter = |folded: &Folded| folded.verdict == Verdict::Void(Void::Invalid);
    let wanted = |folded: &Folded| is_letter(folded) || readmits(folded).is_some();
    let each = |entry: Entry| match readmits(&entry.opened) {
        Some(letter) => drop(readmitted.insert(letter, entry.opened.position())),
        None => entries.push(entry),
    };
    source.walk(partition, Until::END, wanted, each).await?;
    let letter = |entry: Entry| {
        let found = readmitted.get(&entry.opened.position()).copied();
        DeadLetter::new(entry, found)
    };
    Ok(entries.into_iter().map(letter).collect())
}

/// In whose place the event stands, if it is in force.
fn readmits(folded: &Folded) -> Option<Position> {
    let (meta, _, _) = folded.applied()?;
    meta.cause.filter(|letter| meta.id == document::readmitted_id(*letter))
}

#[cfg(test)]
mod tests;
