//! The tools for a stopped server's log.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use platform::postgres::PrivateCluster;
use serde_json::Value;
use sqlx::{ConnectOptions, Connection};
use system_tests::{Ended, Person, Room, Server, Setup, replayed};

async fn scene(server: &Server) -> Result<(Person, String)> {
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    Ok((ada, channel))
}

pub(crate) fn ended_with(ended: &Ended, code: i32, part: &str) -> Result<()> {
    let Ended { status, stdout, stderr } = ended;
    ensure!(status.code() == Some(code), "ended with {status}: {stdout}{stderr}");
    ensure!(stdout.contains(part) || stderr.contains(part), "{stdout}{stderr} lacks {part:?}");
    Ok(())
}

/// Copies a folder as it is, with its owner and rights.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp").arg("-a").args([from, to]).status()?;
    ensure!(status.success(), "cp ended with {status}");
    Ok(())
}

#[tokio::test]
async fn the_tools_do_not_work_beside_a_running_server() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    for task in ["rebuild", "compare", "status"] {
        ended_with(&replayed(&room, &[task]).await?, 2, "another nottermost")?;
        ended_with(&replayed(&room, &[task]).await?, 2, "--beside works while it serves")?;
    }
    ended_with(&replayed(&room, &["cutover"]).await?, 2, "nothing is beside")?;
    server.visitor()?.get("/system/ping").await?.expect(200)?;
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_tools_make_nothing_where_there_is_nothing() -> Result<()> {
    let room = Room::new()?;
    for arguments in [&["rebuild"][..], &["rebuild", "--beside"], &["cat", "directory-00"]] {
        ended_with(&replayed(&room, arguments).await?, 2, "is no data directory")?;
    }
    ensure!(!room.data().exists(), "a directory was made");
    Ok(())
}

#[tokio::test]
async fn cat_shows_events_with_their_verdicts_and_status_how_far_everything_is() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    scene(&server).await?;
    server.stop().await?;
    let shown = replayed(&room, &["cat", "directory-00"]).await?;
    let events: Vec<Value> =
        shown.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let types: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let expected = ["cell.opened", "user.created", "team.created", "channel_name.claimed"];
    ensure!(types == expected, "{types:?}");
    ensure!(events.iter().all(|event| event["verdict"] == "applied"), "{}", shown.stdout);
    ensure!(events[1]["position"] == "1.directory-00.1", "{}", events[1]);
    ensure!(events[1]["body"]["c"].is_object(), "{}", events[1]);
    let part = replayed(&room, &["cat", "directory-00", "--from", "1", "--limit", "1"]).await?;
    ensure!(part.stdout.lines().eq(shown.stdout.lines().skip(1).take(1)), "{}", part.stdout);

    let status = replayed(&room, &["status"]).await?;
    let directory = status.stdout.lines().find(|line| line.starts_with("directory-00"));
    let fields: Vec<_> = directory.context("a line of directory")?.split_whitespace().collect();
    ensure!(fields[1..4] == ["4", "4", "4"], "log, rows and index are level: {}", status.stdout);
    Ok(())
}

#[tokio::test]
async fn compare_tells_rows_and_index_that_are_behind_and_rebuild_makes_them_anew() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, channel) = scene(&server).await?;
    ada.say(&channel, "kept").await?;
    server.stop().await?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    let (index, old_index) = (room.data().join("index"), room.path().join("index"));
    let (rows, old_rows) = (room.data().join("postgres"), room.path().join("postgres"));
    copy(&index, &old_index)?;
    copy(&rows, &old_rows)?;
    let server = Server::start(&room, &Setup::default()).await?;
    ada.moved_to(server.url()).say(&channel, "missing in what was copied").await?;
    server.stop().await?;

    std::fs::remove_dir_all(&index)?;
    copy(&old_index, &index)?;
    ended_with(&replayed(&room, &["compare"]).await?, 1, "the search index is at")?;
    std::fs::remove_dir_all(&rows)?;
    copy(&old_rows, &rows)?;
    ended_with(&replayed(&room, &["compare"]).await?, 1, "the rows are at")?;
    let snapshots = room.data().join("objects/folds/1");
    std::fs::remove_dir_all(&snapshots).or_else(|error| {
        // A server that folded little leaves none.
        if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
    })?;
    ended_with(&replayed(&room, &["rebuild"]).await?, 0, "records")?;
    let kept = written(&snapshots.join("directory-00"))?.len();
    ensure!(kept == 1, "the next start has a snapshot to begin with: {kept}");
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    let server = Server::start(&room, &Setup::default()).await?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(shown.len() == 2, "shows {shown:?}");
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_of_ones_own_serves_and_a_changed_row_is_told() -> Result<()> {
    let room = Room::new()?;
    let cluster = PrivateCluster::start(&room.path().join("own-postgres")).await?;
    let outcome = on_ones_own(&room, &cluster).await;
    cluster.stop().await;
    outcome
}

