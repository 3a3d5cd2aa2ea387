//! Reads: from anywhere, within limits, at and beyond the end.

use bytes::Bytes;
use events::NewRecord;

use super::{CHANNEL, Location, USER, append, append_many, assert_contiguous, number_of};
use crate::port::{ReadError, ReadLimit};

pub async fn records_come_back_as_they_were_appended(location: impl Location) {
    let log = location.open().await;
    let record = NewRecord {
        key: *b"sixteen bytes...",
        headers: vec![
            ("ce_id".into(), Bytes::from_static(b"id")),
            ("a-name-of-our-own".into(), Bytes::from_static(b"\x00\xff")),
            ("ce_id".into(), Bytes::new()),
        ],
        body: Bytes::from_static(b"{\"c\":{},\"p\":{}}"),
    };
    let empty = NewRecord { key: [0; 16], headers: vec![], body: Bytes::new() };
    let appended = log.append(CHANNEL, record.clone()).await.expect("the append succeeds");
    log.append(CHANNEL, empty.clone()).await.expect("the append succeeds");
    let read = log.read(CHANNEL, 0, ReadLimit::default()).await.expect("the read succeeds");
    assert_eq!(read[0].appended_ms, appended.appended_ms);
    for (read, appended) in read.iter().zip([record, empty]) {
        assert_eq!(read.key, appended.key);
        assert_eq!(read.headers, appended.headers);
        assert_eq!(read.body, appended.body);
    }
}

pub async fn reads_from_any_position(location: impl Location) {
    let log = location.open().await;
    append_many(&log, CHANNEL, 0..30).await;
    append_many(&log, USER, 100..130).await;
    for from in 0..30 {
        let read = log.read(CHANNEL, from, ReadLimit::default()).await.expect("the read succeeds");
        assert_contiguous(&read, CHANNEL, from);
        assert_eq!(read.iter().map(number_of).collect::<Vec<_>>(), (from..30).collect::<Vec<_>>());
    }
}

pub async fn a_read_keeps_to_its_limits_but_returns_at_least_one_record(location: impl Location) {
    let log = location.open().await;
    append_many(&log, CHANNEL, 0..30).await;
    let few = ReadLimit { records_max: 7, ..ReadLimit::default() };
    let read = log.read(CHANNEL, 5, few).await.expect("the read succeeds");
    assert_eq!(read.len(), 7);
    assert_contiguous(&read, CHANNEL, 5);
    let small = ReadLimit { bytes_max: 1, ..ReadLimit::default() };
    let read = log.read(CHANNEL, 5, small).await.expect("the read succeeds");
    assert_eq!(read.len(), 1);
    assert_contiguous(&read, CHANNEL, 5);
}

pub async fn reading_at_the_end_returns_nothing(location: impl Location) {
    let log = location.open().await;
    let read = log.read(CHANNEL, 0, ReadLimit::default()).await.expect("an empty partition reads");
    assert!(read.is_empty());
    let end = append(&log, CHANNEL, 0).await.offset + 1;
    let read = log.read(CHANNEL, end, ReadLimit::default()).await.expect("the end reads");
    assert!(read.is_empty());
}

pub async fn a_position_beyond_the_end_is_out_of_range(location: impl Location) {
    let log = location.open().await;
    append_many(&log, CHANNEL, 0..3).await;
    let beyond = log.read(CHANNEL, 4, ReadLimit::default()).await;
    assert!(
        matches!(
            beyond,
            Err(ReadError::OutOfRange { partition: CHANNEL, from: 4, first: 0, end: 3 })
        ),
        "{beyond:?}"
    );
    let beyond = log.tail(vec![(USER, 0), (CHANNEL, 4)]).await.err();
    assert!(
        matches!(beyond, Some(ReadError::OutOfRange { partition: CHANNEL, from: 4, .. })),
        "{beyond:?}"
    );
    // Neither attempt does harm.
    assert_eq!(append(&log, CHANNEL, 3).await.offset, 3);
    let read = log.read(CHANNEL, 3, ReadLimit::default()).await.expect("the read succeeds");
    assert_eq!(read.len(), 1);
}

pub async fn the_end_is_never_behind_an_acknowledgement(location: impl Location) {
    let log = location.open().await;
    let ends = log.ends(&[CHANNEL, USER]).await.expect("the ends are known");
    assert_eq!(ends, [0, 0]);
    for number in 0..50 {
        let appended = append(&log, CHANNEL, number).await;
        let ends = log.ends(&[USER, CHANNEL, USER]).await.expect("the ends are known");
        assert_eq!(ends, [0, appended.offset + 1, 0]);
        let read = log.read(CHANNEL, appended.offset, ReadLimit::default()).await;
        assert_eq!(read.expect("the read succeeds").len(), 1);
    }
}
