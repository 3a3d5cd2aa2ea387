//! Reading what was at a moment.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use events::{ChannelEvent, ChannelId, Event, Partition, Topic, UserId};
use fold::Folded;

use super::{ChannelPast, DirectoryPast};
use crate::history::Until;
use crate::history::source::{Entry, Source, channel_event, is_applied, joined};

/// Everyone and every team at that moment.
///
/// # Errors
/// The directory cannot be read.
pub(crate) async fn directory(source: &Source, until: Until) -> Result<DirectoryPast> {
    let mut past = DirectoryPast::default();
    let each = |entry: Entry| {
        if let Some((_, Event::Directory(event), applied)) = entry.opened.applied() {
            past.absorb(event, applied);
        }
    };
    source.walk(Partition::DIRECTORY, until, is_applied, each).await?;
    Ok(past)
}

/// A channel at that moment, with its posts.
///
/// # Errors
/// It was not there; the log cannot be read.
pub(crate) async fn channel(
    source: &Source,
    channel: ChannelId,
    until: Until,
) -> Result<ChannelPast> {
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let wanted = |of: ChannelId, _: &ChannelEvent| of == channel;
    let past = channels(source, [partition], until, wanted).await?.remove(&channel);
    let past = past.unwrap_or_else(|| ChannelPast::new(channel));
    ensure!(past.exists(), "there is no channel {channel}, or it was not there yet");
    Ok(past)
}

/// The channels in which somebody was a member at that moment, without their posts.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn channels_of(
    source: &Source,
    person: UserId,
    until: Until,
) -> Result<Vec<ChannelPast>> {
    let wanted = |_: ChannelId, event: &ChannelEvent| match event {
        ChannelEvent::ChannelCreated(_)
        | ChannelEvent::ChannelDirectOpened(_)
        | ChannelEvent::ChannelGroupOpened(_) => true,
        ChannelEvent::ChannelMembersAdded(b) => {
            b.c.members.iter().any(|member| member.user_id == person)
        }
        ChannelEvent::ChannelMemberRemoved(b) => b.c.user_id == person,
        _ => false,
    };
    let pasts = channels(source, Topic::Channels.partitions(), until, wanted).await?;
    Ok(pasts.into_values().filter(|past| past.members.contains_key(&person)).collect())
}

/// Channels at that moment, as the wanted ones of their events made them.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn channels(
    source: &Source,
    partitions: impl IntoIterator<Item = Partition>,
    until: Until,
    wanted: impl Fn(ChannelId, &ChannelEvent) -> bool,
) -> Result<BTreeMap<ChannelId, ChannelPast>> {
    let mut pasts = BTreeMap::new();
    for partition in partitions {
        let applies = |folded: &Folded| {
            let event = channel_event(folded).filter(|_| is_applied(folded));
            event.is_some_and(|(channel, event)| wanted(channel, event))
        };
        let each = |entry: Entry| {
            let Some((channel, event)) = channel_event(&entry.opened) else { return };
            let past = pasts.entry(channel).or_insert_with(|| ChannelPast::new(channel));
            past.absorb(event, entry.at(), &joined(&entry));
        };
        source.walk(partition, until, applies, each).await?;
    }
    Ok(pasts)
}
