//! The command line that all processes share.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, Command, value_parser};
use platform::config::Config;
use platform::failure_line;

/// What may be left running for so long after everything was stopped: nothing that matters.
const LEFTOVERS: Duration = Duration::from_millis(500);

const HELP: &str = "Every setting has a default, can stand in a TOML file, and can be given as an environment \
variable: NOTTERMOST_HTTP__LISTEN is `listen` in the section `http`.";

/// Reads arguments and configuration, runs, and says in one line why it could not.
pub fn main(
    name: &'static str,
    about: &'static str,
    run: impl AsyncFnOnce(Config) -> anyhow::Result<()>,
) -> ExitCode {
    crate::memory::set_up();
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("The configuration file; NOTTERMOST_CONFIG names one too");
    let command = Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .about(about)
        .after_help(HELP)
        .arg(file);
    let file = command.get_matches().remove_one::<PathBuf>("config");
    match run_to_end(file, run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may read standard error; there is nobody else to tell.
            let _ = writeln!(std::io::stderr(), "{name}: {}", failure_line(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run_to_end(
    file: Option<PathBuf>,
    run: impl AsyncFnOnce(Config) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let config = Config::from_process(file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(config));
    runtime.shutdown_timeout(LEFTOVERS);
    outcome
}
