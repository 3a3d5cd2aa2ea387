//! The route: from an HTTP request to a raw socket in the hands of the fan-out thread.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fold::Fold;
use http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use platform::http::urls::Service;
use platform::http::{ApiError, Mount, Operation, Param, admit_user, shown_token};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::asyncapi;
use crate::hub::{self, Command, Inbox, LookedUp, Opening};
use crate::protocol::{Resume, Who};

/// What the route works with.
pub struct Gate {
    pub fold: Fold,
    pub inbox: Arc<Inbox>,
    /// The address that people reach the server by, where that is another one.
    pub site_origin: Option<String>,
}

pub fn router(gate: Arc<Gate>) -> Router {
    mounted().router().with_state(gate)
}

/// What each address takes and gives.
pub fn operations() -> Vec<Operation> {
    mounted().operations()
}

/// What a client that comes again brings.
const RESUMES: [Param; 4] = [
    Param::text("connection_id"),
    Param::int("sequence_number"),
    Param::flag("posted_ack"),
    Param::int("disconnect_err_code"),
];

fn mounted() -> Mount<Arc<Gate>> {
    Mount::new(Service::Realtime)
        .get("/api/v4/websocket", upgrade)
        .bare(StatusCode::SWITCHING_PROTOCOLS, "Becomes a socket.")
        .asks(&RESUMES)
        .get("/api/v4/websocket/", upgrade)
        .bare(StatusCode::SWITCHING_PROTOCOLS, "The same.")
        .asks(&RESUMES)
        .get("/api/nottermost/v1/websocket/asyncapi.json", asyncapi::get)
        .gives::<serde_json::Value>("What a socket hears, and what may be asked over it: AsyncAPI.")
}

async fn upgrade(
    State(gate): State<Arc<Gate>>,
    RawQuery(query): RawQuery,
    mut request: Request,
) -> Result<Response, ApiError> {
    let accept = accept_key(request.headers())?;
    if !hub::is_current(&gate.fold) {
        return Err(ApiError::unavailable("the log's tail is not confirmed"));
    }
    let who = gate.who(request.headers()).await?;
    let resume = query.as_deref().and_then(resume);
    let Some(upgraded) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Err(not_a_handshake());
    };
    let inbox = Arc::clone(&gate.inbox);
    tokio::spawn(async move {
        match upgraded.await.map_err(|error| error.to_string()).and_then(raw) {
            Ok((stream, read)) => {
                inbox.send(Command::Open(Opening { stream, read, who, resume }));
            }
            Err(error) => tracing::debug!(%error, "failed to take a socket over"),
        }
    });
    Ok(switching(accept))
}

impl Gate {
    /// Who asks, if they say so already. A token that names nobody leaves the challenge open.
    async fn who(&self, headers: &HeaderMap) -> Result<Option<Who>, ApiError> {
        let Some(token) = shown_token(headers) else { return Ok(None) };
        if token.by_cookie && self.is_foreign(headers) {
            return Err(foreign_origin());
        }
        match hub::look_up(&self.fold, token.text).await {
            LookedUp::Known(who) => {
                admit_user(who.user_id)?;
                Ok(Some(who))
            }
            LookedUp::Nobody => Ok(None),
            LookedUp::Unavailable => Err(ApiError::unavailable("the token cannot be looked up")),
        }
    }

    /// Whether a page of another site asks: browsers send cookies for it all the same.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else { return false };
        let Ok(origin) = origin.to_str() else { return true };
        if self.site_origin.as_deref().is_some_and(|own| same_origin(own, origin)) {
            return false;
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = origin.parse::<Uri>().ok().and_then(|uri| uri.into_parts().authority);
        match (host, authority) {
            (Some(host), Some(authority)) => !authority.as_str().eq_ignore_ascii_case(host),
            _ => true,
        }
    }
}

fn same_origin(own: &str, origin: &str) -> bool {
    own.trim_end_matches('/').eq_ignore_ascii_case(origin.trim_end_matches('/'))
}

/// The answer to the client's key, if the request is a handshake.
fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    let asks = lists(headers, &CONNECTION, "upgrade")
        && lists(headers, &UPGRADE, "websocket")
        && lists(headers, &SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks).ok_or_else(not_a_handshake)?;
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).map_err(|_| not_a_handshake())
}

fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
}

fn not_a_handshake() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.web_socket.connect.upgrade.app_error",
        "This address speaks WebSocket, version 13.",
    )
}

fn foreign_origin() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "api.web_socket.connect.check_origin.app_error",
        "A page of another site may not use this session.",
    )
}

/// Compression is not offered: it would cost a window of memory per socket and an encoding per frame.
fn switching(accept: HeaderValue) -> Response {
    let mut response = Body::empty().into_response();
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// Where the client wants to go on. A number that is none leads to a new beginning.
fn resume(query: &str) -> Option<Resume> {
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let connection_id = value("connection_id")?.parse().ok()?;
    let seq = value("sequence_number").and_then(|seq| seq.parse().ok()).unwrap_or(u64::MAX);
    Some(Resume { connection_id, seq })
}

/// The stream below the HTTP connection, with what the client sent behind its request.
fn raw(upgraded: Upgraded) -> Result<(std::net::TcpStream, Bytes), String> {
    let parts = hyper_util::server::conn::auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded)
        .map_err(|_| "the connection is not plain TCP".to_owned())?;
    let stream = parts.io.into_inner();
    let stream = stream.into_std().map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    Ok((stream, parts.read_buf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resume_names_connection_and_number() {
        let id = events::Id([7; 16]);
        let parsed = resume(&format!("connection_id={id}&sequence_number=12&posted_ack=true"));
        assert_eq!(parsed, Some(Resume { connection_id: id, seq: 12 }));
        assert_eq!(resume("connection_id=&sequence_number=0"), None);
        for rubbish in ["-1", "x", ""] {
            let parsed = resume(&format!("connection_id={id}&sequence_number={rubbish}"));
            assert_eq!(parsed.unwrap().seq, u64::MAX, "{rubbish}");
        }
    }
}
