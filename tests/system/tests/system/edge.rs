//! The edge's configuration, asked through a real nginx with stand-ins behind it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{MethodFilter, on};
use futures::{SinkExt, StreamExt};
use platform::http::urls::{FALLBACK, Service, URLS, Url, Verb};
use reqwest::{Client, Method, Response};
use system_tests::{Behind, Edge, processes_in, until, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tower::ServiceExt;

use crate::stubs::{ASKED, BODY_BYTES, Stub, WHO, nobody};

const ID: &str = "8abcdefghijkmnopqrstuwxyz1";

/// One stand-in for each service, and the edge in front of them.
struct Town {
    command: Stub,
    query: Stub,
    realtime: Stub,
    edge: Edge,
    client: Client,
}

impl Town {
    async fn start() -> Result<Self> {
        let command = Stub::start("command-api").await?;
        let query = Stub::start("query-api").await?;
        let realtime = Stub::start("realtime").await?;
        let edge = Edge::start(&Behind {
            command_api: vec![command.address()],
            query_api: vec![query.address()],
            realtime: vec![realtime.address()],
        })
        .await?;
        Ok(Self { command, query, realtime, edge, client: Client::new() })
    }

    async fn ask(&self, method: &str, path: &str) -> Result<Response> {
        let url = format!("{}{path}", self.edge.url());
        Ok(self.client.request(method.parse()?, url).send().await?)
    }

    fn requests(&self) -> usize {
        self.command.requests() + self.query.requests() + self.realtime.requests()
    }
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Checks that nobody but the edge answers, in the contract's words.
async fn is_the_edges(response: Response, status: u16, id: &str) -> Result<()> {
    ensure!(header(&response, WHO).is_empty(), "{} answers", header(&response, WHO));
    ensure!(response.status() == status, "{}", response.status());
    ensure!(header(&response, "content-type") == "application/json", "{response:?}");
    let request_id = header(&response, "x-request-id").to_owned();
    let body: serde_json::Value = response.json().await?;
    ensure!(body["id"] == id && body["status_code"] == status, "{body}");
    ensure!(body["request_id"] == request_id && !request_id.is_empty(), "{body}");
    Ok(())
}

fn example(url: &Url) -> String {
    url.segments().map(|(any, text)| format!("/{}", if any { ID } else { text })).collect()
}

#[tokio::test]
async fn every_address_of_the_table_is_answered_by_its_service() -> Result<()> {
    let town = Town::start().await?;
    let mut answered = BTreeMap::<&str, usize>::new();
    for url in URLS {
        let path = example(url);
        let response = town.ask(url.verb.name(), &path).await?;
        *answered.entry(url.service.name()).or_default() += 1;
        if url.service == Service::Each {
            is_the_edges(response, 404, "api.context.404.app_error").await.context(path)?;
            continue;
        }
        ensure!(header(&response, WHO) == url.service.name(), "{url}: {response:?}");
        ensure!(header(&response, ASKED) == format!("{} {path}", url.verb.name()), "{url}");
        if url.verb == Verb::Get {
            let head = town.ask("HEAD", &path).await?;
            ensure!(header(&head, WHO) == url.service.name(), "HEAD {path}: {head:?}");
        }
    }
    ensure!(answered.len() == 4, "asked all services: {answered:?}");
    town.edge.stop().await
}

/// The table as axum understands it: who answers this, if the path is known by this method.
async fn answers(router: &Router, method: &str, path: &str) -> Result<Option<String>> {
    let request = axum::http::Request::builder().method(method).uri(path);
    let response = router.clone().oneshot(request.body(axum::body::Body::empty())?).await?;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return Ok(None);
    }
    let body = axum::body::to_bytes(response.into_body(), 64).await?;
    Ok(Some(String::from_utf8(body.to_vec())?))
}

fn as_axum_has_it() -> Router {
    let table = URLS.iter().fold(Router::new(), |router, url| {
        let name = url.service.name();
        let method = Method::from_bytes(url.verb.name().as_bytes()).expect("a method");
        let method = MethodFilter::try_from(method).expect("a method that axum knows");
        router.route(url.path, on(method, move || async move { name }))
    });
    table.fallback(|| async { FALLBACK.name() })
}

/// The path with an id, with an escaped slash, and with every word in place of a parameter that
/// stands there in another path.
fn variants(url: &Url) -> Vec<String> {
    let segments: Vec<_> = url.segments().collect();
    let mut variants = vec![example(url), example(url).replace(ID, "a%2Fb")];
    for (at, _) in segments.iter().enumerate().filter(|(_, (any, _))| *any) {
        let words = URLS.iter().filter_map(|other| other.segments().nth(at));
        let words = words.filter(|(any, _)| !any).map(|(_, word)| word);
        variants.extend(words.map(|word| {
            let of = |(n, (any, text)): (usize, &(bool, &'static str))| match any {
                true if n == at => format!("/{word}"),
                true => format!("/{ID}"),
                false => format!("/{text}"),
            };
            segments.iter().enumerate().map(of).collect()
        }));
    }
    variants
}

#[tokio::test]
async fn the_edge_and_the_routers_agree_on_who_is_meant() -> Result<()> {
    let (town, router) = (Town::start().await?, as_axum_has_it());
    let paths: std::collections::BTreeSet<_> = URLS.iter().flat_map(variants).collect();
    let mut compared = 0;
    for path in &paths {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            // HEAD has no body in which axum could say who; it goes where GET goes.
            let like = if method == "HEAD" { "GET" } else { method };
            // A method that the address does not have is refused alike by all who know the table.
            let Some(expected) = answers(&router, like, path).await? else { continue };
            let response = town.ask(method, path).await?;
            let who = header(&response, WHO);
            let edge = if who.is_empty() { Service::Each.name() } else { who };
            ensure!(edge == expected, "{method} {path}: {edge} instead of {expected}");
            compared += 1;
        }
    }
    ensure!(compared > 300, "compares the whole table: {compared}");
    town.edge.stop().await
}

/// Sends a head as it stands and returns the answer's head.
async fn raw(town: &Town, line: &str) -> Result<String> {
    let mut stream = TcpStream::connect(town.edge.address()).await?;
    let head = format!("{line} HTTP/1.1\r\nHost: chat.example\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    within("the edge answers", stream.read_to_string(&mut answer)).await??;
    Ok(answer)
}

#[tokio::test]
async fn addresses_are_matched_and_passed_on_as_they_were_sent() -> Result<()> {
    let town = Town::start().await?;
    for (who, line) in [
        ("command-api", "POST /api/v4/posts?then=/api/v4/users"),
        ("command-api", "PUT /api/v4/users/a%2Fb%3F/status?x=%zz"),
        ("command-api", "DELETE /api/v4/users/..%2f/posts/;/reactions/+1"),
        ("query-api", "GET /"),
        ("query-api", "GET /index.html"),
        ("query-api", "GET /api/v4/users/name%40example.org"),
        ("query-api", "GET /API/V4/USERS/LOGIN"),
        ("query-api", "POST /api/v4/posts/"),
        ("query-api", "POST /api/v4//posts"),
        ("query-api", "POST /api/v4/%70osts"),
        ("query-api", "POST /api/v4/users/../posts"),
        ("query-api", "GET /%6detrics"),
        ("query-api", "BREW /api/v4/posts"),
    ] {
        let answer = raw(&town, line).await?;
        ensure!(answer.contains(&format!("{WHO}: {who}\r\n")), "{line}: {answer}");
        ensure!(answer.contains(&format!("{ASKED}: {line}\r\n")), "{line}: {answer}");
    }
    let before = town.requests();
    for (status, id, line) in [
        (400, "api.context.invalid_url_param.app_error", "GET /api/v4/users/a%00b"),
        (400, "api.context.invalid_url_param.app_error", "GET /../etc"),
        (404, "api.context.404.app_error", "GET /metrics?all"),
        (404, "api.context.404.app_error", "GET /malformed"),
        (404, "api.context.404.app_error", "POST /command-api/post"),
        (404, "api.context.404.app_error", "DELETE /command-api/once"),
        (404, "api.context.404.app_error", "POST /api/v4/../../query-api"),
        (404, "api.context.404.app_error", "TRACE /api/v4/users"),
    ] {
        let answer = raw(&town, line).await?;
        ensure!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
        ensure!(answer.contains(&format!(r#""id":"{id}""#)), "{line}: {answer}");
    }
    ensure!(town.requests() == before, "the edge alone answers these");
    town.edge.stop().await
}

#[tokio::test]
async fn services_hear_of_the_client_from_the_edge_alone() -> Result<()> {
    let town = Town::start().await?;
    let request = town.client.get(format!("{}/api/v4/users/me", town.edge.url()));
    let request = request.header("x-forwarded-for", "6.6.6.6").header("x-real-ip", "6.6.6.6");
    let answer = request.header("upgrade", "h2c").header("connection", "upgrade").send().await?;
    ensure!(header(&answer, "x-told-x-forwarded-for") == "127.0.0.1", "{answer:?}");
    ensure!(header(&answer, "x-told-x-real-ip") == "127.0.0.1", "{answer:?}");
    ensure!(header(&answer, "x-told-x-forwarded-proto") == "http", "{answer:?}");
    ensure!(header(&answer, "x-told-host") == town.edge.address().to_string(), "{answer:?}");
    ensure!(header(&answer, "x-told-upgrade").is_empty(), "only sockets are upgraded: {answer:?}");
    town.edge.stop().await
}

#[tokio::test]
async fn sockets_are_passed_on() -> Result<()> {
    let town = Town::start().await?;
    let url = format!("ws://{}/api/v4/websocket?connection_id=&seq=0", town.edge.address());
    let (mut socket, response) = within("the socket opens", connect_async(url)).await??;
    ensure!(response.headers()[WHO] == "realtime", "{response:?}");
    socket.send(Message::text("there and back")).await?;
    let echo = within("the echo", socket.next()).await?.context("it is open")??;
    ensure!(echo == Message::text("there and back"), "{echo}");
    drop(socket);
    town.edge.stop().await
}

#[tokio::test]
async fn an_upload_reaches_its_service_while_it_is_sent() -> Result<()> {
    const BYTES: usize = 60_000_000;
    const PIECE: usize = 1_000_000;
    let town = Town::start().await?;
    let mut upload = TcpStream::connect(town.edge.address()).await?;
    let head = format!(
        "POST /api/v4/files HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {BYTES}\r\n\r\n"
    );
    upload.write_all(head.as_bytes()).await?;
    for sent in (PIECE..=BYTES).step_by(PIECE) {
        upload.write_all(&vec![b'x'; PIECE]).await?;
        // All but what sockets may hold.
        let due = sent.saturating_sub(PIECE);
        let look = || async { Ok((town.command.body_bytes() >= due).then_some(())) };
        until("the service has what was sent", look).await?;
    }
    let mut answer = String::new();
    within("the answer", upload.read_to_string(&mut answer)).await??;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    ensure!(answer.contains(&format!("{BODY_BYTES}: {BYTES}\r\n")), "{answer}");
    let buffered = std::fs::read_dir(town.edge.folder().join("body"))?.count();
    ensure!(buffered == 0, "{buffered} files");
    town.edge.stop().await
}

#[tokio::test]
async fn a_process_that_is_down_is_passed_over() -> Result<()> {
    let mut town = Town::start().await?;
    let behind = Behind {
        command_api: vec![nobody()?, town.command.address()],
        query_api: vec![nobody()?, town.query.address()],
        realtime: vec![nobody()?, town.realtime.address()],
    };
    town.edge.reload(&behind).await?;
    town.client = Client::new();
    for (method, path) in
        [("GET", "/api/v4/users"), ("POST", "/api/v4/users/ids"), ("POST", "/api/v4/posts")]
    {
        for _ in 0..4 {
            let answer = town.ask(method, path).await?;
            ensure!(answer.status() == 200, "{method} {path}: {answer:?}");
        }
    }
    ensure!(town.query.requests() == 8 && town.command.requests() == 4, "each arrives once");
    town.edge.stop().await
}

#[tokio::test]
async fn a_process_that_says_503_is_asked_no_more_than_needed() -> Result<()> {
    let town = Town::start().await?;
    let stopping = Stub::saying("query-api", StatusCode::SERVICE_UNAVAILABLE).await?;
    let full = Stub::saying("command-api", StatusCode::SERVICE_UNAVAILABLE).await?;
    let edge = Edge::start(&Behind {
        command_api: vec![full.address()],
        query_api: vec![stopping.address(), town.query.address()],
        realtime: vec![town.realtime.address()],
    })
    .await?;
    for _ in 0..6 {
        let answer = reqwest::get(format!("{}/api/v4/system/ping", edge.url())).await?;
        ensure!(answer.status() == 200, "another process is healthy: {answer:?}");
    }
    ensure!(stopping.requests() > 0, "it was asked");
    let post = town.client.post(format!("{}/api/v4/posts", edge.url())).send().await?;
    ensure!(post.status() == 503 && header(&post, WHO) == "command-api", "its own words: {post:?}");
    edge.stop().await?;
    town.edge.stop().await
}

#[tokio::test]
async fn a_write_is_never_sent_twice_and_a_read_is() -> Result<()> {
    let (good, dying) = (Stub::start("query-api").await?, Stub::dying("query-api").await?);
    let mut commands = Vec::new();
    for _ in 0..3 {
        commands.push(Stub::dying("command-api").await?);
    }
    let edge = Edge::start(&Behind {
        command_api: commands.iter().map(Stub::address).collect(),
        query_api: vec![dying.address(), good.address()],
        realtime: vec![nobody()?],
    })
    .await?;
    let client = Client::new();
    for (sent, (method, path)) in [
        (Method::POST, "/api/v4/posts".to_owned()),
        (Method::PUT, format!("/api/v4/posts/{ID}/patch")),
        (Method::DELETE, format!("/api/v4/posts/{ID}")),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = client.request(method, format!("{}{path}", edge.url())).send().await?;
        is_the_edges(answer, 503, "api.nottermost.unknown_outcome.app_error").await?;
        let arrived: usize = commands.iter().map(Stub::requests).sum();
        ensure!(arrived == sent + 1, "{path} arrived {} times", arrived - sent);
    }
    for _ in 0..4 {
        let read = client.get(format!("{}/api/v4/users", edge.url())).send().await?;
        ensure!(read.status() == 200 && header(&read, WHO) == "query-api", "{read:?}");
    }
    ensure!(dying.requests() > 0, "it was asked first");
    edge.stop().await
}

#[tokio::test]
async fn without_any_process_the_answer_is_the_contracts() -> Result<()> {
    let edge = Edge::start(&Behind::one(&nobody()?)).await?;
    let answer = reqwest::get(format!("{}/api/v4/users", edge.url())).await?;
    is_the_edges(answer, 503, "api.nottermost.unavailable.app_error").await?;
    let folder = edge.folder().to_owned();
    ensure!(!processes_in(&folder)?.is_empty(), "it works there");
    drop(edge);
    until("nothing is left running", || async {
        Ok((!folder.exists() || processes_in(&folder)?.is_empty()).then_some(()))
    })
    .await
}
