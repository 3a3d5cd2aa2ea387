//! Does what a [`Submission`] says: the I/O of one command.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Outcome, Refusal};
use event_log::AppendError;
use events::{Event, Meta, NewRecord, Partition};
use fold::{Folded, Watch};
use futures::future::BoxFuture;
use platform::clock;
use platform::http::ApiError;
use read_model::queries::KeyedRequest;
use sealing::SealError;
use tracing::Instrument;

use crate::executor::{CommandApi, Deciding, Ended, Order, Source, Written};
use crate::in_flight::Pass;
use crate::submission::{Answer, AppendFailure, Ends, Input, Output, Said, Submission};
use crate::telemetry;

/// Between two appends of a record whose outcome is unknown.
const APPEND_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What is under way for one submission.
pub(crate) struct Drive<'d> {
    api: &'d CommandApi,
    order: Order<'d>,
    watch: Watch,
    deadline: Instant,
    pass: Option<Pass<'d>>,
    /// The id is looked up in rows, or the latest decision read some.
    rows_read: bool,
    /// What rows say of the id.
    first: Option<KeyedRequest>,
    /// The present record, for appending it again.
    record: Option<NewRecord>,
    appending: Option<BoxFuture<'d, Result<u64, AppendFailure>>>,
    /// Records with the id that the fold passed and that may become the answer.
    passed: Vec<Arc<Folded>>,
}

impl<'d> Drive<'d> {
    pub(crate) fn new(api: &'d CommandApi, order: Order<'d>) -> Self {
        Self {
            api,
            // Before the first look-up, so that nothing is missed between the two.
            watch: api.fold.watch(order.id.event),
            deadline: api.deadline(),
            pass: None,
            rows_read: order.id.request_hash.is_some(),
            order,
            first: None,
            record: None,
            appending: None,
            passed: Vec::new(),
        }
    }

    /// Feeds what happened, after every record with the id that the fold has passed meanwhile.
    pub(crate) fn feed<R>(&mut self, submission: &mut Submission, input: Input<R>) -> Output<R> {
        while let Some(folded) = self.watch.try_next() {
            match submission.step(self.noted(folded)) {
                Output::Await => {}
                output => return output,
            }
        }
        submission.step(input)
    }

    fn noted<R>(&mut self, folded: Arc<Folded>) -> Input<R> {
        let input =
            Input::Passed { offset: folded.record.offset, said: Said::from(&folded.verdict) };
        self.passed.push(folded);
        input
    }

