//! Which records belong to a story, and in what order.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::{Context, Result, bail, ensure};
use events::channel::Notice;
use events::{
    Actor, ChannelEvent, ChannelId, DirectoryEvent, Event, Id, Partition, PostId, TeamId, Topic,
    UserId,
};
use fold::Folded;

use super::channels::ChannelTeller;
use super::directory::told as directory_told;
use super::people::told as person_told;
use super::{Line, Story};
use crate::history::Kind;
use crate::history::Until;
use crate::history::names::Names;
use crate::history::past::{ChannelPast, DirectoryPast};
use crate::history::source::{Entry, Source, channel_event, is_applied, joined, names_id};

/// Everything that belongs to the story, in order of time.
pub(super) async fn lines(source: &Source, names: &Names, story: &Story) -> Result<Vec<Line>> {
    let until = source.until(story.until).await?;
    let told = Gathering { source, names, until, void: story.void, lines: Vec::new() };
    ensure!(
        story.channel.is_none() || story.kind == Kind::Post,
        "--channel says where a post is; a {} is found without it",
        story.kind
    );
    let mut lines = match story.kind {
        Kind::Post => told.post(PostId(story.id), story.channel).await?,
        Kind::Channel => told.channel(ChannelId(story.id)).await?,
        Kind::Team => told.team(TeamId(story.id)).await?,
        Kind::Account => told.account(UserId(story.id)).await?,
    };
    lines.retain(|line| story.since.is_none_or(|since| line.at() >= since.0));
    lines.sort_by_key(|line| (line.at(), line.position()));
    Ok(lines)
}

/// The channel of a post, and the root of its thread if it is a reply.
///
/// # Errors
/// No such post was ever made; the log cannot be read.
async fn post_channel(
    source: &Source,
    post: PostId,
    channel: Option<ChannelId>,
) -> Result<(ChannelId, Option<PostId>)> {
    let partitions: Vec<Partition> = match channel {
        Some(channel) => vec![Partition::of(Topic::Channels, channel.as_bytes())],
        None => Topic::Channels.partitions().collect(),
    };
    for partition in partitions {
        let mut found = None;
        let wanted = |folded: &Folded| is_applied(folded) && makes(folded, post).is_some();
        let each = |entry: Entry| {
            found = makes(&entry.opened, post);
            ControlFlow::Break(())
        };
        source.search(partition, Until::END, wanted, each).await?;
        if let Some((at, root)) = found {
            ensure!(channel.is_none_or(|hint| hint == at), "post {post} is in the channel {at}");
            return Ok((at, root));
        }
    }
    match channel {
        Some(channel) => bail!("there is no post {post} in the channel {channel}"),
        None => bail!("there is no post {post}"),
    }
}

/// The channel and the root of the post, if this record makes it.
fn makes(folded: &Folded, post: PostId) -> Option<(ChannelId, Option<PostId>)> {
    let (channel, event) = channel_event(folded)?;
    if let ChannelEvent::PostCreated(b) = event {
        let root = b.c.root.as_ref().map(|root| root.post_id);
        return (b.c.post_id == post).then_some((channel, root));
    }
    notices(event).iter().any(|notice| notice.post_id == post).then_some((channel, None))
}

fn notices(event: &ChannelEvent) -> &[Notice] {
    use ChannelEvent as E;
    match event {
        E::ChannelSettingsChanged(b) => &b.c.notices,
        E::ChannelPrivacyChanged(b) => std::slice::from_ref(&b.c.notice),
        E::ChannelArchived(b) => std::slice::from_ref(&b.c.notice),
        E::ChannelRestored(b) => std::slice::from_ref(&b.c.notice),
        E::ChannelMembersAdded(b) => b.c.notice.as_slice(),
        E::ChannelMemberRemoved(b) => b.c.notice.as_slice(),
        _ => &[],
    }
}

/// Whether it happened to the post, or to what it says.
fn concerns_post(folded: &Folded, post: PostId, root: Option<PostId>) -> bool {
    let Some((_, event)) = channel_event(folded) else { return false };
    match event {
        ChannelEvent::PostDeleted(b) => b.c.post_id == post || Some(b.c.post_id) == root,
        ChannelEvent::ChannelAuthorErased(_) | ChannelEvent::ChannelPostsExpired(_) => true,
        _ => names_id(folded, post.0),
    }
}

/// Whether somebody did it, or it was done to them. What others write to or of them is the others'.
fn concerns_person(folded: &Folded, person: UserId) -> bool {
    let Some((meta, event)) = &folded.decoded else { return false };
    let acts = meta.actor == Actor::User(person);
    match event {
        Event::Channels(ChannelEvent::PostCreated(b)) => b.c.author_id == person,
        Event::Channels(ChannelEvent::PostEdited(b)) => acts || b.c.author_id == person,
        _ => acts || names_id(folded, person.0),
    }
}

