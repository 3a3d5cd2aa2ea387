//! The log on Apache Kafka, through librdkafka.
//!
//! A few long-lived idempotent producers append; acknowledgements come from their own threads. A tail is a
//! consumer of its own that is assigned positions, never a member of a group. The ends come from a
//! client that fetches nothing: on one that does, each look-up waits behind a fetch. Kafka's topics are
//! made beforehand ([`topics`]), and a topic that would lose records is refused.

mod instruments;
mod offsets;
mod options;
mod producer;
mod reader;
mod record;
mod tail;
pub mod topics;

use std::fmt;
use std::sync::Arc;

use events::{NewRecord, Partition, SharedRecord};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};

pub use options::{InvalidClientSetting, KafkaOptions};

use crate::port::{
    AppendError, Appended, EventLog, LogReader, RECORD_BYTES_MAX, ReadError, ReadLimit, Tail,
};
use offsets::{Bound, Offsets};
use options::TopicNames;
use producer::Producer;
use reader::Readers;
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
    shared: Arc<Shared>,
    readers: Arc<Readers>,
}

/// What the log shares with its tails.
struct Shared {
    options: KafkaOptions,
    names: TopicNames,
    offsets: Offsets,
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
        let offsets = Offsets::start(&options)?;
        offsets.wait_until_led().await.map_err(ConnectError::NotLed)?;
        let shared = Shared { names: TopicNames::new(&options.topic_prefix), offsets, options };
        let shared = Arc::new(shared);
        let readers = Arc::new(Readers::new(Arc::clone(&shared)));
        Ok(Self { producer, shared, readers })
    }
}

impl Shared {
    /// The error for a position that a partition does not hold.
    async fn out_of_range(&self, partition: Partition, from: u64) -> ReadError {
        let bounds = async {
            let first = self.offsets.look_up(vec![partition], Bound::First).await?;
            let end = self.offsets.look_up(vec![partition], Bound::End).await?;
            Ok((first[0], end[0]))
        };
        match bounds.await {
            Ok((first, end)) => ReadError::OutOfRange { partition, from, first, end },
            Err(error) => error,
        }
    }

    /// Refuses positions that their partitions do not hold.
    async fn check_starts(&self, from: &[(Partition, u64)]) -> Result<(), ReadError> {
        let partitions: Vec<_> = from.iter().map(|(partition, _)| *partition).collect();
        let firsts = self.offsets.look_up(partitions.clone(), Bound::First).await?;
        let ends = self.offsets.look_up(partitions, Bound::End).await?;
        for (&(partition, from), (first, end)) in from.iter().zip(firsts.into_iter().zip(ends)) {
            if from < first || from > end {
                return Err(ReadError::OutOfRange { partition, from, first, end });
            }
        }
        Ok(())
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
        match self.producer.send(self.shared.names.of(partition.topic), partition, &record) {
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
        async move {
            let end = self.shared.offsets.look_up(vec![partition], Bound::End).await?[0];
            if from == end {
                return Ok(Vec::new());
            }
            if from > end {
                return Err(self.shared.out_of_range(partition, from).await);
            }
            let readers = Arc::clone(&self.readers);
            let read =
                tokio::task::spawn_blocking(move || readers.read(partition, from, end, limit));
            match read.await {
                Ok(Ok(Some(records))) => Ok(records),
                Ok(Ok(None)) => Err(self.shared.out_of_range(partition, from).await),
                Ok(Err(error)) => Err(error),
                Err(stopped) => Err(ReadError::Unavailable(stopped.to_string())),
            }
        }
        .boxed()
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        self.shared.offsets.look_up(partitions.to_vec(), Bound::End).boxed()
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        async move {
            self.shared.check_starts(&from).await?;
            let tail = tail::KafkaTail::start(&self.shared, &from)?;
            Ok(Box::new(tail) as Box<dyn Tail>)
        }
        .boxed()
    }
}

impl fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaLog")
            .field("bootstrap", &self.shared.options.bootstrap)
            .field("topic_prefix", &self.shared.options.topic_prefix)
            .finish_non_exhaustive()
    }
}
