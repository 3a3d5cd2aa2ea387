//! `replay export channel|team|account`: everything of it, for another program.

mod collect;
mod data;
mod jsonl;
mod mattermost;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use events::Id;
use serde_json::Value;

use self::collect::Collected;
use super::Kind;
use super::moment::Moment;
use super::source::{ReadFrom, Source};
use crate::Outcome;

/// What an export holds.
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// Its id.
    pub id: Id,
    /// The folder that is made; it must not be there yet.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
    /// As it was at this time or position (1.channels-07.4711); without it, at the end.
    #[arg(long, value_name = "MOMENT", alias = "at")]
    pub until: Option<Moment>,
    /// Where it is read: the log where no server runs, else the archive, unless it is said.
    #[arg(long, value_enum)]
    pub from: Option<ReadFrom>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One document per line, with every version of every post and what was deleted.
    Jsonl,
    /// What Mattermost's bulk loading takes: what stands, without system posts.
    Mattermost,
}

impl Format {
    fn file(self) -> &'static str {
        match self {
            Self::Jsonl => "export.jsonl",
            Self::Mattermost => "import.jsonl",
        }
    }
}

pub(crate) async fn run(source: &Source, kind: Kind, export: &Export) -> Result<Outcome> {
    let collected = Collected::read(source, kind, export.id, export.until).await?;
    made(&export.out)?;
    let copied = data::copy(source, &collected, &export.out).await?;
    let lines = match export.format {
        Format::Jsonl => jsonl::lines(&collected, &copied),
        Format::Mattermost => mattermost::lines(&collected, &copied),
    };
    let file = export.out.join(export.format.file());
    write(&file, &lines)?;
    println!(
        "{}: {} lines, and {} files ({} whose bytes are gone)",
        file.display(),
        lines.len(),
        copied.paths.len(),
        copied.missing
    );
    Ok(Outcome::Good)
}

/// Makes the folder of an export: nothing of another one may lie in it.
pub(super) fn made(out: &Path) -> Result<()> {
    ensure!(!out.exists(), "{} is there already", out.display());
    std::fs::create_dir_all(out).with_context(|| format!("failed to make {}", out.display()))
}

fn write(file: &Path, lines: &[Value]) -> Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.to_string());
        text.push('\n');
    }
    std::fs::write(file, text).with_context(|| format!("failed to write {}", file.display()))
}
