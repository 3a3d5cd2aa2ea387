//! The programs under test, built as their users build them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

struct Built {
    nottermost: PathBuf,
    replay: PathBuf,
}

/// The server's binary.
pub fn nottermost() -> &'static Path {
    &built().nottermost
}

/// The binary of the replay tools.
pub fn replay() -> &'static Path {
    &built().replay
}

/// Builds both in the profile of the tests, unless `NOTTERMOST_BIN` or `REPLAY_BIN` names one. Not
/// what lies in the target directory by chance: that may be of yesterday's code.
fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| Built {
        nottermost: given("NOTTERMOST_BIN").unwrap_or_else(|| build("nottermost", "nottermost")),
        replay: given("REPLAY_BIN").unwrap_or_else(|| build("replay-tools", "replay")),
    })
}

fn given(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// # Panics
/// If it does not build: there is nothing to test then.
fn build(package: &str, binary: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--message-format", "json-render-diagnostics"]);
    cargo.args(["--package", package, "--bin", binary]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs: it has run this test");
    assert!(output.status.success(), "{binary} does not build");
    let messages = String::from_utf8(output.stdout).expect("cargo writes JSON");
    let made = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let made: Option<String> = made
        .filter(|message| message["target"]["name"] == binary)
        .find_map(|message| message["executable"].as_str().map(str::to_owned));
    made.map(PathBuf::from).unwrap_or_else(|| panic!("cargo named no executable for {binary}"))
}
