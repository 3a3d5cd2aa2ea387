//! The binary `replay`: its arguments and how it ends.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use events::Partition;
use platform::config::{Config, LogUrl, Setting};
use platform::failure_line;
use replay_tools::edge::{self, Address, Edge, Follow, Listen};
use replay_tools::{
    DeadLetters, Erasure, Evidence, Export, HistoryTask, KeysTask, Kind, MadeFrom, Outcome, Part,
    Range, Rebuild, RetentionRun, Route, Rules, StateAt, Story, Task, Wish,
};
use sealing::KeyName;
use tokio::runtime::Runtime;

/// Tools for the log of nottermost and for what is made from it. Most work on a stopped server, or beside
/// services whose projector is stopped; what works while it serves says so.
#[derive(Debug, Parser)]
#[command(name = "replay", version, about)]
struct Arguments {
    /// The server's configuration file; NOTTERMOST_CONFIG names one too.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the configuration of nginx in front of services that are processes of their own, or keep
    /// a file of it to those that can serve.
    Edge(EdgeArguments),
    /// Have a running server erase an account for ever: what it wrote is blank, and its key is destroyed,
    /// so that nothing of it can be read from the log or an archive either.
    Erase(EraseArguments),
    /// Have a running server let go of what is past its time, as it does once a day; without --yes it is
    /// only said what that is, and the exit code is 1 if there is anything.
    Retention(RetentionArguments),
    /// Say which rules judge the log and which each running process knows; with --yes the newest are put in
    /// force, for every event from then on. There is no way back to programs that do not know them. The
    /// exit code is 1 if there are newer ones and nothing was done.
    Rules(RulesArguments),
    #[command(flatten)]
    Log(LogCommand),
}

/// A running server, and by whose word it is asked.
#[derive(Debug, Args)]
struct AskedServer {
    /// The server's address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8065")]
    server: String,
    /// A session token of an administrator.
    #[arg(long, env = "NOTTERMOST_TOKEN", hide_env_values = true)]
    token: String,
}

#[derive(Debug, Args)]
struct EraseArguments {
    /// A username, an e-mail address or an id; with --yes an id.
    account: String,
    #[command(flatten)]
    asked: AskedServer,
    /// Do it; without this it is only said who would be erased, and the exit code is 1.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct RetentionArguments {
    #[command(flatten)]
    asked: AskedServer,
    /// Do it.
    #[arg(long)]
    yes: bool,
    /// Print the report as one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RulesArguments {
    #[command(flatten)]
    asked: AskedServer,
    /// Do it.
    #[arg(long)]
    yes: bool,
    /// Also if processes run that do not know them: those end.
    #[arg(long)]
    force: bool,
    /// Print the report as one JSON document.
    #[arg(long)]
    json: bool,
}

impl From<RulesArguments> for Rules {
    fn from(arguments: RulesArguments) -> Self {
        let RulesArguments { asked: AskedServer { server, token }, yes, force, json } = arguments;
        Self { server, token, confirmed: yes, force, json }
    }
}

impl From<RetentionArguments> for RetentionRun {
    fn from(arguments: RetentionArguments) -> Self {
        let RetentionArguments { asked: AskedServer { server, token }, yes, json } = arguments;
        Self { server, token, confirmed: yes, json }
    }
}

impl From<EraseArguments> for Erasure {
    fn from(arguments: EraseArguments) -> Self {
        let EraseArguments { account, asked: AskedServer { server, token }, yes } = arguments;
        Self { account, server, token, confirmed: yes }
    }
}

/// Each option can be given several times.
#[derive(Debug, Args)]
struct EdgeArguments {
    /// Where nginx listens, with its parameters for that.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8065")]
    listen: Vec<Listen>,
    /// A process of command-api.
    #[arg(long, value_name = "HOST:PORT", required = true)]
    command_api: Vec<Address>,
    /// A process of query-api.
    #[arg(long, value_name = "HOST:PORT", required = true)]
    query_api: Vec<Address>,
    /// A process of realtime.
    #[arg(long, value_name = "HOST:PORT", required = true)]
    realtime: Vec<Address>,
    /// Instead of printing it, keep this file: ask every process for its health, without end, and
    /// take out those that cannot serve or leave.
    #[arg(long, value_name = "FILE", requires = "reload")]
    follow: Option<PathBuf>,
    /// What makes nginx read the file again, for the shell.
    #[arg(long, value_name = "COMMAND", requires = "follow")]
    reload: Option<String>,
}

