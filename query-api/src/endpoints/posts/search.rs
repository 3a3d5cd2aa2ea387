//! `POST /teams/{team_id}/posts/search`, `POST /posts/search`: the index finds posts in the channels that
//! the caller may read by the fold; what it found is read again before it is shown.

use axum::extract::State;
use axum::response::Response;
use events::TeamId;
use http::StatusCode;
use platform::http::{ApiError, Json, Path, raw_json};
use search_index::{Hit, Subject, matched_words};
use wire::{PostList, SearchMatches};

use crate::app::App;
use crate::cache::ShownPost;
use crate::caller::Caller;
use crate::endpoints::searching::{Found, Search};
use crate::endpoints::{Object, TeamPath};
use crate::rights::require_team;

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
    let Some(Found { query, hits }) = search.run(app, caller, team, Subject::Posts).await? else {
        return Ok(raw_json(StatusCode::OK, empty_list().to_json()));
    };
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
        let words = matched_words(&query.query, &post.message);
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
