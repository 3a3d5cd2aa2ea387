//! Log lines, metrics and exported spans of a process, as another process sees them.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use platform::config::{Config, Sources};
use platform::http::{ApiError, EdgeSettings, Json, admit_user, edge, json, with_position};
use platform::telemetry::{Telemetry, continue_trace, current_traceparent};
use serde_json::Value;
use tokio::sync::mpsc;
use tower::ServiceExt;
use tracing::Instrument;

const ENDPOINT: &str = "TELEMETRY_TEST_ENDPOINT";
const INCOMING: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const USER: [u8; 16] = [7; 16];

async fn write(Json(name): Json<String>) -> Result<Response, ApiError> {
    admit_user(events::UserId::from_bytes(USER))?;
    if name == "panic" {
        panic!("told to");
    }
    let traceparent = current_traceparent().expect("a request has a trace");
    let span = tracing::info_span!("project");
    continue_trace(&span, &traceparent);
    async { tracing::info!("projected") }.instrument(span).await;
    let position = "1.channels-07.4711".parse().unwrap();
    Ok(with_position(json(http::StatusCode::CREATED, &traceparent), position))
}

/// The process that is looked at. Not a test of its own.
#[tokio::test]
async fn helper_that_serves_requests_when_told_to() {
    let Ok(endpoint) = std::env::var(ENDPOINT) else { return };
    let endpoint = ("NOTTERMOST_TELEMETRY__OTLP_ENDPOINT".to_owned(), endpoint);
    let config = Config::load(&Sources::new(None, [endpoint]).unwrap()).unwrap();
    let telemetry = Telemetry::install(&config.telemetry, "telemetry-test").unwrap();
    let routes = Router::new().route("/api/v4/things", post(write)).merge(
        platform::http::operations(telemetry.metrics(), platform::health::Health::default()),
    );
    let settings = EdgeSettings {
        version_id: "1".to_owned(),
        json_body_bytes_max: 1_000,
        limits: Default::default(),
        page: None,
    };
    let app = edge(routes, settings);
    for body in ["\"a\"", "\"panic\"", "{"] {
        let request = http::Request::post("/api/v4/things").header("traceparent", INCOMING);
        app.clone().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap();
    }
    let request = http::Request::get("/metrics").body(axum::body::Body::empty()).unwrap();
    let answer = app.oneshot(request).await.unwrap().into_body();
    let metrics = axum::body::to_bytes(answer, 1 << 20).await.unwrap();
    println!("\n{}", String::from_utf8(metrics.to_vec()).unwrap());
    telemetry.shutdown().await;
}

async fn collect(State(spans): State<Arc<mpsc::UnboundedSender<Bytes>>>, body: Bytes) {
    spans.send(body).unwrap();
}

struct Seen {
    lines: Vec<Value>,
    metrics: String,
    exported: Vec<u8>,
}

async fn look() -> Seen {
    let (sender, mut spans) = mpsc::unbounded_channel();
    let collector = Router::new().route("/v1/traces", post(collect)).with_state(Arc::new(sender));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, collector).await });
    let output = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_serves_requests_when_told_to", "--nocapture"])
        .env(ENDPOINT, endpoint)
        .stderr(Stdio::piped())
        .output()
        .await
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let lines = stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut exported = Vec::new();
    while let Ok(batch) = spans.try_recv() {
        exported.extend_from_slice(&batch);
    }
    Seen { lines, metrics: String::from_utf8(output.stdout).unwrap(), exported }
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_request_is_seen_in_log_lines_metrics_and_spans() {
    let seen = look().await;
    let line = |status: u16| {
        let found = seen.lines.iter().find(|line| line["http.status"] == status);
        found.unwrap_or_else(|| panic!("no line for a {status} in {:#?}", seen.lines))
    };
    let created = line(201);
    assert_eq!(created["level"], "INFO");
    assert_eq!(created["target"], "nottermost::access");
    assert_eq!(created["http.route"], "/api/v4/things");
    assert_eq!(created["user.id"], events::UserId::from_bytes(USER).to_string());
    assert_eq!(created["position"], "1.channels-07.4711");
    assert_eq!(created["trace.id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(created["request.id"].as_str().unwrap().len(), 26);
    assert_eq!(line(400)["level"], "INFO");
    assert_eq!(line(500)["level"], "WARN");
    let panic = seen.lines.iter().find(|line| line["message"] == "panic").unwrap();
    assert_eq!(panic["panic.message"], "told to");
    assert_eq!(panic["request.id"], line(500)["request.id"]);
    let projected = seen.lines.iter().find(|line| line["message"] == "projected").unwrap();
    assert_eq!(projected["span"]["name"], "project");

    let count =
        "nottermost_http_requests_total{method=\"POST\",route=\"/api/v4/things\",status=\"201\"} 1";
    assert!(seen.metrics.contains(count), "{}", seen.metrics);
    let latency = "nottermost_http_request_duration_seconds_count{method=\"POST\",route=\"/api/v4/things\",status=\"201\"} 1";
    assert!(seen.metrics.contains(latency), "{}", seen.metrics);

    let trace_id: Vec<u8> =
        (0..16).map(|i| u8::from_str_radix(&INCOMING[3 + 2 * i..5 + 2 * i], 16).unwrap()).collect();
    assert!(holds(&seen.exported, &trace_id), "the exported spans belong to the caller's trace");
    for name in ["request", "project", "telemetry-test"] {
        assert!(holds(&seen.exported, name.as_bytes()), "{name} is exported");
    }
}
