//! `replay cat`: the events of a partition with the verdicts on them, one JSON document per line.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Result, ensure};
use domain::{Verdict, Void};
use event_log::ReadLimit;
use events::{Partition, Record, Topic};
use fold::{FoldSet, Folded};
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::stopped::Stopped;

/// Which events are shown.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub from: u64,
    pub limit: u64,
}

pub(crate) async fn run(stopped: &Stopped, partition: Partition, range: Range) -> Result<Outcome> {
    ensure!(partition.topic != Topic::Presence, "presence is not kept");
    let end = stopped.log.ends(&[partition]).await?.first().copied().unwrap_or(0);
    let to = range.from.saturating_add(range.limit).min(end);
    let set = FoldSet::new();
    let mut out = std::io::stdout().lock();
    // A verdict rests on everything before it, so the fold begins at the beginning.
    while set.next(partition) < to {
        let next = set.next(partition);
        for record in stopped.log.read(partition, next, ReadLimit::default()).await? {
            let folded = set.apply(record)?;
            if (range.from..to).contains(&folded.record.offset) {
                writeln!(out, "{}", shown(&folded))?;
            }
        }
    }
    Ok(Outcome::Good)
}

/// The record as it lies there, with what it means.
fn shown(folded: &Folded) -> Value {
    let record = &folded.record;
    let mut line = Map::new();
    line.insert("position".to_owned(), json!(folded.position().to_string()));
    line.insert("verdict".to_owned(), json!(verdict(&folded.verdict)));
    if let Some(applied) = folded.verdict.applied() {
        line.insert("at".to_owned(), json!(applied.at));
    }
    line.insert("appended_ms".to_owned(), json!(record.appended_ms));
    for (name, value) in &record.headers {
        let name = name.strip_prefix("ce_").unwrap_or(name);
        line.insert(name.to_owned(), json!(String::from_utf8_lossy(value)));
    }
    line.insert("body".to_owned(), body(record));
    Value::Object(line)
}

fn body(record: &Arc<Record>) -> Value {
    serde_json::from_slice(&record.body)
        .unwrap_or_else(|_| json!(String::from_utf8_lossy(&record.body)))
}

pub(crate) fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Applied(_) => "applied".to_owned(),
        Verdict::Void(Void::Duplicate { first }) => format!("void: the same as {first}"),
        Verdict::Void(Void::Stale) => "void: stale".to_owned(),
        Verdict::Void(Void::Refused(refusal)) => format!("void: {refusal:?}"),
        Verdict::Void(Void::Invalid) => "void: no event".to_owned(),
        Verdict::Void(Void::ForeignEpoch) => "void: of another epoch".to_owned(),
    }
}
