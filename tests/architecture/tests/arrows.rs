//! Who may know whom. The table is the architecture; a new arrow is a change of it.

use std::collections::BTreeSet;
use std::path::Path;

use architecture::Workspace;

/// Each crate with those of ours that it may depend on. What stands in no list is at the top:
/// nobody depends on the binaries and the tests.
const MAY_KNOW: &[(&str, &[&str])] = &[
    // The facts and the rules: pure.
    ("events", &[]),
    ("domain", &["events"]),
    // The log and what runs on it.
    ("event-log", &["events"]),
    ("event-archive", &["events"]),
    ("sealing", &["events", "event-log", "event-archive"]),
    ("fold", &["events", "domain", "event-log", "event-archive"]),
    // What all services share.
    ("wire", &["events", "domain"]),
    ("platform", &["events"]),
    // The page's files.
    ("web-page", &[]),
    // Features of dependencies: no code.
    ("dependency-features", &[]),
    // The read models: written by the projector, read by the query side.
    ("read-model", &["events", "domain", "wire"]),
    ("search-index", &["events"]),
    // The services: none knows another. The command side reads rows for commands that the fold
    // cannot answer; only the projector writes them.
    (
        "command-api",
        &[
            "events",
            "domain",
            "event-log",
            "event-archive",
            "fold",
            "platform",
            "sealing",
            "wire",
            "read-model",
        ],
    ),
    (
        "projector",
        &[
            "events",
            "domain",
            "event-log",
            "event-archive",
            "fold",
            "platform",
            "wire",
            "read-model",
            "search-index",
        ],
    ),
    (
        "query-api",
        &[
            "events",
            "domain",
            "event-log",
            "event-archive",
            "fold",
            "platform",
            "sealing",
            "wire",
            "read-model",
            "search-index",
        ],
    ),
    ("realtime", &["events", "domain", "event-log", "fold", "platform", "wire"]),
    // What every process is made of; the compositions know everything that they compose, and none of
    // another service.
    (
        "process",
        &[
            "dependency-features",
            "events",
            "domain",
            "event-log",
            "event-archive",
            "fold",
            "platform",
            "sealing",
            "wire",
            "read-model",
            "search-index",
        ],
    ),
    ("command-api-server", &["command-api", "events", "fold", "platform", "process", "read-model"]),
    (
        "projector-server",
        &["projector", "event-archive", "fold", "platform", "process", "read-model"],
    ),
    (
        "query-api-server",
        &[
            "query-api",
            "events",
            "fold",
            "platform",
            "process",
            "read-model",
            "search-index",
            "web-page",
        ],
    ),
    (
        "realtime-server",
        &["realtime", "events", "fold", "platform", "process", "read-model", "wire"],
    ),
    (
        "replay-tools",
        &[
            "events",
            "domain",
            "event-log",
            "event-archive",
            "fold",
            "platform",
            "process",
            "projector",
            "read-model",
            "sealing",
            "search-index",
            "wire",
        ],
    ),
    (
        "nottermost",
        &[
            "events",
            "fold",
            "platform",
            "process",
            "read-model",
            "search-index",
            "command-api",
            "command-api-server",
            "projector",
            "projector-server",
            "query-api",
            "realtime",
            "realtime-server",
            "web-page",
        ],
    ),
];

/// The processes that write nothing but `presence`, and what would let them.
const READERS: [&str; 4] = ["query-api", "query-api-server", "realtime", "realtime-server"];
const WAYS_TO_APPEND: [&str; 5] =
    ["EventLog", "EmbeddedLog", "KafkaLog", "storage.log", "PresenceAppender::new"];

/// Who brings times along into a log, and what lets it.
const COPIER: &str = "replay-tools";
const WAYS_TO_COPY: [&str; 4] = ["event_log::copying", "CopyTarget", "EmbeddedCopy", "KafkaCopy"];

/// The crates of tests and benchmarks: they may know anyone, nobody else may know them.
const TESTS: [&str; 5] = ["architecture", "bench", "older-query-api", "simulation", "system-tests"];

