//! kill -9, again and again, on one directory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use event_log::{EmbeddedLog, EmbeddedOptions};
use events::{Partition, Topic};

use super::child::{Orders, Said, command};

/// After how many acknowledgements each kill comes.
const KILLS: [usize; 8] = [1, 7, 60, 61, 150, 300, 500, 900];

/// How often [`KILLS`] is gone through: more under torture.
fn rounds() -> usize {
    let set = std::env::var("EVENT_LOG_KILL_ROUNDS");
    set.map_or(1, |rounds| rounds.parse().expect("EVENT_LOG_KILL_ROUNDS is a number"))
}

/// Marks by place.
pub type Ledger = BTreeMap<(Partition, u64), String>;

/// Every acknowledged record stands where it was acknowledged, and nothing is missing between.
pub fn assert_holds(dir: &Path, acknowledged: &Ledger) {
    let log = EmbeddedLog::open(dir, EmbeddedOptions::default()).expect("the log opens again");
    let mut stored = Ledger::new();
    for partition in Topic::Channels.partitions() {
        for (offset, record) in log.scan(partition, 0).expect("the scan begins").enumerate() {
            let record = record.expect("the record is whole");
            assert_eq!(record.offset, offset as u64);
            let body = String::from_utf8(record.body.to_vec()).expect("the body is text");
            let (mark, _) = body.split_once("-end").expect("the body begins with its mark");
            stored.insert((partition, record.offset), format!("{mark}-end"));
        }
    }
    for (place, mark) in acknowledged {
        assert_eq!(stored.get(place), Some(mark), "{place:?}");
    }
}

/// Reads what a child says until it has acknowledged `enough`, kills it, and reads what it had still said.
fn run_and_kill(dir: &Path, padding: usize, enough: usize, ledger: &mut Ledger) {
    let orders = Orders { producers: 24, appends: u64::MAX, padding, buffered: false };
    let mut child = command(dir, &orders, &[]).spawn().expect("the child starts");
    let mut output = BufReader::new(child.stdout.take().expect("the output is a pipe"));
    let (mut line, mut acknowledged) = (String::new(), 0);
    loop {
        line.clear();
        let read = output.read_line(&mut line).expect("the output is text");
        // A line that the kill cut short says nothing.
        let Some(whole) = line.strip_suffix('\n') else {
            assert!(read == 0 || acknowledged >= enough, "the child ended early: {line:?}");
            break;
        };
        if let Some(Said::Acknowledged { mark, partition, offset }) = Said::parse(whole) {
            let before = ledger.insert((partition, offset), mark);
            assert_eq!(before, None, "{partition} {offset} was acknowledged twice");
            acknowledged += 1;
            if acknowledged == enough {
                child.kill().expect("the child is killed");
            }
        }
    }
    child.wait().expect("the child ends");
    assert!(acknowledged >= enough, "the child ended after {acknowledged} acknowledgements");
}

#[test]
fn every_acknowledged_record_survives_kill_9() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut ledger = Ledger::new();
    for enough in KILLS.repeat(rounds()) {
        run_and_kill(dir.path(), 1_500, enough, &mut ledger);
        assert_holds(dir.path(), &ledger);
    }
    assert!(ledger.len() >= rounds() * KILLS.iter().sum::<usize>());
}

/// Enough bytes for the store to write tables and begin new journals meanwhile.
#[test]
fn every_acknowledged_record_survives_kill_9_while_the_store_moves_its_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut ledger = Ledger::new();
    for enough in [300, 600, 601, 900] {
        run_and_kill(dir.path(), 200_000, enough, &mut ledger);
        assert_holds(dir.path(), &ledger);
    }
    assert!(!dir.path().join("store/0.jnl").exists(), "the first journal is still in use");
}
