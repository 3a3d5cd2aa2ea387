//! `replay story`: what happened to a post, a channel, a team or an account, in order.

mod channels;
mod directory;
mod gather;
mod people;
#[cfg(test)]
mod tests;

use std::io::Write;

use anyhow::Result;
use clap::Args;
use events::{Actor, ChannelId, Id, Position};
use fold::verdicts;
use serde_json::{Value, json};

use super::moment::{Instant, Moment};
use super::names::Names;
use super::source::{Entry, ReadFrom, Source};
use super::{Kind, event_json};
use crate::Outcome;

/// What happened, told for people or as JSON lines.
#[derive(Debug, Clone, Args)]
pub struct Story {
    /// What it is about.
    #[arg(value_enum)]
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// The channel of the post, if it is known: then one partition is read, not all.
    #[arg(long, value_name = "ID")]
    pub channel: Option<ChannelId>,
    /// Only what happened from this time on, as in 2026-11-26T09:12:03Z.
    #[arg(long, value_name = "TIME")]
    pub since: Option<Instant>,
    /// Only what happened up to this time or position (1.channels-07.4711).
    #[arg(long, value_name = "MOMENT", alias = "at")]
    pub until: Option<Moment>,
    /// With what was tried and had no effect, and why.
    #[arg(long)]
    pub void: bool,
    /// One JSON document per line.
    #[arg(long)]
    pub json: bool,
    /// Where it is read: the log where no server runs, else the archive, unless it is said.
    #[arg(long, value_enum)]
    pub from: Option<ReadFrom>,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub entry: Entry,
    pub text: String,
}

impl Line {
    pub fn at(&self) -> i64 {
        self.entry.at()
    }

    fn position(&self) -> Position {
        self.entry.opened.position()
    }

    /// Why it had no effect, where it had none.
    fn void(&self) -> Option<String> {
        self.entry.opened.verdict.applied().is_none().then(|| self.verdict())
    }

    fn verdict(&self) -> String {
        String::from_utf8_lossy(&verdicts::encode(&self.entry.opened.verdict)).into_owned()
    }

    pub fn prose(&self) -> String {
        let at = Instant(self.at());
        match self.void() {
            None => format!("{at}  {}", self.text),
            Some(why) => format!("{at}  ({why}) {}", self.text),
        }
    }

    fn json(&self, names: &Names) -> Value {
        let meta = self.entry.opened.decoded.as_ref().map(|(meta, _)| meta);
        let actor = meta.map(|meta| match meta.actor {
            Actor::System => json!({"system": true}),
            Actor::User(id) => json!({"id": id, "username": names.person(id, self.at())}),
        });
        json!({
            "at": self.at(),
            "time": Instant(self.at()).rfc3339(),
            "position": self.position().to_string(),
            "verdict": self.verdict(),
            "actor": actor,
            "text": self.text,
            "event": event_json(&self.entry),
        })
    }
}

pub(crate) async fn run(source: &Source, story: &Story) -> Result<Outcome> {
    let names = Names::read(source).await?;
    let lines = gather::lines(source, &names, story).await?;
    let mut out = std::io::stdout().lock();
    for line in &lines {
        if story.json {
            writeln!(out, "{}", line.json(&names))?;
        } else {
            writeln!(out, "{}", line.prose())?;
        }
    }
    Ok(Outcome::Good)
}
