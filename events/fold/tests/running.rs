//! The runner over the in-memory log: waiting, watching, catching up, restarting, comparing digests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_archive::testing::MemoryStore;
use event_log::testing::MemoryLog;
use event_log::{EventLog, LogReader};
use events::directory::UserCreated;
use events::user::PreferencesSet;
use events::{
    Actor, Body, DirectoryEvent, Event, EventId, Id, KeyedHash, Meta, Partition, Position, Topic,
    UserEvent, UserId,
};
use fold::digests::{DIGEST_EVERY, DigestError, Digests};
use fold::snapshots::Snapshots;
use fold::{Fold, FoldSet, Options};

const SOON: Duration = Duration::from_secs(10);

fn deadline() -> Instant {
    Instant::now() + SOON
}

fn account(n: u8) -> (EventId, Event) {
    let mut body = Body {
        c: UserCreated {
            user_id: UserId::from_bytes([n; 16]),
            username_hash: KeyedHash::from_bytes([n; 16]),
            email_hash: KeyedHash::from_bytes([!n; 16]),
            is_bot: false,
            locale: String::new(),
        },
        p: events::directory::NewProfile::default(),
    };
    body.p.username = format!("person{n}");
    (EventId::from_bytes([n; 16]), DirectoryEvent::from(body).into())
}

async fn append(
    log: &MemoryLog,
    partition: Partition,
    subject: Id,
    id: EventId,
    event: &Event,
) -> u64 {
    let end = log.ends(&[partition]).await.expect("an end")[0];
    let meta = Meta::new(id, subject, 1_000, end, Actor::System);
    log.append(partition, events::encode("test", &meta, event)).await.expect("appended").offset
}

async fn create(log: &MemoryLog, n: u8) -> u64 {
    let (id, event) = account(n);
    append(log, Partition::DIRECTORY, Id::default(), id, &event).await
}

async fn start(log: &Arc<MemoryLog>, set: FoldSet, options: Options) -> Fold {
    Fold::start(Arc::clone(log) as Arc<dyn EventLog>, set, options).await.expect("follows the log")
}

#[tokio::test]
async fn catching_up_folds_all_that_was_there_when_it_was_asked() {
    let log = Arc::new(MemoryLog::new());
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    create(&log, 1).await;
    create(&log, 2).await;
    let ends = fold.catch_up(&[Partition::DIRECTORY], deadline()).await.expect("caught up");
    assert_eq!(ends, [2]);
    assert_eq!(fold.directory().state().account_count(), 2);
    assert_eq!(fold.names().by_username("person2"), Some(UserId::from_bytes([2; 16])));
}

#[tokio::test]
async fn a_watch_hears_every_record_with_its_id_and_no_other() {
    let log = Arc::new(MemoryLog::new());
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    let (id, event) = account(1);
    let mut watch = fold.watch(id);
    create(&log, 2).await;
    let first = create(&log, 1).await;
    let second = append(&log, Partition::DIRECTORY, Id::default(), id, &event).await;
    assert_eq!(watch.next().await.record.offset, first);
    let again = watch.next().await;
    assert_eq!(again.record.offset, second);
    assert_eq!(again.verdict, domain::Verdict::Void(domain::Void::Duplicate { first }));
}