    pub(crate) async fn decide<R>(&mut self, deciding: Deciding<'_, R>) -> Input<R> {
        match tokio::time::timeout_at(self.deadline.into(), deciding).await {
            Ok(Ok(decided)) => {
                self.rows_read = self.order.id.request_hash.is_some()
                    || decided.rows_at.is_some()
                    || decided.other_rows_at.is_some();
                Input::Decided(decided)
            }
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "failed to read what a command needs");
                Input::Unavailable
            }
            Err(_) => Input::Deadline,
        }
    }

    pub(crate) async fn perform<R>(&mut self, output: Output<R>) -> Input<R> {
        match output {
            Output::Enter => {
                let enter = self.api.in_flight.enter(self.order.id.event);
                match tokio::time::timeout_at(self.deadline.into(), enter).await {
                    Ok(pass) => {
                        self.pass = Some(pass);
                        Input::Entered
                    }
                    Err(_) => Input::Deadline,
                }
            }
            Output::LookUp => self.look_up().await,
            Output::CatchUp => self.catch_up().await,
            Output::Reach { offset } => self.reach(offset).await,
            Output::Append { event, read_at } => {
                let (meta, partition) = (self.meta(&event, read_at), self.order.partition);
                if self.api.fold.is_sealed(partition) {
                    tracing::warn!(%partition, epoch = meta.epoch, "the log is sealed");
                    return Input::Appended(Err(AppendFailure::Unavailable));
                }
                let sealing = sealed(self.api, &meta, &event);
                let record = match tokio::time::timeout_at(self.deadline.into(), sealing).await {
                    Ok(Ok(record)) => record,
                    // Nothing was written.
                    Ok(Err(error)) => {
                        tracing::warn!(error = %error, "failed to seal an event");
                        return Input::Appended(Err(AppendFailure::Unavailable));
                    }
                    Err(_) => {
                        tracing::warn!("the key store does not answer");
                        return Input::Appended(Err(AppendFailure::Unavailable));
                    }
                };
                self.record = Some(record.clone());
                self.appending = Some(append(self.api, partition, record));
                self.next().await
            }
            Output::AppendAgain => {
                self.appending = self.record.clone().map(|record| {
                    let (api, partition) = (self.api, self.order.partition);
                    let again: BoxFuture<'_, _> = Box::pin(async move {
                        tokio::time::sleep(APPEND_AGAIN_AFTER).await;
                        append(api, partition, record).await
                    });
                    again
                });
                self.next().await
            }
            Output::Await => self.next().await,
            Output::Decide | Output::Answer(_) => unreachable!("the loop does these"),
        }
    }

    async fn look_up<R>(&mut self) -> Input<R> {
        let (partition, id) = (self.order.partition, self.order.id);
        // The position first: what is folded between the two is then newer than it says.
        let next = self.api.fold.next(partition);
        let outcome = self.api.fold.outcome(partition, id.event);
        if outcome.is_some() || id.request_hash.is_none() {
            return Input::LookedUp { next, outcome };
        }
        let reading = self.api.reader.keyed_request(id.event, partition);
        match tokio::time::timeout_at(self.deadline.into(), reading).await {
            Ok(Ok(read)) => self.found(next.min(read.next_offset), read.value),
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "failed to look up an idempotency key");
                Input::Unavailable
            }
            Err(_) => Input::Deadline,
        }
    }

    fn found<R>(&mut self, next: u64, first: Option<KeyedRequest>) -> Input<R> {
        self.first = first;
        let event_id = self.order.id.event;
        let outcome =
            first.map(|first| Outcome { event_id, offset: first.offset, result: Ok(first.at) });
        Input::LookedUp { next, outcome }
    }

    async fn catch_up<R>(&mut self) -> Input<R> {
        let partitions = self.order.rests_on;
        let ends = match self.api.fold.catch_up(partitions, self.deadline).await {
            Ok(ends) => ends,
            Err(error) => {
                tracing::warn!(error = %error, "failed to read the ends of the log");
                return Input::Unavailable;
            }
        };
        let all: Vec<(Partition, u64)> = partitions.iter().copied().zip(ends).collect();
        if self.rows_read {
            for (partition, end) in &all {
                if !self.rows_reach(*partition, *end).await {
                    return Input::Deadline;
                }
            }
        }
        Input::CaughtUp(Ends::of(self.order.partition, all))
    }

    async fn reach<R>(&mut self, offset: u64) -> Input<R> {
        let partition = self.order.partition;
        if self.api.fold.wait_for(partition, offset, self.deadline).await.is_err() {
            return Input::Deadline;
        }
        if self.rows_read && !self.rows_reach(partition, offset).await {
            return Input::Deadline;
        }
        Input::Reached
    }

    async fn rows_reach(&mut self, partition: Partition, offset: u64) -> bool {
        let passed = self.api.projection.passed(partition, offset);
        tokio::time::timeout_at(self.deadline.into(), passed).await.is_ok()
    }

    fn meta(&self, event: &Event, read_at: u64) -> Meta {
        let subject = domain::commands::subject_of(event);
        let order = &self.order;
        let mut meta = Meta::new(order.id.event, subject, clock::now_ms(), read_at, order.actor);
        meta.epoch = self.api.fold.epoch(order.partition);
        meta.request_hash = order.id.request_hash;
        meta.cause = order.cause;
        meta.request_id = platform::http::request_id().map(|id| id.to_string());
        meta.connection_id.clone_from(&order.connection_id);
        meta.traceparent = platform::telemetry::current_traceparent();
        meta
    }

    /// Whatever happens next.
    async fn next<R>(&mut self) -> Input<R> {
        let appending = async {
            match &mut self.appending {
                Some(appending) => appending.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            folded = self.watch.next() => self.noted(folded),
            result = appending => {
                self.appending = None;
                Input::Appended(result)
            }
            () = tokio::time::sleep_until(self.deadline.into()) => Input::Deadline,
        }
    }

    pub(crate) async fn end<R>(&mut self, answer: Answer<R>) -> Result<Ended<R>, ApiError> {
        match answer {
            Answer::Applied { offset } => {
                self.is_this_request(offset).await?;
                self.written(offset).await.map(Ended::Written)
            }
            Answer::AlreadySo => Ok(Ended::AlreadySo),
            Answer::Rejected(rejection) => Ok(Ended::Rejected(rejection)),
            Answer::Refused { offset, refusal } => {
                self.is_this_request(offset).await?;
                Ok(match refusal {
                    Refusal::Already | Refusal::Behind => Ended::AlreadySo,
                    refusal => Ended::Refused(refusal),
                })
            }
            Answer::TooLarge => Err(ApiError::body_too_large()),
            Answer::Unavailable => Err(ApiError::unavailable("a command had no answer in time")),
            Answer::Unknown => Err(ApiError::unknown_outcome()),
        }
    }

    /// Another request under the same key gets no answer from the first one's event.
    async fn is_this_request(&mut self, offset: u64) -> Result<(), ApiError> {
        let Some(hash) = self.order.id.request_hash else { return Ok(()) };
        let partition = self.order.partition;
        if self.first.is_some_and(|first| first.partition != partition) {
            return Err(ApiError::idempotency_key_reused());
        }
        let passed = self.passed.iter().find(|folded| folded.record.offset == offset);
        let held = match passed.and_then(|folded| folded.decoded.as_ref()) {
            Some((meta, _)) => meta.request_hash,
            None => self.api.read_event(partition, offset).await?.0.request_hash,
        };
        if held == Some(hash) { Ok(()) } else { Err(ApiError::idempotency_key_reused()) }
    }

    /// The event at an offset that is in force.
    async fn written(&mut self, offset: u64) -> Result<Written, ApiError> {
        let partition = self.order.partition;
        let position = self.api.fold.position(partition, offset);
        let own = self.passed.iter().find(|folded| folded.record.offset == offset);
        if let Some((folded, at)) = own.and_then(|f| Some((f, f.verdict.applied()?.at))) {
            return Ok(Written { position, at, source: Source::Folded(Arc::clone(folded)) });
        }
        let outcome = self.api.fold.outcome(partition, self.order.id.event);
        let at = outcome.and_then(|outcome| outcome.result.ok());
        let at = at.or(self.first.map(|first| first.at)).unwrap_or(0);
        let (_, event) = self.api.read_event(partition, offset).await?;
        Ok(Written { position, at, source: Source::Read(Box::new(event)) })
    }
}

