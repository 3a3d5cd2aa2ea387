//! Accounts and teams.

use std::collections::BTreeMap;

use domain::Applied;
use events::directory::{
    NewTeamMember, ProfilePatch, TeamChanged, TeamCreated, UserCreated, UserGuestChanged,
    UserProfileChanged, erased_username,
};
use events::{Body, ChannelId, DirectoryEvent, TeamId, UserId};

use super::MemberPast;

/// An account at that time. Its password is nobody's business.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct AccountPast {
    /// Username, e-mail address, nickname, first and last name, position.
    pub profile: BTreeMap<&'static str, String>,
    pub locale: String,
    pub is_bot: bool,
    pub is_system_admin: bool,
    pub is_guest: bool,
    pub create_at: i64,
    pub deactivated_at: Option<i64>,
    pub erased_at: Option<i64>,
}

impl AccountPast {
    pub fn text(&self, field: &str) -> &str {
        self.profile.get(field).map_or("", String::as_str)
    }
}

/// The texts of a patch that are there, by what they are called.
fn patched(patch: &ProfilePatch) -> impl Iterator<Item = (&'static str, &String)> {
    [
        ("username", &patch.username),
        ("email", &patch.email),
        ("nickname", &patch.nickname),
        ("first_name", &patch.first_name),
        ("last_name", &patch.last_name),
        ("position", &patch.position),
    ]
    .into_iter()
    .filter_map(|(field, text)| Some((field, text.as_ref()?)))
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TeamPast {
    /// With what changed since.
    pub created: TeamCreated,
    pub company_name: String,
    pub email: String,
    pub create_at: i64,
    pub archived_at: Option<i64>,
    pub members: BTreeMap<UserId, MemberPast>,
}

impl TeamPast {
    fn change(&mut self, changed: &TeamChanged) {
        let texts = [
            (&mut self.created.display_name, &changed.display_name),
            (&mut self.created.description, &changed.description),
            (&mut self.company_name, &changed.company_name),
        ];
        for (text, new) in texts {
            if let Some(new) = new {
                text.clone_from(new);
            }
        }
        let team = &mut self.created;
        team.r#type = changed.r#type.unwrap_or(team.r#type);
        team.allow_open_invite = changed.allow_open_invite.unwrap_or(team.allow_open_invite);
    }
}

/// Everyone and every team, as the directory's events made them so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct DirectoryPast {
    pub accounts: BTreeMap<UserId, AccountPast>,
    pub teams: BTreeMap<TeamId, TeamPast>,
    /// The channels that have a name, with their teams.
    pub channels: BTreeMap<ChannelId, (TeamId, String)>,
}

impl DirectoryPast {
    /// Teams that somebody is a member of.
    pub fn teams_of(&self, user: UserId) -> impl Iterator<Item = (TeamId, MemberPast)> {
        self.teams
            .iter()
            .filter_map(move |(id, team)| Some((*id, team.members.get(&user).copied()?)))
    }

