//! What keeps a server from starting is said in one line, and nothing is left running.

use std::borrow::Cow;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Result, ensure};
use bytes::Bytes;
use event_archive::testing::S3Server;
use event_log::{EmbeddedLog, EmbeddedOptions, EventLog};
use events::{NewRecord, Partition};
use system_tests::{Ended, Lack, Room, Server, Setup, processes_in};

/// Starts a server that must say no in one line with these parts, and leave nothing behind.
async fn refuses(room: &Room, setup: &Setup, parts: &[&str]) -> Result<()> {
    let before = processes_in(room.path())?;
    let ended = setup.ended(room).await?;
    said_no(&ended, parts)?;
    let left = processes_in(room.path())?;
    ensure!(left == before, "left running: {left:?}, before it was {before:?}");
    Ok(())
}

fn said_no(ended: &Ended, parts: &[&str]) -> Result<()> {
    ensure!(ended.status.code() == Some(1), "ended with {}: {}", ended.status, ended.stderr);
    ensure!(ended.stdout.is_empty(), "announced {}", ended.stdout);
    ensure!(!ended.stderr.contains("panic"), "panicked: {}", ended.stderr);
    let line = ended.line()?;
    for part in parts {
        ensure!(line.contains(part), "{line:?} does not say {part:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_bad_value_is_named_with_its_key_origin_and_what_is_accepted() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().set("NOTTERMOST_HTTP__LISTEN", "everywhere");
    let parts = ["http.listen", "everywhere", "NOTTERMOST_HTTP__LISTEN", "127.0.0.1:8065"];
    refuses(&room, &setup, &parts).await?;
    ensure!(!room.data().exists(), "the configuration is read before anything is made");
    Ok(())
}

#[tokio::test]
async fn a_bad_value_in_a_file_is_named_with_its_line() -> Result<()> {
    let room = Room::new()?;
    let file = room.path().join("chat.toml");
    fs::write(&file, "[http]\ndrain_ms = 5000\n[write]\ndeadline_ms = \"soon\"\n")?;
    let setup = Setup::default().argument("--config").argument(file.to_string_lossy());
    refuses(&room, &setup, &["write.deadline_ms", "soon", "chat.toml:4", "whole number"]).await
}

#[tokio::test]
async fn an_unknown_key_is_refused() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().set("NOTTERMOST_HTTP__LISTENN", "127.0.0.1:0");
    refuses(&room, &setup, &["NOTTERMOST_HTTP__LISTENN"]).await
}

#[tokio::test]
async fn an_s3_that_does_not_answer_and_a_bucket_that_is_not_there_are_named() -> Result<()> {
    let room = Room::new()?;
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let nowhere =
        s3_at(&format!("http://{closed}")).set("NOTTERMOST_OBJECTS__URL", "s3://bucket/prefix");
    let parts = ["objects.url", "s3://bucket/prefix", "the bucket bucket cannot be used"];
    refuses(&room, &nowhere, &parts).await?;

    let s3 = S3Server::start().await;
    let wrong = s3_at(&s3.endpoint).set("NOTTERMOST_ARCHIVE__URL", "s3://another-bucket");
    refuses(&room, &wrong, &["archive.url", "the bucket another-bucket", "NoSuchBucket"]).await
}

/// With the keys of the tests' own server.
fn s3_at(endpoint: &str) -> Setup {
    Setup::default()
        .set("NOTTERMOST_S3__ENDPOINT", endpoint)
        .set("NOTTERMOST_S3__FORCE_PATH_STYLE", "true")
        .set("NOTTERMOST_S3__ACCESS_KEY", "an-access-key")
        .set("NOTTERMOST_S3__SECRET_KEY", "a-secret-key")
}

#[tokio::test]
async fn half_a_key_pair_and_two_stores_in_one_place_are_refused() -> Result<()> {
    let room = Room::new()?;
    let half = Setup::default()
        .set("NOTTERMOST_S3__ACCESS_KEY", "an-access-key")
        .set("NOTTERMOST_OBJECTS__URL", "s3://bucket");
    refuses(&room, &half, &["s3.access_key is set, s3.secret_key is not"]).await?;
    let same = Setup::default().set("NOTTERMOST_ARCHIVE__URL", "file:objects");
    refuses(&room, &same, &["archive.url and objects.url are both file:"]).await
}

#[tokio::test]
async fn a_taken_port_is_named() -> Result<()> {
    let room = Room::new()?;
    let taken = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let holder = TcpListener::bind(taken)?;
    let setup = Setup::default().set("NOTTERMOST_HTTP__LISTEN", taken.to_string());
    refuses(&room, &setup, &[&taken.to_string(), "another program uses this port"]).await?;
    drop(holder);
    Ok(())
}

#[tokio::test]
async fn a_machine_without_postgres_is_told_what_to_install() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().lacking(Lack::Postgres);
    refuses(&room, &setup, &["found no Postgres", "apt-get install postgresql"]).await
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_named_without_its_password() -> Result<()> {
    let room = Room::new()?;
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("postgres://chat:hush@127.0.0.1:{closed}/chat");
    let setup = Setup::default().set("DATABASE_URL", url);
    refuses(&room, &setup, &["127.0.0.1", &closed.to_string(), "DATABASE_URL"]).await?;
    ensure!(!setup.ended(&room).await?.stderr.contains("hush"), "a password was told");
    Ok(())
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_is_named() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().lacking(Lack::Writing);
    let data = room.data();
    refuses(&room, &setup, &[&data.to_string_lossy(), "Read-only file system"]).await
}

#[tokio::test]
async fn a_full_disk_is_named() -> Result<()> {
    let room = Room::new()?;
    let setup = Setup::default().lacking(Lack::Space);
    let data = room.data();
    refuses(&room, &setup, &[&data.to_string_lossy(), "full"]).await
}

#[tokio::test]
async fn a_data_directory_of_another_format_is_refused_by_name() -> Result<()> {
    let room = Room::new()?;
    fs::create_dir(room.data())?;
    fs::write(room.data().join("FORMAT"), "nottermost-data 999\n")?;
    refuses(&room, &Setup::default(), &["nottermost-data 999", "this version reads"]).await
}

#[tokio::test]
async fn a_directory_of_other_files_is_left_alone() -> Result<()> {
    let room = Room::new()?;
    fs::create_dir(room.data())?;
    fs::write(room.data().join("thesis.tex"), "")?;
    refuses(&room, &Setup::default(), &["thesis.tex"]).await?;
    let files: Vec<_> = fs::read_dir(room.data())?.collect::<Result<_, _>>()?;
    let ours = files.iter().filter(|file| file.file_name() != "thesis.tex");
    let ours: Vec<_> = ours.map(|file| file.file_name()).collect();
    ensure!(ours == ["LOCK"], "wrote {ours:?} into a foreign directory");
    Ok(())
}

#[tokio::test]
async fn secrets_that_others_can_read_are_refused() -> Result<()> {
    let room = Room::new()?;
    let file = room.path().join("secrets.toml");
    fs::write(&file, "")?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
    let setup = Setup::default().set("NOTTERMOST_SECRETS__FILE", file.to_string_lossy());
    refuses(&room, &setup, &[&file.to_string_lossy(), "chmod 600"]).await
}

#[tokio::test]
async fn a_second_start_and_foreign_secrets_are_refused_and_the_first_goes_on() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let process = server.process()?.to_string();
    let data = room.data();
    let second = ["another nottermost", process.as_str(), &data.to_string_lossy()];
    refuses(&room, &Setup::default(), &second).await?;
    server.visitor()?.get("/system/ping").await?.expect(200)?;
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));

    let others = room.path().join("other-secrets.toml");
    let foreign = Setup::default().set("NOTTERMOST_SECRETS__FILE", others.to_string_lossy());
    refuses(&room, &foreign, &["secrets", &others.to_string_lossy()]).await?;
    Server::start(&room, &Setup::default()).await?.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_event_that_the_program_does_not_know_is_named() -> Result<()> {
    let room = Room::new()?;
    Server::start(&room, &Setup::default()).await?.stop().await?;
    append_of_the_future(&room.data().join("log")).await?;
    refuses(&room, &Setup::default(), &["directory", "user.teleported", "does not know"]).await
}

