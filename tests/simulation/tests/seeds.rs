//! Every rule holds under every seed; `SIMULATION_SEEDS=from..to` runs others.

use std::sync::atomic::{AtomicU64, Ordering};

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

#[test]
fn all_rules_hold_whatever_goes_wrong() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let failed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..std::thread::available_parallelism().map_or(2, usize::from))
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return None;
                        }
                        if let Err(what) = simulation::run(seed, None) {
                            return Some((seed, what));
                        }
                    }
                })
            })
            .collect();
        workers.into_iter().find_map(|worker| worker.join().expect("a worker does not panic"))
    });
    if let Some((seed, what)) = failed {
        panic!(
            "seed {seed}: {what}\nreplay: SIMULATION_SEEDS={seed}..{} cargo test -p simulation",
            seed + 1
        );
    }
}

/// Seeds after which a rule that was switched off must have been noticed.
const NOTICED_WITHIN: u64 = 10_000;

/// `make torture` runs this: it takes minutes.
#[test]
#[ignore = "long: part of `make torture`"]
fn every_rule_that_is_switched_off_is_noticed() {
    let noticed: Vec<(String, Option<(u64, String)>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = simulation::RULES
            .into_iter()
            .map(|rule| {
                scope.spawn(move || {
                    let seed = (0..NOTICED_WITHIN).find_map(|seed| {
                        simulation::run(seed, Some(rule)).err().map(|what| (seed, what))
                    });
                    (format!("{rule:?}"), seed)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    for (rule, noticed) in &noticed {
        match noticed {
            Some((seed, what)) => println!("without {rule}: noticed at seed {seed}: {what}"),
            None => println!("without {rule}: NOT noticed within {NOTICED_WITHIN} seeds"),
        }
    }
    assert!(noticed.iter().all(|(_, noticed)| noticed.is_some()), "a rule is not missed");
}
