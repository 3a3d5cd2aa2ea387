//! What must be true when the world has come to rest: a naive reading of the log against what clients
//! were told, what the rows say, and what the states hold.

use std::collections::{BTreeMap, BTreeSet};

use command_api::submission::Answer;
use domain::{Applied, Refusal, Verdict, Void};
use events::channel::{Broadcast, LeftBecause};
use events::directory::JoinedVia;
use events::user::ReadMarker;
use events::{ChannelEvent, ChannelId, Event, Meta, Partition, ReadstateEvent, Topic, UserId};
use fold::Folded;

use crate::ledger::Made;
use crate::node::Node;
use crate::request::Ask;
use crate::world::{World, due};

/// Fails with `message` unless `holds`.
fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// Everything in the log with its verdict, by a node that folded it all in order.
struct Story {
    node: Node,
    folded: Vec<Folded>,
}

type Told<'s> = (&'s Folded, &'s Meta, &'s Event, &'s Applied);

impl Story {
    fn read(world: &World) -> Result<Self, String> {
        let node = Node::new(0);
        let mut folded = Vec::new();
        for partition in world.log.partitions() {
            while let Some(next) = node.fold_one(&world.log, partition)? {
                folded.push(next);
            }
        }
        Ok(Self { node, folded })
    }

    fn applied(&self) -> impl Iterator<Item = Told<'_>> {
        self.folded.iter().filter_map(|folded| {
            let (meta, event, applied) = folded.applied()?;
            Some((folded, meta, event, applied))
        })
    }
}

/// All of them.
pub fn at_rest(world: &World) -> Result<(), String> {
    world.hashes_agree()?;
    let story = Story::read(world)?;
    verdicts_stand(world, &story)?;
    answers_are_true(world, &story)?;
    ids_are_applied_anew_only_when_forgotten(&story)?;
    times_follow_the_log(&story)?;
    rules_in_force(&story)?;
    memberships(&story)?;
    processes_are_complete(&story)?;
    ended_access_stays_ended(world, &story)?;
    posts_are_in_the_rows(world, &story)?;
    unread_numbers(&story)
}

fn verdicts_stand(world: &World, story: &Story) -> Result<(), String> {
    let mut verdicts = world.verdicts.clone();
    story.folded.iter().try_for_each(|folded| crate::node::agreed(&mut verdicts, folded))
}

/// Applied events by the attempt that appended them.
fn by_attempt(story: &Story) -> BTreeMap<usize, Vec<Told<'_>>> {
    let mut found = BTreeMap::<usize, Vec<Told<'_>>>::new();
    for told in story.applied() {
        if let Some(number) = told.1.request_id.as_ref().and_then(|id| id.parse().ok()) {
            found.entry(number).or_default().push(told);
        }
    }
    found
}

/// An acknowledged attempt was applied once, at the offset that it was told; whoever was told that
/// nothing was written finds nothing written; nobody is applied twice.
fn answers_are_true(world: &World, story: &Story) -> Result<(), String> {
    let by_attempt = by_attempt(story);
    let ids_at: BTreeMap<(Partition, u64), _> = story
        .applied()
        .map(|(f, meta, _, _)| ((f.record.partition, f.record.offset), meta.id))
        .collect();
    for (number, made) in &world.ledger.attempts {
        let own = by_attempt.get(number).map_or(&[][..], Vec::as_slice);
        ensure(own.len() <= 1, || format!("attempt {number} was applied {} times", own.len()))?;
        let Some((answer, _)) = &made.answer else { continue };
        match answer {
            Answer::Applied { offset } => {
                let elsewhere = own.iter().any(|told| told.0.record.offset != *offset);
                ensure(!elsewhere, || {
                    format!("attempt {number} stands not only where it was told")
                })?;
                applied_at(world, made, *number, *offset, &ids_at)?;
            }
            Answer::Unknown => {}
            Answer::Refused { refusal: Refusal::Already | Refusal::Behind, .. } => {
                already_is_true(world, made, *number)?;
                ensure(own.is_empty(), || format!("attempt {number} was void and has an effect"))?;
            }
            other => ensure(own.is_empty(), || {
                format!("attempt {number} was answered {other:?} and has an effect")
            })?,
        }
    }
    Ok(())
}

fn applied_at(
    world: &World,
    made: &Made,
    number: usize,
    offset: u64,
    ids_at: &BTreeMap<(Partition, u64), events::EventId>,
) -> Result<(), String> {
    let Some(index) = made.request else { return Ok(()) };
    let request = &world.ledger.requests[index].request;
    let id = ids_at.get(&(request.ask.partition(), offset));
    ensure(id == Some(&request.id), || {
        format!("attempt {number} was told of offset {offset}, where its request does not stand")
    })
}

