//! The aggregate of the topic `directory`: accounts, teams, team membership, channel names.

use std::collections::BTreeMap;

use events::directory::{NewTeamMember, TeamType};
use events::{ChannelId, DirectoryEvent, Event, Id, KeyedHash, Meta, SessionId, TeamId, UserId};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Control};
use crate::pictures::Pictures;
use crate::profile::ProfileFields;
use crate::retention::Retention;
use crate::verdict::{Applied, Refusal};
use crate::window::{Conflicts, Kinds, TouchKind, Touches, WindowLimits};

/// An account as the rules see it; its names stand beside the fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub username_hash: KeyedHash,
    pub email_hash: KeyedHash,
    pub active: bool,
    /// Offset of the event that erased it.
    pub erased: Option<u64>,
    /// Whether nothing that was sealed under its key can be read any more.
    pub key_destroyed: bool,
    pub system_admin: bool,
    /// Offset of the event that made it a guest's.
    pub guest: Option<u64>,
    pub is_bot: bool,
    /// Offset of the event that last ended the account's sessions; 0 for none.
    pub auth_generation: u64,
    /// The session that survived that event.
    pub kept_session: Option<SessionId>,
    pub create_at: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Team {
    pub name: String,
    pub r#type: TeamType,
    pub allow_open_invite: bool,
    pub invite_id: Id,
    pub creator_id: UserId,
    /// Offset of the deciding event.
    pub created: u64,
    pub default_channels: Vec<ChannelId>,
    pub member_count: u32,
    pub archived: bool,
}

/// A team membership, present or past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMembership {
    /// Offset of the event that began it.
    pub generation: u64,
    pub active: bool,
    pub scheme_admin: bool,
}

/// A channel's name in its team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelName {
    pub team_id: TeamId,
    pub name: String,
    /// Offset of the deciding event: the claim, or the team's creation for a default channel.
    pub claimed: u64,
    pub is_default: bool,
}

/// Everything that must be unique or globally ordered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Directory {
    last_at: i64,
    cell: Option<(u16, String)>,
    accounts: BTreeMap<UserId, Account>,
    usernames: BTreeMap<KeyedHash, UserId>,
    emails: BTreeMap<KeyedHash, UserId>,
    teams: BTreeMap<TeamId, Team>,
    team_names: BTreeMap<String, TeamId>,
    invites: BTreeMap<Id, TeamId>,
    memberships: BTreeMap<(UserId, TeamId), TeamMembership>,
    team_members: BTreeMap<TeamId, Vec<UserId>>,
    channel_names: BTreeMap<ChannelId, ChannelName>,
    names_in_team: BTreeMap<TeamId, BTreeMap<String, ChannelId>>,
    retention: Retention,
    pictures: Pictures,
    profile_fields: ProfileFields,
}

/// What is known of it.
impl Directory {
    /// Partition count and secrets' fingerprint, once the cell is open.
    pub fn cell(&self) -> Option<(u16, &str)> {
        self.cell.as_ref().map(|(partitions, fingerprint)| (*partitions, fingerprint.as_str()))
    }

    pub fn account(&self, user: UserId) -> Option<&Account> {
        self.accounts.get(&user)
    }

    pub fn active_account(&self, user: UserId) -> Option<&Account> {
        self.account(user).filter(|account| account.active)
    }

    pub fn accounts(&self) -> impl Iterator<Item = (UserId, &Account)> {
        self.accounts.iter().map(|(id, account)| (*id, account))
    }

    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    pub fn by_username(&self, hash: KeyedHash) -> Option<UserId> {
        self.usernames.get(&hash).copied()
    }

    pub fn by_email(&self, hash: KeyedHash) -> Option<UserId> {
        self.emails.get(&hash).copied()
    }

    pub fn team(&self, team: TeamId) -> Option<&Team> {
        self.teams.get(&team)
    }

    pub fn teams(&self) -> impl Iterator<Item = (TeamId, &Team)> {
        self.teams.iter().map(|(id, team)| (*id, team))
    }

