//! What every write has at hand, and how a command becomes an answer: the shell around
//! [`Submission`](crate::submission::Submission) that does what it says.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::commands::Decision;
use domain::{Applied, Refusal};
use event_archive::ObjectStore;
use event_log::{EventLog, ReadLimit};
use events::{Actor, Event, Meta, Partition, Position};
use fold::{AccessEnded, Fold, Folded, Presence, StatusBoard};
use futures::future::BoxFuture;
use platform::http::ApiError;
use platform::secrets::Secrets;
use read_model::{QueryError, Reader};
use sealing::Keys;

use crate::attempts::Attempts;
use crate::collapsing::Collapsing;
use crate::drive::Drive;
use crate::facts::RootCache;
use crate::idempotency::CommandId;
use crate::in_flight::InFlight;
use crate::passwords::Passwords;
use crate::pictures::Pictures;
use crate::retention::RetentionSettings;
use crate::submission::{Decided, Output, Submission};
use crate::telemetry;
use crate::waits::{Lagging, Projection};

/// What differs between installations.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names the cell in every event.
    pub cell: String,
    /// How long a write waits until the rows show it.
    pub visible_wait: Duration,
    /// How long a write waits for its verdict.
    pub deadline: Duration,
    /// Whether strangers may sign up.
    pub open_server: bool,
    /// Whether accounts can become guests'.
    pub enable_guest_accounts: bool,
    pub file_bytes_max: u64,
    /// Wrong passwords for one login from one address in ten minutes.
    pub wrong_passwords_max: u32,
    /// Whether people reach the server by HTTPS alone.
    pub secure_cookies: bool,
    pub retention: RetentionSettings,
    /// Whether people read threads apart from their channels.
    pub collapsed_threads: wire::CollapsedThreads,
    /// Where people reach the server, without a slash at its end; empty if that is not known.
    pub site_url: String,
    /// Whose word on the person's address is believed.
    pub trusted_proxies: platform::config::Networks,
}

/// What the write side is built from.
pub struct Parts {
    /// The log that `fold` follows.
    pub log: Arc<dyn EventLog>,
    /// What seals the personal half of every event.
    pub keys: Keys,
    pub fold: Fold,
    pub secrets: Arc<Secrets>,
    pub reader: Reader,
    pub projection: Arc<dyn Projection>,
    pub objects: Arc<dyn ObjectStore>,
    /// Everyone who keeps answers open that rest on rights.
    pub access: Vec<Arc<dyn AccessEnded>>,
    pub statuses: Arc<StatusBoard>,
    /// What is said in `presence`.
    pub presence: Presence,
    pub settings: Settings,
}

/// The write side. Clones share it.
#[derive(Clone)]
pub struct CommandApi(Arc<Inner>);

#[doc(hidden)]
pub struct Inner {
    parts: Parts,
    pub(crate) in_flight: InFlight,
    pub(crate) passwords: Passwords,
    pub(crate) pictures: Pictures,
    pub(crate) attempts: Attempts,
    pub(crate) roots: RootCache,
    pub(crate) collapsing: Collapsing,
    pub(crate) lagging: Lagging,
}

impl Deref for CommandApi {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// A command on its way: what is known of it whatever it decides.
#[derive(Debug, Clone)]
pub(crate) struct Order<'o> {
    pub id: CommandId,
    /// Where its event goes.
    pub partition: Partition,
    /// Every partition that its decision looks at.
    pub rests_on: &'o [Partition],
    pub actor: Actor,
    pub cause: Option<Position>,
    pub connection_id: Option<String>,
}

/// A decision under way: it may have to read rows first. Boxed, because the compiler loses track of
/// what is `Send` in closures that are async themselves.
pub(crate) type Deciding<'f, R> = BoxFuture<'f, Result<Decided<R>, QueryError>>;

/// A decision that read no rows.
pub(crate) fn undelayed<'f, R: Send + 'f>(decision: Result<Decision, R>) -> Deciding<'f, R> {
    Box::pin(std::future::ready(Ok(Decided::new(decision, None))))
}

/// How a command ended that the log or the rules have an answer to.
#[derive(Debug)]
pub(crate) enum Ended<R> {
    Written(Written),
    AlreadySo,
    Rejected(R),
    Refused(Refusal),
}

/// An event in force: the command's own, or the first under its id.
#[derive(Debug)]
pub(crate) struct Written {
    pub position: Position,
    /// The time that the fold assigned.
    pub at: i64,
    pub(crate) source: Source,
}

#[derive(Debug)]
pub(crate) enum Source {
    Folded(Arc<Folded>),
    Read(Box<Event>),
}

impl Written {
    pub(crate) fn event(&self) -> &Event {
        match &self.source {
            Source::Folded(folded) => match folded.applied() {
                Some((_, event, _)) => event,
                None => unreachable!("only an applied record is written"),
            },
            Source::Read(event) => event,
        }
    }

    /// What the fold assigned; absent for a first that was found in the window.
    pub(crate) fn applied(&self) -> Option<&Applied> {
        match &self.source {
            Source::Folded(folded) => folded.verdict.applied(),
            Source::Read(_) => None,
        }
    }
}

impl CommandApi {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            in_flight: InFlight::default(),
            passwords: Passwords::new(),
            pictures: Pictures::new(),
            attempts: Attempts::new(parts.settings.wrong_passwords_max),
            roots: RootCache::new(),
            collapsing: Collapsing::new(),
            lagging: Lagging::default(),
            parts,
        }))
    }

    /// The time by which a request that begins now has its answer.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.settings.deadline
    }

    /// Takes a command from the look-up of its id to its end. `decide` is called anew whenever the
    /// states may have changed.
    ///
    /// # Errors
    /// A 503 where the end is not known or cannot be reached now, a 413 for too large an event.
    pub(crate) async fn submit<'f, R>(
        &self,
        order: Order<'_>,
        decide: impl Fn() -> Deciding<'f, R>,
    ) -> Result<Ended<R>, ApiError> {
        let (started, topic) = (Instant::now(), order.partition.topic);
        let mut drive = Drive::new(self, order);
        let mut submission = Submission::new();
        let mut output = submission.start();
        loop {
            let input = match output {
                Output::Answer(answer) => {
                    telemetry::answered(topic, &answer, started);
                    return drive.end(answer).await;
                }
                Output::Decide => drive.decide(decide()).await,
                output => drive.perform(output).await,
            };
            output = drive.feed(&mut submission, input);
        }
    }
}

impl CommandApi {
    /// The event at an offset, from the log.
    pub(crate) async fn read_event(
        &self,
        partition: Partition,
        offset: u64,
    ) -> Result<(Meta, Event), ApiError> {
        let limit = ReadLimit { records_max: 1, ..ReadLimit::default() };
        let read = self.fold.log().read(partition, offset, limit).await;
        let records = read.map_err(ApiError::unavailable)?;
        let record = records
            .first()
            .ok_or_else(|| ApiError::internal(format!("{partition} holds nothing at {offset}")))?;
        events::decode(record).map_err(ApiError::internal)
    }
}
