//! `replay state`: how a channel, a team or an account was at a moment.

mod documents;
mod prose;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail};
use clap::Args;
use events::{ChannelId, Id, TeamId, UserId};

use self::documents::{Account, Channel, State, Team};
use super::Kind;
use super::moment::Moment;
use super::names::Names;
use super::past::read;
use super::source::{ReadFrom, Source};
use crate::Outcome;

/// How something was, told for people or as one JSON document.
#[derive(Debug, Clone, Args)]
pub struct StateAt {
    /// What it is about: a channel, a team or an account.
    #[arg(value_enum)]
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// When: a time, as in 2026-11-26T09:12:03Z, or the position of the last record that counts, as in
    /// 1.channels-07.4711; elsewhere that is the record's time. Without it: at the end.
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<Moment>,
    /// How many of a channel's posts are shown, the newest ones.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub posts: usize,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
    /// Where it is read: the log where no server runs, else the archive, unless it is said.
    #[arg(long, value_enum)]
    pub from: Option<ReadFrom>,
}

pub(crate) async fn run(source: &Source, asked: &StateAt) -> Result<Outcome> {
    let state = state(source, asked).await?;
    if asked.json {
        println!("{}", serde_json::to_string(&state)?);
    } else {
        prose::lines(&state).iter().for_each(|line| println!("{line}"));
    }
    Ok(Outcome::Good)
}

async fn state(source: &Source, asked: &StateAt) -> Result<State> {
    let until = source.until(asked.at).await?;
    let at = if asked.at.is_some() { until.at } else { source.newest() };
    let names = Names::read(source).await?;
    match asked.kind {
        Kind::Channel => {
            let past = read::channel(source, ChannelId(asked.id), until).await?;
            Ok(State::Channel(Channel::of(&past, asked.posts, at, &names)))
        }
        Kind::Team => {
            let id = TeamId(asked.id);
            let directory = read::directory(source, until).await?;
            let team = directory.teams.get(&id);
            let team = team.with_context(|| not_there(asked))?;
            Ok(State::Team(Team::of(id, team, &directory, at, &names)))
        }
        Kind::Account => {
            let id = UserId(asked.id);
            let directory = read::directory(source, until).await?;
            let account = directory.accounts.get(&id).with_context(|| not_there(asked))?;
            let channels = read::channels_of(source, id, until).await?;
            Ok(State::Account(Account::of(id, account, &directory, &channels, at, &names)))
        }
        Kind::Post => bail!("how a post was is told by its story: replay story post {}", asked.id),
    }
}

fn not_there(asked: &StateAt) -> String {
    format!("there is no {} {}, or it was not there yet", asked.kind, asked.id)
}
