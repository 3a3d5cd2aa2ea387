//! Which records are evidence, and how one is written down.

use anyhow::Result;
use event_archive::segments::ContentHash;
use events::{Actor, ChannelId, Id, Partition, UserId};
use fold::{Folded, verdicts};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::history::source::{Entry, Source, at, names_id};
use crate::history::{Until, event_json};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Unix ms: the first one counts, the last one does not.
    pub since: i64,
    pub until: i64,
    pub channels: Vec<ChannelId>,
    pub accounts: Vec<UserId>,
}

/// A record that is evidence.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub offset: u64,
    pub applied: bool,
    pub line: Value,
}

impl Filter {
    /// The records of a partition, by offset. Those without effect are of the time of their append.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn take(&self, source: &Source, partition: Partition) -> Result<Vec<Taken>> {
        let mut taken = Vec::new();
        let wanted = |folded: &Folded| self.wants(folded);
        let each = |entry: Entry| {
            taken.push(Taken {
                offset: entry.sealed.offset,
                applied: entry.opened.verdict.applied().is_some(),
                line: line(&entry),
            });
        };
        source.walk(partition, Until::END, wanted, each).await?;
        Ok(taken)
    }

    fn wants(&self, folded: &Folded) -> bool {
        (self.since..self.until).contains(&at(folded))
            && concerns(folded, self.channels.iter().map(|channel| channel.0))
            && concerns(folded, self.accounts.iter().map(|account| account.0))
    }
}

/// Whether it is about, by or to one of these. Without any, everything is.
fn concerns(folded: &Folded, ids: impl ExactSizeIterator<Item = Id>) -> bool {
    let mut ids = ids;
    ids.len() == 0
        || ids.any(|id| {
            let meta = folded.decoded.as_ref().map(|(meta, _)| meta);
            let acts = meta
                .is_some_and(|meta| meta.subject == id || meta.actor == Actor::User(UserId(id)));
            acts || names_id(folded, id)
        })
}

/// One document: what stands on the log, what was decided, and the hash of the record as it is stored.
fn line(entry: &Entry) -> Value {
    let record = &entry.sealed;
    let verdict = verdicts::encode(&entry.opened.verdict);
    let headers: Map<String, Value> = record
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value))))
        .collect();
    let mut line = json!({
        "position": entry.opened.position().to_string(),
        "verdict": String::from_utf8_lossy(&verdict),
        "at": entry.opened.verdict.applied().map(|applied| applied.at),
        "appended_ms": record.appended_ms,
        "headers": headers,
        "record_sha256": ContentHash::of(&events::codec::encode_record(record)),
    });
    match &entry.opened.decoded {
        Some((meta, _)) => {
            line["actor"] = json!(meta.actor.to_string());
            line["event"] = event_json(entry);
        }
        None => line["bytes"] = json!(String::from_utf8_lossy(&record.body)),
    }
    line
}

/// One line each.
pub(super) fn lines(taken: &[Taken]) -> String {
    taken.iter().map(|record| format!("{}\n", record.line)).collect()
}
