//! Rows for frames that no event carries whole.

use std::time::Duration;

use bytes::Bytes;
use events::{ChannelId, Partition, Position, PostId, TeamId, UserId};
use fold::Fold;
use futures::FutureExt;
use futures::future::BoxFuture;
use read_model::{PolledRows, QueryError, Reader};
use realtime::Hydrate;

/// A frame that comes later than this is of no use: clients have asked by themselves.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until the rows hold everything of a partition below an offset.
pub trait Reach: Send + Sync + 'static {
    fn reach(&self, partition: Partition, next: u64) -> BoxFuture<'_, ()>;
}

impl Reach for PolledRows {
    fn reach(&self, partition: Partition, next: u64) -> BoxFuture<'_, ()> {
        async move { self.passed(&[(partition, next)]).await }.boxed()
    }
}

/// Reads them from the read model.
pub struct Hydration<R> {
    pub fold: Fold,
    pub reader: Reader,
    pub rows: R,
}

impl<R: Reach> Hydration<R> {
    /// What `read` finds once the rows have passed `position`.
    async fn at<T>(
        &self,
        position: Position,
        read: impl Future<Output = Result<Option<T>, QueryError>>,
    ) -> Option<T> {
        let found = tokio::time::timeout(PATIENCE, async {
            self.rows.reach(position.partition, position.offset + 1).await;
            read.await
        });
        match found.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(%position, error, "a frame is left out: failed to read its rows");
                None
            }
            Err(_) => {
                tracing::warn!(%position, "a frame is left out: its rows come too late");
                None
            }
        }
    }

    fn username(&self, user: UserId) -> Option<String> {
        self.fold.names().person(user).map(|person| person.username.clone())
    }
}

impl<R: Reach> Hydrate for Hydration<R> {
    fn post(&self, position: Position, post: PostId) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let view = self.at(position, self.reader.post_of_frame(post)).await?;
            let mut post = view.to_wire(&|user| self.username(user));
            let directory = self.fold.directory();
            post.show_emoji(|name| {
                let (id, emoji) = directory.state().pictures().emoji_by_name(name)?;
                Some(wire::Emoji::new(id, &emoji.name, emoji.creator_id, emoji.create_at))
            });
            Some(wire::to_json(&post))
        }
        .boxed()
    }

    fn channel(&self, position: Position, channel: ChannelId) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let view = self.at(position, self.reader.channel_of_frame(channel)).await?;
            Some(wire::to_json(&view.to_wire()))
        }
        .boxed()
    }

    fn team(&self, position: Position, team: TeamId) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let read = async { self.reader.teams_by_ids(&[team]).await.map(|mut rows| rows.pop()) };
            let mut team = self.at(position, read).await?.to_wire().sanitised();
            let directory = self.fold.directory();
            let icon = directory.state().pictures().of_team(team.id);
            team.last_team_icon_update = icon.map_or(0, |icon| icon.update_at);
            Some(wire::to_json(&team))
        }
        .boxed()
    }

    fn user(&self, position: Position, user: UserId) -> BoxFuture<'_, Option<wire::User>> {
        async move {
            let row = self.at(position, self.reader.user(user)).await?;
            Some(row.to_wire())
        }
        .boxed()
    }
}
