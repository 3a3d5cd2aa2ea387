//! Rows of the topic `directory`.

use domain::Applied;
use events::directory::{
    DefaultChannel, ProfilePatch, TeamChanged, TeamCreated, TeamMembersAdded, UserGuestChanged,
    UserProfileChanged, erased_username,
};
use events::pictures::{PictureKey, UserPictureChanged};
use events::{DirectoryEvent, TeamId, UserId};
use read_model::rows::{ChannelNameRow, CredentialRow, TeamMemberRow, TeamRow, UserRow};

use super::{Change, RowChanges, TeamMemberChange, amend, amend_membership};
use crate::patches::{
    ChannelNamePatch, CredentialPatch, TeamMemberPatch, TeamPatch, UserPatch, text, text_map,
};

impl RowChanges {
    pub(super) fn absorb_directory(
        &mut self,
        event: &DirectoryEvent,
        applied: &Applied,
        offset: u64,
    ) {
        use DirectoryEvent as E;
        let at = applied.at;
        match event {
            E::CellOpened(_) | E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => {}
            E::UserCreated(b) => {
                let user = wire::User::from_created(&b.c, &b.p, at, applied.system_admin);
                self.users.insert(b.c.user_id, Change::New(clean(UserRow::from(&user))));
                let credential = CredentialRow {
                    user_id: b.c.user_id,
                    password_hash: text(&b.p.password_hash),
                    auth_generation: 0,
                };
                self.credentials.insert(b.c.user_id, Change::New(credential));
            }
            E::UserProfileChanged(b) => {
                amend(&mut self.users, b.c.user_id, profile_patch(&b.c, &b.p, at));
            }
            E::UserPasswordChanged(b) => {
                let hash = Some(text(&b.p.password_hash));
                self.end_sessions(b.c.user_id, offset, hash);
                let patch = UserPatch { last_password_update: Some(at), ..touched(at) };
                amend(&mut self.users, b.c.user_id, patch);
            }
            E::UserRolesChanged(b) => {
                let patch = UserPatch { system_admin: Some(b.c.system_admin), ..touched(at) };
                amend(&mut self.users, b.c.user_id, patch);
            }
            E::UserGuestChanged(b) => self.change_guest(&b.c, applied),
            E::UserDeactivated(b) => {
                self.end_sessions(b.c.user_id, offset, None);
                let patch = UserPatch { delete_at: Some(at), ..touched(at) };
                amend(&mut self.users, b.c.user_id, patch);
            }
            E::UserActivated(b) => {
                let patch = UserPatch { delete_at: Some(0), ..touched(at) };
                amend(&mut self.users, b.c.user_id, patch);
            }
            E::UserErased(b) => {
                self.end_sessions(b.c.user_id, offset, Some(String::new()));
                amend(&mut self.users, b.c.user_id, erased_patch(b.c.user_id, at));
                self.gone.people.insert(b.c.user_id);
            }
            E::UserKeyDestroyed(_) => {}
            E::UserSessionsRevoked(b) => self.end_sessions(b.c.user_id, offset, None),
            E::TeamCreated(b) => {
                let team = team_row(&wire::Team::from_created(&b.c, &b.p, at), &b.c);
                self.teams.insert(b.c.team_id, Change::New(team));
                self.join_team(b.c.team_id, b.c.creator_id, true, at, offset);
                for channel in &b.c.default_channels {
                    self.name_default_channel(b.c.team_id, channel, at);
                }
            }
            E::TeamMembersAdded(b) => self.add_to_team(&b.c, applied, offset),
            E::TeamMemberRemoved(b) => {
                self.team_members.insert((b.c.user_id, b.c.team_id), TeamMemberChange::Delete);
            }
            E::TeamMemberRolesChanged(b) => {
                let patch = TeamMemberPatch { scheme_admin: Some(b.c.scheme_admin) };
                amend_membership(&mut self.team_members, (b.c.user_id, b.c.team_id), patch);
            }
            E::TeamChanged(b) => amend(&mut self.teams, b.c.team_id, team_patch(&b.c, at)),
            E::TeamInviteRegenerated(b) => {
                let patch = TeamPatch { invite_id: Some(b.c.invite_id), ..team_touched(at) };
                amend(&mut self.teams, b.c.team_id, patch);
            }
            E::TeamArchived(b) => self.archive_team(b.c.team_id, at, at),
            E::TeamRestored(b) => self.archive_team(b.c.team_id, 0, at),
            E::ChannelNameClaimed(b) => {
                let row = ChannelNameRow {
                    channel_id: b.c.channel_id,
                    team_id: b.c.team_id,
                    name: text(&b.c.name),
                    is_default: false,
                    update_at: at,
                };
                self.channel_names.insert(b.c.channel_id, Change::New(row));
            }
            E::ChannelNameChanged(b) => {
                let patch = ChannelNamePatch { name: Some(text(&b.c.name)), update_at: Some(at) };
                amend(&mut self.channel_names, b.c.channel_id, patch);
            }
            E::UserPictureChanged(b) => {
                amend(&mut self.users, b.c.user_id, picture_patch(&b.c, &b.p, at));
            }
            // Icons, emoji and fields of profiles stand in the fold.
            E::TeamIconChanged(_) | E::EmojiCreated(_) | E::EmojiDeleted(_) => {}
            E::ProfileFieldCreated(_) | E::ProfileFieldChanged(_) | E::ProfileFieldDeleted(_) => {}
            E::RetentionPolicyCreated(_)
            | E::RetentionPolicyChanged(_)
            | E::RetentionPolicyDeleted(_) => {}
            E::LegalHoldPlaced(b) => self.place_hold(&b.c, &b.p, at),
            E::LegalHoldReleased(b) => self.release_hold(&b.c, at),
            E::RetentionRunFinished(b) => self.finish_run(&b.c, at),
        }
    }