    pub fn team_by_name(&self, name: &str) -> Option<TeamId> {
        self.team_names.get(name).copied()
    }

    pub fn team_by_invite(&self, invite: Id) -> Option<TeamId> {
        self.invites.get(&invite).copied()
    }

    /// The latest membership, ended ones included.
    pub fn membership(&self, user: UserId, team: TeamId) -> Option<&TeamMembership> {
        self.memberships.get(&(user, team))
    }

    /// The membership that gives rights: of an active account in a team that is not archived.
    pub fn active_membership(&self, user: UserId, team: TeamId) -> Option<&TeamMembership> {
        self.lasting_membership(user, team).filter(|_| !self.is_archived(team))
    }

    /// The membership of an active account, in an archived team too.
    pub fn lasting_membership(&self, user: UserId, team: TeamId) -> Option<&TeamMembership> {
        self.active_account(user)?;
        self.membership(user, team).filter(|membership| membership.active)
    }

    /// Whether the team is there, and archived.
    pub fn is_archived(&self, team: TeamId) -> bool {
        self.team(team).is_some_and(|team| team.archived)
    }

    /// All memberships that `user` ever had, with the latest of each team.
    pub fn memberships_of(&self, user: UserId) -> impl Iterator<Item = (TeamId, &TeamMembership)> {
        let from = (user, TeamId::from_bytes([0; 16]));
        let to = (user, TeamId::from_bytes([0xff; 16]));
        self.memberships.range(from..=to).map(|((_, team), membership)| (*team, membership))
    }

    /// How long things are kept.
    pub fn retention(&self) -> &Retention {
        &self.retention
    }

    /// Pictures of people and teams, custom emoji.
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    /// Fields of profiles that the installation adds.
    pub fn profile_fields(&self) -> &ProfileFields {
        &self.profile_fields
    }

    /// Present members, sorted.
    pub fn members_of(&self, team: TeamId) -> &[UserId] {
        self.team_members.get(&team).map_or(&[], Vec::as_slice)
    }

    pub fn channel_name(&self, channel: ChannelId) -> Option<&ChannelName> {
        self.channel_names.get(&channel)
    }

    /// Every claimed name, in order of channel id.
    pub fn channel_names(&self) -> impl Iterator<Item = (ChannelId, &ChannelName)> {
        self.channel_names.iter().map(|(id, name)| (*id, name))
    }

    pub fn channel_by_name(&self, team: TeamId, name: &str) -> Option<ChannelId> {
        self.names_in_team.get(&team)?.get(name).copied()
    }
}

impl Aggregate for Directory {
    type Event = DirectoryEvent;
    const WINDOW: WindowLimits = WindowLimits::DIRECTORY;

    fn event(event: &Event) -> Option<&DirectoryEvent> {
        match event {
            Event::Directory(event) => Some(event),
            _ => None,
        }
    }

    fn control(event: &DirectoryEvent) -> Option<Control> {
        match event {
            DirectoryEvent::RulesActivated(body) => Some(Control::Rules(body.c.rules)),
            DirectoryEvent::EpochOpened(body) => Some(Control::EpochOpened(body.c.epoch)),
            DirectoryEvent::EpochSealed(body) => Some(Control::EpochSealed(body.c.epoch)),
            _ => None,
        }
    }

    fn last_at(&self, _: &Meta) -> i64 {
        self.last_at
    }

