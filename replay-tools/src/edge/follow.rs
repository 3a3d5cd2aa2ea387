//! `replay edge --follow`: keeps the configuration to those processes that can serve.
//!
//! nginx itself asks nobody for their health. A process that is told to stop says that it leaves, goes
//! on serving for `http.leave_ms`, and is out of the configuration before it ends: no request fails.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use parking_lot::Mutex;
use platform::http::HEALTH;
use tempfile::NamedTempFile;
use tokio::process::Command;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{Address, Edge};

const ASK_EVERY: Duration = Duration::from_millis(250);
/// Who takes longer to say how it is cannot serve.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);
/// A reload that takes longer has failed.
const RELOAD_PATIENCE: Duration = Duration::from_secs(10);
const RELOAD_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Where the configuration stands, and what makes nginx read it.
#[derive(Debug, Clone)]
pub struct Follow {
    pub file: PathBuf,
    /// For the shell.
    pub reload: String,
}

/// Follows the processes of `edge` until `stop` resolves. A service of which no process can serve
/// keeps them all: what each says to people is better than silence.
///
/// # Errors
/// If the file cannot be written. A reload that fails is tried again.
pub async fn follow(edge: &Edge, to: &Follow, stop: impl Future<Output = ()>) -> Result<()> {
    // The processes are ours and near: no proxy knows them.
    let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_PATIENCE).build()?;
    let kept = async { keep(edge, to, &Processes::asked(edge, client).await).await };
    tokio::select! {
        never = kept => never,
        () = stop => Ok(()),
    }
}

async fn keep(edge: &Edge, to: &Follow, processes: &Processes) -> Result<()> {
    let mut told = edge.clone();
    let mut in_force = false;
    loop {
        let able = processes.able(edge);
        tell_changes(&told, &able);
        in_force &= !write(&to.file, &able.nginx())?;
        if !in_force {
            let reloaded = reload(&to.reload).await;
            in_force = reloaded.is_ok();
            if let Err(error) = reloaded {
                tell(&format!("{error:#}"));
            }
        }
        told = able;
        tokio::select! {
            () = processes.shared.changed.notified() => {}
            () = tokio::time::sleep(RELOAD_AGAIN_AFTER), if !in_force => {}
        }
    }
}

/// The processes behind the edge. Each is asked by a task of its own: one that is silent delays nobody.
struct Processes {
    shared: Arc<Shared>,
    _asking: JoinSet<()>,
}

struct Shared {
    client: reqwest::Client,
    able: Mutex<HashMap<Address, bool>>,
    changed: Notify,
}

impl Processes {
    /// Returns once each has answered, or has taken too long to.
    async fn asked(edge: &Edge, client: reqwest::Client) -> Self {
        let shared = Shared { client, able: Mutex::default(), changed: Notify::new() };
        let shared = Arc::new(shared);
        let all = [&edge.command_api, &edge.query_api, &edge.realtime].into_iter().flatten();
        let all: HashSet<Address> = all.cloned().collect();
        join_all(all.iter().map(|address| shared.ask(address))).await;
        let mut asking = JoinSet::new();
        for address in all {
            let shared = Arc::clone(&shared);
            asking.spawn(async move { shared.ask_for_ever(&address).await });
        }
        Self { shared, _asking: asking }
    }

    fn able(&self, edge: &Edge) -> Edge {
        let able = self.shared.able.lock();
        let those = |addresses: &[Address]| {
            let those = addresses.iter().filter(|address| able.get(*address) == Some(&true));
            let those: Vec<Address> = those.cloned().collect();
            if those.is_empty() { addresses.to_vec() } else { those }
        };
        Edge {
            listen: edge.listen.clone(),
            command_api: those(&edge.command_api),
            query_api: those(&edge.query_api),
            realtime: those(&edge.realtime),
        }
    }
}

impl Shared {
    async fn ask(&self, address: &Address) {
        let answer = self.client.get(format!("http://{address}{HEALTH}")).send().await;
        let able = answer.is_ok_and(|answer| answer.status().is_success());
        if self.able.lock().insert(address.clone(), able) != Some(able) {
            self.changed.notify_one();
        }
    }

    async fn ask_for_ever(&self, address: &Address) {
        let mut ticks = tokio::time::interval(ASK_EVERY);
        loop {
            ticks.tick().await;
            self.ask(address).await;
        }
    }
}

/// Replaces the file if its text is another one; whether it was.
fn write(file: &Path, text: &str) -> Result<bool> {
    if fs::read_to_string(file).is_ok_and(|there| there == text) {
        return Ok(false);
    }
    let written = || -> Result<()> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut new = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        new.write_all(text.as_bytes())?;
        // nginx may run as somebody else.
        fs::set_permissions(new.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        new.persist(file)?;
        Ok(())
    };
    written().with_context(|| format!("failed to write {}", file.display()))?;
    Ok(true)
}

async fn reload(command: &str) -> Result<()> {
    let running = Command::new("sh").args(["-c", command]).kill_on_drop(true).status();
    let ended = tokio::time::timeout(RELOAD_PATIENCE, running).await;
    let ended = ended.with_context(|| format!("{command:?} does not end; it is tried again"))?;
    let status = ended.context("failed to run sh")?;
    ensure!(status.success(), "{command:?} ended with {status}; it is tried again");
    Ok(())
}

fn tell_changes(before: &Edge, now: &Edge) {
    for (service, before, now) in [
        ("command-api", &before.command_api, &now.command_api),
        ("query-api", &before.query_api, &now.query_api),
        ("realtime", &before.realtime, &now.realtime),
    ] {
        for (from, other, word) in [(before, now, "out"), (now, before, "in")] {
            for address in from.iter().filter(|address| !other.contains(address)) {
                tell(&format!("{service} {address}: {word}"));
            }
        }
    }
}

fn tell(line: &str) {
    // Nobody may read standard error; what counts is the file.
    let _ = writeln!(std::io::stderr(), "{line}");
}
