//! Channels by what their names, or the people in them, are called.

use axum::extract::State;
use axum::response::Response;
use events::TeamId;
use events::directory::ChannelType;
use platform::http::{ApiError, Json, PER_PAGE_MAX, Page, Path, Query, nullable};
use read_model::queries::{Archived, ChannelOfTeam, ChannelView, ChannelsQuery};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use wire::Channel;

use crate::app::{App, DIRECTORY, failed};
use crate::caller::Caller;
use crate::endpoints::{Object, TeamPath, ids, rows_page};
use crate::render;
use crate::rights::require_team;

/// Channels that are offered while somebody types.
const OFFERED_MAX: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ChannelSearch")]
pub(crate) struct Search {
    #[serde(default, deserialize_with = "nullable")]
    term: String,
    #[serde(default, deserialize_with = "nullable")]
    include_deleted: bool,
}

pub(crate) async fn in_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    let archived = if search.include_deleted { Archived::With } else { Archived::Without };
    matching(&app, &caller, team.0, &search.term, archived).await
}

pub(crate) async fn archived_in_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    matching(&app, &caller, team.0, &search.term, Archived::Only).await
}

pub(crate) async fn autocomplete(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    let term = query.get("name").unwrap_or_default();
    matching(&app, &caller, team.0, term, Archived::Without).await
}

async fn matching(
    app: &App,
    caller: &Caller,
    team: TeamId,
    term: &str,
    archived: Archived,
) -> Result<Response, ApiError> {
    require_team(app, caller, team).await?;
    let term = term.trim_start_matches('~');
    let found = app.reader.channels_matching(caller.user, team, term, archived, PER_PAGE_MAX);
    let found = found.await.map_err(failed)?;
    let channels = found.iter().map(|found| found.channel.to_wire());
    Ok(render::ok(&channels.collect::<Vec<_>>()))
}

/// What may stand behind `in:`: the channels and conversations that one is in, archived ones too.
/// A direct channel is shown by the name of whom one talks to.
pub(crate) async fn searchable(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    require_team(&app, &caller, team.0).await?;
    let term = query.get("name").unwrap_or_default().to_lowercase();
    let term = term.trim().trim_start_matches(['~', '@']);
    let mine = app.reader.channels_of(caller.user, Some(team.0), Some(0)).await.map_err(failed)?;
    let fitting = mine.iter().filter(|view| {
        let names = [&view.name, &view.row.display_name, &view.row.purpose];
        names.iter().any(|name| name.to_lowercase().starts_with(term))
            || others(view, &caller).any(|username| username.starts_with(term))
    });
    let shown = fitting.take(OFFERED_MAX).map(|view| named_by_people(view, &caller));
    Ok(render::ok(&shown.collect::<Vec<_>>()))
}

fn named_by_people(view: &ChannelView, caller: &Caller) -> Channel {
    let mut channel = view.to_wire();
    if channel.r#type == ChannelType::Direct {
        let other = others(view, caller).next().or(view.people.first().map(|(_, name)| &**name));
        channel.display_name = other.unwrap_or_default().to_owned();
    }
    channel
}

/// The usernames of the others in a conversation.
fn others<'v>(view: &'v ChannelView, caller: &Caller) -> impl Iterator<Item = &'v str> {
    let me = caller.user;
    view.people.iter().filter(move |(id, _)| *id != me).map(|(_, name)| name.as_str())
}

/// One's group channels in which every word begins somebody's username.
pub(crate) async fn groups(
    State(app): State<App>,
    caller: Caller,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    let term = search.term.to_lowercase();
    let words: Vec<&str> = term.split_whitespace().map(|w| w.trim_start_matches('@')).collect();
    let mine = app.reader.groups_of(caller.user).await.map_err(failed)?;
    let fitting = mine.iter().filter(|view| {
        let named = |word: &&str| view.people.iter().any(|(_, name)| name.starts_with(word));
        words.iter().all(named)
    });
    Ok(render::ok(&fitting.map(ChannelView::to_wire).collect::<Vec<_>>()))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ChannelSearchEverywhere")]
pub(crate) struct SearchAll {
    #[serde(default, deserialize_with = "nullable")]
    term: String,
    #[serde(default, deserialize_with = "nullable")]
    team_ids: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    public: bool,
    #[serde(default, deserialize_with = "nullable")]
    private: bool,
    /// Archived ones alone.
    #[serde(default, deserialize_with = "nullable")]
    deleted: bool,
    #[serde(default, deserialize_with = "nullable")]
    include_deleted: bool,
    #[serde(default, deserialize_with = "nullable")]
    exclude_default_channels: bool,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    per_page: Option<i64>,
}

/// `POST /channels/search`: the channels of all teams, for administrators; with `?system_console=false`,
/// those of one's own teams, for everyone.
pub(crate) async fn everywhere(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    Json(Object(search)): Json<Object<SearchAll>>,
) -> Result<Response, ApiError> {
    if query.get("system_console") == Some("false") {
        return of_own_teams(&app, &caller, &search.term).await;
    }
    if !caller.is_system_admin {
        return Err(ApiError::forbidden());
    }
    app.rows_followed(DIRECTORY).await;
    let page = search.page();
    let asked = rows_page(page.unwrap_or(Page { page: 0, per_page: PER_PAGE_MAX }));
    let query = search.query()?;
    let found = app.reader.channels_of_all_teams(&query, asked).await;
    let (total, found) = found.map_err(failed)?;
    let shown: Vec<_> = found.iter().map(ChannelOfTeam::to_wire).collect();
    Ok(match page {
        Some(_) => render::ok(&json!({ "channels": shown, "total_count": total })),
        None => render::ok(&shown),
    })
}

impl SearchAll {
    /// The page, where one is asked for: the answer then says how many there are.
    fn page(&self) -> Option<Page> {
        let asked = self.page.is_some() && self.per_page.is_some();
        asked.then(|| Page::clamped(self.page, self.per_page))
    }

    fn query(&self) -> Result<ChannelsQuery, ApiError> {
        let teams: Vec<TeamId> = ids(&self.team_ids)?;
        let (open, private) = (ChannelType::Open, ChannelType::Private);
        Ok(ChannelsQuery {
            term: self.term.clone(),
            teams: (!teams.is_empty()).then_some(teams),
            kinds: match (self.public, self.private) {
                (true, false) => vec![open],
                (false, true) => vec![private],
                _ => vec![open, private],
            },
            archived: match (self.deleted, self.include_deleted) {
                (true, _) => Archived::Only,
                (false, true) => Archived::With,
                (false, false) => Archived::Without,
            },
            defaults: !self.exclude_default_channels,
        })
    }
}

async fn of_own_teams(app: &App, caller: &Caller, term: &str) -> Result<Response, ApiError> {
    let found = app.reader.channels_matching_everywhere(caller.user, term, PER_PAGE_MAX);
    let found = found.await.map_err(failed)?;
    Ok(render::ok(&found.iter().map(ChannelOfTeam::to_wire).collect::<Vec<_>>()))
}
