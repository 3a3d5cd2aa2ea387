//! A query-api of before the second rules, for tests of installations whose processes differ in age.

use std::process::ExitCode;

const NAME: &str = "older-query-api";
const ABOUT: &str = "query-api as it was before the second rules";

fn main() -> ExitCode {
    process::main(NAME, ABOUT, |config| query_api_server::run_knowing(config, NAME, 1))
}
