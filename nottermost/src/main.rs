//! The one-process server: reads its arguments, runs, and says in one line why it could not.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use platform::config::Config;
use platform::failure_line;

/// What may be left running for so long after everything was stopped: nothing that matters.
const LEFTOVERS: Duration = Duration::from_millis(500);

/// A team-chat server that speaks the Mattermost v4 protocol, on an immutable event log.
///
/// Every setting has a default, can stand in a TOML file, and can be given as an environment
/// variable: NOTTERMOST_HTTP__LISTEN is `listen` in the section `http`.
#[derive(Debug, Parser)]
#[command(name = "nottermost", version, about, verbatim_doc_comment)]
struct Arguments {
    /// The configuration file; NOTTERMOST_CONFIG names one too.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may read standard error; there is nobody else to tell.
            let _ = writeln!(std::io::stderr(), "nottermost: {}", failure_line(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::from_process(arguments.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(nottermost::run(config));
    runtime.shutdown_timeout(LEFTOVERS);
    outcome
}
