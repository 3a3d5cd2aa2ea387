//! Copies into topics and out of them: what only Kafka has.

use std::sync::Arc;
use std::time::Duration;

use event_log::copying::{Copied, CopyError, CopyTarget, copy};
use event_log::kafka::ConnectError;
use event_log::kafka::topics::{self, TopicsError};
use event_log::testing::MemoryLog;
use event_log::{EmbeddedCopy, EmbeddedLog, EmbeddedOptions, EventLog, KafkaCopy, KafkaOptions};
use events::{Partition, Record, Topic};
use rdkafka::admin::{AdminOptions, ConfigSource, ResourceSpecifier};

use crate::OnKafka;
use crate::load::numbered;
use crate::positions::forget_before;
use crate::topics::set;

const CHANNEL: Partition = Partition { topic: Topic::Channels, index: 9 };

async fn source(records: u64) -> MemoryLog {
    let log = MemoryLog::new();
    for number in 0..records {
        log.append(CHANNEL, numbered(number)).await.expect("the append succeeds");
    }
    log
}

async fn copied(at: &OnKafka, source: &MemoryLog) -> Result<Copied, CopyError> {
    let target = KafkaCopy::connect(at.options()).await.expect("the target connects");
    copy(source, &target, |_| ()).await
}

#[tokio::test]
async fn topics_that_were_made_beforehand_keep_what_else_is_set_for_them() {
    let at = OnKafka::new();
    topics::ensure(&at.options()).await.expect("the topics are made");
    let name = format!("{}channels", at.prefix);
    set(&at, &name, Some(("segment.bytes", "20000000"))).await;
    copied(&at, &source(3).await).await.expect("the copy is made");
    topics::check(&at.options()).await.expect("they are a log's");
    let asked = [ResourceSpecifier::Topic(&name)];
    let described = at.cluster.admin().describe_configs(&asked, &AdminOptions::new()).await;
    let config = described.expect("an answer").remove(0).expect("the topic's settings");
    let kept = config.get("segment.bytes").expect("the setting");
    assert_eq!(kept.value.as_deref(), Some("20000000"));
    assert_eq!(kept.source, ConfigSource::DynamicTopic);
}

#[tokio::test]
async fn topics_that_would_lose_records_are_refused_as_targets() {
    let at = OnKafka::new();
    topics::ensure(&at.options()).await.expect("the topics are made");
    let name = format!("{}users", at.prefix);
    set(&at, &name, Some(("retention.ms", "604800000"))).await;
    let refused = KafkaCopy::connect(at.options()).await.err();
    assert!(
        matches!(&refused, Some(ConnectError::Topics(TopicsError::Other { topic, .. })) if *topic == name),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_log_whose_beginning_is_gone_is_neither_source_nor_target() {
    let at = OnKafka::new();
    let source = source(25).await;
    copied(&at, &source).await.expect("the copy is made");
    forget_before(&at, CHANNEL, 15).await;
    let told = |log| CopyError::BeginningGone { log, partition: CHANNEL, first: 15 }.to_string();
    let refused = copied(&at, &source).await.expect_err("it has no beginning");
    assert_eq!(refused.to_string(), told("target"));
    let directory = tempfile::tempdir().expect("a directory");
    let target = EmbeddedCopy::open(directory.path(), EmbeddedOptions::default());
    let refused = copy(&at.log().await, &target.expect("the target opens"), |_| ()).await;
    assert_eq!(refused.expect_err("it has no beginning").to_string(), told("source"));
}

#[tokio::test]
async fn a_record_that_nobody_acknowledges_ends_the_copy() {
    let at = OnKafka::new();
    let options = KafkaOptions { append_timeout: Duration::from_secs(1), ..at.options() };
    let target = KafkaCopy::connect(options).await.expect("the target connects");
    target.begin().await.expect("the target is there");
    let mut record = Record::clone(&source(1).await.records(CHANNEL)[0]);
    at.cluster.delete_topics(&at.prefix);
    // The leader hears of it a moment after the answer.
    let ended = loop {
        match target.put(vec![Arc::new(record.clone())]).await {
            Ok(()) => record.offset += 1,
            Err(ended) => break ended,
        }
    };
    assert!(
        matches!(ended, CopyError::Unknown { partition: CHANNEL, .. } | CopyError::Target(_)),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_log_goes_to_kafka_and_back() {
    let at = OnKafka::new();
    let source = source(5_000).await;
    copied(&at, &source).await.expect("the copy is made");
    let log = at.log().await;
    log.append(CHANNEL, numbered(5_000)).await.expect("the append succeeds");
    let directory = tempfile::tempdir().expect("a directory");
    let target = EmbeddedCopy::open(directory.path(), EmbeddedOptions::default());
    let target = target.expect("the target opens");
    copy(&log, &target, |_| ()).await.expect("the copy is made");
    drop(target);
    let back = EmbeddedLog::open(directory.path(), EmbeddedOptions::default());
    let back = back.expect("the log opens");
    let held: Vec<_> =
        back.scan(CHANNEL, 0).expect("a scan").map(|one| one.expect("a record")).collect();
    assert_eq!(held.len(), 5_001);
    let source = source.records(CHANNEL);
    assert!(held.iter().zip(&source).all(|(copy, original)| *copy == **original));
}
