//! People of a [`World`], what they do and what they ask.

use axum::body::Body as HttpBody;
use bytes::Bytes;
use events::channel::*;
use events::directory::*;
use events::user::*;
use events::*;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::World;

#[derive(Debug, Clone)]
pub struct Person {
    pub id: UserId,
    pub token: String,
    pub session: SessionId,
}

#[derive(Debug, Clone, Copy)]
pub struct Team {
    pub id: TeamId,
    pub town_square: ChannelId,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?} is no JSON"))
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self.json()
    }

    /// Status and id of a refusal.
    #[track_caller]
    pub fn refused(&self) -> (u16, String) {
        assert!(self.status.is_client_error(), "{self:?}");
        assert_eq!(self.headers["content-type"], "application/json");
        (self.status.as_u16(), self.json()["id"].as_str().unwrap().to_owned())
    }
}

impl World {
    pub async fn person(&self, name: &str) -> Person {
        let id = UserId::random();
        let created = UserCreated {
            user_id: id,
            username_hash: self.secrets.username_hash(name),
            email_hash: self.secrets.email_hash(&format!("{name}@example.org")),
            is_bot: false,
            locale: String::new(),
        };
        let profile = NewProfile {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            first_name: name.to_uppercase(),
            ..NewProfile::default()
        };
        self.append(Id::default(), DirectoryEvent::from(Body { c: created, p: profile })).await;
        let (token, session) = self.session(id).await;
        Person { id, token, session }
    }

    pub async fn session(&self, user: UserId) -> (String, SessionId) {
        let token = fold::auth::new_token(user, Id::random().0);
        let session_id = SessionId::random();
        let auth_generation = self.fold.directory().state().account(user).unwrap().auth_generation;
        let created = SessionCreated {
            user_id: user,
            session_id,
            token_hash: TokenHash::of(&token),
            expires_at: i64::MAX,
            auth_generation,
        };
        self.append(user.0, UserEvent::from(with_nothing_personal(created))).await;
        (token, session_id)
    }

    pub async fn team(&self, creator: &Person, name: &str) -> Team {
        self.team_of(creator, name, TeamType::Open, true).await
    }

    pub async fn team_of(
        &self,
        creator: &Person,
        name: &str,
        kind: TeamType,
        allow_open_invite: bool,
    ) -> Team {
        let id = TeamId::random();
        let town_square = ChannelId::default_of(id, "town-square");
        let created = TeamCreated {
            team_id: id,
            name: name.to_owned(),
            display_name: name.to_uppercase(),
            description: String::new(),
            r#type: kind,
            allow_open_invite,
            invite_id: Id::random(),
            creator_id: creator.id,
            default_channels: vec![DefaultChannel {
                channel_id: town_square,
                name: "town-square".into(),
                display_name: "Town Square".into(),
            }],
        };
        let at =
            self.append(Id::default(), DirectoryEvent::from(with_nothing_personal(created))).await;
        let made = ChannelCreated {
            channel_id: town_square,
            team_id: id,
            r#type: ChannelType::Open,
            display_name: "Town Square".into(),
            header: String::new(),
            purpose: String::new(),
            creator_id: None,
            is_default: true,
            members: vec![NewMember {
                user_id: creator.id,
                generation: at.offset,
                scheme_admin: false,
            }],
        };
        self.append(town_square.0, ChannelEvent::ChannelCreated(made.into())).await;
        Team { id, town_square }
    }

    pub async fn join_team(&self, team: Team, person: &Person) {
        let member = NewTeamMember { user_id: person.id, scheme_admin: false };
        let added =
            TeamMembersAdded { team_id: team.id, members: vec![member], via: JoinedVia::Join };
        self.append(Id::default(), DirectoryEvent::TeamMembersAdded(added.into())).await;
        self.join(team.town_square, person, NoticeKind::JoinTeam).await;
    }

    pub async fn leave_team(&self, team: Team, person: &Person) {
        let generation = self.generation(person.id, team.id);
        let removed = TeamMemberRemoved { team_id: team.id, user_id: person.id, generation };
        self.append(Id::default(), DirectoryEvent::TeamMemberRemoved(removed.into())).await;
    }

    fn generation(&self, user: UserId, team: TeamId) -> u64 {
        self.fold.directory().state().membership(user, team).unwrap().generation
    }

    pub async fn channel(
        &self,
        team: Team,
        kind: ChannelType,
        name: &str,
        creator: &Person,
    ) -> ChannelId {
        let channel_id = ChannelId::random();
        let generation = self.generation(creator.id, team.id);
        let claimed = ChannelNameClaimed {
            team_id: team.id,
            channel_id,
            name: name.to_owned(),
            channel: ClaimedChannel {
                r#type: kind,
                display_name: name.to_uppercase(),
                header: String::new(),
                purpose: String::new(),
                creator_id: creator.id,
                creator_generation: generation,
            },
        };
        self.append(Id::default(), DirectoryEvent::ChannelNameClaimed(claimed.into())).await;
        let made = ChannelCreated {
            channel_id,
            team_id: team.id,
            r#type: kind,
            display_name: name.to_uppercase(),
            header: String::new(),
            purpose: String::new(),
            creator_id: Some(creator.id),
            is_default: false,
            members: vec![NewMember { user_id: creator.id, generation, scheme_admin: true }],
        };
        self.append(channel_id.0, ChannelEvent::ChannelCreated(made.into())).await;
        channel_id
    }

