//! `GET /users/{user_id}/teams/{team_id}/channels/categories` and its order: the three categories
//! that everybody has, computed from the channels one is in and those marked as favourites.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, TeamId, UserId};
use platform::http::{ApiError, Path, UserRef, parse_id};
use read_model::queries::ChannelView;
use wire::{OrderedCategories, default_categories};

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::render;
use crate::rights::{own, require_team};

/// The preference by which clients mark favourites.
const FAVORITE: &str = "favorite_channel";

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    Ok(render::ok(&categories(&app, user, team.0).await?))
}

pub(crate) async fn order(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    Ok(render::ok(&categories(&app, user, team.0).await?.order))
}

async fn categories(app: &App, user: UserId, team: TeamId) -> Result<OrderedCategories, ApiError> {
    let views = app.reader.channels_of(user, Some(team), None).await.map_err(failed)?;
    let marked = app.reader.preferences(user, Some(FAVORITE), None).await.map_err(failed)?;
    let favorites: BTreeSet<ChannelId> = marked
        .iter()
        .filter(|preference| preference.value == "true")
        .filter_map(|preference| parse_id(&preference.name))
        .collect();
    Ok(sorted(user, team, views, &favorites))
}

fn sorted(
    user: UserId,
    team: TeamId,
    views: Vec<ChannelView>,
    favorites: &BTreeSet<ChannelId>,
) -> OrderedCategories {
    let (favorites, others): (Vec<_>, Vec<_>) =
        views.into_iter().partition(|view| favorites.contains(&view.row.id));
    let (mut conversations, channels): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|view| view.row.team_id.is_none());
    conversations.sort_by_key(|view| Reverse((view.row.last_post_at, view.row.id)));
    let ids = |views: Vec<ChannelView>| views.iter().map(|view| view.row.id).collect();
    default_categories(user, team, ids(favorites), ids(channels), ids(conversations))
}
