//! What is decided in the directory: accounts, teams, pictures.

use events::directory::{ChannelType, NewProfile, ProfilePatch};
use events::pictures::StoredPicture;
use events::profile::{ProfileField, ProfileFieldType, ProfileValueType, ProfileVisibility};
use events::{EmojiId, Id, KeyedHash, ProfileFieldId};

use super::super::directory::*;
use super::super::given::*;
use super::super::pictures::*;
use super::super::profile::*;
use super::super::team::*;
use super::{Command, Decided, Rows, said};
use crate::rights;

pub(super) fn accounts(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, actor, user_id) = (&given.directory, user(actor), user(a));
    match kind {
        0 => said(sign_up(a).decide(d)),
        1 => said(nickname(rows, command).decide(d)),
        2 => {
            let kept_session = given.users.sessions_of(user_id).next().copied();
            let password_hash = "x".to_owned();
            said(ChangePassword { actor, user_id, password_hash, kept_session }.decide(d))
        }
        3 => {
            let any_live = given
                .users
                .sessions_of(user_id)
                .any(|session| rights::session_account(d, session, 0).is_some());
            said(RevokeSessions { actor, user_id, any_live }.decide(d))
        }
        4 => said(ChangeRoles { actor, user_id, system_admin: b % 2 == 0 }.decide(d)),
        5 => said(DeactivateUser { actor, user_id }.decide(d)),
        _ => said(ActivateUser { actor, user_id }.decide(d)),
    }
}

fn nickname(rows: &Rows, Command { actor, a, b, .. }: Command) -> ChangeProfile {
    let name = |n: u8| format!("nick{n}");
    let current = NewProfile {
        nickname: rows.profiles.get(&a).map_or(String::new(), |n| name(*n)),
        ..sign_up(a).profile
    };
    ChangeProfile {
        actor: user(actor),
        user_id: user(a),
        username_hash: Some(KeyedHash::from_bytes([a; 16])),
        email_hash: None,
        locale: None,
        patch: ProfilePatch { nickname: Some(name(b)), ..ProfilePatch::default() },
        current,
        current_locale: String::new(),
    }
}

pub(super) fn teams(given: &Given, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, actor_id, team_id) = (&given.directory, user(actor), team(a));
    match kind {
        7 => said(found(a, actor).decide(d)),
        8 => {
            let user_ids = vec![user(b)];
            said(AddTeamMembers { actor: actor_id, team_id, user_ids, invite: None }.decide(d))
        }
        9 => said(RemoveTeamMember { actor: actor_id, team_id, user_id: user(b) }.decide(d)),
        _ => said(create_channel(a, b, actor, ChannelType::Open).decide(d)),
    }
}

/// What administrators of teams do.
pub(super) fn administration(given: &Given, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, actor, team_id, user_id) = (&given.directory, user(actor), team(a), user(b));
    match kind {
        33 | 34 => {
            let scheme_admin = kind == 33;
            said(ChangeTeamMemberRoles { actor, team_id, user_id, scheme_admin }.decide(d))
        }
        35 => {
            let invite_id = Id([a * 16 + b; 16]);
            said(RegenerateInvite { actor, team_id, invite_id }.decide(d))
        }
        36 => said(ArchiveTeam { actor, team_id }.decide(d)),
        37 => said(RestoreTeam { actor, team_id }.decide(d)),
        _ => {
            let allow_open_invite = Some(b % 2 == 0);
            let change = ChangeTeam { actor, team_id, allow_open_invite, ..ChangeTeam::default() };
            said(change.decide(d))
        }
    }
}

/// Custom emoji, pictures of people, icons of teams.
pub(super) fn pictures(given: &Given, command: Command) -> Decided {
    let Command { kind, actor, a, .. } = command;
    let (d, actor, user_id, team_id) = (&given.directory, user(actor), user(a), team(a));
    let emoji_id = EmojiId(Id([a; 16]));
    let stored = || StoredPicture {
        object: format!("pictures/2026-01-01/{}", given.next),
        key: "key".to_owned(),
    };
    match kind {
        46 => {
            let name = format!("emoji{a}");
            said(CreateEmoji { actor, emoji_id, name, image: stored() }.decide(d))
        }
        47 => said(DeleteEmoji { actor, emoji_id }.decide(d)),
        48 => said(ChangeUserPicture { actor, user_id, picture: Some(stored()) }.decide(d)),
        49 => said(ChangeUserPicture { actor, user_id, picture: None }.decide(d)),
        50 => said(ChangeTeamIcon { actor, team_id, icon: Some(stored()) }.decide(d)),
        _ => said(ChangeTeamIcon { actor, team_id, icon: None }.decide(d)),
    }
}

/// Fields of profiles.
pub(super) fn profile_fields(given: &Given, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, actor) = (&given.directory, user(actor));
    let (field_id, name) = (ProfileFieldId(Id([a; 16])), format!("field {b}"));
    match kind {
        54 => {
            let field = ProfileField {
                field_id,
                name,
                r#type: ProfileFieldType::Text,
                display_name: String::new(),
                visibility: ProfileVisibility::Always,
                value_type: ProfileValueType::Plain,
                sort_order: 0,
                options: vec![],
                managed: false,
            };
            said(CreateProfileField { actor, field }.decide(d))
        }
        55 => {
            let patch = ProfileFieldPatch { name: Some(name), ..ProfileFieldPatch::default() };
            said(ChangeProfileField { actor, field_id, patch }.decide(d))
        }
        _ => said(DeleteProfileField { actor, field_id }.decide(d)),
    }
}