    fn admit(&self, _rules: u32, event: &DirectoryEvent) -> Result<(), Refusal> {
        use DirectoryEvent as E;
        match event {
            E::CellOpened(_) => refuse_if(self.cell.is_some(), Refusal::CellOpen),
            E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => Ok(()),
            E::UserCreated(b) => {
                refuse_if(self.accounts.contains_key(&b.c.user_id), Refusal::Already)?;
                self.username_free(b.c.username_hash, b.c.user_id)?;
                self.email_free(b.c.email_hash, b.c.user_id)
            }
            E::UserProfileChanged(b) => {
                self.standing(b.c.user_id)?;
                b.c.username_hash.map_or(Ok(()), |hash| self.username_free(hash, b.c.user_id))?;
                b.c.email_hash.map_or(Ok(()), |hash| self.email_free(hash, b.c.user_id))
            }
            E::UserPasswordChanged(b) => self.standing(b.c.user_id).map(drop),
            E::UserSessionsRevoked(b) => self.standing(b.c.user_id).map(drop),
            E::UserRolesChanged(b) => {
                let account = self.standing(b.c.user_id)?;
                refuse_if(account.system_admin == b.c.system_admin, Refusal::Already)?;
                refuse_if(b.c.system_admin && account.guest.is_some(), Refusal::Guest)?;
                refuse_if(self.is_last_admin(b.c.user_id), Refusal::LastAdmin)
            }
            E::UserGuestChanged(b) => {
                let account = self.standing(b.c.user_id)?;
                refuse_if(account.guest.is_some() == b.c.is_guest, Refusal::Already)?;
                refuse_if(self.is_last_admin(b.c.user_id), Refusal::LastAdmin)
            }
            E::UserDeactivated(b) => {
                refuse_if(!self.known(b.c.user_id)?.active, Refusal::Already)?;
                refuse_if(self.is_last_admin(b.c.user_id), Refusal::LastAdmin)
            }
            E::UserActivated(b) => refuse_if(self.standing(b.c.user_id)?.active, Refusal::Already),
            E::UserErased(b) => {
                refuse_if(self.known(b.c.user_id)?.erased.is_some(), Refusal::Already)?;
                refuse_if(self.is_last_admin(b.c.user_id), Refusal::LastAdmin)?;
                refuse_if(self.retention.holds_person(b.c.user_id), Refusal::Held)
            }
            E::UserKeyDestroyed(b) => {
                let account = self.known(b.c.user_id)?;
                refuse_if(account.key_destroyed, Refusal::Already)?;
                refuse_if(account.erased.is_none(), Refusal::NotErased)
            }
            E::TeamCreated(b) => {
                refuse_if(self.teams.contains_key(&b.c.team_id), Refusal::Already)?;
                refuse_if(self.team_names.contains_key(&b.c.name), Refusal::TeamNameTaken)?;
                let creator = self.known(b.c.creator_id)?;
                refuse_if(!creator.active, Refusal::UserInactive)?;
                refuse_if(creator.guest.is_some(), Refusal::Guest)
            }
            E::TeamMembersAdded(b) => {
                self.open_team(b.c.team_id)?;
                if self.joining(b.c.team_id, &b.c.members).next().is_some() {
                    return Ok(());
                }
                let present = |m: &NewTeamMember| self.is_member(m.user_id, b.c.team_id);
                let all_in = b.c.members.iter().all(present);
                Err(if all_in { Refusal::Already } else { Refusal::UnknownUser })
            }
            E::TeamMemberRemoved(b) => match self.memberships.get(&(b.c.user_id, b.c.team_id)) {
                Some(m) if m.active && m.generation == b.c.generation => Ok(()),
                Some(m) if m.active => Err(Refusal::OtherMembership),
                _ => Err(Refusal::Already),
            },
            E::TeamMemberRolesChanged(b) => self.admit_roles(&b.c),
            E::TeamChanged(b) => self.open_team(b.c.team_id).map(drop),
            E::TeamInviteRegenerated(b) => {
                self.open_team(b.c.team_id)?;
                let taken = self.invites.contains_key(&b.c.invite_id);
                refuse_if(taken, Refusal::TokenTaken)
            }
            E::TeamArchived(b) => {
                refuse_if(self.known_team(b.c.team_id)?.archived, Refusal::Already)
            }
            E::TeamRestored(b) => {
                refuse_if(!self.known_team(b.c.team_id)?.archived, Refusal::Already)
            }
            E::ChannelNameClaimed(b) => {
                refuse_if(!self.teams.contains_key(&b.c.team_id), Refusal::UnknownTeam)?;
                refuse_if(self.channel_names.contains_key(&b.c.channel_id), Refusal::Already)?;
                let taken = self.channel_by_name(b.c.team_id, &b.c.name).is_some();
                refuse_if(taken, Refusal::ChannelNameTaken)?;
                let creator = &b.c.channel;
                match self.active_membership(creator.creator_id, b.c.team_id) {
                    Some(m) if m.generation == creator.creator_generation => Ok(()),
                    _ => Err(Refusal::NotATeamMember),
                }
            }
            E::ChannelNameChanged(b) => {
                let held =
                    self.channel_names.get(&b.c.channel_id).ok_or(Refusal::UnknownChannel)?;
                refuse_if(held.name == b.c.name, Refusal::Already)?;
                refuse_if(held.is_default, Refusal::DefaultChannel)?;
                let taken = self.channel_by_name(held.team_id, &b.c.name).is_some();
                refuse_if(taken, Refusal::ChannelNameTaken)
            }
            E::UserPictureChanged(b) => {
                self.standing(b.c.user_id)?;
                self.pictures.admit_picture(&b.c)
            }
            E::TeamIconChanged(b) => {
                self.open_team(b.c.team_id)?;
                self.pictures.admit_icon(&b.c)
            }
            E::EmojiCreated(b) => {
                refuse_if(!self.known(b.c.creator_id)?.active, Refusal::UserInactive)?;
                self.pictures.admit_emoji(&b.c)
            }
            E::EmojiDeleted(b) => self.pictures.admit_deletion(b.c.emoji_id),
            E::ProfileFieldCreated(b) => self.profile_fields.admit_created(&b.c),
            E::ProfileFieldChanged(b) => self.profile_fields.admit_changed(&b.c),
            E::ProfileFieldDeleted(b) => self.profile_fields.admit_deleted(b.c.field_id),
            E::LegalHoldPlaced(b) => {
                self.standing(b.c.by)?;
                self.retention.admit(event)
            }
            E::RetentionPolicyCreated(_)
            | E::RetentionPolicyChanged(_)
            | E::RetentionPolicyDeleted(_)
            | E::LegalHoldReleased(_)
            | E::RetentionRunFinished(_) => self.retention.admit(event),
        }
    }

