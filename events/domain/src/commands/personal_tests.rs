//! What people arrange, set and begin to write for themselves.

use std::collections::BTreeSet;

use events::custom_status::CustomStatus;
use events::directory::ChannelType::Open;
use events::draft::{DraftContent, DraftEnd, DraftsErased};
use events::sidebar::{CategoryKey, CategorySorting};
use events::user::{Preference, TokenHash};
use events::{ChannelId, Event, Id, ReadstateEvent, SessionId, UserEvent};

use super::channel::{ChannelRejection, RemoveChannelMember};
use super::custom_status::*;
use super::draft::*;
use super::given::*;
use super::notify::*;
use super::post::{CreatePost, PostRejection};
use super::sidebar::*;
use super::user::{
    CreateSession, DeletePreferences, RevokeSession, SetPreferences, UseSession, UserRejection,
};
use super::*;
use crate::USE_NOTED_EVERY_MS;
use crate::sidebar::{Arrangement, Stored};
use crate::user::SESSIONS_MAX;
use crate::verdict::Refusal;

const OWN: CategoryKey = CategoryKey::Own(Id([9; 16]));

/// User 2 with team 1 and its channels 1 to 3; user 3 in the team and in channel 1.
fn scene() -> Given {
    let mut given = Given::new().with_user(1).with_user(2).with_user(3).with_team(1, 2);
    for n in 1..4 {
        given = given.with_channel(n, 1, 2, Open);
    }
    given.with_member(1, 3).with_channel_member(1, 3)
}

fn channels() -> Arrangement {
    Arrangement { channels: [1, 2, 3].map(channel).to_vec(), ..Arrangement::default() }
}

fn sidebar(arrangement: &Arrangement) -> Sidebar {
    Sidebar {
        actor: user(2),
        user_id: user(2),
        team_id: team(1),
        current: arrangement.shown(),
        conversations: BTreeSet::new(),
    }
}

fn update(category_id: CategoryKey, channel_ids: &[ChannelId]) -> CategoryUpdate {
    CategoryUpdate {
        category_id,
        name: "mine".to_owned(),
        sorting: CategorySorting::Manual,
        muted: false,
        collapsed: false,
        channel_ids: channel_ids.to_vec(),
    }
}

/// The rows after an event, as the projection makes them.
fn follow(arrangement: &mut Arrangement, event: &Event, at: i64) {
    let Event::Users(event) = event else { panic!("an event of the person's") };
    let (categories, names, added, removed) = match event {
        UserEvent::SidebarCategoryCreated(b) => {
            arrangement.order.clone_from(&b.c.order);
            (&b.c.categories, &b.p.names, Vec::new(), b.c.favorites_removed.clone())
        }
        UserEvent::SidebarCategoriesChanged(b) => {
            let (added, removed) = (b.c.favorites_added.clone(), b.c.favorites_removed.clone());
            (&b.c.categories, &b.p.names, added, removed)
        }
        other => panic!("{other:?}"),
    };
    for (category, name) in categories.iter().zip(names) {
        arrangement.stored.retain(|one| one.category.category_id != category.category_id);
        let (category, name) = (category.clone(), name.clone());
        arrangement.stored.push(Stored { category, name, listed_at: at });
    }
    arrangement.favorites.extend(added);
    arrangement.favorites.retain(|id| !removed.contains(id));
}

fn lists(arrangement: &Arrangement) -> Vec<(CategoryKey, Vec<ChannelId>)> {
    let shown = arrangement.shown().into_iter();
    shown.map(|one| (one.category.category_id, one.category.channel_ids)).collect()
}

