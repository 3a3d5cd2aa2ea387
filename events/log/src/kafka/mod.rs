//! The log on Apache Kafka, through librdkafka.
//!
//! A few long-lived idempotent producers append; acknowledgements come from their own threads. A tail is a
//! consumer of its own that is assigned positions, never a member of a group. The ends come from a
//! client that fetches nothing: on one that does, each look-up waits behind a fetch. Kafka's topics are
//! made beforehand ([`topics`]), and a topic that would lose records is refused.

mod copy;
mod instruments;
mod offsets;
mod options;
mod producer;
mod reader;
mod reading;
mod record;
mod tail;
pub mod topics;

use std::fmt;

use events::{NewRecord, Partition, SharedRecord};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};

pub use copy::KafkaCopy;
pub use options::{InvalidClientSetting, KafkaOptions};

use crate::port::{
    AppendError, Appended, EventLog, LogReader, RECORD_BYTES_MAX, ReadError, ReadLimit, Tail,
};
use producer::Producer;
use reading::Reading;
use topics::TopicsError;

/// Why no log could be had.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(transparent)]
    Setting(#[from] InvalidClientSetting),
    #[error(transparent)]
    Topics(#[from] TopicsError),
    #[error("some partitions have no leading broker: {0}")]
    NotLed(ReadError),
    #[error("failed to make a Kafka client: {0}")]
    Client(String),
}

/// A log on Kafka. Its offsets are Kafka's, its append times the brokers'.
pub struct KafkaLog {
    producer: Producer,
    reading: Reading,
}

impl KafkaLog {
    /// Connects, and checks the topics (or creates what is missing, where the options say so).
    ///
    /// A producer has its id about half a second after it was made; appends before that wait for it.
    /// So it is made first, and whoever connects before the rest of its start never sees the wait.
    ///
    /// # Errors
    /// [`ConnectError::Topics`] if a topic is missing or set up so that it would lose records, or if no
    /// broker answers.
    pub async fn connect(options: KafkaOptions) -> Result<Self, ConnectError> {
        options.check()?;
        let producer = Producer::new(&options)?;
        if options.create_topics {
            topics::ensure(&options).await?;
        } else {
            topics::check(&options).await?;
        }
        Ok(Self { producer, reading: Reading::start(options).await? })
    }
}

impl EventLog for KafkaLog {
    /// The record is in the producer's queue when this returns; dropping the future does not take it
    /// back.
    fn append(
        &self,
        partition: Partition,
        record: NewRecord,
    ) -> BoxFuture<'_, Result<Appended, AppendError>> {
        let len = record.size_bytes();
        if len > RECORD_BYTES_MAX {
            return ready(Err(AppendError::TooLarge { len, max: RECORD_BYTES_MAX })).boxed();
        }
        match self.producer.send(self.reading.topic(partition.topic), partition, &record) {
            Err(refused) => ready(Err(refused)).boxed(),
            Ok(outcome) => outcome
                .map(|outcome| {
                    let gone = || Err(AppendError::Indeterminate("the producer is gone".into()));
                    outcome.unwrap_or_else(|_| gone())
                })
                .boxed(),
        }
    }
}

impl LogReader for KafkaLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        self.reading.read(partition, from, limit)
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        self.reading.ends(partitions)
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        self.reading.tail(from)
    }
}

impl fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaLog").field("reading", &self.reading).finish_non_exhaustive()
    }
}
