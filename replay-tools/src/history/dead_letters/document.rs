//! A dead letter as a document that an operator repairs, and the event that a repaired one is.

use anyhow::{Context, Result, bail, ensure};
use domain::commands::subject_of;
use events::{Actor, Event, EventId, Id, Meta, NewRecord, Partition, Position, Record};
use platform::clock;
use serde::Deserialize;
use serde_json::{Value, json};

use super::DeadLetter;
use crate::history::moment::Instant;

/// What an operator gives in place of a dead letter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repaired {
    r#type: String,
    version: u32,
    headers: Headers,
    body: Halves,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Headers {
    ce_actor: String,
    ce_time: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Halves {
    c: Value,
    #[serde(default)]
    p: Value,
}

/// What is said of the log itself, which nobody says by hand: it would end an epoch or bring other rules.
const OF_THE_LOG: [&str; 4] = ["cell.opened", "rules.activated", "epoch.opened", "epoch.sealed"];

/// The id of the event in place of the dead letter at `position`: one letter is readmitted once.
pub(super) fn readmitted_id(position: Position) -> EventId {
    EventId(Id::derived("dead-letter.readmitted", &[position.to_string().as_bytes()]))
}

/// The document to be repaired, of what can be read of the record; `null` is what cannot. A body that is
/// no JSON is its bytes as a text.
pub(super) fn draft(letter: &DeadLetter) -> Value {
    let record = &letter.entry.opened.record;
    let text = |name| Some(std::str::from_utf8(record.header(name)?).ok()?.to_owned());
    let time = text("ce_time").filter(|time| time.parse::<Instant>().is_ok());
    let body = serde_json::from_slice(&record.body)
        .unwrap_or_else(|_| json!(String::from_utf8_lossy(&record.body)));
    json!({
        "type": text("ce_type"),
        "version": text("ce_typeversion").and_then(|version| version.parse::<u32>().ok()),
        "headers": {
            "ce_actor": text("ce_actor"),
            "ce_time": time.unwrap_or_else(|| Instant(record.appended_ms).rfc3339()),
        },
        "body": body,
    })
}

impl Repaired {
    /// # Errors
    /// It is no such document.
    pub(super) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("the event is not as `show --draft` prints one")
    }

    /// The event in place of the letter at `position`, decided on all below `read_at`.
    ///
    /// # Errors
    /// It is no event, or none of the letter's partition.
    pub(super) fn event(&self, position: Position, read_at: u64) -> Result<(Meta, Event)> {
        let partition = position.partition;
        let body = serde_json::to_vec(&json!({ "c": self.body.c, "p": self.body.p }))?;
        let event = Event::decode(partition.topic, &self.r#type, self.version, &body)?;
        self.require_read_whole(&event)?;
        let subject = subject_of(&event);
        let of_the_log = OF_THE_LOG.contains(&self.r#type.as_str());
        ensure!(!of_the_log, "{} is not said in place of a letter", self.r#type);
        let own = Partition::of(partition.topic, subject.as_bytes());
        ensure!(own == partition, "the event belongs to {own}, not to {partition}");
        let Headers { ce_actor, ce_time } = &self.headers;
        let actor = match ce_actor.as_str() {
            "system" => Actor::System,
            id => Actor::User(id.parse().with_context(|| format!("ce_actor is {id:?}"))?),
        };
        let Instant(time) = ce_time.parse().with_context(|| format!("ce_time is {ce_time:?}"))?;
        let mut meta = Meta::new(readmitted_id(position), subject, time, read_at, actor);
        meta.cause = Some(position);
        Ok((meta, event))
    }

    /// A personal half that cannot be read is none to every reader of the log: here it is a slip of the pen.
    fn require_read_whole(&self, event: &Event) -> Result<()> {
        let Value::Object(given) = &self.body.p else {
            ensure!(self.body.p.is_null(), "p is neither an object nor null");
            return Ok(());
        };
        let read: Value = serde_json::from_slice(&event.encode())?;
        let is_read = |(name, value): (&String, &Value)| match read["p"].get(name) {
            Some(read) => read == value,
            // What is empty is not written.
            None => [json!(null), json!(""), json!([]), json!({})].contains(value),
        };
        if let Some((name, _)) = given.iter().find(|field| !is_read(*field)) {
            bail!("the field {name:?} of p is none of {}, or not as there", self.r#type);
        }
        Ok(())
    }
}

/// The record of an event that is not appended yet, to be judged at `position`. A verdict needs no `p`.
pub(super) fn tried(partition: Partition, offset: u64, meta: &Meta, event: &Event) -> Record {
    let appended_ms = clock::now_ms();
    let NewRecord { key, headers, body } = events::encode("replay", meta, event);
    Record { partition, offset, appended_ms, key, headers, body }
}
