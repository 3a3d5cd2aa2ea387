//! Appends: idempotent producers, and what their outcomes mean.

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{NewRecord, Partition};
use parking_lot::RwLock;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Message, Timestamp};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use tokio::sync::oneshot;

use super::instruments::Instruments;
use super::options::{KafkaOptions, Telling};
use super::{ConnectError, record};
use crate::partitions::ordinal;
use crate::port::{AppendError, Appended, RECORD_BYTES_MAX};

/// How long a log that is dropped waits for what is on its way.
const FLUSH_MAX: Duration = Duration::from_secs(2);

type Outcome = Result<Appended, AppendError>;
type Client = ThreadedProducer<Delivering>;

/// Clients that share the partitions among them. librdkafka sends one partition's records per request
/// and has at most five requests on their way to a broker: with a single client, few appends to many
/// partitions would wait for each other.
const CLIENTS: u16 = 4;

pub(super) struct Producer {
    config: ClientConfig,
    clients: Vec<RwLock<Arc<Client>>>,
}

/// An append on its way.
struct Pending {
    partition: Partition,
    len: usize,
    since: Instant,
    done: oneshot::Sender<Outcome>,
}

impl Producer {
    pub(super) fn new(options: &KafkaOptions) -> Result<Self, ConnectError> {
        let config = options.producer(CLIENTS);
        let one = |_| client(&config).map(|client| RwLock::new(Arc::new(client)));
        let clients = (0..CLIENTS).map(one).collect::<Result<_, _>>();
        let clients = clients.map_err(|error| ConnectError::Client(error.to_string()))?;
        Ok(Self { config, clients })
    }

    /// A partition's client is always the same: that keeps its records in order.
    fn client(&self, partition: Partition) -> &RwLock<Arc<Client>> {
        &self.clients[usize::from(ordinal(partition) % CLIENTS)]
    }

    /// Hands the record over; the outcome comes later.
    ///
    /// # Errors
    /// If nothing was handed over, so that nothing will be written.
    pub(super) fn send(
        &self,
        topic: &str,
        partition: Partition,
        record: &NewRecord,
    ) -> Result<oneshot::Receiver<Outcome>, AppendError> {
        let client = Arc::clone(&self.client(partition).read());
        match hand_over(&client, topic, partition, record) {
            Err(KafkaError::MessageProduction(RDKafkaErrorCode::Fatal)) => {
                let client = self.replace(partition, &client)?;
                hand_over(&client, topic, partition, record)
            }
            handed => handed,
        }
        .map_err(|error| refused(&error, record.size_bytes()))
    }

    /// A producer that lost track of its sequence takes nothing any more; another begins a new one. What
    /// the old one had on its way is reported as indeterminate.
    fn replace(
        &self,
        partition: Partition,
        failed: &Arc<Client>,
    ) -> Result<Arc<Client>, AppendError> {
        let mut current = self.client(partition).write();
        if Arc::ptr_eq(&current, failed) {
            tracing::error!("the producer has failed and is replaced");
            let new = client(&self.config);
            *current = Arc::new(new.map_err(|e| AppendError::Unavailable(e.to_string()))?);
        }
        Ok(Arc::clone(&current))
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        let until = Instant::now() + FLUSH_MAX;
        for client in &mut self.clients {
            let left = until.saturating_duration_since(Instant::now());
            if let Err(error) = client.get_mut().flush(left) {
                tracing::warn!(error = %error, "appends were on their way when the log was closed");
            }
        }
    }
}

fn client(config: &ClientConfig) -> Result<Client, KafkaError> {
    ThreadedProducer::from_config_and_context(config, Delivering(Instruments::new()))
}

fn hand_over(
    client: &Client,
    topic: &str,
    partition: Partition,
    record: &NewRecord,
) -> Result<oneshot::Receiver<Outcome>, KafkaError> {
    let (done, outcome) = oneshot::channel();
    let pending = Pending { partition, len: record.size_bytes(), since: Instant::now(), done };
    let message = BaseRecord::with_opaque_to(topic, Box::new(pending))
        .partition(i32::from(partition.index))
        .key(&record.key)
        .payload(&record.body[..])
        .headers(record::headers(record));
    client.send(message).map_err(|(error, _)| error)?;
    Ok(outcome)
}

