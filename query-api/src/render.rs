//! From rows to bytes.

use std::cell::RefCell;

use axum::response::Response;
use bytes::Bytes;
use events::{EmojiId, PostId, UserId};
use fold::FoldSet;
use http::{HeaderMap, StatusCode};
use platform::http::json_with_etag;
use read_model::queries::{PostPage, PostView, Thread, ThreadDirection};
use read_model::rows::UserRow;
use serde::Serialize;
use wire::{ChannelMember, PostList, Privacy, User};
use xxhash_rust::xxh3::xxh3_64;

use crate::app::App;
use crate::caller::Caller;
use crate::endpoints::participants::ThreadMarks;

/// A body with the tag by which clients know it again.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub body: Bytes,
    pub etag: String,
}

impl Rendered {
    pub fn new(body: Bytes) -> Self {
        let etag = format!("{:016x}", xxh3_64(&body));
        Self { body, etag }
    }

    /// The body, or 304 to who has it.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        json_with_etag(request, &self.etag, self.body.clone())
    }
}

/// `value` with an ETag of its content.
pub(crate) fn tagged<T: Serialize + ?Sized>(request: &HeaderMap, value: &T) -> Response {
    Rendered::new(wire::to_json(value)).answer(request)
}

/// JSON, 200.
pub(crate) fn ok<T: Serialize + ?Sized>(value: &T) -> Response {
    platform::http::json(StatusCode::OK, value)
}

/// The account as `caller` may see it.
pub(crate) fn user(row: &UserRow, caller: &Caller) -> User {
    let user = row.to_wire();
    if row.id == caller.user || caller.is_system_admin {
        user
    } else {
        user.for_others(Privacy::default())
    }
}

pub(crate) fn users(rows: &[UserRow], caller: &Caller) -> Vec<User> {
    rows.iter().map(|row| user(row, caller)).collect()
}

/// Memberships of channels as accounts and channels are now.
pub(crate) fn channel_members(app: &App, members: Vec<ChannelMember>) -> Vec<ChannelMember> {
    let directory = app.fold.directory();
    let as_of_now = |member: ChannelMember| {
        let channel_id = member.channel_id;
        let channels = app.fold.channels(channel_id);
        member.as_of(directory.state(), channels.state().channel(channel_id))
    };
    members.into_iter().map(as_of_now).collect()
}

/// What people and custom emoji are called now; remembers what it was asked for.
pub(crate) struct NamesOfToday<'f> {
    fold: &'f FoldSet,
    told: RefCell<Told>,
}

/// Names that a text was made with.
#[derive(Debug, Default)]
pub(crate) struct Told {
    people: Vec<(UserId, Option<String>)>,
    emoji: Vec<(String, Option<EmojiId>)>,
}

impl<'f> NamesOfToday<'f> {
    pub fn new(fold: &'f FoldSet) -> Self {
        Self { fold, told: RefCell::default() }
    }

    pub fn told(self) -> Told {
        self.told.into_inner()
    }

    fn emoji(&self, name: &str) -> Option<wire::Emoji> {
        let directory = self.fold.directory();
        let found = wire::Emoji::known(directory.state().pictures(), name);
        let id = found.as_ref().map(|emoji| emoji.id);
        self.told.borrow_mut().emoji.push((name.to_owned(), id));
        found
    }

    /// A post as everyone who may read it sees it.
    pub fn shown(&self, view: &PostView) -> wire::Post {
        let mut post = view.to_wire(self);
        post.show_emoji(|name| self.emoji(name));
        post
    }
}

impl wire::Names for NamesOfToday<'_> {
    fn username(&self, id: UserId) -> Option<String> {
        let name = self.fold.names().person(id).map(|person| person.username.clone());
        self.told.borrow_mut().people.push((id, name.clone()));
        name
    }
}

pub(crate) fn shown_emoji(id: EmojiId, emoji: &domain::Emoji) -> wire::Emoji {
    wire::Emoji::new(id, &emoji.name, emoji.creator_id, emoji.create_at)
}

/// Whether everyone, and every emoji, is still called as a text says.
pub(crate) fn are_called(fold: &FoldSet, told: &Told) -> bool {
    let people = told.people.is_empty() || {
        let names = fold.names();
        let same = |(id, name): &(UserId, Option<String>)| {
            names.person(*id).map(|person| &person.username) == name.as_ref()
        };
        told.people.iter().all(same)
    };
    people && {
        let directory = fold.directory();
        let pictures = directory.state().pictures();
        let now = |name: &str| pictures.emoji_by_name(name).map(|(id, _)| id);
        told.emoji.iter().all(|(name, id)| now(name) == *id)
    }
}

/// A post as everyone who may read it sees it.
pub(crate) fn post(view: &PostView, names: &NamesOfToday<'_>) -> Bytes {
    wire::to_json(&names.shown(view))
}

fn rendered<'v>(
    views: impl Iterator<Item = &'v PostView>,
    names: &NamesOfToday<'_>,
    marks: &ThreadMarks,
) -> Vec<(PostId, Bytes)> {
    let one = |view: &PostView| {
        let mut post = names.shown(view);
        marks.put_on(&mut post);
        (view.row.id, wire::to_json(&post))
    };
    views.map(one).collect()
}

/// A page with the roots that its replies answer.
pub(crate) fn page(page: &PostPage, names: &NamesOfToday<'_>) -> Bytes {
    marked_page(page, names, &ThreadMarks::default())
}

/// The same with what its posts say of their threads.
pub(crate) fn marked_page(page: &PostPage, names: &NamesOfToday<'_>, marks: &ThreadMarks) -> Bytes {
    let list = PostList {
        order: page.posts.iter().map(|view| view.row.id).collect(),
        posts: rendered(page.posts.iter().chain(&page.roots), names, marks),
        next_post_id: page.next,
        prev_post_id: page.prev,
        ..PostList::default()
    };
    list.to_json()
}

/// A thread; its root stands at the old end.
pub(crate) fn thread(
    thread: &Thread,
    direction: ThreadDirection,
    names: &NamesOfToday<'_>,
    marks: &ThreadMarks,
) -> Bytes {
    let mut order: Vec<PostId> = thread.replies.iter().map(|view| view.row.id).collect();
    match direction {
        ThreadDirection::Down => order.insert(0, thread.root.row.id),
        ThreadDirection::Up => order.push(thread.root.row.id),
    }
    let list = PostList {
        order,
        posts: rendered(std::iter::once(&thread.root).chain(&thread.replies), names, marks),
        has_next: Some(thread.has_next),
        ..PostList::default()
    };
    list.to_json()
}
