//! What guests may do, and what a channel keeps to its administrators.

use events::channel::{Broadcast, Moderated, Moderatee, Moderation, PostContent};
use events::directory::ChannelType::{Open, Private};
use events::{ChannelEvent, ChannelId, Event, PostId};

use super::channel::*;
use super::channel_admin::*;
use super::directory::*;
use super::given::*;
use super::post::*;
use super::team::ChangeTeamMemberRoles;
use super::*;
use crate::rights;

/// Users 1 (administrator of the system) to 4; team 1 of user 2 with users 3 and 4; open channel 1 of user 3
/// with user 4.
fn scene() -> Given {
    let given = (1..=4).fold(Given::new(), Given::with_user);
    given
        .with_team(1, 2)
        .with_member(1, 3)
        .with_member(1, 4)
        .with_channel(1, 1, 3, Open)
        .with_channel_member(1, 4)
}

fn guest(n: u8, is_guest: bool) -> ChangeGuest {
    ChangeGuest { actor: user(1), user_id: user(n), is_guest }
}

/// The scene, in which user 4 is a guest.
fn with_guest() -> Given {
    let mut given = scene();
    given.done(guest(4, true).decide(&given.directory));
    given
}

fn moderate(whom: Moderatee, what: Moderated, allowed: bool) -> ModerateChannel {
    let changes = vec![Moderation { whom, what, allowed }];
    ModerateChannel { actor: user(1), channel_id: channel(1), changes }
}

#[test]
fn guests_are_made_by_administrators_of_the_system_and_never_of_the_last() {
    let given = scene();
    let by_another = ChangeGuest { actor: user(2), ..guest(4, true) };
    assert_eq!(by_another.decide(&given.directory), Err(DirectoryRejection::Forbidden));
    let last = guest(1, true).decide(&given.directory);
    assert_eq!(last, Err(DirectoryRejection::LastAdmin));
    assert_eq!(guest(9, true).decide(&given.directory), Err(DirectoryRejection::UnknownUser));
    let given = with_guest();
    assert_eq!(guest(4, true).decide(&given.directory), Ok(Decision::AlreadySo));
    assert!(rights::is_guest(&given.directory, user(4)));
}

#[test]
fn a_guest_administers_nothing_any_more_and_is_made_no_administrator() {
    let mut given = scene();
    given.done(
        ChangeRoles { actor: user(1), user_id: user(2), system_admin: true }
            .decide(&given.directory),
    );
    let teams = given.done(guest(2, true).decide(&given.directory)).teams;
    assert_eq!(teams, [team(1)]);
    assert!(!rights::is_system_admin(&given.directory, user(2)));
    assert!(!rights::is_team_admin(&given.directory, user(2), team(1)));
    let (actor, user_id) = (user(1), user(2));
    let again = ChangeRoles { actor, user_id, system_admin: true }.decide(&given.directory);
    assert_eq!(again, Err(DirectoryRejection::Guest));
    let in_team = ChangeTeamMemberRoles { actor, team_id: team(1), user_id, scheme_admin: true };
    assert_eq!(in_team.decide(&given.directory), Err(DirectoryRejection::Guest));
    given.done(guest(4, true).decide(&given.directory));
    let in_channel = ChangeChannelMemberRoles {
        actor,
        channel_id: channel(1),
        user_id: user(4),
        scheme_admin: true,
    };
    let decided = in_channel.decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::Guest));
    given.done(guest(2, false).decide(&given.directory));
    assert!(!rights::is_team_admin(&given.directory, user(2), team(1)), "it does not come back");
}

#[test]
fn a_guest_founds_nothing_joins_nothing_and_brings_in_nobody() {
    let mut given = with_guest().with_user(5).with_channel(2, 1, 3, Open);
    let forbidden = Err(DirectoryRejection::Forbidden);
    assert_eq!(found(2, 4).decide(&given.directory), forbidden);
    assert_eq!(create_channel(3, 1, 4, Open).decide(&given.directory), forbidden);
    assert_eq!(create_channel(3, 1, 4, Private).decide(&given.directory), forbidden);
    given.done(found(2, 2).decide(&given.directory));
    let join = AddTeamMembers {
        actor: user(4),
        team_id: team(2),
        user_ids: vec![user(4)],
        invite: Some(Id([2; 16])),
    };
    let hidden = Err(DirectoryRejection::UnknownTeam);
    assert_eq!(join.decide(&given.directory), hidden, "neither openly nor by invitation");
    let brings = AddTeamMembers { user_ids: vec![user(5)], ..join };
    assert_eq!(brings.decide(&given.directory), forbidden);
    let hidden = Err(ChannelRejection::UnknownChannel);
    assert_eq!(add(2, 4, 4).decide(&given.directory, &given.channels), hidden);
    let forbidden = Err(ChannelRejection::Forbidden);
    assert_eq!(add(1, 4, 2).decide(&given.directory, &given.channels), forbidden);
    given.done(add(2, 3, 4).decide(&given.directory, &given.channels));
}

#[test]
fn a_guest_says_something_and_deletes_nothing() {
    let mut given = with_guest();
    given.done(say(1, 4, "hello").decide(&given.directory, &given.channels));
    let deletes = DeletePost { actor: user(4), post: facts(1, 1, 4) };
    let decided = deletes.decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(PostRejection::Forbidden));
}

#[test]
fn a_guest_opens_conversations_with_those_whom_they_know() {
    let given = with_guest();
    let open = OpenDirectChannel { actor: user(4), user_ids: [user(4), user(2)], knows_all: false };
    let decided = open.decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::UnknownUser));
    let known = OpenDirectChannel { knows_all: true, ..open };
    assert!(known.decide(&given.directory, &given.channels).is_ok());
}

