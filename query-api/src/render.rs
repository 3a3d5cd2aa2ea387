//! From rows to bytes.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use axum::response::Response;
use bytes::Bytes;
use events::{EmojiId, PostId, UserId};
use fold::FoldSet;
use http::{HeaderMap, StatusCode};
use platform::http::{ApiError, json_with_etag};
use read_model::queries::{PostPage, PostView, Thread, ThreadDirection};
use read_model::rows::UserRow;
use schemars::JsonSchema;
use serde::Serialize;
use wire::{
    ChannelMember, Embed, LinkedPost, PostList, Privacy, SearchMatches, User, first_link, permalink,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::participants::ThreadMarks;
use crate::links;

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

/// What people and custom emoji are called now, and what links lead to; remembers what it was asked for.
pub(crate) struct NamesOfToday<'f> {
    app: &'f App,
    /// Posts of this server that are linked to and that the reader may read.
    linked: HashMap<PostId, LinkedPost>,
    /// Whether any are linked to.
    of_reader: bool,
    told: RefCell<Told>,
}

/// Names that a text was made with.
#[derive(Debug, Default)]
pub(crate) struct Told {
    people: Vec<(UserId, Option<String>)>,
    emoji: Vec<(String, Option<EmojiId>)>,
    /// With the version of what was known of them.
    links: Vec<(String, u64)>,
}

impl<'f> NamesOfToday<'f> {
    pub fn new(app: &'f App) -> Self {
        Self { app, linked: HashMap::new(), of_reader: false, told: RefCell::default() }
    }

    /// The same for one reader, who is shown the posts that `views` link to as far as they may read them.
    ///
    /// # Errors
    /// The rows cannot be asked.
    pub async fn of_reader(
        app: &'f App,
        reader: UserId,
        views: impl Iterator<Item = &PostView>,
    ) -> Result<Self, ApiError> {
        let linked: Vec<PostId> = views.filter_map(|view| linked_post(app, view)).collect();
        let mut names = Self::new(app);
        if !linked.is_empty() {
            names.of_reader = true;
            let mut found = app.reader.posts_linked(reader, &linked).await.map_err(failed)?;
            app.ends_of(&found).take_out(&mut found);
            names.linked =
                found.iter().map(|found| (found.post.row.id, found.to_wire(&names))).collect();
        }
        Ok(names)
    }

    /// Whether what is made with these names is for their reader alone.
    pub fn are_of_reader(&self) -> bool {
        self.of_reader
    }

    pub fn told(self) -> Told {
        self.told.into_inner()
    }

    fn emoji(&self, name: &str) -> Option<wire::Emoji> {
        let directory = self.app.fold.directory();
        let found = wire::Emoji::known(directory.state().pictures(), name);
        let id = found.as_ref().map(|emoji| emoji.id);
        self.told.borrow_mut().emoji.push((name.to_owned(), id));
        found
    }

    /// A post as everyone who may read it sees it.
    pub fn shown(&self, view: &PostView) -> wire::Post {
        let mut post = view.to_wire(self);
        post.show_emoji(|name| self.emoji(name));
        if post.r#type.is_empty() {
            self.show_link(&mut post);
        }
        post
    }

    fn show_link(&self, post: &mut wire::Post) {
        let Some(link) = first_link(&post.message).map(str::to_owned) else { return };
        if let Some(id) = permalink(&link, &self.app.config.site_url) {
            if let Some(linked) = self.linked.get(&id) {
                let data = Box::new(linked.clone());
                post.metadata.embeds.push(Embed::Permalink { url: "", data });
            }
            return;
        }
        if self.app.links.previews().is_some() {
            let (target, version) = self.app.links.target(&link);
            links::show(post, &link, target);
            self.told.borrow_mut().links.push((link, version));
        }
    }
}

impl wire::Names for NamesOfToday<'_> {
    fn username(&self, id: UserId) -> Option<String> {
        let name = self.app.fold.names().person(id).map(|person| person.username.clone());
        self.told.borrow_mut().people.push((id, name.clone()));
        name
    }
}

pub(crate) fn shown_emoji(id: EmojiId, emoji: &domain::Emoji) -> wire::Emoji {
    wire::Emoji::new(id, &emoji.name, emoji.creator_id, emoji.create_at)
}

fn linked_post(app: &App, view: &PostView) -> Option<PostId> {
    if view.row.delete_at > 0 {
        return None;
    }
    permalink(first_link(&view.row.message)?, &app.config.site_url)
}

/// Whether everyone, every emoji and every link is still what a text says.
pub(crate) fn are_called(app: &App, told: &Told) -> bool {
    let fold: &FoldSet = &app.fold;
    if told.links.iter().any(|(link, version)| app.links.target(link).1 != *version) {
        return false;
    }
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

/// A list of posts as it reads: it is put together from posts that were rendered before.
#[derive(JsonSchema)]
#[schemars(rename = "PostList")]
#[allow(dead_code, reason = "it is only described")]
pub(crate) struct ShownPosts {
    order: Vec<PostId>,
    /// Those of `order`, and the roots that they answer.
    posts: BTreeMap<PostId, wire::Post>,
    /// Empty where there is none.
    next_post_id: String,
    prev_post_id: String,
    /// Only of threads.
    #[schemars(skip_serializing_if = "Option::is_none")]
    has_next: Option<bool>,
    /// Only of searches: the words that were found, by post.
    #[schemars(skip_serializing_if = "Option::is_none")]
    matches: Option<SearchMatches>,
    first_inaccessible_post_time: i64,
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
