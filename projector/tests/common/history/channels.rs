//! Channels and who is in them.

use events::channel::*;
use events::directory::*;
use events::*;
use rand::Rng;

use super::History;

impl History {
    pub(super) fn create_channel(&mut self) {
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

    pub(super) fn rename_channel(&mut self) {
        let channel_id = self.any_channel();
        let name = format!("channel-{}", self.rng.random_range(0..30));
        self.directory(Body::from(ChannelNameChanged { channel_id, name }));
    }

    pub(super) fn any_channel(&mut self) -> ChannelId {
        let channels = self.channels.clone();
        self.pick(&channels).unwrap_or_default()
    }

    pub(super) fn open_conversation(&mut self) {
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

    pub(super) fn notice(&mut self, kind: NoticeKind, by: UserId, of: UserId) -> Option<Notice> {
        self.rng.random_bool(0.8).then(|| Notice {
            post_id: PostId::from_bytes(self.rng.random()),
            kind,
            by,
            user_ids: vec![of],
            old: String::new(),
            new: String::new(),
        })
    }

    pub(super) fn change_channel(&mut self) {
        let (channel_id, by) = (self.any_channel(), self.user());
        let kinds = [NoticeKind::HeaderChange, NoticeKind::PurposeChange];
        let notices: Vec<Notice> =
            kinds.into_iter().filter_map(|kind| self.notice(kind, by, by)).collect();
        let event: ChannelEvent = match self.rng.random_range(0..6) {
            5 => {
                let allowed = self.rng.random_bool(0.5);
                let (whom, what) = (Moderatee::Members, Moderated::CreatePost);
                let changes = vec![Moderation { whom, what, allowed }];
                Body::from(ChannelModerated { channel_id, changes, by }).into()
            }
            4 => {
                let Some(notice) = self.notice(NoticeKind::ChangeChanPrivacy, by, by) else {
                    return;
                };
                let private = self.rng.random_bool(0.5);
                let r#type = if private { ChannelType::Private } else { ChannelType::Open };
                Body::from(ChannelPrivacyChanged { channel_id, r#type, notice }).into()
            }
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

    /// Of a member of a channel, or of a team.
    pub(super) fn change_roles(&mut self) {
        let scheme_admin = self.rng.random_bool(0.5);
        if self.rng.random_bool(0.5) {
            let channel_id = self.any_channel();
            let Some((user_id, membership)) = self.member(channel_id) else { return };
            let c = ChannelMemberRolesChanged { channel_id, user_id, membership, scheme_admin };
            self.channel(channel_id, Body::from(c));
        } else {
            let (team_id, user_id) = (self.team(), self.user());
            let generation = self.generation(user_id, team_id);
            let c = TeamMemberRolesChanged { team_id, user_id, generation, scheme_admin };
            self.directory(Body::from(c));
        }
    }

    pub(super) fn team_of(&self, channel: ChannelId) -> Option<TeamId> {
        let fold = self.set.channels(channel);
        fold.state().channel(channel).and_then(|channel| channel.team_id)
    }

    pub(super) fn join_channel(&mut self) {
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

    pub(super) fn member(&mut self, channel_id: ChannelId) -> Option<(UserId, u64)> {
        let members: Vec<(UserId, u64)> = {
            let fold = self.set.channels(channel_id);
            let channel = fold.state().channel(channel_id)?;
            channel.members().map(|member| (member.user_id, member.since)).collect()
        };
        self.pick(&members)
    }

    pub(super) fn leave_channel(&mut self) {
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
            is_guest: false,
            notice: self.notice(NoticeKind::RemoveFromChannel, by, user_id),
        };
        self.channel(channel_id, Body::from(c));
    }
}
