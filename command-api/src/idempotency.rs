//! `Idempotency-Key`: the same request again answers what the first came to, however late it comes.
//!
//! The key determines the ids of the request's events, and their envelopes carry the request's
//! fingerprint. Ids are looked up in the fold's window and, because that forgets, in rows; another
//! request under the same key is a 422. Every write that appends takes one, but for:
//! bodies that hold a password (signing up, logging in, changing it), whose fingerprint could be tried
//! out faster than the password's own hash; uploads, whose bytes are stored before anything is decided;
//! settings of a channel, read markers and typing, which state how something is to be, and may be stated
//! again. What appended nothing left nothing that could be found: it is decided anew.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use events::{EventId, KeyedHash};
use http::StatusCode;
use http::request::Parts;
use platform::http::{ApiError, Described, Inputs, JsonBytes};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::executor::CommandApi;

/// Characters of a key.
const KEY_LEN_MAX: usize = 255;

/// The id of a command's event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandId {
    pub event: EventId,
    /// The request's fingerprint, where its key determined the id.
    pub request_hash: Option<KeyedHash>,
}

impl From<EventId> for CommandId {
    fn from(event: EventId) -> Self {
        Self { event, request_hash: None }
    }
}

/// A key with the request that it came with.
#[derive(Debug)]
pub(crate) struct RequestKey {
    key: String,
    /// Method and path.
    route: String,
    query: String,
    /// Read after the caller is known; absent where the route takes none.
    body: OnceLock<Bytes>,
}

impl RequestKey {
    /// # Errors
    /// A 400 for a key that cannot be taken: without it, the request would not be what it says it is.
    pub(crate) fn of(parts: &Parts) -> Result<Option<Self>, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(None) };
        let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_LEN_MAX);
        let key = key.ok_or_else(|| ApiError::invalid_param("Idempotency-Key"))?;
        Ok(Some(Self {
            key: key.to_owned(),
            route: format!("{} {}", parts.method, parts.uri.path()),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body: OnceLock::new(),
        }))
    }
}

impl Caller {
    /// The id of this request's command.
    pub(crate) fn command_id(&self, api: &CommandApi) -> CommandId {
        self.command_part(api, "")
    }

    /// The id of one of several commands of this request.
    pub(crate) fn command_part(&self, api: &CommandApi, part: &str) -> CommandId {
        let Some(of) = &self.wishes.key else { return EventId::random().into() };
        let body = of.body.get().map(Bytes::as_ref).unwrap_or_default();
        CommandId {
            event: EventId::idempotency_key(self.user, &format!("{}{part}", of.route), &of.key),
            request_hash: Some(api.secrets.request_hash(&of.query, body)),
        }
    }
}

/// A body as JSON, which the request's key stands for, too. Comes after the [`Caller`].
#[derive(Debug)]
pub(crate) struct Json<T>(pub T);

impl<T: JsonSchema> Described for Json<T> {
    fn describe(inputs: &mut Inputs) {
        inputs.reads::<T>();
        inputs.may_answer(StatusCode::UNPROCESSABLE_ENTITY);
    }
}

impl<T: DeserializeOwned> FromRequest<CommandApi> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &CommandApi) -> Result<Self, ApiError> {
        let key = request.extensions().get::<Arc<RequestKey>>().cloned();
        let JsonBytes { value, bytes } = JsonBytes::from_request(request, api).await?;
        if let Some(key) = key {
            key.body.get_or_init(|| bytes);
        }
        Ok(Self(value))
    }
}
