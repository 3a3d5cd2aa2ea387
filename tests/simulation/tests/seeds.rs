//! Every rule holds under every seed; `SIMULATION_SEEDS=from..to` runs others.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use domain::faults::Rule;

/// Seeds of `make test`.
const SEEDS: std::ops::Range<u64> = 0..2_000;

fn seeds() -> std::ops::Range<u64> {
    match std::env::var("SIMULATION_SEEDS") {
        Err(_) => SEEDS,
        Ok(text) => {
            let (from, to) = text.split_once("..").expect("SIMULATION_SEEDS is written from..to");
            from.parse().expect("a number")..to.parse().expect("a number")
        }
    }
}

fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Runs one seed; whoever panics has found something, too.
fn run(seed: u64, off: Option<Rule>) -> Result<(), String> {
    std::panic::catch_unwind(|| simulation::run(seed, off)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panics: {}", text.unwrap_or_default()))
    })
}

#[test]
fn all_rules_hold_whatever_goes_wrong() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let failed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers())
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return None;
                        }
                        if let Err(what) = run(seed, None) {
                            // The others need not look any further.
                            next.store(seeds.end, Ordering::Relaxed);
                            return Some((seed, what));
                        }
                    }
                })
            })
            .collect();
        workers.into_iter().filter_map(|worker| worker.join().expect("no worker panics")).min()
    });
    if let Some((seed, what)) = failed {
        panic!(
            "seed {seed}: {what}\nreplay: SIMULATION_SEEDS={seed}..{} cargo test -p simulation",
            seed + 1
        );
    }
}

#[test]
fn a_seed_plays_alike_every_time() {
    for seed in 0..20 {
        // On two threads, so that hash maps have other seeds.
        let play = || std::thread::scope(|scope| scope.spawn(|| simulation::trace(seed)).join());
        let first = play().expect("the first run does not panic");
        let second = play().expect("the second run does not panic");
        assert_eq!(first, second, "seed {seed} plays otherwise the second time");
    }
}

/// Seeds within which a rule that was switched off must have been noticed.
const NOTICED_WITHIN: u64 = 10_000;

/// Rules to switch off: all, or those that `SIMULATION_RULES` names, separated by commas.
fn rules() -> Vec<Rule> {
    let Ok(names) = std::env::var("SIMULATION_RULES") else { return simulation::RULES.to_vec() };
    let named = |rule: &Rule| names.split(',').any(|name| name == format!("{rule:?}"));
    let rules: Vec<Rule> = simulation::RULES.into_iter().filter(named).collect();
    assert_eq!(rules.len(), names.split(',').count(), "SIMULATION_RULES names unknown rules");
    rules
}

/// The first seed that fails without `rule`, and what it says.
fn noticed(rule: Rule) -> Option<(u64, String)> {
    (0..NOTICED_WITHIN).find_map(|seed| Some((seed, run(seed, Some(rule)).err()?)))
}

/// `make torture` runs this: it takes minutes.
#[test]
#[ignore = "long: part of `make torture`"]
fn every_rule_that_is_switched_off_is_noticed() {
    let rules = rules();
    let next = AtomicUsize::new(0);
    let missed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers())
            .map(|_| {
                scope.spawn(|| {
                    let mut missed = Vec::new();
                    while let Some(rule) = rules.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match noticed(*rule) {
                            Some((seed, what)) => {
                                println!("without {rule:?}: noticed at seed {seed}: {what}");
                            }
                            None => missed.push(*rule),
                        }
                    }
                    missed
                })
            })
            .collect();
        let joined = workers.into_iter().map(|worker| worker.join().expect("no worker panics"));
        joined.flatten().collect::<Vec<_>>()
    });
    assert!(missed.is_empty(), "not noticed within {NOTICED_WITHIN} seeds: {missed:?}");
}
