//! A real Kafka for tests: started from `infra/local`, killed, frozen and started again as they ask.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use events::{Partition, Topic};
use parking_lot::Mutex;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rustix::fs::statvfs;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::KafkaOptions;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/local/kafka");
/// On a busy machine a node takes a while.
const START_MAX: Duration = Duration::from_secs(120);

/// Free memory for files with which data is kept there, bytes.
const MEMORY_MIN: u64 = 1 << 30;

/// One broker or three. They end, and their data goes, with this value or with the process.
pub struct Cluster {
    dir: PathBuf,
    addresses: Vec<String>,
    nodes: Mutex<Vec<Child>>,
    /// Cleans up when its input ends, however this process comes to its end.
    watcher: Child,
}

impl Cluster {
    /// Starts `count` nodes (1 or 3) and waits until all answer.
    ///
    /// # Panics
    /// If they cannot be started; the text says why.
    pub fn start(count: u32) -> Self {
        let dir = new_dir();
        let line = prepare(&dir, count);
        let addresses = line.split(',').map(str::to_owned).collect();
        let watcher = script(&["watch", path(&dir)]).stdin(Stdio::piped()).spawn();
        let watcher = watcher.expect("the watcher starts");
        let nodes = (1..=count).map(|node| spawn(&dir, node)).collect();
        let cluster = Self { dir, addresses, nodes: Mutex::new(nodes), watcher };
        cluster.wait_until_ready();
        cluster
    }

    /// All nodes' addresses, as clients are given them.
    pub fn bootstrap(&self) -> String {
        self.addresses.join(",")
    }

    /// librdkafka's own producer, set up as durable as ours: what ours is compared with.
    pub fn plain_producer(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.bootstrap())
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "0")
            .set("compression.type", "lz4")
            .set("socket.nagle.disable", "true");
        config
    }

    /// librdkafka's own consumer, likewise.
    pub fn plain_consumer(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.bootstrap())
            .set("group.id", "bench")
            .set("enable.auto.commit", "false")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.queue.backoff.ms", "5");
        config
    }

    /// Options for topics of its own, with as many copies as there are nodes.
    pub fn options(&self, topic_prefix: &str) -> KafkaOptions {
        let nodes = self.addresses.len();
        KafkaOptions {
            bootstrap: self.bootstrap(),
            topic_prefix: topic_prefix.to_owned(),
            create_topics: true,
            replication: nodes as i32,
            in_sync_min: if nodes > 1 { 2 } else { 1 },
            ..KafkaOptions::default()
        }
    }

    /// Ends node `node` (from 1) as kill −9 does.
    pub fn kill(&self, node: u32) {
        let mut nodes = self.nodes.lock();
        let child = &mut nodes[node as usize - 1];
        child.kill().expect("the node can be killed");
        child.wait().expect("the node ends");
    }

    /// Stops the node's threads; its connections stay open. See [`thaw`](Self::thaw).
    pub fn freeze(&self, node: u32) {
        let pid = self.signal(node, Signal::STOP);
        // Once this is reported, the last of the threads has stopped.
        let stopped =
            waitpid(Some(pid), WaitOptions::UNTRACED).expect("the node can be waited for");
        assert!(stopped.is_some_and(|(_, status)| status.stopped()), "the node ended");
    }

    pub fn thaw(&self, node: u32) {
        self.signal(node, Signal::CONT);
    }

    /// Starts a node that was killed, on its old data and port.
    pub fn restart(&self, node: u32) {
        self.nodes.lock()[node as usize - 1] = spawn(&self.dir, node);
    }

    /// Waits until every node answers and knows all others.
    ///
    /// # Panics
    /// If a node has ended, or if it takes minutes.
    pub fn wait_until_ready(&self) {
        let until = Instant::now() + START_MAX;
        for (node, address) in self.addresses.iter().enumerate() {
            let client = client(address);
            let count = || client.fetch_metadata(None, Duration::from_millis(500));
            while !count().is_ok_and(|known| known.brokers().len() == self.addresses.len()) {
                let ended = self.nodes.lock()[node].try_wait().expect("the node can be asked");
                assert_eq!(ended, None, "a node ended: {}", self.log_end());
                assert!(Instant::now() < until, "no answer from {address}: {}", self.log_end());
            }
        }
    }

    /// The node that leads a partition now.
    ///
    /// # Panics
    /// If the cluster does not say.
    pub fn leader(&self, topic_prefix: &str, partition: Partition) -> u32 {
        let topic = format!("{topic_prefix}{}", partition.topic.name());
        let client = client(&self.bootstrap());
        let metadata = client.fetch_metadata(Some(&topic), START_MAX).expect("metadata");
        let partitions = metadata.topics()[0].partitions();
        let found = partitions.iter().find(|one| one.id() == i32::from(partition.index));
        found.and_then(|one| u32::try_from(one.leader()).ok()).expect("a leader")
    }

    /// Deletes the topics of a prefix: a broker's memory holds only so many.
    pub fn delete_topics(&self, topic_prefix: &str) {
        let admin = self.admin();
        let names = Topic::ALL.map(|topic| format!("{topic_prefix}{}", topic.name()));
        let deleted =
            admin.delete_topics(&names.each_ref().map(String::as_str), &AdminOptions::new());
        // What was never created cannot be deleted.
        drop(futures::executor::block_on(deleted));
    }

    /// An admin client of the cluster, for settings that the log itself would not make.
    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        config(&self.bootstrap()).create().expect("a client")
    }

    fn signal(&self, node: u32, signal: Signal) -> Pid {
        let pid = Pid::from_child(&self.nodes.lock()[node as usize - 1]);
        kill_process(pid, signal).expect("the node takes signals");
        pid
    }

    fn log_end(&self) -> String {
        let log = std::fs::read_to_string(self.dir.join("kafka.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.nodes.get_mut() {
            // One that was killed by the test has ended already.
            let _ = node.kill();
            let _ = node.wait();
        }
        drop(self.watcher.stdin.take());
        // It has only a directory to remove.
        let _ = self.watcher.wait();
    }
}

