//! `GET /posts/{post_id}/edit_history`, `GET /api/nottermost/v1/posts/{post_id}/history`.

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, FileId, PostId, UserId};
use platform::http::{ApiError, Path, note_channel};
use read_model::queries::{HistoryOf, PostHead, PostHistory};
use read_model::stored_files;
use schemars::JsonSchema;
use serde::Serialize;
use wire::Props;

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::ended::End;
use crate::endpoints::PostPath;
use crate::render::{self, NamesOfToday};

/// What the post said before, newest first; 404 where it always said the same.
pub(crate) async fn of_edits(
    State(app): State<App>,
    caller: Caller,
    Path(post): Path<PostPath>,
) -> Result<Response, ApiError> {
    let history = read(&app, &caller, post.0, HistoryOf::Standing).await?;
    if history.versions.is_empty() {
        return Err(ApiError::post_not_found());
    }
    Ok(render::ok(&history.to_wire(&NamesOfToday::new(&app))))
}

/// Everything that the post ever said, and who deleted it.
pub(crate) async fn of_all(
    State(app): State<App>,
    caller: Caller,
    Path(post): Path<PostPath>,
) -> Result<Response, ApiError> {
    let history = read(&app, &caller, post.0, HistoryOf::Any).await?;
    Ok(render::ok(&document(&history)))
}

async fn read(
    app: &App,
    caller: &Caller,
    post: PostId,
    of: HistoryOf,
) -> Result<PostHistory, ApiError> {
    let ask = || app.reader.post_history(caller.user, post, of);
    let mut history = app.granted(&of_any_channel(), ApiError::post_not_found, ask).await?;
    note_channel(history.post.channel_id);
    match (app.end(PostHead::from(&history.post)), of) {
        (Some(End::Deleted(_)), HistoryOf::Standing) | (Some(End::Past), _) => {
            return Err(ApiError::post_not_found());
        }
        (Some(End::Deleted(at)), HistoryOf::Any) if history.post.delete_at == 0 => {
            history.post.delete_at = at;
        }
        (Some(End::Erased), _) => history.forget(),
        (Some(End::OfFiles), _) => history.forget_files(),
        (Some(End::Deleted(_)), HistoryOf::Any) | (None, _) => {}
    }
    Ok(history)
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostHistory")]
pub(crate) struct Document {
    post_id: PostId,
    channel_id: ChannelId,
    user_id: UserId,
    root_id: Option<PostId>,
    create_at: i64,
    deleted: Option<Deleted>,
    /// Oldest first, with what it says now or said last.
    versions: Vec<Version>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostDeletion")]
struct Deleted {
    at: i64,
    /// Who deleted it, or the root of its thread.
    by: Option<UserId>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostVersion")]
struct Version {
    from: i64,
    /// None: nothing has replaced it.
    to: Option<i64>,
    message: String,
    props: Props,
    files: Vec<File>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostVersionFile")]
struct File {
    id: FileId,
    name: String,
}

fn document(history: &PostHistory) -> Document {
    let post = &history.post;
    let mut from = post.create_at;
    let mut versions = Vec::with_capacity(history.versions.len() + 1);
    for earlier in history.versions.iter().rev() {
        let to = Some(earlier.replaced_at);
        versions.push(version(from, to, &earlier.message, &earlier.props, &earlier.files));
        from = earlier.replaced_at;
    }
    versions.push(version(from, None, &post.message, &post.props, &post.files));
    let deleted =
        (post.delete_at > 0).then_some(Deleted { at: post.delete_at, by: post.deleted_by });
    Document {
        post_id: post.id,
        channel_id: post.channel_id,
        user_id: post.user_id,
        root_id: post.root_id,
        create_at: post.create_at,
        deleted,
        versions,
    }
}

fn version(from: i64, to: Option<i64>, message: &str, props: &str, files: &str) -> Version {
    let files = stored_files(files);
    Version {
        from,
        to,
        message: message.to_owned(),
        props: Props::from_json(props.to_owned()),
        files: files.into_iter().map(|file| File { id: file.0.file_id, name: file.1 }).collect(),
    }
}
