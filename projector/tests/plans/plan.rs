//! Plans as Postgres tells them of every statement of a connection.

use std::sync::Mutex;

use serde_json::Value;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What sqlx calls the notices that it hands on.
const NOTICES: &str = "sqlx::postgres::notice";

static TAKEN: Mutex<Vec<Plan>> = Mutex::new(Vec::new());

/// What one statement did.
pub struct Plan(Value);

/// One node that reads a table.
pub struct Scan {
    pub table: String,
    pub is_sequential: bool,
    /// Rows that it looked at, in all its loops.
    pub reads: u64,
}

impl Plan {
    pub fn scans(&self) -> Vec<Scan> {
        let mut scans = Vec::new();
        gather(&self.0["Plan"], &mut scans);
        scans
    }
}

fn gather(node: &Value, scans: &mut Vec<Scan>) {
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    if let Some(table) = node["Relation Name"].as_str() {
        let rows = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
        let of_loop: f64 = rows.iter().map(|name| number(name)).sum();
        scans.push(Scan {
            table: table.to_owned(),
            is_sequential: node["Node Type"] == "Seq Scan" && number("Actual Loops") > 0.0,
            reads: (of_loop * number("Actual Loops")) as u64,
        });
    }
    for inner in node["Plans"].as_array().into_iter().flatten() {
        gather(inner, scans);
    }
}

/// Takes notices from now on.
pub fn listen() {
    tracing_subscriber::registry().with(Notices).try_init().expect("nobody else listens");
}

/// The plans since the last time.
pub fn taken() -> Vec<Plan> {
    std::mem::take(&mut *TAKEN.lock().unwrap())
}

struct Notices;

impl<S: tracing::Subscriber> Layer<S> for Notices {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == NOTICES {
            event.record(&mut Message);
        }
    }
}

struct Message;

impl tracing::field::Visit for Message {
    fn record_str(&mut self, field: &tracing::field::Field, text: &str) {
        if field.name() == "message"
            && let Some((_, json)) = text.split_once("plan:\n")
        {
            let plan = serde_json::from_str(json).expect("plans come as JSON");
            TAKEN.lock().unwrap().push(Plan(plan));
        }
    }

    fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
}
