//! `replay edge --follow`: keeps the configuration to those processes that can serve.
//!
//! nginx itself asks nobody for their health. A process that is told to stop says that it leaves, goes
//! on serving for `http.leave_ms`, and is out of the configuration before it ends: no request fails.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use tempfile::NamedTempFile;
use tokio::process::Command;

use super::{Address, Edge};

const ASK_EVERY: Duration = Duration::from_millis(250);
/// Who takes longer to say how it is cannot serve.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);
const HEALTH: &str = "/api/nottermost/v1/health";

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
    let client = reqwest::Client::builder().timeout(ANSWER_PATIENCE).build()?;
    tokio::select! {
        never = keep(edge, to, &client) => never,
        () = stop => Ok(()),
    }
}

async fn keep(edge: &Edge, to: &Follow, client: &reqwest::Client) -> Result<()> {
    let mut ticks = tokio::time::interval(ASK_EVERY);
    let mut told = edge.clone();
    let mut in_force = false;
    loop {
        ticks.tick().await;
        let able = able(edge, client).await;
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
    }
}

async fn able(edge: &Edge, client: &reqwest::Client) -> Edge {
    let (command_api, query_api, realtime) = tokio::join!(
        those_able(&edge.command_api, client),
        those_able(&edge.query_api, client),
        those_able(&edge.realtime, client),
    );
    Edge { listen: edge.listen.clone(), command_api, query_api, realtime }
}

async fn those_able(addresses: &[Address], client: &reqwest::Client) -> Vec<Address> {
    let asked = addresses.iter().map(async |address| {
        let answer = client.get(format!("http://{address}{HEALTH}")).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    });
    let answers = join_all(asked).await;
    let able = addresses.iter().zip(&answers).filter(|(_, able)| **able);
    let able: Vec<Address> = able.map(|(address, _)| address.clone()).collect();
    if able.is_empty() { addresses.to_vec() } else { able }
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
    let ended = Command::new("sh").args(["-c", command]).status().await;
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
