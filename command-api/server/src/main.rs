//! The process `command-api`.

use std::process::ExitCode;

const ABOUT: &str = "nottermost, the side that writes: from a request to an event and its verdict";

fn main() -> ExitCode {
    process::main("command-api", ABOUT, command_api_server::run)
}
