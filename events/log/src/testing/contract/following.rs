//! Tails: waking, order, lagging, giving up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};

use events::{Partition, Topic};
use futures::task::{ArcWake, waker};
use tokio::sync::Notify;

use super::{
    CHANNEL, Location, USER, append, append_many, assert_contiguous, number_of, numbered, take,
};

/// Tells when a future that was polled by hand asks to be polled again.
#[derive(Default)]
struct Woken(Notify);

impl ArcWake for Woken {
    fn wake_by_ref(woken: &Arc<Self>) {
        woken.0.notify_one();
    }
}

pub async fn a_waiting_tail_is_woken_by_an_append(location: impl Location) {
    let log = location.open().await;
    let mut tail = log.tail(vec![(CHANNEL, 0), (USER, 0)]).await.expect("the tail begins");
    for number in 0..20 {
        let woken = Arc::new(Woken::default());
        let waker = waker(Arc::clone(&woken));
        let mut next = tail.next();
        let polled = next.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending(), "there is nothing to return");
        let partition = if number % 2 == 0 { CHANNEL } else { USER };
        append(&log, partition, number).await;
        // Polled only when woken: a tail that would have to look by itself hangs here.
        let records = loop {
            woken.0.notified().await;
            if let Poll::Ready(found) = next.as_mut().poll(&mut Context::from_waker(&waker)) {
                break found.expect("the tail goes on");
            }
        };
        assert_eq!(records.iter().map(number_of).collect::<Vec<_>>(), [number]);
    }
}

pub async fn a_tail_passes_over_what_it_does_not_follow(location: impl Location) {
    let log = location.open().await;
    let mut tail = log.tail(vec![(CHANNEL, 0)]).await.expect("the tail begins");
    append_many(&log, USER, 0..50).await;
    append(&log, CHANNEL, 50).await;
    let records = take(&mut tail, 1).await;
    assert_eq!(number_of(&records[0]), 50);
}

pub async fn a_tail_begins_where_it_is_told(location: impl Location) {
    let log = location.open().await;
    append_many(&log, CHANNEL, 0..30).await;
    append_many(&log, USER, 0..30).await;
    let mut tail = log.tail(vec![(CHANNEL, 20), (USER, 30)]).await.expect("the tail begins");
    let records = take(&mut tail, 10).await;
    assert_contiguous(&records, CHANNEL, 20);
    append_many(&log, USER, 30..35).await;
    assert_contiguous(&take(&mut tail, 5).await, USER, 30);
}

pub async fn a_tail_returns_many_partitions_each_in_order(location: impl Location) {
    const EACH: u64 = 20;
    let log = location.open().await;
    let partitions: Vec<_> = Topic::ALL.into_iter().flat_map(Topic::partitions).collect();
    for partition in &partitions {
        append(&log, *partition, 0).await;
    }
    let from = partitions.iter().map(|one| (*one, 0)).collect();
    let mut tail = log.tail(from).await.expect("the tail begins");
    let appends = partitions.iter().flat_map(|one| (1..EACH).map(|n| (*one, n)));
    let appends = futures::future::join_all(appends.map(|(p, n)| log.append(p, numbered(n))));
    let (_, records) = tokio::join!(appends, take(&mut tail, partitions.len() * EACH as usize));
    let mut next: BTreeMap<Partition, u64> = BTreeMap::new();
    for record in &records {
        let expected = next.entry(record.partition).or_default();
        assert_eq!(record.offset, *expected, "{} is out of order", record.partition);
        *expected += 1;
    }
    assert!(partitions.iter().all(|one| next.get(one) == Some(&EACH)));
}

pub async fn a_tail_that_lags_far_behind_misses_nothing(location: impl Location) {
    let lag = location.lag_records() as u64;
    let log = location.open().await;
    let mut tail = log.tail(vec![(CHANNEL, 0), (USER, 0)]).await.expect("the tail begins");
    append(&log, CHANNEL, 0).await;
    take(&mut tail, 1).await;
    for round in 0..3 {
        let from = 1 + round * lag;
        append_many(&log, CHANNEL, from..from + lag).await;
        append(&log, USER, round).await;
        let records = take(&mut tail, lag as usize + 1).await;
        let (users, channels): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|record| record.partition == USER);
        assert_contiguous(&channels, CHANNEL, from);
        assert_contiguous(&users, USER, round);
    }
}

pub async fn several_tails_see_the_same(location: impl Location) {
    const TAILS: usize = 4;
    let log = location.open().await;
    let mut tails = Vec::new();
    for _ in 0..TAILS {
        tails.push(log.tail(vec![(CHANNEL, 0)]).await.expect("the tail begins"));
    }
    let tasks: Vec<_> = tails
        .into_iter()
        .map(|mut tail| tokio::spawn(async move { take(&mut tail, 500).await }))
        .collect();
    append_many(&log, CHANNEL, 0..500).await;
    for task in tasks {
        assert_contiguous(&task.await.expect("the tail ends"), CHANNEL, 0);
    }
}

pub async fn a_next_that_is_given_up_loses_nothing(location: impl Location) {
    let log = location.open().await;
    append_many(&log, CHANNEL, 0..200).await;
    let mut tail = log.tail(vec![(CHANNEL, 0)]).await.expect("the tail begins");
    let mut records = Vec::new();
    for number in 200..400 {
        // One poll each, so that the future is dropped at whatever point it waits.
        if let Poll::Ready(found) = futures::poll!(tail.next()) {
            records.extend(found.expect("the tail goes on"));
        }
        append(&log, CHANNEL, number).await;
    }
    let missing = 400 - records.len();
    records.extend(take(&mut tail, missing).await);
    assert_contiguous(&records, CHANNEL, 0);
}
