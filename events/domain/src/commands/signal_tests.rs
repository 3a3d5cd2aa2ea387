//! Priorities, acknowledgements and bookmarks: what is refused, and what the fold makes of them.

use events::bookmark::{BookmarkContent, BookmarkedFile};
use events::channel::{ChannelAuthorErased, PostCreated};
use events::directory::ChannelType;
use events::priority::{Priority, PriorityLevel};
use events::retention::ChannelPostsExpired;
use events::{BookmarkId, ChannelEvent, Event, FileId, Id};

use super::Decision;
use super::acknowledgement::{AcknowledgePost, RemoveAcknowledgement, WITHDRAWAL_MS};
use super::bookmark::*;
use super::channel::ChannelRejection;
use super::given::*;
use super::post::{CreatePost, FileFacts, PostRejection};
use crate::bookmarks::BOOKMARKS_MAX;
use crate::verdict::{Applied, Refusal};

fn given() -> Given {
    let given = Given::new().with_user(1).with_user(2).with_user(3).with_team(1, 1);
    let given = given.with_member(1, 2).with_member(1, 3);
    given.with_channel(1, 1, 1, ChannelType::Open).with_channel_member(1, 2)
}

fn bookmark(n: u8) -> BookmarkId {
    BookmarkId::from_bytes([n; 16])
}

fn link(name: &str) -> BookmarkContent {
    BookmarkContent {
        display_name: name.into(),
        link_url: "https://example.org/a".into(),
        ..BookmarkContent::default()
    }
}

fn create(n: u8, actor: u8) -> CreateBookmark {
    CreateBookmark {
        actor: user(actor),
        channel_id: channel(1),
        bookmark_id: bookmark(n),
        target: Target::Link,
        content: link("a link"),
    }
}

fn file_of(owner: u8, create_at: i64) -> Target {
    let facts = FileFacts {
        file: file(9),
        name: "a.txt".into(),
        mini_preview: String::new(),
        owner_id: user(owner),
        channel_id: channel(1),
        attached: false,
    };
    Target::File(Some(BookmarkFileFacts { facts, create_at }))
}

fn create_file(n: u8, actor: u8, create_at: i64) -> CreateBookmark {
    let content = BookmarkContent { display_name: "a file".into(), ..BookmarkContent::default() };
    CreateBookmark { target: file_of(actor, create_at), content, ..create(n, actor) }
}

fn change(n: u8, actor: u8, name: &str) -> ChangeBookmark {
    ChangeBookmark {
        actor: user(actor),
        channel_id: channel(1),
        bookmark_id: bookmark(n),
        new_id: bookmark(0xee),
        target: Target::Link,
        current: Some(link("a link")),
        content: link(name),
    }
}

fn order(given: &Given) -> Vec<BookmarkId> {
    given.channels.channel(channel(1)).unwrap().bookmarks.ids().to_vec()
}

#[test]
fn a_root_has_a_priority_and_a_reply_has_none() {
    let given = given();
    let priority = Priority { level: PriorityLevel::Urgent, requested_ack: true };
    let root = CreatePost { priority, ..say(1, 2, "now") };
    let decided = root.decide(&given.directory, &given.channels).unwrap();
    let Decision::Append(Event::Channels(ChannelEvent::PostCreated(b))) = decided else {
        panic!("a post")
    };
    assert_eq!(b.c.priority, priority);
    let root = Some((post(1), Some(facts(1, 1, 2))));
    let reply = CreatePost { root, priority, ..say(1, 2, "x") };
    let refused = reply.decide(&given.directory, &given.channels);
    assert_eq!(refused, Err(PostRejection::PriorityOfReply));
    let plain = CreatePost { priority: Priority::default(), ..reply };
    assert!(plain.decide(&given.directory, &given.channels).is_ok());
}

#[test]
fn a_plain_post_is_written_as_before() {
    let given = given();
    let decided = say(1, 2, "x").decide(&given.directory, &given.channels).unwrap();
    let body: serde_json::Value =
        serde_json::from_slice(&decided.event().unwrap().encode()).unwrap();
    assert_eq!(body["c"].get("priority"), None);
    let c: PostCreated = serde_json::from_value(body["c"].clone()).unwrap();
    assert!(c.priority.is_plain());
}

