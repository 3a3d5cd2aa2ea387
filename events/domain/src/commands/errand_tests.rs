//! What people want done at a time of theirs: posts for later, reminders.

use events::directory::ChannelType::{Open, Private};
use events::reminder::{ReminderEnd, ReminderEnded, ReminderFired};
use events::scheduled_post::{
    ScheduledPostError, ScheduledPostFailed, ScheduledPostFired, ScheduledPostSent,
};
use events::user::UserStateErased;
use events::{Body, Event, ScheduledPostId, UserEvent};
use proptest::prelude::*;
use serde_json::Map;

use super::given::*;
use super::post::PostRejection;
use super::reminder::*;
use super::scheduled_post::*;
use super::*;
use crate::errands::{Errand, Stage};
use crate::verdict::Refusal;

const NOW: i64 = 1_000_000;

/// User 2 with team 1 and its channels 1 and 2; user 3 in the team and in channel 1.
fn scene() -> Given {
    let mut given = Given::new().with_user(1).with_user(2).with_user(3).with_team(1, 2);
    for n in 1..3 {
        given = given.with_channel(n, 1, 2, Open);
    }
    given.with_member(1, 3).with_channel_member(1, 3)
}

fn scheduled(n: u8) -> ScheduledPostId {
    ScheduledPostId::from_bytes([n; 16])
}

fn later(n: u8, text: &str, due_at: i64) -> SchedulePost {
    SchedulePost {
        scheduled_id: scheduled(n),
        post: say(1, 3, text),
        priority: Map::new(),
        due_at,
        now_ms: NOW,
    }
}

fn schedule(given: &Given, command: &SchedulePost) -> Result<Decision, ScheduledPostRejection> {
    command.decide(&given.directory, &given.channels, &given.users)
}

fn change(given: &Given, command: SchedulePost) -> Result<Decision, ScheduledPostRejection> {
    ChangeScheduledPost(command).decide(&given.directory, &given.channels, &given.users)
}

fn delete(given: &Given, n: u8) -> Result<Decision, ScheduledPostRejection> {
    DeleteScheduledPost { user_id: user(3), scheduled_id: scheduled(n) }.decide(&given.users)
}

fn event(body: impl Into<UserEvent>) -> Event {
    body.into().into()
}

fn fired(n: u8, said_at: u64) -> Event {
    let c = ScheduledPostFired { scheduled_id: scheduled(n), user_id: user(3), said_at };
    event(Body::from(c))
}

fn sent(n: u8) -> Event {
    event(Body::from(ScheduledPostSent {
        scheduled_id: scheduled(n),
        user_id: user(3),
        channel_id: channel(1),
        root_id: None,
        post_id: post(n),
    }))
}

fn failed(n: u8, said_at: u64) -> Event {
    event(Body::from(ScheduledPostFailed {
        scheduled_id: scheduled(n),
        user_id: user(3),
        said_at,
        error_code: ScheduledPostError::UnableToSend,
    }))
}

fn said_at(given: &Given, errand: Errand) -> u64 {
    given.users.errands().timer(user(3), errand).expect("a timer").said_at
}

#[test]
fn a_post_for_later_is_one_that_could_be_sent_now() {
    let given = scene();
    assert!(schedule(&given, &later(1, "tea", NOW + 1)).is_ok());
    assert!(schedule(&given, &later(1, "tea", NOW + AHEAD_MS_MAX)).is_ok());
    for due_at in [0, NOW, NOW + AHEAD_MS_MAX + 1, i64::MIN, i64::MAX] {
        let refused = schedule(&given, &later(1, "tea", due_at));
        assert_eq!(refused, Err(ScheduledPostRejection::Invalid("scheduled_at")), "{due_at}");
    }
    let foreign = SchedulePost { post: say(2, 3, "tea"), ..later(1, "", NOW + 1) };
    let forbidden = ScheduledPostRejection::Post(PostRejection::Forbidden);
    assert_eq!(schedule(&given, &foreign), Err(forbidden));
    let long = "x".repeat(post::MESSAGE_CHARS_MAX + 1);
    let long = schedule(&given, &later(1, &long, NOW + 1));
    assert_eq!(long, Err(ScheduledPostRejection::Post(PostRejection::MessageTooLong)));
    let empty = schedule(&given, &later(1, "", NOW + 1));
    assert_eq!(empty, Err(ScheduledPostRejection::Post(PostRejection::Invalid("message"))));
}