#[tokio::test]
async fn a_subscriber_gets_each_partition_in_order() {
    let log = Arc::new(MemoryLog::new());
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    let mut batches = fold.subscribe();
    for n in 1..=20 {
        create(&log, n).await;
    }
    let mut offsets = Vec::new();
    while offsets.len() < 20 {
        let batch = batches.next().await.expect("a batch");
        offsets.extend(batch.iter().map(|folded| folded.record.offset));
    }
    assert_eq!(offsets, (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn waiting_ends_at_its_deadline() {
    let log = Arc::new(MemoryLog::new());
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    let waited = fold.wait_for(Partition::DIRECTORY, 1, Instant::now()).await;
    assert_eq!(waited, Err(fold::WaitError::TimedOut));
}

#[tokio::test]
async fn a_partition_without_a_confirmed_tail_serves_nothing() {
    let log = Arc::new(MemoryLog::new());
    let never = Options { fail_closed_after: Duration::ZERO, ..Options::default() };
    let fold = start(&log, FoldSet::new(), never).await;
    assert!(!fold.is_current(Partition::DIRECTORY));
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    assert!(fold.is_current(Partition::DIRECTORY));
}

#[tokio::test]
async fn a_restart_goes_on_from_the_newest_snapshot_that_it_may_use() {
    let log = Arc::new(MemoryLog::new());
    let snapshots = Snapshots::new(Arc::new(MemoryStore::new()));
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    for n in 1..=6 {
        let offset = create(&log, n).await;
        fold.wait_for(Partition::DIRECTORY, offset + 1, deadline()).await.expect("folded");
        snapshots.write(fold.set(), Partition::DIRECTORY).await.expect("written");
    }
    let hash = fold.hash(Partition::DIRECTORY);

    let set = FoldSet::new();
    snapshots.restore(&set, |_| 5).await.expect("restored");
    assert_eq!(set.next(Partition::DIRECTORY), 5, "the one at 6 is too new");
    let set_too_old = FoldSet::new();
    snapshots.restore(&set_too_old, |_| 3).await.expect("restored");
    assert_eq!(set_too_old.next(Partition::DIRECTORY), 0, "three are kept: 4, 5, 6");

    let again = start(&log, set, Options::default()).await;
    again.catch_up(&[Partition::DIRECTORY], deadline()).await.expect("caught up");
    assert_eq!(again.hash(Partition::DIRECTORY), hash);
    assert_eq!(again.names().username(UserId::from_bytes([3; 16])), "person3");
}

#[tokio::test]
async fn what_lies_beyond_a_logs_end_can_be_forgotten() {
    let log = Arc::new(MemoryLog::new());
    let snapshots = Snapshots::new(Arc::new(MemoryStore::new()));
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    for n in 1..=3 {
        let offset = create(&log, n).await;
        fold.wait_for(Partition::DIRECTORY, offset + 1, deadline()).await.expect("folded");
        snapshots.write(fold.set(), Partition::DIRECTORY).await.expect("written");
    }
    let (digests, kept, lost) = (snapshots.digests(), DIGEST_EVERY, 2 * DIGEST_EVERY);
    let (partition, other) = (Partition::DIRECTORY, Partition::of(Topic::Users, &[7; 16]));
    for (partition, next) in [(partition, lost), (other, kept), (other, lost)] {
        digests.agree(Position::new(partition, next), 1).await.expect("nobody was there before");
    }
    let end = |p| if p == partition { 2 } else { DIGEST_EVERY };
    snapshots.forget_beyond(end).await.expect("forgotten");

    let set = FoldSet::new();
    snapshots.restore(&set, |_| u64::MAX).await.expect("restored");
    assert_eq!(set.next(partition), 2, "the one at 3 is forgotten");
    for (partition, next) in [(partition, lost), (other, lost)] {
        digests
            .agree(Position::new(partition, next), 2)
            .await
            .expect("another result may stand there");
    }
    assert!(digests.agree(Position::new(other, kept), 2).await.is_err(), "this one is compared");
}

#[tokio::test]
async fn only_snapshots_of_the_newest_epoch_count_and_older_ones_can_be_let_go() {
    let (log, left_behind) = (Arc::new(MemoryLog::new()), Arc::new(MemoryLog::new()));
    let snapshots = Snapshots::new(Arc::new(MemoryStore::new()));
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    let before = start(&left_behind, FoldSet::new(), Options::default()).await;
    create(&log, 1).await;
    let end = log.ends(&[Partition::DIRECTORY]).await.expect("an end")[0];
    let mut meta = Meta::new(EventId::random(), Id::default(), 1_000, end, Actor::System);
    meta.epoch = 2;
    let opened = events::of_log(Topic::Directory, events::directory::EpochOpened { epoch: 2 });
    let opened = events::encode("test", &meta, &opened);
    let at = log.append(Partition::DIRECTORY, opened).await.expect("appended").offset;
    fold.wait_for(Partition::DIRECTORY, at + 1, deadline()).await.expect("folded");
    assert_eq!(
        fold.position(Partition::DIRECTORY, at),
        Position { epoch: 2, ..Position::new(Partition::DIRECTORY, at) }
    );
    snapshots.write(fold.set(), Partition::DIRECTORY).await.expect("written");
    // The log of before goes on, and whoever follows it writes what it comes to.
    for n in 1..=5 {
        let offset = create(&left_behind, n).await;
        before.wait_for(Partition::DIRECTORY, offset + 1, deadline()).await.expect("folded");
    }
    snapshots.write(before.set(), Partition::DIRECTORY).await.expect("written");
    let restored = async || {
        let set = FoldSet::new();
        snapshots.restore(&set, |_| u64::MAX).await.expect("restored");
        (set.epoch(Partition::DIRECTORY), set.next(Partition::DIRECTORY))
    };
    assert_eq!(restored().await, (2, at + 1));
    snapshots.write_alone(fold.set(), Partition::DIRECTORY).await.expect("written");
    snapshots.forget(Partition::DIRECTORY, at + 1).await.expect("forgotten");
    assert_eq!(restored().await, (1, 0), "nothing is left, of the older epoch neither");
}

#[tokio::test]
async fn an_unknown_event_stops_the_fold() {
    let log = Arc::new(MemoryLog::new());
    let fold = start(&log, FoldSet::new(), Options::default()).await;
    let (id, event) = account(1);
    let meta = Meta::new(id, Id::default(), 1_000, 0, Actor::System);
    let mut record = events::encode("test", &meta, &event);
    for (name, value) in &mut record.headers {
        if name == "ce_typeversion" {
            *value = "99".into();
        }
    }
    log.append(Partition::DIRECTORY, record).await.expect("appended");
    assert!(fold.stopped().await.to_string().contains("user.created version 99"));
}

#[tokio::test]
async fn folds_that_part_stop_where_they_compare_digests() {
    let log = Arc::new(MemoryLog::new());
    let digests = Digests::new(Arc::new(MemoryStore::new()));
    let user = UserId::from_bytes([7; 16]);
    let partition = Partition::of(Topic::Users, user.as_bytes());
    // Somebody else says to have come to another result.
    digests
        .agree(Position::new(partition, DIGEST_EVERY), 1)
        .await
        .expect("nobody was there before");
    let parted = digests.agree(Position::new(partition, DIGEST_EVERY), 2).await;
    assert!(matches!(parted, Err(DigestError::Parted { .. })));
    digests.agree(Position::new(partition, DIGEST_EVERY), 1).await.expect("the same result");

    let options = Options { digests: Some(digests), ..Options::default() };
    let fold = start(&log, FoldSet::new(), options).await;
    let body: Body<PreferencesSet> =
        Body { c: PreferencesSet { user_id: user }, p: events::user::Preferences::default() };
    let event: Event = UserEvent::from(body).into();
    for _ in 0..DIGEST_EVERY {
        append(&log, partition, user.0, EventId::random(), &event).await;
    }
    assert!(
        fold.stopped()
            .await
            .to_string()
            .contains(&format!("folds part before 1.{partition}.10000"))
    );
}
