//! The private cluster against the real Postgres of this machine.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use platform::postgres::PrivateCluster;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{ConnectOptions, PgConnection};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

async fn connect(cluster: &PrivateCluster) -> PgConnection {
    cluster.connect_options().connect().await.expect("a started cluster accepts connections")
}

async fn write_row(cluster: &PrivateCluster, n: i32) {
    let mut connection = connect(cluster).await;
    sqlx::query("CREATE TABLE IF NOT EXISTS rows (n int)").execute(&mut connection).await.unwrap();
    sqlx::query("INSERT INTO rows VALUES ($1)").bind(n).execute(&mut connection).await.unwrap();
}

async fn rows(cluster: &PrivateCluster) -> Vec<i32> {
    let mut connection = connect(cluster).await;
    sqlx::query_scalar("SELECT n FROM rows ORDER BY n").fetch_all(&mut connection).await.unwrap()
}

fn postmaster(cluster: &Path) -> Pid {
    let lock = std::fs::read_to_string(cluster.join("postmaster.pid")).unwrap();
    Pid::from_raw(lock.lines().next().unwrap().trim().parse().unwrap()).unwrap()
}

/// Processes whose working directory is the cluster's.
fn processes_on(cluster: &Path) -> usize {
    let ours = std::fs::metadata(cluster).unwrap();
    let entries = std::fs::read_dir("/proc").unwrap();
    let on_cluster = |entry: &std::fs::DirEntry| {
        std::fs::metadata(entry.path().join("cwd"))
            .is_ok_and(|cwd| (cwd.dev(), cwd.ino()) == (ours.dev(), ours.ino()))
    };
    entries.flatten().filter(on_cluster).count()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn is_made_once_keeps_its_rows_and_leaves_no_process_behind() {
    // As private as a data directory can be: only its owner may enter.
    let data = tempfile::tempdir().unwrap();
    std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = data.path().join("deeper/postgres");
    std::fs::create_dir(data.path().join("deeper")).unwrap();
    let cluster = PrivateCluster::start(&path).await.unwrap();
    write_row(&cluster, 1).await;
    let options: sqlx::postgres::PgConnectOptions = cluster.url().parse().unwrap();
    options.connect().await.expect("the address leads to the cluster");
    cluster.stop().await;
    assert_eq!(processes_on(&path), 0);

    let cluster = PrivateCluster::start(&path).await.unwrap();
    assert_eq!(rows(&cluster).await, [1]);
    let mut connection = connect(&cluster).await;
    for (setting, expected) in [("fsync", "on"), ("jit", "off"), ("listen_addresses", "")] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(value, expected, "{setting}");
    }
    cluster.stop().await;
    assert_eq!(processes_on(&path), 0);
}

#[tokio::test]
async fn is_started_again_when_the_postmaster_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("postgres");
    let cluster = PrivateCluster::start(&path).await.unwrap();
    write_row(&cluster, 1).await;
    let mut running = cluster.running();
    for n in [2, 3] {
        running.mark_unchanged();
        kill_process(postmaster(&path), Signal::KILL).unwrap();
        tokio::time::timeout(PATIENCE, async {
            running.wait_for(|running| !running).await.unwrap();
            running.wait_for(|running| *running).await.unwrap();
        })
        .await
        .expect("the supervisor restarts it");
        write_row(&cluster, n).await;
    }
    assert_eq!(rows(&cluster).await, [1, 2, 3]);
    cluster.stop().await;
    assert_eq!(processes_on(&path), 0);
}

/// Starts a cluster at the path in the variable and waits to be killed: the server that the next
/// tests kill. It is not a test of its own.
#[tokio::test]
async fn helper_that_starts_a_cluster_when_told_to() {
    let Some(path) = std::env::var_os("PRIVATE_POSTGRES_TEST_PATH") else { return };
    let cluster = PrivateCluster::start(Path::new(&path)).await.unwrap();
    write_row(&cluster, 1).await;
    std::future::pending::<()>().await;
}

async fn start_elsewhere_and_kill(path: &Path) {
    let mut server = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_starts_a_cluster_when_told_to"])
        .env("PRIVATE_POSTGRES_TEST_PATH", path)
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let table = || std::fs::read_dir(path.join("base")).is_ok_and(|dirs| dirs.count() > 3);
    until("the other process starts a cluster with a database", table).await;
    server.start_kill().unwrap();
    server.wait().await.unwrap();
}

#[tokio::test]
async fn ends_by_itself_when_its_server_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("postgres");
    start_elsewhere_and_kill(&path).await;
    until("no process is left", || processes_on(&path) == 0).await;
}

#[tokio::test]
async fn takes_over_at_once_from_a_server_that_was_killed() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("postgres");
    start_elsewhere_and_kill(&path).await;
    let cluster = PrivateCluster::start(&path).await.unwrap();
    write_row(&cluster, 7).await;
    assert!(rows(&cluster).await.contains(&7));
    cluster.stop().await;
    assert_eq!(processes_on(&path), 0);
}

#[tokio::test]
async fn starts_over_a_lock_file_whose_process_id_is_another_programs() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("postgres");
    PrivateCluster::start(&path).await.unwrap().stop().await;
    let us = std::process::id();
    std::fs::write(path.join("postmaster.pid"), format!("{us}\n{}\n", path.display())).unwrap();
    let cluster = PrivateCluster::start(&path).await.unwrap();
    connect(&cluster).await;
    cluster.stop().await;
}

#[tokio::test]
async fn a_half_made_cluster_is_made_anew() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("postgres");
    std::fs::create_dir_all(path.with_extension("new").join("base")).unwrap();
    let cluster = PrivateCluster::start(&path).await.unwrap();
    connect(&cluster).await;
    cluster.stop().await;
    assert!(!path.with_extension("new").exists());
}

#[tokio::test]
async fn a_cluster_of_another_version_says_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("postgres");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("PG_VERSION"), "8\n").unwrap();
    let message = PrivateCluster::start(&path).await.unwrap_err().to_string();
    assert!(message.contains("is of version 8") && message.contains("remove"), "{message}");
    assert!(!message.contains('\n'));
}
