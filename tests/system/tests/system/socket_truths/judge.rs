//! Whether somebody could know what a frame tells them.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::model::Frame;
use super::truth::text;
use super::world::{Reach, World};

/// Frames about what is one's own, which may name what one has lost.
const OWN: &[&str] = &[
    "draft_created",
    "draft_deleted",
    "preferences_changed",
    "preferences_deleted",
    "scheduled_post_created",
    "scheduled_post_deleted",
    "scheduled_post_updated",
    "sidebar_category_created",
    "sidebar_category_deleted",
    "sidebar_category_order_updated",
    "sidebar_category_updated",
];
/// Frames that say that something is lost.
const PARTING: &[&str] = &["user_removed", "leave_team"];
/// Frames that tell a team of a channel that its members may find.
const FINDING: &[&str] = &["channel_converted", "channel_deleted", "channel_restored"];

/// Judges the frames that `who` got while the world went from `before` to what it is now. What is told
/// from rows comes behind the log, so until somebody hears that they lost something it may be of that.
pub fn judge(world: &World, before: &[Reach], who: usize, frames: &[Value]) -> Result<()> {
    let mut reaches = vec![&world.accounts[who].reach, &before[who]];
    for whole in frames {
        one(world, before, who, &reaches, whole)?;
        let frame = Frame::of(whole);
        let mine = frame.broadcast("user_id") == world.accounts[who].person.id;
        if mine && PARTING.contains(&frame.event()) {
            reaches.truncate(1);
        }
    }
    Ok(())
}

fn one(
    world: &World,
    before: &[Reach],
    who: usize,
    reaches: &[&Reach],
    whole: &Value,
) -> Result<()> {
    let (frame, me) = (Frame::of(whole), &world.accounts[who]);
    let addressee = frame.broadcast("user_id");
    ensure!(addressee.is_empty() || addressee == me.person.id, "for somebody else: {whole}");
    let omitted = whole["broadcast"]["omit_users"].get(&me.person.id);
    ensure!(omitted.is_none(), "it leaves them out: {whole}");
    let own = addressee == me.person.id;
    if own && (OWN.contains(&frame.event()) || PARTING.contains(&frame.event())) {
        return Ok(());
    }
    for channel in channels_in(world, whole) {
        let within = reaches.iter().any(|reach| reach.channels.contains(&channel));
        ensure!(within || finds(world, who, &frame, &channel), "not in {channel}: {whole}");
    }
    for team in world.teams.iter().filter(|team| mentions(whole, team)) {
        let within = reaches.iter().any(|reach| reach.teams.contains(team));
        ensure!(within, "not in the team {team}: {whole}");
    }
    for subject in subjects(&frame, whole) {
        ensure!(meets(world, before, who, &subject), "may not know {subject}: {whole}");
    }
    Ok(())
}

/// The channels that a frame is about: those that it names, and those of the posts that it names.
fn channels_in(world: &World, whole: &Value) -> BTreeSet<String> {
    let text = whole.to_string();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() == 26);
    words
        .filter_map(|id| world.channel(id).map(|one| one.id.as_str()).or_else(|| world.place(id)))
        .map(str::to_owned)
        .collect()
}

fn mentions(whole: &Value, id: &str) -> bool {
    whole.to_string().contains(id)
}

/// Whether somebody who is not in the channel may still be told that of it.
fn finds(world: &World, who: usize, frame: &Frame<'_>, channel: &str) -> bool {
    let Some(channel) = world.channel(channel) else { return false };
    let reach = &world.accounts[who].reach;
    let of_team = channel.team.as_ref().is_some_and(|team| reach.teams.contains(team));
    let open = channel.open || frame.event() == "channel_converted";
    FINDING.contains(&frame.event()) && of_team && open && !reach.guest
}

/// The people whom a frame presents.
fn subjects(frame: &Frame<'_>, whole: &Value) -> Vec<String> {
    match frame.event() {
        "new_user" => vec![frame.data("user_id")],
        "user_updated" => vec![text(&whole["data"]["user"], "id")],
        _ => Vec::new(),
    }
}

/// Guests know themselves and whom they meet in a channel.
fn meets(world: &World, before: &[Reach], who: usize, subject: &str) -> bool {
    let me = &world.accounts[who];
    let Some(other) = world.accounts.iter().position(|one| one.person.id == subject) else {
        // The clock is in a conversation with everybody.
        return subject == world.clock.id || !me.reach.guest;
    };
    let met = |mine: &Reach, theirs: &Reach| !mine.channels.is_disjoint(&theirs.channels);
    !me.reach.guest
        || who == other
        || met(&me.reach, &world.accounts[other].reach)
        || met(&before[who], &before[other])
}