#[test]
fn a_moved_channel_stands_in_one_category() {
    let given = scene();
    let mut held = channels();
    let create = CreateCategory {
        sidebar: sidebar(&held),
        category: update(OWN, &[channel(2), channel(9)]),
    };
    let made = create.decide(&given.directory).unwrap().event().unwrap();
    follow(&mut held, &made, 10);
    let expected = [
        (CategoryKey::Favorites, vec![]),
        (OWN, vec![channel(2)]),
        (CategoryKey::Channels, vec![channel(1), channel(3)]),
        (CategoryKey::DirectMessages, vec![]),
    ];
    assert_eq!(lists(&held), expected, "what the person does not see is passed over");

    let updates = vec![update(CategoryKey::Favorites, &[channel(3), channel(2)])];
    let command = UpdateCategories { sidebar: sidebar(&held), updates };
    let moved = command.decide(&given.directory).unwrap().event().unwrap();
    let Event::Users(UserEvent::SidebarCategoriesChanged(b)) = &moved else { panic!() };
    assert_eq!(b.c.categories.len(), 3, "each that lost or took a channel, in one event");
    assert_eq!(b.c.favorites_added, [channel(2), channel(3)]);
    follow(&mut held, &moved, 20);
    assert_eq!(lists(&held)[0].1, [channel(3), channel(2)]);
    assert_eq!((lists(&held)[1].1.len(), &lists(&held)[2].1), (0, &vec![channel(1)]));

    let command = UpdateCategories { sidebar: sidebar(&held), ..command };
    assert_eq!(command.decide(&given.directory), Ok(Decision::AlreadySo));
}

#[test]
fn a_channel_that_no_category_lists_stands_with_its_kind() {
    let given = scene();
    let mut held = channels();
    held.favorites.insert(channel(1));
    held.conversations.push(channel(5));
    assert_eq!(lists(&held)[0].1, [channel(1)], "the preference makes it a favourite");
    let mut current = sidebar(&held);
    current.conversations.insert(channel(5));
    let updates = vec![update(CategoryKey::Favorites, &[])];
    let command = UpdateCategories { sidebar: current, updates };
    let moved = command.decide(&given.directory).unwrap().event().unwrap();
    follow(&mut held, &moved, 10);
    assert!(held.favorites.is_empty(), "and is taken back with it");
    assert_eq!(lists(&held)[1].1.len(), 3);
    assert_eq!(lists(&held)[2].1, [channel(5)]);
}

#[test]
fn a_category_mutes_what_stands_in_it_and_comes_into_it() {
    let mut held = channels();
    let quiet = CategoryUpdate { muted: true, ..update(CategoryKey::Channels, &[]) };
    let quiet = CategoryUpdate { channel_ids: held.channels.clone(), ..quiet };
    let command = UpdateCategories { sidebar: sidebar(&held), updates: vec![quiet] };
    let mutes = command.rearranged().unwrap().mutes;
    assert_eq!(mutes, [1, 2, 3].map(|n| (channel(n), true)));
    follow(&mut held, &command.decide(&scene().directory).unwrap().event().unwrap(), 10);
    let out = update(CategoryKey::Favorites, &[channel(2)]);
    let command = UpdateCategories { sidebar: sidebar(&held), updates: vec![out] };
    assert_eq!(command.rearranged().unwrap().mutes, [(channel(2), false)]);
}