    fn evolve(&mut self, _: &Meta, event: &DirectoryEvent, at: i64, offset: u64) -> Applied {
        use DirectoryEvent as E;
        self.last_at = at;
        let mut applied = Applied { at, ..Applied::default() };
        match event {
            E::CellOpened(b) => self.cell = Some((b.c.partitions, b.c.fingerprint.clone())),
            E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => {}
            E::UserCreated(b) => applied.system_admin = self.create_account(&b.c, at),
            E::UserProfileChanged(b) => self.change_names(&b.c),
            E::UserPasswordChanged(b) => {
                self.end_sessions(b.c.user_id, offset, b.c.kept_session);
            }
            E::UserSessionsRevoked(b) => self.end_sessions(b.c.user_id, offset, None),
            E::UserRolesChanged(b) => {
                self.with_account(b.c.user_id, |a| a.system_admin = b.c.system_admin);
            }
            E::UserGuestChanged(b) => {
                applied.teams = self.change_guest(b.c.user_id, b.c.is_guest.then_some(offset));
            }
            E::UserDeactivated(b) => {
                self.end_sessions(b.c.user_id, offset, None);
                self.with_account(b.c.user_id, |a| a.active = false);
            }
            E::UserActivated(b) => self.with_account(b.c.user_id, |a| a.active = true),
            E::UserErased(b) => applied.teams = self.erase(b.c.user_id, offset),
            E::UserKeyDestroyed(b) => self.with_account(b.c.user_id, |a| a.key_destroyed = true),
            E::TeamCreated(b) => {
                self.create_team(&b.c, offset);
                applied.admitted = vec![b.c.creator_id];
            }
            E::TeamMembersAdded(b) => {
                let joining: Vec<NewTeamMember> = self.joining(b.c.team_id, &b.c.members).collect();
                for member in &joining {
                    self.add_member(b.c.team_id, member, offset);
                }
                applied.admitted = joining.iter().map(|m| m.user_id).collect();
            }
            E::TeamMemberRemoved(b) => self.remove_member(b.c.user_id, b.c.team_id),
            E::TeamMemberRolesChanged(b) => {
                if let Some(held) = self.memberships.get_mut(&(b.c.user_id, b.c.team_id)) {
                    held.scheme_admin = b.c.scheme_admin;
                }
            }
            E::TeamChanged(b) => self.with_team(b.c.team_id, |team| {
                team.r#type = b.c.r#type.unwrap_or(team.r#type);
                team.allow_open_invite = b.c.allow_open_invite.unwrap_or(team.allow_open_invite);
            }),
            E::TeamInviteRegenerated(b) => self.invite_by(b.c.team_id, b.c.invite_id),
            E::TeamArchived(b) => self.with_team(b.c.team_id, |team| team.archived = true),
            E::TeamRestored(b) => self.with_team(b.c.team_id, |team| team.archived = false),
            E::ChannelNameClaimed(b) => {
                self.name_channel(b.c.channel_id, b.c.team_id, &b.c.name, offset, false);
            }
            E::ChannelNameChanged(b) => self.rename_channel(b.c.channel_id, &b.c.name),
            E::UserPictureChanged(b) => self.pictures.change_picture(&b.c),
            E::TeamIconChanged(b) => self.pictures.change_icon(&b.c, at),
            E::EmojiCreated(b) => self.pictures.create_emoji(&b.c, at),
            E::EmojiDeleted(b) => self.pictures.delete_emoji(b.c.emoji_id),
            E::ProfileFieldCreated(b) => self.profile_fields.create(&b.c, at),
            E::ProfileFieldChanged(b) => self.profile_fields.change(&b.c, at),
            E::ProfileFieldDeleted(b) => self.profile_fields.delete(b.c.field_id),
            E::RetentionPolicyCreated(_)
            | E::RetentionPolicyChanged(_)
            | E::RetentionPolicyDeleted(_)
            | E::LegalHoldPlaced(_)
            | E::LegalHoldReleased(_)
            | E::RetentionRunFinished(_) => self.retention.evolve(event, at),
        }
        applied
    }

