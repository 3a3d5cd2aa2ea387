//! Random histories of a small installation. What they say is mostly sensible, and where it is not,
//! the fold makes it void.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Applied;
use events::channel::*;
use events::directory::*;
use events::user::*;
use events::*;
use fold::{FoldSet, Folded};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const WORDS: [&str; 8] = ["tea", "Über", "東京", "#tag", "a\0b", "🎉", "", "it's \"so\""];
const EMOJI: [&str; 3] = ["+1", "tada", "eyes"];

#[derive(Clone, Copy)]
struct Post {
    id: PostId,
    channel: ChannelId,
    author: UserId,
    root: Option<PostId>,
    at: i64,
    deleted: bool,
}

/// A log in the making.
pub struct History {
    rng: StdRng,
    set: FoldSet,
    pub log: BTreeMap<Partition, Vec<SharedRecord>>,
    now_ms: i64,
    users: Vec<UserId>,
    teams: Vec<TeamId>,
    channels: Vec<ChannelId>,
    posts: Vec<Post>,
    files: Vec<(ChannelId, UserId, AttachedFile)>,
    /// How many commands in a hundred were decided before what stands right before them.
    late_percent: u32,
}

impl History {
    /// A history that its caller writes.
    pub fn empty() -> Self {
        Self {
            rng: StdRng::seed_from_u64(0),
            set: FoldSet::new(),
            log: BTreeMap::new(),
            now_ms: 1_700_000_000_000,
            users: Vec::new(),
            teams: Vec::new(),
            channels: Vec::new(),
            posts: Vec::new(),
            files: Vec::new(),
            late_percent: 0,
        }
    }

    /// `len` random steps from `seed`.
    pub fn random(seed: u64, len: usize) -> Self {
        let mut history = Self::empty();
        history.rng = StdRng::seed_from_u64(seed);
        history.late_percent = 5;
        for _ in 0..3 {
            history.create_user();
        }
        history.create_team();
        for _ in 0..len {
            history.step();
        }
        history
    }

    fn step(&mut self) {
        match self.rng.random_range(0..100) {
            0..4 => self.create_user(),
            4..8 => self.change_user(),
            8..10 => self.create_team(),
            10..14 => self.join_team(),
            14..16 => self.leave_team(),
            16..20 => self.create_channel(),
            20..22 => self.rename_channel(),
            22..25 => self.open_conversation(),
            25..28 => self.change_channel(),
            28..35 => self.join_channel(),
            35..39 => self.leave_channel(),
            39..60 => self.post(),
            60..66 => self.edit(),
            66..70 => self.delete(),
            70..74 => self.pin(),
            74..82 => self.react(),
            82..86 => self.upload(),
            86..90 => self.prefer(),
            90..92 => self.set_status(),
            _ => self.read(),
        }
    }

    fn emit(&mut self, topic: Topic, subject: Id, actor: Option<UserId>, event: Event) -> Folded {
        self.now_ms += self.rng.random_range(-3..2_000);
        let partition = Partition::of(topic, &subject.0);
        let next = self.set.next(partition);
        // Some commands were decided long ago; where that matters they are void.
        let late = self.rng.random_range(0..100) < self.late_percent;
        let behind = if late { self.rng.random_range(0..4) } else { 0 };
        let actor = actor.map_or(Actor::System, Actor::User);
        let id = EventId::from_bytes(self.rng.random());
        let meta = Meta::new(id, subject, self.now_ms, next.saturating_sub(behind), actor);
        let new = encode("cell", &meta, &event);
        let record = Arc::new(Record {
            partition,
            offset: next,
            appended_ms: self.now_ms + self.rng.random_range(0..5),
            key: new.key,
            headers: new.headers,
            body: new.body,
        });
        self.log.entry(partition).or_default().push(Arc::clone(&record));
        self.set.apply(record).expect("the history holds only known events")
    }