    pub async fn direct(&self, a: &Person, b: &Person) -> ChannelId {
        let channel_id = ChannelId::direct(a.id, b.id);
        let opened = ChannelDirectOpened { channel_id, user_ids: vec![a.id, b.id], by: a.id };
        self.append(channel_id.0, ChannelEvent::ChannelDirectOpened(opened.into())).await;
        channel_id
    }

    pub async fn group(&self, people: &[&Person]) -> ChannelId {
        let user_ids: Vec<UserId> = people.iter().map(|person| person.id).collect();
        let channel_id = ChannelId::group(&user_ids);
        let opened = ChannelGroupOpened { channel_id, by: user_ids[0], user_ids };
        self.append(channel_id.0, ChannelEvent::ChannelGroupOpened(opened.into())).await;
        channel_id
    }

    pub async fn archive(&self, channel: ChannelId, person: &Person) {
        let notice = notice(NoticeKind::ChannelDeleted, person.id);
        let archived = ChannelArchived { channel_id: channel, notice };
        self.append(channel.0, ChannelEvent::ChannelArchived(archived.into())).await;
    }

    pub async fn join(&self, channel: ChannelId, person: &Person, kind: NoticeKind) {
        let team = self.fold.channels(channel).state().channel(channel).unwrap().team_id.unwrap();
        let generation = self.generation(person.id, team);
        let added = ChannelMembersAdded {
            channel_id: channel,
            members: vec![NewMember { user_id: person.id, generation, scheme_admin: false }],
            by: person.id,
            via: JoinedVia::Join,
            notice: Some(notice(kind, person.id)),
        };
        self.append(channel.0, ChannelEvent::ChannelMembersAdded(added.into())).await;
    }

    pub async fn leave(&self, channel: ChannelId, person: &Person) -> Position {
        let (membership, generation) = {
            let channels = self.fold.channels(channel);
            let member = channels.state().channel(channel).unwrap().member(person.id).unwrap();
            (member.since, member.generation)
        };
        let is_guest = domain::rights::is_guest(self.fold.directory().state(), person.id);
        let removed = ChannelMemberRemoved {
            channel_id: channel,
            user_id: person.id,
            membership: Some(membership),
            generation,
            by: person.id,
            because: LeftBecause::Left,
            is_guest,
            notice: None,
        };
        self.append(channel.0, ChannelEvent::ChannelMemberRemoved(removed.into())).await
    }

    pub async fn say(&self, channel: ChannelId, author: &Person, message: &str) -> PostId {
        self.post(channel, author, message, None, &[]).await
    }

    pub async fn reply(
        &self,
        root: (PostId, &Person),
        channel: ChannelId,
        author: &Person,
    ) -> PostId {
        let root = Root { post_id: root.0, author_id: root.1.id };
        self.post(channel, author, "a reply", Some(root), &[]).await
    }

    pub async fn post(
        &self,
        channel: ChannelId,
        author: &Person,
        message: &str,
        root: Option<Root>,
        files: &[(AttachedFile, &str)],
    ) -> PostId {
        let (post_id, event) = post_created(channel, author, message, root, files);
        self.append(channel.0, event).await;
        post_id
    }

    pub async fn edit(&self, channel: ChannelId, author: &Person, post: PostId, message: &str) {
        let edited = PostEdited {
            channel_id: channel,
            post_id: post,
            author_id: author.id,
            create_at: 1,
            root_id: None,
            is_pinned: false,
            has_reactions: false,
            reply_count: 0,
            files: vec![],
            priority: Default::default(),
        };
        let content = PostContent { message: message.to_owned(), ..PostContent::default() };
        self.append(channel.0, ChannelEvent::from(Body { c: edited, p: content })).await;
    }

    pub async fn delete(&self, channel: ChannelId, author: &Person, post: PostId) {
        let deleted = PostDeleted {
            channel_id: channel,
            post_id: post,
            author_id: author.id,
            root_id: None,
            by: author.id,
        };
        self.append(channel.0, ChannelEvent::PostDeleted(deleted.into())).await;
    }

    /// What a person said in the channel is erased; the steps before and after do not matter to it.
    pub async fn erase_author(&self, channel: ChannelId, author: &Person) {
        let erased = ChannelAuthorErased { channel_id: channel, user_id: author.id };
        self.append(channel.0, ChannelEvent::ChannelAuthorErased(erased.into())).await;
    }

    pub async fn react(&self, channel: ChannelId, person: &Person, post: PostId, emoji: &str) {
        let added = ReactionAdded {
            channel_id: channel,
            post_id: post,
            root_id: None,
            user_id: person.id,
            emoji_name: emoji.to_owned(),
        };
        self.append(channel.0, ChannelEvent::ReactionAdded(added.into())).await;
    }

