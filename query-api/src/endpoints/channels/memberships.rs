//! `GET /users/{user_id}/channel_members`, `GET /users/{user_id}/teams/{team_id}/channels/members`,
//! `GET /users/{user_id}/channels/{channel_id}/unread`: one's own memberships with what is unread.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use platform::http::{ApiError, Path, Query, UserRef, note_channel};
use read_model::queries::ChannelMemberView;
use wire::ChannelMemberWithTeam;

use crate::app::{App, failed, of_channel};
use crate::caller::Caller;
use crate::endpoints::{ChannelPath, TeamPath, rows_page};
use crate::render;
use crate::rights::{own, require_team};

/// By page as a list; all at once (`page=-1`) as one document per line.
pub(crate) async fn all(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    query: Query,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    let at_once = query.int("page") == Some(-1);
    let page = (!at_once).then(|| rows_page(query.page()));
    let views = app.reader.channel_memberships_of(user, None, page).await.map_err(failed)?;
    let members = views.iter().map(ChannelMemberView::to_wire).collect();
    let members = render::channel_members(&app, members).into_iter().zip(&views);
    let members: Vec<ChannelMemberWithTeam> =
        members.map(|(member, view)| view.with_team(member)).collect();
    // No lines at all are no document: clients fail on them.
    if at_once && !members.is_empty() { Ok(lines(&members)) } else { Ok(render::ok(&members)) }
}

fn lines(members: &[ChannelMemberWithTeam]) -> Response {
    let mut response = Response::new(Body::from(wire::to_ndjson(members)));
    let content_type = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

pub(crate) async fn of_team(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    let views =
        app.reader.channel_memberships_of(user, Some(team.0), None).await.map_err(failed)?;
    let members = views.iter().map(ChannelMemberView::to_wire).collect();
    Ok(render::ok(&render::channel_members(&app, members)))
}

pub(crate) async fn unread(
    State(app): State<App>,
    caller: Caller,
    Path((user, channel)): Path<(UserRef, ChannelPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    note_channel(channel.0);
    let ask = || app.reader.channel_membership(user, channel.0);
    let decided_by = of_channel(channel.0);
    let view = app.found(&decided_by, ApiError::channel_member_not_found, ask).await?;
    Ok(render::ok(&view.to_unread()))
}
