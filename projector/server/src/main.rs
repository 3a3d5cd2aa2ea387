//! The process `projector`.

use std::process::ExitCode;

const ABOUT: &str = "nottermost, the projector: rows and index from the log";

fn main() -> ExitCode {
    process::main("projector", ABOUT, projector_server::run)
}
