//! The edge: one layer around all routes that gives every request an id, a span, headers, a metric,
//! a log line, and a v4 answer even if the handler panics.
//!
//! It is one hand-written service instead of a stack of ready-made layers because every layer is
//! one more boxed future per request, and a hot read costs little more than these.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::header::EXPIRES;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tower::{Layer, Service};
use tracing::{Instrument, Span};

use super::limiting::Meters;
use super::{ApiError, RequestLimits, client_address, context::RequestContext, unread};
use crate::telemetry;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const VERSION_ID: HeaderName = HeaderName::from_static("x-version-id");
/// The route of a request that matched none, in metrics and logs.
const UNMATCHED: &str = "unmatched";

/// What the edge needs to know.
#[derive(Debug, Clone)]
pub struct EdgeSettings {
    /// The value of `X-Version-Id`, from which clients read the server's version.
    pub version_id: String,
    /// A larger body of a route that does not set its own limit is refused with a 413.
    pub json_body_bytes_max: usize,
    pub limits: RequestLimits,
    /// Of a process that serves the web page.
    pub page: Option<WebPage>,
}

/// What the web page has at a path that is no address of the table, if anything.
pub type WebPage = fn(&Request) -> Option<Response>;

/// Wraps `router` in the edge. Addresses and methods that it does not have answer a v4 404,
/// unless they are places of the page.
/// A route that takes large bodies sets its own `DefaultBodyLimit`.
///
/// # Panics
/// If `version_id` has characters that no header can have.
pub fn edge(router: Router, settings: EdgeSettings) -> Router {
    let version_id = HeaderValue::try_from(settings.version_id.as_str())
        .expect("a version id is digits, dots and letters");
    let json_body_bytes_max = settings.json_body_bytes_max;
    let page = settings.page;
    router
        .fallback(move |request: Request| unknown_path(page, request))
        .method_not_allowed_fallback(unknown_route)
        .layer(DefaultBodyLimit::max(json_body_bytes_max))
        .layer(EdgeLayer(Arc::new(Shared {
            version_id,
            json_body_bytes_max,
            meters: Arc::new(Meters::new(settings.limits)),
        })))
}

/// Says what the edge's metrics are, for whoever reads them.
pub fn describe_metrics() {
    metrics::describe_counter!("nottermost_http_requests_total", "Requests by route and status");
    metrics::describe_histogram!(
        "nottermost_http_request_duration_seconds",
        metrics::Unit::Seconds,
        "Time from a request's head to its answer's head, by route and status"
    );
    metrics::describe_counter!(
        "nottermost_http_requests_limited_total",
        "Requests refused because too many came, by an account's or an address's limit"
    );
}

async fn unknown_path(page: Option<WebPage>, request: Request) -> Response {
    let placed = page.and_then(|page| page(&request));
    placed.unwrap_or_else(|| ApiError::unknown_route().into_response())
}

async fn unknown_route() -> ApiError {
    ApiError::unknown_route()
}

struct Shared {
    version_id: HeaderValue,
    json_body_bytes_max: usize,
    meters: Arc<Meters>,
}

#[derive(Clone)]
struct EdgeLayer(Arc<Shared>);

impl<S> Layer<S> for EdgeLayer {
    type Service = Edge<S>;

    fn layer(&self, inner: S) -> Edge<S> {
        Edge { inner, shared: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
struct Edge<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request> for Edge<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The clone was not polled ready, the original was: serve with that one.
        let ready = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, ready);
        let incoming = text(request.headers(), "traceparent");
        let shared = Arc::clone(&self.shared);
        let meters = Arc::clone(&shared.meters);
        let context = RequestContext::new(incoming, shared.json_body_bytes_max, meters);
        let line = RequestLine::of(&request);
        let span = line.span(&context, incoming);
        Box::pin(context.scope(respond(inner, request, line, shared).instrument(span)))
    }
}