    /// The fields of a profile that a patch changes, each with what was and what is.
    pub fn changes<'a>(
        &'a self,
        changed: &'a Body<UserProfileChanged>,
    ) -> impl Iterator<Item = (&'static str, &'a str, &'a str)> {
        let account = self.accounts.get(&changed.c.user_id);
        patched(&changed.p)
            .map(move |(field, new)| (field, account.map_or("", |a| a.text(field)), new.as_str()))
            .filter(|(_, old, new)| old != new)
    }

    /// Follows an applied event.
    pub fn absorb(&mut self, event: &DirectoryEvent, applied: &Applied) {
        use DirectoryEvent as E;
        let at = applied.at;
        match event {
            E::UserCreated(b) => self.create_account(b, applied),
            E::UserProfileChanged(b) => self.with_account(b.c.user_id, |account| {
                for (field, text) in patched(&b.p) {
                    account.profile.insert(field, text.clone());
                }
                account.locale = b.c.locale.clone().unwrap_or_else(|| account.locale.clone());
            }),
            E::UserRolesChanged(b) => {
                self.with_account(b.c.user_id, |a| a.is_system_admin = b.c.system_admin);
            }
            E::UserGuestChanged(b) => self.change_guest(&b.c, &applied.teams),
            E::UserDeactivated(b) => {
                self.with_account(b.c.user_id, |account| account.deactivated_at = Some(at));
            }
            E::UserActivated(b) => {
                self.with_account(b.c.user_id, |account| account.deactivated_at = None);
            }
            E::UserErased(b) => self.erase(b.c.user_id, &applied.teams, at),
            E::TeamCreated(b) => self.create_team(&b.c, &b.p.email, at),
            E::TeamMembersAdded(b) => {
                let joined = |m: &&NewTeamMember| applied.admitted.contains(&m.user_id);
                for member in b.c.members.iter().filter(joined) {
                    self.add(b.c.team_id, member, at);
                }
            }
            E::TeamMemberRemoved(b) => {
                self.with_team(b.c.team_id, |team| {
                    team.members.remove(&b.c.user_id);
                });
            }
            E::TeamMemberRolesChanged(b) => {
                let team = self.teams.get_mut(&b.c.team_id);
                if let Some(member) = team.and_then(|team| team.members.get_mut(&b.c.user_id)) {
                    member.is_admin = b.c.scheme_admin;
                }
            }
            E::TeamChanged(b) => self.with_team(b.c.team_id, |team| team.change(&b.c)),
            E::TeamInviteRegenerated(b) => {
                self.with_team(b.c.team_id, |team| team.created.invite_id = b.c.invite_id);
            }
            E::TeamArchived(b) => {
                self.with_team(b.c.team_id, |team| team.archived_at = Some(at));
            }
            E::TeamRestored(b) => self.with_team(b.c.team_id, |team| team.archived_at = None),
            E::ChannelNameClaimed(b) => {
                self.channels.insert(b.c.channel_id, (b.c.team_id, b.c.name.clone()));
            }
            E::ChannelNameChanged(b) => {
                if let Some((_, name)) = self.channels.get_mut(&b.c.channel_id) {
                    name.clone_from(&b.c.name);
                }
            }
            E::CellOpened(_)
            | E::UserPictureChanged(_)
            | E::TeamIconChanged(_)
            | E::EmojiCreated(_)
            | E::EmojiDeleted(_)
            | E::ProfileFieldCreated(_)
            | E::ProfileFieldChanged(_)
            | E::ProfileFieldDeleted(_)
            | E::RetentionPolicyCreated(_)
            | E::RetentionPolicyChanged(_)
            | E::RetentionPolicyDeleted(_)
            | E::LegalHoldPlaced(_)
            | E::LegalHoldReleased(_)
            | E::RetentionRunFinished(_)
            | E::RulesActivated(_)
            | E::EpochOpened(_)
            | E::EpochSealed(_)
            | E::UserPasswordChanged(_)
            | E::UserSessionsRevoked(_)
            | E::UserKeyDestroyed(_) => {}
        }
    }

    fn create_account(&mut self, created: &Body<UserCreated>, applied: &Applied) {
        let profile = [
            ("username", &created.p.username),
            ("email", &created.p.email),
            ("nickname", &created.p.nickname),
            ("first_name", &created.p.first_name),
            ("last_name", &created.p.last_name),
            ("position", &created.p.position),
        ];
        let account = AccountPast {
            profile: profile.map(|(field, text)| (field, text.clone())).into(),
            locale: created.c.locale.clone(),
            is_bot: created.c.is_bot,
            is_system_admin: applied.system_admin,
            create_at: applied.at,
            ..AccountPast::default()
        };
        self.accounts.insert(created.c.user_id, account);
    }

    fn with_account(&mut self, user: UserId, change: impl FnOnce(&mut AccountPast)) {
        if let Some(account) = self.accounts.get_mut(&user) {
            change(account);
        }
    }

    fn with_team(&mut self, team: TeamId, change: impl FnOnce(&mut TeamPast)) {
        if let Some(team) = self.teams.get_mut(&team) {
            change(team);
        }
    }

    fn change_guest(&mut self, changed: &UserGuestChanged, teams: &[TeamId]) {
        self.with_account(changed.user_id, |account| {
            account.is_guest = changed.is_guest;
            account.is_system_admin &= !changed.is_guest;
        });
        for team in teams {
            self.with_team(*team, |team| {
                if let Some(member) = team.members.get_mut(&changed.user_id) {
                    member.is_admin &= !changed.is_guest;
                }
            });
        }
    }

    fn erase(&mut self, user: UserId, left: &[TeamId], at: i64) {
        self.with_account(user, |account| {
            account.profile = BTreeMap::from([("username", erased_username(user))]);
            account.is_system_admin = false;
            account.is_guest = false;
            account.deactivated_at.get_or_insert(at);
            account.erased_at = Some(at);
        });
        for team in left {
            if let Some(team) = self.teams.get_mut(team) {
                team.members.remove(&user);
            }
        }
    }

    fn create_team(&mut self, created: &TeamCreated, email: &str, at: i64) {
        let channels = created.default_channels.iter();
        let channels = channels.map(|c| (c.channel_id, (created.team_id, c.name.clone())));
        self.channels.extend(channels);
        let team = TeamPast {
            created: created.clone(),
            company_name: String::new(),
            email: email.to_owned(),
            create_at: at,
            archived_at: None,
            members: BTreeMap::new(),
        };
        self.teams.insert(created.team_id, team);
        let creator = NewTeamMember { user_id: created.creator_id, scheme_admin: true };
        self.add(created.team_id, &creator, at);
    }

    fn add(&mut self, team: TeamId, member: &NewTeamMember, at: i64) {
        let past = MemberPast { since: at, is_admin: member.scheme_admin };
        if let Some(team) = self.teams.get_mut(&team) {
            team.members.insert(member.user_id, past);
        }
    }
}
