//! The topics: what they must be, whether they are, making them.
//!
//! Kafka's own defaults lose records (a week of retention, times that clients choose), so a topic that
//! is set up otherwise is refused by name rather than trusted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use events::Topic;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, OwnedResourceSpecifier, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::RDKafkaErrorCode;

use super::options::{KafkaOptions, MESSAGE_BYTES_MAX, Telling, TopicNames};

/// What ephemeral records are kept for, milliseconds.
const PRESENCE_RETENTION_MS: u64 = 3_600_000;
const REQUEST_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Why the topics cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    #[error("the cluster lacks the topics {}: `replay topics` makes them", .0.join(", "))]
    Missing(Vec<String>),
    #[error("the topic {topic} has {key} = {found}, it must be {expected}")]
    Other { topic: String, key: &'static str, found: String, expected: String },
    #[error("failed to create the topic {topic}: {reason}")]
    NotCreated { topic: String, reason: String },
    #[error("failed to ask the Kafka cluster at {bootstrap} for its topics: {reason}")]
    Unreachable { bootstrap: String, reason: String },
}

/// What a setting must be.
#[derive(Debug, Clone)]
enum Rule {
    Exactly(String),
    AtLeast(u64),
}

impl Rule {
    fn value(&self) -> String {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::AtLeast(least) => least.to_string(),
        }
    }

    fn holds_for(&self, found: &str) -> bool {
        match self {
            Self::Exactly(value) => value == found,
            Self::AtLeast(least) => found.parse().is_ok_and(|found: u64| found >= *least),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::AtLeast(least) => format!("at least {least}"),
        }
    }
}

/// The settings of a topic, by Kafka's names.
fn rules(topic: Topic, options: &KafkaOptions) -> Vec<(&'static str, Rule)> {
    let retention = match topic {
        Topic::Presence => PRESENCE_RETENTION_MS.to_string(),
        _ => "-1".to_owned(),
    };
    let exactly = |value: &str| Rule::Exactly(value.to_owned());
    vec![
        ("message.timestamp.type", exactly("LogAppendTime")),
        ("cleanup.policy", exactly("delete")),
        ("retention.ms", Rule::Exactly(retention)),
        ("retention.bytes", exactly("-1")),
        ("max.message.bytes", Rule::AtLeast(MESSAGE_BYTES_MAX as u64)),
        ("min.insync.replicas", Rule::AtLeast(options.in_sync_min.into())),
    ]
}

/// Checks that all topics are there and set up so that nothing is lost.
///
/// # Errors
/// [`TopicsError::Missing`] names all that are missing, [`TopicsError::Other`] the first wrong setting.
pub async fn check(options: &KafkaOptions) -> Result<(), TopicsError> {
    let cluster = Cluster::new(options)?;
    let counts = cluster.partition_counts().await?;
    let missing = cluster.missing(&counts);
    if !missing.is_empty() {
        let name = |topic| cluster.names.of(topic).to_owned();
        return Err(TopicsError::Missing(missing.into_iter().map(name).collect()));
    }
    cluster.check(&counts).await
}

/// Creates the topics that are missing, then checks all. Returns the names of those that it created;
/// several processes may do this at once.
///
/// # Errors
/// As [`check`], and [`TopicsError::NotCreated`].
pub async fn ensure(options: &KafkaOptions) -> Result<Vec<String>, TopicsError> {
    let cluster = Cluster::new(options)?;
    let mut counts = cluster.partition_counts().await?;
    let missing = cluster.missing(&counts);
    let created = if missing.is_empty() { Vec::new() } else { cluster.create(&missing).await? };
    // Metadata follows the creation a moment later.
    while !cluster.missing(&counts).is_empty() {
        counts = cluster.partition_counts().await?;
    }
    cluster.check(&counts).await?;
    Ok(created)
}

struct Cluster<'a> {
    options: &'a KafkaOptions,
    names: TopicNames,
    admin: Arc<AdminClient<Telling>>,
}

impl<'a> Cluster<'a> {
    fn new(options: &'a KafkaOptions) -> Result<Self, TopicsError> {
        let admin = AdminClient::from_config_and_context(&options.common(), Telling)
            .map_err(|error| unreachable(options, error.to_string()))?;
        let names = TopicNames::new(&options.topic_prefix);
        Ok(Self { options, names, admin: admin.into() })
    }

    /// How many partitions each of the cluster's topics has.
    async fn partition_counts(&self) -> Result<BTreeMap<String, usize>, TopicsError> {
        let admin = Arc::clone(&self.admin);
        let fetch = move || admin.inner().fetch_metadata(None, REQUEST_MAX);
        let metadata = tokio::task::spawn_blocking(fetch)
            .await
            .map_err(|stopped| self.unreachable(stopped.to_string()))?
            .map_err(|error| self.unreachable(error.to_string()))?;
        let topics = metadata.topics().iter();
        Ok(topics.map(|one| (one.name().to_owned(), one.partitions().len())).collect())
    }

