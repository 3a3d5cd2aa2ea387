//! Topics that are missing or set up otherwise are refused, by name.

use event_log::kafka::topics::{TopicsError, check, ensure};
use event_log::kafka::{ConnectError, InvalidClientSetting};
use event_log::{KafkaLog, KafkaOptions};
use rdkafka::admin::{AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};

use crate::OnKafka;

#[tokio::test]
async fn missing_topics_are_refused_unless_they_are_to_be_made() {
    let at = OnKafka::new();
    let options = KafkaOptions { create_topics: false, ..at.options() };
    let refused = KafkaLog::connect(options.clone()).await.expect_err("there are no topics");
    let text = refused.to_string();
    assert!(matches!(refused, ConnectError::Topics(TopicsError::Missing(_))), "{text}");
    assert!(text.contains(&format!("{}directory", at.prefix)) && text.contains("replay topics"));
    let created = ensure(&options).await.expect("the topics are made");
    assert_eq!(created.len(), 5);
    assert_eq!(ensure(&options).await.expect("they are there"), Vec::<String>::new());
    KafkaLog::connect(options).await.expect("the log connects");
}

#[tokio::test]
async fn a_topic_with_other_settings_is_refused_by_name() {
    let at = OnKafka::new();
    ensure(&at.options()).await.expect("the topics are made");
    for (topic, key, value, expected) in [
        ("users", "retention.ms", "604800000", "-1"),
        ("channels", "retention.bytes", "1000000", "-1"),
        ("directory", "cleanup.policy", "compact", "delete"),
        ("readstate", "message.timestamp.type", "CreateTime", "LogAppendTime"),
        ("presence", "retention.ms", "-1", "3600000"),
        ("users", "max.message.bytes", "1000000", "at least 1114112"),
    ] {
        let topic = format!("{}{topic}", at.prefix);
        set(&at, &topic, Some((key, value))).await;
        let refused = check(&at.options()).await.expect_err("the setting is wrong").to_string();
        let said = format!("the topic {topic} has {key} = {value}, it must be {expected}");
        assert_eq!(refused, said);
        set(&at, &topic, None).await;
    }
    check(&at.options()).await.expect("all is as it was");
}

/// Sets a topic up as it must be, but for one setting.
pub(crate) async fn set(at: &OnKafka, topic: &str, other: Option<(&str, &str)>) {
    let retention = if topic.ends_with("presence") { "3600000" } else { "-1" };
    let right = [
        ("message.timestamp.type", "LogAppendTime"),
        ("cleanup.policy", "delete"),
        ("retention.ms", retention),
        ("retention.bytes", "-1"),
        ("max.message.bytes", "1114112"),
    ];
    let config = AlterConfig::new(ResourceSpecifier::Topic(topic));
    let same = right.iter().filter(|(key, _)| other.is_none_or(|(other, _)| other != *key));
    let wanted: Vec<_> = same.chain(&other).copied().collect();
    let config = wanted.iter().fold(config, |config, (key, value)| config.set(key, value));
    let altered = at.cluster.admin().alter_configs(&[config], &AdminOptions::new()).await;
    assert!(altered.expect("an answer").iter().all(Result::is_ok));
    until_described(at, topic, &wanted).await;
}

/// The brokers hear of new settings a moment after they were set.
async fn until_described(at: &OnKafka, topic: &str, wanted: &[(&str, &str)]) {
    let (admin, asked) = (at.cluster.admin(), [ResourceSpecifier::Topic(topic)]);
    loop {
        let described = admin.describe_configs(&asked, &AdminOptions::new()).await;
        let config = described.expect("an answer").remove(0).expect("the topic's settings");
        let is = |key: &str| config.get(key).and_then(|entry| entry.value.clone());
        if wanted.iter().all(|(key, value)| is(key).as_deref() == Some(value)) {
            return;
        }
    }
}

#[tokio::test]
async fn a_topic_with_another_number_of_partitions_is_refused() {
    let at = OnKafka::new();
    let name = format!("{}channels", at.prefix);
    let topic = NewTopic::new(&name, 3, TopicReplication::Fixed(1));
    let created = at.cluster.admin().create_topics([&topic], &AdminOptions::new()).await;
    assert!(created.expect("an answer").iter().all(Result::is_ok));
    let refused = ensure(&at.options()).await.expect_err("three are too few").to_string();
    assert_eq!(refused, format!("the topic {name} has partitions = 3, it must be 64"));
}

#[tokio::test]
async fn a_setting_of_the_clients_that_could_lose_records_is_refused() {
    let client = vec![("acks".to_owned(), "1".to_owned())];
    let refused = KafkaLog::connect(KafkaOptions { client, ..OnKafka::new().options() }).await;
    assert!(
        matches!(&refused, Err(ConnectError::Setting(InvalidClientSetting(name))) if name == "acks"),
        "{refused:?}"
    );
}
