//! What clients ask for although this server does not have it: slash commands, plugins, groups, notices.
//! The answer is that there are none, after the rights that the question needs.

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Path};

use super::{ChannelPath, TeamPath};
use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::render;
use crate::rights::require_team;

/// Nothing of this kind exists on this server.
pub(crate) async fn none(_: Caller) -> Response {
    nothing()
}

/// Plugins are asked for before login too.
pub(crate) async fn no_plugins() -> Response {
    nothing()
}

/// Nothing of this kind exists in this channel.
pub(crate) async fn none_in_channel(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
) -> Result<Response, ApiError> {
    let ask = || app.reader.channel(caller.user, channel.0);
    app.granted(&of_channel(channel.0), ApiError::channel_not_found, ask).await?;
    Ok(nothing())
}

/// Slash commands are off.
pub(crate) async fn no_commands(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
) -> Result<Response, ApiError> {
    require_team(&app, &caller, team.0).await?;
    Ok(nothing())
}

fn nothing() -> Response {
    render::ok::<[(); 0]>(&[])
}
