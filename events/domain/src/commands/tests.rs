//! Who may do what, and what is decided.

use events::channel::{Broadcast, LeftBecause};
use events::directory::ChannelType::{Open, Private};
use events::directory::{TeamType, UserDeactivated};
use events::user::Totals;
use events::{ChannelEvent, DirectoryEvent, Event, KeyedHash, ReadstateEvent};

use super::channel::*;
use super::directory::*;
use super::given::*;
use super::post::*;
use super::readstate::*;
use super::user::*;
use super::*;
use crate::permissions::knows_team;

/// Users 1 (administrator of the system), 2 and 3; team 1 of user 2 with user 3; channel 1 of user 2.
fn scene() -> Given {
    Given::new()
        .with_user(1)
        .with_user(2)
        .with_user(3)
        .with_team(1, 2)
        .with_member(1, 3)
        .with_channel(1, 1, 2, Open)
}

fn no_notice() -> events::PostId {
    events::PostId::default()
}

#[test]
fn names_and_addresses_are_taken_once() {
    let given = Given::new().with_user(1);
    let mut other = sign_up(2);
    other.username_hash = KeyedHash::from_bytes([1; 16]);
    assert_eq!(other.decide(&given.directory), Err(DirectoryRejection::UsernameTaken));
    let mut other = sign_up(2);
    other.email_hash = KeyedHash::from_bytes([1; 16]);
    assert_eq!(other.decide(&given.directory), Err(DirectoryRejection::EmailTaken));
}

#[test]
fn usernames_and_addresses_have_a_form() {
    let given = Given::new();
    for bad in ["", "A", "a b", "all", "ä", &"x".repeat(65)] {
        let mut command = sign_up(1);
        command.profile.username = bad.to_owned();
        let decided = command.decide(&given.directory);
        assert_eq!(decided, Err(DirectoryRejection::Invalid("username")), "{bad:?}");
    }
    for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "A@b", &format!("{}@b", "x".repeat(127))] {
        let mut command = sign_up(1);
        command.profile.email = bad.to_owned();
        let decided = command.decide(&given.directory);
        assert_eq!(decided, Err(DirectoryRejection::Invalid("email")), "{bad:?}");
    }
}

#[test]
fn the_last_administrator_stays_one() {
    let given = scene();
    let leave = DeactivateUser { actor: user(1), user_id: user(1) };
    assert_eq!(leave.decide(&given.directory), Err(DirectoryRejection::LastAdmin));
    let step_down = ChangeRoles { actor: user(1), user_id: user(1), system_admin: false };
    assert_eq!(step_down.decide(&given.directory), Err(DirectoryRejection::LastAdmin));
    let by_another = DeactivateUser { actor: user(2), user_id: user(3) };
    assert_eq!(by_another.decide(&given.directory), Err(DirectoryRejection::Forbidden));
}

#[test]
fn a_deactivated_account_does_nothing() {
    let mut given = scene().with_channel_member(1, 3);
    let off = DirectoryEvent::UserDeactivated(UserDeactivated { user_id: user(3) }.into());
    given.apply(&off.into()).unwrap();
    let posted = say(1, 3, "x").decide(&given.directory, &given.channels);
    assert_eq!(posted, Err(PostRejection::Forbidden));
    assert_eq!(found(2, 3).decide(&given.directory), Err(DirectoryRejection::Forbidden));
    let session = log_in(3, 9, 0).decide(&given.directory, &given.users);
    assert_eq!(session, Err(UserRejection::UserInactive));
}

#[test]
fn a_session_belongs_to_the_password_that_was_checked() {
    let mut given = scene();
    let change = ChangePassword {
        actor: user(3),
        user_id: user(3),
        password_hash: "x".into(),
        kept_session: None,
    };
    given.done(change.decide(&given.directory));
    let old = log_in(3, 9, 0).decide(&given.directory, &given.users);
    assert_eq!(old, Err(UserRejection::SessionsEnded));
    let generation = given.directory.account(user(3)).unwrap().auth_generation;
    given.done(log_in(3, 9, generation).decide(&given.directory, &given.users));
}