async fn respond<S>(
    mut inner: S,
    request: Request,
    line: RequestLine,
    shared: Arc<Shared>,
) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let started = Instant::now();
    let (request, unread) = unread::watch(request);
    let mut response = if !takes(&shared.meters, &request) {
        ApiError::too_many_requests().into_response()
    } else if has_nul(request.uri().path()) {
        ApiError::invalid_url("a NUL character").into_response()
    } else {
        match AssertUnwindSafe(async { inner.call(request).await }).catch_unwind().await {
            Ok(Ok(response)) => response,
            // The panic hook has logged what happened and where.
            Err(_) => ApiError::internal_without_cause().into_response(),
        }
    };
    if let Some(unread) = unread {
        unread.discard().await;
    }
    add_headers(response.headers_mut(), &shared, &line.method);
    line.finish(response.status(), started);
    Ok(response)
}

/// Whether the address that asks may ask now.
fn takes(meters: &Meters, request: &Request) -> bool {
    if !meters.meters_addresses() {
        return true;
    }
    let client = client_address(request.extensions(), request.headers(), &meters.trusted_proxies);
    let limited = client.and_then(|client| meters.take_address(client).err());
    RequestContext::with(|context| context.limited.set(limited));
    limited.is_none()
}

fn has_nul(path: &str) -> bool {
    path.contains('%') && path.contains("%00")
}

fn add_headers(headers: &mut HeaderMap, shared: &Shared, method: &Method) {
    let request_id = RequestContext::with(|context| context.request_id.to_string());
    if let Some(value) = request_id.and_then(|id| HeaderValue::try_from(id).ok()) {
        headers.insert(REQUEST_ID, value);
    }
    if let Some(Some(limited)) = RequestContext::with(|context| context.limited.get()) {
        limited.tell(headers);
    }
    headers.insert(VERSION_ID, shared.version_id.clone());
    if method == Method::GET {
        headers.entry(EXPIRES).or_insert(HeaderValue::from_static("0"));
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What metrics and the access log say about a request. The route is the template: ids and
/// addresses in a path would make endless label values, and are personal.
struct RequestLine {
    method: Method,
    route: Option<MatchedPath>,
}

impl RequestLine {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
        }
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or(UNMATCHED, MatchedPath::as_str)
    }

    /// Reads get their span at debug level: at tens of thousands of reads a second it costs as much
    /// as the read.
    fn span(&self, context: &RequestContext, incoming: Option<&str>) -> Span {
        macro_rules! span {
            ($make:ident) => {
                tracing::$make!(
                    "request",
                    otel.kind = "server",
                    request.id = %context.request_id,
                    http.method = %self.method,
                    http.route = self.route(),
                )
            };
        }
        let span = if self.method.is_safe() { span!(debug_span) } else { span!(info_span) };
        if let Some(incoming) = incoming {
            telemetry::continue_trace(&span, incoming);
        }
        span
    }

    fn finish(&self, status: StatusCode, started: Instant) {
        let elapsed = started.elapsed();
        let labels = [
            ("method", metric_method(&self.method).into()),
            ("route", self.route_label()),
            ("status", status_label(status)),
        ];
        metrics::counter!("nottermost_http_requests_total", &labels).increment(1);
        metrics::histogram!("nottermost_http_request_duration_seconds", &labels).record(elapsed);
        RequestContext::with(|context| self.log(context, status, elapsed));
    }

    fn route_label(&self) -> metrics::SharedString {
        match &self.route {
            Some(matched) => matched.as_str().to_owned().into(),
            None => UNMATCHED.into(),
        }
    }

    fn log(&self, context: &RequestContext, status: StatusCode, elapsed: std::time::Duration) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "nottermost::access",
                    // The line has what the span says: not twice.
                    parent: None,
                    {
                        request.id = %context.request_id,
                        trace.id = telemetry::current_trace_id(),
                        http.method = %self.method,
                        http.route = self.route(),
                        http.status = status.as_u16(),
                        duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
                        user.id = context.user.get().map(tracing::field::display),
                        channel.id = context.channel.get().map(tracing::field::display),
                        position = context.position.get().map(tracing::field::display),
                    },
                    "request"
                )
            };
        }
        if status.is_server_error() {
            line!(warn);
        } else if self.method.is_safe() && !status.is_client_error() {
            line!(debug);
        } else {
            line!(info);
        }
    }
}

/// A label value per method that exists; a client can send any word as one.
fn metric_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

