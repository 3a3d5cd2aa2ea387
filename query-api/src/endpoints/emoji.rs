//! Custom emoji: lists, one by id or name, its picture.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use domain::Pictures;
use events::EmojiId;
use http::StatusCode;
use platform::http::{ApiError, Json, Path, Query, UrlId, nullable};
use schemars::JsonSchema;
use sealing::FileKey;
use serde::Deserialize;

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::pictures::picture;
use crate::render::{ok, shown_emoji};

type EmojiPath = UrlId<EmojiId>;

/// Names in one question, and answers to a search.
const NAMES_MAX: usize = 200;
const FOUND_MAX: usize = 100;

/// `GET /emoji`: a page, as they were made, or by name.
pub(crate) async fn list(
    State(app): State<App>,
    _: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let by_name = match query.get("sort") {
        None => false,
        Some("name") => true,
        Some(_) => return Err(ApiError::invalid_param("sort")),
    };
    let mut all = shown(&app, |_| true);
    if !by_name {
        all.sort_by_key(|emoji| (emoji.create_at, emoji.id));
    }
    Ok(ok(query.page().slice(&all)))
}

/// `GET /emoji/{emoji_id}`
pub(crate) async fn by_id(
    State(app): State<App>,
    _: Caller,
    Path(id): Path<EmojiPath>,
) -> Result<Response, ApiError> {
    let find = |pictures: &Pictures| pictures.emoji(id.0).map(|emoji| shown_emoji(id.0, emoji));
    Ok(ok(&known(&app, find).await?.ok_or_else(unknown)?))
}

/// `GET /emoji/name/{emoji_name}`
pub(crate) async fn by_name(
    State(app): State<App>,
    _: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let find = |pictures: &Pictures| wire::Emoji::known(pictures, &name);
    let unknown = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "app.emoji.get_by_name.no_result",
            "There is no emoji of this name.",
        )
    };
    Ok(ok(&known(&app, find).await?.ok_or_else(unknown)?))
}

/// `GET /emoji/{emoji_id}/image`
pub(crate) async fn image(
    State(app): State<App>,
    _: Caller,
    Path(id): Path<EmojiPath>,
) -> Result<Response, ApiError> {
    let find = |pictures: &Pictures| pictures.emoji(id.0).map(|emoji| emoji.image.clone());
    let image = known(&app, find).await?.ok_or_else(unknown)?;
    let key = FileKey::parse(&image.key).map_err(ApiError::internal)?;
    picture(&app, &image.object, &key).await?.ok_or_else(unknown)
}

/// `POST /emoji/names`: those that there are, each once.
pub(crate) async fn by_names(
    State(app): State<App>,
    _: Caller,
    Json(names): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    if names.len() > NAMES_MAX {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "api.emoji.get_multiple_by_name_too_many.request_error",
            "More than 200 names are too many.",
        ));
    }
    let names: BTreeSet<String> = names.into_iter().collect();
    let directory = app.fold.directory();
    let pictures = directory.state().pictures();
    let found: Vec<_> =
        names.iter().filter_map(|name| wire::Emoji::known(pictures, name)).collect();
    Ok(ok(&found))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EmojiSearch")]
pub(crate) struct Search {
    #[serde(default, deserialize_with = "nullable")]
    term: String,
    #[serde(default, deserialize_with = "nullable")]
    prefix_only: bool,
}

/// `POST /emoji/search`
pub(crate) async fn search(
    State(app): State<App>,
    _: Caller,
    Json(search): Json<Search>,
) -> Result<Response, ApiError> {
    if search.term.is_empty() {
        return Err(ApiError::invalid_body("term"));
    }
    Ok(found(&app, &search.term, search.prefix_only))
}

/// `GET /emoji/autocomplete?name=`
pub(crate) async fn autocomplete(
    State(app): State<App>,
    _: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let name = query.get("name").ok_or_else(|| ApiError::invalid_param("name"))?;
    Ok(found(&app, name, true))
}

fn found(app: &App, term: &str, at_beginning: bool) -> Response {
    let term = term.to_lowercase();
    let fits = |name: &str| {
        let name = name.to_lowercase();
        if at_beginning { name.starts_with(&term) } else { name.contains(&term) }
    };
    let mut found = shown(app, fits);
    found.truncate(FOUND_MAX);
    ok(&found)
}

/// Those that are wanted, by name.
fn shown(app: &App, wanted: impl Fn(&str) -> bool) -> Vec<wire::Emoji> {
    let directory = app.fold.directory();
    let all = directory.state().pictures().all_emoji();
    all.filter(|(_, emoji)| wanted(&emoji.name)).map(|(id, emoji)| shown_emoji(id, emoji)).collect()
}

/// What `find` finds; nothing is missing from behind.
async fn known<T>(app: &App, find: impl Fn(&Pictures) -> Option<T>) -> Result<Option<T>, ApiError> {
    let found = || find(app.fold.directory().state().pictures());
    if let Some(found) = found() {
        return Ok(Some(found));
    }
    app.fold_on(DIRECTORY).await?;
    Ok(found())
}

fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "app.emoji.get.no_result", "There is no such emoji.")
}