#[test]
fn nobody_has_more_of_them_than_there_may_be() {
    let mut given = scene();
    for n in 0..SCHEDULED_MAX {
        let id = ScheduledPostId::from_bytes([(n / 256) as u8; 16]);
        let mut bytes = *id.as_bytes();
        bytes[0] = (n % 256) as u8;
        let scheduled_id = ScheduledPostId::from_bytes(bytes);
        let command = SchedulePost { scheduled_id, ..later(0, "tea", NOW + 1) };
        given.done(schedule(&given, &command));
    }
    let more = schedule(&given, &later(77, "tea", NOW + 1));
    assert_eq!(more, Err(ScheduledPostRejection::TooMany));
    let others = SchedulePost { post: say(1, 2, "tea"), ..later(77, "", NOW + 1) };
    assert!(schedule(&given, &others).is_ok(), "each has their own");
}

#[test]
fn it_is_fired_once_and_as_it_was_said_last() {
    let mut given = scene();
    let errand = Errand::Post(scheduled(1));
    given.done(schedule(&given, &later(1, "tea", NOW + 1)));
    assert_eq!(schedule(&given, &later(1, "tea", NOW + 1)), Ok(Decision::AlreadySo));
    let first = said_at(&given, errand);
    given.done(change(&given, later(1, "coffee", NOW + 2)));
    assert_eq!(given.apply(&fired(1, first)), Err(Refusal::NotWaiting), "it says something else");
    let second = said_at(&given, errand);
    given.apply(&fired(1, second)).unwrap();
    assert_eq!(given.apply(&fired(1, second)), Err(Refusal::NotWaiting));
    let unknown = Err(ScheduledPostRejection::Unknown);
    assert_eq!(change(&given, later(1, "late", NOW + 9)), unknown);
    assert_eq!(delete(&given, 1), unknown);
    given.apply(&sent(1)).unwrap();
    assert_eq!(given.apply(&sent(1)), Err(Refusal::Already));
    assert_eq!(given.users.errands().timer(user(3), errand), None);
}

#[test]
fn what_failed_waits_until_it_is_changed_or_deleted() {
    let mut given = scene();
    let errand = Errand::Post(scheduled(1));
    given.done(schedule(&given, &later(1, "tea", NOW + 1)));
    let said = said_at(&given, errand);
    assert_eq!(given.apply(&failed(1, said)), Err(Refusal::Already), "it was not tried");
    given.apply(&fired(1, said)).unwrap();
    given.apply(&failed(1, said)).unwrap();
    assert_eq!(given.users.errands().due(i64::MAX, i64::MAX), vec![]);
    given.done(change(&given, later(1, "tea", NOW + 5)));
    assert_eq!(given.users.errands().next_due_at(), Some(NOW + 5));
    given.done(delete(&given, 1));
    assert_eq!(given.users.errands().next_due_at(), None);
    assert_eq!(delete(&given, 1), Err(ScheduledPostRejection::Unknown));
}

#[test]
fn it_stays_where_it_was_to_be_sent() {
    let mut given = scene().with_channel_member(2, 3);
    given.done(schedule(&given, &later(1, "tea", NOW + 1)));
    let elsewhere = SchedulePost { post: say(2, 3, "tea"), ..later(1, "", NOW + 1) };
    let refused = ScheduledPostRejection::Invalid("channel_id");
    assert_eq!(change(&given, elsewhere), Err(refused));
}

#[test]
fn why_a_post_cannot_be_sent_is_told_in_the_contracts_words() {
    let mut given = scene();
    let of = |given: &Given, rejection| {
        error_of(rejection, &given.directory, &given.channels, channel(1), user(3)).code()
    };
    assert_eq!(of(&given, PostRejection::Archived), "channel_archived");
    assert_eq!(of(&given, PostRejection::UnknownRoot), "thread_deleted");
    assert_eq!(of(&given, PostRejection::FileUnusable), "invalid_post");
    assert_eq!(of(&given, PostRejection::Forbidden), "no_channel_permission");
    let stranger =
        error_of(PostRejection::Forbidden, &given.directory, &given.channels, channel(2), user(3));
    assert_eq!(stranger.code(), "no_channel_member");
    let gone = directory::DeactivateUser { actor: user(1), user_id: user(3) };
    given.done(gone.decide(&given.directory));
    assert_eq!(of(&given, PostRejection::Forbidden), "user_deleted");
}

fn remind(post: u8, due_at: i64) -> SetReminder {
    SetReminder { user_id: user(3), post: facts(post, 1, 2), due_at, now_ms: NOW }
}

fn set(given: &Given, command: &SetReminder) -> Result<Decision, ReminderRejection> {
    command.decide(&given.directory, &given.channels, &given.users)
}

