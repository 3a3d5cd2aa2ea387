//! Appends: positions, order, refusals, and what a restart keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use events::{NewRecord, Partition, Topic};

use super::{
    CHANNEL, Location, USER, append, append_many, assert_contiguous, number_of, numbered, read_all,
};
use crate::port::{AppendError, EventLog, RECORD_BYTES_MAX};

pub async fn offsets_are_contiguous_from_zero_in_each_partition(location: impl Location) {
    let log = location.open().await;
    for offset in 0..20 {
        assert_eq!(append(&log, CHANNEL, offset).await.offset, offset);
        if offset % 2 == 0 {
            assert_eq!(append(&log, USER, offset).await.offset, offset / 2);
        }
    }
    assert_contiguous(&read_all(&log, CHANNEL).await, CHANNEL, 0);
    assert_contiguous(&read_all(&log, USER).await, USER, 0);
    let directory = append(&log, Partition::DIRECTORY, 0).await;
    assert_eq!(directory.offset, 0);
}

pub async fn appends_one_after_another_keep_their_order(location: impl Location) {
    let log = location.open().await;
    for number in 0..50 {
        append(&log, CHANNEL, number).await;
    }
    let numbers: Vec<_> = read_all(&log, CHANNEL).await.iter().map(number_of).collect();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
}

pub async fn many_appenders_lose_and_double_nothing(location: impl Location) {
    const APPENDERS: u64 = 40;
    const APPENDS: u64 = 25;
    let log = location.open().await;
    let partitions: Vec<_> = Topic::Channels.partitions().take(5).collect();
    let tasks: Vec<_> = (0..APPENDERS)
        .map(|appender| {
            let (log, partitions) = (Arc::clone(&log), partitions.clone());
            tokio::spawn(appender_task(
                log,
                partitions,
                appender * APPENDS..(appender + 1) * APPENDS,
            ))
        })
        .collect();
    let mut acknowledged = BTreeMap::new();
    for task in tasks {
        for (number, partition, offset) in task.await.expect("the appender ends") {
            let before = acknowledged.insert((partition, offset), number);
            assert_eq!(before, None, "{partition} {offset} was given out twice");
        }
    }
    let mut found = BTreeMap::new();
    for partition in partitions {
        let records = read_all(&log, partition).await;
        assert_contiguous(&records, partition, 0);
        let mut last = BTreeMap::new();
        for record in &records {
            let number = number_of(record);
            found.insert((partition, record.offset), number);
            let before = last.insert(number / APPENDS, number);
            assert!(before < Some(number), "one appender's records stand out of order");
        }
    }
    assert_eq!(found, acknowledged);
}

async fn appender_task(
    log: Arc<dyn EventLog>,
    partitions: Vec<Partition>,
    numbers: std::ops::Range<u64>,
) -> Vec<(u64, Partition, u64)> {
    let mut acknowledged = Vec::new();
    for number in numbers {
        let partition = partitions[number as usize % partitions.len()];
        acknowledged.push((number, partition, append(&log, partition, number).await.offset));
    }
    acknowledged
}

pub async fn an_oversized_record_is_refused_and_the_log_stays_usable(location: impl Location) {
    let log = location.open().await;
    append(&log, CHANNEL, 0).await;
    let sized = |body: usize| NewRecord {
        key: [1; 16],
        headers: vec![],
        body: Bytes::from(vec![b'x'; body]),
    };
    let over = sized(RECORD_BYTES_MAX + 1 - sized(0).size_bytes());
    let refused = log.append(CHANNEL, over).await;
    assert!(
        matches!(refused, Err(AppendError::TooLarge { len, max }) if len == max + 1),
        "{refused:?}"
    );
    let largest = sized(RECORD_BYTES_MAX - sized(0).size_bytes());
    let appended = log.append(CHANNEL, largest.clone()).await.expect("the largest record fits");
    assert_eq!(appended.offset, 1);
    assert_eq!(append(&log, CHANNEL, 2).await.offset, 2);
    let records = read_all(&log, CHANNEL).await;
    assert_eq!(records.len(), 3);
    assert_eq!(records[1].body, largest.body);
}

pub async fn an_append_that_nobody_waits_for_harms_nothing(location: impl Location) {
    let log = location.open().await;
    for number in 0..10 {
        drop(log.append(CHANNEL, numbered(number)));
    }
    let appended = append(&log, CHANNEL, 10).await;
    let records = read_all(&log, CHANNEL).await;
    assert_contiguous(&records, CHANNEL, 0);
    assert_eq!(number_of(&records[appended.offset as usize]), 10);
}

pub async fn reopening_keeps_every_record_and_continues_the_offsets(location: impl Location) {
    let mut expected = 0;
    for _ in 0..3 {
        let log = location.open().await;
        let records = read_all(&log, CHANNEL).await;
        assert_eq!(
            records.iter().map(number_of).collect::<Vec<_>>(),
            (0..expected).collect::<Vec<_>>()
        );
        assert_contiguous(&records, CHANNEL, 0);
        let ends = log.ends(&[CHANNEL, USER]).await.expect("the ends are known");
        assert_eq!(ends, [expected, 0]);
        append_many(&log, CHANNEL, expected..expected + 100).await;
        expected += 100;
    }
}
