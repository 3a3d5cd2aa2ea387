//! How the topics must be set up.

use events::Topic;

use crate::kafka::options::{KafkaOptions, MESSAGE_BYTES_MAX};

/// The setting that says where a topic has its records' times from.
pub(super) const TIMES: &str = "message.timestamp.type";
/// What ephemeral records are kept for, milliseconds.
const PRESENCE_RETENTION_MS: u64 = 3_600_000;

/// Where a topic has its records' times from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kafka) enum Times {
    /// The append: a log's.
    OfAppend,
    /// The record: while a log is copied into it.
    Copied,
}

impl Times {
    pub(super) fn value(self) -> &'static str {
        match self {
            Self::OfAppend => "LogAppendTime",
            Self::Copied => "CreateTime",
        }
    }
}

/// What a setting must be.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    Exactly(String),
    /// The first is what a new topic gets.
    OneOf(&'static str, &'static str),
    AtLeast(u64),
}

impl Rule {
    pub(super) fn value(&self) -> String {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::OneOf(first, _) => (*first).to_owned(),
            Self::AtLeast(least) => least.to_string(),
        }
    }

    pub(super) fn holds_for(&self, found: &str) -> bool {
        match self {
            Self::Exactly(value) => value == found,
            Self::OneOf(first, second) => [*first, *second].contains(&found),
            Self::AtLeast(least) => found.parse().is_ok_and(|found: u64| found >= *least),
        }
    }

    pub(super) fn expected(&self) -> String {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::OneOf(first, second) => format!("{first} or {second}"),
            Self::AtLeast(least) => format!("at least {least}"),
        }
    }
}

/// The settings of a topic, by Kafka's names.
pub(super) fn rules(
    topic: Topic,
    times: Times,
    options: &KafkaOptions,
) -> Vec<(&'static str, Rule)> {
    let retention = match topic {
        Topic::Presence => PRESENCE_RETENTION_MS.to_string(),
        _ => "-1".to_owned(),
    };
    let exactly = |value: &str| Rule::Exactly(value.to_owned());
    let of_append = Times::OfAppend.value();
    let times = match times {
        // One that was copied into before, or was made for it by others, is fit, too.
        Times::Copied if Topic::DURABLE.contains(&topic) => Rule::OneOf(times.value(), of_append),
        _ => exactly(of_append),
    };
    vec![
        (TIMES, times),
        ("cleanup.policy", exactly("delete")),
        ("retention.ms", Rule::Exactly(retention)),
        ("retention.bytes", exactly("-1")),
        ("max.message.bytes", Rule::AtLeast(MESSAGE_BYTES_MAX as u64)),
        ("min.insync.replicas", Rule::AtLeast(options.in_sync_min.into())),
    ]
}
