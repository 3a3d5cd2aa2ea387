//! Bookmarks of channels: `POST /channels/{channel_id}/bookmarks`, `PATCH` and `DELETE …/{bookmark_id}`,
//! `POST …/{bookmark_id}/sort_order`.

use axum::extract::State;
use axum::response::Response;
use domain::commands::bookmark::{
    BookmarkFileFacts, ChangeBookmark, CreateBookmark, DeleteBookmark, MoveBookmark, Target,
};
use events::bookmark::{BookmarkChanged, BookmarkContent, BookmarkCreated};
use events::{Body, BookmarkId, ChannelEvent, ChannelId, Event, FileId, Partition, Topic};
use http::StatusCode;
use parking_lot::Mutex;
use platform::http::{ApiError, Path, UrlId, json, note_channel, nullable};
use read_model::queries::{BookmarkView, BookmarksOfCommand};
use read_model::rows::FileRow;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{id_field, optional_id};
use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::facts::{file_facts, unreadable};
use crate::idempotency::Json;
use crate::submission::Decided;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewBookmark {
    #[serde(default, deserialize_with = "nullable")]
    r#type: String,
    #[serde(default, deserialize_with = "nullable")]
    display_name: String,
    #[serde(default, deserialize_with = "nullable")]
    link_url: String,
    #[serde(default, deserialize_with = "nullable")]
    image_url: String,
    #[serde(default, deserialize_with = "nullable")]
    emoji: String,
    #[serde(default, deserialize_with = "nullable")]
    file_id: String,
}

impl NewBookmark {
    /// The file that it is to lead to; absent for a link.
    fn file(&self) -> Result<Option<FileId>, ApiError> {
        match self.r#type.as_str() {
            "link" if self.file_id.is_empty() => Ok(None),
            "link" => Err(ApiError::invalid_body("file_id")),
            "file" => id_field("file_id", &self.file_id).map(Some),
            _ => Err(ApiError::invalid_body("type")),
        }
    }

    fn content(&self) -> BookmarkContent {
        BookmarkContent {
            display_name: self.display_name.trim().to_owned(),
            link_url: self.link_url.clone(),
            image_url: self.image_url.clone(),
            emoji: self.emoji.trim_matches(':').to_owned(),
        }
    }
}

/// `POST /channels/{channel_id}/bookmarks`
pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(channel_id)): Path<UrlId<ChannelId>>,
    Json(body): Json<NewBookmark>,
) -> Result<Response, ApiError> {
    let (file_id, content) = (body.file()?, body.content());
    note_channel(channel_id);
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let bookmark_id = BookmarkId::random();
    let seen = Mutex::new(None::<FileRow>);
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let found = api.reader.bookmark_of_command(channel_id, None, file_id).await?;
            let target = if file_id.is_some() { file_target(&found) } else { Target::Link };
            let (actor, content) = (caller.user, content.clone());
            let command = CreateBookmark { actor, channel_id, bookmark_id, target, content };
            *seen.lock() = found.file.map(|(row, _)| row);
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel_id);
            let decision = command.decide(directory.state(), channels.state());
            Ok(Decided::new(decision, Some(found.next_offset)))
        })
    });
    let Some(written) = ended.await?.written()? else { return Err(ApiError::unknown_outcome()) };
    let Event::Channels(ChannelEvent::BookmarkCreated(b)) = written.event() else {
        return Err(ApiError::idempotency_key_reused());
    };
    let shown = created(&api, b, seen.into_inner().as_ref(), written.at);
    let response = json(StatusCode::CREATED, &shown);
    Ok(api.shown(&caller.wishes, &[written.position], response).await)
}

fn file_target(found: &BookmarksOfCommand) -> Target {
    Target::File(found.file.as_ref().map(|(row, is_shown)| {
        let mut facts = file_facts(row);
        facts.attached = *is_shown;
        BookmarkFileFacts { facts, create_at: row.create_at }
    }))
}

fn created(
    api: &CommandApi,
    b: &Body<BookmarkCreated>,
    file: Option<&FileRow>,
    at: i64,
) -> wire::Bookmark {
    let facts = wire::BookmarkFacts {
        id: b.c.bookmark_id,
        channel_id: b.c.channel_id,
        owner_id: b.c.owner_id,
        original_id: None,
        file_id: wire::bookmarked_file(b.c.file),
        create_at: at,
        update_at: at,
        sort_order: place(api, b.c.channel_id, b.c.bookmark_id),
    };
    wire::Bookmark::new(&facts, &b.p, file.map(FileRow::to_wire))
}

