//! `GET /channels/{channel_id}/moderations`: what a channel keeps to its administrators.

use axum::extract::State;
use axum::response::Response;
use events::ChannelId;
use platform::http::{ApiError, Path, note_channel};
use wire::ChannelModeration;

use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::endpoints::ChannelPath;
use crate::render;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
) -> Result<Response, ApiError> {
    note_channel(channel.0);
    if !caller.is_system_admin {
        return Err(ApiError::forbidden());
    }
    app.fold_on(&of_channel(channel.0)).await?;
    let moderations = moderations(&app, channel.0).ok_or_else(ApiError::channel_not_found)?;
    Ok(render::ok(&moderations))
}

/// None of a channel that is no team's.
fn moderations(app: &App, channel: ChannelId) -> Option<Vec<ChannelModeration>> {
    let channels = app.fold.channels(channel);
    let held = channels.state().channel(channel).filter(|held| held.team_id.is_some())?;
    Some(ChannelModeration::all_of(held))
}
