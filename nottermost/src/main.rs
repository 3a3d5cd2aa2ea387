//! The one-process server.

use std::process::ExitCode;

const ABOUT: &str =
    "A team-chat server that speaks the Mattermost v4 protocol, on an immutable event log";

fn main() -> ExitCode {
    process::main("nottermost", ABOUT, nottermost::run)
}