    fn touches(event: &DirectoryEvent) -> Touches {
        Self::ends_sessions(event)
            .map(|user| (user.0, TouchKind::RightsEnded))
            .into_iter()
            .collect()
    }

    fn conflicts(event: &DirectoryEvent) -> Conflicts {
        match event {
            DirectoryEvent::UserPasswordChanged(b) if b.c.kept_session.is_some() => {
                [(b.c.user_id.0, Kinds::of(&[TouchKind::RightsEnded]))].into_iter().collect()
            }
            _ => Conflicts::new(),
        }
    }
}

/// Who asks for another password by a session that stays must have that session still: what ended it
/// after the decision makes the event stale.
impl Directory {
    fn ends_sessions(event: &DirectoryEvent) -> Option<UserId> {
        match event {
            DirectoryEvent::UserPasswordChanged(b) => Some(b.c.user_id),
            DirectoryEvent::UserSessionsRevoked(b) => Some(b.c.user_id),
            DirectoryEvent::UserDeactivated(b) => Some(b.c.user_id),
            DirectoryEvent::UserErased(b) => Some(b.c.user_id),
            _ => None,
        }
    }
}

pub(crate) fn refuse_if(condition: bool, refusal: Refusal) -> Result<(), Refusal> {
    if condition { Err(refusal) } else { Ok(()) }
}

/// Rules.
impl Directory {
    fn known(&self, user: UserId) -> Result<&Account, Refusal> {
        self.accounts.get(&user).ok_or(Refusal::UnknownUser)
    }

    /// An account that was not erased.
    fn standing(&self, user: UserId) -> Result<&Account, Refusal> {
        let account = self.known(user)?;
        refuse_if(account.erased.is_some(), Refusal::UserInactive)?;
        Ok(account)
    }

    fn username_free(&self, hash: KeyedHash, user: UserId) -> Result<(), Refusal> {
        refuse_if(self.usernames.get(&hash).is_some_and(|u| *u != user), Refusal::UsernameTaken)
    }