/// Nothing was handed over.
fn refused(error: &KafkaError, len: usize) -> AppendError {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::MessageSizeTooLarge) => too_large(len),
        _ => AppendError::Unavailable(error.to_string()),
    }
}

/// Said by a broker whose limit is unknown here, but for that it lies below the record's size.
fn too_large(len: usize) -> AppendError {
    AppendError::TooLarge { len, max: RECORD_BYTES_MAX.min(len.saturating_sub(1)) }
}

/// Resolves appends, on the producer's own thread.
struct Delivering(Instruments);

impl ClientContext for Delivering {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Telling.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Telling.error(error, reason);
    }
}

impl ProducerContext for Delivering {
    type DeliveryOpaque = Box<Pending>;

    fn delivery(&self, delivered: &DeliveryResult<'_>, pending: Box<Pending>) {
        let outcome = match delivered {
            Ok(message) => acknowledged(pending.partition, message),
            Err((error, _)) => Err(failed(error, pending.len)),
        };
        if let Ok(appended) = &outcome {
            self.0.appended(appended, pending.since.elapsed());
        }
        // Who asked may have gone away.
        let _ = pending.done.send(outcome);
    }
}

/// An acknowledgement without a place proves nothing. librdkafka takes a record for acknowledged once a
/// later one of the same partition is; but a partition that meets a producer for the first time accepts
/// its records from any number on, so the earlier one may be missing.
fn acknowledged(partition: Partition, message: &BorrowedMessage<'_>) -> Outcome {
    match (u64::try_from(message.offset()), message.timestamp()) {
        (Ok(offset), Timestamp::LogAppendTime(appended_ms)) if appended_ms >= 0 => {
            Ok(Appended { partition, offset, appended_ms })
        }
        (offset, time) => Err(AppendError::Indeterminate(format!(
            "it was acknowledged without a place or an append time ({offset:?}, {time:?})"
        ))),
    }
}

/// What was handed over and not acknowledged. Only a broker's refusal of the size says that nothing was
/// written: with any other error, an earlier attempt at the same record may have been.
fn failed(error: &KafkaError, len: usize) -> AppendError {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::MessageSizeTooLarge) => too_large(len),
        _ => AppendError::Indeterminate(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use events::Topic;
    use futures::executor::block_on;
    use rdkafka::mocking::MockCluster;
    use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

    use super::*;

    const USER: Partition = Partition { topic: Topic::Users, index: 0 };

    /// Against librdkafka's own stand-in for a cluster: a real one cannot be made to lose track.
    #[test]
    fn a_producer_that_has_failed_is_replaced() {
        let cluster = MockCluster::new(1).expect("a cluster");
        cluster.create_topic("users", 1, 1).expect("a topic");
        let options =
            KafkaOptions { bootstrap: cluster.bootstrap_servers(), ..KafkaOptions::default() };
        let producer = Producer::new(&options).expect("a producer");
        let lost_track = RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
        cluster.request_errors(RDKafkaApiKey::Produce, &[lost_track]);
        let failed = append(&producer);
        assert!(matches!(failed, Err(AppendError::Indeterminate(_))), "{failed:?}");
        let client = Arc::clone(&producer.client(USER).read());
        let again = append(&producer).expect("another producer appends");
        assert_eq!(again.offset, 0);
        assert!(!Arc::ptr_eq(&client, &producer.client(USER).read()));
    }

    fn append(producer: &Producer) -> Outcome {
        let body = Bytes::from_static(b"{}");
        let record = NewRecord { key: [0; 16], headers: vec![], body };
        let outcome = producer.send("users", USER, &record).expect("it is handed over");
        block_on(outcome).expect("an outcome")
    }
}