impl EdgeArguments {
    fn split(self) -> (Edge, Option<Follow>) {
        let Self { listen, command_api, query_api, realtime, follow, reload } = self;
        let follow = follow.zip(reload).map(|(file, reload)| Follow { file, reload });
        (Edge { listen, command_api, query_api, realtime }, follow)
    }
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Make the read model and the search index anew from the log: of a stopped server in their place, or
    /// with --beside a next version while the server serves.
    Rebuild(RebuildArguments),
    /// Compare the read model and the search index with what the log says, or with --beside the version
    /// that serves with the one beside it; exits with 1 if they differ.
    Compare(CompareArguments),
    /// Have the next version of rows and index serve, at once for every reader and without a failed
    /// request, while the server serves. The one before is kept up to date.
    Cutover,
    /// Have the version serve again that served before the cutover, while the server serves.
    Rollback,
    /// Drop the version beside the one that serves, whichever it is; end a rebuild that is under way.
    Settle,
    /// Show how far log, read model, search index, snapshots and archive are, and which versions there are;
    /// with --beside only the versions, while the server serves.
    Status(BesideArgument),
    /// Make the topics of a log on Kafka; refuse those that would lose records.
    Topics,
    /// Make a log in another place the same as this one, record by record: embedded:<directory> or
    /// kafka://<host>:<port>[,<host>:<port>...][/<prefix>]. A copy that was cut short goes on.
    CopyLog {
        /// The log that is copied; the configured one if it is not said.
        #[arg(long, value_name = "URL", value_parser = log_url)]
        from: Option<LogUrl>,
        /// Where to. What is there must be how the log begins.
        #[arg(long, value_name = "URL", value_parser = log_url)]
        to: LogUrl,
    },
    /// Check the archive: that it is whole and unchanged, by hashes and signed digests, and that its
    /// verdicts are those that its records come to. Exits with 1 if something is wrong. Servers may run
    /// meanwhile.
    Verify {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
        /// Check an export of evidence instead: its signature, its files, and every record of it against
        /// the archive. Exits with 1, naming the file, if anything was changed, left out or put in.
        #[arg(long, value_name = "DIR")]
        export: Option<PathBuf>,
    },
    /// Make a log from the archive, record by record, for a log that is gone, and open the next epoch with
    /// it: should the log of before come back, its processes seal it and end within a minute. Without
    /// --yes it is only said what would be done, and the exit code is 1. A restore that was cut short goes
    /// on. To rehearse it, copy the archive and name the copy in archive.url.
    Restore {
        /// Where to: embedded:<directory> or kafka://<host>:<port>[,<host>:<port>...][/<prefix>]. What is
        /// there must be how the archive begins.
        #[arg(long, value_name = "URL", value_parser = log_url)]
        to: LogUrl,
        /// Do it.
        #[arg(long)]
        yes: bool,
    },
    /// Work on the keys to what is personal.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Tell what happened to a post, a channel, a team or an account, in order, with everyone called as
    /// they were then. A server may run meanwhile: then it is read from the archive, which is a minute
    /// behind at most.
    Story(Story),
    /// Show how a channel, a team or an account was at a moment: settings, members, posts. A server may
    /// run meanwhile, as for story.
    State(StateAt),
    /// Write out what a channel, a team or an account holds, for another program. A server may run
    /// meanwhile, as for story. What erased people said is blank.
    #[command(subcommand)]
    Export(ExportCommand),
    /// Look at records whose bytes are no event, also while a server runs, as for story; readmit them.
    DeadLetters(DeadLetters),
    /// Show the events of a partition, one JSON document per line.
    Cat {
        /// The partition, as in channels-07.
        partition: Partition,
        /// The first offset shown.
        #[arg(long, value_name = "OFFSET", default_value_t = 0)]
        from: u64,
        /// How many events are shown at most.
        #[arg(long, value_name = "COUNT", default_value_t = u64::MAX, hide_default_value = true)]
        limit: u64,
    },
}

#[derive(Debug, Args)]
struct RebuildArguments {
    /// Only this, of a stopped server; the other one stays as it is. (A version beside is always both.)
    #[arg(value_enum, conflicts_with = "beside")]
    what: Option<Part>,
    #[command(flatten)]
    from: FromArgument,
    #[command(flatten)]
    beside: BesideArgument,
}

#[derive(Debug, Args)]
struct CompareArguments {
    #[command(flatten)]
    from: FromArgument,
    #[command(flatten)]
    beside: BesideArgument,
}

#[derive(Debug, Args)]
struct FromArgument {
    /// What it is made from; the log if it is not said.
    #[arg(long, value_enum, conflicts_with = "beside")]
    from: Option<MadeFrom>,
}

