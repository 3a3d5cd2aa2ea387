//! A process that appends, and says on its standard output what was acknowledged. It is this test binary
//! again, told by the environment what to do.

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use event_log::{AppendError, EmbeddedLog, EmbeddedOptions, EventLog};
use events::{NewRecord, Partition, Topic};

const TEST: &str = "child::appends_as_the_environment_says";
const DIR: &str = "EVENT_LOG_CHILD_DIR";
const PRODUCERS: &str = "EVENT_LOG_CHILD_PRODUCERS";
const APPENDS: &str = "EVENT_LOG_CHILD_APPENDS";
const PADDING: &str = "EVENT_LOG_CHILD_PADDING";
const BUFFERED: &str = "EVENT_LOG_CHILD_BUFFERED";

/// What a child is to do.
pub struct Orders {
    pub producers: u64,
    /// In all; it ends of itself after so many.
    pub appends: u64,
    /// Records are padded with up to so many bytes.
    pub padding: usize,
    /// Acknowledge without an fsync.
    pub buffered: bool,
}

/// One line of a child's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Acknowledged { mark: String, partition: Partition, offset: u64 },
    Indeterminate,
    Unavailable,
}

impl Said {
    /// None for what the test harness prints.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        match words.next()? {
            "acknowledged" => Some(Self::Acknowledged {
                mark: words.next()?.to_owned(),
                partition: Partition::from_str(words.next()?).ok()?,
                offset: words.next()?.parse().ok()?,
            }),
            "indeterminate" => Some(Self::Indeterminate),
            "unavailable" => Some(Self::Unavailable),
            _ => None,
        }
    }
}

/// The command that runs a child; `wrapper` is a program with arguments to run it under.
pub fn command(dir: &Path, orders: &Orders, wrapper: &[String]) -> Command {
    let own = env::current_exe().expect("the test binary has a path");
    let mut command = match wrapper {
        [] => Command::new(&own),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&own);
            command
        }
    };
    command
        .args(["--exact", TEST, "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(PRODUCERS, orders.producers.to_string())
        .env(APPENDS, orders.appends.to_string())
        .env(PADDING, orders.padding.to_string())
        .env(BUFFERED, orders.buffered.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn ordered<T: FromStr>(name: &str) -> T {
    let text = env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    text.parse().ok().unwrap_or_else(|| panic!("{name} is {text:?}"))
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // One write for the whole line, begun on a line of its own: the harness leaves one open.
    out.write_all(format!("\n{line}\n").as_bytes()).expect("the parent reads");
    out.flush().expect("the parent reads");
}

#[test]
#[ignore = "run by the tests of this binary, in a process of its own"]
fn appends_as_the_environment_says() {
    let dir: String = ordered(DIR);
    let options = EmbeddedOptions { buffered: ordered(BUFFERED), ..EmbeddedOptions::default() };
    let log = Arc::new(EmbeddedLog::open(dir, options).expect("the log opens"));
    let left = Arc::new(AtomicU64::new(ordered(APPENDS)));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime starts").block_on(async {
        let producers = (0..ordered(PRODUCERS))
            .map(|producer| tokio::spawn(produce(Arc::clone(&log), producer, Arc::clone(&left))));
        for ended in futures::future::join_all(producers).await {
            ended.expect("the producer ends");
        }
    });
}

async fn produce(log: Arc<EmbeddedLog>, producer: u64, left: Arc<AtomicU64>) {
    let process = std::process::id();
    for number in 0.. {
        let taken = left.try_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if taken.is_err() {
            return;
        }
        // Ended by a letter, so that no mark is the beginning of another.
        let mark = format!("mark-{process}-{producer}-{number}-end");
        let index = ((producer + number) % 5) as u16;
        let partition = Partition { topic: Topic::Channels, index };
        let padding = noise((number as usize * 7_919) % ordered::<usize>(PADDING));
        let body = Bytes::from(format!("{mark}{padding}"));
        let record = NewRecord { key: [0; 16], headers: vec![], body };
        match log.append(partition, record).await {
            Ok(appended) => say(&format!("acknowledged {mark} {partition} {}", appended.offset)),
            Err(AppendError::Indeterminate(_)) => say("indeterminate"),
            Err(AppendError::Unavailable(_)) => say("unavailable"),
            Err(AppendError::TooLarge { .. }) => unreachable!("the records are small"),
        }
    }
}

/// Letters that no compression makes shorter.
fn noise(len: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ len as u64;
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'A' + (state >> 32) as u8 % 26)
    };
    (0..len).map(letter).collect()
}