    fn change_guest(&mut self, changed: &UserGuestChanged, applied: &Applied) {
        let mut patch = UserPatch { is_guest: Some(changed.is_guest), ..touched(applied.at) };
        if changed.is_guest {
            patch.system_admin = Some(false);
            for team in &applied.teams {
                let patch = TeamMemberPatch { scheme_admin: Some(false) };
                amend_membership(&mut self.team_members, (changed.user_id, *team), patch);
            }
        }
        amend(&mut self.users, changed.user_id, patch);
    }

    fn end_sessions(&mut self, user: UserId, offset: u64, password_hash: Option<String>) {
        let auth_generation = Some(offset.cast_signed());
        let patch = CredentialPatch { password_hash, auth_generation };
        amend(&mut self.credentials, user, patch);
    }

    fn add_to_team(&mut self, added: &TeamMembersAdded, applied: &Applied, offset: u64) {
        for user in &applied.admitted {
            let admin = added.members.iter().find(|member| member.user_id == *user);
            let admin = admin.is_some_and(|member| member.scheme_admin);
            self.join_team(added.team_id, *user, admin, applied.at, offset);
        }
    }

    fn archive_team(&mut self, team: TeamId, delete_at: i64, at: i64) {
        let patch = TeamPatch { delete_at: Some(delete_at), ..team_touched(at) };
        amend(&mut self.teams, team, patch);
    }

    fn join_team(&mut self, team: TeamId, user: UserId, admin: bool, at: i64, offset: u64) {
        let row = TeamMemberRow {
            team_id: team,
            user_id: user,
            generation: offset.cast_signed(),
            scheme_admin: admin,
            create_at: at,
        };
        self.team_members.insert((user, team), TeamMemberChange::Put(row));
    }

    fn name_default_channel(&mut self, team_id: TeamId, channel: &DefaultChannel, at: i64) {
        let row = ChannelNameRow {
            channel_id: channel.channel_id,
            team_id,
            name: text(&channel.name),
            is_default: true,
            update_at: at,
        };
        self.channel_names.insert(channel.channel_id, Change::New(row));
    }
}

