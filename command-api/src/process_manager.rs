//! The process manager: a standing rule over states, not a list that is ticked off.
//!
//! - A claimed name without its channel is completed.
//! - Whoever is in a team, and no guest, is in its default channels: those who came out of one were guests.
//! - Guests administer no channel.
//! - A channel membership whose team membership has ended is removed.
//! - What an erased person said is erased in every channel that they ever were in.
//!
//! [`due`] says what is missing; a [`Step`] makes it so. A step's id derives from the position of the
//! event that began what it completes, so every process that sees the same need appends the same id.
//! Steps that need others come out of [`due`] only once those have been applied.

use std::collections::BTreeSet;

use domain::commands::Decision;
use domain::commands::directory::DEFAULT_CHANNELS;
use domain::faults::{self, Rule};
use domain::{Applied, Channel, Channels, Directory, Member, rights};
use events::channel::{
    ChannelAuthorErased, ChannelCreated, ChannelMemberRemoved, ChannelMemberRolesChanged,
    ChannelMembersAdded, LeftBecause, NewMember, Notice, NoticeKind,
};
use events::directory::{ChannelType, JoinedVia};
use events::{
    Body, ChannelEvent, ChannelId, DirectoryEvent, Event, EventId, Id, Partition, Position, PostId,
    TeamId, Topic, UserId,
};

/// The states of all partitions of `channels`.
pub trait ChannelStates {
    /// The partition with this index.
    fn partition(&self, index: u16) -> &Channels;

    fn channel(&self, id: ChannelId) -> Option<&Channel> {
        let Partition { index, .. } = Partition::of(Topic::Channels, id.as_bytes());
        self.partition(index).channel(id)
    }
}

/// All partitions, in order.
impl ChannelStates for Vec<&Channels> {
    fn partition(&self, index: u16) -> &Channels {
        self[usize::from(index)]
    }
}

/// What the rules are looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// One channel of a team: that it is there, and who is in it.
    Channel(ChannelId),
    /// One person in one team: its default channels, or, where it has ended, all its channels.
    TeamMember(UserId, TeamId),
    /// One person in one channel.
    Member(ChannelId, UserId),
    /// One erased person, everywhere.
    Erased(UserId),
    /// One guest, everywhere.
    Guest(UserId),
}

/// Where an applied event may have made something due.
pub fn touched(event: &Event, applied: &Applied) -> Vec<Key> {
    match event {
        Event::Directory(event) => touched_in_directory(event, applied),
        Event::Channels(ChannelEvent::ChannelCreated(b)) => vec![Key::Channel(b.c.channel_id)],
        Event::Channels(ChannelEvent::ChannelDirectOpened(b)) => {
            b.c.user_ids.iter().map(|user| Key::Member(b.c.channel_id, *user)).collect()
        }
        Event::Channels(ChannelEvent::ChannelGroupOpened(b)) => {
            b.c.user_ids.iter().map(|user| Key::Member(b.c.channel_id, *user)).collect()
        }
        Event::Channels(ChannelEvent::ChannelMembersAdded(b)) => {
            let joined = applied.members.iter().map(|member| member.user_id);
            joined.map(|user| Key::Member(b.c.channel_id, user)).collect()
        }
        // Either may have been decided before its person became a guest, or was one no more.
        Event::Channels(ChannelEvent::ChannelMemberRemoved(b)) => {
            vec![Key::Member(b.c.channel_id, b.c.user_id)]
        }
        Event::Channels(ChannelEvent::ChannelMemberRolesChanged(b)) if b.c.scheme_admin => {
            vec![Key::Member(b.c.channel_id, b.c.user_id)]
        }
        Event::Channels(_) | Event::Users(_) | Event::Readstate(_) | Event::Presence(_) => vec![],
    }
}

