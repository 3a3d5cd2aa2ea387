//! `…/data_retention/policies/{policy_id}/teams` and `…/channels`, and the searches in them.

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, PolicyId, TeamId};
use platform::http::{ApiError, Json, Path, Query, UrlId, nullable};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use wire::ChannelWithTeam;

use super::for_administrators;
use super::policies::unknown;
use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::Object;
use crate::render;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PolicySearch")]
pub(crate) struct Search {
    #[serde(default, deserialize_with = "nullable")]
    term: String,
}

pub(crate) async fn teams(
    State(app): State<App>,
    caller: Caller,
    Path(policy): Path<UrlId<PolicyId>>,
    query: Query,
) -> Result<Response, ApiError> {
    let teams = teams_of(&app, &caller, policy.0).await?;
    let page = query.page();
    Ok(render::ok(&json!({ "teams": page.slice(&teams), "total_count": teams.len() })))
}

pub(crate) async fn teams_found(
    State(app): State<App>,
    caller: Caller,
    Path(policy): Path<UrlId<PolicyId>>,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    let mut teams = teams_of(&app, &caller, policy.0).await?;
    teams.retain(|team| holds(&search.term, [&team.name, &team.display_name]));
    Ok(render::ok(&teams))
}

pub(crate) async fn channels(
    State(app): State<App>,
    caller: Caller,
    Path(policy): Path<UrlId<PolicyId>>,
    query: Query,
) -> Result<Response, ApiError> {
    let channels = channels_of(&app, &caller, policy.0).await?;
    let page = query.page();
    Ok(render::ok(&json!({ "channels": page.slice(&channels), "total_count": channels.len() })))
}

pub(crate) async fn channels_found(
    State(app): State<App>,
    caller: Caller,
    Path(policy): Path<UrlId<PolicyId>>,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    let mut channels = channels_of(&app, &caller, policy.0).await?;
    channels
        .retain(|shown| holds(&search.term, [&shown.channel.name, &shown.channel.display_name]));
    Ok(render::ok(&channels))
}

fn holds(term: &str, names: [&String; 2]) -> bool {
    let term = term.trim().to_lowercase();
    names.iter().any(|name| name.to_lowercase().contains(&term))
}

async fn teams_of(
    app: &App,
    caller: &Caller,
    policy: PolicyId,
) -> Result<Vec<wire::Team>, ApiError> {
    for_administrators(app, caller).await?;
    let ids: Vec<TeamId> = {
        let directory = app.fold.directory();
        let policy = directory.state().retention().policy(policy).ok_or_else(unknown)?;
        policy.teams.iter().copied().collect()
    };
    let rows = app.reader.teams_by_ids(&ids).await.map_err(failed)?;
    Ok(rows.iter().map(read_model::rows::TeamRow::to_wire).collect())
}

async fn channels_of(
    app: &App,
    caller: &Caller,
    policy: PolicyId,
) -> Result<Vec<ChannelWithTeam>, ApiError> {
    for_administrators(app, caller).await?;
    let ids: Vec<ChannelId> = {
        let directory = app.fold.directory();
        let policy = directory.state().retention().policy(policy).ok_or_else(unknown)?;
        policy.channels.iter().copied().collect()
    };
    let views = app.reader.channels_by_ids(&ids).await.map_err(failed)?;
    let of_teams: Vec<TeamId> = views.iter().filter_map(|view| view.row.team_id).collect();
    let teams = app.reader.teams_by_ids(&of_teams).await.map_err(failed)?;
    let with_team = views.iter().map(|view| {
        let channel = view.to_wire();
        let team = teams.iter().find(|team| Some(team.id) == channel.team_id);
        ChannelWithTeam {
            team_display_name: team.map(|team| team.display_name.clone()).unwrap_or_default(),
            team_name: team.map(|team| team.name.clone()).unwrap_or_default(),
            team_update_at: team.map_or(0, |team| team.update_at),
            channel,
        }
    });
    Ok(with_team.collect())
}
