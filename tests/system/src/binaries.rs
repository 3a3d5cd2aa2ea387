//! The programs under test, built as their users build them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// What an installation consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Program {
    /// All services in one process.
    #[default]
    Nottermost,
    CommandApi,
    Projector,
    QueryApi,
    Realtime,
    Replay,
    /// query-api as it was before the second rules.
    OlderQueryApi,
}

impl Program {
    const ALL: [Self; 7] = [
        Self::Nottermost,
        Self::CommandApi,
        Self::Projector,
        Self::QueryApi,
        Self::Realtime,
        Self::Replay,
        Self::OlderQueryApi,
    ];

    /// The name of the binary, by which it announces itself too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nottermost => "nottermost",
            Self::CommandApi => "command-api",
            Self::Projector => "projector",
            Self::QueryApi => "query-api",
            Self::Realtime => "realtime",
            Self::Replay => "replay",
            Self::OlderQueryApi => "older-query-api",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Nottermost => "nottermost",
            Self::CommandApi => "command-api-server",
            Self::Projector => "projector-server",
            Self::QueryApi => "query-api-server",
            Self::Realtime => "realtime-server",
            Self::Replay => "replay-tools",
            Self::OlderQueryApi => "older-query-api",
        }
    }

    /// The variable that names a binary to use instead of building it.
    fn variable(self) -> Option<&'static str> {
        match self {
            Self::Nottermost => Some("NOTTERMOST_BIN"),
            Self::Replay => Some("REPLAY_BIN"),
            _ => None,
        }
    }

    /// The binary, built in the profile of the tests. Not what lies in the target directory by
    /// chance: that may be of yesterday's code.
    pub fn binary(self) -> &'static Path {
        static BUILT: OnceLock<HashMap<Program, PathBuf>> = OnceLock::new();
        let given = self.variable().and_then(std::env::var_os);
        given.map_or_else(
            || BUILT.get_or_init(build)[&self].as_path(),
            |given| Box::leak(PathBuf::from(given).into_boxed_path()),
        )
    }
}

/// All of them in one go: each selection of packages of its own would have cargo unify features anew
/// and build half of the world again. Not the whole workspace: its tests switch rules off.
///
/// # Panics
/// If they do not build: there is nothing to test then.
fn build() -> HashMap<Program, PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--message-format", "json-render-diagnostics"]);
    for program in Program::ALL {
        cargo.args(["--package", program.package()]);
    }
    cargo.arg("--bins");
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs: it has run this test");
    assert!(output.status.success(), "the programs do not build");
    let messages = String::from_utf8(output.stdout).expect("cargo writes JSON");
    let made: Vec<Value> =
        messages.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Program::ALL.into_iter().map(|program| (program, executable(&made, program))).collect()
}

fn executable(made: &[Value], program: Program) -> PathBuf {
    let named = made.iter().filter(|message| message["target"]["name"] == program.name());
    let mut executables = named.filter_map(|message| message["executable"].as_str());
    let found = executables.next();
    found.map(PathBuf::from).unwrap_or_else(|| panic!("cargo made no {}", program.name()))
}