fn touched_in_directory(event: &DirectoryEvent, applied: &Applied) -> Vec<Key> {
    match event {
        DirectoryEvent::TeamCreated(b) => {
            b.c.default_channels.iter().map(|channel| Key::Channel(channel.channel_id)).collect()
        }
        DirectoryEvent::ChannelNameClaimed(b) => vec![Key::Channel(b.c.channel_id)],
        DirectoryEvent::TeamMembersAdded(b) => {
            applied.admitted.iter().map(|user| Key::TeamMember(*user, b.c.team_id)).collect()
        }
        DirectoryEvent::TeamMemberRemoved(b) => vec![Key::TeamMember(b.c.user_id, b.c.team_id)],
        DirectoryEvent::UserErased(b) => vec![Key::Erased(b.c.user_id)],
        DirectoryEvent::UserGuestChanged(b) if b.c.is_guest => vec![Key::Guest(b.c.user_id)],
        DirectoryEvent::UserGuestChanged(b) => {
            applied.teams.iter().map(|team| Key::TeamMember(b.c.user_id, *team)).collect()
        }
        DirectoryEvent::CellOpened(_)
        | DirectoryEvent::RulesActivated(_)
        | DirectoryEvent::EpochOpened(_)
        | DirectoryEvent::EpochSealed(_)
        | DirectoryEvent::UserCreated(_)
        | DirectoryEvent::UserProfileChanged(_)
        | DirectoryEvent::UserPasswordChanged(_)
        | DirectoryEvent::UserRolesChanged(_)
        | DirectoryEvent::UserDeactivated(_)
        | DirectoryEvent::UserActivated(_)
        | DirectoryEvent::UserKeyDestroyed(_)
        | DirectoryEvent::UserSessionsRevoked(_)
        | DirectoryEvent::TeamMemberRolesChanged(_)
        | DirectoryEvent::TeamChanged(_)
        | DirectoryEvent::TeamInviteRegenerated(_)
        | DirectoryEvent::TeamArchived(_)
        | DirectoryEvent::TeamRestored(_)
        | DirectoryEvent::ChannelNameChanged(_)
        | DirectoryEvent::UserPictureChanged(_)
        | DirectoryEvent::TeamIconChanged(_)
        | DirectoryEvent::EmojiCreated(_)
        | DirectoryEvent::EmojiDeleted(_)
        | DirectoryEvent::ProfileFieldCreated(_)
        | DirectoryEvent::ProfileFieldChanged(_)
        | DirectoryEvent::ProfileFieldDeleted(_)
        | DirectoryEvent::RetentionPolicyCreated(_)
        | DirectoryEvent::RetentionPolicyChanged(_)
        | DirectoryEvent::RetentionPolicyDeleted(_)
        | DirectoryEvent::LegalHoldPlaced(_)
        | DirectoryEvent::LegalHoldReleased(_)
        | DirectoryEvent::RetentionRunFinished(_) => vec![],
    }
}

/// Something that is due in one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub id: EventId,
    /// The event that began what the step completes.
    pub cause: Position,
    pub channel_id: ChannelId,
    /// Whether comings and goings of the team are told in this channel.
    pub tells_of_team: bool,
    pub action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The channel's name is claimed; what it is like stands in the event at the step's `cause`.
    CreateChannel,
    JoinDefaultChannel {
        user_id: UserId,
        generation: u64,
        scheme_admin: bool,
    },
    /// The past membership is named by the offset of the event that began it.
    ReturnToDefaultChannel {
        user_id: UserId,
        generation: u64,
        scheme_admin: bool,
        membership: u64,
    },
    EndMembership {
        user_id: UserId,
        generation: u64,
    },
    EraseAuthor {
        user_id: UserId,
    },
    /// The membership is named by the offset of the event that began it.
    EndAdministration {
        user_id: UserId,
        membership: u64,
    },
}

/// All that is due, for whole states. `directory_next` is the offset that the directory's fold takes
/// next: what lies at or beyond it is unknown, not ended.
pub fn due(directory: &Directory, directory_next: u64, channels: &impl ChannelStates) -> Vec<Step> {
    let view = View { directory, directory_next, channels };
    let of_channels = directory.channel_names().flat_map(|(channel, _)| view.of_channel(channel));
    of_channels.chain(view.of_all_erased()).collect()
}

/// What is due at one key.
pub fn due_at(
    key: Key,
    directory: &Directory,
    directory_next: u64,
    channels: &impl ChannelStates,
) -> Vec<Step> {
    let view = View { directory, directory_next, channels };
    match key {
        Key::Channel(channel) => view.of_channel(channel),
        Key::TeamMember(user, team) => view.of_team_member(user, team),
        Key::Member(channel, user) => {
            let member = channels.channel(channel).and_then(|channel| channel.member(user));
            let ended = member.and_then(|member| view.ended(channel, member));
            let unseated = member.and_then(|member| view.unseated(channel, member));
            let joins = view.joins_default(channel, user);
            let steps = ended.into_iter().chain(unseated).chain(joins);
            steps.chain(view.erases(channel, user)).collect()
        }
        Key::Erased(user) => view.of_erased(user),
        Key::Guest(user) => view.of_guest(user),
    }
}