async fn on_ones_own(room: &Room, cluster: &PrivateCluster) -> Result<()> {
    let setup = Setup::default().set("DATABASE_URL", cluster.url());
    let server = Server::start(room, &setup).await?;
    let (ada, channel) = scene(&server).await?;
    ada.say(&channel, "as it was said").await?;
    server.stop().await?;
    ensure!(!room.data().join("postgres").exists(), "no other Postgres was made");
    ended_with(&setup.replayed(room, &["compare"]).await?, 0, "equal")?;

    let mut connection = cluster.connect_options().connect().await?;
    let changed = sqlx::query(
        "UPDATE nottermost.posts SET message = 'as it was not' WHERE message = 'as it was said'",
    )
    .execute(&mut connection)
    .await?;
    ensure!(changed.rows_affected() == 1, "one post");
    connection.close().await?;
    ended_with(&setup.replayed(room, &["compare"]).await?, 1, "posts: ")?;
    ended_with(&setup.replayed(room, &["rebuild"]).await?, 0, "records")?;
    ended_with(&setup.replayed(room, &["compare"]).await?, 0, "equal")
}

/// The names of a folder's files, and when each was written.
fn written(folder: &Path) -> Result<Vec<(String, std::time::SystemTime)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        files.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.metadata()?.modified()?,
        ));
    }
    files.sort();
    Ok(files)
}

#[tokio::test]
async fn rows_and_index_are_made_one_without_the_other() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, channel) = scene(&server).await?;
    ada.say(&channel, "in rows that come back").await?;
    server.stop().await?;
    let (index, rows) = (room.data().join("index"), room.data().join("postgres"));
    let old_rows = room.path().join("old");
    copy(&rows, &old_rows)?;
    let server = Server::start(&room, &Setup::default()).await?;
    ada.moved_to(server.url()).say(&channel, "missing in them").await?;
    server.stop().await?;

    // There is no Postgres that could be touched, and what comes back stands before the index.
    std::fs::remove_dir_all(&rows)?;
    std::fs::remove_dir_all(&index)?;
    ended_with(&replayed(&room, &["rebuild", "index"]).await?, 0, "the search index")?;
    ensure!(!rows.exists(), "a Postgres was made for an index");
    copy(&old_rows, &rows)?;
    ended_with(&replayed(&room, &["compare"]).await?, 1, "the rows are at")?;
    let server = Server::start(&room, &Setup::default()).await?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(shown.len() == 2, "shows {shown:?}");
    server.stop().await?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;

    let before = written(&index)?;
    std::fs::remove_dir_all(&rows)?;
    copy(&old_rows, &rows)?;
    let rebuilt = replayed(&room, &["rebuild", "rows"]).await?;
    ended_with(&rebuilt, 0, "the read model")?;
    ensure!(!rebuilt.stdout.contains("index"), "{}", rebuilt.stdout);
    ensure!(written(&index)? == before, "the index was touched");
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    for alone in ["rows", "index"] {
        let both = replayed(&room, &["rebuild", alone, "--beside"]).await?;
        ended_with(&both, 2, "cannot be used with")?;
    }
    Ok(())
}

