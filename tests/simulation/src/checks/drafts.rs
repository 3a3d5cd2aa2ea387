//! Drafts: of each place the last that was saved, until it is let go of or sent.

use std::collections::BTreeMap;

use command_api::submission::Answer;
use domain::drafts::DraftPlace;
use events::{Event, Partition, ReadstateEvent, Topic, UserId};

use super::{Story, ensure};
use crate::request::Ask;
use crate::world::World;

/// A draft as it was saved last.
struct Held {
    position: (Partition, u64),
    at: i64,
    message: String,
}

type Drafts = BTreeMap<(UserId, DraftPlace), Held>;

/// Rows are the drafts that were saved last, and what was sent or taken back is none.
pub fn tell_the_log(world: &World, story: &Story) -> Result<(), String> {
    let held = held(story)?;
    let rows = &world.rows.drafts;
    let root = |place: DraftPlace| place.1.unwrap_or_default();
    let there = held.keys().map(|(user, place)| (*user, place.0, root(*place)));
    ensure(there.eq(rows.keys().copied()), || {
        format!("rows have the drafts {:?}, not {:?}", rows.keys(), held.keys())
    })?;
    for ((user, place), draft) in &held {
        let row = &rows[&(*user, place.0, root(*place))];
        ensure((&row.message, row.update_at) == (&draft.message, draft.at), || {
            format!("the draft of {user} says {:?}, not {:?}", row.message, draft.message)
        })?;
    }
    are_gone(world, &held)
}

fn held(story: &Story) -> Result<Drafts, String> {
    let mut held = Drafts::new();
    for (folded, _, event, applied) in story.applied() {
        let Event::Readstate(event) = event else { continue };
        match event {
            ReadstateEvent::DraftSaved(b) => {
                let position = (folded.record.partition, folded.record.offset);
                let draft = Held { position, at: applied.at, message: b.p.message.clone() };
                held.insert((b.c.user_id, (b.c.channel_id, b.c.root_id)), draft);
            }
            ReadstateEvent::DraftDeleted(b) => {
                let gone = held.remove(&(b.c.user_id, (b.c.channel_id, b.c.root_id)));
                let right =
                    gone.is_some_and(|draft| b.c.saved_until.is_none_or(|until| draft.at <= until));
                ensure(right, || {
                    format!("{} lets go of a draft that is not there", folded.position())
                })?;
            }
            ReadstateEvent::DraftsErased(b) => held.retain(|(user, _), _| *user != b.c.user_id),
            _ => {}
        }
    }
    Ok(held)
}

/// Whoever was told that a draft is gone does not find it again; one that was saved after the post it
/// would have become is another.
fn are_gone(world: &World, held: &Drafts) -> Result<(), String> {
    let told = saves_told(world);
    for entry in &world.ledger.requests {
        let Ask::EndDraft { user, place, saved_until } = entry.request.ask else { continue };
        let Some(draft) = held.get(&(user, place)) else { continue };
        let Some(told) = told.get(&draft.position) else { continue };
        let meant = saved_until.is_none_or(|until| draft.at <= until);
        for number in &entry.attempts {
            let made = &world.ledger.attempts[number];
            // A repeated request is answered with what became of the first.
            let gone = matches!(made.answer, Some((Answer::AlreadySo, _)));
            ensure(!(meant && gone && made.began > *told), || {
                format!("attempt {number} lets go of a draft, which stands")
            })?;
        }
    }
    Ok(())
}

/// Saved drafts by where they stand, with when their writers were told.
fn saves_told(world: &World) -> BTreeMap<(Partition, u64), u64> {
    let mut told = BTreeMap::new();
    for (index, entry) in world.ledger.requests.iter().enumerate() {
        let Ask::SaveDraft { user, .. } = entry.request.ask else { continue };
        for (answer, at) in world.ledger.answers(index) {
            if let Answer::Applied { offset } = answer {
                let position = (Partition::of(Topic::Readstate, user.as_bytes()), *offset);
                told.entry(position).or_insert(*at);
            }
        }
    }
    told
}