    pub fn directory(&mut self, event: impl Into<DirectoryEvent>) -> Folded {
        self.emit(Topic::Directory, Id::default(), None, Event::Directory(event.into()))
    }

    pub fn channel(&mut self, channel: ChannelId, event: impl Into<ChannelEvent>) -> Folded {
        self.emit(Topic::Channels, channel.0, None, Event::Channels(event.into()))
    }

    /// Everyone who ever signed up.
    pub fn users(&self) -> &[UserId] {
        &self.users
    }

    /// Every channel there ever was.
    pub fn channels(&self) -> &[ChannelId] {
        &self.channels
    }

    fn applied(folded: &Folded) -> Option<&Applied> {
        folded.verdict.applied()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.rng.random_range(0..from.len())]) }
    }

    fn user(&mut self) -> UserId {
        let users = self.users.clone();
        self.pick(&users).expect("a history begins with people")
    }

    fn words(&mut self) -> String {
        let len = self.rng.random_range(0..4);
        (0..len).map(|_| WORDS[self.rng.random_range(0..WORDS.len())]).collect::<Vec<_>>().join(" ")
    }

    fn hash(&mut self) -> KeyedHash {
        // Few, so that some names are taken.
        KeyedHash::from_bytes([self.rng.random_range(0..40); 16])
    }

    fn create_user(&mut self) {
        let user_id = UserId::from_bytes(self.rng.random());
        let c = UserCreated {
            user_id,
            username_hash: self.hash(),
            email_hash: self.hash(),
            is_bot: self.rng.random_bool(0.2),
            locale: String::new(),
        };
        let p = NewProfile {
            username: format!("u{}", self.rng.random_range(0..1_000_000)),
            email: "Some.One@example.org".to_owned(),
            nickname: self.words(),
            password_hash: "$argon2id$".to_owned(),
            ..NewProfile::default()
        };
        let folded = self.directory(Body { c, p });
        if Self::applied(&folded).is_some() {
            self.users.push(user_id);
        }
    }

    fn change_user(&mut self) {
        let user_id = self.user();
        match self.rng.random_range(0..6) {
            0 => {
                let hears = self.rng.random_bool(0.5).to_string();
                let c = UserProfileChanged {
                    user_id,
                    username_hash: None,
                    email_hash: None,
                    locale: self.rng.random_bool(0.3).then(|| "de".to_owned()),
                };
                let p = ProfilePatch {
                    nickname: Some(self.words()),
                    notify_props: Some([("channel".to_owned(), hears)].into()),
                    ..ProfilePatch::default()
                };
                self.directory(Body { c, p })
            }
            1 => {
                let c = UserPasswordChanged { user_id, kept_session: None };
                self.directory(Body {
                    c,
                    p: PasswordHash { password_hash: "$argon2id$2".to_owned() },
                })
            }
            2 => {
                let system_admin = self.rng.random_bool(0.5);
                self.directory(Body::from(UserRolesChanged { user_id, system_admin }))
            }
            3 => self.directory(Body::from(UserDeactivated { user_id })),
            4 => self.directory(Body::from(UserActivated { user_id })),
            _ => self.directory(Body::from(UserSessionsRevoked { user_id })),
        };
    }

    fn create_team(&mut self) {
        let team_id = TeamId::from_bytes(self.rng.random());
        let names = ["town-square", "off-topic"];
        let default_channels: Vec<DefaultChannel> = names
            .iter()
            .map(|name| DefaultChannel {
                channel_id: ChannelId::default_of(team_id, name),
                name: (*name).to_owned(),
                display_name: self.words(),
            })
            .collect();
        let c = TeamCreated {
            team_id,
            name: format!("team{}", self.rng.random_range(0..20)),
            display_name: self.words(),
            description: self.words(),
            r#type: if self.rng.random_bool(0.5) { TeamType::Open } else { TeamType::InviteOnly },
            allow_open_invite: self.rng.random_bool(0.5),
            invite_id: Id(self.rng.random()),
            creator_id: self.user(),
            default_channels: default_channels.clone(),
        };
        let folded = self.directory(Body { c, p: TeamContact::default() });
        if Self::applied(&folded).is_none() {
            return;
        }
        self.teams.push(team_id);
        for channel in default_channels {
            let c = ChannelCreated {
                channel_id: channel.channel_id,
                team_id,
                r#type: ChannelType::Open,
                display_name: channel.display_name,
                header: String::new(),
                purpose: String::new(),
                creator_id: None,
                is_default: true,
                members: Vec::new(),
            };
            self.channel(channel.channel_id, Body::from(c));
            self.channels.push(channel.channel_id);
        }
    }

    fn team(&mut self) -> TeamId {
        let teams = self.teams.clone();
        self.pick(&teams).unwrap_or_default()
    }

    fn join_team(&mut self) {
        let count = self.rng.random_range(1..3);
        let members = (0..count)
            .map(|_| NewTeamMember {
                user_id: self.user(),
                scheme_admin: self.rng.random_bool(0.2),
            })
            .collect();
        let c = TeamMembersAdded { team_id: self.team(), members, via: JoinedVia::Join };
        self.directory(Body::from(c));
    }

    pub fn generation(&self, user: UserId, team: TeamId) -> u64 {
        let directory = self.set.directory();
        directory.state().membership(user, team).map_or(0, |membership| membership.generation)
    }

    fn leave_team(&mut self) {
        let (user_id, team_id) = (self.user(), self.team());
        let generation = self.generation(user_id, team_id);
        let c = TeamMemberRemoved { team_id, user_id, generation };
        let folded = self.directory(Body::from(c));
        if Self::applied(&folded).is_none() || self.rng.random_bool(0.3) {
            return;
        }
        for channel_id in self.set.channels_of(user_id) {
            let of_team = {
                let fold = self.set.channels(channel_id);
                fold.state().channel(channel_id).and_then(|channel| channel.team_id)
            };
            if of_team == Some(team_id) {
                let notice = self.notice(NoticeKind::LeaveTeam, user_id, user_id);
                let c = ChannelMemberRemoved {
                    channel_id,
                    user_id,
                    membership: None,
                    generation,
                    by: user_id,
                    because: LeftBecause::TeamEnded,
                    notice,
                };
                self.channel(channel_id, Body::from(c));
            }
        }
    }

    fn create_channel(&mut self) {
        let (team_id, creator_id) = (self.team(), self.user());
        let channel_id = ChannelId::from_bytes(self.rng.random());
        let creator_generation = self.generation(creator_id, team_id);
        let kind = if self.rng.random_bool(0.6) { ChannelType::Open } else { ChannelType::Private };
        let channel = ClaimedChannel {
            r#type: kind,
            display_name: self.words(),
            header: self.words(),
            purpose: String::new(),
            creator_id,
            creator_generation,
        };
        let name = format!("channel-{}", self.rng.random_range(0..30));
        let c = ChannelNameClaimed { team_id, channel_id, name, channel: channel.clone() };
        if Self::applied(&self.directory(Body::from(c))).is_none() {
            return;
        }
        let creator =
            NewMember { user_id: creator_id, generation: creator_generation, scheme_admin: true };
        let c = ChannelCreated {
            channel_id,
            team_id,
            r#type: kind,
            display_name: channel.display_name,
            header: channel.header,
            purpose: channel.purpose,
            creator_id: Some(creator_id),
            is_default: false,
            members: vec![creator],
        };
        self.channel(channel_id, Body::from(c));
        self.channels.push(channel_id);
    }

    fn rename_channel(&mut self) {
        let channel_id = self.any_channel();
        let name = format!("channel-{}", self.rng.random_range(0..30));
        self.directory(Body::from(ChannelNameChanged { channel_id, name }));
    }

    fn any_channel(&mut self) -> ChannelId {
        let channels = self.channels.clone();
        self.pick(&channels).unwrap_or_default()
    }

    fn open_conversation(&mut self) {
        let (a, b, c) = (self.user(), self.user(), self.user());
        let (channel_id, event): (ChannelId, ChannelEvent) = if self.rng.random_bool(0.6) {
            let channel_id = ChannelId::direct(a, b);
            let mut user_ids = vec![a, b];
            user_ids.dedup();
            (channel_id, Body::from(ChannelDirectOpened { channel_id, user_ids, by: a }).into())
        } else {
            let channel_id = ChannelId::group(&[a, b, c]);
            let user_ids = vec![a, b, c];
            (channel_id, Body::from(ChannelGroupOpened { channel_id, user_ids, by: a }).into())
        };
        if Self::applied(&self.channel(channel_id, event)).is_some() {
            self.channels.push(channel_id);
        }
    }

    fn notice(&mut self, kind: NoticeKind, by: UserId, of: UserId) -> Option<Notice> {
        self.rng.random_bool(0.8).then(|| Notice {
            post_id: PostId::from_bytes(self.rng.random()),
            kind,
            by,
            user_ids: vec![of],
            old: String::new(),
            new: String::new(),
        })
    }

    fn change_channel(&mut self) {
        let (channel_id, by) = (self.any_channel(), self.user());
        let kinds = [NoticeKind::HeaderChange, NoticeKind::PurposeChange];
        let notices: Vec<Notice> =
            kinds.into_iter().filter_map(|kind| self.notice(kind, by, by)).collect();
        let event: ChannelEvent = match self.rng.random_range(0..4) {
            0 => {
                let Some(notice) = self.notice(NoticeKind::ChannelDeleted, by, by) else { return };
                Body::from(ChannelArchived { channel_id, notice }).into()
            }
            1 => {
                let Some(notice) = self.notice(NoticeKind::ChannelRestored, by, by) else { return };
                Body::from(ChannelRestored { channel_id, notice }).into()
            }
            _ => Body::from(ChannelSettingsChanged {
                channel_id,
                display_name: self.rng.random_bool(0.3).then(|| "a new name".to_owned()),
                header: Some(self.words()),
                purpose: self.rng.random_bool(0.5).then(|| "a purpose".to_owned()),
                notices,
            })
            .into(),
        };
        self.channel(channel_id, event);
    }

    fn team_of(&self, channel: ChannelId) -> Option<TeamId> {
        let fold = self.set.channels(channel);
        fold.state().channel(channel).and_then(|channel| channel.team_id)
    }

    fn join_channel(&mut self) {
        let (channel_id, by) = (self.any_channel(), self.user());
        let team = self.team_of(channel_id).unwrap_or_default();
        let mut people = vec![self.user(), self.user()];
        people.dedup();
        let members: Vec<NewMember> = people
            .iter()
            .map(|user_id| NewMember {
                user_id: *user_id,
                generation: self.generation(*user_id, team),
                scheme_admin: self.rng.random_bool(0.1),
            })
            .collect();
        let via = [JoinedVia::Join, JoinedVia::Add, JoinedVia::Step];
        let c = ChannelMembersAdded {
            channel_id,
            by,
            via: self.pick(&via).unwrap_or(JoinedVia::Add),
            notice: self.notice(NoticeKind::AddToChannel, by, people[0]),
            members,
        };
        self.channel(channel_id, Body::from(c));
    }

    fn member(&mut self, channel_id: ChannelId) -> Option<(UserId, u64)> {
        let members: Vec<(UserId, u64)> = {
            let fold = self.set.channels(channel_id);
            let channel = fold.state().channel(channel_id)?;
            channel.members().map(|member| (member.user_id, member.since)).collect()
        };
        self.pick(&members)
    }

    fn leave_channel(&mut self) {
        let channel_id = self.any_channel();
        let Some((user_id, since)) = self.member(channel_id) else { return };
        let by = self.user();
        let c = ChannelMemberRemoved {
            channel_id,
            user_id,
            membership: Some(since),
            generation: 0,
            by,
            because: if by == user_id { LeftBecause::Left } else { LeftBecause::Removed },
            notice: self.notice(NoticeKind::RemoveFromChannel, by, user_id),
        };
        self.channel(channel_id, Body::from(c));
    }

    fn live_post(&mut self) -> Option<Post> {
        let posts: Vec<Post> = self.posts.iter().filter(|post| !post.deleted).copied().collect();
        self.pick(&posts)
    }

    fn content(&mut self) -> PostContent {
        let mut content = PostContent { message: self.words(), ..PostContent::default() };
        if self.rng.random_bool(0.2) {
            content.props.insert("a\0key".to_owned(), self.words().into());
        }
        content
    }

    fn post(&mut self) {
        let channel_id = self.any_channel();
        let Some((author_id, _)) = self.member(channel_id) else { return };
        let roots: Vec<Post> = self
            .posts
            .iter()
            .filter(|post| post.channel == channel_id && post.root.is_none() && !post.deleted)
            .copied()
            .collect();
        let root = if self.rng.random_bool(0.5) { self.pick(&roots) } else { None };
        let files: Vec<_> = self
            .files
            .extract_if(.., |(channel, owner, _)| *channel == channel_id && *owner == author_id)
            .collect();
        let kinds = [Broadcast::None, Broadcast::None, Broadcast::Channel, Broadcast::Here];
        let mentions = vec![self.user(), self.user()];
        let c = PostCreated {
            channel_id,
            post_id: PostId::from_bytes(self.rng.random()),
            author_id,
            root: root.map(|root| Root { post_id: root.id, author_id: root.author }),
            mentions: if self.rng.random_bool(0.4) { mentions } else { Vec::new() },
            named: Vec::new(),
            broadcast: self.pick(&kinds).unwrap_or_default(),
            files: files.into_iter().map(|(_, _, file)| file).collect(),
            marks_read: self.rng.random_bool(0.8),
            auto_follow: true,
            set_online: true,
        };
        let p =
            PostContent { file_names: vec!["a.txt".to_owned(); c.files.len()], ..self.content() };
        let (id, root) = (c.post_id, root.map(|root| root.id));
        let folded = self.channel(channel_id, Body { c, p });
        if let Some(applied) = Self::applied(&folded) {
            let at = applied.at;
            let post =
                Post { id, channel: channel_id, author: author_id, root, at, deleted: false };
            self.posts.push(post);
        }
    }

    fn edit(&mut self) {
        let Some(post) = self.live_post() else { return };
        let c = PostEdited {
            channel_id: post.channel,
            post_id: post.id,
            author_id: post.author,
            create_at: post.at,
            root_id: post.root,
            is_pinned: false,
            has_reactions: false,
            reply_count: 0,
            files: Vec::new(),
        };
        let p = self.content();
        self.channel(post.channel, Body { c, p });
    }

    fn delete(&mut self) {
        let Some(post) = self.live_post() else { return };
        let c = PostDeleted {
            channel_id: post.channel,
            post_id: post.id,
            author_id: post.author,
            root_id: post.root,
            by: post.author,
        };
        if Self::applied(&self.channel(post.channel, Body::from(c))).is_some() {
            for other in &mut self.posts {
                other.deleted |= other.id == post.id || other.root == Some(post.id);
            }
        }
    }

    fn pin(&mut self) {
        let Some(post) = self.live_post() else { return };
        let (channel_id, post_id, root_id, by) = (post.channel, post.id, post.root, post.author);
        if self.rng.random_bool(0.5) {
            self.channel(channel_id, Body::from(PostPinned { channel_id, post_id, root_id, by }));
        } else {
            self.channel(channel_id, Body::from(PostUnpinned { channel_id, post_id, root_id, by }));
        }
    }

    fn react(&mut self) {
        let Some(post) = self.live_post() else { return };
        let Some((user_id, _)) = self.member(post.channel) else { return };
        let emoji_name = self.pick(&EMOJI).unwrap_or_default().to_owned();
        let (channel_id, post_id, root_id) = (post.channel, post.id, post.root);
        if self.rng.random_bool(0.6) {
            let c = ReactionAdded { channel_id, post_id, root_id, user_id, emoji_name };
            self.channel(channel_id, Body::from(c));
        } else {
            let c = ReactionRemoved { channel_id, post_id, root_id, user_id, emoji_name };
            self.channel(channel_id, Body::from(c));
        }
    }

    fn upload(&mut self) {
        let channel_id = self.any_channel();
        let Some((owner_id, _)) = self.member(channel_id) else { return };
        let file = AttachedFile {
            file_id: FileId::from_bytes(self.rng.random()),
            size: 5,
            mime_type: "text/plain".to_owned(),
            extension: "txt".to_owned(),
            width: 0,
            height: 0,
        };
        let c = FileUploaded {
            channel_id,
            owner_id,
            file: file.clone(),
            object: "files/x".to_owned(),
            sha256: String::new(),
        };
        let p = FileName { name: self.words() };
        if Self::applied(&self.channel(channel_id, Body { c, p })).is_some() {
            self.files.push((channel_id, owner_id, file));
        }
    }

    pub fn personal(&mut self, user: UserId, event: impl Into<UserEvent>) {
        self.emit(Topic::Users, user.0, Some(user), Event::Users(event.into()));
    }

    fn prefer(&mut self) {
        let user_id = self.user();
        let preferences = (0..2)
            .map(|_| Preference {
                category: "display".to_owned(),
                name: format!("n{}", self.rng.random_range(0..4)),
                value: self.words(),
            })
            .collect();
        let p = Preferences { preferences };
        if self.rng.random_bool(0.7) {
            self.personal(user_id, Body { c: PreferencesSet { user_id }, p });
        } else {
            self.personal(user_id, Body { c: PreferencesDeleted { user_id }, p });
        }
    }

    fn set_status(&mut self) {
        let user_id = self.user();
        let kinds = [StatusKind::Online, StatusKind::Dnd, StatusKind::Away, StatusKind::Offline];
        let status = self.pick(&kinds).unwrap_or(StatusKind::Online);
        self.personal(user_id, Body::from(StatusSet { user_id, status, dnd_end_ms: 0 }));
    }

    fn read(&mut self) {
        let channel_id = self.any_channel();
        let Some((user_id, _)) = self.member(channel_id) else { return };
        let Some(marker) = self.marker(channel_id, user_id) else { return };
        let event: ReadstateEvent = if self.rng.random_bool(0.8) {
            Body::from(ReadMarkerAdvanced { user_id, markers: vec![marker] }).into()
        } else {
            let back = ReadMarker { read_to: marker.read_to - 2_000, ..marker };
            let post_id = PostId::default();
            let now = marker.totals;
            Body::from(ReadMarkerSetBack { user_id, marker: back, post_id, now }).into()
        };
        self.readstate(user_id, event);
    }

    pub fn readstate(&mut self, user: UserId, event: impl Into<ReadstateEvent>) {
        self.emit(Topic::Readstate, user.0, Some(user), Event::Readstate(event.into()));
    }

    pub fn marker(&self, channel_id: ChannelId, user: UserId) -> Option<ReadMarker> {
        let fold = self.set.channels(channel_id);
        let channel = fold.state().channel(channel_id)?;
        let totals = channel.totals_for(channel.member(user)?);
        let read_to = channel.totals.last_post_at;
        Some(ReadMarker { channel_id, as_of: channel.last_at, read_to, totals })
    }
}
