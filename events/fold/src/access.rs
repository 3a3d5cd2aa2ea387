//! The promise that access which ended has ended everywhere, between whoever ends it and whoever
//! serves it.

use events::Position;
use futures::future::BoxFuture;

/// Implemented by whoever keeps answers open (sockets); awaited by commands that take access away.
pub trait AccessEnded: Send + Sync {
    /// Resolves once nothing is sent any more that rests on rights from before `position`: what it
    /// ended is closed. The caller brings the deadline.
    fn passed(&self, position: Position) -> BoxFuture<'_, ()>;
}
