//! Processes of a server, looked at and ended from outside.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// The processes whose working directory lies in `folder`, with their names. A server works in its
/// room, its helpers with it, Postgres in its cluster below.
pub fn processes_in(folder: &Path) -> Result<Vec<(u32, String)>> {
    let folder = fs::canonicalize(folder)?;
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(id) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // A process that has ended in the meantime has no directory any more.
        let Ok(cwd) = fs::read_link(format!("/proc/{id}/cwd")) else { continue };
        if cwd.starts_with(&folder) {
            let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            found.push((id, name.trim().to_owned()));
        }
    }
    Ok(found)
}

/// The postmaster of the private cluster in `data`, by its lock file.
pub fn postmaster(data: &Path) -> Result<u32> {
    let lock = fs::read_to_string(data.join("postgres/postmaster.pid"))
        .context("the private Postgres runs")?;
    let first = lock.lines().next().unwrap_or_default();
    first.trim().parse().context("its lock file names its process")
}

/// Ends a process that one of our servers started, without a chance to tidy up.
pub fn kill(process: u32) -> Result<()> {
    signal(process, Signal::KILL)
}

/// Asks a process to end.
pub fn terminate(process: u32) -> Result<()> {
    signal(process, Signal::TERM)
}

/// Asks a process to read its configuration anew.
pub fn reload(process: u32) -> Result<()> {
    signal(process, Signal::HUP)
}

fn signal(process: u32, signal: Signal) -> Result<()> {
    let id = i32::try_from(process).ok().and_then(Pid::from_raw).context("a process id")?;
    kill_process(id, signal).with_context(|| format!("signal process {process}"))
}
