//! Processes of an earlier run of the same cluster: after kill -9 of the server its Postgres goes
//! on for a moment, and after kill -9 of the postmaster its children do.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::time::{Instant, sleep};

use super::PostgresError;

const POLL: Duration = Duration::from_millis(10);
/// How long survivors may take after each signal, from the polite one to the last.
const PATIENCE: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(5)),
    (Signal::QUIT, Duration::from_secs(2)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// Ends every process that runs on the cluster, and removes the lock file that they may have left:
/// its process id may belong to another program by now, which Postgres takes for a postmaster.
pub(super) async fn end(cluster: &Path) -> Result<(), PostgresError> {
    for (signal, patience) in PATIENCE {
        let survivors = find(cluster);
        if survivors.is_empty() {
            break;
        }
        tracing::info!(?survivors, ?signal, "ending an earlier run of the private Postgres");
        for process in &survivors {
            // It may have ended in the meantime, which is what we want.
            let _ = kill_process(*process, signal);
        }
        wait(cluster, patience).await;
    }
    let survivors = find(cluster);
    if !survivors.is_empty() {
        let ids: Vec<_> = survivors.iter().map(|id| id.as_raw_nonzero().to_string()).collect();
        return Err(PostgresError::Survivors { ids: ids.join(", ") });
    }
    let lock = cluster.join("postmaster.pid");
    match fs::remove_file(&lock) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PostgresError::io("remove", lock)(error))
        }
        _ => Ok(()),
    }
}

async fn wait(cluster: &Path, patience: Duration) {
    let deadline = Instant::now() + patience;
    while !find(cluster).is_empty() && Instant::now() < deadline {
        sleep(POLL).await;
    }
}

/// The processes that run on the cluster. All of Postgres' work in the cluster's directory, so on
/// Linux that tells; elsewhere only the postmaster is known, by its lock file.
fn find(cluster: &Path) -> Vec<Pid> {
    let Ok(ours) = fs::metadata(cluster) else { return vec![] };
    let Ok(processes) = fs::read_dir("/proc") else { return from_lock_file(cluster) };
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let on_cluster = |id: &i32| {
        let directory = fs::metadata(format!("/proc/{id}/cwd"));
        directory.is_ok_and(|at| (at.dev(), at.ino()) == (ours.dev(), ours.ino()))
            && fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| is_postgres(&name))
    };
    ids.filter(on_cluster).filter_map(Pid::from_raw).collect()
}

/// A shell that somebody opened in the directory is none of ours.
fn is_postgres(name: &str) -> bool {
    name.starts_with("postgres") || name.starts_with("postmaster")
}

fn from_lock_file(cluster: &Path) -> Vec<Pid> {
    let lock = fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
    let process = lock.lines().next().and_then(|line| Pid::from_raw(line.trim().parse().ok()?));
    let is_postmaster = |process: &Pid| {
        let id = process.as_raw_nonzero().to_string();
        let shown = std::process::Command::new("ps").args(["-p", &id, "-o", "comm="]).output();
        test_kill_process(*process).is_ok()
            && shown.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("postgres"))
    };
    process.filter(is_postmaster).into_iter().collect()
}
