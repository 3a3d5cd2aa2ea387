//! The edge: the machine's nginx with the configuration that `replay edge` makes.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::geteuid;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{Program, reload, terminate, until, within};

/// Where packages put it; not everybody has these in PATH.
const PLACES: [&str; 4] =
    ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx"];
/// Another program may take the port between our look and nginx'.
const PORTS_TRIED: usize = 5;
/// The account and group of nobody, where the test runs as the superuser.
const NOBODY: u32 = 65_534;

/// All that belongs to the machine instead of the product. Paths are below nginx' prefix. A socket
/// takes two connections of its worker.
const AROUND: &str = "\
daemon off;
pid pid;
error_log error.log notice;
events { worker_connections 16384; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include edge.conf;
}
";

/// The processes behind the edge, each as `HOST:PORT`.
#[derive(Debug, Clone, Default)]
pub struct Behind {
    pub command_api: Vec<String>,
    pub query_api: Vec<String>,
    pub realtime: Vec<String>,
}

impl Behind {
    /// One process that is all services.
    pub fn one(address: &str) -> Self {
        let all = || vec![address.to_owned()];
        Self { command_api: all(), query_api: all(), realtime: all() }
    }

    /// The configuration, as the tool prints it.
    async fn configuration(&self, listen: &str) -> Result<String> {
        let output = within("replay prints a configuration", self.tool(listen).output()).await??;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    fn tool(&self, listen: &str) -> Command {
        let mut command = Command::new(Program::Replay.binary());
        command.args(["edge", "--listen", listen]);
        for (option, addresses) in [
            ("--command-api", &self.command_api),
            ("--query-api", &self.query_api),
            ("--realtime", &self.realtime),
        ] {
            addresses.iter().for_each(|address| {
                command.args([option, address]);
            });
        }
        command
    }
}

/// A running nginx, in the foreground and without rights. Ends when dropped.
#[derive(Debug)]
pub struct Edge {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
    workers: usize,
    reloads: usize,
}

impl Edge {
    /// Starts nginx on a free port and waits until it listens.
    pub async fn start(behind: &Behind) -> Result<Self> {
        Self::start_with_workers(behind, 1).await
    }

    /// The same with several workers, among which the system spreads connections evenly.
    pub async fn start_with_workers(behind: &Behind, workers: usize) -> Result<Self> {
        let mut refused = String::new();
        for _ in 0..PORTS_TRIED {
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            let folder = folder()?;
            let around = format!("worker_processes {workers};\n{AROUND}");
            fs::write(folder.path().join("nginx.conf"), around)?;
            let configuration = behind.configuration(&listen(address, workers)).await?;
            fs::write(folder.path().join("edge.conf"), configuration)?;
            let child = command(folder.path())?.spawn().context("start nginx")?;
            let mut edge = Self { child, address, folder, workers, reloads: 0 };
            if edge.listens().await? {
                return Ok(edge);
            }
            refused = edge.said();
            ensure!(refused.contains("Address already in use"), "nginx ended: {refused}");
        }
        bail!("found no free port: {refused}")
    }

    /// Waits for the file that nginx writes once it listens; no if it has ended instead.
    async fn listens(&mut self) -> Result<bool> {
        let pid = self.folder.path().join("pid");
        let child = std::sync::Mutex::new(&mut self.child);
        until("nginx listens", || async {
            if fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')) {
                return Ok(Some(true));
            }
            let mut child = child.lock().expect("nobody panics with it");
            Ok(child.try_wait()?.map(|_| false))
        })
        .await
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://HOST:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where nginx works.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// nginx' error log so far.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    /// Puts other processes behind the edge, and waits until new connections go to them.
    pub async fn reload(&mut self, behind: &Behind) -> Result<()> {
        let listen = listen(self.address, self.workers);
        let configuration = behind.configuration(&listen).await?;
        fs::write(self.folder.path().join("edge.conf"), configuration)?;
        reload(self.child.id().context("nginx runs")?)?;
        self.reloads += 1;
        until("the workers before have stopped listening", || async {
            let said = self.said();
            ensure!(!said.contains("[emerg]"), "nginx refuses: {said}");
            let stopped = said.matches("gracefully shutting down").count();
            Ok((stopped >= self.reloads * self.workers).then_some(()))
        })
        .await
    }

    /// Starts the tool that keeps those processes behind the edge that can serve. Ends when dropped.
    pub fn followed(&self, behind: &Behind) -> Result<Child> {
        let mut command = behind.tool(&listen(self.address, self.workers));
        command.arg("--follow").arg(self.folder.path().join("edge.conf"));
        let nginx = self.child.id().context("nginx runs")?;
        command.args(["--reload", &format!("kill -HUP {nginx}")]);
        Ok(command.stdin(Stdio::null()).kill_on_drop(true).spawn()?)
    }

    /// The configuration that nginx is to read.
    pub fn configuration(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.path().join("edge.conf"))?)
    }

    /// Ends it and waits.
    pub async fn stop(mut self) -> Result<()> {
        terminate(self.child.id().context("nginx runs")?)?;
        let status = within("nginx ends", self.child.wait()).await??;
        ensure!(status.success(), "nginx ended with {status}: {}", self.said());
        Ok(())
    }
}

impl Drop for Edge {
    /// Asks instead of killing: the workers end with the master only if that can tell them.
    fn drop(&mut self) {
        if let Some(process) = self.child.id() {
            // It may have ended just now.
            let _ = terminate(process);
        }
    }
}

/// What nginx is told to listen on. Without a socket of its own per worker, one takes most connections.
fn listen(address: SocketAddr, workers: usize) -> String {
    if workers > 1 { format!("{address} reuseport") } else { address.to_string() }
}

/// A folder that the account of nginx owns.
fn folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("nottermost-edge-").tempdir()?;
    if geteuid().is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
    }
    Ok(folder)
}

fn command(folder: &Path) -> Result<Command> {
    let mut command = Command::new(nginx()?);
    command.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "error.log"]);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ok(command)
}

fn nginx() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join("nginx"));
    let mut places = in_path.chain(PLACES.map(PathBuf::from));
    places.find(|place| place.is_file()).context("found no nginx (Debian: apt-get install nginx)")
}