/// Crates that must stay pure, with everything that they are built with.
const PURE: [&str; 2] = ["events", "domain"];
/// Crates that read or write something, or run something, on their own.
const IMPURE: [&str; 16] = [
    "async-std",
    "axum",
    "fjall",
    "hyper",
    "metrics",
    "mio",
    "rdkafka",
    "reqwest",
    "rustix",
    "smol",
    "socket2",
    "sqlx",
    "tantivy",
    "tempfile",
    "tokio",
    "tracing",
];

#[test]
fn no_crate_knows_one_that_it_must_not_know() {
    let workspace = Workspace::load();
    let ours = workspace.members();
    let mut forbidden = Vec::new();
    for (from, allowed) in MAY_KNOW {
        for to in workspace.direct(from).intersection(&ours) {
            if !allowed.contains(&to.as_str()) {
                forbidden.push(format!("{from} -> {to}"));
            }
        }
    }
    assert!(forbidden.is_empty(), "forbidden arrows: {}", forbidden.join(", "));
}

#[test]
fn every_crate_stands_in_the_table() {
    let listed = MAY_KNOW.iter().map(|(name, _)| *name).chain(TESTS);
    let listed: BTreeSet<_> = listed.map(str::to_owned).collect();
    assert_eq!(Workspace::load().members(), listed);
}

#[test]
fn facts_and_rules_are_pure() {
    let workspace = Workspace::load();
    for member in PURE {
        let closure = workspace.closure(member);
        let impure: Vec<_> = IMPURE.iter().filter(|name| closure.contains(**name)).collect();
        assert!(impure.is_empty(), "{member} is built with {impure:?}");
    }
    assert!(workspace.closure("event-log").contains("tokio"), "the closure sees dependencies");
}

#[test]
fn realtime_cannot_reach_postgres() {
    let direct = Workspace::load().direct("realtime");
    assert!(!direct.contains("sqlx") && !direct.contains("read-model"), "{direct:?}");
}

#[test]
fn no_reader_is_built_with_what_writes_rows() {
    let workspace = Workspace::load();
    for reader in READERS {
        let closure = workspace.closure(reader);
        assert!(!closure.contains("projector"), "{reader} reaches the projector");
        assert!(!closure.contains("command-api"), "{reader} reaches command-api");
    }
    assert!(workspace.closure("nottermost").contains("projector"), "the closure sees services");
}

/// Which of these names stand in the sources of a crate.
fn named_in<'n>(folder: &Path, names: &[&'n str]) -> BTreeSet<&'n str> {
    let root = architecture::root().canonicalize().expect("the root is there");
    let source = folder.join("src");
    let source = source.strip_prefix(&root).expect("our crates are below the root");
    let files = architecture::rust_files().into_iter().filter(|file| file.starts_with(source));
    let read = |file| std::fs::read_to_string(root.join(file)).expect("our files are readable");
    let texts: Vec<_> = files.map(read).collect();
    assert!(!texts.is_empty(), "{} has sources", folder.display());
    names.iter().copied().filter(|name| texts.iter().any(|text| text.contains(name))).collect()
}

/// What they are handed is the log's reading half and a way into `presence`, both types of their own:
/// only a name of the appending half could lead past them.
#[test]
fn no_reader_names_a_way_to_append() {
    let folders = Workspace::load().folders();
    for reader in READERS {
        let named = named_in(&folders[reader], &WAYS_TO_APPEND);
        assert!(named.is_empty(), "{reader} names {named:?}");
    }
}

#[test]
fn only_the_tools_bring_times_along_into_a_log() {
    let folders = Workspace::load().folders();
    for (name, _) in MAY_KNOW.iter().filter(|(name, _)| !["event-log", COPIER].contains(name)) {
        let named = named_in(&folders[*name], &WAYS_TO_COPY);
        assert!(named.is_empty(), "{name} names {named:?}");
    }
    assert_eq!(named_in(&folders[COPIER], &WAYS_TO_COPY).len(), WAYS_TO_COPY.len());
}
