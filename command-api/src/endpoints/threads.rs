//! Following threads and reading them: `/users/{user_id}/teams/{team_id}/threads/…`.

use axum::extract::State;
use axum::response::Response;
use domain::commands::Decision;
use domain::commands::post::{PostFacts, PostRejection};
use domain::commands::readstate::{ReadstateRejection, Seen};
use domain::commands::thread::{
    FollowThread, ReadThread, ReadThreads, SetThreadUnread, ThreadSeen,
};
use domain::permissions::knows_channel;
use events::thread::{ThreadScope, ThreadUnread};
use events::{ChannelId, EventId, Partition, Position, PostId, TeamId, Topic, UserId};
use http::StatusCode;
use platform::http::{AnyBody, ApiError, Path, UrlId, UserRef, json, note_channel, ok_status};
use read_model::QueryError;
use read_model::queries::FollowedThread;

use super::posts::with_emoji;
use crate::caller::Caller;
use crate::executor::{CommandApi, undelayed};
use crate::facts::{post_facts, unreadable};
use crate::idempotency::CommandId;
use crate::submission::Decided;

type ThreadPath = Path<(UserRef, UrlId<TeamId>, UrlId<PostId>)>;
/// The same with what stands behind it.
type OfThread<T> = (UserRef, UrlId<TeamId>, UrlId<PostId>, T);

/// `PUT …/threads/{thread_id}/following`
pub(crate) async fn follow(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(team), UrlId(root))): ThreadPath,
    _: AnyBody,
) -> Result<Response, ApiError> {
    let thread = Thread::find(&api, &caller, user, team, root).await?;
    let positions = thread.set_following(&caller.command_id(&api), true).await?;
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// `DELETE …/threads/{thread_id}/following`
pub(crate) async fn unfollow(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(team), UrlId(root))): ThreadPath,
) -> Result<Response, ApiError> {
    let thread = Thread::find(&api, &caller, user, team, root).await?;
    let positions = thread.set_following(&caller.command_id(&api), false).await?;
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// `PUT …/threads/{thread_id}/read/{timestamp}`; the thread as it is then.
pub(crate) async fn read(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(team), UrlId(root), timestamp)): Path<OfThread<String>>,
    _: AnyBody,
) -> Result<Response, ApiError> {
    let until = timestamp.parse().ok().filter(|until: &i64| *until >= 0);
    let until = until.ok_or_else(|| ApiError::invalid_url("timestamp"))?;
    let thread = Thread::find(&api, &caller, user, team, root).await?;
    let positions = thread.mark(Mark::Until(until)).await?;
    thread.answer(&positions).await
}

/// `POST …/threads/{thread_id}/set_unread/{post_id}`; the thread as it is then, and followed.
pub(crate) async fn set_unread(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(team), UrlId(root), UrlId(post))): Path<OfThread<UrlId<PostId>>>,
    _: AnyBody,
) -> Result<Response, ApiError> {
    let thread = Thread::find(&api, &caller, user, team, root).await?;
    let facts = post_facts(&api.known_post(post).await?);
    if facts.root_id.unwrap_or(post) != root || facts.deleted {
        return Err(ApiError::post_not_found());
    }
    // Before the marker: whoever begins to follow has thereby read the thread.
    let mut positions = thread.set_following(&caller.command_part(&api, "follow"), true).await?;
    positions.extend(thread.mark(Mark::UnreadFrom(facts)).await?);
    thread.answer(&positions).await
}

/// `PUT …/threads/read`: all of the team and of all conversations.
pub(crate) async fn read_all(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(team))): Path<(UserRef, UrlId<TeamId>)>,
    _: AnyBody,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let positions = api.read_threads(&caller, user_id, ThreadScope::Team(team)).await?;
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

