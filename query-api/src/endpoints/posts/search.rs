//! `POST /teams/{team_id}/posts/search`, `POST /posts/search`: the index finds posts in the channels that
//! the caller may read by the fold; what it found is read again before it is shown.

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, TeamId, UserId};
use fold::FoldSet;
use http::StatusCode;
use platform::http::{
    ApiError, Json, PER_PAGE_DEFAULT, PER_PAGE_MAX, Page, Path, nullable, raw_json,
};
use search_index::{Hit, Query as Terms, ResolvedQuery, matched_words};
use serde::Deserialize;
use wire::{PostList, SearchMatches};

use crate::app::{App, of_any_channel};
use crate::cache::ShownPost;
use crate::caller::Caller;
use crate::endpoints::{Object, TeamPath};
use crate::rights::{readable_channels, require_team};

#[derive(Deserialize)]
pub(crate) struct Search {
    terms: String,
    #[serde(default, deserialize_with = "nullable")]
    is_or_search: bool,
    #[serde(default, deserialize_with = "nullable")]
    time_zone_offset: i32,
    #[serde(default, deserialize_with = "nullable")]
    include_deleted_channels: bool,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    per_page: Option<i64>,
}

pub(crate) async fn in_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    require_team(&app, &caller, team.0).await?;
    answer(&app, &caller, Some(team.0), search).await
}

pub(crate) async fn everywhere(
    State(app): State<App>,
    caller: Caller,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    answer(&app, &caller, None, search).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    team: Option<TeamId>,
    search: Search,
) -> Result<Response, ApiError> {
    let terms = Terms::parse(&search.terms, search.is_or_search, search.time_zone_offset);
    if terms.is_empty() {
        return Ok(raw_json(StatusCode::OK, empty_list().to_json()));
    }
    app.require_current(&of_any_channel())?;
    let allowed = readable_channels(&app.fold, caller.user, |channel| {
        let in_scope = team.is_none_or(|team| channel.team_id.is_none_or(|of| of == team));
        in_scope && (search.include_deleted_channels || !channel.archived)
    });
    let resolved = resolve(terms, &app.fold, caller.user, team);
    let (resolved, hits) = run(app, resolved, allowed, page(&search)).await?;
    let wanted: Vec<_> = hits.iter().map(|hit| (hit.post_id, hit.channel_id)).collect();
    let shown = app.shown_posts(caller.user, &wanted).await?;
    let mut list = empty_list();
    let mut matches = SearchMatches::new();
    for hit in &hits {
        let Some(post) = shown.get(&hit.post_id) else { continue };
        // The index is about a second behind: a hit would tell what an erased post said.
        if is_gone(app, hit, post) {
            continue;
        }
        list.order.push(hit.post_id);
        list.posts.push((hit.post_id, post.body.clone()));
        let words = matched_words(&resolved.query, &post.message);
        if !words.is_empty() {
            matches.insert(hit.post_id, words);
        }
    }
    list.matches = Some(matches);
    Ok(raw_json(StatusCode::OK, list.to_json()))
}

/// What the post said was erased, or is past its time; the index follows.
fn is_gone(app: &App, hit: &Hit, post: &ShownPost) -> bool {
    let channels = app.fold.channels(hit.channel_id);
    channels.state().channel(hit.channel_id).is_some_and(|channel| {
        let past = hit.create_at < channel.expired_before && post.message.is_empty();
        past || channel.has_erased(post.author_id)
    })
}

fn empty_list() -> PostList {
    PostList { matches: Some(SearchMatches::new()), ..PostList::default() }
}

fn page(search: &Search) -> Page {
    let page = search.page.unwrap_or(0).max(0);
    let per_page = search.per_page.filter(|n| *n > 0).unwrap_or(i64::from(PER_PAGE_DEFAULT));
    Page {
        page: u32::try_from(page).unwrap_or(u32::MAX),
        per_page: u32::try_from(per_page).unwrap_or(PER_PAGE_MAX).min(PER_PAGE_MAX),
    }
}

/// On a thread that may take its time: a search is computation.
async fn run(
    app: &App,
    query: ResolvedQuery,
    allowed: Vec<ChannelId>,
    page: Page,
) -> Result<(ResolvedQuery, Vec<Hit>), ApiError> {
    let searcher = app.searcher.clone();
    let work = move || {
        let hits = searcher.search(&query, &allowed, page.page as usize, page.per_page as usize);
        (query, hits)
    };
    let (query, hits) = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?;
    Ok((query, hits.map_err(ApiError::internal)?))
}

fn resolve(terms: Terms, fold: &FoldSet, caller: UserId, team: Option<TeamId>) -> ResolvedQuery {
    terms.resolve(
        |username| fold.names().by_username(username),
        |name| channels_named(fold, caller, team, name),
    )
}

/// Channels of that name in the team, or in any of the caller's teams; behind an `@` stand the people
/// of a conversation.
fn channels_named(
    fold: &FoldSet,
    caller: UserId,
    team: Option<TeamId>,
    name: &str,
) -> Vec<ChannelId> {
    if let Some(people) = name.strip_prefix('@') {
        return conversation(fold, caller, people).into_iter().collect();
    }
    let directory = fold.directory();
    let directory = directory.state();
    let teams: Vec<TeamId> = match team {
        Some(team) => vec![team],
        None => directory.memberships_of(caller).map(|(team, _)| team).collect(),
    };
    teams.into_iter().filter_map(|team| directory.channel_by_name(team, name)).collect()
}

fn conversation(fold: &FoldSet, caller: UserId, people: &str) -> Option<ChannelId> {
    let names = fold.names();
    let people =
        people.split(',').map(|name| names.by_username(name.trim().trim_start_matches('@')));
    let mut members: Vec<UserId> = people.collect::<Option<_>>()?;
    match members.as_slice() {
        [one] => Some(ChannelId::direct(caller, *one)),
        _ => {
            members.push(caller);
            Some(ChannelId::group(&members))
        }
    }
}