#[test]
fn a_team_that_is_not_open_is_joined_by_invitation_or_through_a_member() {
    let mut given = Given::new().with_user(1).with_user(2).with_user(3);
    let closed = CreateTeam { r#type: TeamType::InviteOnly, ..found(1, 2) };
    given.done(closed.decide(&given.directory));
    let join = |actor, invite| AddTeamMembers {
        actor: user(actor),
        team_id: team(1),
        user_ids: vec![user(3)],
        invite,
    };
    let hidden = Err(DirectoryRejection::UnknownTeam);
    assert_eq!(join(3, None).decide(&given.directory), hidden);
    assert_eq!(join(3, Some(Id([9; 16]))).decide(&given.directory), hidden);
    assert!(join(3, Some(closed.invite_id)).decide(&given.directory).is_ok());
    assert!(join(2, None).decide(&given.directory).is_ok());
    assert!(join(1, None).decide(&given.directory).is_ok(), "administrators bring in anybody");
    for users in [vec![], vec![user(9)]] {
        let bring = AddTeamMembers { user_ids: users, ..join(3, None) };
        assert_eq!(bring.decide(&given.directory), hidden, "before anything is said of accounts");
    }
    assert!(!knows_team(&given.directory, user(1), team(9)), "not even administrators");
}

#[test]
fn a_channels_name_has_a_form_and_is_taken_once_in_a_team() {
    let given = scene();
    let named = |name: &str| CreateChannel { name: name.into(), ..create_channel(2, 1, 3, Open) };
    let direct = format!("{}__{}", "y".repeat(26), "b".repeat(26));
    for bad in ["", "A", "a b", "ä", &"x".repeat(65), &direct] {
        let decided = named(bad).decide(&given.directory);
        assert_eq!(decided, Err(DirectoryRejection::Invalid("name")), "{bad:?}");
    }
    let taken = named("channel-1").decide(&given.directory);
    assert_eq!(taken, Err(DirectoryRejection::ChannelNameTaken));
    let square = named("town-square").decide(&given.directory);
    assert_eq!(square, Err(DirectoryRejection::ChannelNameTaken));
    let stranger = create_channel(2, 1, 1, Open).decide(&given.directory);
    assert_eq!(stranger, Err(DirectoryRejection::Forbidden));
}

#[test]
fn open_channels_are_joined_and_private_ones_entered_through_a_member() {
    let given = scene().with_channel(2, 1, 2, Private);
    assert!(add(1, 3, 3).decide(&given.directory, &given.channels).is_ok());
    let private = add(2, 3, 3).decide(&given.directory, &given.channels);
    assert_eq!(private, Err(ChannelRejection::UnknownChannel));
    assert!(add(2, 2, 3).decide(&given.directory, &given.channels).is_ok());
    let stranger = add(1, 2, 1).decide(&given.directory, &given.channels);
    assert_eq!(stranger, Err(ChannelRejection::NotATeamMember));
}

#[test]
fn a_membership_of_a_team_that_was_left_gives_no_rights_and_comes_back_anew() {
    let mut given = scene().with_channel_member(1, 3);
    let leave = RemoveTeamMember { actor: user(3), team_id: team(1), user_id: user(3) };
    given.done(leave.decide(&given.directory));
    let given = given.with_member(1, 3);
    let posted = say(1, 3, "x").decide(&given.directory, &given.channels);
    assert_eq!(posted, Err(PostRejection::Forbidden), "the old membership rests on nothing");
    let mut given = given.with_channel_member(1, 3);
    given.done(say(1, 3, "x").decide(&given.directory, &given.channels));
}

#[test]
fn leaving_names_the_membership_that_ends() {
    let given = scene().with_channel_member(1, 3);
    let leave = RemoveChannelMember {
        actor: user(3),
        channel_id: channel(1),
        user_id: user(3),
        notice_id: no_notice(),
    };
    let decided = leave.decide(&given.directory, &given.channels).unwrap().event();
    let Some(Event::Channels(ChannelEvent::ChannelMemberRemoved(b))) = decided else {
        panic!("{decided:?}")
    };
    let since = given.channels.channel(channel(1)).unwrap().member(user(3)).unwrap().since;
    assert_eq!((b.c.membership, b.c.because), (Some(since), LeftBecause::Left));
}

#[test]
fn names_are_long_enough_and_no_addresses_of_clients() {
    let given = scene();
    let team_of = |name: &str| {
        let command = CreateTeam { name: name.into(), ..found(2, 2) };
        command.decide(&given.directory).map(drop)
    };
    let refused = Err(DirectoryRejection::Invalid("name"));
    for name in ["", "x", "api", "admin", "-ab", "ab-", "A B"] {
        assert_eq!(team_of(name), refused, "{name}");
    }
    assert_eq!(team_of("apis"), Ok(()));
    let channel_of = |name: &str| {
        let channel = create_channel(2, 1, 2, Open);
        let command = CreateChannel { name: name.into(), ..channel };
        command.decide(&given.directory).map(drop)
    };
    for name in ["", "x", "a b", "Up", &"n".repeat(65)] {
        assert_eq!(channel_of(name), refused, "{name}");
    }
    assert_eq!(channel_of("xy"), Ok(()));
}

#[test]
fn leaving_does_not_tell_strangers_that_a_channel_exists() {
    let given = scene().with_channel(2, 1, 2, Private);
    let leave = |of, who| {
        let command = RemoveChannelMember {
            actor: user(who),
            channel_id: channel(of),
            user_id: user(who),
            notice_id: no_notice(),
        };
        command.decide(&given.directory, &given.channels)
    };
    assert_eq!(leave(1, 3), Ok(Decision::AlreadySo), "anybody in the team can see an open channel");
    assert_eq!(leave(2, 3), Err(ChannelRejection::UnknownChannel));
    assert_eq!(leave(3, 3), Err(ChannelRejection::UnknownChannel));
}

#[test]
fn a_conversation_is_told_of_only_to_those_who_are_in_it() {
    let mut given = scene();
    let open = OpenDirectChannel { actor: user(1), user_ids: [user(1), user(2)], knows_all: true };
    given.done(open.decide(&given.directory, &given.channels));
    let (channel_id, notice_id) = (open.channel_id(), no_notice());
    for (who, refused) in
        [(3, ChannelRejection::UnknownChannel), (2, ChannelRejection::FixedMembers)]
    {
        let actor = user(who);
        let archive = ArchiveChannel { actor, channel_id, notice_id };
        assert_eq!(archive.decide(&given.directory, &given.channels), Err(refused));
        let restore = RestoreChannel { actor, channel_id, notice_id };
        assert_eq!(restore.decide(&given.directory, &given.channels), Err(refused));
        let add = AddChannelMembers { channel_id, ..add(1, who, 3) };
        assert_eq!(add.decide(&given.directory, &given.channels), Err(refused));
    }
}

#[test]
fn an_archived_private_channel_is_told_of_only_to_its_members() {
    let mut given = scene().with_channel(2, 1, 2, Private);
    let archive = ArchiveChannel { actor: user(2), channel_id: channel(2), notice_id: no_notice() };
    given.done(archive.decide(&given.directory, &given.channels));
    let change = |actor| ChangeChannelSettings {
        actor: user(actor),
        channel_id: channel(2),
        display_name: None,
        header: Some("new".into()),
        purpose: None,
        current_header: String::new(),
        current_purpose: String::new(),
        notice_ids: [no_notice(); 3],
    };
    let decide = |actor| change(actor).decide(&given.directory, &given.channels);
    assert_eq!(decide(3), Err(ChannelRejection::UnknownChannel));
    assert_eq!(decide(2), Err(ChannelRejection::Archived));
}

#[test]
fn only_what_differs_is_changed_and_told() {
    let given = scene();
    let change = ChangeChannelSettings {
        actor: user(2),
        channel_id: channel(1),
        display_name: Some("channel 1".into()),
        header: Some("new".into()),
        purpose: None,
        current_header: "old".into(),
        current_purpose: "p".into(),
        notice_ids: [no_notice(); 3],
    };
    let decided = change.decide(&given.directory, &given.channels).unwrap().event();
    let Some(Event::Channels(ChannelEvent::ChannelSettingsChanged(b))) = decided else {
        panic!("{decided:?}")
    };
    assert_eq!((b.c.display_name, b.c.header), (None, Some("new".into())));
    assert_eq!(b.c.notices.len(), 1);
    assert_eq!((b.c.notices[0].old.as_str(), b.c.notices[0].new.as_str()), ("old", "new"));
}

#[test]
fn rejects_posting_to_an_archived_channel() {
    let mut given = scene();
    let archive = ArchiveChannel { actor: user(2), channel_id: channel(1), notice_id: no_notice() };
    given.done(archive.decide(&given.directory, &given.channels));
    let posted = say(1, 2, "x").decide(&given.directory, &given.channels);
    assert_eq!(posted, Err(PostRejection::Archived));
    let restore = RestoreChannel { actor: user(3), channel_id: channel(1), notice_id: no_notice() };
    let refused = restore.decide(&given.directory, &given.channels);
    assert_eq!(refused, Err(ChannelRejection::Forbidden), "that takes an administrator");
}

#[test]
fn a_reply_answers_a_living_root_of_its_own_channel() {
    let given = scene().with_channel(2, 1, 2, Open);
    let reply =
        |facts: Option<PostFacts>| CreatePost { root: Some((post(1), facts)), ..say(1, 2, "x") };
    let decide = |facts| reply(facts).decide(&given.directory, &given.channels);
    assert_eq!(decide(None), Err(PostRejection::UnknownRoot));
    let deleted = PostFacts { deleted: true, ..facts(1, 1, 3) };
    assert_eq!(decide(Some(deleted)), Err(PostRejection::UnknownRoot));
    let nested = PostFacts { root_id: Some(post(2)), ..facts(1, 1, 3) };
    assert_eq!(decide(Some(nested)), Err(PostRejection::UnknownRoot));
    assert_eq!(decide(Some(facts(1, 2, 3))), Err(PostRejection::UnknownRoot));
    assert!(decide(Some(facts(1, 1, 3))).is_ok());
}

#[test]
fn messages_and_files_have_limits() {
    let given = scene();
    let decide = |command: CreatePost| command.decide(&given.directory, &given.channels);
    assert!(decide(say(1, 2, &"ä".repeat(MESSAGE_CHARS_MAX))).is_ok());
    let long = decide(say(1, 2, &"ä".repeat(MESSAGE_CHARS_MAX + 1)));
    assert_eq!(long, Err(PostRejection::MessageTooLong));
    assert_eq!(decide(say(1, 2, "")), Err(PostRejection::Invalid("message")));
    let own = |n| {
        let name = format!("{n}.txt");
        let (owner_id, channel_id) = (user(2), channel(1));
        let mini_preview = String::new();
        Some(FileFacts { file: file(n), name, mini_preview, owner_id, channel_id, attached: false })
    };
    let with = |files: Vec<Option<FileFacts>>| decide(CreatePost { files, ..say(1, 2, "") });
    assert!(with((0..10).map(own).collect()).is_ok());
    assert_eq!(with((0..11).map(own).collect()), Err(PostRejection::TooManyFiles));
    let foreign = own(1).map(|facts| FileFacts { owner_id: user(3), ..facts });
    let attached = own(1).map(|facts| FileFacts { attached: true, ..facts });
    for bad in [None, foreign, attached] {
        assert_eq!(with(vec![bad]), Err(PostRejection::FileUnusable));
    }
}

#[test]
fn a_broadcast_counts_by_total_in_a_root_and_by_person_in_a_reply() {
    let given = scene().with_channel_member(1, 3).with_member(1, 1).with_channel_member(1, 1);
    let calls = Calls {
        named: vec![user(1), user(2), user(3)],
        broadcast: Broadcast::Channel,
        deaf: [user(3)].into(),
        online: [].into(),
    };
    let told = |command: CreatePost| {
        let decided = command.decide(&given.directory, &given.channels).unwrap().event();
        let Some(Event::Channels(ChannelEvent::PostCreated(b))) = decided else { panic!() };
        (b.c.mentions, b.c.named, b.c.broadcast)
    };
    let root = told(CreatePost { calls: calls.clone(), ..say(1, 2, "x") });
    assert_eq!(root, (vec![user(3)], vec![user(1), user(3)], Broadcast::Channel));
    let reply = CreatePost {
        calls: calls.clone(),
        root: Some((post(1), Some(facts(1, 1, 2)))),
        ..say(1, 2, "x")
    };
    assert_eq!(told(reply), (vec![user(1), user(3)], vec![], Broadcast::Channel));
    let here = Calls {
        broadcast: Broadcast::Here,
        named: vec![],
        online: [user(1), user(2)].into(),
        ..calls
    };
    let here = told(CreatePost { calls: here, ..say(1, 2, "x") });
    assert_eq!(here, (vec![user(1)], vec![], Broadcast::Here));
}

#[test]
fn people_edit_and_delete_their_own_posts_and_administrators_others() {
    let given = scene().with_channel_member(1, 3);
    let edit = |actor, author| EditPost {
        actor: user(actor),
        post: facts(1, 1, author),
        has_reactions: false,
        reply_count: 0,
        files: vec![],
        current: Default::default(),
        content: say(1, 2, "new").content,
        priority: Default::default(),
    };
    let decide = |edit: EditPost| edit.decide(&given.directory, &given.channels);
    assert!(decide(edit(3, 3)).is_ok());
    assert_eq!(decide(edit(2, 3)), Err(PostRejection::Forbidden));
    let delete = |actor, author| {
        let command = DeletePost { actor: user(actor), post: facts(1, 1, author) };
        command.decide(&given.directory, &given.channels)
    };
    assert!(delete(3, 3).is_ok());
    assert!(delete(2, 3).is_ok(), "user 2 administers the team");
    assert!(delete(1, 3).is_ok(), "user 1 administers the system");
    assert_eq!(delete(3, 2), Err(PostRejection::Forbidden));
    let mut system = facts(1, 1, 3);
    system.is_system = true;
    let notice = DeletePost { actor: user(3), post: system };
    let refused = notice.decide(&given.directory, &given.channels);
    assert_eq!(refused, Err(PostRejection::Forbidden), "nobody wrote a notice");
}

#[test]
fn a_view_reads_up_to_the_latest_post_and_is_nothing_where_nothing_can_be_unread() {
    let mut given = scene().with_channel_member(1, 3);
    let seen =
        |given: &Given| Seen::of(&given.directory, &given.channels, channel(1), user(3)).unwrap();
    let view = |given: &Given| {
        let seen = vec![seen(given)];
        ViewChannels { user_id: user(3), seen, threads: false }.decide(&given.readstate).unwrap()
    };
    assert_eq!(view(&given), Decision::AlreadySo, "nobody said anything yet");
    given.done(say(1, 2, "x").decide(&given.directory, &given.channels));
    let decided = view(&given);
    let Decision::Append(Event::Readstate(ReadstateEvent::ReadMarkerAdvanced(b))) = &decided else {
        panic!("{decided:?}")
    };
    assert_eq!(b.c.markers[0].read_to, seen(&given).last_post_at);
    assert_eq!(b.c.markers[0].totals.msgs, 1);
    given.done(Ok::<_, ReadstateRejection>(decided));
    assert_eq!(view(&given), Decision::AlreadySo);
}

#[test]
fn a_mention_without_a_post_is_read_by_a_view_too() {
    let mut given = scene();
    given.done(add(1, 2, 3).decide(&given.directory, &given.channels));
    let seen = Seen::of(&given.directory, &given.channels, channel(1), user(3)).unwrap();
    assert_eq!((seen.totals.mentions, seen.last_post_at), (1, 0));
    let view = ViewChannels { user_id: user(3), seen: vec![seen], threads: false };
    given.done(view.decide(&given.readstate));
    assert_eq!(view.decide(&given.readstate), Ok(Decision::AlreadySo));
}

#[test]
fn a_view_never_goes_back_behind_the_join() {
    let mut given = scene();
    given.done(say(1, 2, "before").decide(&given.directory, &given.channels));
    let mut given = given.with_channel_member(1, 3);
    let seen =
        |given: &Given| Seen::of(&given.directory, &given.channels, channel(1), user(3)).unwrap();
    let view = |given: &Given| {
        let seen = vec![seen(given)];
        ViewChannels { user_id: user(3), seen, threads: false }.decide(&given.readstate)
    };
    let joined = seen(&given);
    assert!(joined.joined_at > joined.last_post_at);
    assert_eq!(view(&given), Ok(Decision::AlreadySo), "who joins has read what was said before");
    assert_eq!(ViewChannels::viewed_at(&given.readstate, user(3), &joined), joined.joined_at);
    given.done(say(1, 2, "after").decide(&given.directory, &given.channels));
    given.done(view(&given));
    let held = given.readstate.marker(user(3), channel(1)).unwrap();
    assert_eq!(held.read_to, seen(&given).last_post_at);

    let leave = RemoveChannelMember {
        actor: user(3),
        channel_id: channel(1),
        user_id: user(3),
        notice_id: no_notice(),
    };
    given.done(say(1, 2, "unread").decide(&given.directory, &given.channels));
    given.done(leave.decide(&given.directory, &given.channels));
    given.done(add(1, 2, 3).decide(&given.directory, &given.channels));
    given.done(view(&given));
    let held = given.readstate.marker(user(3), channel(1)).unwrap();
    assert!(held.read_to >= seen(&given).joined_at, "what they left unread was before they came");
}

#[test]
fn marking_unread_carries_the_totals_before_the_post_and_those_of_now() {
    let mut given = scene();
    given.done(say(1, 2, "x").decide(&given.directory, &given.channels));
    let seen = Seen::of(&given.directory, &given.channels, channel(1), user(2)).unwrap();
    let post = facts(1, 1, 2);
    let before = Totals::default();
    let back =
        SetUnread { actor: user(2), user_id: user(2), post, seen, before, urgent_mentions: 0 };
    let decided = back.decide(&given.directory, &given.readstate).unwrap();
    let Decision::Append(Event::Readstate(ReadstateEvent::ReadMarkerSetBack(b))) = &decided else {
        panic!("{decided:?}")
    };
    assert_eq!((b.c.marker.read_to, b.c.marker.as_of), (post.create_at - 1, seen.last_at));
    assert_eq!((b.c.marker.totals, b.c.now.msgs), (before, 1));
}
