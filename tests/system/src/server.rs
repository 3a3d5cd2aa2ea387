//! One run of the real server.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::people::Visitor;
use crate::room::{Lack, Room};
use crate::{Metrics, Program, kill, terminate, until, within};

/// One machine asks in everybody's name, faster than people do; a test that is about rates sets its own.
const UNLIMITED: [&str; 2] = [
    "NOTTERMOST_LIMITS__ACCOUNT_REQUESTS_PER_SECOND",
    "NOTTERMOST_LIMITS__ADDRESS_REQUESTS_PER_SECOND",
];

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    settings: Vec<(String, String)>,
    arguments: Vec<String>,
    data: Option<PathBuf>,
    lack: Option<Lack>,
    program: Program,
}

impl Setup {
    /// Another program than the one-process server.
    pub fn program(mut self, program: Program) -> Self {
        self.program = program;
        self
    }

    /// Sets a variable of the environment; nothing of ours is in it otherwise.
    pub fn set(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.settings.push((variable.to_owned(), value.into()));
        self
    }

    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Another data directory than the room's.
    pub fn data(mut self, data: impl Into<PathBuf>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// The machine lacks this.
    pub fn lacking(mut self, lack: Lack) -> Self {
        self.lack = Some(lack);
        self
    }

    fn command(&self, room: &Room) -> Result<Command> {
        let mut command = room.command(self.program.binary(), self.lack)?;
        command.args(&self.arguments);
        without_settings(&mut command);
        command
            .env("NOTTERMOST_DATA__DIR", self.data.clone().unwrap_or_else(|| room.data()))
            .env("NOTTERMOST_HTTP__LISTEN", "127.0.0.1:0")
            .envs(UNLIMITED.map(|setting| (setting, "0")))
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(room.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }

    /// Starts a server that is expected to say no, and waits for that.
    pub async fn ended(&self, room: &Room) -> Result<Ended> {
        within("the server ends", self.command(room)?.output()).await??.try_into()
    }

    /// Runs `replay` on the data of a server that was started in this way.
    pub async fn replayed(&self, room: &Room, arguments: &[&str]) -> Result<Ended> {
        replay(room, self, arguments).await
    }

    /// Starts a server and asks it to end as soon as `begun` says so, before it is ready.
    pub async fn interrupted(
        &self,
        room: &Room,
        begun: impl Fn() -> bool,
    ) -> Result<(Ended, Duration)> {
        let child = self.command(room)?.spawn()?;
        let process = child.id().context("the server runs")?;
        until("the start has begun", || async { Ok(begun().then_some(())) }).await?;
        let asked = Instant::now();
        terminate(process)?;
        let output = within("the server ends", child.wait_with_output()).await??;
        Ok((Ended::try_from(output)?, asked.elapsed()))
    }
}

/// The machine's own settings must not decide what a test shows.
pub fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("NOTTERMOST_") || text == "DATABASE_URL" {
            command.env_remove(&name);
        }
    }
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl TryFrom<Output> for Ended {
    type Error = anyhow::Error;

    fn try_from(output: Output) -> Result<Self> {
        Ok(Self {
            status: output.status,
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }
}

impl Ended {
    /// The one line for people: what is left of standard error without the log.
    pub fn line(&self) -> Result<&str> {
        let mut lines = self.stderr.lines().filter(|line| !line.starts_with('{'));
        match (lines.next(), lines.next()) {
            (Some(line), None) => Ok(line),
            _ => bail!("it should say one line, it said: {}", self.stderr),
        }
    }
}

/// A line of the server's log.
pub type LogLine = Value;

/// A server that can serve. Ends without ceremony when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
    data: PathBuf,
    stderr: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts a server and waits until it says that it is ready.
    pub async fn start(room: &Room, setup: &Setup) -> Result<Self> {
        let mut child = setup.command(room)?.spawn()?;
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::clone(&stderr);
        let errors = child.stderr.take().context("standard error is piped")?;
        let errors = read_lines(errors, move |line| {
            said.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        });
        let mut lines =
            BufReader::new(child.stdout.take().context("standard output is piped")?).lines();
        let ready = format!("{} is ready at ", setup.program.name());
        let url = within("the server is ready", async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix(&ready) {
                    return Ok(Some(url.to_owned()));
                }
            }
            anyhow::Ok(None)
        })
        .await??;
        let data = setup.data.clone().unwrap_or_else(|| room.data());
        let mut server = Self { child, url: String::new(), data, stderr, readers: vec![errors] };
        let Some(url) = url else {
            let status = server.child.wait().await?;
            bail!("the server ended with {status}: {}", server.said().join("\n"));
        };
        server.url = url;
        server
            .readers
            .push(tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} }));
        Ok(server)
    }

    /// `http://HOST:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The data directory as the server sees it, which may have mounts of its own.
    pub fn seen_data(&self) -> Result<PathBuf> {
        let data = self.data.strip_prefix("/")?;
        Ok(Path::new(&format!("/proc/{}/root", self.process()?)).join(data))
    }

    /// Somebody without an account.
    pub fn visitor(&self) -> Result<Visitor> {
        Visitor::at(&self.url)
    }

    /// What it has written to standard error so far.
    pub fn said(&self) -> Vec<String> {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The log so far.
    pub fn log(&self) -> Vec<LogLine> {
        self.said().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits for a line of the log.
    pub async fn logged(&self, what: &str, matches: impl Fn(&LogLine) -> bool) -> Result<LogLine> {
        let look = || async { Ok(self.log().into_iter().find(|line| matches(line))) };
        until(&format!("the log says {what}"), look).await
    }

    pub async fn metrics(&self) -> Result<Metrics> {
        let text = reqwest::get(format!("{}/metrics", self.url)).await?.text().await?;
        Ok(Metrics::parse(&text))
    }

    /// The process.
    pub fn process(&self) -> Result<u32> {
        self.child.id().context("the server runs")
    }

    /// Ends it as a crash does.
    pub async fn kill(mut self) -> Result<()> {
        kill(self.process()?)?;
        self.child.wait().await?;
        Ok(())
    }

    /// Asks it to end and waits; returns how it ended, how long that took, and what it said.
    pub async fn stop(mut self) -> Result<(ExitStatus, Duration, Vec<String>)> {
        let asked = Instant::now();
        terminate(self.process()?)?;
        let status = within("the server ends", self.child.wait()).await??;
        let took = asked.elapsed();
        for reader in self.readers.drain(..) {
            within("the last line is read", reader).await??;
        }
        Ok((status, took, self.said()))
    }

    /// Waits for it to end by itself.
    pub async fn wait(mut self) -> Result<(ExitStatus, Vec<String>)> {
        let status = within("the server ends", self.child.wait()).await??;
        Ok((status, self.said()))
    }
}

fn read_lines(
    from: impl AsyncRead + Unpin + Send + 'static,
    mut each: impl FnMut(String) + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            each(line);
        }
    })
}

/// Runs `replay` on a stopped server's data.
pub async fn replayed(room: &Room, arguments: &[&str]) -> Result<Ended> {
    Setup::default().replayed(room, arguments).await
}

async fn replay(room: &Room, setup: &Setup, arguments: &[&str]) -> Result<Ended> {
    let mut command = Command::new(Program::Replay.binary());
    without_settings(&mut command);
    command
        .args(arguments)
        .env("NOTTERMOST_DATA__DIR", room.data())
        .envs(setup.settings.iter().map(|(name, value)| (name, value)))
        .current_dir(room.path())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    within("replay ends", command.output()).await??.try_into()
}