/// What a later version might have written.
async fn append_of_the_future(log: &Path) -> Result<()> {
    let log = EmbeddedLog::open(log, EmbeddedOptions::default())?;
    let header = |name: &'static str, value: String| (Cow::Borrowed(name), Bytes::from(value));
    let id = events::Id::random().to_string();
    let record = NewRecord {
        key: events::Id::default().0,
        headers: vec![
            header("ce_specversion", "1.0".to_owned()),
            header("ce_id", id),
            header("ce_source", "later".to_owned()),
            header("ce_type", "user.teleported".to_owned()),
            header("ce_typeversion", "1".to_owned()),
            header("ce_subject", events::Id::default().to_string()),
            header("ce_time", "2026-01-01T00:00:00.000Z".to_owned()),
            header("ce_readat", "0".to_owned()),
            header("ce_actor", "system".to_owned()),
        ],
        body: Bytes::from_static(b"{\"c\":{},\"p\":{}}"),
    };
    log.append(Partition::DIRECTORY, record).await?;
    Ok(())
}

#[tokio::test]
async fn help_and_version_are_told_without_starting_anything() -> Result<()> {
    let room = Room::new()?;
    for (argument, part) in [("--help", "--config"), ("--version", "nottermost 0.")] {
        let ended = Setup::default().argument(argument).ended(&room).await?;
        ensure!(ended.status.success(), "{}", ended.stderr);
        ensure!(ended.stdout.contains(part), "{argument} says {}", ended.stdout);
    }
    let unknown = Setup::default().argument("--listen").ended(&room).await?;
    ensure!(unknown.status.code() == Some(2), "ended with {}", unknown.status);
    ensure!(unknown.stderr.contains("--listen"), "{}", unknown.stderr);
    ensure!(!room.data().exists(), "nothing is made");
    Ok(())
}
