//! The write side in process: the real log port, fold and routes, and no Postgres at all. What these
//! tests reach works while the database is away.

mod chatting;
mod joining;
mod trouble;
mod using;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use domain::Kept;
use domain::commands::user::CreateSession;
use event_archive::testing::MemoryStore;
use event_log::EventLog;
use event_log::testing::MemoryLog;
use events::user::{SessionOrigin, TokenHash};
use events::{Actor, Event, EventId, Id, Partition, SessionId, Topic, UserId};
use fold::{Fold, FoldSet, Options, Presence, StatusBoard};
use futures::future::BoxFuture;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use platform::secrets::Secrets;
use read_model::Reader;
use sealing::{Keys, OpenedLog};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use tower::ServiceExt;

use crate::{CommandApi, Parts, Projection, RetentionSettings, Settings, routes};

/// Rows that are always there already, or never.
struct Rows {
    always: bool,
}

impl Projection for Rows {
    fn passed(&self, _: Partition, _: u64) -> BoxFuture<'_, ()> {
        if self.always {
            Box::pin(std::future::ready(()))
        } else {
            Box::pin(std::future::pending())
        }
    }
}

/// What outlives the process.
#[derive(Clone)]
pub(super) struct Ground {
    pub log: MemoryLog,
    keys: Keys,
}

impl Ground {
    pub(super) async fn new() -> Self {
        Self { log: MemoryLog::new(), keys: sealing::testing::keys().await }
    }
}

pub(super) struct Cell {
    pub log: MemoryLog,
    pub api: CommandApi,
    router: Router,
}

/// Somebody with a session.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub id: UserId,
    pub token: String,
}

/// A status and a body.
pub(super) type Said = (StatusCode, Value);

pub(super) fn settings() -> Settings {
    Settings {
        cell: "test".to_owned(),
        visible_wait: Duration::from_millis(20),
        deadline: Duration::from_secs(5),
        open_server: true,
        enable_guest_accounts: true,
        file_bytes_max: 1_000,
        wrong_passwords_max: 10,
        retention: RetentionSettings::new(Kept::default(), 2),
        // Nobody is asked, and there are no rows to ask.
        collapsed_threads: wire::CollapsedThreads::AlwaysOn,
        site_url: "https://chat.example.org".to_owned(),
        trusted_proxies: Default::default(),
        secure_cookies: false,
    }
}

impl Cell {
    pub(super) async fn start() -> Self {
        Self::on(Ground::new().await, settings(), true).await
    }

    pub(super) async fn on(ground: Ground, settings: Settings, rows: bool) -> Self {
        let api = Self::api(&ground, settings, rows, [1; 32]).await;
        api.open_cell().await.unwrap();
        let router = routes(api.clone());
        Self { log: ground.log, api, router }
    }

    pub(super) async fn api(
        ground: &Ground,
        settings: Settings,
        rows: bool,
        pepper: [u8; 32],
    ) -> CommandApi {
        let Ground { log, keys } = ground.clone();
        let shared: Arc<dyn EventLog> = Arc::new(OpenedLog::new(Arc::new(log), keys.clone()));
        let fold = Fold::start(Arc::clone(&shared) as _, FoldSet::new(), Options::default());
        let fold = fold.await.unwrap();
        // Nothing listens there: a test that asks the database fails.
        let pool = PgPoolOptions::new()
            .acquire_timeout(Duration::from_millis(100))
            .connect_lazy("postgres://nobody@127.0.0.1:1/nothing")
            .unwrap();
        let statuses = Arc::new(StatusBoard::new());
        let presence =
            Presence::follow(Arc::clone(&shared) as _, Arc::clone(&statuses)).await.unwrap();
        CommandApi::new(Parts {
            log: shared,
            keys,
            fold,
            secrets: Arc::new(Secrets::from_keys(pepper, [2; 32])),
            reader: Reader::new(pool),
            projection: Arc::new(Rows { always: rows }),
            objects: Arc::new(MemoryStore::new()),
            access: vec![],
            statuses,
            presence,
            settings,
        })
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Said {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub(super) async fn call(&self, method: Method, path: &str, who: &Person, body: Value) -> Said {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v4{path}"))
            .header("authorization", format!("Bearer {}", who.token))
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(super) async fn post(&self, path: &str, who: &Person, body: Value) -> Said {
        self.call(Method::POST, path, who, body).await
    }

    /// Calls and expects a success with its object.
    pub(super) async fn ok(&self, path: &str, who: &Person, body: Value) -> Value {
        let (status, answer) = self.post(path, who, body).await;
        assert!(status.is_success(), "POST {path}: {status} {answer}");
        answer
    }

    pub(super) async fn sign_up(&self, name: &str) -> Said {
        let body = json!({
            "username": name, "email": format!("{name}@example.org"), "password": "long enough",
        });
        let request = Request::post("/api/v4/users").body(Body::from(body.to_string())).unwrap();
        self.send(request).await
    }

    /// A new account with a session; logging in would ask the database for the password's hash.
    pub(super) async fn person(&self, name: &str) -> Person {
        let (status, user) = self.sign_up(name).await;
        assert_eq!(status, StatusCode::CREATED, "{user}");
        let id: UserId = user["id"].as_str().unwrap().parse().unwrap();
        let token = fold::auth::new_token(id, Id::random().0);
        let session = CreateSession {
            user_id: id,
            session_id: SessionId::random(),
            token_hash: TokenHash::of(&token),
            expires_at: i64::MAX,
            auth_generation: 0,
            origin: SessionOrigin::default(),
        };
        let decide =
            |directory: &domain::Directory, users: &domain::Users| session.decide(directory, users);
        let begun = self.api.in_users(Actor::User(id), EventId::random(), id, decide);
        begun.await.unwrap();
        Person { id, token }
    }

    /// A team of `founder`'s that anybody may join.
    pub(super) async fn team(&self, founder: &Person, name: &str) -> String {
        let body = json!({
            "name": name, "display_name": name, "type": "O", "allow_open_invite": true,
        });
        let team = self.ok("/teams", founder, body).await;
        team["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn join(&self, who: &Person, team: &str) {
        let body = json!({ "team_id": team, "user_id": who.id });
        self.ok(&format!("/teams/{team}/members"), who, body).await;
    }

    pub(super) async fn channel(&self, who: &Person, team: &str, name: &str) -> String {
        let body = json!({ "team_id": team, "type": "O", "name": name, "display_name": name });
        let channel = self.ok("/channels", who, body).await;
        channel["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn say(&self, who: &Person, channel: &str, message: &str) -> Value {
        self.ok("/posts", who, json!({ "channel_id": channel, "message": message })).await
    }

    /// How many events of this type the log holds.
    pub(super) fn count(&self, topic: Topic, event_type: &str) -> usize {
        let records = topic.partitions().flat_map(|partition| self.log.records(partition));
        records.filter(|record| type_of(record).as_deref() == Some(event_type)).count()
    }

    /// The newest event of this type.
    pub(super) fn last(&self, topic: Topic, event_type: &str) -> Event {
        let records = topic.partitions().flat_map(|partition| self.log.records(partition));
        let newest = records
            .filter(|record| type_of(record).as_deref() == Some(event_type))
            .max_by_key(|record| record.appended_ms)
            .unwrap();
        events::decode(&newest).unwrap().1
    }
}

fn type_of(record: &events::Record) -> Option<String> {
    let bytes = record.header("ce_type")?;
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

pub(super) fn id_of(said: &Said) -> &str {
    said.1["id"].as_str().unwrap_or_default()
}
