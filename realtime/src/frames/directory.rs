//! Frames of the topic `directory`.

use domain::Applied;
use events::{ChannelId, DirectoryEvent, ProfileFieldId, TeamId, UserId};
use fold::FoldSet;
use wire::frame::{self, Broadcast, Frame};

use super::{Audience, Rows, Sink};

pub(super) fn of(set: &FoldSet, event: &DirectoryEvent, applied: &Applied, sink: &mut impl Sink) {
    use DirectoryEvent as E;
    match event {
        // A claimed name is told of when its channel exists; an ended session is silent, as is what becomes
        // of old posts.
        E::CellOpened(_)
        | E::RulesActivated(_)
        | E::EpochOpened(_)
        | E::EpochSealed(_)
        | E::ChannelNameClaimed(_)
        | E::UserKeyDestroyed(_)
        | E::UserSessionsRevoked(_)
        | E::EmojiDeleted(_)
        | E::RetentionPolicyCreated(_)
        | E::RetentionPolicyChanged(_)
        | E::RetentionPolicyDeleted(_)
        | E::LegalHoldPlaced(_)
        | E::LegalHoldReleased(_)
        | E::RetentionRunFinished(_) => {}
        E::UserCreated(b) => {
            let user_id = b.c.user_id;
            sink.tell(Audience::Knowing(user_id), || {
                Frame::new("new_user", &Broadcast::default(), &frame::NewUser { user_id })
            });
        }
        E::UserProfileChanged(b) => user_updated(b.c.user_id, sink),
        E::UserPictureChanged(b) => user_updated(b.c.user_id, sink),
        E::UserDeactivated(b) => user_updated(b.c.user_id, sink),
        E::UserErased(b) => {
            applied.teams.iter().for_each(|team| leave_team(*team, b.c.user_id, sink));
            user_updated(b.c.user_id, sink);
        }
        E::UserActivated(b) => user_updated(b.c.user_id, sink),
        E::UserPasswordChanged(b) => {
            sink.push_rows(Audience::User(b.c.user_id), Rows::User(b.c.user_id));
        }
        E::UserRolesChanged(b) => {
            roles_updated(b.c.user_id, wire::system_roles(b.c.system_admin, false), sink);
        }
        E::UserGuestChanged(b) => {
            roles_updated(b.c.user_id, wire::system_roles(false, b.c.is_guest), sink);
            for team in &applied.teams {
                let member = wire::TeamMember::new(*team, b.c.user_id, false, 0);
                team_member_updated(&member.of_guest(b.c.is_guest), sink);
            }
            sink.push_rows(Audience::User(b.c.user_id), Rows::ChannelMembersOf(b.c.user_id));
        }
        E::TeamCreated(b) => added_to_team(b.c.team_id, &applied.admitted, sink),
        E::TeamMembersAdded(b) => added_to_team(b.c.team_id, &applied.admitted, sink),
        E::TeamMemberRemoved(b) => leave_team(b.c.team_id, b.c.user_id, sink),
        E::TeamMemberRolesChanged(b) => {
            let member = wire::TeamMember::new(b.c.team_id, b.c.user_id, b.c.scheme_admin, 0);
            team_member_updated(&member, sink);
        }
        E::TeamChanged(b) => team_changed(b.c.team_id, "update_team", sink),
        E::TeamInviteRegenerated(b) => team_changed(b.c.team_id, "update_team", sink),
        E::TeamArchived(b) => team_changed(b.c.team_id, "delete_team", sink),
        E::TeamRestored(b) => team_changed(b.c.team_id, "restore_team", sink),
        E::ChannelNameChanged(b) => renamed(set, b.c.channel_id, sink),
        E::TeamIconChanged(b) => team_changed(b.c.team_id, "update_team", sink),
        E::ProfileFieldCreated(b) => {
            profile_field(set, "custom_profile_attributes_field_created", b.c.field.field_id, sink);
        }
        E::ProfileFieldChanged(b) => {
            profile_field(set, "custom_profile_attributes_field_updated", b.c.field.field_id, sink);
        }
        E::ProfileFieldDeleted(b) => sink.tell(Audience::Everyone, || {
            let (event, field_id) = ("custom_profile_attributes_field_deleted", b.c.field_id);
            Frame::new(event, &Broadcast::default(), &frame::ProfileFieldGone { field_id })
        }),
        E::EmojiCreated(b) => sink.tell(Audience::Everyone, || {
            let emoji = wire::to_json(&wire::Emoji::from_created(&b.c, applied.at));
            Frame::new("emoji_added", &Broadcast::default(), &frame::EmojiAdded { emoji })
        }),
    }
}

fn roles_updated(user_id: UserId, roles: &str, sink: &mut impl Sink) {
    sink.tell(Audience::User(user_id), || {
        let data = frame::UserRoleUpdated { user_id, roles: roles.to_owned() };
        Frame::new("user_role_updated", &Broadcast::to_user(user_id), &data)
    });
    user_updated(user_id, sink);
}

fn team_member_updated(member: &wire::TeamMember, sink: &mut impl Sink) {
    sink.tell(Audience::User(member.user_id), || {
        let data = frame::MemberRoleUpdated { member: wire::to_json(member) };
        Frame::new("memberrole_updated", &Broadcast::to_user(member.user_id), &data)
    });
}

/// Told in two variants: what an account says of itself is not for everyone.
pub(super) fn user_updated(user_id: UserId, sink: &mut impl Sink) {
    sink.push_rows(Audience::Intimates(user_id), Rows::User(user_id));
    sink.push_rows(Audience::Strangers(user_id), Rows::User(user_id));
}

/// As it is now; of one that is no more the frame of its end tells.
fn profile_field(set: &FoldSet, event: &'static str, id: ProfileFieldId, sink: &mut impl Sink) {
    let directory = set.directory();
    let Some(held) = directory.state().profile_fields().get(id) else { return };
    let field = wire::ProfileField::from(held);
    sink.tell(Audience::Everyone, || {
        Frame::new(event, &Broadcast::default(), &frame::ProfileFieldTold { field })
    });
}

fn added_to_team(team_id: TeamId, admitted: &[UserId], sink: &mut impl Sink) {
    for user_id in admitted.iter().copied() {
        sink.tell(Audience::User(user_id), || {
            let data = frame::TeamMembership { team_id, user_id };
            Frame::new("added_to_team", &Broadcast::to_user(user_id), &data)
        });
    }
}

fn leave_team(team_id: TeamId, user_id: UserId, sink: &mut impl Sink) {
    let data = frame::TeamMembership { team_id, user_id };
    sink.tell(Audience::Team { team_id, except: user_id }, || {
        Frame::new("leave_team", &Broadcast::to_team(team_id).omitting(user_id), &data)
    });
    sink.tell(Audience::User(user_id), || {
        Frame::new("leave_team", &Broadcast::to_user(user_id), &data)
    });
}

fn team_changed(team_id: TeamId, event: &'static str, sink: &mut impl Sink) {
    sink.push_rows(Audience::LastingTeam(team_id), Rows::Team(team_id, event));
}

/// A claimed name may change before its channel exists; then nobody is there to be told.
fn renamed(set: &FoldSet, channel_id: ChannelId, sink: &mut impl Sink) {
    if set.channels(channel_id).state().channel(channel_id).is_some() {
        let audience = Audience::Channel { channel_id, at: None, except: None };
        sink.push_rows(audience, Rows::Channel(channel_id));
    }
}
