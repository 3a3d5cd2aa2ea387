//! A cell with a log in memory, a running fold and running sockets, without commands: tests append
//! the events themselves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use event_log::testing::MemoryLog;
use event_log::{EventLog, PresenceAppender};
use events::bookmark::BookmarkContent;
use events::channel::*;
use events::directory::*;
use events::user::*;
use events::*;
use fold::{Fold, FoldSet, Presence, StatusBoard, auth};
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use realtime::{Hydrate, Options, Parts, Realtime, ThreadTold, ThreadTouched};
use tokio_util::sync::CancellationToken;

pub mod socket;
pub use socket::Socket;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Rows as they would be read: named after what was asked for.
#[derive(Default)]
struct Rows {
    /// The channel that all threads are of, and who follows them without being there.
    threads: Mutex<(ChannelId, Vec<UserId>)>,
}

impl Hydrate for Rows {
    fn post(&self, _: Position, post: PostId) -> BoxFuture<'_, Option<Bytes>> {
        std::future::ready(Some(format!(r#"{{"id":"{post}","is_pinned":true}}"#).into())).boxed()
    }

    fn channel(&self, _: Position, channel: ChannelId) -> BoxFuture<'_, Option<Bytes>> {
        std::future::ready(Some(format!(r#"{{"id":"{channel}"}}"#).into())).boxed()
    }

    fn channel_member(
        &self,
        _: Position,
        channel: ChannelId,
        user: UserId,
    ) -> BoxFuture<'_, Option<Bytes>> {
        let member = format!(r#"{{"channel_id":"{channel}","user_id":"{user}"}}"#);
        std::future::ready(Some(member.into())).boxed()
    }

    fn channel_members_of(&self, _: Position, user: UserId) -> BoxFuture<'_, Vec<Bytes>> {
        std::future::ready(vec![format!(r#"{{"user_id":"{user}"}}"#).into()]).boxed()
    }

    fn members_called_urgently(
        &self,
        _: Vec<Position>,
        _: Vec<PostId>,
        _: Vec<UserId>,
    ) -> BoxFuture<'_, Vec<(ChannelId, UserId, Bytes)>> {
        std::future::ready(Vec::new()).boxed()
    }

    fn team(&self, _: Position, team: TeamId) -> BoxFuture<'_, Option<Bytes>> {
        std::future::ready(Some(format!(r#"{{"id":"{team}"}}"#).into())).boxed()
    }

    fn categories(&self, _: Position, user: UserId, team: TeamId) -> BoxFuture<'_, Option<Bytes>> {
        let categories = format!(r#"[{{"id":"favorites_{user}_{team}"}}]"#);
        std::future::ready(Some(categories.into())).boxed()
    }

    fn scheduled_post(
        &self,
        _: Position,
        user: UserId,
        id: ScheduledPostId,
    ) -> BoxFuture<'_, Option<Bytes>> {
        let post = format!(r#"{{"id":"{id}","user_id":"{user}"}}"#);
        std::future::ready(Some(post.into())).boxed()
    }

    fn bookmarks(
        &self,
        _: Position,
        channel_id: ChannelId,
        only: Option<Vec<BookmarkId>>,
    ) -> BoxFuture<'_, Option<Vec<wire::Bookmark>>> {
        let bookmark = |id| {
            let facts = wire::BookmarkFacts {
                id,
                channel_id,
                owner_id: UserId::default(),
                original_id: None,
                file_id: None,
                create_at: 1,
                update_at: 1,
                sort_order: 0,
            };
            wire::Bookmark::new(&facts, &BookmarkContent::default(), None)
        };
        let told = only.unwrap_or_default().into_iter().map(bookmark).collect();
        std::future::ready(Some(told)).boxed()
    }

    fn user(&self, _: Position, user_id: UserId) -> BoxFuture<'_, Option<wire::User>> {
        let c = UserCreated {
            user_id,
            username_hash: KeyedHash::random(),
            email_hash: KeyedHash::random(),
            is_bot: false,
            locale: String::new(),
        };
        let user = wire::User::from_created(&c, &NewProfile::default(), 1, false);
        std::future::ready(Some(user)).boxed()
    }

    fn followers(&self, _: Position, _: PostId) -> BoxFuture<'_, Option<Vec<(UserId, bool)>>> {
        std::future::ready(Some(Vec::new())).boxed()
    }

    /// All who are there follow everything. Who is not is told first: what reaches the others comes
    /// later.
    fn threads(
        &self,
        _: Vec<Position>,
        touched: Vec<ThreadTouched>,
    ) -> BoxFuture<'_, Vec<ThreadTold>> {
        let (channel_id, absent) = self.threads.lock().clone();
        let all = touched.into_iter().flat_map(|thread| {
            let ThreadTouched { root, reply, gone, users } = thread;
            absent.clone().into_iter().chain(users).map(move |user_id| ThreadTold {
                user_id,
                channel_id,
                team_id: None,
                thread: format!(r#"{{"id":"{root}","reply":"{reply}","gone":{gone}}}"#).into(),
                previous_unread_replies: 1,
                previous_unread_mentions: 0,
            })
        });
        std::future::ready(all.collect()).boxed()
    }
}

pub struct Cell {
    pub log: MemoryLog,
    pub fold: Fold,
    pub realtime: Realtime,
    pub address: SocketAddr,
    rows: Arc<Rows>,
    /// The first account, which administers the system and creates the teams.
    founder: UserId,
    stop: CancellationToken,
}

impl Drop for Cell {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub struct Person {
    pub id: UserId,
    pub token: String,
    pub session: SessionId,
}

impl Cell {
    pub async fn start() -> Self {
        Self::start_with(fold::Options::default()).await
    }

    pub async fn start_with(options: fold::Options) -> Self {
        let log = MemoryLog::new();
        log.set_clock(platform::clock::now_ms());
        let port: Arc<dyn EventLog> = Arc::new(log.clone());
        let fold = Fold::start(Arc::clone(&port) as _, FoldSet::new(), options).await.unwrap();
        let rows = Arc::new(Rows::default());
        let statuses = Arc::new(StatusBoard::new());
        let presence = Presence::follow(Arc::clone(&port) as _, Arc::clone(&statuses));
        let parts = Parts {
            fold: fold.clone(),
            presence: presence.await.unwrap(),
            presence_log: PresenceAppender::new(port),
            statuses,
            hydrate: Arc::clone(&rows) as _,
            options: Options {
                source: "test".into(),
                version: "1.0.0".into(),
                site_origin: Some("https://chat.example.org".into()),
                sockets_per_account_max: 3,
            },
        };
        let realtime = Realtime::start(parts).await.unwrap();
        let listener = platform::http::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = realtime.router();
        tokio::spawn(platform::http::serve(listener, router, stop.clone(), PATIENCE));
        let founder = UserId::default();
        let mut cell = Self { log, fold, realtime, address, rows, founder, stop };
        cell.founder = cell.sign_up("founder").await.id;
        cell
    }

    /// Appends an event and waits until it is folded.
    pub async fn append(&self, key: Id, by: UserId, event: impl Into<Event>) -> Position {
        let event = event.into();
        let partition = Partition::of(event.topic(), &key.0);
        let read_at = self.fold.next(partition);
        let now_ms = platform::clock::now_ms();
        let meta = Meta::new(EventId::random(), key, now_ms, read_at, Actor::User(by));
        let record = encode("test", &meta, &event);
        let appended = self.log.append(partition, record).await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        self.fold.wait_for(partition, appended.offset + 1, deadline).await.unwrap();
        let outcome = self.fold.outcome(partition, meta.id).expect("a verdict that is remembered");
        assert!(outcome.result.is_ok(), "{event:?} is void: {:?}", outcome.result);
        Position::new(partition, appended.offset)
    }

    /// As all that prepares a test, it is over before the next socket opens: who connects meanwhile
    /// may hear of it again.
    async fn directory(&self, event: impl Into<DirectoryEvent>) -> Position {
        let position = self.append(Id::default(), UserId::default(), event.into()).await;
        self.pushed(position).await;
        position
    }

    pub async fn channel_event(
        &self,
        channel: ChannelId,
        event: impl Into<ChannelEvent>,
    ) -> Position {
        self.append(channel.0, UserId::default(), event.into()).await
    }

    pub async fn sign_up(&self, username: &str) -> Person {
        let id = UserId::random();
        let c = UserCreated {
            user_id: id,
            username_hash: KeyedHash::random(),
            email_hash: KeyedHash::random(),
            is_bot: false,
            locale: String::new(),
        };
        let p = NewProfile { username: username.into(), ..NewProfile::default() };
        self.directory(DirectoryEvent::UserCreated(Body { c, p })).await;
        self.log_in(id).await
    }

    pub async fn log_in(&self, id: UserId) -> Person {
        let token = auth::new_token(id, Id::random().0);
        let session = SessionId::random();
        let c = SessionCreated {
            user_id: id,
            session_id: session,
            token_hash: TokenHash::of(&token),
            expires_at: i64::MAX,
            auth_generation: 0,
        };
        let event = UserEvent::SessionCreated(Body { c, p: SessionOrigin::default() });
        self.append(id.0, id, event).await;
        Person { id, token, session }
    }

    /// A team; its members' generation is the offset of the answer.
    pub async fn team(&self, members: &[&Person]) -> (TeamId, u64) {
        let team_id = TeamId::random();
        let c = TeamCreated {
            team_id,
            name: format!("t{}", &team_id.to_string()[..8]),
            display_name: "Team".into(),
            description: String::new(),
            r#type: TeamType::Open,
            allow_open_invite: true,
            invite_id: Id::random(),
            creator_id: self.founder,
            default_channels: Vec::new(),
        };
        self.directory(DirectoryEvent::TeamCreated(Body { c, p: TeamContact::default() })).await;
        let generation = self.join_team(team_id, members).await;
        (team_id, generation)
    }

    pub async fn join_team(&self, team_id: TeamId, members: &[&Person]) -> u64 {
        let members =
            members.iter().map(|p| NewTeamMember { user_id: p.id, scheme_admin: false }).collect();
        let added = TeamMembersAdded { team_id, members, via: JoinedVia::Add };
        self.directory(DirectoryEvent::TeamMembersAdded(added.into())).await.offset
    }

    pub async fn leave_team(&self, team_id: TeamId, person: &Person, generation: u64) -> Position {
        let removed = TeamMemberRemoved { team_id, user_id: person.id, generation };
        self.directory(DirectoryEvent::TeamMemberRemoved(removed.into())).await
    }

    pub async fn deactivate(&self, person: &Person) -> Position {
        let event = UserDeactivated { user_id: person.id };
        self.directory(DirectoryEvent::UserDeactivated(event.into())).await
    }

    pub async fn log_out(&self, person: &Person) -> Position {
        let revoked = SessionRevoked { user_id: person.id, session_id: person.session };
        self.append(person.id.0, person.id, UserEvent::SessionRevoked(revoked.into())).await
    }

    /// A private channel of a team.
    pub async fn channel(&self, team: (TeamId, u64), members: &[&Person]) -> ChannelId {
        let channel_id = ChannelId::random();
        let creator_id = members.first().map(|person| person.id);
        let members = members.iter().map(|person| new_member(person, team.1)).collect();
        let created = ChannelCreated {
            channel_id,
            team_id: team.0,
            r#type: ChannelType::Private,
            display_name: "Secrets".into(),
            header: String::new(),
            purpose: String::new(),
            creator_id,
            is_default: false,
            members,
        };
        let event = ChannelEvent::ChannelCreated(created.into());
        let position = self.channel_event(channel_id, event).await;
        self.pushed(position).await;
        channel_id
    }

    pub async fn add(&self, channel_id: ChannelId, person: &Person, generation: u64, by: &Person) {
        let added = ChannelMembersAdded {
            channel_id,
            members: vec![new_member(person, generation)],
            by: by.id,
            via: JoinedVia::Add,
            notice: Some(notice(NoticeKind::AddToChannel, by, person)),
        };
        self.channel_event(channel_id, ChannelEvent::ChannelMembersAdded(added.into())).await;
    }

    pub async fn remove(&self, channel_id: ChannelId, person: &Person, by: &Person) -> Position {
        let since = {
            let channels = self.fold.channels(channel_id);
            channels.state().channel(channel_id).unwrap().member(person.id).unwrap().since
        };
        let removed = ChannelMemberRemoved {
            channel_id,
            user_id: person.id,
            membership: Some(since),
            generation: 0,
            by: by.id,
            because: LeftBecause::Removed,
            is_guest: false,
            notice: Some(notice(NoticeKind::RemoveFromChannel, by, person)),
        };
        self.channel_event(channel_id, ChannelEvent::ChannelMemberRemoved(removed.into())).await
    }

    pub async fn post(&self, channel_id: ChannelId, author: &Person, message: &str) -> Position {
        self.post_to(channel_id, author, message, &[]).await
    }

    pub async fn post_to(
        &self,
        channel_id: ChannelId,
        author: &Person,
        message: &str,
        mentions: &[&Person],
    ) -> Position {
        let c = PostCreated {
            channel_id,
            post_id: PostId::random(),
            author_id: author.id,
            root: None,
            mentions: mentions.iter().map(|person| person.id).collect(),
            named: Vec::new(),
            broadcast: Broadcast::None,
            files: Vec::new(),
            marks_read: true,
            auto_follow: false,
            set_online: true,
            priority: Default::default(),
        };
        let p = PostContent { message: message.into(), ..PostContent::default() };
        self.channel_event(channel_id, ChannelEvent::PostCreated(Body { c, p })).await
    }

    /// A root, or a reply to one.
    pub async fn say(
        &self,
        channel_id: ChannelId,
        author: &Person,
        root: Option<PostId>,
    ) -> PostId {
        let post_id = PostId::random();
        let c = PostCreated {
            channel_id,
            post_id,
            author_id: author.id,
            root: root.map(|post_id| Root { post_id, author_id: author.id }),
            mentions: Vec::new(),
            named: Vec::new(),
            broadcast: Broadcast::None,
            files: Vec::new(),
            marks_read: false,
            auto_follow: true,
            set_online: true,
            priority: Default::default(),
        };
        let event = ChannelEvent::PostCreated(Body { c, p: PostContent::default() });
        self.channel_event(channel_id, event).await;
        post_id
    }

    /// From now on all threads are of this channel, and somebody who may not read it follows them.
    pub fn threads_of(&self, channel: ChannelId, follower: &Person) {
        *self.rows.threads.lock() = (channel, vec![follower.id]);
    }

    /// Waits until the sockets have been told of what stands at `position`.
    pub async fn pushed(&self, position: Position) {
        use fold::AccessEnded;
        tokio::time::timeout(PATIENCE, self.realtime.passed(position)).await.unwrap();
    }
}

fn new_member(person: &Person, generation: u64) -> NewMember {
    NewMember { user_id: person.id, generation, scheme_admin: false }
}

fn notice(kind: NoticeKind, by: &Person, concerned: &Person) -> Notice {
    Notice {
        post_id: PostId::random(),
        kind,
        by: by.id,
        user_ids: vec![concerned.id],
        old: String::new(),
        new: String::new(),
    }
}
