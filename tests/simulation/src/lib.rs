//! The deterministic simulation: the real command side, folds, process manager and the pure half of the
//! projector and of the archiver, on several nodes over a log that loses, delays and doubles, from one seed.
//!
//! Single-threaded, without clock or I/O. A failing seed says so and replays alike. It must never ask
//! the code under test what is right: what is checked is counted by hand, from the log and from what
//! clients were told. To add a rule: its switch in `domain::faults`, its hook where the rule is, and
//! whatever in `clients`, `profile` and `checks` it takes to notice.

mod archivers;
mod attempt;
mod beside;
mod checks;
mod clients;
mod decide;
mod erasures;
mod errands;
mod ledger;
mod log;
mod node;
mod oracle;
mod personal;
mod profile;
mod projectors;
mod request;
mod rest;
mod rows;
mod store;
mod world;

use domain::faults::{self, Rule};

/// Runs one seed, with one rule switched off if it is to be shown that it is needed.
///
/// # Errors
/// What did not hold.
pub fn run(seed: u64, off: Option<Rule>) -> Result<(), String> {
    played(seed, off).map(drop)
}

/// Runs one seed and gives everything that was decided in it, said to its clients and archived, in words.
///
/// # Errors
/// What did not hold.
pub fn trace(seed: u64) -> Result<String, String> {
    let world = played(seed, None)?;
    let mut lines = Vec::new();
    for ((partition, offset), said) in &world.verdicts {
        lines.push(format!("{partition}.{offset} {said}"));
    }
    for (number, made) in &world.ledger.attempts {
        lines.push(format!("attempt {number} {:?}", made.answer));
    }
    for (name, bytes) in world.archivers.store.objects() {
        lines.push(format!("{name} {bytes:?}"));
    }
    Ok(lines.join("\n"))
}

fn played(seed: u64, off: Option<Rule>) -> Result<world::World, String> {
    faults::switch_off(off);
    let mut world = world::World::new(seed);
    let result = world.run().and_then(|()| checks::at_rest(&world));
    faults::switch_off(None);
    result.map(|()| world)
}

/// Every rule that can be switched off.
pub const RULES: [Rule; 24] = [
    Rule::Floor,
    Rule::Conflicts,
    Rule::SeenIds,
    Rule::FirstVerdictStands,
    Rule::StaleIsForgotten,
    Rule::OnlyTheNext,
    Rule::RulesInForce,
    Rule::Generations,
    Rule::EndedGenerations,
    Rule::NamedMembership,
    Rule::AssignedTimes,
    Rule::NoAnswerFromBehind,
    Rule::IndeterminateIsNotFailed,
    Rule::StepIds,
    Rule::StandingRules,
    Rule::PositionsWithRows,
    Rule::Conjunctions,
    Rule::ForeignEpochs,
    Rule::FromArchiveEnd,
    Rule::SegmentsAbut,
    Rule::BehindAnother,
    Rule::ChainLinks,
    Rule::SameState,
    Rule::DigestsWait,
];
