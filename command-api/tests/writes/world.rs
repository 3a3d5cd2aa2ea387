//! A small installation in this process.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use command_api::{CommandApi, Parts, Projection, RetentionSettings, Settings, routes};
use domain::Kept;
use event_archive::testing::MemoryStore;
use event_log::testing::MemoryLog;
use event_log::{EventLog, ReadLimit};
use events::{Partition, Topic};
use fold::snapshots::Snapshots;
use fold::{Fold, FoldSet, Presence, StatusBoard};
use futures::future::BoxFuture;
use futures::{FutureExt, stream};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use platform::postgres::PrivateCluster;
use platform::secrets::Secrets;
use projector::{Deps, PositionsWatch, Projector};
use read_model::{Database, Reader};
use sealing::{Keys, OpenedLog};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use tower::ServiceExt;

const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a file at most.
pub const FILE_BYTES_MAX: u64 = 12 << 20;
/// Bytes of a body's pieces.
const PIECE_BYTES: usize = 64 << 10;
pub const PASSWORD: &str = "Correct-Horse-7";
/// The append time that a [`MemoryLog`] begins with.
const BEGINNING_MS: i64 = 1_700_000_000_000;
/// More than the window of a channel spans, and of a person.
const WINDOW_MS: i64 = 16 * 60 * 1000;
/// More than the window of the directory spans.
const DIRECTORY_WINDOW_MS: i64 = 8 * 24 * 3600 * 1000;

struct Projected(PositionsWatch);

impl Projection for Projected {
    fn passed(&self, partition: Partition, next: u64) -> BoxFuture<'_, ()> {
        async move {
            let Some(last) = next.checked_sub(1) else { return };
            let deadline = Instant::now() + PATIENCE;
            self.0.wait_for(partition, last, deadline).await.expect("the rows get there");
        }
        .boxed()
    }
}

pub struct World {
    router: Router,
    log: MemoryLog,
    shared: Arc<dyn EventLog>,
    keys: Keys,
    objects: Arc<MemoryStore>,
    database: Database,
    now_ms: i64,
    projector: Projector,
    cluster: PrivateCluster,
    _directory: tempfile::TempDir,
}

/// Somebody with a session.
pub struct Person {
    pub id: String,
    pub token: String,
}

