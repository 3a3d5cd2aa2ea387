//! The embedded adapter keeps the contract; and what only it has: its directory, `presence`, scans.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use event_log::copying::CopyTarget;
use event_log::testing::contract::{CopyLocation, Location};
use event_log::{
    AppendError, EmbeddedCopy, EmbeddedLog, EmbeddedOptions, EventLog, LogReader, OpenError,
    ReadError, ReadLimit,
};
use events::{NewRecord, Partition, Topic};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all, ready};
use tempfile::TempDir;

const CHANNEL: Partition = Partition { topic: Topic::Channels, index: 9 };
const PRESENCE: Partition = Partition { topic: Topic::Presence, index: 9 };

struct OnDisk {
    dir: TempDir,
    options: EmbeddedOptions,
}

impl OnDisk {
    fn new() -> Self {
        // Small, so that a lagging tail leaves memory behind.
        let options = EmbeddedOptions { recent_records_max: 64, ..EmbeddedOptions::default() };
        Self { dir: tempfile::tempdir().expect("a directory"), options }
    }

    fn log(&self) -> EmbeddedLog {
        EmbeddedLog::open(self.dir.path(), self.options.clone()).expect("the log opens")
    }
}

impl Location for OnDisk {
    fn open(&self) -> BoxFuture<'_, Arc<dyn EventLog>> {
        ready(Arc::new(self.log()) as Arc<dyn EventLog>).boxed()
    }
}

mod contract {
    use super::*;

    event_log::contract_tests!(OnDisk::new());
}

impl CopyLocation for OnDisk {
    fn target(&self) -> BoxFuture<'_, Box<dyn CopyTarget>> {
        let open = || EmbeddedCopy::open(self.dir.path(), self.options.clone());
        async move {
            let target = once_free(open).await.expect("the target opens");
            Box::new(target) as Box<dyn CopyTarget>
        }
        .boxed()
    }

    fn refusal(&self) -> BoxFuture<'_, String> {
        let open = || EmbeddedLog::open(self.dir.path(), self.options.clone());
        async move { once_free(open).await.expect_err("it is no log").to_string() }.boxed()
    }
}

/// A copy that is given up leaves a read behind, which holds the directory until it is done.
async fn once_free<L>(open: impl Fn() -> Result<L, OpenError>) -> Result<L, OpenError> {
    loop {
        match open() {
            Err(OpenError::InUse { .. }) => tokio::task::yield_now().await,
            opened => return opened,
        }
    }
}

mod copying {
    use super::*;

    event_log::copying_tests!(OnDisk::new());
}

fn record(body: &str) -> NewRecord {
    NewRecord { key: [0; 16], headers: vec![], body: Bytes::copy_from_slice(body.as_bytes()) }
}

async fn append(log: &EmbeddedLog, partition: Partition, body: &str) -> u64 {
    log.append(partition, record(body)).await.expect("the append succeeds").offset
}

fn open_error(at: &OnDisk) -> OpenError {
    EmbeddedLog::open(at.dir.path(), at.options.clone()).expect_err("the log does not open")
}

#[tokio::test]
async fn a_directory_in_use_is_refused_until_it_is_let_go() {
    let at = OnDisk::new();
    let log = at.log();
    assert!(matches!(open_error(&at), OpenError::InUse { .. }));
    append(&log, CHANNEL, "x").await;
    drop(log);
    assert_eq!(append(&at.log(), CHANNEL, "y").await, 1);
}

#[test]
fn a_log_of_another_format_is_refused_by_its_name() {
    let at = OnDisk::new();
    drop(at.log());
    fs::write(at.dir.path().join("format"), "nottermost embedded log, format 9\n").unwrap();
    let refused = open_error(&at);
    assert!(
        matches!(&refused, OpenError::OtherFormat { found, .. } if found.ends_with("format 9"))
    );
    assert!(refused.to_string().contains("format 1\""), "{refused}");
}

#[test]
fn a_directory_with_other_files_is_refused_and_one_cut_short_at_its_start_is_not() {
    let at = OnDisk::new();
    fs::write(at.dir.path().join("format.new"), "nott").unwrap();
    drop(at.log());
    let at = OnDisk::new();
    fs::write(at.dir.path().join("thesis.txt"), "mine").unwrap();
    assert!(matches!(open_error(&at), OpenError::Foreign { .. }));
    assert_eq!(fs::read(at.dir.path().join("thesis.txt")).unwrap(), b"mine");
}

#[test]
fn a_path_that_cannot_be_a_directory_is_an_error_that_names_it() {
    let at = OnDisk::new();
    let file = at.dir.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = EmbeddedLog::open(file.join("log"), at.options).err().unwrap();
    assert!(refused.to_string().contains(file.to_str().unwrap()), "{refused}");
}