/// In memory where there is enough of it: making hundreds of partitions is hundreds of fsyncs, and what
/// a killed process has written is as safe there as on a disk.
fn new_dir() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("nottermost-kafka-{}-{count}", std::process::id());
    let memory = Path::new("/dev/shm");
    let free = statvfs(memory).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize));
    if free >= MEMORY_MIN { memory.join(name) } else { std::env::temp_dir().join(name) }
}

fn path(dir: &Path) -> &str {
    dir.to_str().expect("the temporary directory's name is text")
}

fn script(arguments: &[&str]) -> Command {
    let mut command = Command::new(SCRIPT);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Fetches Kafka if need be; returns the addresses.
fn prepare(dir: &Path, count: u32) -> String {
    let mut command = script(&["prepare", path(dir), &count.to_string()]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("infra/local/kafka runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("its output");
    assert!(child.wait().expect("it ends").success(), "Kafka cannot be prepared: see above");
    line.trim().strip_prefix("bootstrap ").expect("the addresses").to_owned()
}

fn spawn(dir: &Path, node: u32) -> Child {
    let log = dir.join("kafka.log");
    let log = std::fs::File::options().create(true).append(true).open(log).expect("a log file");
    let errors = log.try_clone().expect("a second handle");
    let mut command = script(&["node", path(dir), &node.to_string()]);
    command.stdout(log).stderr(errors).spawn().expect("the node's process starts")
}

fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("reconnect.backoff.max.ms", "100");
    // Nodes that are down are what the tests are about.
    config.set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
    config
}

fn client(bootstrap: &str) -> BaseConsumer {
    config(bootstrap).create().expect("a client")
}
