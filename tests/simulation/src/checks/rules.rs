//! The rules of the log, read naively: ids, times, versions, memberships, processes.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Refusal, Verdict, Void};
use events::channel::{Broadcast, LeftBecause};
use events::directory::JoinedVia;
use events::{ChannelEvent, ChannelId, Event, FIRST_EPOCH, UserId};

use super::{Story, ensure};
use crate::world::due;

pub fn hold(story: &Story) -> Result<(), String> {
    ids_are_decided_anew_only_when_forgotten(story)?;
    times_follow_the_log(story)?;
    rules_in_force(story)?;
    epochs(story)?;
    memberships(story)?;
    processes_are_complete(story)
}

/// The same id may be decided again only by a command that knew all up to the first verdict and found
/// it forgotten: never by a late or doubled record. Until then the first verdict stands, a refusal like
/// a success. An id that a key determined is not even forgotten once it was applied.
fn ids_are_decided_anew_only_when_forgotten(story: &Story) -> Result<(), String> {
    let mut last = BTreeMap::new();
    for folded in &story.folded {
        let Some((meta, _)) = &folded.decoded else { continue };
        if !matches!(folded.verdict, Verdict::Applied(_) | Verdict::Void(Void::Refused(_))) {
            continue;
        }
        let (partition, offset) = (folded.record.partition, folded.record.offset);
        let applied = folded.verdict.applied().is_some();
        let Some((first, held)) = last.insert((partition, meta.id), (offset, applied)) else {
            continue;
        };
        ensure(meta.read_at > first && !(held && meta.request_hash.is_some()), || {
            format!("{partition}.{offset} decides anew what stands at {first}, unknowing")
        })?;
    }
    Ok(())
}

fn times_follow_the_log(story: &Story) -> Result<(), String> {
    let mut last = BTreeMap::new();
    for (folded, meta, event, applied) in story.applied() {
        if is_activation(event) {
            continue;
        }
        let scope = (folded.record.partition.topic, meta.subject);
        let before = last.insert(scope, applied.at).unwrap_or(0);
        let latest = folded.record.appended_ms.max(before + 1);
        ensure(before < applied.at && applied.at <= latest, || {
            format!("{} gets the time {} after {before}", folded.position(), applied.at)
        })?;
    }
    Ok(())
}

/// What is said of the log itself takes no time of its own.
fn is_activation(event: &Event) -> bool {
    ["rules.activated", "epoch.opened", "epoch.sealed"].contains(&event.event_type())
}

/// What was decided in one epoch has an effect in that one only, and none behind its seal.
fn epochs(story: &Story) -> Result<(), String> {
    let mut open = BTreeMap::new();
    for (folded, meta, event, _) in story.applied() {
        let (epoch, sealed) = open.entry(folded.record.partition).or_insert((FIRST_EPOCH, false));
        if event.event_type() == "epoch.opened" {
            (*epoch, *sealed) = (meta.epoch, false);
        }
        ensure(meta.epoch == *epoch && !*sealed, || {
            format!("{} counts, though it is of epoch {}", folded.position(), meta.epoch)
        })?;
        *sealed = event.event_type() == "epoch.sealed";
    }
    Ok(())
}

/// The rules of tests forbid `@here`; only from their activation on.
fn rules_in_force(story: &Story) -> Result<(), String> {
    let mut of_tests = BTreeSet::new();
    for folded in &story.folded {
        let Some((_, event)) = &folded.decoded else { continue };
        let partition = folded.record.partition;
        let Event::Channels(event) = event else { continue };
        match event {
            ChannelEvent::RulesActivated(b)
                if b.c.rules == domain::RULES_KNOWN && folded.verdict.applied().is_some() =>
            {
                of_tests.insert(partition);
            }
            ChannelEvent::PostCreated(b) if b.c.broadcast == Broadcast::Here => {
                let forbidden = folded.verdict == Verdict::Void(Void::Refused(Refusal::Forbidden));
                let right = if of_tests.contains(&partition) {
                    folded.verdict.applied().is_none()
                } else {
                    !forbidden
                };
                ensure(right, || {
                    format!("{} is judged by other rules than those in force", folded.position())
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A membership as a naive reader keeps it.
#[derive(Clone, Copy, Default)]
struct Held {
    generation: u64,
    ended: bool,
    active: bool,
    since: u64,
}

/// Generations only rise, an ended one never returns, and leaving ends the membership that it names.
fn memberships(story: &Story) -> Result<(), String> {
    let mut held = BTreeMap::<(ChannelId, UserId), Held>::new();
    for (folded, _, event, applied) in story.applied() {
        let Event::Channels(event) = event else { continue };
        let offset = folded.record.offset;
        match event {
            ChannelEvent::ChannelCreated(b) => {
                for member in &b.c.members {
                    let held = held.entry((b.c.channel_id, member.user_id)).or_default();
                    *held = Held {
                        generation: member.generation,
                        ended: false,
                        active: true,
                        since: offset,
                    };
                }
            }
            ChannelEvent::ChannelMembersAdded(b) => {
                for after in &applied.members {
                    let new = b.c.members.iter().find(|m| m.user_id == after.user_id);
                    let generation = new.map_or(0, |m| m.generation);
                    let held = held.entry((b.c.channel_id, after.user_id)).or_default();
                    let seen = held.generation > 0;
                    let returns = b.c.via != JoinedVia::Step && !held.ended && !held.active;
                    let right = !seen
                        || generation > held.generation
                        || (generation == held.generation && returns);
                    ensure(right, || {
                        format!("{} brings back generation {generation}", folded.position())
                    })?;
                    *held = Held { generation, ended: false, active: true, since: offset };
                }
            }
            ChannelEvent::ChannelMemberRemoved(b) => {
                let held = held.entry((b.c.channel_id, b.c.user_id)).or_default();
                if b.c.because == LeftBecause::TeamEnded {
                    held.generation = b.c.generation;
                    held.ended = true;
                } else {
                    ensure(b.c.membership == Some(held.since), || {
                        format!("{} ends another membership than it names", folded.position())
                    })?;
                }
                held.active = false;
            }
            _ => {}
        }
    }
    Ok(())
}

/// No claim without its channel, no channel without its creator, no half-done join, no membership that
/// outlives its team's.
fn processes_are_complete(story: &Story) -> Result<(), String> {
    let set = &story.node.set;
    let directory = set.directory();
    let directory = directory.state();
    let mut names = BTreeSet::new();
    for (id, name) in directory.channel_names() {
        ensure(names.insert((name.team_id, &name.name)), || {
            format!("the name {} has two owners", name.name)
        })?;
        let channels = set.channels(id);
        let Some(channel) = channels.state().channel(id) else {
            return Err(format!("the name {} has no channel", name.name));
        };
        if let Some(creator) = channel.creator_id {
            ensure(channel.any_member(creator).is_some(), || format!("{id} lacks its creator"))?;
        }
        for member in channel.members() {
            let team = channel.team_id.and_then(|team| directory.membership(member.user_id, team));
            let stands = team.is_some_and(|m| m.active && m.generation == member.generation);
            ensure(stands, || format!("{} in {id} outlives the team", member.user_id))?;
        }
        for user in directory.members_of(name.team_id).iter().filter(|_| name.is_default) {
            let generation = directory.membership(*user, name.team_id).map(|m| m.generation);
            let there = channel.any_member(*user).map(|m| m.generation);
            ensure(there >= generation, || format!("{user} is not in the default channel {id}"))?;
        }
    }
    ensure(due(set).is_empty(), || "something is still due".to_owned())
}
