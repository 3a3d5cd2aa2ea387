//! What happened, and how it was: for who is asked what somebody said, did or saw, and when.
//!
//! Owns the readings of the whole log by person, place and time. Only what the fold applied counts, at
//! the times that the fold assigned; what cannot be opened any more is blank. It must never write to
//! what it reads, and says what it read.

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

use anyhow::Result;
use platform::config::Config;
use serde_json::{Map, Value, json};

pub use export::{Export, Format};
pub use moment::{Instant, InvalidMoment, Moment};
pub use source::From;
pub use state::StateAt;
pub use story::Story;

use moment::Until;
use source::{Entry, Source};

use crate::Outcome;

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
    }
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
