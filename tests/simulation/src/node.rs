//! A node: folds with a lag of their own, requests under way, requests' ids in flight. A crash takes
//! all of it; a restart begins from snapshots.

use std::collections::{BTreeMap, BTreeSet};

use command_api::submission::Said;
use events::{EventId, Partition};
use fold::{FoldSet, Folded};

use crate::log::SimLog;
use crate::profile::Profile;

/// Command nodes of a world.
pub const NODES: usize = 3;

/// What a fold said of one record, as every other must say it.
pub type Verdicts = BTreeMap<(Partition, u64), String>;

#[derive(Debug)]
pub struct Node {
    pub set: FoldSet,
    /// Its clock against the log's, ms.
    pub skew_ms: i64,
    /// Ids of requests that are past their entrance.
    pub in_flight: BTreeSet<EventId>,
    /// Ends of the log when it started: it serves nobody before it has got there.
    pub serves_from: Vec<(Partition, u64)>,
}

/// Snapshots that nodes and projectors left: each (partition, next offset) once.
pub type Snapshots = BTreeMap<(Partition, u64), Vec<u8>>;

pub fn empty_set(profile: &Profile) -> FoldSet {
    FoldSet::with_windows(profile.directory_window, profile.stream_window)
}

/// A set that stands, in each partition, at a snapshot no later than `at_most` or at the beginning.
/// `choose` picks one of the offsets that are there.
pub fn restored(
    profile: &Profile,
    snapshots: &Snapshots,
    at_most: impl Fn(Partition) -> u64,
    mut choose: impl FnMut(&[u64]) -> Option<u64>,
) -> FoldSet {
    let set = empty_set(profile);
    let mut held = BTreeMap::<Partition, Vec<u64>>::new();
    for (partition, next) in snapshots.keys() {
        if *next <= at_most(*partition) {
            held.entry(*partition).or_default().push(*next);
        }
    }
    for (partition, offsets) in held {
        if let Some(next) = choose(&offsets) {
            let snapshot = &snapshots[&(partition, next)];
            set.restore(partition, snapshot).expect("the snapshot was just written");
        }
    }
    set
}

impl Node {
    pub fn new(profile: &Profile, skew_ms: i64) -> Self {
        let set = empty_set(profile);
        Self { set, skew_ms, in_flight: BTreeSet::new(), serves_from: Vec::new() }
    }

    /// Folds the next record of `partition`, if there is one.
    pub fn fold_one(&self, log: &SimLog, partition: Partition) -> Result<Option<Folded>, String> {
        let Some(record) = log.record(partition, self.set.next(partition)) else { return Ok(None) };
        self.set.apply(record).map(Some).map_err(|error| error.to_string())
    }

    pub fn serves(&self) -> bool {
        self.serves_from.iter().all(|(partition, end)| self.set.next(*partition) >= *end)
    }

    pub fn now_ms(&self, log: &SimLog) -> i64 {
        log.now_ms() + self.skew_ms
    }
}

/// Compares a verdict with the one that was first given for the record.
pub fn agreed(verdicts: &mut Verdicts, folded: &Folded) -> Result<(), String> {
    let at = (folded.record.partition, folded.record.offset);
    let said = format!("{:?}", folded.verdict);
    match verdicts.get(&at) {
        None => {
            verdicts.insert(at, said);
            Ok(())
        }
        Some(first) if *first == said => Ok(()),
        Some(first) => Err(format!("verdicts part at {}.{}: {first} and {said}", at.0, at.1)),
    }
}

/// What a request with the record's id is told.
pub fn said(folded: &Folded) -> Option<(EventId, u64, Said)> {
    Some((folded.id()?, folded.record.offset, Said::from(&folded.verdict)))
}
