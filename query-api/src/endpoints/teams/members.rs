//! `GET /teams/{team_id}/members`, one of them, several by id, and the memberships of one person.

use axum::extract::State;
use axum::response::Response;
use domain::rights;
use events::{TeamId, UserId};
use platform::http::{ApiError, Json, Path, Query, UserRef};
use read_model::Page;
use read_model::queries::MemberOrder;
use read_model::rows::TeamMemberRow;
use wire::TeamMember;

use crate::app::{App, DIRECTORY, failed};
use crate::caller::Caller;
use crate::endpoints::{ALL, TeamPath, UserIds, ids, rows_page};
use crate::render;
use crate::rights::{known_people, own_or_admin};

pub(crate) async fn page(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    // As clients write it; any other order is none that there is.
    let by_name = query.get("sort").is_some_and(|sort| sort.eq_ignore_ascii_case("username"));
    let order = if by_name { MemberOrder::Username } else { MemberOrder::Id };
    let rows = members(&app, &caller, team.0, None, order, rows_page(query.page())).await?;
    Ok(render::ok(&shown(&app, &rows)))
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((team, user)): Path<(TeamPath, UserRef)>,
) -> Result<Response, ApiError> {
    let only = [user.resolve(caller.user)];
    let mut rows = members(&app, &caller, team.0, Some(&only), MemberOrder::Id, ALL).await?;
    if rows.is_empty() {
        app.catch_up(DIRECTORY).await?;
        rows = members(&app, &caller, team.0, Some(&only), MemberOrder::Id, ALL).await?;
    }
    let member = shown(&app, &rows).pop().ok_or_else(ApiError::team_member_not_found)?;
    Ok(render::ok(&member))
}

pub(crate) async fn by_ids(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let only: UserIds = ids(&texts)?;
    let rows = members(&app, &caller, team.0, Some(&only), MemberOrder::Id, ALL).await?;
    Ok(render::ok(&shown(&app, &rows)))
}

pub(crate) async fn of_user(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = own_or_admin(user, &caller)?;
    let rows = app.reader.team_memberships_of(user).await.map_err(failed)?;
    Ok(render::ok(&shown(&app, &rows)))
}

async fn members(
    app: &App,
    caller: &Caller,
    team: TeamId,
    only: Option<&[UserId]>,
    order: MemberOrder,
    page: Page,
) -> Result<Vec<TeamMemberRow>, ApiError> {
    let known = known_people(app, caller).await?;
    let only: Option<Vec<UserId>> = match only {
        Some(only) => Some(only.iter().copied().filter(|user| known.contain(*user)).collect()),
        None => known.listed(),
    };
    app.granted(DIRECTORY, ApiError::team_not_found, || {
        app.reader.team_members(caller.user, team, only.as_deref(), order, page)
    })
    .await
}

fn shown(app: &App, rows: &[TeamMemberRow]) -> Vec<TeamMember> {
    let directory = app.fold.directory();
    let guest = |row: &TeamMemberRow| rights::is_guest(directory.state(), row.user_id);
    rows.iter().map(|row| row.to_wire().of_guest(guest(row))).collect()
}
