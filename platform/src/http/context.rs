//! What is known about the request being served: its id, its trace, and what the handler noted for
//! the access log. It lives in a task-local, so error bodies and log lines find it without being
//! handed it through every signature.

use std::cell::Cell;
use std::sync::Arc;

use events::{ChannelId, Id, Position, UserId};
use tokio::task_local;

use super::limiting::{Limited, Meters};
use crate::TraceParent;

task_local! {
    static CONTEXT: RequestContext;
}

#[derive(Clone)]
pub(super) struct RequestContext {
    pub request_id: Id,
    pub trace: TraceParent,
    pub json_body_bytes_max: usize,
    pub meters: Arc<Meters>,
    pub limited: Cell<Option<Limited>>,
    pub user: Cell<Option<UserId>>,
    pub channel: Cell<Option<ChannelId>>,
    pub position: Cell<Option<Position>>,
}

impl RequestContext {
    /// The context of a request that arrived with this `traceparent` header, if any. Without one
    /// the request id is the trace id, so that a trace can be found from what the client saw.
    pub fn new(incoming: Option<&str>, json_body_bytes_max: usize, meters: Arc<Meters>) -> Self {
        let request_id = Id::random();
        let incoming = incoming.and_then(|text| text.parse::<TraceParent>().ok());
        let mut span_id = [0; 8];
        span_id.copy_from_slice(&Id::random().as_bytes()[..8]);
        let trace = TraceParent {
            trace_id: incoming.map_or(request_id.0, |parent| parent.trace_id),
            span_id,
            flags: incoming.map_or(0, |parent| parent.flags),
        };
        Self {
            request_id,
            trace,
            json_body_bytes_max,
            meters,
            limited: Cell::new(None),
            user: Cell::new(None),
            channel: Cell::new(None),
            position: Cell::new(None),
        }
    }

    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CONTEXT.scope(self, future)
    }

    /// Runs `f` on the current request's context; `None` outside of one.
    pub fn with<T>(f: impl FnOnce(&Self) -> T) -> Option<T> {
        CONTEXT.try_with(f).ok()
    }
}

/// The id of the request being served, as the client sees it in `X-Request-Id`.
pub fn request_id() -> Option<Id> {
    RequestContext::with(|context| context.request_id)
}

/// The trace that the request being served belongs to.
pub fn traceparent() -> Option<TraceParent> {
    RequestContext::with(|context| context.trace)
}

/// Names the channel that the request is about in its log line.
pub fn note_channel(channel: ChannelId) {
    RequestContext::with(|context| context.channel.set(Some(channel)));
}

/// Names the position that the request's event got, in its log line.
pub fn note_position(position: Position) {
    RequestContext::with(|context| context.position.set(Some(position)));
}