#[tokio::test]
async fn rows_are_made_from_the_archive_and_from_the_log_behind_it() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, channel) = scene(&server).await?;
    ada.say(&channel, "archived").await?;
    // What ends in order has archived everything.
    server.stop().await?;
    let (archive, old_archive) = (room.data().join("archive"), room.path().join("archive"));
    copy(&archive, &old_archive)?;
    let server = Server::start(&room, &Setup::default()).await?;
    ada.moved_to(server.url()).say(&channel, "in the log alone").await?;
    server.stop().await?;
    std::fs::remove_dir_all(&archive)?;
    copy(&old_archive, &archive)?;

    ended_with(&replayed(&room, &["rebuild", "--from", "archive"]).await?, 0, "records")?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    ended_with(&replayed(&room, &["compare", "--from", "archive"]).await?, 0, "equal")?;

    let log = room.data().join("log");
    std::fs::remove_dir_all(&log)?;
    let behind = replayed(&room, &["compare", "--from", "archive"]).await?;
    ended_with(&behind, 1, "the rows are at")?;
    for task in [&["rebuild", "--from", "archive"], &["compare", "--from", "archive"]] {
        ended_with(&replayed(&room, task).await?, 0, "the log is gone")?;
    }
    ensure!(!log.exists(), "a log was made");
    ended_with(&replayed(&room, &["restore", "--to", "embedded:", "--yes"]).await?, 0, "archived")?;
    let server = Server::start(&room, &Setup::default()).await?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(shown.len() == 1 && shown[0]["message"] == "archived", "shows {shown:?}");
    server.stop().await?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")
}

/// Lets the read model look as if another version of the program had made it.
async fn of_another_version(cluster: &PrivateCluster) -> Result<()> {
    let mut connection = cluster.connect_options().connect().await?;
    let changed = sqlx::query("UPDATE nottermost._sqlx_migrations SET checksum = 'another'")
        .execute(&mut connection)
        .await?;
    ensure!(changed.rows_affected() > 0, "a read model has migrations");
    connection.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_start_makes_a_read_model_of_another_version_anew() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, channel) = scene(&server).await?;
    ada.say(&channel, "said before").await?;
    server.stop().await?;
    let cluster = PrivateCluster::start(&room.data().join("postgres")).await?;
    let altered = of_another_version(&cluster).await;
    cluster.stop().await;
    altered?;

    let server = Server::start(&room, &Setup::default()).await?;
    let made = |line: &Value| line["message"].as_str().is_some_and(|m| m.contains("made anew"));
    ensure!(server.log().iter().filter(|line| made(line)).count() == 1, "{:?}", server.said());
    let ada = ada.moved_to(server.url());
    let shown = ada.posts(&channel).await?;
    ensure!(shown.len() == 1 && shown[0]["message"] == "said before", "shows {shown:?}");
    ada.say(&channel, "said after").await?;
    server.stop().await?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")
}

#[tokio::test]
async fn a_read_model_of_another_version_in_ones_own_database_is_left_to_its_owner() -> Result<()> {
    let room = Room::new()?;
    let cluster = PrivateCluster::start(&room.path().join("own-postgres")).await?;
    let outcome = left_to_its_owner(&room, &cluster).await;
    cluster.stop().await;
    outcome
}

async fn left_to_its_owner(room: &Room, cluster: &PrivateCluster) -> Result<()> {
    let setup = Setup::default().set("DATABASE_URL", cluster.url());
    let server = Server::start(room, &setup).await?;
    let (ada, channel) = scene(&server).await?;
    ada.say(&channel, "said before").await?;
    server.stop().await?;
    of_another_version(cluster).await?;

    let ended = setup.ended(room).await?;
    ensure!(ended.line()?.contains("replay rebuild"), "says {}", ended.line()?);
    ended_with(&setup.replayed(room, &["rebuild"]).await?, 0, "records")?;
    let server = Server::start(room, &setup).await?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(shown.len() == 1, "shows {shown:?}");
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_lost_key_stops_a_start_until_it_is_given_up() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let (ada, channel) = scene(&server).await?;
    ada.say(&channel, "the plan").await?;
    server.stop().await?;
    let name = format!("channels/{channel}");
    ended_with(&replayed(&room, &["keys", "give-up", &name]).await?, 2, "is there")?;
    std::fs::remove_file(room.data().join("keys").join(&name))?;
    let compared = replayed(&room, &["compare"]).await?;
    ended_with(&compared, 2, &format!("lacks the key {name}"))?;
    ended_with(&replayed(&room, &["keys", "give-up", &name]).await?, 0, "is given up")?;
    ended_with(&replayed(&room, &["rebuild"]).await?, 0, "")?;
    ended_with(&replayed(&room, &["compare"]).await?, 0, "equal")?;
    let server = Server::start(&room, &Setup::default()).await?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(shown.len() == 1 && shown[0]["message"] == "", "shows {shown:?}");
    ada.moved_to(server.url()).say(&channel, "another plan").await?;
    let shown = ada.moved_to(server.url()).posts(&channel).await?;
    ensure!(shown[0]["message"] == "another plan", "shows {shown:?}");
    server.stop().await?;
    Ok(())
}
