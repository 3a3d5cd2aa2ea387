//! Given what was decided, when a command comes, then this: the states of one process that is current.

use events::channel::AttachedFile;
use events::directory::{ChannelType, NewProfile, TeamType};
use events::user::{SessionOrigin, StatusKind, TokenHash};
use events::{
    Actor, ChannelId, Event, EventId, FileId, Id, KeyedHash, Meta, PostId, SessionId, TeamId,
    UserId,
};

use super::channel::AddChannelMembers;
use super::directory::{AddTeamMembers, CreateChannel, CreateTeam, CreateUser};
use super::post::{Calls, CreatePost, PostFacts};
use super::user::CreateSession;
use super::{Decision, subject_of};
use crate::verdict::{Applied, Refusal};
use crate::{Aggregate, Channels, Directory, Readstate, Users};

/// The states, and what their events have said.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub directory: Directory,
    pub channels: Channels,
    pub users: Users,
    pub readstate: Readstate,
    /// Events so far: offsets and times count up with them.
    pub next: u64,
}

pub(super) fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

pub(super) fn team(n: u8) -> TeamId {
    TeamId::from_bytes([0x40 | n; 16])
}

pub(super) fn channel(n: u8) -> ChannelId {
    ChannelId::from_bytes([0x80 | n; 16])
}

pub(super) fn post(n: u8) -> PostId {
    PostId::from_bytes([0xc0 | n; 16])
}

impl Given {
    pub(super) fn new() -> Self {
        Self { next: 1, ..Self::default() }
    }

    /// Judges and applies an event as the fold does.
    pub(super) fn apply(&mut self, event: &Event) -> Result<Applied, Refusal> {
        let actor = Actor::System;
        let meta = Meta::new(EventId::default(), subject_of(event), 0, self.next, actor);
        let (at, offset) = (i64::try_from(self.next).expect("few events") * 10, self.next);
        self.next += 1;
        match event {
            Event::Directory(event) => one(&mut self.directory, &meta, event, at, offset),
            Event::Channels(event) => one(&mut self.channels, &meta, event, at, offset),
            Event::Users(event) => one(&mut self.users, &meta, event, at, offset),
            Event::Readstate(event) => one(&mut self.readstate, &meta, event, at, offset),
            Event::Presence(_) => Ok(Applied::default()),
        }
    }

    /// Takes a decision into the states: it must be an event, and the log must admit it.
    #[track_caller]
    pub(super) fn done<R: std::fmt::Debug>(&mut self, decided: Result<Decision, R>) -> Applied {
        let event = decided.expect("decided").event().expect("something to append");
        self.apply(&event).expect("admitted")
    }

    #[track_caller]
    pub(super) fn with_user(mut self, n: u8) -> Self {
        let command = sign_up(n);
        self.done(command.decide(&self.directory));
        self
    }

    /// A team of `founder`'s that anybody may join, without its default channels.
    #[track_caller]
    pub(super) fn with_team(mut self, n: u8, founder: u8) -> Self {
        let command = found(n, founder);
        self.done(command.decide(&self.directory));
        self
    }

    #[track_caller]
    pub(super) fn with_member(mut self, t: u8, n: u8) -> Self {
        let command = AddTeamMembers {
            actor: user(n),
            team_id: team(t),
            user_ids: vec![user(n)],
            invite: None,
        };
        self.done(command.decide(&self.directory));
        self
    }

