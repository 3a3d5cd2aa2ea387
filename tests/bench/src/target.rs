//! What is under load, as processes of their own: the product in one of its forms, or the server without
//! rules and storage.

use std::fmt;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use event_log::testing::kafka::Cluster;
use system_tests::{Behind, Cell, Edge, Program, Room, SERVICES, Server, Setup};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::processes::resident_bytes;

/// How the product runs.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// All services in one process, with a private Postgres.
    OneProcess,
    /// Services as processes of their own behind nginx, on Kafka and a Postgres that they share.
    Cell { brokers: u32 },
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneProcess => f.write_str("one process"),
            Self::Cell { brokers } => {
                write!(
                    f,
                    "a cell behind nginx; Kafka of {brokers} broker(s), replication {brokers}"
                )
            }
        }
    }
}

/// Ends with this value.
pub struct Target {
    /// Where people reach it.
    pub authority: String,
    running: Running,
}

enum Running {
    Bare { server: Child, _edge: Option<Edge> },
    OneProcess { room: Room, setup: Setup, server: Option<Server> },
    Cell(Box<Cell>),
}

impl Target {
    /// Starts the product in its default configuration.
    pub async fn start(form: Form) -> Result<Self> {
        let setup = Setup::default();
        match form {
            Form::OneProcess => {
                let room = Room::new()?;
                let server = Server::start(&room, &setup).await?;
                let authority = authority(server.url());
                let running = Running::OneProcess { room, setup, server: Some(server) };
                Ok(Self { authority, running })
            }
            Form::Cell { brokers } => {
                let cell = Cell::start_with_workers(brokers, setup, edge_workers()?).await?;
                let authority = authority(&cell.url());
                Ok(Self { authority, running: Running::Cell(Box::new(cell)) })
            }
        }
    }

    /// Starts the server without rules and storage (`crate::bare`), behind nginx where the form is.
    pub async fn start_bare(form: Form) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve-bare").stdout(Stdio::piped()).kill_on_drop(true);
        let mut server = command.spawn().context("failed to start the bare server")?;
        let stdout = server.stdout.take().context("standard output is piped")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        let mut authority = line.context("the bare server ended before it was ready")?;
        let mut edge = None;
        if let Form::Cell { .. } = form {
            let behind = Behind::one(&authority);
            let started = Edge::start_with_workers(&behind, edge_workers()?).await?;
            authority = started.address().to_string();
            edge = Some(started);
        }
        Ok(Self { authority, running: Running::Bare { server, _edge: edge } })
    }

    /// The processes of the product that run.
    fn servers(&self) -> Vec<&Server> {
        match &self.running {
            Running::Bare { .. } => vec![],
            Running::OneProcess { server, .. } => server.iter().collect(),
            Running::Cell(cell) => SERVICES.map(|service| cell.server(service)).to_vec(),
        }
    }

    /// Resident memory of the process that holds the sockets, bytes.
    pub fn resident_bytes(&self) -> Result<u64> {
        let process = match &self.running {
            Running::Bare { server, .. } => server.id(),
            Running::OneProcess { server, .. } => {
                server.as_ref().map(Server::process).transpose()?
            }
            Running::Cell(cell) => Some(cell.server(Program::Realtime).process()?),
        };
        resident_bytes(process.context("the server runs")?)
    }

    /// One value of `/metrics`, summed over its labels and over all processes.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let mut sum = 0.0;
        for server in self.servers() {
            sum += server.metrics().await?.sum(name, &[]).unwrap_or(0.0);
        }
        Ok(sum)
    }

    /// The Kafka that it stands on.
    pub fn kafka(&self) -> Option<Arc<Cluster>> {
        match &self.running {
            Running::Cell(cell) => Some(cell.kafka()),
            _ => None,
        }
    }

    /// The product's programs in the order of their start, and how each is started on the same data.
    pub fn programs(&self) -> Result<(&Room, &Setup, &'static [Program])> {
        match &self.running {
            Running::Bare { .. } => anyhow::bail!("a bare server has no data"),
            Running::OneProcess { room, setup, .. } => Ok((room, setup, &[Program::Nottermost])),
            Running::Cell(cell) => Ok((cell.room(), cell.setup(), &SERVICES)),
        }
    }

    /// Ends everything in order.
    pub async fn stop(mut self) -> Result<()> {
        self.stop_servers().await?;
        match self.running {
            Running::Cell(cell) => cell.stop().await,
            Running::Bare { .. } | Running::OneProcess { .. } => Ok(()),
        }
    }

    /// Ends the product's processes; their data stays, and with a cell Kafka and Postgres.
    pub async fn stop_servers(&mut self) -> Result<()> {
        match &mut self.running {
            Running::Bare { .. } => {}
            Running::OneProcess { server, .. } => {
                if let Some(server) = server.take() {
                    stop(server).await?;
                }
            }
            Running::Cell(cell) => {
                for server in cell.take_all() {
                    stop(server).await?;
                }
            }
        }
        Ok(())
    }
}

/// Ends a server; fails if it does not end well.
pub async fn stop(server: Server) -> Result<()> {
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "a server ended with {status}: {}", said.join("\n"));
    Ok(())
}

/// As many as nginx' own `auto` would have.
fn edge_workers() -> Result<usize> {
    Ok(std::thread::available_parallelism()?.get())
}

fn authority(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}
