//! `replay dead-letters`: records whose bytes are no event. They have no effect and are for ever on the log.

use std::io::Write;

use anyhow::{Result, bail, ensure};
use clap::{Args, Subcommand};
use domain::{Verdict, Void};
use events::{Partition, Position};
use fold::Folded;
use serde_json::{Map, Value, json};

use super::Until;
use super::moment::Instant;
use super::source::{Entry, ReadFrom, Source};
use super::text::{plain, quoted};
use crate::Outcome;

/// Which of them are shown, and how.
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
    /// List those of all partitions with where they stand and what is wrong with them.
    List,
    /// Show one with all its bytes.
    Show {
        /// Where it stands, as in 1.channels-07.4711.
        position: Position,
    },
}

/// A record that is no event.
struct DeadLetter {
    entry: Entry,
    reason: String,
}

impl DeadLetter {
    fn new(entry: Entry) -> Self {
        let reason = match events::decode(&entry.sealed) {
            Ok(_) => "it is an event of another topic".to_owned(),
            Err(error) => error.to_string(),
        };
        Self { entry, reason }
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
        if whole {
            for (name, value) in self.headers() {
                text.push_str(&format!("\n  {}: {}", plain(&name), plain(&value.to_string())));
            }
            text.push_str(&format!("\n  {}", quoted(&String::from_utf8_lossy(&record.body))));
        }
        text
    }
}

pub(crate) async fn run(source: &Source, asked: &DeadLetters) -> Result<Outcome> {
    let (letters, whole) = match asked.task {
        DeadLetterTask::List => (all(source).await?, false),
        DeadLetterTask::Show { position } => (vec![one(source, position).await?], true),
    };
    let mut out = std::io::stdout().lock();
    for letter in &letters {
        if asked.json {
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
        letters.extend(of(source, *partition, Until::END).await?);
    }
    Ok(letters)
}

async fn one(source: &Source, position: Position) -> Result<DeadLetter> {
    let end = source.ends().get(&position.partition).copied().unwrap_or(0);
    ensure!(position.offset < end, "there is no record at {position}");
    let until = Until { at: Instant(i64::MAX), position: Some(position) };
    let last = of(source, position.partition, until).await?.pop();
    match last.filter(|letter| letter.entry.sealed.offset == position.offset) {
        Some(letter) => Ok(letter),
        None => bail!("the record at {position} is an event: replay cat shows it"),
    }
}

async fn of(source: &Source, partition: Partition, until: Until) -> Result<Vec<DeadLetter>> {
    let mut letters = Vec::new();
    let wanted = |folded: &Folded| folded.verdict == Verdict::Void(Void::Invalid);
    source.walk(partition, until, wanted, |entry| letters.push(DeadLetter::new(entry))).await?;
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::testing::World;

    #[tokio::test]
    async fn what_is_no_event_is_listed_and_shown() {
        let mut world = World::new().await;
        world.scene().await;
        world.scrawl(Partition::DIRECTORY);
        let source = world.source().await;
        let letters = all(&source).await.unwrap();
        let position = Position::new(Partition::DIRECTORY, 5);
        assert_eq!(letters.len(), 1);
        assert!(letters[0].prose(false).starts_with(&position.to_string()));
        let shown = one(&source, position).await.unwrap();
        assert_eq!(shown.json(true)["body"], "scrawl");
        for (offset, said) in [(0, "is an event"), (6, "there is no record")] {
            let refused = one(&source, Position::new(Partition::DIRECTORY, offset)).await;
            let text = refused.err().unwrap().to_string();
            assert!(text.contains(said), "{text}");
        }
    }
}
