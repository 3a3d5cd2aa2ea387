//! `GET /teams/{team_id}/image`

use axum::extract::State;
use axum::response::Response;
use domain::TeamIcon;
use events::TeamId;
use http::header::ETAG;
use http::{HeaderMap, HeaderValue, StatusCode};
use platform::http::{ApiError, Path, if_none_match, not_modified};
use sealing::FileKey;

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::pictures::picture;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let ask = || app.reader.team(caller.user, team.0);
    app.granted(DIRECTORY, ApiError::team_not_found, ask).await?;
    let icon = match icon_of(&app, team.0) {
        Some(icon) => icon,
        None => {
            app.fold_on(DIRECTORY).await?;
            icon_of(&app, team.0).ok_or_else(no_icon)?
        }
    };
    let tag = icon.update_at.to_string();
    if if_none_match(&headers, &tag) {
        return Ok(not_modified(&tag));
    }
    let key = FileKey::parse(&icon.picture.key).map_err(ApiError::internal)?;
    let shown = picture(&app, &icon.picture.object, &key).await?;
    let mut response = shown.ok_or_else(no_icon)?;
    response.headers_mut().insert(ETAG, HeaderValue::from(icon.update_at));
    Ok(response)
}

fn icon_of(app: &App, team: TeamId) -> Option<TeamIcon> {
    app.fold.directory().state().pictures().of_team(team).cloned()
}

fn no_icon() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "api.team.get_team_icon.read_file.app_error",
        "This team has no icon.",
    )
}
