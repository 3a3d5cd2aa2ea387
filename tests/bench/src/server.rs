//! The server under load, as its own process, and what the operating system says of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// Clock ticks per second of `/proc/<pid>/stat`; 100 on every Linux that we run on.
const TICKS_PER_S: f64 = 100.0;

/// A running server with a data directory of its own. Ends with it.
pub struct Server {
    child: Child,
    pub authority: String,
    /// A bare server has none.
    data: Option<tempfile::TempDir>,
}

/// CPU seconds used so far.
#[derive(Debug, Clone, Copy)]
pub struct Cpu {
    pub server_s: f64,
    pub postgres_s: f64,
}

impl Cpu {
    pub fn since(self, earlier: Self) -> Self {
        Self {
            server_s: self.server_s - earlier.server_s,
            postgres_s: self.postgres_s - earlier.postgres_s,
        }
    }

    pub fn total_s(self) -> f64 {
        self.server_s + self.postgres_s
    }
}

impl Server {
    /// Starts `binary` in the default configuration on a port of the system's choice.
    pub fn start(binary: &Path) -> Result<Self> {
        Self::start_on(binary, tempfile::tempdir()?)
    }

    /// Starts `binary` on what another left.
    pub fn start_on(binary: &Path, data: tempfile::TempDir) -> Result<Self> {
        let mut command = Command::new(binary);
        command
            .env("NOTTERMOST_DATA__DIR", data.path())
            .env("NOTTERMOST_HTTP__LISTEN", "127.0.0.1:0")
            .env("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn");
        Self::spawn(command, Some(data))
    }

    /// Starts the server without rules and storage (`crate::bare`).
    pub fn start_bare() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve-bare");
        Self::spawn(command, None)
    }

    fn spawn(mut command: Command, data: Option<tempfile::TempDir>) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start {}", command.get_program().display()))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = "nottermost is ready at http://";
        let authority = loop {
            let Some(line) = lines.next() else { bail!("the server ended before it was ready") };
            if let Some((_, authority)) = line?.split_once(ready) {
                break authority.trim().to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, authority, data })
    }

    /// The server's and its Postgres' CPU time so far, ended children of Postgres included.
    pub fn cpu(&self) -> Result<Cpu> {
        let server_s = cpu_s(self.child.id())?;
        let postgres_s = descendants(self.child.id())?
            .into_iter()
            .filter(|pid| comm(*pid).is_some_and(|name| name.starts_with("postgres")))
            .map(|pid| cpu_s(pid).unwrap_or(0.0))
            .sum();
        Ok(Cpu { server_s, postgres_s })
    }

    /// Resident memory of the server alone, bytes.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).context("VmRSS is there")?;
        let kib: u64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
        Ok(kib * 1024)
    }

    /// One value of `/metrics`, summed over its labels.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let mut client = crate::client::Client::connect(&self.authority, "").await?;
        let text = client.get("/metrics").await?.body;
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(text
            .lines()
            .filter(|line| line.split(['{', ' ']).next() == Some(name))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum())
    }

    /// Asks the server to end and waits for it; gives what it leaves.
    pub fn stop(mut self) -> Result<tempfile::TempDir> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        self.data.take().context("a server has a data directory until it is stopped")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was stopped is gone already; one that was not must not outlive the bench.
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn stat_fields(pid: u32) -> Result<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').context("a stat line has a name")?.1;
    Ok(after.split_whitespace().map(str::to_owned).collect())
}

/// User and system time of a process and of its ended children.
fn cpu_s(pid: u32) -> Result<f64> {
    let fields = stat_fields(pid)?;
    let ticks: f64 = fields[11..15].iter().filter_map(|f| f.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_S)
}

fn comm(pid: u32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()
}

/// All processes below `root`.
fn descendants(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        if let Ok(fields) = stat_fields(pid)
            && let Ok(parent) = fields[1].parse::<u32>()
        {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        let children =
            parents.iter().filter(|(_, parent)| *parent == found[at]).map(|(pid, _)| *pid);
        found.extend(children.collect::<Vec<_>>());
        at += 1;
    }
    Ok(found.split_off(1))
}
