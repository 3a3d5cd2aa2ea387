//! What operators do with a log: look into it, tell what happened and how it was, take evidence out of it,
//! make the read models anew from it, compare them with it, copy it to another place, work on its keys;
//! verify its archive, and make a log of that; have a server erase a person. And what they put in front of
//! the services: the edge's configuration, kept to those that can serve.
//!
//! Owns the commands of the binary `replay`. It must never append to the log that it reads, but for an
//! operator's event in place of a dead letter, never cause
//! a side effect outside the read models, a copy and an export, and never work on the log beside a running
//! server: each command that touches data holds the lock of the data directory. What is archived never
//! changes, so to verify it and to read history in it takes no lock. What can be done while a server
//! serves, that server does: it is asked.

mod archive_log;
mod archive_then_log;
mod beside;
mod cat;
mod compare;
mod copy_log;
pub mod edge;
mod erase;
mod history;
mod keys;
mod progress;
mod rebuild;
mod restore;
mod restored_log;
mod retention;
mod rules;
mod server;
mod status;
mod stopped;
mod topics;
mod verify;
mod versions;

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use events::Partition;
use platform::config::{Config, LogUrl};
use platform::data_dir::DataDirError;
use sealing::KeyName;

pub use cat::Range;
pub use erase::Erasure;
pub use history::{
    DeadLetterTask, DeadLetters, Evidence, Export, Format, HistoryTask, Instant, InvalidMoment,
    Kind, Moment, ReadFrom, StateAt, Story,
};
pub use projector::beside::Wish;
pub use rebuild::{Part, Rebuild};
pub use retention::RetentionRun;
pub use rules::Rules;

pub use stopped::MadeFrom;

use stopped::{Stopped, WithRows};

/// What can be asked of the tools.
#[derive(Debug, Clone)]
pub enum Task {
    /// Make rows and index anew from the log, or one of them.
    Rebuild(Rebuild),
    /// Say whether rows and index are what the log says, or the archive and the log behind it.
    Compare(MadeFrom),
    /// Say how far log, rows, index, snapshots and archive are.
    Status,
    /// Have a running server make another version of rows and index, or do something with it.
    Beside(Wish),
    /// Say which versions a running server has.
    StatusBeside,
    /// Make the topics of a log on Kafka, or say what is wrong with them.
    Topics,
    /// Make a log in another place the same as this one.
    CopyLog(Route),
    /// Say whether the archive is whole and unchanged, for people or as one JSON document.
    Verify { json: bool },
    /// Say whether an export of evidence is what was written, and what the archive has.
    VerifyExport { folder: PathBuf, json: bool },
    /// Make a log from the archive.
    Restore { to: LogUrl, confirmed: bool },
    /// Work on the keys to what is personal.
    Keys(KeysTask),
    /// Say what happened, or how it was.
    History(HistoryTask),
    /// Show the events of a partition.
    Cat { partition: Partition, range: Range },
}

/// From which log, the configured one if it is not said, to which.
#[derive(Debug, Clone)]
pub struct Route {
    pub from: Option<LogUrl>,
    pub to: LogUrl,
}

/// What is done with keys.
#[derive(Debug, Clone, Copy)]
pub enum KeysTask {
    /// Wrap by the first master key what others wrapped.
    Rewrap,
    /// Take a lost key for destroyed.
    GiveUp(KeyName),
}

/// How a task ended that could be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Good,
    /// What was compared is not equal.
    Different,
}

/// Does `task` on the data that `config` names; says what there is to say on standard output.
///
/// # Errors
/// What kept it from being done.
pub async fn run(config: &Config, task: Task) -> Result<Outcome> {
    match task {
        Task::Beside(wish) => beside::run(config, wish).await,
        Task::StatusBeside => beside::status(config).await,
        Task::Topics => topics::run(config).await,
        Task::Keys(task) => keys::run(config, task).await,
        Task::CopyLog(route) => copy_log::run(config, route).await,
        Task::Verify { json } => verify::run(config, json).await,
        Task::VerifyExport { folder, json } => history::verify_export(config, &folder, json).await,
        Task::Restore { to, confirmed } => restore::run(config, to, confirmed).await,
        Task::History(task) => history::run(config, task).await,
        Task::Cat { partition, range } => {
            cat::run(&Stopped::open(config).await?, partition, range).await
        }
        Task::Rebuild(asked) => {
            rebuild::run(config, &stopped(config, asked.from).await?, asked.what).await
        }
        Task::Compare(from) => {
            stopped(config, from).await?.with_database(config, compare::run).await
        }
        Task::Status => {
            let status = async |with: WithRows<'_>| status::run(config, with).await;
            stopped(config, MadeFrom::Log).await?.with_database(config, status).await
        }
    }
}

/// A stopped server's data, for what can be done beside one that runs, too.
async fn stopped(config: &Config, from: MadeFrom) -> Result<Stopped> {
    Stopped::open_from(config, from).await.map_err(|error| {
        match error.downcast_ref::<DataDirError>() {
            Some(DataDirError::InUse { .. }) => anyhow!("{error}; --beside works while it serves"),
            _ => error,
        }
    })
}