struct View<'s, C> {
    directory: &'s Directory,
    directory_next: u64,
    channels: &'s C,
}

impl<C: ChannelStates> View<'_, C> {
    fn of_channel(&self, id: ChannelId) -> Vec<Step> {
        if !faults::is_on(Rule::StandingRules) {
            return vec![];
        }
        let Some(name) = self.directory.channel_name(id) else { return vec![] };
        let Some(channel) = self.channels.channel(id) else {
            return vec![self.step(name.claimed, id, None, Action::CreateChannel)];
        };
        let mut steps: Vec<Step> =
            channel.members().filter_map(|member| self.ended(id, member)).collect();
        steps.extend(channel.members().filter_map(|member| self.unseated(id, member)));
        if name.is_default {
            let members = self.directory.members_of(name.team_id).iter();
            steps.extend(members.filter_map(|user| self.joins(id, channel, *user, name.team_id)));
        }
        steps
    }

    fn of_team_member(&self, user: UserId, team: TeamId) -> Vec<Step> {
        if !faults::is_on(Rule::StandingRules) {
            return vec![];
        }
        let Some(membership) = self.directory.membership(user, team) else { return vec![] };
        if !membership.active {
            return self.ended_in_team(user, team);
        }
        let defaults = self.directory.team(team).map_or(&[][..], |team| &team.default_channels);
        let mut steps = Vec::new();
        for id in defaults {
            match self.channels.channel(*id) {
                None => steps.extend(self.of_channel(*id)),
                Some(channel) => steps.extend(self.joins(*id, channel, user, team)),
            }
        }
        steps
    }

    fn ended_in_team(&self, user: UserId, team: TeamId) -> Vec<Step> {
        let mut steps = Vec::new();
        for Partition { index, .. } in Topic::Channels.partitions() {
            for (id, channel, member) in self.channels.partition(index).channels_of(user) {
                if channel.team_id == Some(team) {
                    steps.extend(self.ended(id, member));
                }
            }
        }
        steps
    }

    /// The end of a membership that rests on a team membership that has ended.
    fn ended(&self, id: ChannelId, member: &Member) -> Option<Step> {
        if !faults::is_on(Rule::StandingRules) {
            return None;
        }
        let channel = self.channels.channel(id)?;
        if member.generation >= self.directory_next {
            return None;
        }
        if rights::stands(self.directory, channel, member) {
            return None;
        }
        let (user_id, generation) = (member.user_id, member.generation);
        let action = Action::EndMembership { user_id, generation };
        Some(self.step(generation, id, Some(user_id), action))
    }

    fn of_guest(&self, user: UserId) -> Vec<Step> {
        let mut steps = Vec::new();
        for Partition { index, .. } in Topic::Channels.partitions() {
            let mine = self.channels.partition(index).channels_of(user);
            steps.extend(mine.filter_map(|(id, _, member)| self.unseated(id, member)));
        }
        steps
    }

    /// The end of a guest's administration of a channel.
    fn unseated(&self, id: ChannelId, member: &Member) -> Option<Step> {
        if !member.scheme_admin || !faults::is_on(Rule::StandingRules) {
            return None;
        }
        let (user_id, membership) = (member.user_id, member.since);
        let guest = self.directory.account(user_id)?.guest?;
        let action = Action::EndAdministration { user_id, membership };
        Some(self.step(guest, id, Some(user_id), action))
    }

    /// The ends of all memberships that rest on a team, and the erasure of what was said.
    fn of_erased(&self, user: UserId) -> Vec<Step> {
        let mut steps = Vec::new();
        for Partition { index, .. } in Topic::Channels.partitions() {
            for (id, channel) in self.channels.partition(index).channels() {
                let ended = channel.member(user).and_then(|member| self.ended(id, member));
                steps.extend(ended.into_iter().chain(self.erases(id, user)));
            }
        }
        steps
    }

    /// The same for everyone, in one pass over the channels.
    fn of_all_erased(&self) -> Vec<Step> {
        let accounts = self.directory.accounts();
        let erased: BTreeSet<UserId> = accounts
            .filter(|(_, account)| account.erased.is_some())
            .map(|(user, _)| user)
            .collect();
        let mut steps = Vec::new();
        if erased.is_empty() {
            return steps;
        }
        for Partition { index, .. } in Topic::Channels.partitions() {
            for (id, channel) in self.channels.partition(index).channels() {
                let members = channel.all_members().iter().map(|member| member.user_id);
                let members = members.filter(|user| erased.contains(user));
                steps.extend(members.filter_map(|user| self.erases(id, user)));
            }
        }
        steps
    }

    /// Whoever was never in a channel said nothing there.
    fn erases(&self, id: ChannelId, user: UserId) -> Option<Step> {
        if !faults::is_on(Rule::StandingRules) {
            return None;
        }
        let erased = self.directory.account(user)?.erased?;
        let channel = self.channels.channel(id)?;
        let due = channel.any_member(user).is_some() && !channel.has_erased(user);
        due.then(|| self.step(erased, id, Some(user), Action::EraseAuthor { user_id: user }))
    }

    fn joins_default(&self, id: ChannelId, user: UserId) -> Option<Step> {
        if !faults::is_on(Rule::StandingRules) {
            return None;
        }
        let name = self.directory.channel_name(id).filter(|name| name.is_default)?;
        self.joins(id, self.channels.channel(id)?, user, name.team_id)
    }

    /// The join of somebody of the team who was never in the channel within this team membership, or came
    /// out of it as a guest.
    fn joins(&self, id: ChannelId, channel: &Channel, user: UserId, team: TeamId) -> Option<Step> {
        let held = self.directory.membership(user, team).filter(|held| held.active)?;
        if rights::is_guest(self.directory, user) {
            return None;
        }
        let (user_id, generation, scheme_admin) = (user, held.generation, held.scheme_admin);
        let seen = channel.any_member(user).filter(|member| member.generation >= generation);
        let action = match seen {
            None => Action::JoinDefaultChannel { user_id, generation, scheme_admin },
            Some(past) if has_left(past, generation) => {
                let membership = past.since;
                Action::ReturnToDefaultChannel { user_id, generation, scheme_admin, membership }
            }
            Some(_) => return None,
        };
        Some(self.step(generation, id, Some(user), action))
    }

    /// `cause` is the offset in `directory` of what began what the step completes.
    fn step(
        &self,
        cause: u64,
        channel_id: ChannelId,
        user: Option<UserId>,
        action: Action,
    ) -> Step {
        let cause = Position::new(Partition::DIRECTORY, cause);
        let mut target = channel_id.as_bytes().to_vec();
        target.extend(user.iter().flat_map(UserId::as_bytes));
        if let Action::ReturnToDefaultChannel { membership, .. } = action {
            target.extend(membership.to_be_bytes());
        }
        let named_by = if faults::is_on(Rule::StepIds) {
            cause
        } else {
            Position::new(Partition::DIRECTORY, 0)
        };
        let id = EventId::step(&named_by, action.name(), &target);
        let name = self.directory.channel_name(channel_id);
        let tells_of_team =
            name.is_some_and(|name| name.is_default && name.name == DEFAULT_CHANNELS[0].0);
        Step { id, cause, channel_id, tells_of_team, action }
    }
}

