//! What realtime needs from others without knowing them. The composition root fills these in.

use bytes::Bytes;
use events::{BookmarkId, ChannelId, Position, PostId, ScheduledPostId, TeamId, UserId};
use futures::future::BoxFuture;

/// A reply that came or went, and who is there to hear of it if they follow its thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadTouched {
    pub root: PostId,
    pub reply: PostId,
    pub gone: bool,
    pub users: Vec<UserId>,
}

/// What one follower is told of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadTold {
    pub user_id: UserId,
    pub channel_id: ChannelId,
    pub team_id: Option<TeamId>,
    /// The thread as JSON of the contract.
    pub thread: Bytes,
    pub previous_unread_replies: i64,
    pub previous_unread_mentions: i64,
}

/// Reads rows for frames that no event carries. Every answer is from a read model that has passed
/// `position`; `None` where there is no such row or the read model cannot be reached in time.
pub trait Hydrate: Send + Sync + 'static {
    /// The post as JSON of the contract, with its files and reactions.
    fn post(&self, position: Position, post: PostId) -> BoxFuture<'_, Option<Bytes>>;

    /// The channel as JSON of the contract.
    fn channel(&self, position: Position, channel: ChannelId) -> BoxFuture<'_, Option<Bytes>>;

    /// A membership of a channel as JSON of the contract, as its owner sees it.
    fn channel_member(
        &self,
        position: Position,
        channel: ChannelId,
        user: UserId,
    ) -> BoxFuture<'_, Option<Bytes>>;

    /// All of somebody's memberships of channels as JSON of the contract, as they see them.
    fn channel_members_of(&self, position: Position, user: UserId) -> BoxFuture<'_, Vec<Bytes>>;

    /// Those of the users whom deleted posts called urgently and who had not read them, with their memberships
    /// of the channels as JSON of the contract, as they see them.
    fn members_called_urgently(
        &self,
        positions: Vec<Position>,
        posts: Vec<PostId>,
        users: Vec<UserId>,
    ) -> BoxFuture<'_, Vec<(ChannelId, UserId, Bytes)>>;

    /// The team as JSON of the contract, without what only some of its members see.
    fn team(&self, position: Position, team: TeamId) -> BoxFuture<'_, Option<Bytes>>;

    /// All of somebody's sidebar categories in a team, as a list in JSON of the contract.
    fn categories(
        &self,
        position: Position,
        user: UserId,
        team: TeamId,
    ) -> BoxFuture<'_, Option<Bytes>>;

    /// What somebody wrote to be sent later, as JSON of the contract.
    fn scheduled_post(
        &self,
        position: Position,
        user: UserId,
        id: ScheduledPostId,
    ) -> BoxFuture<'_, Option<Bytes>>;

    /// Bookmarks of a channel: these, gone or not, or all that stand, in their order.
    fn bookmarks(
        &self,
        position: Position,
        channel: ChannelId,
        only: Option<Vec<BookmarkId>>,
    ) -> BoxFuture<'_, Option<Vec<wire::Bookmark>>>;

    /// The account with everything that it may see of itself.
    fn user(&self, position: Position, user: UserId) -> BoxFuture<'_, Option<wire::User>>;

    /// Of whom it is known whether they follow a thread, whoever may read it.
    fn followers(
        &self,
        position: Position,
        root: PostId,
    ) -> BoxFuture<'_, Option<Vec<(UserId, bool)>>>;

    /// What those are told who follow the threads and read them apart; nobody where the read model has
    /// not passed all positions in time.
    fn threads(
        &self,
        positions: Vec<Position>,
        touched: Vec<ThreadTouched>,
    ) -> BoxFuture<'_, Vec<ThreadTold>>;
}