impl CommandApi {
    /// Reads all threads of a scope up to what the person's channels hold.
    pub(super) async fn read_threads(
        &self,
        caller: &Caller,
        user_id: UserId,
        scope: ThreadScope,
    ) -> Result<Vec<Position>, ApiError> {
        let partition = Partition::of(Topic::Readstate, user_id.as_bytes());
        let order = caller.order(EventId::random(), partition, &[Partition::DIRECTORY]);
        let ended = self.submit(order, || {
            let read_to = self.ends_of(user_id);
            let command = ReadThreads { actor: caller.user, user_id, scope, read_to };
            undelayed(command.decide(self.fold.directory().state()))
        });
        let written = ended.await?.written()?;
        Ok(self.position_of(written.as_ref(), partition))
    }

    /// The latest time of all channels that somebody is in.
    fn ends_of(&self, user: UserId) -> i64 {
        let of_partition = |index| {
            let fold = self.fold.channels_at(index);
            fold.state().channels_of(user).map(|(_, channel, _)| channel.last_at).max()
        };
        (0..events::PARTITIONS).filter_map(of_partition).max().unwrap_or(0)
    }
}

/// What becomes of the person's marker.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Until(i64),
    UnreadFrom(PostFacts),
}

/// A root that stands, for somebody in whose name the caller may act.
struct Thread<'r> {
    api: &'r CommandApi,
    caller: &'r Caller,
    user_id: UserId,
    team: TeamId,
    root: PostId,
    channel: ChannelId,
}

impl<'r> Thread<'r> {
    async fn find(
        api: &'r CommandApi,
        caller: &'r Caller,
        user: UserRef,
        team: TeamId,
        root: PostId,
    ) -> Result<Self, ApiError> {
        let user_id = user.resolve(caller.user);
        caller.may_act_for(user_id)?;
        let channel = api.known_post(root).await?.row.channel_id;
        note_channel(channel);
        Ok(Self { api, caller, user_id, team, root, channel })
    }

    fn in_channels(&self) -> Partition {
        Partition::of(Topic::Channels, self.channel.as_bytes())
    }

    /// Whether the address names a team of the person's that the thread belongs to, or that shows it
    /// as it shows every conversation.
    fn is_here(&self) -> bool {
        let directory = self.api.fold.directory();
        let channels = self.api.fold.channels(self.channel);
        let of = channels.state().channel(self.channel).and_then(|channel| channel.team_id);
        of.is_none_or(|of| of == self.team)
            && directory.state().active_membership(self.user_id, self.team).is_some()
    }

    /// Whether the person may know of the thread's channel.
    fn is_known(&self) -> bool {
        let directory = self.api.fold.directory();
        let channels = self.api.fold.channels(self.channel);
        let channel = channels.state().channel(self.channel);
        channel.is_some_and(|channel| knows_channel(directory.state(), self.user_id, channel))
    }

    /// Follows, or no longer does; answers where that stands. The rows are brought to the partition's
    /// end first: whether it holds already is judged by them, and no conflict would tell that they are old.
    async fn set_following(&self, id: &CommandId, follow: bool) -> Result<Vec<Position>, ApiError> {
        let partition = self.in_channels();
        self.api.rows_at_ends(&[partition]).await?;
        let rests_on = [Partition::DIRECTORY, partition];
        let order = self.caller.order(*id, partition, &rests_on);
        let ended = self.api.submit(order, || Box::pin(self.decide_following(follow)));
        let written = ended.await?.written()?;
        Ok(self.api.position_of(written.as_ref(), partition))
    }

    async fn decide_following(&self, follow: bool) -> Result<Decided<PostRejection>, QueryError> {
        let reader = &self.api.reader;
        let Some(found) = reader.post_of_command(self.root).await? else {
            return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
        };
        let held = reader.thread_of(self.user_id, self.root).await?.granted();
        let command = FollowThread {
            actor: self.caller.user,
            user_id: self.user_id,
            root: post_facts(&found),
            reply_count: found.row.reply_count,
            follows: held.is_some_and(|thread| thread.following),
            follow,
        };
        let rows_at = Some(found.next_offset);
        if !self.is_known() {
            return Ok(Decided::new(Err(PostRejection::UnknownPost), rows_at));
        }
        if !self.is_here() {
            return Ok(Decided::new(Err(PostRejection::Forbidden), rows_at));
        }
        let directory = self.api.fold.directory();
        let channels = self.api.fold.channels(self.channel);
        Ok(Decided::new(command.decide(directory.state(), channels.state()), rows_at))
    }