/// Where the bookmark stands now; 0 where it is gone again.
fn place(api: &CommandApi, channel: ChannelId, bookmark: BookmarkId) -> i64 {
    let channels = api.fold.channels(channel);
    let place = channels.state().channel(channel).and_then(|held| held.bookmarks.place(bookmark));
    i64::try_from(place.unwrap_or(0)).unwrap_or(0)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Patch {
    display_name: Option<String>,
    link_url: Option<String>,
    image_url: Option<String>,
    emoji: Option<String>,
    file_id: Option<String>,
}

impl Patch {
    fn file(&self) -> Result<Option<FileId>, ApiError> {
        optional_id("file_id", self.file_id.as_deref().unwrap_or_default())
    }

    fn content(&self, current: BookmarkContent) -> BookmarkContent {
        let name = self.display_name.as_deref().map(|name| name.trim().to_owned());
        let emoji = self.emoji.as_deref().map(|emoji| emoji.trim_matches(':').to_owned());
        BookmarkContent {
            display_name: name.unwrap_or(current.display_name),
            link_url: self.link_url.clone().unwrap_or(current.link_url),
            image_url: self.image_url.clone().unwrap_or(current.image_url),
            emoji: emoji.unwrap_or(current.emoji),
        }
    }

    /// What the bookmark leads to afterwards. A link stays one.
    fn target(&self, wanted: Option<FileId>, found: &BookmarksOfCommand) -> Target {
        let held = found.bookmark.as_ref().and_then(|held| held.row.file());
        match (wanted, held) {
            (None, None) => Target::Link,
            (Some(_), None) => Target::File(None),
            (Some(wanted), Some(held)) if wanted != held.file_id => file_target(found),
            (_, held) => Target::Same(held),
        }
    }
}

/// `PATCH /channels/{channel_id}/bookmarks/{bookmark_id}`: the order is for `sort_order` to say.
pub(crate) async fn change(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(channel_id), UrlId(bookmark_id))): Path<(UrlId<ChannelId>, UrlId<BookmarkId>)>,
    Json(patch): Json<Patch>,
) -> Result<Response, ApiError> {
    let file_id = patch.file()?;
    note_channel(channel_id);
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    // What it shows stands in no fold.
    api.rows_at_ends(&[partition]).await?;
    let new_id = BookmarkId::random();
    let seen = Mutex::new(None::<BookmarksOfCommand>);
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let read = api.reader.bookmark_of_command(channel_id, Some(bookmark_id), file_id);
            let found = read.await?;
            let current = found.bookmark.as_ref().map(|held| held.row.content());
            let command = ChangeBookmark {
                actor: caller.user,
                channel_id,
                bookmark_id,
                new_id,
                target: patch.target(file_id, &found),
                content: patch.content(current.clone().unwrap_or_default()),
                current,
            };
            let rows_at = Some(found.next_offset);
            *seen.lock() = Some(found);
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel_id);
            Ok(Decided::new(command.decide(directory.state(), channels.state()), rows_at))
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    let found = seen.into_inner().filter(|found| found.bookmark.is_some());
    let shown = match (found, &written) {
        (Some(found), written) => changed(&api, found, written.as_ref())?,
        (None, Some(written)) => changed_earlier(&api, channel_id, written).await?,
        (None, None) => return Err(ApiError::unknown_outcome()),
    };
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

/// The bookmark after the change; as it was where nothing changed.
fn changed(
    api: &CommandApi,
    found: BookmarksOfCommand,
    written: Option<&Written>,
) -> Result<wire::BookmarkUpdate, ApiError> {
    let held = found.bookmark.ok_or_else(ApiError::unknown_outcome)?;
    let Some(written) = written else {
        return Ok(wire::BookmarkUpdate { updated: held.to_wire(), deleted: None });
    };
    let Event::Channels(ChannelEvent::BookmarkChanged(b)) = written.event() else {
        return Err(ApiError::idempotency_key_reused());
    };
    let file_id = wire::bookmarked_file(b.c.file);
    let files = found.file.map(|(row, _)| row).into_iter().chain(held.file.clone());
    let file = files.into_iter().find(|row| Some(row.id) == file_id);
    let updated = after(api, b, &held, file.as_ref(), written.at);
    let deleted = b.c.replaces.map(|_| gone(&held, written.at));
    Ok(wire::BookmarkUpdate { updated, deleted })
}

