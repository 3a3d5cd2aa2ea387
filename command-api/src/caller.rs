//! Who asks, and what the request says about the answer.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{Account, Session};
use events::{Actor, UserId};
use fold::auth::Authenticated;
use http::HeaderMap;
use http::request::Parts;
use platform::clock;
use platform::http::{ApiError, Described, Inputs, admit_user, is_genuine, shown_token};

use crate::executor::CommandApi;
use crate::idempotency::RequestKey;

/// Characters of a header value that is carried on.
const HEADER_LEN_MAX: usize = 255;

/// The account behind a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub user: UserId,
    pub session: Session,
    pub account: Account,
    pub wishes: Wishes,
}

/// What a request says about itself and its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    /// `Prefer: respond-async`: the answer need not wait until reads show the write.
    pub respond_async: bool,
    /// The caller's socket, which frames may leave out.
    pub connection_id: Option<String>,
    /// The request's `Idempotency-Key`, where there is one.
    pub key: Option<Arc<RequestKey>>,
}

/// A caller, where strangers are answered too.
pub(crate) struct MaybeCaller(pub Option<Caller>, pub Wishes);

impl Caller {
    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.user)
    }
}

impl Wishes {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            let text = headers.get(name).and_then(|value| value.to_str().ok());
            text.filter(|text| !text.is_empty() && text.len() <= HEADER_LEN_MAX).map(str::to_owned)
        };
        Self {
            respond_async: text("prefer").is_some_and(|prefer| prefer.contains("respond-async")),
            connection_id: text("connection-id"),
            key: None,
        }
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

impl FromRequestParts<CommandApi> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &CommandApi) -> Result<Self, ApiError> {
        authenticate(parts, api).await?.ok_or_else(ApiError::session_expired)
    }
}

impl FromRequestParts<CommandApi> for MaybeCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &CommandApi) -> Result<Self, ApiError> {
        let caller = authenticate(parts, api).await?;
        Ok(Self(caller, Wishes::of(&parts.headers)))
    }
}

async fn authenticate(parts: &mut Parts, api: &CommandApi) -> Result<Option<Caller>, ApiError> {
    let headers = &parts.headers;
    let Some(token) = shown_token(headers) else { return Ok(None) };
    let now_ms = clock::now_ms();
    let known = api
        .fold
        .authenticate(token.text, now_ms, api.deadline())
        .await
        .map_err(ApiError::unavailable)?;
    let Some(Authenticated { session, account }) = known else { return Ok(None) };
    if !is_genuine(&parts.method, headers, token, &api.secrets, session.session_id) {
        return Ok(None);
    }
    api.fold.uses().note(&session, now_ms);
    admit_user(session.user_id)?;
    let mut wishes = Wishes::of(headers);
    wishes.key = RequestKey::of(parts)?.map(Arc::new);
    if let Some(key) = &wishes.key {
        // For the extractor of the body, which is part of what the key stands for.
        parts.extensions.insert(Arc::clone(key));
    }
    Ok(Some(Caller { user: session.user_id, session, account, wishes }))
}
