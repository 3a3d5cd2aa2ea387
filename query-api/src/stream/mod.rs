//! The stream of events for integrators: `GET /api/nottermost/v1/events`.
//!
//! Owns which events are public and how they read. All streams of a process read one ring of what was
//! folded lately, each at its own pace; who comes from further back reads the log with a fold of its own.
//! Rights, and whether a text still stands, are judged at the moment of each delivery. It must never tell what
//! is not in the table, and never what was deleted, erased or edited away.

mod asyncapi;
mod catch_up;
mod cursor;
mod delivery;
mod entry;
mod held;
mod options;
mod render;
mod request;
mod rights;
mod ring;
mod standing;
mod table;
mod telemetry;

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use event_archive::ObjectStore;
use events::UserId;
use fold::Fold;
use fold::snapshots::Snapshots;
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use platform::http::{ApiError, Query, shown_token};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use self::delivery::{Delivery, Listener};
use self::held::Held;
use self::request::Filter;
use self::ring::{Bounds, Ring};
use crate::app::App;
use crate::caller::Caller;

pub use asyncapi::document as asyncapi_document;
pub(crate) use asyncapi::get as asyncapi;
pub use options::StreamOptions;

/// Tells nginx to pass on what comes as it comes.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What the streams of a process share.
pub(crate) struct Streams {
    options: StreamOptions,
    ring: Arc<Ring>,
    catch_ups: Arc<Semaphore>,
    snapshots: Snapshots,
    open: Arc<Mutex<HashMap<UserId, usize>>>,
    feed: AbortHandle,
}

impl Streams {
    /// Begins to hold what `fold` folds.
    pub fn start(fold: &Fold, objects: Arc<dyn ObjectStore>, options: StreamOptions) -> Self {
        let StreamOptions { ring_records_max: records_max, ring_bytes_max: bytes_max, .. } =
            options;
        // What is folded between the two is in both.
        let folded = fold.subscribe();
        let ring = Arc::new(Ring::begin(Bounds { records_max, bytes_max }, fold));
        let feed = tokio::spawn(ring::feed(Arc::clone(&ring), fold.clone(), folded));
        Self {
            ring,
            catch_ups: Arc::new(Semaphore::new(options.catch_ups_max)),
            snapshots: Snapshots::new(objects),
            open: Arc::default(),
            feed: feed.abort_handle(),
            options,
        }
    }

    /// Counts another stream of `user`, until what this returns is dropped; `None` over the limit.
    fn open(&self, user: UserId) -> Option<Opened> {
        let mut open = self.open.lock();
        let count = open.entry(user).or_default();
        if *count >= self.options.per_account_max {
            return None;
        }
        *count += 1;
        Some(Opened { user, open: Arc::clone(&self.open), _counted: telemetry::Open::begin() })
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.feed.abort();
    }
}

/// An open stream, among those of its account.
struct Opened {
    user: UserId,
    open: Arc<Mutex<HashMap<UserId, usize>>>,
    _counted: telemetry::Open,
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Slot::Occupied(mut count) = self.open.lock().entry(self.user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// Opens a stream of what the caller may hear.
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let token = shown_token(&headers).ok_or_else(ApiError::session_expired)?.text.to_owned();
    let filter = Filter::of(&app, &caller, &query).await?;
    let opened = app.streams.open(caller.user).ok_or_else(too_many)?;
    let partitions = filter.partitions(caller.user);
    let cursor = request::start(&app, &partitions, &query, &headers).await?;
    let listener = Listener { user: caller.user, token };
    let stalled_after = app.streams.options.stalled_after;
    let held = Held::begin(Delivery::new(app, listener, filter, cursor, opened), stalled_after);
    let pieces = stream::unfold(held, |held| async {
        let piece = held.next().await?;
        Some((Ok::<_, Infallible>(piece), held))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

fn too_many() -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "api.nottermost.stream.limit_reached.app_error",
        "This account has as many open streams as it may have.",
    )
}
