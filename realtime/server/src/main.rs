//! The process `realtime`.

use std::process::ExitCode;

const ABOUT: &str = "nottermost, the sockets: pushes what happens to those who may know it";

fn main() -> ExitCode {
    process::main("realtime", ABOUT, realtime_server::run)
}
