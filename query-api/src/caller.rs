//! Who asks.

use std::time::Instant;

use axum::extract::FromRequestParts;
use events::{Partition, Position, SessionId, UserId};
use fold::auth::Authenticated;
use http::HeaderMap;
use http::request::Parts;
use platform::http::{
    ApiError, Described, Inputs, MIN_POSITION_HEADER, admit_user, is_genuine, shown_token,
};

use crate::app::{App, PATIENCE};

/// The account behind a request. Extracting it also waits for the position that the request brings.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub user: UserId,
    pub session: SessionId,
    pub is_system_admin: bool,
    pub is_guest: bool,
}

/// The same, where strangers are answered too.
pub(crate) struct MaybeCaller(pub Option<Caller>);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = authenticate(parts, app).await?.ok_or_else(ApiError::session_expired)?;
        wait_for_min_position(&parts.headers, app).await?;
        Ok(caller)
    }
}

impl FromRequestParts<App> for MaybeCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self(authenticate(parts, app).await?))
    }
}

impl Described for Caller {
    fn describe(inputs: &mut Inputs) {
        inputs.needs_session();
    }
}

impl Described for MaybeCaller {
    fn describe(inputs: &mut Inputs) {
        inputs.knows_session();
    }
}

async fn authenticate(parts: &Parts, app: &App) -> Result<Option<Caller>, ApiError> {
    let Some(token) = shown_token(&parts.headers) else { return Ok(None) };
    let deadline = Instant::now() + PATIENCE;
    let now_ms = platform::clock::now_ms();
    let found =
        app.fold.authenticate(token.text, now_ms, deadline).await.map_err(ApiError::unavailable)?;
    let Some(Authenticated { session, account }) = found else { return Ok(None) };
    let genuine =
        is_genuine(&parts.method, &parts.headers, token, &app.secrets, session.session_id);
    if !genuine {
        return Ok(None);
    }
    app.fold.uses().note(&session, now_ms);
    admit_user(session.user_id)?;
    Ok(Some(Caller {
        user: session.user_id,
        session: session.session_id,
        is_system_admin: account.system_admin,
        is_guest: account.guest.is_some(),
    }))
}

/// The client has seen these positions elsewhere: nothing older is shown to it.
async fn wait_for_min_position(headers: &HeaderMap, app: &App) -> Result<(), ApiError> {
    let Some(value) = headers.get(MIN_POSITION_HEADER) else { return Ok(()) };
    let invalid = || ApiError::invalid_param("X-Nottermost-Min-Position");
    let text = value.to_str().map_err(|_| invalid())?;
    let mut ends: Vec<(Partition, u64)> = Vec::new();
    for position in text.split(',') {
        let position: Position = position.trim().parse().map_err(|_| invalid())?;
        // What is left of an older epoch is there; what was lost with it never comes. All partitions come
        // to an epoch together, those that are not folded here, too.
        if position.epoch < app.fold.epoch(Partition::DIRECTORY) {
            continue;
        }
        let next = position.offset.checked_add(1).ok_or_else(invalid)?;
        ends.push((position.partition, next));
    }
    let deadline = Instant::now() + PATIENCE;
    for (partition, next) in &ends {
        app.fold.wait_for(*partition, *next, deadline).await.map_err(ApiError::unavailable)?;
    }
    app.rows_passed(&ends).await
}
