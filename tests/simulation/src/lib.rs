//! The deterministic simulation: the real command side, folds and process manager on several nodes over
//! a log that loses, delays and doubles, from one seed.
//!
//! Single-threaded, without clock or I/O. A failing seed says so and replays alike.

mod attempt;
mod checks;
mod clients;
mod ledger;
mod log;
mod node;
mod request;
mod rows;
mod world;

use domain::faults::{self, Rule};

/// Runs one seed, with one rule switched off if it is to be shown that it is needed.
///
/// # Errors
/// What did not hold.
pub fn run(seed: u64, off: Option<Rule>) -> Result<(), String> {
    faults::switch_off(off);
    let mut world = world::World::new(seed);
    let result = world.run().and_then(|()| checks::at_rest(&world));
    faults::switch_off(None);
    result
}

/// Every rule that can be switched off.
pub const RULES: [Rule; 17] = [
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
];