async fn sealed(api: &CommandApi, meta: &Meta, event: &Event) -> Result<NewRecord, SealError> {
    let sealer = api.keys.sealer(event, meta.time_ms).await?;
    Ok(sealer.encode(&api.settings.cell, meta, event))
}

fn append(
    api: &CommandApi,
    partition: Partition,
    record: NewRecord,
) -> BoxFuture<'_, Result<u64, AppendFailure>> {
    let span = tracing::debug_span!(
        target: platform::telemetry::STEPS,
        "append",
        otel.kind = "producer",
        %partition,
        offset = tracing::field::Empty,
    );
    let appending = api.log.append(partition, record);
    let appended = async move {
        let started = Instant::now();
        let result = appending.await;
        telemetry::appended(partition.topic, &result, started);
        match result {
            Ok(appended) => {
                tracing::Span::current().record("offset", appended.offset);
                Ok(appended.offset)
            }
            Err(AppendError::TooLarge { .. }) => Err(AppendFailure::TooLarge),
            Err(AppendError::Indeterminate(reason)) => {
                tracing::warn!(%partition, reason, "the outcome of an append is unknown");
                Err(AppendFailure::Indeterminate)
            }
            Err(AppendError::Unavailable(reason)) => {
                tracing::warn!(%partition, reason, "the log takes no appends");
                Err(AppendFailure::Unavailable)
            }
        }
    };
    Box::pin(appended.instrument(span))
}
