//! What belongs to an export.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use events::{ChannelEvent, ChannelId, Id, TeamId, Topic, UserId};

use crate::history::moment::{Instant, Moment};
use crate::history::names::Names;
use crate::history::past::{ChannelPast, DirectoryPast, PostPast, read};
use crate::history::source::Source;
use crate::history::{Kind, Until};

/// Channels with their posts, and the teams and accounts that occur in them.
pub(super) struct Collected {
    pub at: Instant,
    pub names: Names,
    pub directory: DirectoryPast,
    pub channels: Vec<ChannelPast>,
    pub teams: BTreeSet<TeamId>,
    pub people: BTreeSet<UserId>,
    /// Of an export of one account: of the others only what they are called.
    only: Option<UserId>,
}

impl Collected {
    pub async fn read(source: &Source, kind: Kind, id: Id, moment: Option<Moment>) -> Result<Self> {
        let until = source.until(moment).await?;
        let directory = read::directory(source, until).await?;
        let channels = match kind {
            Kind::Channel => vec![read::channel(source, ChannelId(id), until).await?],
            Kind::Team => of_team(source, TeamId(id), &directory, until).await?,
            Kind::Account => of_account(source, UserId(id), &directory, until).await?,
            Kind::Post => bail!("a post is exported with its channel"),
        };
        let at = if moment.is_some() { until.at } else { source.newest() };
        let names = Names::read(source).await?;
        let only = (kind == Kind::Account).then_some(UserId(id));
        let (teams, people) = (BTreeSet::new(), BTreeSet::new());
        let mut collected = Self { at, names, directory, channels, teams, people, only };
        match kind {
            Kind::Team => drop(collected.teams.insert(TeamId(id))),
            Kind::Account => drop(collected.people.insert(UserId(id))),
            Kind::Channel | Kind::Post => {}
        }
        collected.note_teams_and_people(kind);
        Ok(collected)
    }

    fn note_teams_and_people(&mut self, kind: Kind) {
        for channel in &self.channels {
            self.teams.extend(channel.team_id);
            if kind != Kind::Account || channel.team_id.is_none() {
                self.people.extend(channel.members.keys());
            }
            for post in channel.posts.values() {
                self.people.insert(post.author_id);
                self.people.extend(post.deleted.map(|(_, by)| by));
                self.people.extend(post.reactions.keys().map(|(user, _)| *user));
            }
        }
        if kind == Kind::Team {
            let members = self.teams.iter().filter_map(|team| self.directory.teams.get(team));
            self.people.extend(members.flat_map(|team| team.members.keys()));
        }
    }

    /// A field of somebody's profile, empty where it is not for this export.
    pub fn profile(&self, user: UserId, field: &str) -> &str {
        let shown = self.only.is_none_or(|only| only == user);
        let account = self.directory.accounts.get(&user).filter(|_| shown);
        account.map_or("", |account| account.text(field))
    }

    pub fn username(&self, user: UserId) -> String {
        self.names.person(user, self.at.0)
    }
}

async fn of_team(
    source: &Source,
    team: TeamId,
    directory: &DirectoryPast,
    until: Until,
) -> Result<Vec<ChannelPast>> {
    directory
        .teams
        .get(&team)
        .with_context(|| format!("there is no team {team}, or it was not there yet"))?;
    let is_its =
        |channel: ChannelId| directory.channels.get(&channel).is_some_and(|(of, _)| *of == team);
    let wanted = |channel: ChannelId, _: &ChannelEvent| is_its(channel);
    let channels = read::channels(source, Topic::Channels.partitions(), until, wanted).await?;
    Ok(channels.into_values().filter(ChannelPast::exists).collect())
}

/// The channels in which somebody is or ever said something, with what they said.
async fn of_account(
    source: &Source,
    person: UserId,
    directory: &DirectoryPast,
    until: Until,
) -> Result<Vec<ChannelPast>> {
    directory
        .accounts
        .get(&person)
        .with_context(|| format!("there is no account {person}, or it was not there yet"))?;
    let wanted = |_: ChannelId, event: &ChannelEvent| match event {
        ChannelEvent::PostCreated(b) => b.c.author_id == person,
        ChannelEvent::PostEdited(b) => b.c.author_id == person,
        ChannelEvent::FileUploaded(b) => b.c.owner_id == person,
        _ => true,
    };
    let channels = read::channels(source, Topic::Channels.partitions(), until, wanted).await?;
    let mut channels: Vec<ChannelPast> = channels.into_values().collect();
    for channel in &mut channels {
        let is_theirs = |post: &PostPast| post.author_id == person && post.notice.is_none();
        channel.posts.retain(|_, post| is_theirs(post));
    }
    channels.retain(|c| !c.posts.is_empty() || c.members.contains_key(&person));
    Ok(channels)
}
