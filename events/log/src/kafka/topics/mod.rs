//! The topics: what they must be, whether they are, making them.
//!
//! Kafka's own defaults lose records (a week of retention, times that clients choose), so a topic that
//! is set up otherwise is refused by name rather than trusted.

mod rules;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use events::Topic;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigResource, ConfigSource, NewTopic,
    OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::RDKafkaErrorCode;

use super::options::{KafkaOptions, Telling, TopicNames};
use rules::{Rule, rules};

pub(super) use rules::Times;

const REQUEST_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// One broker says that a setting is another now; those that lead partitions may hear of it later.
const ALL_HEAR_WITHIN: Duration = Duration::from_secs(2);

/// Why the topics cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    #[error("the cluster lacks the topics {}: `replay topics` makes them", .0.join(", "))]
    Missing(Vec<String>),
    #[error("the topic {topic} has {key} = {found}, it must be {expected}")]
    Other { topic: String, key: &'static str, found: String, expected: String },
    #[error("failed to create the topic {topic}: {reason}")]
    NotCreated { topic: String, reason: String },
    #[error("failed to set {key} of the topic {topic} to {value}: {reason}")]
    NotSet { topic: String, key: &'static str, value: &'static str, reason: String },
    #[error("failed to ask the Kafka cluster at {bootstrap} for its topics: {reason}")]
    Unreachable { bootstrap: String, reason: String },
}

/// Checks that all topics are there and set up so that nothing is lost.
///
/// # Errors
/// [`TopicsError::Missing`] names all that are missing, [`TopicsError::Other`] the first wrong setting.
pub async fn check(options: &KafkaOptions) -> Result<(), TopicsError> {
    let cluster = Cluster::new(options, Times::OfAppend)?;
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
    Cluster::new(options, Times::OfAppend)?.ensure().await
}

/// As [`ensure`], for topics into which a log is copied: those that it creates are no log's yet.
pub(super) async fn ensure_for_copy(options: &KafkaOptions) -> Result<(), TopicsError> {
    Cluster::new(options, Times::Copied)?.ensure().await.map(drop)
}

/// Sets where the durable topics have their times from, and returns once the brokers say so.
pub(super) async fn set_times(options: &KafkaOptions, times: Times) -> Result<(), TopicsError> {
    let cluster = Cluster::new(options, times)?;
    let other = cluster.timed_otherwise().await?;
    if other.is_empty() {
        return Ok(());
    }
    cluster.set_times(&other).await?;
    let told = async {
        while !cluster.timed_otherwise().await?.is_empty() {
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
        Ok(())
    };
    let late = |_| Err(cluster.not_set(other[0].0, "the brokers do not say so"));
    tokio::time::timeout(REQUEST_MAX, told).await.unwrap_or_else(late)?;
    tokio::time::sleep(ALL_HEAR_WITHIN).await;
    Ok(())
}

struct Cluster<'a> {
    options: &'a KafkaOptions,
    times: Times,
    names: TopicNames,
    admin: Arc<AdminClient<Telling>>,
}

impl<'a> Cluster<'a> {
    fn new(options: &'a KafkaOptions, times: Times) -> Result<Self, TopicsError> {
        let admin = AdminClient::from_config_and_context(&options.common(), Telling)
            .map_err(|error| unreachable(options, error.to_string()))?;
        let names = TopicNames::new(&options.topic_prefix);
        Ok(Self { options, times, names, admin: admin.into() })
    }

    async fn ensure(&self) -> Result<Vec<String>, TopicsError> {
        let mut counts = self.partition_counts().await?;
        let missing = self.missing(&counts);
        let created = if missing.is_empty() { Vec::new() } else { self.create(&missing).await? };
        // Metadata follows the creation a moment later.
        while !self.missing(&counts).is_empty() {
            counts = self.partition_counts().await?;
        }
        self.check(&counts).await?;
        Ok(created)
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

    fn rules(&self, topic: Topic) -> Vec<(&'static str, Rule)> {
        rules(topic, self.times, self.options)
    }

    fn settings(&self, topic: Topic) -> Vec<(&'static str, String)> {
        self.rules(topic).into_iter().map(|(key, rule)| (key, rule.value())).collect()
    }

    async fn create(&self, topics: &[Topic]) -> Result<Vec<String>, TopicsError> {
        let rules: Vec<_> = topics.iter().map(|topic| self.settings(*topic)).collect();
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
            for (key, rule) in self.rules(topic) {
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
            self.rules(topic).into_iter().all(|(key, _)| said(key))
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

    /// The durable topics that have their times from elsewhere, with what is set for each of them.
    async fn timed_otherwise(&self) -> Result<Vec<(Topic, ConfigResource)>, TopicsError> {
        let mut configs = self.configs().await?;
        let mut other = Vec::new();
        for topic in Topic::DURABLE {
            let name = OwnedResourceSpecifier::Topic(self.names.of(topic).to_owned());
            let Some(at) = configs.iter().position(|config| config.specifier == name) else {
                continue;
            };
            let config = configs.swap_remove(at);
            let found = config.get(rules::TIMES).and_then(|entry| entry.value.as_deref());
            if found != Some(self.times.value()) {
                other.push((topic, config));
            }
        }
        Ok(other)
    }

    /// Whoever alters a topic says all that is set for it: what is not named goes back to its default.
    async fn set_times(&self, topics: &[(Topic, ConfigResource)]) -> Result<(), TopicsError> {
        let changes: Vec<_> = topics
            .iter()
            .map(|(topic, config)| {
                let set = config.entries.iter().filter(|entry| {
                    entry.source == ConfigSource::DynamicTopic && entry.name != rules::TIMES
                });
                let change = AlterConfig::new(ResourceSpecifier::Topic(self.names.of(*topic)));
                let change = change.set(rules::TIMES, self.times.value());
                set.filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?)))
                    .fold(change, |change, (key, value)| change.set(key, value))
            })
            .collect();
        let altered = self.admin.alter_configs(&changes, &deadline()).await;
        let altered = altered.map_err(|error| self.unreachable(error.to_string()))?;
        for ((topic, _), result) in topics.iter().zip(altered) {
            result.map_err(|(_, error)| self.not_set(*topic, &error.to_string()))?;
        }
        Ok(())
    }

    fn not_set(&self, topic: Topic, reason: &str) -> TopicsError {
        let (topic, reason) = (self.names.of(topic).to_owned(), reason.to_owned());
        TopicsError::NotSet { topic, key: rules::TIMES, value: self.times.value(), reason }
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

fn deadline() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST_MAX)).operation_timeout(Some(REQUEST_MAX))
}

fn unreachable(options: &KafkaOptions, reason: String) -> TopicsError {
    TopicsError::Unreachable { bootstrap: options.bootstrap.clone(), reason }
}