#[test]
fn members_acknowledge_a_post_that_stands_and_take_it_back_for_five_minutes() {
    let mut given = given();
    let ack = |actor, stands| AcknowledgePost {
        actor: user(actor),
        user_id: user(actor),
        post: facts(1, 1, 1),
        stands,
    };
    let decide = |given: &Given, c: AcknowledgePost| c.decide(&given.directory, &given.channels);
    given.done(decide(&given, ack(2, false)));
    assert_eq!(decide(&given, ack(2, true)), Ok(Decision::AlreadySo));
    assert_eq!(decide(&given, ack(3, false)), Err(PostRejection::Forbidden), "no member");
    let mut gone = ack(2, false);
    gone.post.deleted = true;
    assert_eq!(decide(&given, gone), Err(PostRejection::UnknownPost));
    let others = AcknowledgePost { actor: user(2), ..ack(1, false) };
    assert_eq!(decide(&given, others), Err(PostRejection::Forbidden), "in another's name");

    let back = |acknowledged_at, now_ms| {
        let command = RemoveAcknowledgement {
            actor: user(2),
            user_id: user(2),
            post: facts(1, 1, 1),
            acknowledged_at,
            now_ms,
        };
        command.decide(&given.directory, &given.channels)
    };
    assert!(matches!(back(Some(5), 5 + WITHDRAWAL_MS), Ok(Decision::Append(_))));
    assert_eq!(back(Some(5), 6 + WITHDRAWAL_MS), Err(PostRejection::TooLate));
    assert_eq!(back(None, 5), Ok(Decision::AlreadySo));
}

#[test]
fn a_bookmark_leads_to_the_web_or_to_ones_own_file() {
    let given = given();
    let decide = |c: CreateBookmark| c.decide(&given.directory, &given.channels);
    let to = |url: &str| {
        let content = BookmarkContent { link_url: url.into(), ..link("x") };
        decide(CreateBookmark { content, ..create(1, 2) }).is_ok()
    };
    assert!(to("https://example.org") && to("HTTP://example.org/?a=b"));
    for bad in ["", "javascript:alert(1)", "ftp://a", "https://", "https:///x", "https://a b", "a"]
    {
        assert!(!to(bad), "{bad}");
    }
    assert!(decide(create_file(1, 2, 5)).is_ok());
    let others = CreateBookmark { target: file_of(1, 5), ..create_file(1, 2, 5) };
    assert_eq!(decide(others), Err(ChannelRejection::FileUnusable));
    let unknown = CreateBookmark { target: Target::File(None), ..create_file(1, 2, 5) };
    assert_eq!(decide(unknown), Err(ChannelRejection::FileUnusable));
    for (name, valid) in
        [("", false), (" ", false), (&*"x".repeat(64), true), (&*"x".repeat(65), false)]
    {
        let content = link(name);
        assert_eq!(decide(CreateBookmark { content, ..create(1, 2) }).is_ok(), valid, "{name:?}");
    }
}

#[test]
fn a_channel_takes_bookmarks_of_its_members_until_it_has_fifty() {
    let mut given = given();
    let refused = create(1, 3).decide(&given.directory, &given.channels);
    assert_eq!(refused, Err(ChannelRejection::Forbidden), "no member");
    for n in 0..BOOKMARKS_MAX {
        let n = u8::try_from(n).unwrap();
        given.done(create(n, 2).decide(&given.directory, &given.channels));
    }
    let more = create(60, 2).decide(&given.directory, &given.channels);
    assert_eq!(more, Err(ChannelRejection::TooManyBookmarks));
    // Decided before the fiftieth came.
    let c = events::bookmark::BookmarkCreated {
        channel_id: channel(1),
        bookmark_id: bookmark(60),
        owner_id: user(2),
        file: None,
    };
    let event = ChannelEvent::BookmarkCreated(events::Body { c, p: link("x") });
    assert_eq!(given.apply(&event.into()), Err(Refusal::TooManyBookmarks));
}

#[test]
fn what_another_says_stands_in_the_place_of_the_bookmark() {
    let mut given = given();
    for n in 1..=3 {
        given.done(create(n, 2).decide(&given.directory, &given.channels));
    }
    let decide = |given: &Given, c: ChangeBookmark| c.decide(&given.directory, &given.channels);
    assert_eq!(decide(&given, change(2, 2, "a link")), Ok(Decision::AlreadySo));
    given.done(decide(&given, change(2, 2, "mine")));
    assert_eq!(order(&given), [1, 2, 3].map(bookmark));
    given.done(decide(&given, change(2, 1, "theirs")));
    assert_eq!(order(&given), [bookmark(1), bookmark(0xee), bookmark(3)]);
    assert_eq!(decide(&given, change(2, 1, "x")), Err(ChannelRejection::UnknownBookmark));
}

#[test]
fn a_bookmark_moves_to_a_place_and_leaves_none_behind() {
    let mut given = given();
    for n in 1..=3 {
        given.done(create(n, 2).decide(&given.directory, &given.channels));
    }
    let to = |given: &Given, n, place| {
        let (actor, channel_id, bookmark_id) = (user(2), channel(1), bookmark(n));
        let command = MoveBookmark { actor, channel_id, bookmark_id, place };
        command.decide(&given.directory, &given.channels)
    };
    assert_eq!(to(&given, 1, 0), Ok(Decision::AlreadySo));
    assert_eq!(to(&given, 1, 3), Err(ChannelRejection::Invalid("sort_order")));
    let moved = given.done(to(&given, 1, 2));
    assert_eq!(moved.bookmarks, Some([2, 3, 1].map(bookmark).into()));
    let delete =
        DeleteBookmark { actor: user(1), channel_id: channel(1), bookmark_id: bookmark(3) };
    let deleted = given.done(delete.decide(&given.directory, &given.channels));
    assert_eq!(deleted.bookmarks, Some([2, 1].map(bookmark).into()));
    let again = delete.decide(&given.directory, &given.channels);
    assert_eq!(again, Err(ChannelRejection::UnknownBookmark));
}

