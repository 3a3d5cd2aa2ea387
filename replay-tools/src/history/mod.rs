//! What happened, and how it was: for who is asked what somebody said, did or saw, and when.
//!
//! Owns the readings of the whole log by person, place and time. Only what the fold applied counts, at
//! the times that the fold assigned; what cannot be opened any more is blank. It must never write to
//! what it reads, and says what it read.

mod dead_letters;
mod evidence;
mod export;
mod moment;
mod names;
mod past;
mod source;
mod state;
mod story;
#[cfg(test)]
mod testing;
mod text;

use std::fmt;
use std::path::Path;

use anyhow::Result;
use event_archive::segments::Signer;
use platform::config::Config;
use serde_json::{Map, Value, json};

pub use dead_letters::{DeadLetterTask, DeadLetters};
pub use evidence::Evidence;
pub use export::{Export, Format};
pub use moment::{Instant, InvalidMoment, Moment};
pub use source::ReadFrom;
pub use state::StateAt;
pub use story::Story;

use moment::Until;
use source::{Entry, Source};

use crate::Outcome;
use crate::stopped::{secrets, there};

/// What can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Post,
    Channel,
    Team,
    Account,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Post => "post",
            Self::Channel => "channel",
            Self::Team => "team",
            Self::Account => "account",
        })
    }
}

/// What can be asked of history.
#[derive(Debug, Clone)]
pub enum HistoryTask {
    Story(Story),
    State(StateAt),
    Export(Kind, Export),
    Evidence(Evidence),
    DeadLetters(DeadLetters),
}

pub(crate) async fn run(config: &Config, task: HistoryTask) -> Result<Outcome> {
    match task {
        HistoryTask::Story(story) => {
            let source = Source::open(config, story.from).await?;
            story::run(&source, &story).await
        }
        HistoryTask::State(asked) => {
            let source = Source::open(config, asked.from).await?;
            state::run(&source, &asked).await
        }
        HistoryTask::Export(kind, export) => {
            let source = Source::open(config, export.from).await?;
            export::run(&source, kind, &export).await
        }
        HistoryTask::Evidence(asked) => {
            let source = Source::open(config, asked.from).await?;
            evidence::run(&source, &signer(config)?, &asked).await
        }
        HistoryTask::DeadLetters(asked) => dead_letters::run(config, &asked).await,
    }
}

/// Says whether an export of evidence is what this installation wrote and what its archive has. Without an
/// archive it is compared with none.
pub(crate) async fn verify_export(config: &Config, folder: &Path, json: bool) -> Result<Outcome> {
    let signer = signer(config)?.public_key();
    let archive = Source::open_archived(config).await?;
    evidence::verify(folder, signer, archive.as_ref(), json).await
}

fn signer(config: &Config) -> Result<Signer> {
    let secrets = secrets(config, there(config)?)?;
    Ok(process::archive_signer(&secrets))
}

/// What opens other things, and is of no use to who asks what happened.
const SECRETS: [&str; 2] = ["password_hash", "key"];

/// The event of a record, opened, with its type, without passwords' hashes and files' keys.
fn event_json(entry: &Entry) -> Value {
    let record = &entry.opened.record;
    let mut event = Map::new();
    if let Some((_, of)) = &entry.opened.decoded {
        event.insert("type".to_owned(), json!(of.event_type()));
    }
    if let Ok(Value::Object(halves)) = serde_json::from_slice(&record.body) {
        event.extend(halves);
    }
    if let Some(Value::Object(personal)) = event.get_mut("p") {
        SECRETS.iter().for_each(|secret| drop(personal.remove(*secret)));
    }
    Value::Object(event)
}
