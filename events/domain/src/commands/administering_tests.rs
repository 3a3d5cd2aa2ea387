//! Who may administer teams and channels, and what an archive means.

use events::channel::ChannelCreated;
use events::directory::ChannelType::{Open, Private};
use events::directory::{TeamMemberRolesChanged, TeamType};
use events::{ChannelEvent, DirectoryEvent, Event, Id, PostId};

use super::channel::*;
use super::channel_admin::*;
use super::directory::*;
use super::given::*;
use super::post::PostRejection;
use super::team::*;
use super::*;
use crate::rights;
use crate::verdict::Refusal;

/// Users 1 (administrator of the system) to 5; team 1 of user 2 with users 3 and 4; open channel 1 and private
/// channel 2 of user 3; user 4 is in channel 1.
fn scene() -> Given {
    let given = (1..=5).fold(Given::new(), Given::with_user);
    given
        .with_team(1, 2)
        .with_member(1, 3)
        .with_member(1, 4)
        .with_channel(1, 1, 3, Open)
        .with_channel(2, 1, 3, Private)
        .with_channel_member(1, 4)
}

fn privacy(n: u8, actor: u8, r#type: events::directory::ChannelType) -> ChangeChannelPrivacy {
    let notice_id = PostId::default();
    ChangeChannelPrivacy { actor: user(actor), channel_id: channel(n), r#type, notice_id }
}

fn in_channel(n: u8, actor: u8, member: u8, scheme_admin: bool) -> ChangeChannelMemberRoles {
    let (actor, user_id) = (user(actor), user(member));
    ChangeChannelMemberRoles { actor, channel_id: channel(n), user_id, scheme_admin }
}

fn in_team(actor: u8, member: u8, scheme_admin: bool) -> ChangeTeamMemberRoles {
    let (actor, user_id) = (user(actor), user(member));
    ChangeTeamMemberRoles { actor, team_id: team(1), user_id, scheme_admin }
}

fn archive(actor: u8) -> ArchiveTeam {
    ArchiveTeam { actor: user(actor), team_id: team(1) }
}

fn restore(actor: u8) -> RestoreTeam {
    RestoreTeam { actor: user(actor), team_id: team(1) }
}

#[test]
fn administrators_of_a_channel_name_others_and_members_do_not() {
    let mut given = scene();
    let decided = in_channel(1, 4, 4, true).decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::Forbidden));
    given.done(in_channel(1, 3, 4, true).decide(&given.directory, &given.channels));
    let admin = |given: &Given, n| {
        let channel = given.channels.channel(channel(1)).unwrap();
        channel.member(user(n)).unwrap().scheme_admin
    };
    assert!(admin(&given, 4));
    let again = in_channel(1, 3, 4, true).decide(&given.directory, &given.channels);
    assert_eq!(again, Ok(Decision::AlreadySo));
    given.done(in_channel(1, 4, 3, false).decide(&given.directory, &given.channels));
    assert!(!admin(&given, 3));
    for by in [1, 2] {
        assert!(in_channel(1, by, 3, true).decide(&given.directory, &given.channels).is_ok());
    }
    let absent = in_channel(1, 1, 5, true).decide(&given.directory, &given.channels);
    assert_eq!(absent, Err(ChannelRejection::NoSuchMember));
}

