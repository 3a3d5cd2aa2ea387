//! What every [`CopyTarget`] keeps, however often a copy is cut short.

use bytes::Bytes;
use events::{NewRecord, Partition, SharedRecord, Topic};
use futures::future::BoxFuture;
use tokio::sync::Notify;

use super::{CHANNEL, Location, USER, append, number_of, numbered, read_all};
use crate::copying::{Copied, CopyError, CopyTarget, Progress, copy};
use crate::port::EventLog;
use crate::testing::MemoryLog;

/// A place into which a log can be copied.
pub trait CopyLocation: Location {
    /// Everything of the target and the log before is dropped.
    fn target(&self) -> BoxFuture<'_, Box<dyn CopyTarget>>;

    /// What a server is told that opens the log there, which it must not.
    fn refusal(&self) -> BoxFuture<'_, String>;
}

/// Makes a module's tests of what a target of copies keeps; `$location` is evaluated anew for each.
#[macro_export]
macro_rules! copying_tests {
    ($location:expr) => {
        $crate::contract_tests!(@cases $location;
            a_copy_has_the_same_records_at_the_same_offsets_with_the_same_times,
            a_copy_is_a_log_that_goes_on,
            a_copy_that_was_cut_short_is_no_log_until_it_is_made_again,
            a_copy_is_made_up_to_date_when_its_source_has_gone_on,
            a_copy_of_what_is_there_writes_nothing,
            a_target_with_another_record_is_refused_and_left_as_it_is,
            a_target_that_is_ahead_is_refused_and_left_as_it_is,
            a_source_that_grows_meanwhile_ends_the_copy,
            a_source_without_records_is_refused,
            a_record_that_comes_to_stand_elsewhere_is_told,
        );
    };
}

const READSTATE: Partition = Partition { topic: Topic::Readstate, index: 0 };
const PRESENCE: Partition = Partition { topic: Topic::Presence, index: 7 };
/// A day long past, which no clock of a test gives to a record.
const THEN_MS: i64 = 1_500_000_000_000;
/// More than one read returns.
const MANY: u64 = 5_000;

/// A log with records in several partitions, and in one that is not copied.
async fn source(records: u64) -> MemoryLog {
    let log = MemoryLog::new();
    log.set_clock(THEN_MS);
    let odd = NewRecord {
        key: [0xff; 16],
        headers: vec![("ce_id".into(), Bytes::new()), ("x-own".into(), Bytes::from(vec![0; 300]))],
        body: Bytes::new(),
    };
    log.append(Partition::DIRECTORY, odd).await.expect("the append succeeds");
    log.append(PRESENCE, numbered(0)).await.expect("the append succeeds");
    for partition in [Partition::DIRECTORY, CHANNEL, USER, READSTATE] {
        for number in 0..records {
            log.append(partition, numbered(number)).await.expect("the append succeeds");
        }
    }
    log
}

async fn copied(source: &MemoryLog, at: &impl CopyLocation) -> Result<Copied, CopyError> {
    let target = at.target().await;
    copy(source, &*target, |_| ()).await
}

async fn assert_same(source: &MemoryLog, at: &impl CopyLocation) {
    let log = at.open().await;
    for partition in Partition::durable() {
        assert_eq!(read_all(&log, partition).await, source.records(partition));
    }
}

pub async fn a_copy_has_the_same_records_at_the_same_offsets_with_the_same_times(
    at: impl CopyLocation,
) {
    let source = source(MANY).await;
    let all = 4 * MANY + 1;
    let mut last = Progress { records: 0, of: all };
    let target = at.target().await;
    let told = |progress: Progress| {
        assert!(progress.records > last.records && progress.of == all, "{progress:?}");
        last = progress;
    };
    let copied = copy(&source, &*target, told).await.expect("the copy is made");
    assert_eq!(copied, Copied { records: all, written: all });
    assert_eq!(last.records, all);
    drop(target);
    assert_same(&source, &at).await;
    assert_eq!(at.open().await.ends(&[PRESENCE]).await.expect("the end"), [0]);
}

