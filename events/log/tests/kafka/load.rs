//! Appenders that do as the command side does: the same record again until one append of it is
//! acknowledged. What they leave behind is checked as the fold sees it: the first of an id counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use event_log::{AppendError, Appended, EventLog, KafkaLog, LogReader, ReadLimit, Tail};
use events::{NewRecord, Partition, SharedRecord, Topic};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Each appends to a partition of its own, one record after the other.
const APPENDERS: u16 = 6;

#[derive(Default)]
struct Progress {
    acknowledged: AtomicU64,
    by_appender: [AtomicU64; APPENDERS as usize],
    indeterminate: AtomicU64,
    stopping: AtomicBool,
    moved: Notify,
}

pub struct Load {
    log: Arc<KafkaLog>,
    progress: Arc<Progress>,
    /// Everything from a tail that was begun before the first append.
    tail: Box<dyn Tail>,
    /// Each returns where its records stand, by number.
    appenders: Vec<JoinHandle<Vec<Appended>>>,
}

fn partition(appender: u16) -> Partition {
    Partition { topic: Topic::Channels, index: appender * 7 }
}

pub fn numbered(number: u64) -> NewRecord {
    let headers = vec![("ce_id".into(), Bytes::from(number.to_string()))];
    NewRecord { key: [7; 16], headers, body: Bytes::from_static(b"{\"c\":{}}") }
}

pub fn number_of(record: &SharedRecord) -> u64 {
    let id = record.header("ce_id").expect("every record has an id");
    std::str::from_utf8(id).expect("text").parse().expect("a number")
}

impl Load {
    pub async fn start(log: &Arc<KafkaLog>) -> Self {
        let from = (0..APPENDERS).map(|appender| (partition(appender), 0)).collect();
        let tail = log.tail(from).await.expect("the tail begins");
        let progress = Arc::new(Progress::default());
        let appender =
            |number| tokio::spawn(appender(Arc::clone(log), number, Arc::clone(&progress)));
        let appenders = (0..APPENDERS).map(appender).collect();
        Self { log: Arc::clone(log), progress, tail, appenders }
    }

    /// Waits for so many more acknowledgements.
    pub async fn acknowledges(&self, more: u64) {
        let goal = self.progress.acknowledged.load(Ordering::Relaxed) + more;
        while self.progress.acknowledged.load(Ordering::Relaxed) < goal {
            self.progress.moved.notified().await;
        }
    }

    /// Waits until each of the appenders has so many more acknowledgements.
    pub async fn each_acknowledges(&self, more: u64) {
        let now = || self.progress.by_appender.iter().map(|one| one.load(Ordering::Relaxed));
        let goals: Vec<_> = now().map(|count| count + more).collect();
        while now().zip(&goals).any(|(count, goal)| count < *goal) {
            self.progress.moved.notified().await;
        }
    }

    /// Ends the load; checks log and tail. Returns how many appends were indeterminate.
    pub async fn ends_with_nothing_lost_doubled_or_reordered(mut self) -> u64 {
        self.progress.stopping.store(true, Ordering::Relaxed);
        let (mut in_all, mut stored) = (0, 0);
        for (appender, task) in (0..).zip(self.appenders) {
            let acknowledged = task.await.expect("the appender ends");
            let records = read_all(&self.log, partition(appender)).await;
            assert_placed(&acknowledged, &records);
            stored += records.len();
            in_all += acknowledged.len() as u64;
        }
        assert_eq!(in_all, self.progress.acknowledged.load(Ordering::Relaxed));
        assert_tailed(&mut self.tail, stored).await;
        self.progress.indeterminate.load(Ordering::Relaxed)
    }
}

async fn appender(log: Arc<KafkaLog>, number: u16, progress: Arc<Progress>) -> Vec<Appended> {
    let mut acknowledged = Vec::new();
    while !progress.stopping.load(Ordering::Relaxed) {
        let record = numbered(acknowledged.len() as u64);
        acknowledged.push(until_acknowledged(&log, number, record, &progress).await);
        progress.acknowledged.fetch_add(1, Ordering::Relaxed);
        progress.by_appender[usize::from(number)].fetch_add(1, Ordering::Relaxed);
        progress.moved.notify_one();
    }
    acknowledged
}

async fn until_acknowledged(
    log: &KafkaLog,
    number: u16,
    record: NewRecord,
    progress: &Progress,
) -> Appended {
    loop {
        match log.append(partition(number), record.clone()).await {
            Ok(appended) => return appended,
            Err(AppendError::Indeterminate(_)) => {
                progress.indeterminate.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => panic!("an append failed in another way: {error}"),
        }
    }
}

pub async fn read_all(log: &KafkaLog, partition: Partition) -> Vec<SharedRecord> {
    let mut records: Vec<SharedRecord> = Vec::new();
    loop {
        let from = records.len() as u64;
        let read = log.read(partition, from, ReadLimit::default()).await.expect("the log reads");
        if read.is_empty() {
            return records;
        }
        records.extend(read);
    }
}

/// Every acknowledged record stands where its acknowledgement says; the first of each stand in the order
/// in which they were appended, and none is missing.
fn assert_placed(acknowledged: &[Appended], records: &[SharedRecord]) {
    for (number, appended) in (0..).zip(acknowledged) {
        let record = &records[appended.offset as usize];
        assert_eq!(record.offset, appended.offset);
        assert_eq!(number_of(record), number, "at offset {}", appended.offset);
        assert_eq!(record.appended_ms, appended.appended_ms);
    }
    let mut seen = BTreeMap::new();
    for record in records {
        let next = seen.len() as u64;
        let first = *seen.entry(number_of(record)).or_insert(record.offset);
        let in_order = first != record.offset || number_of(record) == next;
        assert!(in_order, "{} stands where {next} is due", number_of(record));
    }
    assert_eq!(seen.len(), acknowledged.len());
}

/// The tail gives all that was stored, each partition without a gap.
async fn assert_tailed(tail: &mut Box<dyn Tail>, stored: usize) {
    let mut next: BTreeMap<Partition, u64> = BTreeMap::new();
    let mut seen = 0;
    while seen < stored {
        for record in tail.next().await.expect("the tail goes on") {
            let next = next.entry(record.partition).or_default();
            assert_eq!(record.offset, *next, "in {}", record.partition);
            *next += 1;
            seen += 1;
        }
    }
    assert_eq!(seen, stored);
}