#[test]
fn who_cannot_see_a_channel_or_a_team_hears_that_it_is_unknown() {
    let mut given = scene();
    let closed = CreateTeam { r#type: TeamType::InviteOnly, ..found(2, 2) };
    given.done(closed.decide(&given.directory));
    for actor in [4, 5] {
        let roles = in_channel(2, actor, 3, true).decide(&given.directory, &given.channels);
        assert_eq!(roles, Err(ChannelRejection::UnknownChannel), "{actor}");
        let convert = privacy(2, actor, Open).decide(&given.directory, &given.channels);
        assert_eq!(convert, Err(ChannelRejection::UnknownChannel), "{actor}");
        let hidden = ArchiveTeam { actor: user(actor), team_id: team(2) };
        assert_eq!(hidden.decide(&given.directory), Err(DirectoryRejection::UnknownTeam));
    }
    // The first team is open to all.
    assert_eq!(archive(5).decide(&given.directory), Err(DirectoryRejection::Forbidden));
}

#[test]
fn a_role_is_that_of_the_named_membership() {
    let mut given = scene();
    let promoted = in_team(2, 4, true).decide(&given.directory).unwrap().event().unwrap();
    let leave = RemoveTeamMember { actor: user(4), team_id: team(1), user_id: user(4) };
    given.done(leave.decide(&given.directory));
    assert_eq!(given.apply(&promoted), Err(Refusal::NotATeamMember));
    given = given.with_member(1, 4);
    assert_eq!(given.apply(&promoted), Err(Refusal::OtherMembership));
    assert!(!rights::is_team_admin(&given.directory, user(4), team(1)));
    let unknown = DirectoryEvent::TeamMemberRolesChanged(
        TeamMemberRolesChanged {
            team_id: team(9),
            user_id: user(4),
            generation: 0,
            scheme_admin: true,
        }
        .into(),
    );
    assert_eq!(given.apply(&unknown.into()), Err(Refusal::UnknownTeam));
}

#[test]
fn administrators_of_a_team_come_and_go_and_leaving_ends_the_role() {
    let mut given = scene();
    assert_eq!(in_team(3, 3, true).decide(&given.directory), Err(DirectoryRejection::Forbidden));
    given.done(in_team(2, 3, true).decide(&given.directory));
    given.done(in_team(3, 2, false).decide(&given.directory));
    assert_eq!(in_team(2, 2, true).decide(&given.directory), Err(DirectoryRejection::Forbidden));
    let absent = in_team(3, 5, true).decide(&given.directory);
    assert_eq!(absent, Err(DirectoryRejection::NoSuchMember));
    let leave = RemoveTeamMember { actor: user(3), team_id: team(1), user_id: user(3) };
    given.done(leave.decide(&given.directory));
    given = given.with_member(1, 3);
    assert!(!rights::is_team_admin(&given.directory, user(3), team(1)));
}

#[test]
fn a_channel_becomes_private_and_public_again_by_who_administers_the_team() {
    let mut given = scene();
    for actor in [3, 4] {
        let decided = privacy(1, actor, Private).decide(&given.directory, &given.channels);
        assert_eq!(decided, Err(ChannelRejection::Forbidden), "{actor}");
    }
    given.done(privacy(1, 2, Private).decide(&given.directory, &given.channels));
    assert_eq!(given.channels.channel(channel(1)).unwrap().r#type, Private);
    assert_eq!(given.channels.channel(channel(1)).unwrap().totals.msgs, 1, "the notice counts");
    let again = privacy(1, 2, Private).decide(&given.directory, &given.channels);
    assert_eq!(again, Ok(Decision::AlreadySo));
    given.done(privacy(2, 2, Open).decide(&given.directory, &given.channels));
    assert!(add(2, 4, 4).decide(&given.directory, &given.channels).is_ok());
}

#[test]
fn default_and_archived_channels_and_conversations_keep_their_privacy() {
    let mut given = scene();
    let square = ChannelCreated {
        channel_id: channel(9),
        team_id: team(1),
        r#type: Open,
        display_name: "Town Square".into(),
        header: String::new(),
        purpose: String::new(),
        creator_id: None,
        is_default: true,
        members: vec![],
    };
    given.apply(&Event::from(ChannelEvent::ChannelCreated(square.into()))).unwrap();
    let decided = privacy(9, 2, Private).decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::DefaultChannel));
    let archive =
        ArchiveChannel { actor: user(3), channel_id: channel(1), notice_id: PostId::default() };
    given.done(archive.decide(&given.directory, &given.channels));
    let decided = privacy(1, 2, Private).decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::Archived));
    let open = OpenDirectChannel { actor: user(1), user_ids: [user(1), user(2)], knows_all: true };
    given.done(open.decide(&given.directory, &given.channels));
    let direct = ChangeChannelPrivacy { channel_id: open.channel_id(), ..privacy(1, 1, Private) };
    let decided = direct.decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::FixedMembers));
}