/// A status, headers and a body.
pub struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Said {
    /// The body of an answer of this status.
    pub fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

impl World {
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cluster = PrivateCluster::start(&directory.path().join("postgres")).await.unwrap();
        let database = Database::new(cluster.connect_options());
        database.migrate().await.unwrap();
        let log = MemoryLog::new();
        let objects = Arc::new(MemoryStore::new());
        let keys = sealing::testing::keys().await;
        let shared: Arc<dyn EventLog> =
            Arc::new(OpenedLog::new(Arc::new(log.clone()), keys.clone()));
        let deps = Deps {
            log: Arc::clone(&shared) as _,
            database: database.clone(),
            index: None,
            snapshots: Snapshots::new(Arc::new(MemoryStore::new())),
        };
        let projector = Projector::start(deps, projector::Options::default());
        let (now_ms, _directory) = (BEGINNING_MS, directory);
        let mut world = Self {
            router: Router::new(),
            log,
            shared,
            keys,
            objects,
            database,
            now_ms,
            projector,
            cluster,
            _directory,
        };
        let api = world.process().await;
        api.open_cell().await.unwrap();
        world.router = routes(api);
        world
    }

    /// Waits until the rows hold all that the log holds.
    pub async fn settled(&self) {
        let rows = Projected(self.projector.positions());
        for partition in Partition::durable() {
            rows.passed(partition, self.log.records(partition).len() as u64).await;
        }
    }

    /// From now on a process of these settings answers.
    pub async fn serve(&mut self, settings: Settings) {
        self.router = routes(self.process_with(settings).await);
    }

    /// Keeps everybody from writing posts into the rows, until what it returns is closed.
    pub async fn hold_up_posts(&self) -> PgConnection {
        let mut connection = self.database.connect().await.unwrap();
        let hold = "BEGIN; LOCK TABLE posts IN SHARE ROW EXCLUSIVE MODE";
        sqlx::raw_sql(hold).execute(&mut connection).await.unwrap();
        connection
    }

    /// The write side in another process, on the same log and rows; it has folded all there is.
    pub async fn process(&self) -> CommandApi {
        self.process_with(settings()).await
    }

    async fn process_with(&self, settings: Settings) -> CommandApi {
        let shared = &self.shared;
        let reading = Arc::clone(shared) as _;
        let fold = Fold::start(reading, FoldSet::new(), fold::Options::default()).await.unwrap();
        let partitions: Vec<Partition> = Partition::durable().collect();
        fold.catch_up(&partitions, Instant::now() + PATIENCE).await.unwrap();
        let statuses = Arc::new(StatusBoard::new());
        CommandApi::new(Parts {
            log: Arc::clone(shared),
            keys: self.keys.clone(),
            fold,
            secrets: Arc::new(Secrets::from_keys([1; 32], [2; 32])),
            reader: Reader::new(self.database.pool(4)),
            projection: Arc::new(Projected(self.projector.positions())),
            objects: Arc::clone(&self.objects) as _,
            access: vec![],
            presence: Presence::follow(Arc::clone(shared) as _, Arc::clone(&statuses))
                .await
                .unwrap(),
            statuses,
            settings,
        })
    }

    pub async fn stop(self) {
        self.cluster.stop().await;
    }

    async fn send(&self, request: Request<Body>) -> Said {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Said { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub async fn person(&self, name: &str) -> Person {
        let account = json!({
            "username": name, "email": format!("{name}@example.org"), "password": PASSWORD,
        });
        let request = Request::post("/api/v4/users").body(Body::from(account.to_string()));
        self.send(request.unwrap()).await.expect(StatusCode::CREATED);
        let login = json!({ "login_id": name, "password": PASSWORD });
        let request = Request::post("/api/v4/users/login").body(Body::from(login.to_string()));
        let said = self.send(request.unwrap()).await;
        let token = said.headers["token"].to_str().unwrap().to_owned();
        let id = said.expect(StatusCode::OK)["id"].as_str().unwrap().to_owned();
        Person { id, token }
    }

    /// A request; with an `Idempotency-Key` unless that is empty.
    pub async fn keyed(
        &self,
        key: &str,
        method: Method,
        path: &str,
        who: &Person,
        body: &Value,
    ) -> Said {
        let mut request = Request::builder()
            .method(method)
            .uri(if path.starts_with("/api/") { path.to_owned() } else { format!("/api/v4{path}") })
            .header("authorization", format!("Bearer {}", who.token));
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).unwrap()).await
    }

    pub async fn call(&self, method: Method, path: &str, who: &Person, body: Value) -> Said {
        self.keyed("", method, path, who, &body).await
    }

    /// A team of `founder`'s that anybody may join.
    pub async fn team(&self, founder: &Person, name: &str) -> String {
        let body = json!({
            "name": name, "display_name": name, "type": "O", "allow_open_invite": true,
        });
        id(self.call(Method::POST, "/teams", founder, body).await)
    }

    pub async fn join(&self, who: &Person, team: &str, channel: &str) {
        let body = json!({ "team_id": team, "user_id": who.id });
        let path = format!("/teams/{team}/members");
        self.call(Method::POST, &path, who, body).await.expect(StatusCode::CREATED);
        let path = format!("/channels/{channel}/members");
        let body = json!({ "user_id": who.id });
        self.call(Method::POST, &path, who, body).await.expect(StatusCode::CREATED);
    }

    pub async fn channel(&self, who: &Person, team: &str, name: &str) -> String {
        let body = json!({ "team_id": team, "type": "O", "name": name, "display_name": name });
        id(self.call(Method::POST, "/channels", who, body).await)
    }

    /// A post, a reply where there is a root; its id.
    pub async fn say(&self, who: &Person, channel: &str, root: &str) -> String {
        self.say_this(who, channel, root, "said").await
    }

    /// The same with a text.
    pub async fn say_this(&self, who: &Person, channel: &str, root: &str, text: &str) -> String {
        let body = json!({ "channel_id": channel, "message": text, "root_id": root });
        id(self.call(Method::POST, "/posts", who, body).await)
    }

    /// Lets so much time pass that the window of the channel has forgotten all before.
    pub async fn forget(&mut self, who: &Person, channel: &str) {
        self.pass(WINDOW_MS);
        self.say(who, channel, "").await;
    }

    /// The same for the directory.
    pub async fn forget_directory(&mut self, founder: &Person) {
        self.pass(DIRECTORY_WINDOW_MS);
        self.team(founder, "much-later").await;
    }

    fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
        self.log.set_clock(self.now_ms);
    }

    /// Has the log's time be the machine's, years later than it began.
    pub fn catch_up_with_today(&mut self) {
        let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
        self.pass(now - self.now_ms);
    }

    /// A file of these bytes in a channel; its id.
    pub async fn upload(&self, who: &Person, channel: &str, name: &str) -> String {
        let request = Request::post(format!("/api/v4/files?channel_id={channel}&filename={name}"))
            .header("authorization", format!("Bearer {}", who.token))
            .header("content-type", "application/octet-stream")
            .header("content-length", "5")
            .body(Body::from("bytes"));
        let said = self.send(request.unwrap()).await.expect(StatusCode::CREATED);
        said["file_infos"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A form whose field `image` is a file, with another field.
    pub async fn form(&self, path: &str, who: &Person, field: (&str, &str), image: &[u8]) -> Said {
        let text = format!(
            "--B\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
            field.0, field.1
        );
        let file = b"--B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"i\"\r\n\r\n";
        let body = [text.as_bytes(), file, image, b"\r\n--B--\r\n"].concat();
        self.raw(path, who, "multipart/form-data; boundary=B", body).await
    }

    /// A body that is no JSON.
    pub async fn raw(&self, path: &str, who: &Person, content_type: &str, body: Vec<u8>) -> Said {
        self.post(path, who, content_type, Body::from(body)).await
    }

    /// The same in pieces, whose length is not said before.
    pub async fn streamed(
        &self,
        path: &str,
        who: &Person,
        content_type: &str,
        body: &[u8],
    ) -> Said {
        let pieces = body.chunks(PIECE_BYTES).map(|piece| Ok::<_, Infallible>(piece.to_vec()));
        let pieces: Vec<_> = pieces.collect();
        self.post(path, who, content_type, Body::from_stream(stream::iter(pieces))).await
    }

    async fn post(&self, path: &str, who: &Person, content_type: &str, body: Body) -> Said {
        let request = Request::post(format!("/api/v4{path}"))
            .header("authorization", format!("Bearer {}", who.token))
            .header("content-type", content_type)
            .body(body);
        self.send(request.unwrap()).await
    }

    /// The one number that a query of the rows comes to.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.database.connect().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }

    /// Whether what people said with this text in it can still be read from the log.
    pub async fn log_says(&self, text: &str) -> bool {
        for partition in Topic::Channels.partitions() {
            let records = self.shared.read(partition, 0, ReadLimit::default()).await.unwrap();
            let says = |record: &events::SharedRecord| {
                String::from_utf8_lossy(&record.body).contains(text)
            };
            if records.iter().any(says) {
                return true;
            }
        }
        false
    }

    pub fn log(&self) -> &MemoryLog {
        &self.log
    }

    pub fn objects(&self) -> &MemoryStore {
        &self.objects
    }

    /// How many events of this type the log holds.
    pub fn count(&self, topic: Topic, event_type: &str) -> usize {
        let records = topic.partitions().flat_map(|partition| self.log.records(partition));
        let of_type = |record: &events::SharedRecord| {
            record.header("ce_type").is_some_and(|name| name == event_type.as_bytes())
        };
        records.filter(of_type).count()
    }
}

fn id(said: Said) -> String {
    said.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
}

/// Ada, who administers, and Bob in her team and channel.
pub async fn scene() -> (World, Person, Person, String, String) {
    let world = World::start().await;
    let ada = world.person("ada").await;
    let bob = world.person("bob").await;
    let team = world.team(&ada, "crew").await;
    let channel = world.channel(&ada, &team, "plans").await;
    world.join(&bob, &team, &channel).await;
    (world, ada, bob, team, channel)
}

pub fn settings() -> Settings {
    Settings {
        cell: "test".to_owned(),
        visible_wait: PATIENCE,
        deadline: PATIENCE,
        open_server: true,
        enable_guest_accounts: true,
        file_bytes_max: FILE_BYTES_MAX,
        wrong_passwords_max: 10,
        retention: RetentionSettings::new(Kept::default(), 2),
        collapsed_threads: wire::CollapsedThreads::DefaultOn,
        site_url: "https://chat.example.org".to_owned(),
        trusted_proxies: Default::default(),
        secure_cookies: false,
    }
}