    /// Moves the marker. What was read so far is a matter of rows of both topics: they are brought to
    /// the ends first.
    async fn mark(&self, mark: Mark) -> Result<Vec<Position>, ApiError> {
        let partition = Partition::of(Topic::Readstate, self.user_id.as_bytes());
        self.api.rows_at_ends(&[partition, self.in_channels()]).await?;
        let rests_on = [Partition::DIRECTORY, self.in_channels()];
        let order = self.caller.order(EventId::random(), partition, &rests_on);
        let ended = self.api.submit(order, || {
            Box::pin(async move { Ok(Decided::new(self.decide_mark(mark).await?, None)) })
        });
        let written = ended.await?.written()?;
        Ok(self.api.position_of(written.as_ref(), partition))
    }

    async fn decide_mark(
        &self,
        mark: Mark,
    ) -> Result<Result<Decision, ReadstateRejection>, QueryError> {
        let (reader, user) = (&self.api.reader, self.user_id);
        let (Some(found), Some(held)) = (
            reader.post_of_command(self.root).await?,
            reader.thread_of(user, self.root).await?.granted(),
        ) else {
            return Ok(Err(self.without_rows()));
        };
        let seen = match self.seen() {
            Ok(seen) => seen,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let read_to = match mark {
            Mark::Until(until) => ReadThread::read_to(until, &seen),
            Mark::UnreadFrom(post) => post.create_at - 1,
        };
        let (replies, mentions) = reader.thread_unread_since(user, self.root, read_to).await?;
        let thread = ThreadSeen {
            actor: self.caller.user,
            user_id: user,
            root: post_facts(&found),
            seen,
            viewed_at: held.last_viewed_at,
            before: ThreadUnread { replies: held.unread_replies, mentions: held.unread_mentions },
            now: ThreadUnread { replies, mentions },
        };
        let directory = self.api.fold.directory();
        Ok(match mark {
            Mark::Until(until) => ReadThread { thread, until }.decide(directory.state()),
            Mark::UnreadFrom(post) => SetThreadUnread { thread, post }.decide(directory.state()),
        })
    }

    fn seen(&self) -> Result<Seen, ReadstateRejection> {
        if !self.is_known() {
            return Err(ReadstateRejection::UnknownPost);
        }
        if !self.is_here() {
            return Err(ReadstateRejection::Forbidden);
        }
        let directory = self.api.fold.directory();
        let channels = self.api.fold.channels(self.channel);
        Seen::of(directory.state(), channels.state(), self.channel, self.user_id)
    }

    /// Rows that are not there, or not for the person.
    fn without_rows(&self) -> ReadstateRejection {
        self.seen().err().unwrap_or(ReadstateRejection::UnknownPost)
    }

    /// The thread as it is once the rows show what was written.
    async fn answer(&self, positions: &[Position]) -> Result<Response, ApiError> {
        self.api.visible(positions).await;
        let read = self.api.reader.thread_of(self.user_id, self.root).await.map_err(unreadable)?;
        let thread = read.granted().ok_or_else(ApiError::post_not_found)?;
        let shown = json(StatusCode::OK, &self.shown(&thread));
        Ok(self.api.shown(&self.caller.wishes, positions, shown).await)
    }

    fn shown(&self, thread: &FollowedThread) -> wire::Thread {
        let name = |user| self.api.fold.names().person(user).map(|one| one.username.clone());
        let root = with_emoji(self.api, thread.root.to_wire(&name));
        let ids = thread.participants.iter().copied().map(wire::Participant::Id);
        thread.to_wire(ids.collect(), root)
    }
}