struct Gathering<'s> {
    source: &'s Source,
    names: &'s Names,
    until: Until,
    void: bool,
    lines: Vec<Line>,
}

impl Gathering<'_> {
    async fn post(mut self, post: PostId, channel: Option<ChannelId>) -> Result<Vec<Line>> {
        let (channel, root) = post_channel(self.source, post, channel).await?;
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        let wanted = |folded: &Folded| {
            channel_event(folded).is_some_and(|(of, _)| of == channel)
                && concerns_post(folded, post, root)
        };
        self.channels(partition, Some(post), wanted).await?;
        Ok(self.lines)
    }

    async fn channel(mut self, channel: ChannelId) -> Result<Vec<Line>> {
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        self.directory(|folded| names_id(folded, channel.0)).await?;
        let of = |folded: &Folded| channel_event(folded).is_some_and(|(of, _)| of == channel);
        self.channels(partition, None, of).await?;
        self.found("channel", channel.0)
    }

    async fn team(mut self, team: TeamId) -> Result<Vec<Line>> {
        let names = self.names;
        let of_team = |folded: &Folded| match folded.decoded.as_ref().map(|(_, event)| event) {
            Some(Event::Directory(DirectoryEvent::ChannelNameChanged(b))) => {
                names.team_of(b.c.channel_id) == Some(team)
            }
            Some(Event::Directory(
                DirectoryEvent::UserErased(_) | DirectoryEvent::UserGuestChanged(_),
            )) => folded.verdict.applied().is_some_and(|applied| applied.teams.contains(&team)),
            _ => names_id(folded, team.0),
        };
        self.directory(of_team).await?;
        self.found("team", team.0)
    }

    async fn account(mut self, person: UserId) -> Result<Vec<Line>> {
        ensure!(self.names.knows_person(person), "there is no account {person}");
        let wanted = |folded: &Folded| concerns_person(folded, person);
        self.directory(wanted).await?;
        for partition in Topic::Channels.partitions() {
            self.channels(partition, None, wanted).await?;
        }
        let own = Partition::of(Topic::Users, person.as_bytes());
        let (names, wanted) = (self.names, counts(self.void, wanted));
        let lines = &mut self.lines;
        let each = |entry: Entry| {
            let text = person_told(&entry, names);
            lines.extend(text.map(|text| Line { entry, text }));
        };
        self.source.walk(own, self.until, wanted, each).await?;
        Ok(self.lines)
    }

    async fn directory(&mut self, wanted: impl Fn(&Folded) -> bool) -> Result<()> {
        let mut past = DirectoryPast::default();
        let (names, counts) = (self.names, counts(self.void, wanted));
        let lines = &mut self.lines;
        let each = |entry: Entry| {
            let text = directory_told(&entry, &past, names);
            if let Some((_, Event::Directory(event), applied)) = entry.opened.applied() {
                past.absorb(event, applied);
            }
            lines.extend(text.map(|text| Line { entry, text }));
        };
        self.source.walk(Partition::DIRECTORY, self.until, counts, each).await
    }

    async fn channels(
        &mut self,
        partition: Partition,
        focus: Option<PostId>,
        wanted: impl Fn(&Folded) -> bool,
    ) -> Result<()> {
        let mut pasts = BTreeMap::new();
        let (names, counts) = (self.names, counts(self.void, wanted));
        let lines = &mut self.lines;
        let each = |entry: Entry| {
            let Some((channel, event)) = channel_event(&entry.opened) else { return };
            let past = pasts.entry(channel).or_insert_with(|| ChannelPast::new(channel));
            let joined = joined(&entry);
            let teller = ChannelTeller { names, past, focus, at: entry.at() };
            let text = teller.told(&entry, event, &joined);
            if is_applied(&entry.opened) {
                past.absorb(event, entry.at(), &joined);
            }
            lines.extend(text.map(|text| Line { entry, text }));
        };
        self.source.walk(partition, self.until, counts, each).await
    }

    fn found(self, kind: &str, id: Id) -> Result<Vec<Line>> {
        let first = self.lines.first();
        first.with_context(|| format!("there is no {kind} {id}, or it was not there yet"))?;
        Ok(self.lines)
    }
}

/// What is wanted and, unless void events are told, has an effect.
fn counts<F: Fn(&Folded) -> bool>(void: bool, wanted: F) -> impl Fn(&Folded) -> bool {
    move |folded| (void || is_applied(folded)) && folded.decoded.is_some() && wanted(folded)
}
