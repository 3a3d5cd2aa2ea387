//! Which cluster, which topics; and the settings of every client.

use std::time::Duration;

use events::Topic;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

use crate::port::RECORD_BYTES_MAX;

/// What a broker must take as one message: a record of the largest size with Kafka's own framing.
pub(super) const MESSAGE_BYTES_MAX: usize = RECORD_BYTES_MAX + (64 << 10);

/// Beginnings of librdkafka's names that [`KafkaOptions::client`] may set: how a client comes in, not
/// how it treats records.
const CLIENT_SETTINGS: [&str; 5] = ["security.", "sasl.", "ssl.", "client.", "broker.address."];

/// Where the log is and how it is kept.
#[derive(Debug, Clone)]
pub struct KafkaOptions {
    /// Brokers to begin with, `host:port` separated by commas.
    pub bootstrap: String,
    /// Stands before the name of each topic, so that several installations can share a cluster.
    pub topic_prefix: String,
    /// Creates topics that are missing instead of refusing to start.
    pub create_topics: bool,
    /// Copies of each partition in a topic that is created.
    pub replication: i32,
    /// Copies that must be in step for an append to be acknowledged: at least so many.
    pub in_sync_min: u32,
    /// An append that no broker has acknowledged for so long is indeterminate.
    pub append_timeout: Duration,
    /// Messages and bytes that wait in the producer; beyond it an append is refused.
    pub queue_records_max: u32,
    pub queue_bytes_max: usize,
    /// Further settings of librdkafka that concern the connection: `security.*`, `sasl.*`, `ssl.*`,
    /// `client.*`, `broker.address.*`.
    pub client: Vec<(String, String)>,
}

impl Default for KafkaOptions {
    fn default() -> Self {
        Self {
            bootstrap: String::new(),
            topic_prefix: String::new(),
            create_topics: false,
            replication: 3,
            in_sync_min: 2,
            append_timeout: Duration::from_secs(5),
            queue_records_max: 500_000,
            queue_bytes_max: 256 << 20,
            client: Vec::new(),
        }
    }
}

/// A setting that must not be changed from outside: records could be lost by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} cannot be set for the log's clients: only security.*, sasl.*, ssl.*, client.* and broker.address.* can"
)]
pub struct InvalidClientSetting(pub String);

impl KafkaOptions {
    pub(super) fn check(&self) -> Result<(), InvalidClientSetting> {
        let allowed = |name: &str| CLIENT_SETTINGS.iter().any(|start| name.starts_with(start));
        match self.client.iter().find(|(name, _)| !allowed(name)) {
            Some((name, _)) => Err(InvalidClientSetting(name.clone())),
            None => Ok(()),
        }
    }

    /// What all clients have in common: they give up on a silent broker and come back to it quickly.
    pub(super) fn common(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (name, value) in &self.client {
            config.set(name, value);
        }
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("socket.timeout.ms", "3000")
            .set("socket.keepalive.enable", "true")
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.ms", "20")
            .set("reconnect.backoff.max.ms", "500")
            .set("log.connection.close", "false")
            .set_log_level(RDKafkaLogLevel::Warning);
        config
    }

    /// One of `clients` producers that share the queue's bounds.
    pub(super) fn producer(&self, clients: u16) -> ClientConfig {
        let queue_records_max = (self.queue_records_max / u32::from(clients)).max(1);
        let queue_kbytes_max = ((self.queue_bytes_max >> 10) / usize::from(clients)).max(1);
        let mut config = self.common();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "0")
            .set("max.in.flight", "5")
            .set("compression.type", "lz4")
            .set("message.timeout.ms", self.append_timeout.as_millis().to_string())
            .set("request.timeout.ms", "2000")
            .set("retry.backoff.ms", "20")
            .set("retry.backoff.max.ms", "200")
            .set("message.max.bytes", MESSAGE_BYTES_MAX.to_string())
            .set("queue.buffering.max.messages", queue_records_max.to_string())
            .set("queue.buffering.max.kbytes", queue_kbytes_max.to_string());
        config
    }

    /// A consumer that is assigned its positions. The group is never joined: without the setting no
    /// consumer can be assigned anything.
    pub(super) fn consumer(&self, fetch_wait: Duration) -> ClientConfig {
        let mut config = self.common();
        config
            .set("group.id", "nottermost")
            .set("auto.offset.reset", "error")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("fetch.min.bytes", "1")
            .set("fetch.wait.max.ms", fetch_wait.as_millis().to_string())
            .set("fetch.queue.backoff.ms", "5")
            .set("fetch.error.backoff.ms", "20")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "16384")
            .set("message.max.bytes", MESSAGE_BYTES_MAX.to_string());
        config
    }
}

/// The topics' names in the cluster.
#[derive(Debug, Clone)]
pub(super) struct TopicNames([String; Topic::ALL.len()]);

impl TopicNames {
    pub(super) fn new(prefix: &str) -> Self {
        Self(Topic::ALL.map(|topic| format!("{prefix}{}", topic.name())))
    }

    pub(super) fn of(&self, topic: Topic) -> &str {
        &self.0[topic as usize]
    }

    pub(super) fn topic(&self, name: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| self.of(*topic) == name)
    }
}

/// Passes on what librdkafka says by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling;

impl ClientContext for Telling {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(kafka.facility = facility, "{message}"),
            RDKafkaLogLevel::Warning => tracing::warn!(kafka.facility = facility, "{message}"),
            _ => tracing::debug!(kafka.facility = facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(error = %error, reason, "trouble with Kafka");
    }
}

impl ConsumerContext for Telling {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_could_lose_records_is_refused() {
        let with = |name: &str| KafkaOptions {
            client: vec![(name.to_owned(), "x".to_owned())],
            ..KafkaOptions::default()
        };
        assert_eq!(with("sasl.username").check(), Ok(()));
        for name in ["acks", "enable.idempotence", "bootstrap.servers"] {
            assert_eq!(with(name).check(), Err(InvalidClientSetting(name.to_owned())));
        }
    }

    #[test]
    fn a_topic_is_found_by_its_name_with_the_prefix() {
        let names = TopicNames::new("cell-a.");
        for topic in Topic::ALL {
            assert_eq!(names.topic(names.of(topic)), Some(topic));
        }
        assert_eq!(names.of(Topic::Channels), "cell-a.channels");
        assert_eq!(names.topic("channels"), None);
    }
}
