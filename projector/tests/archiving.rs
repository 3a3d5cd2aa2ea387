//! The archiver follows a log: over restarts, a store that fails, hours that pass and another archiver; it
//! stops where the archive is not of this log.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use common::failing::FailingStore;
use common::history::History;
use common::log::new;
use event_archive::ObjectStore;
use event_archive::segments::{Archive, Archived, Report, Signer, Visitor};
use event_archive::testing::MemoryStore;
use event_log::testing::MemoryLog;
use event_log::{EventLog, LogReader};
use events::Partition;
use fold::snapshots::Snapshots;
use fold::{FoldSet, verdicts};
use projector::archiver::{Archiver, Deps, Options};

const PATIENCE: Duration = Duration::from_secs(60);
const START_MS: i64 = 1_700_000_000_000;
const HOUR_MS: i64 = 3_600_000;

struct Installation {
    log: Arc<MemoryLog>,
    store: Arc<FailingStore>,
    objects: Arc<MemoryStore>,
    now_ms: Arc<AtomicI64>,
}

impl Installation {
    fn new() -> Self {
        Self {
            log: Arc::new(MemoryLog::new()),
            store: Arc::default(),
            objects: Arc::default(),
            now_ms: Arc::new(AtomicI64::new(START_MS)),
        }
    }

    fn archive(&self) -> Archive {
        Archive::new(Arc::clone(&self.store) as Arc<dyn ObjectStore>, "cell-1")
    }

    fn deps(&self) -> Deps {
        Deps {
            log: Arc::clone(&self.log) as Arc<dyn LogReader>,
            archive: self.archive(),
            signer: Arc::new(Signer::from_seed(&[7; 32])),
            snapshots: Snapshots::new(Arc::clone(&self.objects) as Arc<dyn ObjectStore>),
        }
    }

    fn options(&self) -> Options {
        let now_ms = Arc::clone(&self.now_ms);
        Options {
            look_every: Duration::from_millis(5),
            retry_after: (Duration::from_millis(1), Duration::from_millis(20)),
            clock: Arc::new(move || now_ms.load(Ordering::Relaxed)),
            ..Options::default()
        }
    }

    fn archiver(&self) -> Archiver {
        Archiver::start(self.deps(), self.options())
    }

    async fn append(&self, history: &History) {
        for (partition, records) in &history.log {
            for record in records {
                self.log.append(*partition, new(record)).await.expect("memory takes every record");
            }
        }
    }

    fn records(&self) -> u64 {
        Partition::durable().map(|p| self.log.records(p).len() as u64).sum()
    }

    /// Why an archiver stops by itself.
    async fn reason(&self) -> String {
        let archiver = self.archiver();
        let stopped = tokio::time::timeout(PATIENCE, archiver.stopped()).await;
        stopped.expect("it stops").to_string()
    }

    /// Waits until everything that the log has is archived.
    async fn archived(&self, archiver: &Archiver) {
        let (positions, deadline) = (archiver.positions(), Instant::now() + PATIENCE);
        for partition in Partition::durable() {
            if let Some(last) = self.log.records(partition).last() {
                let waited = positions.wait_for(partition, last.offset, deadline).await;
                waited.expect("the archiver catches up");
            }
        }
    }

    /// The archive is sound, says what the fold says, and has everything.
    async fn assert_whole(&self) -> Report {
        let key = Signer::from_seed(&[7; 32]).public_key();
        let report = self.archive().verify(&[key], &mut Folding(FoldSet::new())).await;
        let report = report.expect("memory can be read");
        assert!(report.is_sound(), "{:?}", report.findings);
        assert_eq!(report.records, self.records());
        report
    }
}

/// Folds what is archived anew.
struct Folding(FoldSet);

impl Visitor for Folding {
    fn record(&mut self, archived: &Archived) -> Result<(), String> {
        let folded = self.0.apply(Arc::clone(&archived.record)).map_err(|e| e.to_string())?;
        let verdict = verdicts::encode(&folded.verdict);
        if verdict == archived.verdict { Ok(()) } else { Err(format!("{verdict:?}")) }
    }

    fn segment_end(
        &mut self,
        partition: Partition,
        _: u64,
        state_hash: Option<&str>,
    ) -> Result<(), String> {
        let ours = verdicts::state_hash(self.0.hash(partition));
        if state_hash == Some(&ours) { Ok(()) } else { Err(ours) }
    }
}

#[tokio::test]
async fn a_stop_archives_everything_and_the_next_start_goes_on_in_the_same_chain() {
    let it = Installation::new();
    it.append(&History::random(3, 200)).await;
    it.archiver().stop().await;
    let first = it.assert_whole().await;
    it.append(&History::random(4, 200)).await;
    it.archiver().stop().await;
    let second = it.assert_whole().await;
    assert!(second.segments > first.segments);
    it.archiver().stop().await;
    assert_eq!(it.assert_whole().await.segments, second.segments, "nothing was new");
}