impl Action {
    /// Part of the step's id: it never changes.
    fn name(self) -> &'static str {
        match self {
            Self::CreateChannel => "channel.created",
            Self::JoinDefaultChannel { .. } => "channel.members_added",
            Self::ReturnToDefaultChannel { .. } => "channel.member_returned",
            Self::EndMembership { .. } => "channel.member_removed",
            Self::EraseAuthor { .. } => "channel.author_erased",
            Self::EndAdministration { .. } => "channel.member_roles_changed",
        }
    }
}

impl Step {
    /// The partition that the step writes to.
    pub fn partition(&self) -> Partition {
        Partition::of(Topic::Channels, self.channel_id.as_bytes())
    }

    /// Whether the event at `cause` has to be read to know what to append.
    pub fn needs_cause(&self) -> bool {
        self.action == Action::CreateChannel
    }

    /// What the step comes to on the channel as it is now. `cause` is the event that stands there, for
    /// a step that needs it; a step whose cause does not say what it needs has nothing to append.
    pub fn decide(&self, channel: Option<&Channel>, cause: Option<&DirectoryEvent>) -> Decision {
        match self.action {
            Action::CreateChannel => match (channel, cause) {
                (None, Some(cause)) => created(self.channel_id, cause)
                    .map_or(Decision::AlreadySo, |created| append(created.into())),
                (Some(_), _) | (None, None) => Decision::AlreadySo,
            },
            Action::JoinDefaultChannel { user_id, generation, scheme_admin } => {
                let seen = channel
                    .and_then(|channel| channel.any_member(user_id))
                    .is_some_and(|member| member.generation >= generation);
                if seen {
                    return Decision::AlreadySo;
                }
                let member = NewMember { user_id, generation, scheme_admin };
                append(self.joined(member, JoinedVia::Step).into())
            }
            Action::ReturnToDefaultChannel { user_id, generation, scheme_admin, membership } => {
                let past = channel.and_then(|channel| channel.any_member(user_id));
                let due =
                    past.is_some_and(|past| past.since == membership && has_left(past, generation));
                if !due {
                    return Decision::AlreadySo;
                }
                let member = NewMember { user_id, generation, scheme_admin };
                // A step begins generations; back into one that has not ended comes who joins.
                append(self.joined(member, JoinedVia::Join).into())
            }
            Action::EraseAuthor { user_id } => match channel {
                Some(channel) if !channel.has_erased(user_id) => {
                    let erased = ChannelAuthorErased { channel_id: self.channel_id, user_id };
                    append(Body::from(erased).into())
                }
                _ => Decision::AlreadySo,
            },
            Action::EndAdministration { user_id, membership } => {
                let member = channel.and_then(|channel| channel.member(user_id));
                match member.filter(|member| member.scheme_admin && member.since == membership) {
                    Some(member) => append(self.unseated(member).into()),
                    None => Decision::AlreadySo,
                }
            }
            Action::EndMembership { user_id, generation } => {
                let member = channel.and_then(|channel| channel.member(user_id));
                match member.filter(|member| member.generation == generation) {
                    Some(member) => append(self.left(member).into()),
                    None => Decision::AlreadySo,
                }
            }
        }
    }

