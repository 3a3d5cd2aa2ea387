//! A whole installation of processes of their own: Kafka, Postgres, the four services, nginx.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use event_log::testing::kafka::Cluster;
use platform::postgres::PrivateCluster;

use crate::{Behind, Edge, Ended, Person, Program, Room, Server, Setup, Visitor, kill, postmaster};

/// The services, in an order in which they can start.
pub const SERVICES: [Program; 4] =
    [Program::Projector, Program::CommandApi, Program::QueryApi, Program::Realtime];

/// Where the Postgres of the installation is, below its room.
const OWN: &str = "own";

/// Everything that runs. Processes end with it.
pub struct Cell {
    room: Room,
    setup: Setup,
    kafka: Arc<Cluster>,
    postgres: PrivateCluster,
    servers: HashMap<Program, Server>,
    edge: Edge,
}

impl Cell {
    /// Starts everything, on one broker or three; `setup` is for all services.
    pub async fn start(brokers: u32, setup: Setup) -> Result<Self> {
        Self::start_with_workers(brokers, setup, 1).await
    }

    /// The same with so many workers of nginx.
    pub async fn start_with_workers(brokers: u32, setup: Setup, workers: usize) -> Result<Self> {
        let room = Room::new()?;
        let kafka = tokio::task::spawn_blocking(move || Cluster::start(brokers)).await?;
        let postgres = PrivateCluster::start(&room.path().join(OWN).join("postgres")).await?;
        let setup = setup
            .set("DATABASE_URL", postgres.url())
            .set("NOTTERMOST_LOG__URL", format!("kafka://{}", kafka.bootstrap()))
            .set("NOTTERMOST_KAFKA__REPLICATION", brokers.to_string())
            .set("NOTTERMOST_KAFKA__IN_SYNC_MIN", if brokers > 1 { "2" } else { "1" });
        let made = setup.replayed(&room, &["topics"]).await?;
        ensure!(made.status.success(), "replay topics: {}", made.stderr);
        let mut servers = HashMap::new();
        for service in SERVICES {
            servers.insert(service, Server::start(&room, &setup.clone().program(service)).await?);
        }
        let edge = Edge::start_with_workers(&behind(&servers), workers).await?;
        Ok(Self { room, setup, kafka: Arc::new(kafka), postgres, servers, edge })
    }

    /// Where people reach it.
    pub fn url(&self) -> String {
        self.edge.url()
    }

    /// Somebody without an account, in front of the edge.
    pub fn visitor(&self) -> Result<Visitor> {
        Visitor::at(&self.url())
    }

    pub fn kafka(&self) -> Arc<Cluster> {
        Arc::clone(&self.kafka)
    }

    pub fn postgres(&self) -> &PrivateCluster {
        &self.postgres
    }

    /// Ends Postgres as a crash does; it comes back by itself.
    pub fn crash_postgres(&self) -> Result<()> {
        kill(postmaster(&self.room.path().join(OWN))?)
    }

    pub fn room(&self) -> &Room {
        &self.room
    }

    /// How its services are set up.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// # Panics
    /// If the service does not run.
    pub fn server(&self, service: Program) -> &Server {
        &self.servers[&service]
    }

    /// The same person, in front of one service instead of the edge.
    pub fn before(&self, person: &Person, service: Program) -> Person {
        person.moved_to(self.server(service).url())
    }

    /// Kills a service as a crash does, starts it anew, and puts that behind the edge.
    pub async fn crash(&mut self, service: Program) -> Result<()> {
        self.servers.remove(&service).context("the service runs")?.kill().await?;
        self.start_again(service).await
    }

    /// Starts a service that does not run, and puts it behind the edge.
    pub async fn start_again(&mut self, service: Program) -> Result<()> {
        let server = Server::start(&self.room, &self.setup.clone().program(service)).await?;
        self.servers.insert(service, server);
        self.edge.reload(&behind(&self.servers)).await
    }

    /// Takes a service out; the edge still knows its address.
    pub fn take(&mut self, service: Program) -> Result<Server> {
        self.servers.remove(&service).context("the service runs")
    }

    /// Takes all services that run out, in an order in which they can end.
    pub fn take_all(&mut self) -> Vec<Server> {
        SERVICES.into_iter().rev().filter_map(|service| self.servers.remove(&service)).collect()
    }

    /// Runs `replay` on its log, rows and index; the projector must not run.
    pub async fn replayed(&self, arguments: &[&str]) -> Result<Ended> {
        self.setup.replayed(&self.room, arguments).await
    }

    /// Ends everything in order; fails if a service does not end well.
    pub async fn stop(mut self) -> Result<()> {
        for server in self.take_all() {
            let (status, _, said) = server.stop().await?;
            let well = status.success() && !said.iter().any(|line| line.contains("panic"));
            ensure!(well, "a service ended with {status}: {}", said.join("\n"));
        }
        self.edge.stop().await?;
        self.postgres.stop().await;
        Ok(())
    }
}

fn behind(servers: &HashMap<Program, Server>) -> Behind {
    let at = |service| {
        let server: Option<&Server> = servers.get(&service);
        server
            .map(|server| server.url().trim_start_matches("http://").to_owned())
            .into_iter()
            .collect()
    };
    Behind {
        command_api: at(Program::CommandApi),
        query_api: at(Program::QueryApi),
        realtime: at(Program::Realtime),
    }
}