#[test]
fn a_sidebar_is_its_owners_and_has_a_form() {
    let given = scene();
    let held = channels();
    let decide = |updates: Vec<CategoryUpdate>| {
        UpdateCategories { sidebar: sidebar(&held), updates }.decide(&given.directory)
    };
    assert_eq!(decide(vec![update(OWN, &[])]), Err(SidebarRejection::UnknownCategory));
    let twice = [CategoryKey::Favorites, CategoryKey::Channels].map(|k| update(k, &[channel(1)]));
    assert_eq!(decide(twice.to_vec()), Err(SidebarRejection::Invalid("channel_ids")));
    let nameless = CategoryUpdate { name: " ".to_owned(), ..update(OWN, &[]) };
    let create = CreateCategory { sidebar: sidebar(&held), category: nameless };
    let refused = create.decide(&given.directory);
    assert_eq!(refused, Err(SidebarRejection::Invalid("display_name")));
    let delete = DeleteCategory { sidebar: sidebar(&held), category_id: CategoryKey::Channels };
    let refused = delete.decide(&given.directory);
    assert_eq!(refused, Err(SidebarRejection::Invalid("category_id")));
    let order = vec![CategoryKey::Favorites];
    let short = SetCategoryOrder { sidebar: sidebar(&held), order }.decide(&given.directory);
    assert_eq!(short, Err(SidebarRejection::Invalid("order")));
    for (actor, whose) in [(3, 2), (1, 1)] {
        let foreign = Sidebar { actor: user(actor), user_id: user(whose), ..sidebar(&held) };
        assert_eq!(foreign.allowed(&given.directory), Err(SidebarRejection::Forbidden));
    }
}

