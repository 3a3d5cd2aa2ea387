//! The reading half, and what it shares with tails and readers.

use std::fmt;
use std::sync::Arc;

use events::{Partition, SharedRecord, Topic};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::ConnectError;
use super::offsets::{Bound, Offsets};
use super::options::{KafkaOptions, TopicNames};
use super::reader::Readers;
use super::tail::KafkaTail;
use crate::port::{LogReader, ReadError, ReadLimit, Tail};

/// Reads what stands in the topics.
pub(super) struct Reading {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
}

/// What is shared with the tails.
pub(super) struct Shared {
    pub(super) options: KafkaOptions,
    pub(super) names: TopicNames,
    pub(super) offsets: Offsets,
}

impl Reading {
    /// Returns once every partition is led by a broker; the topics are there and were checked.
    pub(super) async fn start(options: KafkaOptions) -> Result<Self, ConnectError> {
        let offsets = Offsets::start(&options)?;
        offsets.wait_until_led().await.map_err(ConnectError::NotLed)?;
        let names = TopicNames::new(&options.topic_prefix);
        let shared = Arc::new(Shared { options, names, offsets });
        let readers = Arc::new(Readers::new(Arc::clone(&shared)));
        Ok(Self { shared, readers })
    }

    /// The topic's name in the cluster.
    pub(super) fn topic(&self, topic: Topic) -> &str {
        self.shared.names.of(topic)
    }

    pub(super) fn options(&self) -> &KafkaOptions {
        &self.shared.options
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
    pub(super) async fn check_starts(&self, from: &[(Partition, u64)]) -> Result<(), ReadError> {
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

impl LogReader for Reading {
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
            let tail = KafkaTail::start(&self.shared, &from)?;
            Ok(Box::new(tail) as Box<dyn Tail>)
        }
        .boxed()
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("bootstrap", &self.shared.options.bootstrap)
            .field("topic_prefix", &self.shared.options.topic_prefix)
            .finish_non_exhaustive()
    }
}