#[test]
fn a_store_that_is_no_store_is_reported_as_damaged() {
    let at = OnDisk::new();
    drop(at.log());
    fs::write(at.dir.path().join("store/version"), "gibberish").unwrap();
    assert!(matches!(open_error(&at), OpenError::Damaged { .. }));
}

#[tokio::test]
async fn nothing_is_written_while_the_disk_is_full_and_appends_go_on_when_it_is_not() {
    let at = OnDisk::new();
    let log = at.log();
    assert_eq!(append(&log, CHANNEL, "before").await, 0);
    log.set_free_bytes_min(u64::MAX);
    let refused = log.append(CHANNEL, record("meanwhile")).await;
    assert!(
        matches!(&refused, Err(AppendError::Unavailable(reason)) if reason.contains("full")),
        "{refused:?}"
    );
    log.set_free_bytes_min(0);
    assert_eq!(append(&log, CHANNEL, "after").await, 1);
}

#[test]
fn a_full_disk_is_refused_at_the_start() {
    let mut at = OnDisk::new();
    at.options.free_bytes_min = u64::MAX;
    assert!(matches!(open_error(&at), OpenError::DiskFull { needed: u64::MAX, .. }));
}

#[tokio::test]
async fn a_queue_that_is_full_refuses_and_takes_again_when_it_has_drained() {
    let mut at = OnDisk::new();
    at.options.queue_bytes_max = 10_000;
    let log = at.log();
    let large = "x".repeat(20_000);
    let refused = log.append(CHANNEL, record(&large)).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
    assert_eq!(append(&log, CHANNEL, "small").await, 0);
}

#[tokio::test]
async fn presence_begins_anew_with_each_start_and_leaves_no_trace() {
    let at = OnDisk::new();
    let log = at.log();
    assert_eq!(append(&log, PRESENCE, "typing").await, 0);
    assert_eq!(append(&log, PRESENCE, "typing").await, 1);
    assert_eq!(append(&log, CHANNEL, "a post").await, 0);
    drop(log);
    let log = at.log();
    assert_eq!(log.ends(&[PRESENCE, CHANNEL]).await.unwrap(), [0, 1]);
    assert_eq!(append(&log, PRESENCE, "typing").await, 0);
}

#[tokio::test]
async fn presence_that_is_no_longer_kept_is_out_of_range() {
    let mut at = OnDisk::new();
    at.options.presence_records_max = 10;
    let log = at.log();
    for _ in 0..25 {
        append(&log, PRESENCE, "typing").await;
    }
    let gone = log.read(PRESENCE, 14, ReadLimit::default()).await;
    assert!(matches!(gone, Err(ReadError::OutOfRange { from: 14, first: 15, end: 25, .. })));
    let kept = log.read(PRESENCE, 15, ReadLimit::default()).await.unwrap();
    assert_eq!(kept.len(), 10);
    assert!(log.tail(vec![(PRESENCE, 14)]).await.is_err());
    let mut tail = log.tail(vec![(PRESENCE, 15)]).await.unwrap();
    assert_eq!(tail.next().await.unwrap().len(), 10);
}

#[tokio::test]
async fn a_scan_reads_what_stood_there_when_it_began() {
    let at = OnDisk::new();
    let log = at.log();
    let bodies: Vec<_> = (0..3_000).map(|n| n.to_string()).collect();
    join_all(bodies.iter().map(|body| log.append(CHANNEL, record(body)))).await;
    let scan = log.scan(CHANNEL, 1_000).unwrap();
    append(&log, CHANNEL, "later").await;
    let records: Vec<_> = scan.map(Result::unwrap).collect();
    assert_eq!(records.len(), 2_000);
    assert!(records.iter().all(|record| record.body == bodies[record.offset as usize]));
    assert!(matches!(log.scan(CHANNEL, 3_002).err(), Some(ReadError::OutOfRange { .. })));
    assert!(log.scan(PRESENCE, 0).is_err());
}

#[tokio::test]
async fn a_log_that_is_dropped_writes_what_is_queued_and_ends_its_tails() {
    let at = OnDisk::new();
    let log = at.log();
    let mut tail = log.tail(vec![(CHANNEL, 0)]).await.unwrap();
    for _ in 0..100 {
        drop(log.append(CHANNEL, record("unawaited")));
    }
    let ended = tokio::spawn(async move { while tail.next().await.is_ok() {} });
    drop(log);
    ended.await.unwrap();
    assert_eq!(at.log().ends(&[CHANNEL]).await.unwrap(), [100]);
}
