//! First and end offsets of partitions, from a client that does nothing else.
//!
//! One thread asks: whoever comes while it waits for an answer is served together by the next request,
//! which asks for all their partitions at once.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use events::Partition;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::oneshot;

use super::ConnectError;
use super::options::{KafkaOptions, Telling, TopicNames};
use crate::partitions::{COUNT, ordinal, partition};
use crate::port::ReadError;

/// A look-up that has no answer by then fails: about as long as an append waits.
const LOOK_UP_MAX: Duration = Duration::from_secs(5);
/// Brokers that were just asked for hundreds of partitions need a while on a slow disk.
const LED_MAX: Duration = Duration::from_secs(60);
/// One request's share of it: a broker that does not answer is given up for another.
const REQUEST_MAX: Duration = Duration::from_secs(2);
const RETRY_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// The first offset that is kept.
    First,
    /// One above the last.
    End,
}

struct LookUp {
    partitions: Vec<Partition>,
    bound: Bound,
    until: Instant,
    done: oneshot::Sender<Result<Vec<u64>, ReadError>>,
}

pub(super) struct Offsets(Sender<LookUp>);

impl Offsets {
    pub(super) fn start(options: &KafkaOptions) -> Result<Self, ConnectError> {
        let failed = |error: String| ConnectError::Client(error);
        let client = BaseConsumer::from_config_and_context(&options.common(), Telling)
            .map_err(|error| failed(error.to_string()))?;
        let names = TopicNames::new(&options.topic_prefix);
        let (sender, receiver) = channel();
        let asker = Asker { client, names, queue: receiver };
        std::thread::Builder::new()
            .name("log-offsets".into())
            .spawn(move || asker.run())
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self(sender))
    }

    /// The bound of each partition, not older than the call.
    pub(super) async fn look_up(
        &self,
        partitions: Vec<Partition>,
        bound: Bound,
    ) -> Result<Vec<u64>, ReadError> {
        self.look_up_within(LOOK_UP_MAX, partitions, bound).await
    }

    /// Returns once every partition has a broker that leads it: until then a new producer's first records
    /// could be taken in the wrong order.
    pub(super) async fn wait_until_led(&self) -> Result<(), ReadError> {
        let all = (0..COUNT as u16).map(partition).collect();
        self.look_up_within(LED_MAX, all, Bound::End).await.map(drop)
    }

    async fn look_up_within(
        &self,
        time: Duration,
        partitions: Vec<Partition>,
        bound: Bound,
    ) -> Result<Vec<u64>, ReadError> {
        let (done, answer) = oneshot::channel();
        let until = Instant::now() + time;
        let gone = || ReadError::Unavailable("the look-up of offsets has stopped".into());
        self.0.send(LookUp { partitions, bound, until, done }).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

struct Asker {
    client: BaseConsumer<Telling>,
    names: TopicNames,
    queue: Receiver<LookUp>,
}

impl Asker {
    /// Runs until the log is dropped.
    fn run(self) {
        let mut waiting = Vec::new();
        while self.gather(&mut waiting) {
            for bound in [Bound::First, Bound::End] {
                let (now, later) = waiting.into_iter().partition(|one: &LookUp| one.bound == bound);
                waiting = later;
                waiting.extend(self.serve(now, bound));
            }
            // Events that nobody else takes off the client's queue.
            while self.client.poll(Duration::ZERO).is_some() {}
        }
    }

    /// Adds what has come; waits for something if nothing is waiting. False once the log is gone.
    fn gather(&self, waiting: &mut Vec<LookUp>) -> bool {
        if waiting.is_empty() {
            let Ok(first) = self.queue.recv() else { return false };
            waiting.push(first);
        } else {
            // What failed is tried again a little later, or with the next that comes.
            match self.queue.recv_timeout(RETRY_EVERY) {
                Ok(next) => waiting.push(next),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        waiting.extend(self.queue.try_iter());
        true
    }

    /// Answers these, but for those that failed and have time left.
    fn serve(&self, waiting: Vec<LookUp>, bound: Bound) -> Vec<LookUp> {
        if waiting.is_empty() {
            return waiting;
        }
        let answer = self.ask(&waiting, bound);
        let now = Instant::now();
        let (mut again, mut stale) = (Vec::new(), false);
        for one in waiting {
            let found = answer.as_ref().map_err(Clone::clone).and_then(|all| answer_to(&one, all));
            match found {
                Err(_) if now < one.until => again.push(one),
                // Who asked may have gone away.
                found => {
                    stale |= found.is_err();
                    drop(one.done.send(found.map_err(ReadError::Unavailable)));
                }
            }
        }
        if stale || !again.is_empty() {
            self.learn_leaders();
        }
        again
    }

    /// After a leader has changed, the client would ask the old one, or the new one as of an old epoch,
    /// for as long as it thinks that it knows.
    fn learn_leaders(&self) {
        if let Err(error) = self.client.fetch_metadata(None, REQUEST_MAX) {
            tracing::debug!(error = %error, "failed to ask who leads the log's partitions");
        }
    }

    /// One request for all partitions that are waited for. By partition number: offset, or why not.
    fn ask(&self, waiting: &[LookUp], bound: Bound) -> Result<Vec<Result<u64, String>>, String> {
        let mut wanted = [false; COUNT];
        waiting
            .iter()
            .flat_map(|one| &one.partitions)
            .for_each(|one| wanted[usize::from(ordinal(*one))] = true);
        let list = self.list(&wanted, bound).map_err(|error| error.to_string())?;
        let found =
            self.client.offsets_for_times(list, REQUEST_MAX).map_err(|error| error.to_string())?;
        let mut all = vec![Err("the broker did not say".to_owned()); COUNT];
        for element in found.elements() {
            let Some(topic) = self.names.topic(element.topic()) else { continue };
            let index = element.partition().unsigned_abs() as u16;
            all[usize::from(ordinal(Partition { topic, index }))] =
                match (element.error(), element.offset()) {
                    (Ok(()), Offset::Offset(offset)) if offset >= 0 => Ok(offset.unsigned_abs()),
                    (Err(error), _) => Err(error.to_string()),
                    (_, other) => Err(format!("no offset, but {other:?}")),
                };
        }
        Ok(all)
    }

    /// In a question for offsets by time, the logical offsets stand for the first and the end.
    fn list(
        &self,
        wanted: &[bool; COUNT],
        bound: Bound,
    ) -> Result<TopicPartitionList, rdkafka::error::KafkaError> {
        let mut list = TopicPartitionList::with_capacity(COUNT);
        let asked = match bound {
            Bound::First => Offset::Beginning,
            Bound::End => Offset::End,
        };
        for number in (0u16..).zip(wanted).filter_map(|(number, wanted)| wanted.then_some(number)) {
            let Partition { topic, index } = partition(number);
            list.add_partition_offset(self.names.of(topic), i32::from(index), asked)?;
        }
        Ok(list)
    }
}

fn answer_to(one: &LookUp, all: &[Result<u64, String>]) -> Result<Vec<u64>, String> {
    let of = |partition: &Partition| all[usize::from(ordinal(*partition))].clone();
    one.partitions.iter().map(of).collect()
}