fn status_label(status: StatusCode) -> metrics::SharedString {
    match status {
        StatusCode::OK => "200".into(),
        StatusCode::CREATED => "201".into(),
        other => other.as_str().to_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use axum::routing::{get, post};
    use events::{ChannelId, TeamId, UserId};
    use http_body_util::BodyExt;
    use serde::Deserialize;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::super::{
        Json, Page, Path, Query, Rate, UrlId, UserRef, admit_user, nullable, ok_status,
    };
    use super::*;

    #[derive(Deserialize)]
    struct Echo {
        #[serde(default, deserialize_with = "nullable")]
        text: String,
    }

    async fn channel(
        Path((user, channel)): Path<(UserRef, UrlId<ChannelId>)>,
        page: Page,
        query: Query,
    ) -> String {
        let me = user.resolve(UserId::from_bytes([0; 16]));
        format!("{me} {} {} {:?}", channel.0, page.per_page, query.get("q"))
    }

    async fn echo(Json(body): Json<Echo>) -> Result<Response, ApiError> {
        if body.text == "panic" {
            panic!("a handler that panics");
        }
        Ok(super::super::json(StatusCode::CREATED, &body.text))
    }

    fn page(request: &Request) -> Option<Response> {
        (request.uri().path() == "/place").then(|| "the page".into_response())
    }

    fn app() -> Router {
        let routes = Router::new()
            .route("/api/v4/teams/{team_id}", get(|_: Path<UrlId<TeamId>>| async { ok_status() }))
            .route("/api/v4/users/{user_id}/channels/{channel_id}", get(channel))
            .route("/api/v4/echo", post(echo));
        let version_id = "9.1.0.9.1.0.abc.false".to_owned();
        let limits = RequestLimits::default();
        let page: Option<WebPage> = Some(page);
        edge(routes, EdgeSettings { version_id, json_body_bytes_max: 300_000, limits, page })
    }

    async fn send(
        method: &str,
        uri: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let request = Request::builder().method(method).uri(uri).body(body.into()).unwrap();
        let (parts, body) = app().oneshot(request).await.unwrap().into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    async fn refusal(method: &str, uri: &str, body: impl Into<Body>) -> (u16, String) {
        let (status, headers, body) = send(method, uri, body).await;
        assert_eq!(headers["content-type"], "application/json");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["status_code"], status.as_u16());
        assert_eq!(body["detailed_error"], "");
        assert_eq!(body["request_id"], headers["x-request-id"].to_str().unwrap());
        assert_eq!(headers["x-request-id"].len(), 26);
        assert_ne!(body["message"], "");
        (status.as_u16(), body["id"].as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn every_answer_has_the_contracts_headers() {
        let id = TeamId::random();
        let (status, headers, body) = send("GET", &format!("/api/v4/teams/{id}"), "").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["x-version-id"], "9.1.0.9.1.0.abc.false");
        assert_eq!(headers["expires"], "0");
        assert_eq!(headers["x-request-id"].len(), 26);
        assert_eq!(body, br#"{"status":"OK"}"#);
        let (_, headers, _) = send("POST", "/api/v4/echo", "{}").await;
        assert!(!headers.contains_key("expires"));
    }

    /// Requests of one account from one address, under limits of two at once.
    async fn limited(limits: RequestLimits, count: usize) -> Vec<(StatusCode, HeaderMap, Vec<u8>)> {
        let own = || async {
            admit_user(UserId::from_bytes([7; 16]))?;
            Ok::<_, ApiError>(ok_status())
        };
        let routes = Router::new().route("/own", get(own));
        let version_id = "1".to_owned();
        let (json_body_bytes_max, page) = (1_000, None);
        let app = edge(routes, EdgeSettings { version_id, json_body_bytes_max, limits, page });
        let mut answers = Vec::new();
        for _ in 0..count {
            let mut request = Request::get("/own").body(Body::empty()).unwrap();
            let peer = SocketAddr::from(([192, 0, 2, 1], 1));
            request.extensions_mut().insert(ConnectInfo(peer));
            let (parts, body) = app.clone().oneshot(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            answers.push((parts.status, parts.headers, body));
        }
        answers
    }

    #[tokio::test]
    async fn too_many_requests_are_refused_by_account_and_by_address() {
        let two = Rate { per_second: 1, burst: 2 };
        let by = |account, address| RequestLimits {
            account,
            address,
            buckets: 16,
            ..RequestLimits::default()
        };
        for limits in [by(two, Rate::default()), by(Rate::default(), two)] {
            let answers = limited(limits, 3).await;
            assert_eq!(answers[1].0, StatusCode::OK);
            assert!(!answers[1].1.contains_key("retry-after"));
            let (status, headers, body) = &answers[2];
            assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(headers["retry-after"], "1");
            assert_eq!(headers["x-ratelimit-limit"], "2");
            assert_eq!(headers["x-ratelimit-remaining"], "0");
            assert_eq!(headers["x-ratelimit-reset"], "2");
            let body: Value = serde_json::from_slice(body).unwrap();
            assert_eq!(body["id"], "api.nottermost.too_many_requests.app_error");
            assert_eq!(body["request_id"], headers["x-request-id"].to_str().unwrap());
        }
        let answers = limited(RequestLimits::default(), 100).await;
        assert!(answers.iter().all(|(status, ..)| *status == StatusCode::OK));
    }

    #[tokio::test]
    async fn the_page_answers_at_its_places_and_nowhere_else() {
        let (status, headers, body) = send("GET", "/place", Body::empty()).await;
        assert_eq!((status, &body[..]), (StatusCode::OK, &b"the page"[..]));
        assert_eq!(headers["x-version-id"], "9.1.0.9.1.0.abc.false");
        let expected = (404, "api.context.404.app_error".to_owned());
        assert_eq!(refusal("GET", "/another", Body::empty()).await, expected);
    }

    #[tokio::test]
    async fn unknown_routes_and_methods_answer_a_json_404() {
        let expected = (404, "api.context.404.app_error".to_owned());
        assert_eq!(refusal("GET", "/api/v4/nothing", "").await, expected);
        assert_eq!(refusal("DELETE", "/api/v4/echo", "").await, expected);
        assert_eq!(refusal("GET", "/api/v4/teams/a-b", "").await, expected);
        assert_eq!(refusal("BREW", "/coffee", "").await, expected);
    }

    #[tokio::test]
    async fn ids_of_the_wrong_form_answer_400() {
        let expected = (400, "api.context.invalid_url_param.app_error".to_owned());
        assert_eq!(refusal("GET", "/api/v4/teams/short", "").await, expected);
        assert_eq!(refusal("GET", "/api/v4/teams/a%00b", "").await, expected);
        assert_eq!(refusal("GET", "/api/v4/users/me/channels/x", "").await, expected);
    }

    #[tokio::test]
    async fn path_and_query_reach_the_handler() {
        let id = ChannelId::random();
        let uri = format!("/api/v4/users/me/channels/{id}?per_page=999&q=a%20b");
        let (_, _, body) = send("GET", &uri, "{}").await;
        let me = UserId::from_bytes([0; 16]);
        assert_eq!(String::from_utf8(body).unwrap(), format!("{me} {id} 200 Some(\"a b\")"));
    }

    #[tokio::test]
    async fn bad_bodies_answer_400_and_large_ones_413() {
        let expected = (400, "api.context.invalid_body_param.app_error".to_owned());
        assert_eq!(refusal("POST", "/api/v4/echo", "").await, expected);
        assert_eq!(refusal("POST", "/api/v4/echo", r#"{"text":7}"#).await, expected);
        assert_eq!(refusal("POST", "/api/v4/echo", r#"{"text":"\ud800"}"#).await, expected);
        let expected = (413, "api.context.request_body_too_large.app_error".to_owned());
        assert_eq!(refusal("POST", "/api/v4/echo", vec![b' '; 10_000_000]).await, expected);
    }

    #[tokio::test]
    async fn a_panic_answers_500_without_its_words() {
        let (status, _, body) = send("POST", "/api/v4/echo", r#"{"text":"panic"}"#).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["id"], "api.nottermost.internal.app_error");
        assert!(!body.to_string().contains("a handler that panics"));
    }
}