fn team_touched(at: i64) -> TeamPatch {
    TeamPatch { update_at: Some(at), ..TeamPatch::default() }
}

fn team_patch(changed: &TeamChanged, at: i64) -> TeamPatch {
    TeamPatch {
        display_name: changed.display_name.as_deref().map(text),
        description: changed.description.as_deref().map(text),
        company_name: changed.company_name.as_deref().map(text),
        kind: changed.r#type,
        allow_open_invite: changed.allow_open_invite,
        ..team_touched(at)
    }
}

fn touched(at: i64) -> UserPatch {
    UserPatch { update_at: Some(at), ..UserPatch::default() }
}

/// All that is personal, whatever it was: a row that was made after the key was destroyed becomes the
/// same.
fn erased_patch(user: UserId, at: i64) -> UserPatch {
    UserPatch {
        username: Some(erased_username(user)),
        email: Some(String::new()),
        email_verified: Some(false),
        nickname: Some(String::new()),
        first_name: Some(String::new()),
        last_name: Some(String::new()),
        position: Some(String::new()),
        props: Some(wire::StringMap::default()),
        notify_props: Some(wire::StringMap::default()),
        hears_broadcasts: Some(read_model::hears_broadcasts(&wire::StringMap::default())),
        timezone: Some(wire::StringMap::default()),
        locale: Some(String::new()),
        system_admin: Some(false),
        is_guest: Some(false),
        delete_at: Some(at),
        last_picture_update: Some(0),
        picture_object: Some(String::new()),
        picture_key: Some(String::new()),
        ..touched(at)
    }
}

fn picture_patch(c: &UserPictureChanged, p: &PictureKey, at: i64) -> UserPatch {
    UserPatch {
        last_picture_update: Some(if c.object.is_some() { at } else { 0 }),
        picture_object: Some(c.object.as_deref().map(text).unwrap_or_default()),
        picture_key: Some(text(&p.key)),
        ..touched(at)
    }
}

fn profile_patch(c: &UserProfileChanged, p: &ProfilePatch, at: i64) -> UserPatch {
    let field = |value: &Option<String>| value.as_deref().map(text);
    UserPatch {
        username: field(&p.username),
        email: field(&p.email),
        // Another address is another to verify.
        email_verified: p.email.as_ref().map(|_| false),
        nickname: field(&p.nickname),
        first_name: field(&p.first_name),
        last_name: field(&p.last_name),
        position: field(&p.position),
        props: p.props.as_ref().map(text_map),
        notify_props: p.notify_props.as_ref().map(text_map),
        hears_broadcasts: p.notify_props.as_ref().map(read_model::hears_broadcasts),
        timezone: p.timezone.as_ref().map(text_map),
        locale: field(&c.locale),
        ..touched(at)
    }
}

fn clean(row: UserRow) -> UserRow {
    UserRow {
        username: text(&row.username),
        email: text(&row.email),
        nickname: text(&row.nickname),
        first_name: text(&row.first_name),
        last_name: text(&row.last_name),
        position: text(&row.position),
        props: text_map(&row.props),
        notify_props: text_map(&row.notify_props),
        timezone: text_map(&row.timezone),
        locale: text(&row.locale),
        ..row
    }
}

fn team_row(team: &wire::Team, created: &TeamCreated) -> TeamRow {
    TeamRow {
        id: team.id,
        name: text(&team.name),
        display_name: text(&team.display_name),
        description: text(&team.description),
        email: text(&team.email),
        kind: team.r#type,
        allow_open_invite: team.allow_open_invite,
        invite_id: created.invite_id,
        creator_id: created.creator_id,
        create_at: team.create_at,
        update_at: team.update_at,
        delete_at: team.delete_at,
        company_name: text(&team.company_name),
    }
}
