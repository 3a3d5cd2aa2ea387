//! Metrics, log lines and spans of the real server.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use events::Position;
use serde_json::{Value, json};
use system_tests::{Collector, Metrics, Person, Room, Server, Setup, replayed, until};

pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async fn scene(server: &Server) -> Result<(Person, String)> {
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    Ok((ada, channel))
}

fn partition_of(position: &Position) -> String {
    position.partition.to_string()
}

#[tokio::test]
async fn metrics_tell_of_requests_log_projection_sockets_and_fold() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, channel) = scene(&server).await?;
    let mut socket = ada.socket().await?;
    let post = json!({"channel_id": channel, "message": "counted"});
    let answer = ada.post("/posts", post).await?;
    let position: Position =
        answer.header("x-nottermost-position").context("a position")?.parse()?;
    socket.event("posted").await?;
    let partition = partition_of(&position);
    let metrics = until("all is counted", || async {
        let metrics = server.metrics().await?;
        let level = |consumer: &&str| {
            let name = format!("nottermost_{consumer}_lag_records");
            metrics.sum(&name, &[("partition", &partition)]) == Some(0.0)
        };
        let all_level = ["fold", "projection", "index"].iter().all(level);
        let socket = metrics.sum("nottermost_sockets_open", &[]) == Some(1.0);
        Ok((all_level && socket).then_some(metrics))
    })
    .await?;
    requests_are_counted(&metrics)?;
    let is = |name: &str, labels: &[(&str, &str)], at_least: f64| {
        let value = metrics.sum(name, labels);
        ensure!(value.is_some_and(|v| v >= at_least), "{name}{labels:?} is {value:?}: {metrics}");
        Ok(())
    };
    let next = position.offset as f64 + 1.0;
    is("nottermost_log_end_offset", &[("partition", &partition)], next)?;
    is("nottermost_log_commit_seconds_count", &[], 1.0)?;
    is("nottermost_log_appended_records_total", &[("topic", "channels")], 1.0)?;
    is("nottermost_projection_batch_records_count", &[], 1.0)?;
    is("nottermost_projection_write_seconds_count", &[], 1.0)?;
    is("nottermost_sockets_frames_total", &[("event", "posted")], 1.0)?;
    is("nottermost_sockets_drops_total", &[], 0.0)?;
    is("nottermost_fold_accounts", &[], 1.0)?;
    is("nottermost_fold_window_entries", &[("topic", "channels")], 1.0)?;
    server.stop().await?;
    Ok(())
}

fn requests_are_counted(metrics: &Metrics) -> Result<()> {
    let posts = [("method", "POST"), ("route", "/api/v4/posts"), ("status", "201")];
    let counted = metrics.sum("nottermost_http_requests_total", &posts);
    ensure!(counted == Some(1.0), "{counted:?} posts: {metrics}");
    let timed = metrics.sum("nottermost_http_request_duration_seconds_count", &posts);
    ensure!(timed == Some(1.0), "{timed:?} posts");
    Ok(())
}

#[tokio::test]
async fn a_log_line_of_a_post_names_request_user_channel_and_position() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, channel) = scene(&server).await?;
    let answer = ada.post("/posts", json!({"channel_id": channel, "message": "told"})).await?;
    let request = answer.header("x-request-id").context("a request has an id")?;
    let line = server.logged("who posted", |line| line["request.id"] == request).await?;
    let position = answer.header("x-nottermost-position").context("a position")?;
    ensure!(line["user.id"] == ada.id.as_str(), "{line}");
    ensure!(line["channel.id"] == channel.as_str(), "{line}");
    ensure!(line["position"] == position, "{line}");
    ensure!(line["http.route"] == "/api/v4/posts" && line["http.status"] == 201, "{line}");
    let (_, _, said) = server.stop().await?;
    let plain: Vec<_> = said.iter().filter(|line| !line.starts_with('{')).collect();
    ensure!(plain.is_empty(), "not a JSON line: {plain:?}");
    ensure!(!said.iter().any(|line| line.contains("told")), "the log tells what people say");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_from_the_request_into_the_event_the_projection_and_the_push() -> Result<()> {
    let room = Room::new()?;
    let collector = Collector::start().await?;
    let setup = Setup::default().set("NOTTERMOST_TELEMETRY__OTLP_ENDPOINT", collector.endpoint());
    let server = Server::start(&room, &setup).await?;
    let (ada, channel) = scene(&server).await?;
    let mut socket = ada.socket().await?;
    let post = json!({"channel_id": channel, "message": "followed"});
    let headers = [("traceparent", TRACEPARENT)];
    let answer = ada.send_with(reqwest::Method::POST, "/posts", Some(&post), &headers).await?;
    let position: Position =
        answer.header("x-nottermost-position").context("a position")?.parse()?;
    answer.expect(201)?;
    socket.event("posted").await?;
    let of_trace = |id: &[u8]| hex(id) == TRACE;
    for name in ["request", "append", "project", "push"] {
        let follows = |span: &opentelemetry_proto::tonic::trace::v1::Span| {
            let linked = span.links.iter().any(|link| of_trace(&link.trace_id));
            span.name == name && (of_trace(&span.trace_id) || linked)
        };
        let found = collector.span(&format!("{name} of the trace"), follows).await;
        found.with_context(|| format!("there are {:?}", collector.names()))?;
    }
    server.stop().await?;
    let event = event_at(&room, &position).await?;
    let traceparent = event["traceparent"].as_str().context("the event carries the trace")?;
    ensure!(traceparent.contains(TRACE), "{event}");
    Ok(())
}

async fn event_at(room: &Room, position: &Position) -> Result<Value> {
    let partition = partition_of(position);
    let from = position.offset.to_string();
    let shown = replayed(room, &["cat", &partition, "--from", &from]).await?;
    ensure!(shown.status.success(), "{}", shown.stderr);
    let line = shown.stdout.lines().next().context("an event is shown")?;
    Ok(serde_json::from_str(line)?)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_server_that_lost_its_postgres_says_that_it_is_not_ready() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let metrics = server.metrics().await?;
    ensure!(metrics.sum("nottermost_postgres_restarts_total", &[]).is_none(), "none so far");
    system_tests::kill(system_tests::postmaster(server.data())?)?;
    until("the restart is counted", || async {
        let restarts = server.metrics().await?.sum("nottermost_postgres_restarts_total", &[]);
        Ok((restarts == Some(1.0)).then_some(()))
    })
    .await?;
    until("it can serve again", || async {
        let ping = server.visitor()?.get("/system/ping").await?;
        Ok((ping.status == 200).then_some(()))
    })
    .await?;
    ensure!(server.stop().await?.1 < Duration::from_secs(10), "it stops in time");
    Ok(())
}
