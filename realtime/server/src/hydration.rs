//! Rows for frames that no event carries whole.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;
use events::{BookmarkId, ChannelId, Partition, Position, PostId, ScheduledPostId, TeamId, UserId};
use fold::Fold;
use futures::FutureExt;
use futures::future::BoxFuture;
use read_model::queries::{
    BookmarkView, ChannelMemberView, PostView, RootView, ToldFollower, TouchedThreads,
};
use read_model::{PolledRows, QueryError, Reader};
use realtime::{Hydrate, ThreadTold, ThreadTouched};

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
    /// Who is told of threads.
    pub collapsed_threads: wire::CollapsedThreads,
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

    /// The same, behind the latest of several partitions; nothing where there are none.
    async fn behind<T>(
        &self,
        positions: &[Position],
        read: impl Future<Output = Result<Option<T>, QueryError>>,
    ) -> Option<T> {
        let last = positions.last()?;
        let read = async {
            for position in positions {
                self.rows.reach(position.partition, position.offset + 1).await;
            }
            read.await
        };
        self.at(*last, read).await
    }

    fn username(&self, user: UserId) -> Option<String> {
        self.fold.names().person(user).map(|person| person.username.clone())
    }

    fn member(&self, view: &ChannelMemberView) -> wire::ChannelMember {
        let channel_id = view.row.channel_id;
        let directory = self.fold.directory();
        let channels = self.fold.channels(channel_id);
        view.to_wire().as_of(directory.state(), channels.state().channel(channel_id))
    }

    /// The post with the custom emoji that it names.
    fn shown(&self, view: &PostView) -> wire::Post {
        let mut post = view.to_wire(&|user| self.username(user));
        let directory = self.fold.directory();
        post.show_emoji(|name| wire::Emoji::known(directory.state().pictures(), name));
        post
    }
}

impl<R: Reach> Hydrate for Hydration<R> {
    fn post(&self, position: Position, post: PostId) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let view = self.at(position, self.reader.post_of_frame(post)).await?;
            Some(wire::to_json(&self.shown(&view)))
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

    fn channel_member(
        &self,
        position: Position,
        channel: ChannelId,
        user: UserId,
    ) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let view = self.at(position, self.reader.channel_membership(user, channel)).await?;
            Some(wire::to_json(&self.member(&view)))
        }
        .boxed()
    }

    fn channel_members_of(&self, position: Position, user: UserId) -> BoxFuture<'_, Vec<Bytes>> {
        async move {
            let read = self.reader.channel_memberships_of(user, None, None);
            let views = self.at(position, read.map(|views| views.map(Some))).await;
            let views = views.unwrap_or_default();
            views.iter().map(|view| wire::to_json(&self.member(view))).collect()
        }
        .boxed()
    }

    fn members_called_urgently(
        &self,
        positions: Vec<Position>,
        posts: Vec<PostId>,
        users: Vec<UserId>,
    ) -> BoxFuture<'_, Vec<(ChannelId, UserId, Bytes)>> {
        async move {
            let read = self.reader.members_called_urgently(&posts, &users);
            let views = self.behind(&positions, read.map(|views| views.map(Some))).await;
            let views = views.unwrap_or_default();
            let told = |view: &ChannelMemberView| {
                (view.row.channel_id, view.row.user_id, wire::to_json(&self.member(view)))
            };
            views.iter().map(told).collect()
        }
        .boxed()
    }

    fn team(&self, position: Position, team: TeamId) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let row = self.at(position, self.reader.team_of_frame(team)).await?;
            let directory = self.fold.directory();
            let team = row.to_wire().sanitised().with_icon(directory.state().pictures());
            Some(wire::to_json(&team))
        }
        .boxed()
    }

    fn categories(
        &self,
        position: Position,
        user: UserId,
        team: TeamId,
    ) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let rows = async { self.reader.sidebar(user, team).await.map(Some) };
            let rows = self.at(position, rows).await?;
            Some(wire::to_json(&rows.to_wire(user, team).categories))
        }
        .boxed()
    }

    fn scheduled_post(
        &self,
        position: Position,
        user: UserId,
        id: ScheduledPostId,
    ) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            let post = self.at(position, self.reader.scheduled_post(user, id)).await?;
            Some(wire::to_json(&post.to_wire()))
        }
        .boxed()
    }

    fn bookmarks(
        &self,
        position: Position,
        channel: ChannelId,
        only: Option<Vec<BookmarkId>>,
    ) -> BoxFuture<'_, Option<Vec<wire::Bookmark>>> {
        async move {
            let rows =
                async { self.reader.bookmarks_of_frame(channel, only.as_deref()).await.map(Some) };
            let rows = self.at(position, rows).await?;
            Some(rows.iter().map(BookmarkView::to_wire).collect())
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

    fn followers(
        &self,
        position: Position,
        root: PostId,
    ) -> BoxFuture<'_, Option<Vec<(UserId, bool)>>> {
        let read = async move { self.reader.followers_of(root).await.map(Some) };
        self.at(position, read).boxed()
    }

    fn threads(
        &self,
        positions: Vec<Position>,
        touched: Vec<ThreadTouched>,
    ) -> BoxFuture<'_, Vec<ThreadTold>> {
        async move {
            if self.collapsed_threads == wire::CollapsedThreads::Disabled {
                return Vec::new();
            }
            let touched = gathered(touched);
            let told = async { self.told(&touched).await.map(Some) };
            self.behind(&positions, told).await.unwrap_or_default()
        }
        .boxed()
    }
}

