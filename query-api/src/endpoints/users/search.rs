//! `POST /users/search`, `GET /users/autocomplete`: people by what a name begins with.

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Json, PER_PAGE_MAX, Query, nullable};
use read_model::Page;
use read_model::queries::PeopleQuery;
use read_model::rows::UserRow;
use schemars::JsonSchema;
use serde::Deserialize;
use wire::UserAutocomplete;

use super::list::decided_by;
use crate::app::App;
use crate::caller::Caller;
use crate::endpoints::{Object, id_param, optional_id};
use crate::render;
use crate::rights::known_people;

const FOUND_DEFAULT: i64 = 100;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UserSearch")]
pub(crate) struct Search {
    #[serde(default, deserialize_with = "nullable")]
    term: String,
    #[serde(default, deserialize_with = "nullable")]
    team_id: String,
    #[serde(default, deserialize_with = "nullable")]
    not_in_team_id: String,
    #[serde(default, deserialize_with = "nullable")]
    in_channel_id: String,
    #[serde(default, deserialize_with = "nullable")]
    not_in_channel_id: String,
    #[serde(default, deserialize_with = "nullable")]
    allow_inactive: bool,
    #[serde(default)]
    limit: Option<i64>,
}

pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    let people = PeopleQuery {
        in_team: optional_id("team_id", &search.team_id)?,
        not_in_team: optional_id("not_in_team_id", &search.not_in_team_id)?,
        in_channel: optional_id("in_channel_id", &search.in_channel_id)?,
        not_in_channel: optional_id("not_in_channel_id", &search.not_in_channel_id)?,
        active: (!search.allow_inactive).then_some(true),
        term: Some(name(&search.term)),
        among: known_people(&app, &caller).await?.listed(),
        ..PeopleQuery::default()
    };
    let found = find(&app, &caller, &people, search.limit).await?;
    Ok(render::ok(&render::users(&found, &caller)))
}

pub(crate) async fn autocomplete(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let in_team = id_param(&query, "in_team")?;
    let in_channel = id_param(&query, "in_channel")?;
    let within = PeopleQuery {
        in_team,
        in_channel,
        active: Some(true),
        term: Some(name(query.get("name").unwrap_or_default())),
        among: known_people(&app, &caller).await?.listed(),
        ..PeopleQuery::default()
    };
    let limit = query.int("limit");
    let users = find(&app, &caller, &within, limit).await?;
    let out_of_channel = match (in_team, in_channel) {
        (Some(_), Some(_)) => {
            let outside = PeopleQuery { in_channel: None, not_in_channel: in_channel, ..within };
            find(&app, &caller, &outside, limit).await?
        }
        _ => Vec::new(),
    };
    Ok(render::ok(&UserAutocomplete {
        users: render::users(&users, &caller),
        out_of_channel: render::users(&out_of_channel, &caller),
    }))
}

fn name(term: &str) -> String {
    term.trim().trim_start_matches('@').to_owned()
}

async fn find(
    app: &App,
    caller: &Caller,
    people: &PeopleQuery,
    limit: Option<i64>,
) -> Result<Vec<UserRow>, ApiError> {
    let limit = limit.filter(|limit| *limit > 0).unwrap_or(FOUND_DEFAULT);
    let per_page = u32::try_from(limit).unwrap_or(PER_PAGE_MAX).min(PER_PAGE_MAX);
    let page = Page { page: 0, per_page };
    app.granted(&decided_by(people), ApiError::forbidden, || {
        app.reader.people(caller.user, people, page)
    })
    .await
}