    /// A channel with its creator, as claim and step make it.
    #[track_caller]
    pub(super) fn with_channel(mut self, n: u8, t: u8, creator: u8, r#type: ChannelType) -> Self {
        let command = create_channel(n, t, creator, r#type);
        self.done(command.decide(&self.directory));
        self.step(n, t, creator, r#type);
        self
    }

    /// The step that follows a claimed name.
    pub(super) fn step(&mut self, n: u8, t: u8, creator: u8, r#type: ChannelType) {
        let membership = self.directory.membership(user(creator), team(t)).expect("a member");
        let created = events::channel::ChannelCreated {
            channel_id: channel(n),
            team_id: team(t),
            r#type,
            display_name: format!("channel {n}"),
            header: String::new(),
            purpose: String::new(),
            creator_id: Some(user(creator)),
            is_default: false,
            members: vec![events::channel::NewMember {
                user_id: user(creator),
                generation: membership.generation,
                scheme_admin: true,
            }],
        };
        let event = events::ChannelEvent::ChannelCreated(created.into());
        self.apply(&event.into()).expect("admitted");
    }

    #[track_caller]
    pub(super) fn with_channel_member(mut self, n: u8, member: u8) -> Self {
        let command = add(n, member, member);
        self.done(command.decide(&self.directory, &self.channels));
        self
    }
}

fn one<A: Aggregate>(
    state: &mut A,
    meta: &Meta,
    event: &A::Event,
    at: i64,
    offset: u64,
) -> Result<Applied, Refusal> {
    state.admit(1, event)?;
    Ok(state.evolve(meta, event, at, offset))
}

pub(super) fn sign_up(n: u8) -> CreateUser {
    CreateUser {
        user_id: user(n),
        username_hash: KeyedHash::from_bytes([n; 16]),
        email_hash: KeyedHash::from_bytes([n; 16]),
        is_bot: false,
        locale: String::new(),
        profile: NewProfile {
            username: format!("user{n}"),
            email: format!("user{n}@example.org"),
            ..NewProfile::default()
        },
    }
}

pub(super) fn found(n: u8, founder: u8) -> CreateTeam {
    CreateTeam {
        actor: user(founder),
        team_id: team(n),
        name: format!("team-{n}"),
        display_name: format!("Team {n}"),
        description: String::new(),
        r#type: TeamType::Open,
        allow_open_invite: true,
        invite_id: Id([n; 16]),
        email: String::new(),
    }
}

pub(super) fn create_channel(n: u8, t: u8, creator: u8, r#type: ChannelType) -> CreateChannel {
    CreateChannel {
        actor: user(creator),
        channel_id: channel(n),
        team_id: team(t),
        r#type,
        name: format!("channel-{n}"),
        display_name: format!("channel {n}"),
        header: String::new(),
        purpose: String::new(),
    }
}

pub(super) fn add(n: u8, actor: u8, member: u8) -> AddChannelMembers {
    AddChannelMembers {
        actor: user(actor),
        channel_id: channel(n),
        user_ids: vec![user(member)],
        notice_id: PostId::default(),
    }
}

pub(super) fn say(n: u8, actor: u8, message: &str) -> CreatePost {
    CreatePost {
        actor: user(actor),
        channel_id: channel(n),
        post_id: post(0),
        root: None,
        calls: Calls::default(),
        files: vec![],
        content: events::channel::PostContent { message: message.to_owned(), ..Default::default() },
        set_online: true,
        collapses: false,
        priority: Default::default(),
    }
}

pub(super) fn facts(n: u8, c: u8, author: u8) -> PostFacts {
    PostFacts {
        post_id: post(n),
        channel_id: channel(c),
        author_id: user(author),
        root_id: None,
        create_at: 1_000,
        is_system: false,
        is_pinned: false,
        deleted: false,
        deleted_by: None,
    }
}

pub(super) fn file(n: u8) -> AttachedFile {
    AttachedFile {
        file_id: FileId::from_bytes([n; 16]),
        size: 5,
        mime_type: "text/plain".into(),
        extension: "txt".into(),
        width: 0,
        height: 0,
        has_preview: false,
    }
}

pub(super) fn log_in(n: u8, session: u8, generation: u64) -> CreateSession {
    CreateSession {
        user_id: user(n),
        session_id: SessionId::from_bytes([session; 16]),
        token_hash: TokenHash([session; 32]),
        expires_at: i64::MAX,
        auth_generation: generation,
        origin: SessionOrigin::default(),
    }
}

pub(super) const STATUSES: [StatusKind; 4] =
    [StatusKind::Online, StatusKind::Away, StatusKind::Dnd, StatusKind::Offline];