    fn missing(&self, counts: &BTreeMap<String, usize>) -> Vec<Topic> {
        let missing = |topic: &Topic| !counts.contains_key(self.names.of(*topic));
        Topic::ALL.into_iter().filter(missing).collect()
    }

    async fn create(&self, topics: &[Topic]) -> Result<Vec<String>, TopicsError> {
        let rules: Vec<_> = topics.iter().map(|topic| settings(*topic, self.options)).collect();
        let new: Vec<_> =
            topics.iter().zip(&rules).map(|(topic, of)| self.new_topic(*topic, of)).collect();
        let results = self.admin.create_topics(&new, &deadline()).await;
        let results = results.map_err(|error| self.unreachable(error.to_string()))?;
        let mut created = Vec::new();
        for result in results {
            match result {
                Ok(topic) => created.push(topic),
                // Another process was quicker.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, error)) => {
                    return Err(TopicsError::NotCreated { topic, reason: error.to_string() });
                }
            }
        }
        Ok(created)
    }

    fn new_topic<'b>(
        &'b self,
        topic: Topic,
        settings: &'b [(&'static str, String)],
    ) -> NewTopic<'b> {
        let replication = TopicReplication::Fixed(self.options.replication);
        let count = i32::from(topic.partition_count());
        let new = NewTopic::new(self.names.of(topic), count, replication);
        settings.iter().fold(new, |new, (key, value)| new.set(key, value))
    }

    /// Compares topics that are all there with what they must be.
    async fn check(&self, counts: &BTreeMap<String, usize>) -> Result<(), TopicsError> {
        for topic in Topic::ALL {
            let expected = usize::from(topic.partition_count());
            let found = counts.get(self.names.of(topic)).copied().unwrap_or_default();
            if found != expected {
                return Err(self.other(topic, "partitions", &found, &expected));
            }
        }
        let configs = self.configs().await?;
        for topic in Topic::ALL {
            let config = self.of(topic, &configs);
            for (key, rule) in rules(topic, self.options) {
                let found = config.and_then(|config| config.get(key)?.value.as_deref());
                let found = found.unwrap_or("unknown");
                if !rule.holds_for(found) {
                    return Err(self.other(topic, key, &found, &rule.expected()));
                }
            }
        }
        Ok(())
    }

    /// The settings of all topics. A broker that has not heard of a new topic yet knows nothing of it,
    /// so it is asked again for a while.
    async fn configs(&self) -> Result<Vec<ConfigResource>, TopicsError> {
        let whole = async {
            loop {
                match self.described().await {
                    Ok(configs) if self.says_all(&configs) => return configs,
                    _ => tokio::time::sleep(LOOK_AGAIN_AFTER).await,
                }
            }
        };
        match tokio::time::timeout(REQUEST_MAX, whole).await {
            Ok(configs) => Ok(configs),
            Err(_) => self.described().await,
        }
    }

    fn says_all(&self, configs: &[ConfigResource]) -> bool {
        Topic::ALL.into_iter().all(|topic| {
            let config = self.of(topic, configs);
            let said = |key| config.is_some_and(|config| config.get(key).is_some());
            rules(topic, self.options).into_iter().all(|(key, _)| said(key))
        })
    }

    fn of<'c>(&self, topic: Topic, configs: &'c [ConfigResource]) -> Option<&'c ConfigResource> {
        let name = OwnedResourceSpecifier::Topic(self.names.of(topic).to_owned());
        configs.iter().find(|config| config.specifier == name)
    }

    async fn described(&self) -> Result<Vec<ConfigResource>, TopicsError> {
        let wanted = Topic::ALL.map(|topic| ResourceSpecifier::Topic(self.names.of(topic)));
        let described = self.admin.describe_configs(&wanted, &deadline()).await;
        let described = described.map_err(|error| self.unreachable(error.to_string()))?;
        let each = described.into_iter().collect::<Result<_, _>>();
        each.map_err(|error| self.unreachable(error.to_string()))
    }

    fn other(
        &self,
        topic: Topic,
        key: &'static str,
        found: &dyn ToString,
        expected: &dyn ToString,
    ) -> TopicsError {
        let topic = self.names.of(topic).to_owned();
        TopicsError::Other { topic, key, found: found.to_string(), expected: expected.to_string() }
    }

    fn unreachable(&self, reason: String) -> TopicsError {
        unreachable(self.options, reason)
    }
}

fn settings(topic: Topic, options: &KafkaOptions) -> Vec<(&'static str, String)> {
    rules(topic, options).into_iter().map(|(key, rule)| (key, rule.value())).collect()
}

fn deadline() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST_MAX)).operation_timeout(Some(REQUEST_MAX))
}

fn unreachable(options: &KafkaOptions, reason: String) -> TopicsError {
    TopicsError::Unreachable { bootstrap: options.bootstrap.clone(), reason }
}
