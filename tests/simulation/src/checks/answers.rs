//! What clients were told against what stands in the log.

use std::collections::BTreeMap;

use command_api::submission::Answer;
use domain::{Refusal, Verdict, Void};
use events::{EventId, Partition};

use super::{Story, Told, ensure};
use crate::ledger::Made;
use crate::request::Ask;
use crate::world::World;

/// What the log says of each record that was decided.
type Decided = BTreeMap<(Partition, u64), (EventId, Verdict)>;

/// Applied events by the attempt that appended them.
pub fn by_attempt(story: &Story) -> BTreeMap<usize, Vec<Told<'_>>> {
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
pub fn are_true(world: &World, story: &Story) -> Result<(), String> {
    let by_attempt = by_attempt(story);
    let decided = decided(story);
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
            }
            Answer::Unknown => {}
            other => ensure(own.is_empty(), || {
                format!("attempt {number} was answered {other:?} and has an effect")
            })?,
        }
        is_what_stands(world, made, *number, answer, &decided)?;
    }
    Ok(())
}

fn decided(story: &Story) -> Decided {
    let mut decided = Decided::new();
    for folded in &story.folded {
        let at = (folded.record.partition, folded.record.offset);
        if let Some(id) = folded.id() {
            decided.insert(at, (id, folded.verdict.clone()));
        }
    }
    decided
}

/// The verdict that a client was told stands under its request's id where it was told.
fn is_what_stands(
    world: &World,
    made: &Made,
    number: usize,
    answer: &Answer<String>,
    decided: &Decided,
) -> Result<(), String> {
    let Some(index) = made.request else { return Ok(()) };
    let request = &world.ledger.requests[index].request;
    let at = |offset: &u64| decided.get(&(request.ask.partition(), *offset));
    let stands = match answer {
        Answer::Applied { offset } => {
            at(offset).is_some_and(|(id, said)| *id == request.id && said.applied().is_some())
        }
        Answer::Refused { offset, refusal } => {
            at(offset) == Some(&(request.id, Verdict::Void(Void::Refused(*refusal))))
        }
        _ => true,
    };
    ensure(stands, || format!("attempt {number} was told {answer:?}, which does not stand there"))?;
    // What is said, and said anew, every time is never "already so": its verdict can only be its own.
    let already =
        matches!(answer, Answer::Refused { refusal: Refusal::Already | Refusal::Behind, .. });
    let wrong = already
        && matches!(
            request.ask,
            Ask::Post { .. } | Ask::Edit { .. } | Ask::Pin { .. } | Ask::React { .. }
        );
    ensure(!wrong, || format!("attempt {number} is answered as if its effect stood already"))
}