impl<R: Reach> Hydration<R> {
    /// Three queries, however many threads and followers there are.
    async fn told(&self, touched: &TouchedThreads) -> Result<Vec<ThreadTold>, QueryError> {
        let followers = self.reader.told_followers(touched, self.collapsed_threads).await?;
        if followers.is_empty() {
            return Ok(Vec::new());
        }
        let roots: BTreeSet<PostId> = followers.iter().map(|told| told.root_id).collect();
        let roots: Vec<PostId> = roots.into_iter().collect();
        let roots = self.reader.roots_of_frames(&roots).await?;
        let people: BTreeSet<UserId> =
            roots.iter().flat_map(|root| root.participants.iter().copied()).collect();
        let people: Vec<UserId> = people.into_iter().collect();
        let people = self.reader.users_by_ids(&people).await?;
        let people: HashMap<UserId, wire::User> = people
            .iter()
            .map(|row| (row.id, row.to_wire().for_others(wire::Privacy::default())))
            .collect();
        let threads: HashMap<PostId, wire::Thread> =
            roots.iter().map(|root| (root.post.row.id, self.thread(root, &people))).collect();
        let told = followers.iter().filter_map(|follower| {
            let thread = threads.get(&follower.root_id)?.clone();
            let thread = match self.fold.known_to(follower.user_id) {
                None => thread,
                Some(known) => of_guest(thread, &known),
            };
            Some(told(follower, thread))
        });
        Ok(told.collect())
    }

    fn thread(&self, root: &RootView, people: &HashMap<UserId, wire::User>) -> wire::Thread {
        let mut post = self.shown(&root.post);
        post.is_following = Some(true);
        let participants = root.participants.iter();
        let participants = participants.map(|id| wire::Participant::among(people, *id));
        wire::Thread::of_root(post, participants.collect())
    }
}

/// Of people whom the guest may not know, the thread and its root tell the ids.
fn of_guest(mut thread: wire::Thread, known: &BTreeSet<UserId>) -> wire::Thread {
    for participant in thread.participants.iter_mut().chain(&mut thread.post.participants) {
        if let wire::Participant::User(one) = participant
            && !known.contains(&one.id)
        {
            *participant = wire::Participant::Id(one.id);
        }
    }
    thread
}

fn told(follower: &ToldFollower, mut thread: wire::Thread) -> ThreadTold {
    thread.last_viewed_at = follower.last_viewed_at;
    thread.unread_replies = follower.unread_replies;
    thread.unread_mentions = follower.unread_mentions;
    ThreadTold {
        user_id: follower.user_id,
        channel_id: follower.channel_id,
        team_id: follower.team_id,
        thread: wire::to_json(&thread),
        previous_unread_replies: follower.previous_replies,
        previous_unread_mentions: follower.previous_mentions,
    }
}

/// A reply that came and went within the batch changed no number.
fn gathered(touched: Vec<ThreadTouched>) -> TouchedThreads {
    let (mut roots, mut users) = (BTreeSet::new(), BTreeSet::new());
    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
    for thread in touched {
        roots.insert(thread.root);
        users.extend(thread.users);
        let known = if thread.gone { &mut removed } else { &mut added };
        known.insert(thread.reply);
    }
    removed.retain(|reply| !added.contains(reply));
    TouchedThreads {
        roots: roots.into_iter().collect(),
        users: users.into_iter().collect(),
        added: added.into_iter().collect(),
        removed: removed.into_iter().collect(),
    }
}
