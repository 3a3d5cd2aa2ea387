//! Positions that are no longer kept; appends that the broker refuses.

use std::time::Duration;

use bytes::Bytes;
use event_log::{AppendError, EventLog, KafkaLog, KafkaOptions, LogReader, ReadError, ReadLimit};
use events::{NewRecord, Partition, Topic};
use rdkafka::admin::{AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::OnKafka;
use crate::load::numbered;

const PRESENCE: Partition = Partition { topic: Topic::Presence, index: 9 };
const CHANNEL: Partition = Partition { topic: Topic::Channels, index: 9 };

#[tokio::test]
async fn what_retention_has_taken_is_out_of_range() {
    let at = OnKafka::new();
    let log = at.log().await;
    for number in 0..25 {
        log.append(PRESENCE, numbered(number)).await.expect("the append succeeds");
    }
    forget_before(&at, PRESENCE, 15).await;
    let gone = log.read(PRESENCE, 14, ReadLimit::default()).await;
    assert!(
        matches!(gone, Err(ReadError::OutOfRange { from: 14, first: 15, end: 25, .. })),
        "{gone:?}"
    );
    let gone = log.tail(vec![(CHANNEL, 0), (PRESENCE, 14)]).await.err();
    assert!(
        matches!(gone, Some(ReadError::OutOfRange { partition: PRESENCE, first: 15, .. })),
        "{gone:?}"
    );
    let kept = log.read(PRESENCE, 15, ReadLimit::default()).await.expect("the read succeeds");
    assert_eq!(kept.len(), 10);
    let mut tail = log.tail(vec![(PRESENCE, 15)]).await.expect("the tail begins");
    assert_eq!(tail.next().await.expect("the tail goes on")[0].offset, 15);
}

pub(crate) async fn forget_before(at: &OnKafka, partition: Partition, offset: i64) {
    let mut list = TopicPartitionList::new();
    let topic = format!("{}{}", at.prefix, partition.topic.name());
    list.add_partition_offset(&topic, partition.index.into(), Offset::Offset(offset))
        .expect("a position");
    let deleted = at.cluster.admin().delete_records(&list, &AdminOptions::new()).await;
    deleted.expect("the records can be deleted");
}

#[tokio::test]
async fn a_broker_with_a_lower_limit_refuses_what_is_over_it() {
    let at = OnKafka::new();
    let log = at.log().await;
    limit_messages(&at, "10000").await;
    // The broker hears of its new limit a moment after it was set.
    let refused = loop {
        match log.append(CHANNEL, incompressible(20_000)).await {
            Ok(_) => {}
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, AppendError::TooLarge { len: 20_016, .. }), "{refused:?}");
    log.append(CHANNEL, incompressible(5_000)).await.expect("the append succeeds");
}

async fn limit_messages(at: &OnKafka, bytes: &str) {
    let topic = format!("{}channels", at.prefix);
    let config = AlterConfig::new(ResourceSpecifier::Topic(&topic))
        .set("message.timestamp.type", "LogAppendTime")
        .set("max.message.bytes", bytes);
    let altered = at.cluster.admin().alter_configs(&[config], &AdminOptions::new()).await;
    assert!(altered.expect("an answer").iter().all(Result::is_ok));
}

/// A record whose body no compression makes smaller.
fn incompressible(len: usize) -> NewRecord {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let states = std::iter::successors(Some(7u32), next);
    let body: Vec<u8> = states.map(|state| (state >> 24) as u8).take(len).collect();
    NewRecord { key: [0; 16], headers: vec![], body: Bytes::from(body) }
}

#[tokio::test]
async fn an_append_to_a_topic_that_is_gone_is_not_acknowledged() {
    let at = OnKafka::new();
    let options = KafkaOptions { append_timeout: Duration::from_secs(1), ..at.options() };
    let log = KafkaLog::connect(options).await.expect("the log connects");
    at.cluster.delete_topics(&at.prefix);
    let refused = log.append(CHANNEL, numbered(0)).await;
    assert!(
        matches!(refused, Err(AppendError::Indeterminate(_) | AppendError::Unavailable(_))),
        "{refused:?}"
    );
}