#[test]
fn a_guest_may_leave_a_default_channel() {
    let mut given = scene();
    let town = ChannelId::default_of(team(1), "town-square");
    let created = events::channel::ChannelCreated {
        channel_id: town,
        team_id: team(1),
        r#type: Open,
        display_name: "Town Square".into(),
        header: String::new(),
        purpose: String::new(),
        creator_id: None,
        is_default: true,
        members: vec![events::channel::NewMember {
            user_id: user(4),
            generation: given.directory.membership(user(4), team(1)).unwrap().generation,
            scheme_admin: false,
        }],
    };
    given.apply(&Event::from(ChannelEvent::ChannelCreated(created.into()))).unwrap();
    let leave = RemoveChannelMember {
        actor: user(4),
        channel_id: town,
        user_id: user(4),
        notice_id: PostId::default(),
    };
    let decided = leave.decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::DefaultChannel));
    given.done(guest(4, true).decide(&given.directory));
    given.done(leave.decide(&given.directory, &given.channels));
}

#[test]
fn channels_are_moderated_by_administrators_of_the_system() {
    let mut given = scene();
    let silence = moderate(Moderatee::Members, Moderated::CreatePost, false);
    let by_owner = ModerateChannel { actor: user(3), ..silence.clone() };
    let decided = by_owner.decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::Forbidden));
    let unknown = ModerateChannel { channel_id: channel(9), ..silence.clone() };
    let decided = unknown.decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::UnknownChannel));
    given.done(silence.decide(&given.directory, &given.channels));
    let again = silence.decide(&given.directory, &given.channels);
    assert_eq!(again, Ok(Decision::AlreadySo));
    let never = moderate(Moderatee::Guests, Moderated::ManageMembers, true);
    let bookmarks = moderate(Moderatee::Guests, Moderated::ManageBookmarks, true);
    for never in [never, bookmarks] {
        let decided = never.decide(&given.directory, &given.channels);
        assert_eq!(decided, Err(ChannelRejection::Invalid("roles")));
    }
}

#[test]
fn what_is_named_twice_is_as_it_was_named_last() {
    let given = scene();
    let mut both = moderate(Moderatee::Members, Moderated::CreatePost, false);
    both.changes.push(Moderation { allowed: true, ..both.changes[0] });
    let decided = both.decide(&given.directory, &given.channels);
    assert_eq!(decided, Ok(Decision::AlreadySo));
}

#[test]
fn a_silent_channel_hears_its_administrators_alone() {
    let mut given = with_guest().with_channel_member(1, 2);
    let says = |given: &Given, n| say(1, n, "hello").decide(&given.directory, &given.channels);
    let silence = moderate(Moderatee::Members, Moderated::CreatePost, false);
    given.done(silence.decide(&given.directory, &given.channels));
    assert_eq!(says(&given, 2), Err(PostRejection::Forbidden), "an administrator of the team");
    assert!(says(&given, 3).is_ok(), "the channel's own");
    assert!(says(&given, 4).is_ok(), "guests are another matter");
    let silence = moderate(Moderatee::Guests, Moderated::CreatePost, false);
    given.done(silence.decide(&given.directory, &given.channels));
    assert_eq!(says(&given, 4), Err(PostRejection::Forbidden));
    let open = moderate(Moderatee::Members, Moderated::CreatePost, true);
    given.done(open.decide(&given.directory, &given.channels));
    assert!(says(&given, 2).is_ok());
}

#[test]
fn where_nobody_may_call_everybody_a_call_is_text() {
    let mut given = scene();
    let broadcast = |given: &Given, n| {
        let calls = Calls { broadcast: Broadcast::Channel, ..Calls::default() };
        let call = CreatePost { calls, ..say(1, n, "@channel hello") };
        let decided = call.decide(&given.directory, &given.channels).unwrap().event().unwrap();
        match decided {
            Event::Channels(ChannelEvent::PostCreated(b)) => (b.c.broadcast, b.p.message),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(broadcast(&given, 4).0, Broadcast::Channel);
    let quiet = moderate(Moderatee::Members, Moderated::UseChannelMentions, false);
    given.done(quiet.decide(&given.directory, &given.channels));
    assert_eq!(broadcast(&given, 4), (Broadcast::None, "@channel hello".to_owned()));
    assert_eq!(broadcast(&given, 3).0, Broadcast::Channel);
}

#[test]
fn a_channel_may_keep_reactions_and_members_to_its_administrators() {
    let mut given = scene().with_user(5).with_member(1, 5);
    given.done(say(1, 3, "hello").decide(&given.directory, &given.channels));
    let post = facts(1, 1, 3);
    let react = |n| AddReaction { actor: user(n), post, emoji_name: "tada".into(), stands: false };
    assert!(react(4).decide(&given.directory, &given.channels).is_ok());
    for what in [Moderated::CreateReactions, Moderated::ManageMembers] {
        let kept = moderate(Moderatee::Members, what, false);
        given.done(kept.decide(&given.directory, &given.channels));
    }
    let decided = react(4).decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(PostRejection::Forbidden));
    assert!(react(3).decide(&given.directory, &given.channels).is_ok());
    let decided = add(1, 4, 5).decide(&given.directory, &given.channels);
    assert_eq!(decided, Err(ChannelRejection::Forbidden));
    given.done(add(1, 3, 5).decide(&given.directory, &given.channels));
    let content = PostContent { message: "words".into(), ..PostContent::default() };
    let says = CreatePost { content, ..say(1, 4, "") };
    assert!(says.decide(&given.directory, &given.channels).is_ok(), "words are still free");
}
