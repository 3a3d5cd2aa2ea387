//! Topics into which a log is copied.

use std::fmt;

use events::{Record, SharedRecord};
use futures::FutureExt;
use futures::future::BoxFuture;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message, Timestamp};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use tokio::sync::oneshot;

use super::options::{KafkaOptions, Telling};
use super::reading::Reading;
use super::topics::{self, Times};
use super::{ConnectError, record};
use crate::copying::{CopyError, CopyTarget, again, check_place};
use crate::port::LogReader;

/// Topics whose records bring their times along. While they do, [`KafkaLog`](super::KafkaLog) refuses
/// them.
pub struct KafkaCopy {
    reading: Reading,
    producer: ThreadedProducer<Delivering>,
}

impl KafkaCopy {
    /// Connects. Creates topics that are missing; those that are there stay as they are. A record that is
    /// not acknowledged within the options' `append_timeout` ends the copy.
    ///
    /// # Errors
    /// As [`KafkaLog::connect`](super::KafkaLog::connect).
    pub async fn connect(options: KafkaOptions) -> Result<Self, ConnectError> {
        options.check()?;
        topics::ensure_for_copy(&options).await?;
        let producer = producer(&options)?;
        Ok(Self { reading: Reading::start(options).await?, producer })
    }

    async fn set_times(&self, times: Times) -> Result<(), CopyError> {
        let set = topics::set_times(self.reading.options(), times).await;
        set.map_err(|error| CopyError::Target(error.to_string()))
    }

    fn send(&self, record: &Record) -> Result<oneshot::Receiver<Outcome>, CopyError> {
        let (done, outcome) = oneshot::channel();
        let topic = self.reading.topic(record.partition.topic);
        let message = BaseRecord::with_opaque_to(topic, Box::new(done))
            .partition(i32::from(record.partition.index))
            .key(&record.key)
            .payload(&record.body[..])
            .timestamp(record.appended_ms)
            .headers(record::headers(&again(record)));
        let sent = self.producer.send(message);
        sent.map_err(|(error, _)| CopyError::Target(error.to_string()))?;
        Ok(outcome)
    }
}

/// One request at a time to a broker: none can overtake another, whatever has to be sent again. A
/// producer that failed is not replaced, for another would not know what the first has on its way.
fn producer(options: &KafkaOptions) -> Result<ThreadedProducer<Delivering>, ConnectError> {
    let mut config = options.producer(1);
    config.set("max.in.flight", "1").set("linger.ms", "5");
    ThreadedProducer::from_config_and_context(&config, Delivering)
        .map_err(|error| ConnectError::Client(error.to_string()))
}

impl CopyTarget for KafkaCopy {
    fn reader(&self) -> &dyn LogReader {
        &self.reading
    }

    fn begin(&self) -> BoxFuture<'_, Result<(), CopyError>> {
        self.set_times(Times::Copied).boxed()
    }

    fn put(&self, records: Vec<SharedRecord>) -> BoxFuture<'_, Result<(), CopyError>> {
        async move {
            let sent: Vec<_> =
                records.iter().map(|one| self.send(one)).collect::<Result<_, _>>()?;
            for (record, delivered) in records.iter().zip(sent) {
                match delivered.await {
                    Ok(Ok(delivery)) => check_delivery(record, &delivery)?,
                    Ok(Err(error)) => return Err(unknown(record, error)),
                    Err(gone) => return Err(unknown(record, gone)),
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), CopyError>> {
        self.set_times(Times::OfAppend).boxed()
    }
}

/// Where and when a record came to stand.
struct Delivery {
    offset: i64,
    time: Timestamp,
}

type Outcome = Result<Delivery, KafkaError>;

/// Passes outcomes on, on the producer's own thread.
struct Delivering;

impl ClientContext for Delivering {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Telling.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Telling.error(error, reason);
    }
}

impl ProducerContext for Delivering {
    type DeliveryOpaque = Box<oneshot::Sender<Outcome>>;

    fn delivery(&self, delivered: &DeliveryResult<'_>, done: Box<oneshot::Sender<Outcome>>) {
        let outcome = match delivered {
            Ok(message) => Ok(Delivery { offset: message.offset(), time: message.timestamp() }),
            Err((error, _)) => Err(error.clone()),
        };
        // A copy that has failed waits for none of the rest.
        let _ = done.send(outcome);
    }
}

/// An acknowledgement without a place is none: see [`super::producer`].
fn check_delivery(record: &Record, delivery: &Delivery) -> Result<(), CopyError> {
    let offset = u64::try_from(delivery.offset);
    check_place(record, offset.map_err(|_| unknown(record, "it was given no place"))?)?;
    if delivery.time != Timestamp::CreateTime(record.appended_ms) {
        let (partition, offset) = (record.partition, record.offset);
        return Err(CopyError::Retimed { partition, offset });
    }
    Ok(())
}

fn unknown(record: &Record, reason: impl fmt::Display) -> CopyError {
    CopyError::Unknown { partition: record.partition, reason: reason.to_string() }
}