    fn joined(&self, member: NewMember, via: JoinedVia) -> Body<ChannelMembersAdded> {
        let kind = if self.tells_of_team { NoticeKind::JoinTeam } else { NoticeKind::JoinChannel };
        ChannelMembersAdded {
            channel_id: self.channel_id,
            members: vec![member],
            by: member.user_id,
            via,
            notice: Some(self.notice(kind, member.user_id)),
        }
        .into()
    }

    fn left(&self, member: &Member) -> Body<ChannelMemberRemoved> {
        let tells = self.tells_of_team;
        ChannelMemberRemoved {
            channel_id: self.channel_id,
            user_id: member.user_id,
            membership: Some(member.since),
            generation: member.generation,
            by: member.user_id,
            because: LeftBecause::TeamEnded,
            is_guest: false,
            notice: tells.then(|| self.notice(NoticeKind::LeaveTeam, member.user_id)),
        }
        .into()
    }

    fn unseated(&self, member: &Member) -> Body<ChannelMemberRolesChanged> {
        ChannelMemberRolesChanged {
            channel_id: self.channel_id,
            user_id: member.user_id,
            membership: member.since,
            scheme_admin: false,
        }
        .into()
    }

    fn notice(&self, kind: NoticeKind, by: UserId) -> Notice {
        Notice {
            post_id: PostId(Id::derived("step.notice", &[self.id.as_bytes()])),
            kind,
            by,
            user_ids: vec![],
            old: String::new(),
            new: String::new(),
        }
    }
}

/// Whether a membership of this team membership is over while that one is not.
fn has_left(past: &Member, generation: u64) -> bool {
    !past.active && past.generation == generation && !past.generation_ended
}

fn append(event: ChannelEvent) -> Decision {
    Decision::Append(event.into())
}

/// The channel that the claim, or the founding of the team, promised.
fn created(channel_id: ChannelId, cause: &DirectoryEvent) -> Option<Body<ChannelCreated>> {
    match cause {
        DirectoryEvent::ChannelNameClaimed(b) if b.c.channel_id == channel_id => {
            let claimed = &b.c.channel;
            let created = ChannelCreated {
                channel_id,
                team_id: b.c.team_id,
                r#type: claimed.r#type,
                display_name: claimed.display_name.clone(),
                header: claimed.header.clone(),
                purpose: claimed.purpose.clone(),
                creator_id: Some(claimed.creator_id),
                is_default: false,
                members: vec![NewMember {
                    user_id: claimed.creator_id,
                    generation: claimed.creator_generation,
                    scheme_admin: true,
                }],
            };
            Some(created.into())
        }
        DirectoryEvent::TeamCreated(b) => {
            let channel = b.c.default_channels.iter().find(|c| c.channel_id == channel_id)?;
            let created = ChannelCreated {
                channel_id,
                team_id: b.c.team_id,
                r#type: ChannelType::Open,
                display_name: channel.display_name.clone(),
                header: String::new(),
                purpose: String::new(),
                creator_id: None,
                is_default: true,
                members: vec![],
            };
            Some(created.into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
