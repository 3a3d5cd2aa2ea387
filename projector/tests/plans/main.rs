//! No hot query reads a large table from end to end: every function of the reader is called against an
//! installation of some size, and the plan that Postgres really ran is looked through. A function that is
//! not called here fails the test.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod filling;
mod plan;

use std::collections::BTreeSet;
use std::fmt::Debug;

use plan::Plan;
use platform::postgres::PrivateCluster;
use read_model::{Database, Reader};
use sqlx::PgPool;

/// Rows of one large table that one node of a plan may read.
const READS_MAX: u64 = 3_000;

/// Which functions were called, and all that is wrong with their plans: the test tells it at once.
struct Asked {
    pool: PgPool,
    reader: Reader,
    names: BTreeSet<&'static str>,
    faults: Vec<String>,
    /// What is asked now counts or looks through all of one team or channel, which may be large.
    takes_whole: bool,
}

impl Asked {
    /// Takes the plans of what was just answered.
    async fn answered(&mut self, name: &'static str, answer: &impl Debug) {
        let answer = format!("{answer:?}");
        let nothing = ["Denied", "Unknown", "[]", "{}", "None", "false"].contains(&answer.as_str());
        assert!(!nothing, "{name} finds nothing: {answer}");
        // Behind the last answer, whose plan may still be on its way. It has a plan, too.
        sqlx::query("SELECT 1").execute(&self.pool).await.unwrap();
        let plans = plan::taken();
        assert!(plans.len() > 1, "{name} has no plan");
        self.names.insert(name);
        plans.iter().for_each(|plan| self.look_through(name, plan));
    }

    fn look_through(&mut self, name: &str, plan: &Plan) {
        for scan in plan.scans() {
            if !filling::LARGE.contains(&scan.table.as_str()) {
                continue;
            }
            if scan.is_sequential {
                self.faults.push(format!("{name} scans {}", scan.table));
            }
            if scan.reads > READS_MAX && !self.takes_whole {
                self.faults.push(format!("{name} reads {} rows of {}", scan.reads, scan.table));
            }
        }
    }
}

/// Every `pub async fn` of the reader's queries.
fn reader_functions() -> BTreeSet<String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/read-model/src/queries");
    let mut names = BTreeSet::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let declared = text.split("pub async fn ").skip(1);
        names.extend(declared.map(|rest| rest[..rest.find('(').unwrap()].to_owned()));
    }
    names
}

#[tokio::test]
async fn no_query_reads_a_large_table_from_end_to_end() {
    plan::listen();
    let directory = tempfile::tempdir().unwrap();
    let cluster = PrivateCluster::start(&directory.path().join("postgres")).await.unwrap();
    let database = Database::in_schema(cluster.connect_options(), "plans");
    database.migrate().await.unwrap();
    filling::fill(&database).await;
    let options = cluster.connect_options().options([
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_analyze", "on"),
        ("auto_explain.log_timing", "off"),
        ("auto_explain.log_format", "json"),
        ("auto_explain.log_level", "notice"),
        ("client_min_messages", "notice"),
    ]);
    let pool = Database::in_schema(options, "plans").pool(1);
    let reader = Reader::new(pool.clone());
    let (names, faults) = (BTreeSet::new(), Vec::new());
    let mut asked = Asked { pool, reader, names, faults, takes_whole: false };
    calls::all(&mut asked).await;
    assert!(asked.faults.is_empty(), "{}", asked.faults.join("\n"));
    let called: BTreeSet<String> = asked.names.iter().map(|name| (*name).to_owned()).collect();
    let missing: Vec<String> = reader_functions().difference(&called).cloned().collect();
    assert!(missing.is_empty(), "not called: {missing:?}");
    asked.pool.close().await;
    cluster.stop().await;
}