/// What an earlier request with the same key has changed, as it is now.
async fn changed_earlier(
    api: &CommandApi,
    channel: ChannelId,
    written: &Written,
) -> Result<wire::BookmarkUpdate, ApiError> {
    let Event::Channels(ChannelEvent::BookmarkChanged(b)) = written.event() else {
        return Err(ApiError::idempotency_key_reused());
    };
    let ids: Vec<BookmarkId> = [b.c.bookmark_id].into_iter().chain(b.c.replaces).collect();
    let found = api.reader.bookmarks_of_frame(channel, Some(&ids)).await.map_err(unreadable)?;
    let shown = |id: BookmarkId| found.iter().find(|held| held.row.id == id);
    let updated = shown(b.c.bookmark_id).ok_or_else(ApiError::unknown_outcome)?.to_wire();
    let deleted = b.c.replaces.and_then(shown).map(BookmarkView::to_wire);
    Ok(wire::BookmarkUpdate { updated, deleted })
}

fn after(
    api: &CommandApi,
    b: &Body<BookmarkChanged>,
    held: &BookmarkView,
    file: Option<&FileRow>,
    at: i64,
) -> wire::Bookmark {
    let facts = wire::BookmarkFacts {
        id: b.c.bookmark_id,
        channel_id: b.c.channel_id,
        owner_id: b.c.owner_id,
        original_id: b.c.replaces.or(held.row.original_id),
        file_id: wire::bookmarked_file(b.c.file),
        create_at: if b.c.replaces.is_some() { at } else { held.row.create_at },
        update_at: at,
        sort_order: place(api, b.c.channel_id, b.c.bookmark_id),
    };
    wire::Bookmark::new(&facts, &b.p, file.map(FileRow::to_wire))
}

fn gone(held: &BookmarkView, at: i64) -> wire::Bookmark {
    wire::Bookmark { update_at: at, delete_at: at, file: None, ..held.to_wire() }
}

/// `DELETE /channels/{channel_id}/bookmarks/{bookmark_id}`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(channel_id), UrlId(bookmark_id))): Path<(UrlId<ChannelId>, UrlId<BookmarkId>)>,
) -> Result<Response, ApiError> {
    note_channel(channel_id);
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let command = DeleteBookmark { actor: caller.user, channel_id, bookmark_id };
    // What it showed stands in no fold.
    api.rows_at_ends(&[partition]).await?;
    let seen = Mutex::new(None::<BookmarkView>);
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let read = api.reader.bookmark_of_command(channel_id, Some(bookmark_id), None);
            let found = read.await?;
            *seen.lock() = found.bookmark;
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel_id);
            let decision = command.decide(directory.state(), channels.state());
            Ok(Decided::new(decision, Some(found.next_offset)))
        })
    });
    let Some(written) = ended.await?.written()? else { return Err(ApiError::unknown_outcome()) };
    let shown = match seen.into_inner() {
        Some(held) => gone(&held, written.at),
        None => deleted_earlier(&api, channel_id, bookmark_id).await?,
    };
    let response = json(StatusCode::OK, &shown);
    Ok(api.shown(&caller.wishes, &[written.position], response).await)
}

/// What an earlier request with the same key has deleted.
async fn deleted_earlier(
    api: &CommandApi,
    channel: ChannelId,
    bookmark: BookmarkId,
) -> Result<wire::Bookmark, ApiError> {
    let found = api.reader.bookmarks_of_frame(channel, Some(&[bookmark])).await;
    let found = found.map_err(unreadable)?.pop().ok_or_else(ApiError::unknown_outcome)?;
    Ok(found.to_wire())
}

/// `POST /channels/{channel_id}/bookmarks/{bookmark_id}/sort_order`: how many stand before it. Answers all
/// in their order.
pub(crate) async fn sort(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(channel_id), UrlId(bookmark_id))): Path<(UrlId<ChannelId>, UrlId<BookmarkId>)>,
    Json(place): Json<i64>,
) -> Result<Response, ApiError> {
    let place = u32::try_from(place).map_err(|_| ApiError::invalid_body("sort_order"))?;
    let command = MoveBookmark { actor: caller.user, channel_id, bookmark_id, place };
    let id = caller.command_id(&api);
    let ended = api.in_channel(&caller, id, channel_id, |directory, channels| {
        command.decide(directory, channels)
    });
    let written = ended.await?.written()?;
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    api.visible(&positions).await;
    let found = api.reader.bookmarks_of_frame(channel_id, None).await.map_err(unreadable)?;
    let shown: Vec<wire::Bookmark> = found.iter().map(BookmarkView::to_wire).collect();
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}
