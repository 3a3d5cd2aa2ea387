//! Accounts and teams.

use events::channel::*;
use events::directory::*;
use events::draft::DraftsErased;
use events::pictures::*;
use events::user::UserStateErased;
use events::*;
use rand::Rng;

use super::History;

impl History {
    pub(super) fn create_user(&mut self) {
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

    pub(super) fn change_user(&mut self) {
        let user_id = self.user();
        if self.rng.random_bool(0.05) {
            return self.erase(user_id);
        }
        match self.rng.random_range(0..8) {
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
            7 => {
                let is_guest = self.rng.random_bool(0.6);
                self.directory(Body::from(UserGuestChanged { user_id, is_guest }))
            }
            4 => self.directory(Body::from(UserActivated { user_id })),
            5 => {
                let chosen = self.rng.random_bool(0.7);
                let object = chosen.then(|| format!("pictures/{}", self.rng.random_range(0..9)));
                let key = if chosen { "key".to_owned() } else { String::new() };
                let c = UserPictureChanged { user_id, object };
                self.directory(Body { c, p: PictureKey { key } })
            }
            _ => self.directory(Body::from(UserSessionsRevoked { user_id })),
        };
    }

    /// As the process manager does it: the account, its words in some channels, its own state.
    fn erase(&mut self, user_id: UserId) {
        let by = self.user();
        let erased = self.directory(Body::from(UserErased { user_id, by }));
        if Self::applied(&erased).is_none() {
            return;
        }
        for channel_id in self.channels.clone() {
            if self.rng.random_bool(0.8) {
                self.channel(channel_id, Body::from(ChannelAuthorErased { channel_id, user_id }));
            }
        }
        self.personal(user_id, Body::from(UserStateErased { user_id }));
        self.readstate(user_id, Body::from(DraftsErased { user_id }));
        self.directory(Body::from(UserKeyDestroyed { user_id }));
    }

    pub(super) fn create_team(&mut self) {
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

    pub(super) fn team(&mut self) -> TeamId {
        let teams = self.teams.clone();
        self.pick(&teams).unwrap_or_default()
    }

    pub(super) fn change_team(&mut self) {
        let team_id = self.team();
        let event: DirectoryEvent = match self.rng.random_range(0..5) {
            0 => Body::from(TeamArchived { team_id }).into(),
            1 | 2 => Body::from(TeamRestored { team_id }).into(),
            3 => {
                let invite_id = Id(self.rng.random());
                Body::from(TeamInviteRegenerated { team_id, invite_id }).into()
            }
            _ => {
                let open = self.rng.random_bool(0.5);
                let c = TeamChanged {
                    team_id,
                    display_name: Some(self.words()),
                    description: self.rng.random_bool(0.5).then(|| self.words()),
                    company_name: self.rng.random_bool(0.5).then(|| "a company".to_owned()),
                    r#type: open.then_some(TeamType::Open),
                    allow_open_invite: Some(open),
                };
                Body::from(c).into()
            }
        };
        self.directory(event);
    }

    pub(super) fn join_team(&mut self) {
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

    pub(super) fn leave_team(&mut self) {
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
                    is_guest: false,
                    notice,
                };
                self.channel(channel_id, Body::from(c));
            }
        }
    }
}