#[derive(Debug, Args)]
struct BesideArgument {
    /// While the server serves: its process does it, asked through the database. To end this command does
    /// not end the work; to give it again follows it.
    #[arg(long)]
    beside: bool,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Wrap every key by the first master key of the file that an older one wrapped.
    Rewrap,
    /// Make a key in place of one that was lost: what was sealed under that one reads as erased, for ever.
    GiveUp {
        /// Which, as in people/<id> or channels/<id>.
        key: KeyName,
    },
}

#[derive(Debug, Subcommand)]
enum ExportCommand {
    /// A channel with its posts, and the team and the accounts that occur in it.
    Channel(Export),
    /// A team with its members and channels.
    Team(Export),
    /// What an account said, and where it is a member.
    Account(Export),
    /// Every event of a period, signed, as evidence: replay verify --export checks it. It holds what people
    /// wrote, so far as it can be read, and is as confidential as that.
    Evidence(Evidence),
}

impl From<ExportCommand> for HistoryTask {
    fn from(command: ExportCommand) -> Self {
        match command {
            ExportCommand::Channel(export) => Self::Export(Kind::Channel, export),
            ExportCommand::Team(export) => Self::Export(Kind::Team, export),
            ExportCommand::Account(export) => Self::Export(Kind::Account, export),
            ExportCommand::Evidence(evidence) => Self::Evidence(evidence),
        }
    }
}

impl From<KeysCommand> for KeysTask {
    fn from(command: KeysCommand) -> Self {
        match command {
            KeysCommand::Rewrap => Self::Rewrap,
            KeysCommand::GiveUp { key } => Self::GiveUp(key),
        }
    }
}

impl From<LogCommand> for Task {
    fn from(command: LogCommand) -> Self {
        match command {
            LogCommand::Rebuild(asked) if asked.beside.beside => Self::Beside(Wish::Rebuild),
            LogCommand::Compare(asked) if asked.beside.beside => Self::Beside(Wish::Compare),
            LogCommand::Status(at) if at.beside => Self::StatusBeside,
            LogCommand::Rebuild(RebuildArguments { what, from, .. }) => {
                Self::Rebuild(Rebuild { what, from: from.from.unwrap_or_default() })
            }
            LogCommand::Compare(asked) => Self::Compare(asked.from.from.unwrap_or_default()),
            LogCommand::Status(_) => Self::Status,
            LogCommand::Cutover => Self::Beside(Wish::Cutover),
            LogCommand::Rollback => Self::Beside(Wish::Rollback),
            LogCommand::Settle => Self::Beside(Wish::Settle),
            LogCommand::Topics => Self::Topics,
            LogCommand::Verify { json, export: None } => Self::Verify { json },
            LogCommand::Verify { json, export: Some(folder) } => {
                Self::VerifyExport { folder, json }
            }
            LogCommand::Restore { to, yes } => Self::Restore { to, confirmed: yes },
            LogCommand::Keys(command) => Self::Keys(command.into()),
            LogCommand::CopyLog { from, to } => Self::CopyLog(Route { from, to }),
            LogCommand::Story(story) => Self::History(HistoryTask::Story(story)),
            LogCommand::State(asked) => Self::History(HistoryTask::State(asked)),
            LogCommand::Export(command) => Self::History(command.into()),
            LogCommand::DeadLetters(asked) => Self::History(HistoryTask::DeadLetters(asked)),
            LogCommand::Cat { partition, from, limit } => {
                Self::Cat { partition, range: Range { from, limit } }
            }
        }
    }
}

fn log_url(text: &str) -> Result<LogUrl, String> {
    LogUrl::parse(text).map_err(|_| format!("accepted is {}", LogUrl::accepted()))
}

fn main() -> ExitCode {
    process::set_up_memory();
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Different) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody may read standard error; there is nobody else to tell.
            let _ = writeln!(std::io::stderr(), "replay: {}", failure_line(&*error));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let command = match arguments.command {
        Command::Log(command) => command,
        Command::Erase(arguments) => {
            return runtime()?.block_on(Erasure::from(arguments).run());
        }
        Command::Retention(arguments) => {
            return runtime()?.block_on(RetentionRun::from(arguments).run());
        }
        Command::Rules(arguments) => {
            return runtime()?.block_on(Rules::from(arguments).run());
        }
        Command::Edge(arguments) => {
            let (edge, follow) = arguments.split();
            match follow {
                None => std::io::stdout().write_all(edge.nginx().as_bytes())?,
                Some(follow) => runtime()?.block_on(followed(&edge, &follow))?,
            }
            return Ok(Outcome::Good);
        }
    };
    let config = Config::from_process(arguments.config)?;
    runtime()?.block_on(replay_tools::run(&config, command.into()))
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn followed(edge: &Edge, follow: &Follow) -> anyhow::Result<()> {
    let stop = platform::shutdown::listen()?;
    edge::follow(edge, follow, stop.cancelled()).await
}
