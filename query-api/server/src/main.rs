//! The process `query-api`.

use std::process::ExitCode;

const ABOUT: &str = "nottermost, the side that reads: rows, search, files";

fn main() -> ExitCode {
    process::main("query-api", ABOUT, query_api_server::run)
}
