//! What searches for posts and for files have in common: the request, whom and where its names mean, and
//! the channels that the caller may read by the fold.

use events::{ChannelId, TeamId, UserId};
use fold::FoldSet;
use platform::http::{ApiError, Page, nullable};
use schemars::JsonSchema;
use search_index::{Hit, Query as Terms, ResolvedQuery, Subject};
use serde::Deserialize;

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::rights::readable_channels;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "TermSearch")]
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

/// What the index found, newest first; rights and rows are younger.
pub(crate) struct Found {
    pub(crate) query: ResolvedQuery,
    pub(crate) hits: Vec<Hit>,
}

impl Search {
    /// Asks the index. Nothing is found by a search that asks for nothing.
    ///
    /// # Errors
    /// This process may be behind in what it may show, or the index cannot be read.
    pub(crate) async fn run(
        self,
        app: &App,
        caller: &Caller,
        team: Option<TeamId>,
        subject: Subject,
    ) -> Result<Option<Found>, ApiError> {
        let terms = Terms::parse(&self.terms, self.is_or_search, self.time_zone_offset);
        if terms.is_empty() {
            return Ok(None);
        }
        app.require_current(&of_any_channel())?;
        let allowed = readable_channels(&app.fold, caller.user, |channel| {
            let in_scope = team.is_none_or(|team| channel.team_id.is_none_or(|of| of == team));
            in_scope && (self.include_deleted_channels || !channel.archived)
        });
        let resolved = resolve(terms, &app.fold, caller.user, team);
        let query = ResolvedQuery { subject, ..resolved };
        let page = Page::clamped(self.page, self.per_page);
        ask(app, query, allowed, page).await.map(Some)
    }
}

/// On a thread that may take its time: a search is computation.
async fn ask(
    app: &App,
    query: ResolvedQuery,
    allowed: Vec<ChannelId>,
    page: Page,
) -> Result<Found, ApiError> {
    let searcher = app.searcher.clone();
    let work = move || {
        let hits = searcher.search(&query, &allowed, page.page as usize, page.per_page as usize);
        hits.map(|hits| Found { query, hits })
    };
    let found = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?;
    found.map_err(ApiError::internal)
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