#[test]
fn an_archived_team_gives_no_rights_and_its_channels_take_nothing() {
    let mut given = scene();
    given.done(archive(2).decide(&given.directory));
    assert_eq!(archive(2).decide(&given.directory), Ok(Decision::AlreadySo));
    let posted = say(1, 3, "x").decide(&given.directory, &given.channels);
    assert_eq!(posted, Err(PostRejection::Forbidden));
    assert!(!rights::may_read(&given.directory, &given.channels, channel(1), user(3)));
    assert!(!rights::is_team_admin(&given.directory, user(2), team(1)));
    // Not even administrators of the system change anything in it.
    let archived = Err(ChannelRejection::TeamArchived);
    assert_eq!(add(1, 1, 4).decide(&given.directory, &given.channels), archived);
    assert_eq!(privacy(1, 1, Private).decide(&given.directory, &given.channels), archived);
    assert_eq!(in_channel(1, 1, 4, true).decide(&given.directory, &given.channels), archived);
    assert_eq!(in_team(1, 3, true).decide(&given.directory), Err(DirectoryRejection::TeamArchived));
    let create = create_channel(3, 1, 3, Open).decide(&given.directory);
    assert_eq!(create, Err(DirectoryRejection::Forbidden));
    let join = AddTeamMembers {
        actor: user(5),
        team_id: team(1),
        user_ids: vec![user(5)],
        invite: Some(Id([1; 16])),
    };
    assert_eq!(join.decide(&given.directory), Err(DirectoryRejection::TeamArchived));
    assert_eq!(restore(3).decide(&given.directory), Err(DirectoryRejection::Forbidden));
    given.done(restore(2).decide(&given.directory));
    given.done(say(1, 3, "x").decide(&given.directory, &given.channels));
    given.done(join.decide(&given.directory));
}

#[test]
fn what_was_decided_before_a_team_was_archived_lets_nobody_in() {
    let mut given = scene();
    let join =
        AddTeamMembers { actor: user(5), team_id: team(1), user_ids: vec![user(5)], invite: None };
    let late = join.decide(&given.directory).unwrap().event().unwrap();
    let claim = create_channel(3, 1, 3, Open).decide(&given.directory).unwrap().event().unwrap();
    given.done(archive(2).decide(&given.directory));
    assert_eq!(given.apply(&late), Err(Refusal::TeamArchived));
    assert_eq!(given.apply(&claim), Err(Refusal::NotATeamMember));
}

#[test]
fn an_invitation_is_replaced_and_the_old_one_is_of_no_use() {
    let mut given = Given::new().with_user(1).with_user(2).with_user(3);
    let closed = CreateTeam { r#type: TeamType::InviteOnly, ..found(1, 2) };
    given.done(closed.decide(&given.directory));
    let other = Id([0x77; 16]);
    let by = |actor| RegenerateInvite { actor: user(actor), team_id: team(1), invite_id: other };
    assert_eq!(by(3).decide(&given.directory), Err(DirectoryRejection::UnknownTeam));
    given.done(by(2).decide(&given.directory));
    assert_eq!(given.directory.team_by_invite(closed.invite_id), None);
    assert_eq!(given.directory.team_by_invite(other), Some(team(1)));
    let join = |invite| AddTeamMembers {
        actor: user(3),
        team_id: team(1),
        user_ids: vec![user(3)],
        invite: Some(invite),
    };
    let refused = join(closed.invite_id).decide(&given.directory);
    assert_eq!(refused, Err(DirectoryRejection::UnknownTeam));
    assert!(join(other).decide(&given.directory).is_ok());
}

#[test]
fn only_what_differs_of_a_team_is_changed() {
    let given = scene();
    let current = TeamTexts {
        display_name: "Team 1".into(),
        description: String::new(),
        company_name: String::new(),
    };
    let change = ChangeTeam {
        actor: user(2),
        team_id: team(1),
        display_name: Some("Team 1".into()),
        allow_open_invite: Some(true),
        current,
        ..ChangeTeam::default()
    };
    assert_eq!(change.decide(&given.directory), Ok(Decision::AlreadySo));
    for bad in [" ", &"x".repeat(65)] {
        let bad = ChangeTeam { display_name: Some(bad.to_owned()), ..change.clone() };
        let decided = bad.decide(&given.directory);
        assert_eq!(decided, Err(DirectoryRejection::Invalid("display_name")));
    }
    let other = ChangeTeam { description: Some("tea".into()), ..change.clone() };
    let Ok(Decision::Append(Event::Directory(DirectoryEvent::TeamChanged(b)))) =
        other.decide(&given.directory)
    else {
        panic!("nothing is changed")
    };
    assert_eq!((b.c.display_name, b.c.description), (None, Some("tea".to_owned())));
    let by_a_member = ChangeTeam { actor: user(3), ..other };
    assert_eq!(by_a_member.decide(&given.directory), Err(DirectoryRejection::Forbidden));
}