    fn email_free(&self, hash: KeyedHash, user: UserId) -> Result<(), Refusal> {
        refuse_if(self.emails.get(&hash).is_some_and(|u| *u != user), Refusal::EmailTaken)
    }

    pub(crate) fn is_last_admin(&self, user: UserId) -> bool {
        let is_admin = |account: &Account| account.active && account.system_admin;
        self.accounts.get(&user).is_some_and(is_admin)
            && self.accounts.iter().filter(|(_, account)| is_admin(account)).count() == 1
    }

    fn known_team(&self, team: TeamId) -> Result<&Team, Refusal> {
        self.teams.get(&team).ok_or(Refusal::UnknownTeam)
    }

    fn open_team(&self, team: TeamId) -> Result<&Team, Refusal> {
        let team = self.known_team(team)?;
        refuse_if(team.archived, Refusal::TeamArchived)?;
        Ok(team)
    }

    fn admit_roles(
        &self,
        changed: &events::directory::TeamMemberRolesChanged,
    ) -> Result<(), Refusal> {
        self.open_team(changed.team_id)?;
        let held = self.memberships.get(&(changed.user_id, changed.team_id));
        let held = held.filter(|held| held.active).ok_or(Refusal::NotATeamMember)?;
        refuse_if(held.generation != changed.generation, Refusal::OtherMembership)?;
        let guest = self.known(changed.user_id)?.guest.is_some();
        refuse_if(changed.scheme_admin && guest, Refusal::Guest)?;
        refuse_if(held.scheme_admin == changed.scheme_admin, Refusal::Already)
    }

    fn is_member(&self, user: UserId, team: TeamId) -> bool {
        self.memberships.get(&(user, team)).is_some_and(|m| m.active)
    }

    fn joining<'a>(
        &'a self,
        team: TeamId,
        members: &'a [NewTeamMember],
    ) -> impl Iterator<Item = NewTeamMember> + 'a {
        members.iter().enumerate().filter_map(move |(at, member)| {
            let first = members[..at].iter().all(|earlier| earlier.user_id != member.user_id);
            let joins = first
                && self.active_account(member.user_id).is_some()
                && !self.is_member(member.user_id, team);
            joins.then(|| member.clone())
        })
    }
}

/// Effects.
impl Directory {
    fn create_account(&mut self, created: &events::directory::UserCreated, at: i64) -> bool {
        let first = !created.is_bot && self.accounts.values().all(|account| account.is_bot);
        self.usernames.insert(created.username_hash, created.user_id);
        self.emails.insert(created.email_hash, created.user_id);
        self.accounts.insert(
            created.user_id,
            Account {
                username_hash: created.username_hash,
                email_hash: created.email_hash,
                active: true,
                erased: None,
                key_destroyed: false,
                system_admin: first,
                guest: None,
                is_bot: created.is_bot,
                auth_generation: 0,
                kept_session: None,
                create_at: at,
            },
        );
        first
    }

    fn with_account(&mut self, user: UserId, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.get_mut(&user) {
            change(account);
        }
    }

    fn change_names(&mut self, changed: &events::directory::UserProfileChanged) {
        let Some(account) = self.accounts.get_mut(&changed.user_id) else { return };
        if let Some(hash) = changed.username_hash {
            self.usernames.remove(&account.username_hash);
            self.usernames.insert(hash, changed.user_id);
            account.username_hash = hash;
        }
        if let Some(hash) = changed.email_hash {
            self.emails.remove(&account.email_hash);
            self.emails.insert(hash, changed.user_id);
            account.email_hash = hash;
        }
    }

    /// Answers the teams that the person is in, where a guest administers nothing.
    fn change_guest(&mut self, user: UserId, guest: Option<u64>) -> Vec<TeamId> {
        self.with_account(user, |account| {
            account.guest = guest;
            account.system_admin &= guest.is_none();
        });
        let teams = self.present_teams(user);
        for team in &teams {
            if let Some(held) = self.memberships.get_mut(&(user, *team)) {
                held.scheme_admin &= guest.is_none();
            }
        }
        teams
    }