#[test]
fn a_reminder_takes_the_place_of_the_one_before() {
    let mut given = scene();
    let errand = Errand::Reminder(post(7));
    given.done(set(&given, &remind(7, NOW + 10)));
    assert_eq!(set(&given, &remind(7, NOW + 10)), Ok(Decision::AlreadySo));
    let first = said_at(&given, errand);
    given.done(set(&given, &remind(7, NOW + 20)));
    assert_eq!(given.users.errands().next_due_at(), Some(NOW + 20));
    let fired = |said_at| {
        let c = ReminderFired { user_id: user(3), post_id: post(7), said_at };
        event(Body::from(c))
    };
    assert_eq!(given.apply(&fired(first)), Err(Refusal::NotWaiting));
    let second = said_at(&given, errand);
    given.apply(&fired(second)).unwrap();
    assert_eq!(given.apply(&fired(second)), Err(Refusal::NotWaiting));
    let because = ReminderEnd::Reminded;
    let ended = ReminderEnded { user_id: user(3), post_id: post(7), said_at: second, because };
    let ended = event(Body::from(ended));
    given.apply(&ended).unwrap();
    assert_eq!(given.apply(&ended), Err(Refusal::Already));
}

#[test]
fn nobody_is_reminded_of_what_they_cannot_read_or_of_what_is_gone() {
    let given = scene().with_channel(3, 1, 2, Private);
    let foreign = SetReminder { post: facts(7, 2, 2), ..remind(7, NOW + 1) };
    let forbidden = ReminderRejection::Post(PostRejection::Forbidden);
    assert_eq!(set(&given, &foreign), Err(forbidden));
    let mut gone = remind(7, NOW + 1);
    gone.post.deleted = true;
    let unknown = ReminderRejection::Post(PostRejection::UnknownPost);
    assert_eq!(set(&given, &gone), Err(unknown));
    for hidden in [3, 9] {
        let hidden = SetReminder { post: facts(7, hidden, 2), ..remind(7, NOW + 1) };
        assert_eq!(set(&given, &hidden), Err(unknown));
    }
    let past = set(&given, &remind(7, NOW));
    assert_eq!(past, Err(ReminderRejection::Invalid("target_time")));
}

#[test]
fn an_erased_person_has_nothing_done_for_them() {
    let mut given = scene();
    given.done(schedule(&given, &later(1, "tea", NOW + 1)));
    given.done(schedule(&given, &later(2, "tea", NOW + 1)));
    given.done(set(&given, &remind(7, NOW + 10)));
    let said = said_at(&given, Errand::Post(scheduled(2)));
    given.apply(&fired(2, said)).unwrap();
    let others = SchedulePost { post: say(1, 2, "tea"), ..later(3, "", NOW + 3) };
    given.done(schedule(&given, &others));
    given.apply(&event(Body::from(UserStateErased { user_id: user(3) }))).unwrap();
    let due = given.users.errands().due(i64::MAX, i64::MAX);
    assert_eq!(due.iter().map(|one| one.0).collect::<Vec<_>>(), [user(2)]);
    assert_eq!(given.apply(&fired(1, 1)), Err(Refusal::UserInactive));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Schedule(u8, i64),
    Change(u8, i64),
    Delete(u8),
    Fire(u8),
    Send(u8),
    Fail(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..4u8, 1..9i64).prop_map(|(n, due)| Step::Schedule(n, due)),
        (1..4u8, 1..9i64).prop_map(|(n, due)| Step::Change(n, due)),
        (1..4u8).prop_map(Step::Delete),
        (1..4u8).prop_map(Step::Fire),
        (1..4u8).prop_map(Step::Send),
        (1..4u8).prop_map(Step::Fail),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn what_is_due_is_what_waits_and_what_was_fired(steps in steps()) {
        let mut given = scene();
        for step in steps {
            let held = |n: u8| {
                let timer = given.users.errands().timer(user(3), Errand::Post(scheduled(n)));
                timer.map_or(0, |timer| timer.said_at)
            };
            let event = match step {
                Step::Schedule(n, due) => schedule(&given, &later(n, "tea", NOW + due)).ok(),
                Step::Change(n, due) => change(&given, later(n, "tea", NOW + due)).ok(),
                Step::Delete(n) => delete(&given, n).ok(),
                Step::Fire(n) => Some(Decision::Append(fired(n, held(n)))),
                Step::Send(n) => Some(Decision::Append(sent(n))),
                Step::Fail(n) => Some(Decision::Append(failed(n, held(n)))),
            };
            if let Some(event) = event.and_then(Decision::event) {
                let _ = given.apply(&event);
            }
            let errands = given.users.errands();
            let timers = (1..4u8).filter_map(|n| errands.timer(user(3), Errand::Post(scheduled(n))));
            let waiting = timers.clone().filter(|timer| timer.stage == Stage::Waiting);
            let fired = timers.clone().filter(|timer| timer.is_fired());
            prop_assert_eq!(errands.posts(user(3)), timers.count());
            prop_assert_eq!(errands.next_due_at(), waiting.clone().map(|timer| timer.due_at).min());
            let due = errands.due(i64::MAX, i64::MAX);
            prop_assert_eq!(due.len(), waiting.count() + fired.count());
        }
    }
}