    pub async fn pin(&self, channel: ChannelId, person: &Person, post: PostId) {
        let pinned =
            PostPinned { channel_id: channel, post_id: post, root_id: None, by: person.id };
        self.append(channel.0, ChannelEvent::PostPinned(pinned.into())).await;
    }

    pub async fn upload(
        &self,
        channel: ChannelId,
        owner: &Person,
        name: &str,
        mime_type: &str,
        content: &[u8],
    ) -> AttachedFile {
        let file_id = FileId::random();
        let object = format!("files/{file_id}");
        let key = event_archive::ObjectKey::parse(object.as_str()).unwrap();
        let sealed_under = sealing::FileKey::random();
        let content_bytes = Bytes::copy_from_slice(content);
        let plain = futures::stream::iter([Ok(content_bytes)]);
        let sealed = sealed_under.seal(Box::pin(plain));
        self.objects.put_stream(&key, sealed).await.unwrap();
        let file = AttachedFile {
            file_id,
            size: i64::try_from(content.len()).unwrap(),
            mime_type: mime_type.to_owned(),
            extension: name.rsplit('.').next().unwrap_or_default().to_owned(),
            width: 0,
            height: 0,
            has_preview: false,
        };
        let uploaded =
            FileUploaded { channel_id: channel, owner_id: owner.id, file: file.clone(), object };
        let details = FileDetails {
            name: name.to_owned(),
            key: sealed_under.text(),
            ..FileDetails::default()
        };
        let event = ChannelEvent::from(Body { c: uploaded, p: details });
        self.append(channel.0, event).await;
        file
    }

    pub async fn prefer(&self, person: &Person, category: &str, name: &str, value: &str) {
        let preference = Preference {
            category: category.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let event = Body {
            c: PreferencesSet { user_id: person.id },
            p: Preferences { preferences: vec![preference] },
        };
        self.append(person.id.0, UserEvent::from(event)).await;
    }

    pub async fn rename(&self, person: &Person, username: &str) -> Position {
        let changed = UserProfileChanged {
            user_id: person.id,
            username_hash: Some(self.secrets.username_hash(username)),
            email_hash: None,
            locale: None,
        };
        let patch = ProfilePatch { username: Some(username.to_owned()), ..ProfilePatch::default() };
        self.append(Id::default(), DirectoryEvent::from(Body { c: changed, p: patch })).await
    }

    /// Sends a request below `/api/v4`, or to a whole path below `/api`.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<HttpBody>,
    ) -> Answer {
        let below = if path.starts_with("/api/") { "" } else { "/api/v4" };
        self.request(method, &format!("{below}{path}"), headers, body).await
    }

    async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<HttpBody>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Reads a whole path without a session.
    pub async fn at_root(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "").await
    }

    pub async fn get(&self, person: &Person, path: &str) -> Answer {
        self.send("GET", path, &[("authorization", &person.bearer())], "").await
    }

    pub async fn get_with(&self, person: &Person, path: &str, header: (&str, &str)) -> Answer {
        self.send("GET", path, &[("authorization", &person.bearer()), header], "").await
    }

    pub async fn ask(&self, person: &Person, path: &str, body: Value) -> Answer {
        let headers = [("authorization", &*person.bearer())];
        self.send("POST", path, &headers, body.to_string()).await
    }
}

impl Person {
    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

/// The body of an event whose personal half is left empty.
pub fn with_nothing_personal<F: Fact>(c: F) -> Body<F> {
    Body { c, p: F::Personal::default() }
}

pub fn notice(kind: NoticeKind, by: UserId) -> Notice {
    Notice {
        post_id: PostId::random(),
        kind,
        by,
        user_ids: vec![],
        old: String::new(),
        new: String::new(),
    }
}

pub fn post_created(
    channel: ChannelId,
    author: &Person,
    message: &str,
    root: Option<Root>,
    files: &[(AttachedFile, &str)],
) -> (PostId, ChannelEvent) {
    let post_id = PostId::random();
    let created = PostCreated {
        channel_id: channel,
        post_id,
        author_id: author.id,
        root,
        mentions: vec![],
        named: vec![],
        broadcast: Broadcast::None,
        files: files.iter().map(|(file, _)| file.clone()).collect(),
        marks_read: true,
        auto_follow: true,
        set_online: true,
        priority: Default::default(),
    };
    let content = PostContent {
        message: message.to_owned(),
        file_names: files.iter().map(|(_, name)| (*name).to_owned()).collect(),
        ..PostContent::default()
    };
    (post_id, ChannelEvent::from(Body { c: created, p: content }))
}

/// The texts under `key` of every element.
#[track_caller]
pub fn each<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let list = list.as_array().expect("a list");
    list.iter().map(|value| value[key].as_str().unwrap()).collect()
}

/// The `order` of a list of posts, all of which must be there.
#[track_caller]
pub fn order(list: &Value) -> Vec<PostId> {
    let order = list["order"].as_array().expect("an order");
    let ids = order.iter().map(|id| id.as_str().unwrap());
    ids.inspect(|id| assert!(list["posts"].get(id).is_some(), "{id} is in posts"))
        .map(|id| id.parse().unwrap())
        .collect()
}
