//! What realtime needs from others without knowing them. The composition root fills these in.

use bytes::Bytes;
use events::{ChannelId, Position, PostId, TeamId, UserId};
use futures::future::BoxFuture;

/// Reads rows for frames that no event carries. Every answer is from a read model that has passed
/// `position`; `None` where there is no such row or the read model cannot be reached in time.
pub trait Hydrate: Send + Sync + 'static {
    /// The post as JSON of the contract, with its files and reactions.
    fn post(&self, position: Position, post: PostId) -> BoxFuture<'_, Option<Bytes>>;

    /// The channel as JSON of the contract.
    fn channel(&self, position: Position, channel: ChannelId) -> BoxFuture<'_, Option<Bytes>>;

    /// The team as JSON of the contract, without what only some of its members see.
    fn team(&self, position: Position, team: TeamId) -> BoxFuture<'_, Option<Bytes>>;

    /// The account with everything that it may see of itself.
    fn user(&self, position: Position, user: UserId) -> BoxFuture<'_, Option<wire::User>>;
}
