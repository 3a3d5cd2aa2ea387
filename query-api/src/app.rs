//! What every endpoint has at hand, and how it asks the rows.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Kept;
use event_archive::ObjectStore;
use events::{ChannelId, Partition, Topic};
use fold::{Fold, StatusBoard};
use futures::FutureExt;
use platform::health::Health;
use platform::http::{ApiError, WebPage};
use platform::secrets::Secrets;
use read_model::{Access, QueryError, Reader};
use search_index::Searcher;
use wire::ClientConfig;

use crate::cache::{Pages, Posts, Profiles};
use crate::links::{LinkOptions, Links};
use crate::rows::Rows;
use crate::stream::{StreamOptions, Streams};

/// How long an answer waits for fold and rows to get where they have to be.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How long rows are awaited that are merely younger than the fold.
const FOLLOWING: Duration = Duration::from_millis(200);

/// What the read side is built from.
pub struct Parts {
    pub fold: Fold,
    pub reader: Reader,
    pub rows: Arc<dyn Rows>,
    pub searcher: Searcher,
    pub objects: Arc<dyn ObjectStore>,
    pub statuses: Arc<StatusBoard>,
    pub secrets: Arc<Secrets>,
    pub health: Health,
    pub config: ClientConfig,
    /// How long the installation keeps what no policy speaks of.
    pub kept: Kept,
    /// The web page.
    pub page: WebPage,
    pub stream: StreamOptions,
    pub fetching: LinkOptions,
}

/// The parts with what is kept in memory. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    parts: Parts,
    pub pages: Pages,
    pub posts: Posts,
    pub profiles: Profiles,
    pub streams: Streams,
    pub links: Links,
}

impl Deref for App {
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

/// The partitions that decide on an account, a team, a name.
pub(crate) const DIRECTORY: &[Partition] = &[Partition::DIRECTORY];

/// The partitions that decide on a channel.
pub(crate) fn of_channel(channel: ChannelId) -> [Partition; 2] {
    [Partition::DIRECTORY, Partition::of(Topic::Channels, channel.as_bytes())]
}

/// The partitions that decide on what is known by an id that does not tell its channel.
pub(crate) fn of_any_channel() -> Vec<Partition> {
    std::iter::once(Partition::DIRECTORY).chain(Topic::Channels.partitions()).collect()
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { fold, objects, stream, .. } = &parts;
        let streams = Streams::start(fold, Arc::clone(objects), stream.clone());
        let links = Links::new(parts.fetching.clone());
        Self(Arc::new(Inner {
            streams,
            links,
            parts,
            pages: Pages::new(),
            posts: Posts::new(),
            profiles: Profiles::new(),
        }))
    }

    /// What the rows grant, as young as the fold where they can follow it soon: whoever asks may have
    /// it from a frame. Before something is refused, fold and rows are brought to the ends of the
    /// partitions that decide, and the rows are asked again: no refusal from behind. What somebody may not
    /// know of is refused as what is not there.
    pub(crate) async fn granted<T, F>(
        &self,
        decided_by: &[Partition],
        unknown: fn() -> ApiError,
        ask: impl Fn() -> F,
    ) -> Result<T, ApiError>
    where
        F: Future<Output = Result<Access<T>, QueryError>>,
    {
        self.rows_followed(decided_by).await;
        if let Access::Granted(value) = ask().await.map_err(failed)? {
            return Ok(value);
        }
        self.catch_up(decided_by).await?;
        match ask().await.map_err(failed)? {
            Access::Granted(value) => Ok(value),
            Access::Denied => Err(ApiError::forbidden()),
            Access::Unknown => Err(unknown()),
        }
    }

    /// As [`Self::granted`], of what anyone may know.
    pub(crate) async fn found<T, F>(
        &self,
        decided_by: &[Partition],
        unknown: fn() -> ApiError,
        ask: impl Fn() -> F,
    ) -> Result<T, ApiError>
    where
        F: Future<Output = Result<Option<T>, QueryError>>,
    {
        let ask = || ask().map(|found| Ok(found?.map_or(Access::Unknown, Access::Granted)));
        self.granted(decided_by, unknown, ask).await
    }

    /// Brings the fold, then the rows, to where the partitions end now.
    pub(crate) async fn catch_up(&self, partitions: &[Partition]) -> Result<(), ApiError> {
        let ends = self.fold_on(partitions).await?;
        let ends: Vec<(Partition, u64)> = partitions.iter().copied().zip(ends).collect();
        self.rows_passed(&ends).await
    }

    /// Gives rows that are merely younger than the fold a moment to follow it.
    pub(crate) async fn rows_followed(&self, partitions: &[Partition]) {
        let followed = self.rows.followed(&self.fold, partitions, Instant::now() + FOLLOWING);
        // An answer that is a little older is better than none.
        let _ = tokio::time::timeout(FOLLOWING, followed).await;
    }

    /// Brings the fold to where the partitions end now.
    pub(crate) async fn fold_on(&self, partitions: &[Partition]) -> Result<Vec<u64>, ApiError> {
        let deadline = Instant::now() + PATIENCE;
        self.fold.catch_up(partitions, deadline).await.map_err(ApiError::unavailable)
    }

    /// Refuses while the fold of one of the partitions may be older than it is allowed to be.
    pub(crate) fn require_current(&self, partitions: &[Partition]) -> Result<(), ApiError> {
        match partitions.iter().find(|partition| !self.fold.is_current(**partition)) {
            Some(stale) => Err(ApiError::unavailable(format!("{stale} is not confirmed"))),
            None => Ok(()),
        }
    }

    /// Waits until the rows hold everything below these offsets.
    pub(crate) async fn rows_passed(&self, ends: &[(Partition, u64)]) -> Result<(), ApiError> {
        tokio::time::timeout(PATIENCE, self.rows.passed(ends))
            .await
            .map_err(|_| ApiError::unavailable("the read model lags behind the log"))
    }
}

/// The rows have no answer: the database is at fault, not the request.
pub(crate) fn failed(error: QueryError) -> ApiError {
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    ApiError::unavailable(format!("{error}: {cause}"))
}