fn gone(applied: &Applied) -> Vec<BookmarkId> {
    applied.bookmarks_gone.iter().map(|gone| gone.bookmark_id).collect()
}

#[test]
fn bookmarks_go_with_their_owner_and_with_their_file() {
    let mut given = given();
    given.done(create_file(1, 2, 5).decide(&given.directory, &given.channels));
    given.done(create(2, 1).decide(&given.directory, &given.channels));
    given.done(create(3, 2).decide(&given.directory, &given.channels));
    // The file stays whose it is when another renames its bookmark.
    let held = BookmarkedFile { file_id: FileId(Id([9; 16])), owner_id: user(2), create_at: 5 };
    let name = |name: &str| BookmarkContent { display_name: name.into(), ..Default::default() };
    let renamed = ChangeBookmark {
        target: Target::Same(Some(held)),
        current: Some(name("a file")),
        content: name("b"),
        ..change(1, 1, "b")
    };
    given.done(renamed.decide(&given.directory, &given.channels));
    let mut erased = given.clone();
    let c = ChannelAuthorErased { channel_id: channel(1), user_id: user(2) };
    let applied = erased.apply(&ChannelEvent::ChannelAuthorErased(c.into()).into()).unwrap();
    assert_eq!(order(&erased), [bookmark(2)]);
    assert_eq!(gone(&applied), [0xee, 3].map(bookmark));
    let again = create(4, 2).decide(&erased.directory, &erased.channels).unwrap().event().unwrap();
    assert_eq!(erased.apply(&again), Err(Refusal::UserInactive));

    let expire = |given: &mut Given, kept: u8| {
        let c = ChannelPostsExpired {
            channel_id: channel(1),
            before: 0,
            files_before: 6,
            kept_author_ids: vec![user(kept)],
            policy_id: None,
            run_id: Id::default(),
            posts: 0,
            files: 1,
        };
        given.apply(&ChannelEvent::ChannelPostsExpired(c.into()).into()).unwrap()
    };
    let mut kept = given.clone();
    assert_eq!(expire(&mut kept, 2).bookmarks, None, "a hold keeps the file");
    let applied = expire(&mut given, 1);
    assert_eq!(applied.bookmarks, Some([2, 3].map(bookmark).into()));
    assert_eq!(gone(&applied), [bookmark(0xee)]);
    let late = create_file(5, 2, 5).decide(&given.directory, &given.channels).unwrap();
    assert_eq!(given.apply(&late.event().unwrap()), Err(Refusal::Expired));
}

#[test]
fn the_bookmarks_of_a_conversation_are_for_those_who_are_in_it() {
    let mut given = given();
    let (actor, user_ids) = (user(2), [user(2), user(3)]);
    let opened = super::channel::OpenDirectChannel { actor, user_ids, knows_all: true };
    given.done(opened.decide(&given.directory, &given.channels));
    let channel_id = events::ChannelId::direct(user(2), user(3));
    given.done(
        CreateBookmark { channel_id, ..create(1, 2) }.decide(&given.directory, &given.channels),
    );
    // The first account administers the system.
    let delete = |n| DeleteBookmark { actor: user(n), channel_id, bookmark_id: bookmark(1) };
    let (d, c) = (&given.directory, &given.channels);
    assert_eq!(delete(1).decide(d, c), Err(ChannelRejection::Forbidden));
    assert!(delete(3).decide(d, c).is_ok());
}

#[test]
fn an_archived_channel_keeps_its_bookmarks_as_they_are() {
    let mut given = given();
    given.done(create(1, 2).decide(&given.directory, &given.channels));
    let archive = super::channel::ArchiveChannel {
        actor: user(1),
        channel_id: channel(1),
        notice_id: post(9),
    };
    given.done(archive.decide(&given.directory, &given.channels));
    let (d, c) = (&given.directory, &given.channels);
    let (actor, channel_id, bookmark_id) = (user(2), channel(1), bookmark(1));
    let archived = Err(ChannelRejection::Archived);
    assert_eq!(create(2, 2).decide(d, c), archived);
    assert_eq!(change(1, 2, "x").decide(d, c), archived);
    assert_eq!(DeleteBookmark { actor, channel_id, bookmark_id }.decide(d, c), archived);
    assert_eq!(MoveBookmark { actor, channel_id, bookmark_id, place: 0 }.decide(d, c), archived);
}