fn notify(actor: u8, n: u8, name: &str, value: &str) -> ChangeMemberNotify {
    ChangeMemberNotify {
        actor: user(actor),
        channel_id: channel(n),
        user_id: user(3),
        notify_props: [(name, value), ("user_id", "whoever")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

#[test]
fn a_member_is_told_as_they_want_until_they_leave() {
    let mut given = scene();
    let decide = |given: &Given, command: ChangeMemberNotify| {
        command.decide(&given.directory, &given.channels)
    };
    let mute = || notify(3, 1, "mark_unread", "mention");
    let muted = given.done(decide(&given, mute()));
    assert_eq!(muted.notify_props.unwrap().len(), 1, "what means nothing is left out");
    assert_eq!(decide(&given, mute()), Ok(Decision::AlreadySo));
    let ignores =
        |given: &Given| given.channels.channel(channel(1)).unwrap().ignores_broadcasts(user(3));
    assert!(ignores(&given), "a muted channel does not call by @channel");
    given.done(decide(&given, notify(3, 1, "ignore_channel_mentions", "off")));
    assert!(!ignores(&given));
    for (name, value) in [("mark_unread", "none"), ("push", ""), ("email", "maybe")] {
        let refused = decide(&given, notify(3, 1, name, value));
        assert!(matches!(refused, Err(ChannelRejection::Invalid(field)) if field == name));
    }
    assert_eq!(decide(&given, notify(2, 1, "push", "all")), Err(ChannelRejection::Forbidden));
    assert_eq!(decide(&given, notify(3, 2, "push", "all")), Err(ChannelRejection::Forbidden));
    let replies = |given: &mut Given| {
        let root = Some((post(1), Some(facts(1, 1, 2))));
        let reply = CreatePost { root, ..say(1, 2, "x") };
        given.done(reply.decide(&given.directory, &given.channels)).auto_followers
    };
    for (value, followers) in [("on", &[user(3)][..]), ("off", &[]), ("on", &[user(3)])] {
        given.done(decide(&given, notify(3, 1, "channel_auto_follow_threads", value)));
        assert_eq!(*replies(&mut given), *followers, "{value}");
    }
    let leave = RemoveChannelMember {
        actor: user(3),
        channel_id: channel(1),
        user_id: user(3),
        notice_id: events::PostId::default(),
    };
    given.done(leave.decide(&given.directory, &given.channels));
    assert_eq!(given.channels.channel(channel(1)).unwrap().notify_props(user(3)), None);
    assert_eq!(*replies(&mut given), []);
}

fn draft(message: &str) -> SaveDraft {
    SaveDraft {
        user_id: user(3),
        place: (channel(1), None),
        file_ids: vec![],
        content: DraftContent { message: message.to_owned(), ..DraftContent::default() },
    }
}

#[test]
fn a_draft_is_kept_until_it_is_empty_sent_or_discarded() {
    let mut given = scene();
    let save = |given: &Given, draft: SaveDraft| {
        draft.decide(&given.directory, &given.channels, &given.readstate)
    };
    let begun = given.done(save(&given, draft("one"))).at;
    let again = given.done(save(&given, draft("two"))).at;
    let held = given.readstate.drafts().draft(user(3), (channel(1), None)).unwrap();
    assert_eq!((held.begun_at, held.saved_at), (begun, again));

    let end = |given: &Given, actor: u8, saved_until: Option<i64>| {
        let (user_id, place, because) = (user(3), (channel(1), None), DraftEnd::Sent);
        let command = DeleteDraft { actor: user(actor), user_id, place, because, saved_until };
        command.decide(&given.directory, &given.readstate)
    };
    assert_eq!(end(&given, 3, Some(begun)), Ok(Decision::AlreadySo), "it was saved later");
    assert_eq!(end(&given, 2, None), Err(PostRejection::Forbidden));
    let late = end(&given, 3, Some(again)).unwrap().event().unwrap();
    given.done(save(&given, draft("three")));
    assert_eq!(given.apply(&late).unwrap_err(), Refusal::Behind);
    given.done(save(&given, draft("")));
    assert_eq!(given.readstate.drafts().count(user(3)), 0);
    assert_eq!(save(&given, draft("")), Ok(Decision::AlreadySo));
    assert_eq!(end(&given, 3, None), Ok(Decision::AlreadySo));
    let elsewhere = SaveDraft { place: (channel(2), None), ..draft("x") };
    assert_eq!(save(&given, elsewhere), Err(PostRejection::Forbidden));
}

#[test]
fn nothing_of_an_erased_person_is_begun_again() {
    let mut given = scene();
    let late = draft("one").decide(&given.directory, &given.channels, &given.readstate);
    let late = late.unwrap().event().unwrap();
    given.apply(&late).unwrap();
    let erased = Body::from(DraftsErased { user_id: user(3) });
    let erased: Event = ReadstateEvent::from(erased).into();
    given.apply(&erased).unwrap();
    assert_eq!(given.readstate.drafts().count(user(3)), 0);
    assert_eq!(given.apply(&late).unwrap_err(), Refusal::UserInactive);
    assert_eq!(given.apply(&erased).unwrap_err(), Refusal::Already);
}

#[test]
fn what_somebody_is_at_has_a_form_an_end_and_an_owner() {
    let given = scene();
    let command = |actor: u8, text: &str, duration: &str, expires_at_ms: i64| SetCustomStatus {
        actor: user(actor),
        user_id: user(3),
        status: CustomStatus {
            text: text.to_owned(),
            duration: duration.to_owned(),
            ..CustomStatus::default()
        },
        expires_at_ms,
        now_ms: 1_000,
        held: HeldStatus::default(),
    };
    let decide = |command: SetCustomStatus| command.decide(&given.directory);
    assert!(decide(command(3, "tea", "", 0)).is_ok());
    assert!(decide(command(3, "tea", "one_hour", 2_000)).is_ok());
    assert!(decide(command(1, "tea", "", 0)).is_ok(), "an administrator");
    assert_eq!(decide(command(2, "tea", "", 0)), Err(UserRejection::Forbidden));
    for (text, duration, end, field) in [
        ("", "", 0, "custom_status"),
        ("tea", "one_year", 2_000, "duration"),
        ("tea", "one_hour", 0, "expires_at"),
        ("tea", "", 1_000, "expires_at"),
    ] {
        let refused = decide(command(3, text, duration, end));
        assert_eq!(refused, Err(UserRejection::Invalid(field)));
    }
    let again = command(3, "tea", "", 0);
    let held = HeldStatus { status: again.status.clone(), recent: vec![again.status.clone()] };
    let again = SetCustomStatus { held: held.clone(), ..again };
    assert_eq!(decide(again.clone()), Ok(Decision::AlreadySo));
    let clear = ClearCustomStatus { actor: user(3), user_id: user(3) };
    assert_eq!(clear.decide(&given.directory, &given.users), Ok(Decision::AlreadySo));
    let other = CustomStatus { text: "coffee".to_owned(), ..CustomStatus::default() };
    let forget = RemoveRecentCustomStatus { actor: user(3), user_id: user(3), status: other, held };
    assert_eq!(forget.decide(&given.directory), Ok(Decision::AlreadySo));
}

#[test]
fn rows_of_preferences_are_old_only_once_the_person_changes_some() {
    let mut given = scene();
    let one = Preference { category: "c".into(), name: "n".into(), value: "v".into() };
    let set = |n: u8| SetPreferences {
        actor: user(n),
        user_id: user(n),
        preferences: vec![one.clone()],
        current: vec![],
    };
    given.done(set(3).decide(&given.directory));
    let until = given.users.preferences_until(user(3));
    assert_eq!(until, given.next, "behind the event");
    given.done(set(2).decide(&given.directory));
    given.done(log_in(3, 1, 0).decide(&given.directory, &given.users));
    assert_eq!(given.users.preferences_until(user(3)), until, "others', and other events");
    let SetPreferences { actor, user_id, preferences, .. } = set(3);
    let current = preferences.clone();
    let delete = DeletePreferences { actor, user_id, preferences, current };
    given.done(delete.decide(&given.directory));
    assert_eq!(given.users.preferences_until(user(3)), given.next);
    assert_eq!(given.users.preferences_until(user(1)), 0);
}

#[test]
fn a_session_in_use_is_noted_now_and_then_and_of_several_notes_one_counts() {
    let mut given = scene();
    given.done(log_in(2, 9, 0).decide(&given.directory, &given.users));
    let held = |given: &Given| given.users.session(&TokenHash([9; 32])).copied();
    let begun = held(&given).unwrap();
    assert_eq!(begun.used_at, begun.create_at);
    let after = |ms| {
        let (user_id, session_id) = (user(2), SessionId::from_bytes([9; 16]));
        UseSession { user_id, session_id, now_ms: begun.create_at + ms }
    };
    assert_eq!(after(USE_NOTED_EVERY_MS - 1).decide(&given.users), Ok(Decision::AlreadySo));
    let note = after(USE_NOTED_EVERY_MS).decide(&given.users).unwrap().event().unwrap();
    let noted = given.apply(&note).unwrap();
    assert_eq!(held(&given).unwrap().used_at, noted.at, "the log's time");
    assert_eq!(given.apply(&note), Err(Refusal::Already), "another process heard of the same use");
    let strange = UseSession { user_id: user(3), ..after(USE_NOTED_EVERY_MS) };
    assert_eq!(strange.decide(&given.users), Err(UserRejection::UnknownSession));
    let (user_id, session_id) = (user(2), begun.session_id);
    let revoke = RevokeSession { actor: user_id, user_id, session_id };
    given.done(revoke.decide(&given.directory, &given.users));
    assert_eq!(given.apply(&note), Err(Refusal::UnknownSession));
    assert_eq!(held(&given), None);
}

#[test]
fn a_login_tells_which_sessions_it_puts_an_end_to() {
    let mut given = scene();
    let short = CreateSession { expires_at: 1, ..log_in(2, 8, 0) };
    given.done(short.decide(&given.directory, &given.users));
    let second = given.done(log_in(2, 9, 0).decide(&given.directory, &given.users));
    assert_eq!(second.ended_sessions, [short.session_id], "it had expired");
    for n in 1..SESSIONS_MAX {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        let another = CreateSession { token_hash: TokenHash(hash), ..log_in(2, 7, 0) };
        let begun = given.done(another.decide(&given.directory, &given.users));
        assert_eq!(begun.ended_sessions, []);
    }
    let last = given.done(log_in(2, 6, 0).decide(&given.directory, &given.users));
    assert_eq!(last.ended_sessions, [log_in(2, 9, 0).session_id], "the oldest of too many");
}
