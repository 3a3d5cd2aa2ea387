//! Who follows threads, and up to where they are read.

use events::directory::ChannelType;
use events::thread::{ThreadScope, ThreadUnread};
use events::{ChannelEvent, Event, ReadstateEvent};

use super::Decision;
use super::given::{Given, channel, facts, post, say, team, user};
use super::post::{CreatePost, PostFacts, PostRejection};
use super::readstate::{ReadstateRejection as R, Seen};
use super::thread::*;

/// Users 1 (administers the system), 2 and 3; a channel of 2, in which 3 is too.
fn scene() -> Given {
    let users = Given::new().with_user(1).with_user(2).with_user(3).with_user(4);
    let team = users.with_team(1, 2).with_member(1, 3);
    team.with_channel(1, 1, 2, ChannelType::Open).with_channel_member(1, 3)
}

fn follow(actor: u8, person: u8, follows: bool, follow: bool) -> FollowThread {
    FollowThread {
        actor: user(actor),
        user_id: user(person),
        root: facts(1, 1, 2),
        reply_count: 4,
        follows,
        follow,
    }
}

fn decided(given: &Given, command: FollowThread) -> Result<Decision, PostRejection> {
    command.decide(&given.directory, &given.channels)
}

fn thread(given: &Given, person: u8) -> ThreadSeen {
    let seen = Seen::of(&given.directory, &given.channels, channel(1), user(person));
    ThreadSeen {
        actor: user(person),
        user_id: user(person),
        root: facts(1, 1, 2),
        seen: seen.expect("a member"),
        viewed_at: 0,
        before: ThreadUnread { replies: 3, mentions: 1 },
        now: ThreadUnread::default(),
    }
}

#[test]
fn a_member_follows_a_thread_and_no_longer_does_and_either_again_is_nothing() {
    let mut given = scene();
    let followed = decided(&given, follow(3, 3, false, true));
    let Ok(Decision::Append(Event::Channels(ChannelEvent::ThreadFollowed(b)))) = &followed else {
        panic!("{followed:?}")
    };
    assert_eq!((b.c.root_id, b.c.user_id, b.c.reply_count), (post(1), user(3), 4));
    given.done(followed);
    assert_eq!(decided(&given, follow(3, 3, true, true)), Ok(Decision::AlreadySo));
    given.done(decided(&given, follow(3, 3, true, false)));
    assert_eq!(decided(&given, follow(3, 3, false, false)), Ok(Decision::AlreadySo));
}

#[test]
fn only_members_follow_and_only_for_themselves() {
    let given = scene();
    assert_eq!(decided(&given, follow(4, 4, false, true)), Err(PostRejection::UnknownPost));
    assert_eq!(decided(&given, follow(2, 3, false, true)), Err(PostRejection::Forbidden));
    assert!(decided(&given, follow(1, 3, false, true)).is_ok(), "user 1 administers the system");
    let mut reply = follow(3, 3, false, true);
    reply.root.root_id = Some(post(2));
    assert_eq!(decided(&given, reply), Err(PostRejection::UnknownPost));
    let mut gone = follow(3, 3, false, true);
    gone.root.deleted = true;
    assert_eq!(decided(&given, gone), Err(PostRejection::UnknownPost));
}

#[test]
fn nobody_follows_from_outside_whatever_was_decided() {
    let mut given = scene();
    let Ok(Decision::Append(event)) = decided(&given, follow(3, 3, false, true)) else {
        panic!("an event")
    };
    let Event::Channels(ChannelEvent::ThreadFollowed(mut b)) = event else { panic!("a follow") };
    b.c.user_id = user(4);
    let refused = given.apply(&ChannelEvent::ThreadFollowed(b).into());
    assert_eq!(refused, Err(crate::Refusal::NotAMember));
}

#[test]
fn a_thread_is_read_up_to_what_the_channel_holds_at_most() {
    let mut given = scene();
    given.done(say(1, 2, "x").decide(&given.directory, &given.channels));
    let thread = thread(&given, 3);
    let read = ReadThread { thread, until: i64::MAX };
    let Ok(Decision::Append(Event::Readstate(ReadstateEvent::ThreadMarkerAdvanced(b)))) =
        read.decide(&given.directory)
    else {
        panic!("an event")
    };
    assert_eq!((b.c.marker.read_to, b.c.marker.as_of), (thread.seen.last_at, thread.seen.last_at));
    assert_eq!(b.c.marker.before.replies, 3);
    let viewed = ThreadSeen { viewed_at: b.c.marker.read_to, ..thread };
    let again = ReadThread { thread: viewed, until: i64::MAX };
    assert_eq!(again.decide(&given.directory), Ok(Decision::AlreadySo));
    let negative = ReadThread { thread, until: -1 };
    assert_eq!(negative.decide(&given.directory), Err(R::Invalid("timestamp")));
    let foreign = ThreadSeen { actor: user(2), ..thread };
    let foreign = ReadThread { thread: foreign, until: 5 };
    assert_eq!(foreign.decide(&given.directory), Err(R::Forbidden));
}

#[test]
fn a_thread_is_unread_from_one_of_its_own_posts_on() {
    let given = scene();
    let thread = thread(&given, 3);
    let reply = |root: u8| PostFacts { root_id: Some(post(root)), ..facts(5, 1, 2) };
    let back = |post: PostFacts| SetThreadUnread { thread, post }.decide(&given.directory);
    let Ok(Decision::Append(Event::Readstate(ReadstateEvent::ThreadMarkerSetBack(b)))) =
        back(reply(1))
    else {
        panic!("an event")
    };
    assert_eq!((b.c.marker.read_to, b.c.post_id), (999, post(5)));
    assert!(back(facts(1, 1, 2)).is_ok(), "from the root on");
    assert_eq!(back(reply(2)), Err(R::UnknownPost));
    assert_eq!(back(PostFacts { deleted: true, ..reply(1) }), Err(R::UnknownPost));
}

#[test]
fn all_threads_of_a_team_are_read_by_its_members() {
    let given = scene();
    let all = |actor: u8, person: u8| ReadThreads {
        actor: user(actor),
        user_id: user(person),
        scope: ThreadScope::Team(team(1)),
        read_to: 70,
    };
    assert!(all(3, 3).decide(&given.directory).is_ok_and(|d| d.event().is_some()));
    assert_eq!(all(4, 4).decide(&given.directory), Err(R::Forbidden));
    assert_eq!(all(2, 3).decide(&given.directory), Err(R::Forbidden));
}

#[test]
fn a_reply_reads_the_channel_unless_its_author_collapses_threads() {
    let given = scene();
    let marks_read = |root: bool, collapses: bool| {
        let root = root.then(|| (post(1), Some(facts(1, 1, 2))));
        let command = CreatePost { root, collapses, ..say(1, 3, "x") };
        match command.decide(&given.directory, &given.channels) {
            Ok(Decision::Append(Event::Channels(ChannelEvent::PostCreated(b)))) => b.c.marks_read,
            other => panic!("{other:?}"),
        }
    };
    assert!(marks_read(false, false) && marks_read(false, true) && marks_read(true, false));
    assert!(!marks_read(true, true));
}