#[tokio::test]
async fn a_start_goes_on_from_a_snapshot_that_lies_before_the_archives_end() {
    let it = Installation::new();
    it.append(&History::random(3, 200)).await;
    let set = FoldSet::new();
    let snapshots = it.deps().snapshots;
    for partition in Partition::durable() {
        let records = it.log.records(partition);
        for record in &records[..records.len() / 2] {
            set.apply(Arc::clone(record)).expect("known events");
        }
        snapshots.write(&set, partition).await.expect("memory takes everything");
    }
    it.archiver().stop().await;
    it.append(&History::random(4, 100)).await;
    it.archiver().stop().await;
    it.assert_whole().await;
}

#[tokio::test]
async fn what_is_quiet_is_archived_once_it_is_of_age() {
    let it = Installation::new();
    let archiver = it.archiver();
    it.append(&History::random(3, 100)).await;
    it.now_ms.fetch_add(61_000, Ordering::Relaxed);
    it.archived(&archiver).await;
    it.assert_whole().await;
    archiver.stop().await;
}

#[tokio::test]
async fn every_hour_that_is_over_has_a_digest() {
    let it = Installation::new();
    let archiver = it.archiver();
    it.append(&History::random(3, 50)).await;
    it.now_ms.store(START_MS + HOUR_MS, Ordering::Relaxed);
    it.log.set_clock(START_MS + HOUR_MS);
    it.append(&History::random(4, 50)).await;
    it.now_ms.store(START_MS + 3 * HOUR_MS, Ordering::Relaxed);
    let digests = async {
        while it.archive().verify(&[], &mut ()).await.expect("memory can be read").digests < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, digests).await.expect("three hours are over");
    archiver.stop().await;
    it.assert_whole().await;
    let hours = it.archive().next_digest_hour().await.expect("memory can be read");
    assert!(hours.expect("something is archived").end_ms() > START_MS + 3 * HOUR_MS);
}

#[tokio::test]
async fn a_store_that_fails_is_tried_again_and_nothing_is_left_out() {
    let it = Installation::new();
    it.append(&History::random(3, 100)).await;
    it.store.fail_every(2);
    it.store.fail_lists(5);
    let archiver = it.archiver();
    it.now_ms.fetch_add(61_000, Ordering::Relaxed);
    it.archived(&archiver).await;
    it.store.fail_every(0);
    archiver.stop().await;
    it.assert_whole().await;
}

#[tokio::test]
async fn a_store_that_fails_for_good_does_not_keep_a_stop() {
    let it = Installation::new();
    it.append(&History::random(3, 100)).await;
    it.store.fail_every(1);
    let archiver = it.archiver();
    it.now_ms.fetch_add(61_000, Ordering::Relaxed);
    tokio::time::timeout(PATIENCE, archiver.stop()).await.expect("it ends");
    it.store.fail_every(0);
    it.archiver().stop().await;
    it.assert_whole().await;
}

#[tokio::test]
async fn an_event_that_this_program_does_not_know_stops_the_archiver() {
    let it = Installation::new();
    it.append(&History::random(3, 10)).await;
    let mut record = new(&it.log.records(Partition::DIRECTORY)[0]);
    for (name, value) in &mut record.headers {
        if name == "ce_typeversion" {
            *value = "99".into();
        }
    }
    it.log.append(Partition::DIRECTORY, record).await.expect("memory takes every record");
    let reason = it.reason().await;
    assert!(reason.contains("version 99"), "{reason}");
}

#[tokio::test]
async fn two_archivers_make_one_chain() {
    let it = Installation::new();
    let (one, other) = (it.archiver(), it.archiver());
    for seed in 3..8 {
        it.append(&History::random(seed, 40)).await;
        it.now_ms.fetch_add(61_000, Ordering::Relaxed);
    }
    it.archived(&one).await;
    it.archived(&other).await;
    tokio::join!(one.stop(), other.stop());
    it.assert_whole().await;
}

#[tokio::test]
async fn what_is_held_of_all_partitions_is_bounded() {
    let it = Installation::new();
    let archiver = Archiver::start(it.deps(), Options { held_bytes_max: 2_000, ..it.options() });
    it.append(&History::random(3, 200)).await;
    // Nothing has come of age, and nothing is told to stop.
    let positions = archiver.positions();
    let archived = async {
        while Partition::durable().map(|p| positions.next(p)).sum::<u64>() < it.records() / 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, archived).await.expect("most of it is archived");
    archiver.stop().await;
    it.assert_whole().await;
}

#[tokio::test]
async fn a_log_that_has_lost_records_and_another_log_stop_the_archiver() {
    let mut it = Installation::new();
    it.append(&History::random(3, 100)).await;
    it.archiver().stop().await;

    it.log = Arc::new(MemoryLog::new());
    let reason = it.reason().await;
    assert!(reason.contains("it has lost records"), "{reason}");
    // At other times, so with other verdicts.
    it.log.set_clock(START_MS - HOUR_MS);
    it.append(&History::random(3, 100)).await;
    it.append(&History::random(4, 100)).await;
    let reason = it.reason().await;
    assert!(reason.contains("was archived as another log"), "{reason}");
}