pub async fn a_copy_is_a_log_that_goes_on(at: impl CopyLocation) {
    let source = source(3).await;
    copied(&source, &at).await.expect("the copy is made");
    let log = at.open().await;
    let appended = append(&log, CHANNEL, 3).await;
    assert_eq!(appended.offset, 3);
    assert!(appended.appended_ms > THEN_MS + 1_000_000_000, "{appended:?} has the present time");
    let held = read_all(&log, CHANNEL).await;
    assert_eq!(held.iter().map(number_of).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(held[3].appended_ms, appended.appended_ms);
}

/// Gives a copy up once it has come beyond so many records.
async fn cut_short(source: &MemoryLog, target: &dyn CopyTarget, beyond: u64) {
    let reached = Notify::new();
    let told = |progress: Progress| {
        if progress.records > beyond {
            reached.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = reached.notified() => {}
        made = copy(source, target, told) => panic!("the copy was made: {made:?}"),
    }
}

pub async fn a_copy_that_was_cut_short_is_no_log_until_it_is_made_again(at: impl CopyLocation) {
    let source = source(MANY).await;
    let target = at.target().await;
    cut_short(&source, &*target, 0).await;
    drop(target);
    let refusal = at.refusal().await;
    assert!(refusal.contains("copy") || refusal.contains("CreateTime"), "{refusal}");
    let Copied { records, written } = copied(&source, &at).await.expect("the copy is made");
    assert_eq!(records, 4 * MANY + 1);
    assert!(written < records, "it goes on from what was there");
    assert_same(&source, &at).await;
}

pub async fn a_copy_is_made_up_to_date_when_its_source_has_gone_on(at: impl CopyLocation) {
    let source = source(3).await;
    copied(&source, &at).await.expect("the copy is made");
    for number in 3..3 + MANY {
        source.append(USER, numbered(number)).await.expect("the append succeeds");
    }
    let target = at.target().await;
    cut_short(&source, &*target, 13).await;
    drop(target);
    at.refusal().await;
    copied(&source, &at).await.expect("the copy is made");
    assert_same(&source, &at).await;
}

pub async fn a_copy_of_what_is_there_writes_nothing(at: impl CopyLocation) {
    let source = source(3).await;
    copied(&source, &at).await.expect("the copy is made");
    let again = copied(&source, &at).await.expect("it is there");
    assert_eq!(again, Copied { records: 13, written: 0 });
    assert_same(&source, &at).await;
}

pub async fn a_target_with_another_record_is_refused_and_left_as_it_is(at: impl CopyLocation) {
    let source = source(3).await;
    let log = at.open().await;
    append(&log, CHANNEL, 0).await;
    append(&log, CHANNEL, 1).await;
    let held = read_all(&log, CHANNEL).await;
    drop(log);
    // The same records, but of another time.
    let refused = copied(&source, &at).await;
    assert!(
        matches!(refused, Err(CopyError::Differs { partition: CHANNEL, offset: 0 })),
        "{refused:?}"
    );
    let log = at.open().await;
    assert_eq!(read_all(&log, CHANNEL).await, held);
    assert_eq!(append(&log, CHANNEL, 2).await.offset, 2);
}

pub async fn a_target_that_is_ahead_is_refused_and_left_as_it_is(at: impl CopyLocation) {
    let source = source(3).await;
    copied(&source, &at).await.expect("the copy is made");
    append(&at.open().await, USER, 3).await;
    let refused = copied(&source, &at).await;
    assert!(
        matches!(refused, Err(CopyError::Ahead { partition: USER, target: 4, source_end: 3 })),
        "{refused:?}"
    );
    assert_eq!(append(&at.open().await, USER, 4).await.offset, 4);
}

pub async fn a_source_that_grows_meanwhile_ends_the_copy(at: impl CopyLocation) {
    let source = source(3).await;
    let target = at.target().await;
    let growing = source.clone();
    let grow = |_| {
        let append = growing.append(READSTATE, numbered(3));
        futures::executor::block_on(append).expect("the append succeeds");
    };
    let ended = copy(&source, &*target, grow).await;
    let grown = CopyError::Grown { log: "source", partition: READSTATE };
    assert_eq!(ended.expect_err("the source grew").to_string(), grown.to_string());
    drop(target);
    at.refusal().await;
    copied(&source, &at).await.expect("the copy is made");
    assert_same(&source, &at).await;
}

pub async fn a_source_without_records_is_refused(at: impl CopyLocation) {
    let source = MemoryLog::new();
    source.append(PRESENCE, numbered(0)).await.expect("the append succeeds");
    let refused = copied(&source, &at).await;
    assert!(matches!(refused, Err(CopyError::Empty)), "{refused:?}");
}

pub async fn a_record_that_comes_to_stand_elsewhere_is_told(at: impl CopyLocation) {
    let source = source(3).await;
    let target = at.target().await;
    target.begin().await.expect("the target is there");
    let first: Vec<SharedRecord> = source.records(CHANNEL)[..1].to_vec();
    target.put(first.clone()).await.expect("it stands where it stood");
    let doubled = target.put(first).await;
    assert!(
        matches!(doubled, Err(CopyError::Misplaced { partition: CHANNEL, expected: 0, found: 1 })),
        "{doubled:?}"
    );
    let refused = copy(&source, &*target, |_| ()).await;
    assert!(
        matches!(refused, Err(CopyError::Differs { partition: CHANNEL, offset: 1 })),
        "{refused:?}"
    );
}