/// A post is never "already so": its verdict can only be its own.
fn already_is_true(world: &World, made: &Made, number: usize) -> Result<(), String> {
    let ask = made.request.map(|index| &world.ledger.requests[index].request.ask);
    let wrong = matches!(
        ask,
        Some(Ask::Post { .. } | Ask::Edit { .. } | Ask::Pin { .. } | Ask::React { .. })
    );
    ensure(!wrong, || format!("attempt {number} is answered as if its effect stood already"))
}

/// The same id may be applied again only by a command that knew all up to the first and found it
/// forgotten: never by a late or doubled record.
fn ids_are_applied_anew_only_when_forgotten(story: &Story) -> Result<(), String> {
    let mut last = BTreeMap::new();
    for (folded, meta, _, _) in story.applied() {
        let at = (folded.record.partition, folded.record.offset);
        if let Some(first) = last.insert((at.0, meta.id), at.1) {
            ensure(meta.read_at > first, || {
                format!(
                    "{}.{} applies again what stands at {first}, without knowing it",
                    at.0, at.1
                )
            })?;
        }
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

fn is_activation(event: &Event) -> bool {
    event.event_type() == "rules.activated"
}

/// The second rules forbid `@here`; only from their activation on.
fn rules_in_force(story: &Story) -> Result<(), String> {
    let mut second = BTreeSet::new();
    for folded in &story.folded {
        let Some((_, event)) = &folded.decoded else { continue };
        let partition = folded.record.partition;
        let Event::Channels(event) = event else { continue };
        match event {
            ChannelEvent::RulesActivated(_) if folded.verdict.applied().is_some() => {
                second.insert(partition);
            }
            ChannelEvent::PostCreated(b) if b.c.broadcast == Broadcast::Here => {
                let forbidden = folded.verdict == Verdict::Void(Void::Refused(Refusal::Forbidden));
                let right = if second.contains(&partition) {
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

/// A post that was asked for after its author's access had ended, and that was told, is not there.
fn ended_access_stays_ended(world: &World, story: &Story) -> Result<(), String> {
    let by_attempt = by_attempt(story);
    let mut ended = Vec::new();
    for (index, entry) in world.ledger.requests.iter().enumerate() {
        for (answer, at) in world.ledger.answers(index) {
            if let Answer::Applied { .. } = answer {
                match &entry.request.ask {
                    Ask::DeactivateUser { user, .. } => ended.push((*user, *at)),
                    _ => continue,
                }
            }
        }
    }
    for (number, made) in &world.ledger.attempts {
        let Some(index) = made.request else { continue };
        let Ask::Post { author, .. } = &world.ledger.requests[index].request.ask else { continue };
        let late = ended.iter().any(|(user, at)| user == author && made.began > *at);
        ensure(!late || !by_attempt.contains_key(number), || {
            format!("attempt {number} posts for an account that was deactivated before")
        })?;
    }
    Ok(())
}

/// The rows hold each applied post once, with the text, pins, reactions and replies that the log tells.
fn posts_are_in_the_rows(world: &World, story: &Story) -> Result<(), String> {
    let mut expected = BTreeMap::new();
    let mut replies = BTreeMap::new();
    let mut gone = BTreeSet::new();
    for (_, _, event, _) in story.applied() {
        match event {
            Event::Channels(ChannelEvent::PostCreated(b)) => {
                let twice = expected.insert(b.c.post_id, b.p.message.clone()).is_some();
                ensure(!twice, || format!("post {} was applied twice", b.c.post_id))?;
                if let Some(root) = &b.c.root {
                    ensure(!gone.contains(&root.post_id), || {
                        format!("post {} answers a post that was deleted", b.c.post_id)
                    })?;
                    *replies.entry(root.post_id).or_insert(0_i64) += 1;
                }
            }
            Event::Channels(ChannelEvent::PostEdited(b)) => {
                ensure(!gone.contains(&b.c.post_id), || {
                    format!("post {} is edited after its deletion", b.c.post_id)
                })?;
                expected.insert(b.c.post_id, b.p.message.clone());
            }
            Event::Channels(ChannelEvent::ReactionAdded(b)) => {
                ensure(!gone.contains(&b.c.post_id), || {
                    format!("post {} gets a reaction after its deletion", b.c.post_id)
                })?;
            }
            Event::Channels(ChannelEvent::PostDeleted(b)) => {
                ensure(gone.insert(b.c.post_id), || {
                    format!("post {} is deleted twice", b.c.post_id)
                })?;
                if let Some(root) = b.c.root_id {
                    *replies.entry(root).or_insert(0) -= 1;
                }
            }
            _ => {}
        }
    }
    for (post, message) in &expected {
        let Some(row) = world.rows.posts.get(post) else {
            return Err(format!("post {post} has no row"));
        };
        ensure(row.message == *message, || {
            format!("post {post} says {:?}, not {message:?}", row.message)
        })?;
        let count = replies.get(post).copied().unwrap_or(0);
        ensure(row.reply_count == count, || {
            format!("post {post} counts {} replies of {count}", row.reply_count)
        })?;
        let root_gone = row.facts.root_id.is_some_and(|root| gone.contains(&root));
        let is_gone = gone.contains(post) || root_gone;
        ensure(row.facts.deleted == is_gone, || {
            format!("post {post} is deleted in one place only")
        })?;
    }
    let ours = world.rows.posts.values().filter(|row| !row.facts.is_system).count();
    ensure(ours == expected.len(), || format!("{ours} rows for {} posts", expected.len()))
}

/// One member's unread numbers: from totals, as the read model has them, against counting.
fn unread_numbers(story: &Story) -> Result<(), String> {
    let markers = final_markers(story);
    for index in 0..events::PARTITIONS {
        let channels = story.node.set.channels_at(index);
        for (id, channel) in channels.state().channels() {
            let counted = Counted::of(story, id);
            for member in channel.members() {
                let marker = markers.get(&(member.user_id, id));
                let base = counted.bases.get(&member.user_id).copied().unwrap_or_default();
                let (from, totals, joined) = match marker {
                    Some(marker) if marker.as_of >= base.at => (marker.as_of, marker.totals, false),
                    _ => (base.at, base.totals, true),
                };
                let unread = channel.totals.msgs - totals.msgs;
                let naive = counted.msgs.iter().filter(|at| **at > from).count() as i64;
                ensure(unread == naive, || {
                    format!("{} has {unread} unread of {naive} in {id}", member.user_id)
                })?;
                let mentions = member.mentions - totals.mentions + channel.totals.broadcasts
                    - totals.broadcasts;
                let naive = counted.calls(member.user_id, from, joined);
                ensure(mentions == naive, || {
                    format!("{} has {mentions} mentions of {naive} in {id}", member.user_id)
                })?;
            }
        }
    }
    Ok(())
}

fn final_markers(story: &Story) -> BTreeMap<(UserId, ChannelId), ReadMarker> {
    let mut markers = BTreeMap::new();
    for (_, _, event, applied) in story.applied() {
        if let Event::Readstate(ReadstateEvent::ReadMarkerAdvanced(b)) = event {
            markers.extend(applied.markers.iter().map(|m| ((b.c.user_id, m.channel_id), *m)));
        }
    }
    markers
}

/// What happened in one channel, as somebody would count it by hand.
#[derive(Default)]
struct Counted {
    msgs: Vec<i64>,
    /// (time, whom; none for everybody).
    mentions: Vec<(i64, Option<UserId>)>,
    bases: BTreeMap<UserId, domain::Base>,
    /// Who was added by another, and when.
    added: Vec<(i64, UserId)>,
}

impl Counted {
    fn of(story: &Story, channel: ChannelId) -> Self {
        let mut counted = Self::default();
        for (folded, meta, event, applied) in story.applied() {
            if folded.record.partition.topic != Topic::Channels || meta.subject != channel.0 {
                continue;
            }
            for after in &applied.members {
                counted.bases.extend(after.base.map(|base| (after.user_id, base)));
            }
            match event {
                Event::Channels(ChannelEvent::PostCreated(b)) => {
                    counted.msgs.push(applied.at);
                    let to_all = matches!(b.c.broadcast, Broadcast::Channel | Broadcast::All);
                    if to_all && b.c.root.is_none() {
                        counted.mentions.push((applied.at, None));
                    }
                    counted
                        .mentions
                        .extend(b.c.mentions.iter().map(|user| (applied.at, Some(*user))));
                }
                Event::Channels(ChannelEvent::ChannelMembersAdded(b))
                    if b.c.via == JoinedVia::Add =>
                {
                    let added = applied.members.iter().filter(|m| m.user_id != b.c.by);
                    counted.added.extend(added.map(|m| (applied.at, m.user_id)));
                }
                _ => {}
            }
        }
        counted
    }

    /// Mentions after `from`. Being added counts from the join on, if that is where `from` stands.
    fn calls(&self, user: UserId, from: i64, joined: bool) -> i64 {
        let called = self
            .mentions
            .iter()
            .filter(|(at, whom)| *at > from && whom.is_none_or(|whom| whom == user));
        let added = self
            .added
            .iter()
            .filter(|(at, whom)| *whom == user && (*at > from || (joined && *at == from)));
        (called.count() + added.count()) as i64
    }
}