    fn present_teams(&self, user: UserId) -> Vec<TeamId> {
        let present = self.memberships_of(user).filter(|(_, membership)| membership.active);
        present.map(|(team, _)| team).collect()
    }

    fn end_sessions(&mut self, user: UserId, offset: u64, kept: Option<SessionId>) {
        self.with_account(user, |account| {
            account.auth_generation = offset;
            account.kept_session = kept;
        });
    }

    /// Its names are free, and it is a member of no team.
    fn erase(&mut self, user: UserId, offset: u64) -> Vec<TeamId> {
        self.end_sessions(user, offset, None);
        self.pictures.erase(user);
        let Some(account) = self.accounts.get_mut(&user) else { return Vec::new() };
        account.active = false;
        account.system_admin = false;
        account.guest = None;
        account.erased = Some(offset);
        self.usernames.remove(&account.username_hash);
        self.emails.remove(&account.email_hash);
        let left = self.present_teams(user);
        left.iter().for_each(|team| self.remove_member(user, *team));
        left
    }

    fn create_team(&mut self, created: &events::directory::TeamCreated, offset: u64) {
        self.team_names.insert(created.name.clone(), created.team_id);
        self.invites.insert(created.invite_id, created.team_id);
        self.teams.insert(
            created.team_id,
            Team {
                name: created.name.clone(),
                r#type: created.r#type,
                allow_open_invite: created.allow_open_invite,
                invite_id: created.invite_id,
                creator_id: created.creator_id,
                created: offset,
                default_channels: created.default_channels.iter().map(|c| c.channel_id).collect(),
                member_count: 0,
                archived: false,
            },
        );
        for channel in &created.default_channels {
            self.name_channel(channel.channel_id, created.team_id, &channel.name, offset, true);
        }
        let creator = NewTeamMember { user_id: created.creator_id, scheme_admin: true };
        self.add_member(created.team_id, &creator, offset);
    }

    fn with_team(&mut self, team: TeamId, change: impl FnOnce(&mut Team)) {
        if let Some(team) = self.teams.get_mut(&team) {
            change(team);
        }
    }

    fn invite_by(&mut self, id: TeamId, invite_id: Id) {
        let Some(team) = self.teams.get_mut(&id) else { return };
        self.invites.remove(&team.invite_id);
        self.invites.insert(invite_id, id);
        team.invite_id = invite_id;
    }

    fn add_member(&mut self, team: TeamId, member: &NewTeamMember, offset: u64) {
        self.memberships.insert(
            (member.user_id, team),
            TeamMembership { generation: offset, active: true, scheme_admin: member.scheme_admin },
        );
        let members = self.team_members.entry(team).or_default();
        if let Err(at) = members.binary_search(&member.user_id) {
            members.insert(at, member.user_id);
        }
        let count = members.len() as u32;
        if let Some(team) = self.teams.get_mut(&team) {
            team.member_count = count;
        }
    }

    fn remove_member(&mut self, user: UserId, team: TeamId) {
        if let Some(membership) = self.memberships.get_mut(&(user, team)) {
            membership.active = false;
        }
        let members = self.team_members.entry(team).or_default();
        members.retain(|member| *member != user);
        let count = members.len() as u32;
        if let Some(team) = self.teams.get_mut(&team) {
            team.member_count = count;
        }
    }

    fn name_channel(
        &mut self,
        channel: ChannelId,
        team: TeamId,
        name: &str,
        offset: u64,
        is_default: bool,
    ) {
        self.names_in_team.entry(team).or_default().insert(name.to_owned(), channel);
        let name = name.to_owned();
        let claimed = offset;
        self.channel_names
            .insert(channel, ChannelName { team_id: team, name, claimed, is_default });
    }

    fn rename_channel(&mut self, channel: ChannelId, name: &str) {
        let Some(held) = self.channel_names.get_mut(&channel) else { return };
        let names = self.names_in_team.entry(held.team_id).or_default();
        names.remove(&held.name);
        names.insert(name.to_owned(), channel);
        name.clone_into(&mut held.name);
    }
}
