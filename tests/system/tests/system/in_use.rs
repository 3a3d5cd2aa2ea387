//! A session in use is noted as used, whichever process is shown its token.

use anyhow::{Context, Result, ensure};
use event_log::{EmbeddedLog, EmbeddedOptions, EventLog, LogReader, ReadLimit};
use events::user::{SessionCreated, SessionOrigin, SessionUsed, TokenHash};
use events::{
    Actor, Body, Event, EventId, Fact, Id, Meta, Partition, Record, SessionId, Topic, UserEvent,
    UserId,
};
use serde_json::{Value, json};
use system_tests::{Room, Server, Setup, until};

/// Longer than a note of a use stands for.
const AGO_MS: i64 = 11 * 60 * 1000;

fn opened(room: &Room) -> Result<EmbeddedLog> {
    Ok(EmbeddedLog::open(room.data().join("log"), EmbeddedOptions::default())?)
}

/// Begins a session of somebody who has none, some time ago; returns its token.
async fn begun_ago(room: &Room, user_id: UserId) -> Result<String> {
    let token = fold::auth::new_token(user_id, Id::random().0);
    let c = SessionCreated {
        user_id,
        session_id: SessionId::random(),
        token_hash: TokenHash::of(&token),
        expires_at: i64::MAX,
        auth_generation: 0,
    };
    let event = Event::Users(UserEvent::from(Body { c, p: SessionOrigin::default() }));
    let began_at = platform::clock::now_ms() - AGO_MS;
    let meta = Meta::new(EventId::random(), user_id.0, began_at, 0, Actor::User(user_id));
    let partition = Partition::of(Topic::Users, user_id.as_bytes());
    opened(room)?.append(partition, events::encode("test", &meta, &event)).await?;
    Ok(token)
}

/// Notes of a use that the log holds.
async fn notes(room: &Room, user: UserId) -> Result<usize> {
    let partition = Partition::of(Topic::Users, user.as_bytes());
    let records = opened(room)?.read(partition, 0, ReadLimit::default()).await?;
    let is_note =
        |record: &Record| record.header("ce_type").is_some_and(|kind| kind == SessionUsed::TYPE);
    Ok(records.iter().filter(|record| is_note(record)).count())
}

#[tokio::test]
async fn a_session_that_only_reads_is_noted_as_used_once() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let account = json!({
        "username": "bob", "email": "bob@example.test", "password": "correct horse battery",
    });
    let bob = server.visitor()?.post("/users", account).await?.expect(201)?;
    let bob: UserId = bob["id"].as_str().context("an id")?.parse()?;
    server.stop().await?;
    let token = begun_ago(&room, bob).await?;

    let setup = Setup::default().set("NOTTERMOST_LIMITS__ACCOUNT_REQUESTS_PER_SECOND", "0");
    let server = Server::start(&room, &setup).await?;
    let reader = server.visitor()?.showing(&token);
    let used_at = async || -> Result<i64> {
        let sessions = reader.get("/users/me/sessions").await?.expect(200)?;
        let Value::Array(sessions) = &sessions else { anyhow::bail!("{sessions}") };
        ensure!(sessions.len() == 1, "{sessions:?}");
        sessions[0]["last_activity_at"].as_i64().context("a time")
    };
    let began_at = used_at().await?;
    ensure!(began_at <= platform::clock::now_ms() - AGO_MS, "it began at {began_at}");
    let noted_at = until("the use is noted", || async {
        Ok(Some(used_at().await?).filter(|used_at| *used_at > began_at))
    })
    .await?;
    ensure!(noted_at - began_at >= AGO_MS, "used at {noted_at}, begun at {began_at}");
    server.stop().await?;
    ensure!(notes(&room, bob).await? == 1, "each use is noted");
    Ok(())
}
