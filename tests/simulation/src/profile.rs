//! What one seed's world is like. Some troubles need many others to stay away: a world that does a
//! little of everything meets none of them, so each seed exaggerates something else.

use std::ops::Range;

use domain::WindowLimits;
use events::Topic;
use rand::Rng;
use rand::rngs::SmallRng;

use crate::node::NODES;

/// What clients do most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    Everything,
    /// One team and few channels, which people join and leave all the time.
    Coming,
    /// One person comes and goes, in a team and one channel of it, by several hands at once.
    Returning,
    /// Few channels, in which everybody talks and changes what was said.
    Talking,
    /// Few channels, which people read and mark unread again.
    Reading,
    /// People log in and out and change passwords.
    Entering,
    /// Few names, which many want and give up again.
    Naming,
    /// People write posts for later, and change their minds.
    Later,
    /// Few threads, which people answer, follow, read and leave.
    Following,
    /// People begin to write, and put their channels in order.
    Arranging,
}

/// How appends go wrong, in percent of all.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    /// Lost, and reported as timed out.
    pub lost: u32,
    /// Reported as timed out, and lands later.
    pub late: u32,
    /// Written, and reported as timed out.
    pub unreported: u32,
    /// Written twice, one after the other.
    pub doubled: u32,
    /// Written and acknowledged, and once more later: a frozen producer's retry.
    pub repeated: u32,
    /// Refused: nothing is written, and the client is told.
    pub unavailable: u32,
}

impl Faults {
    pub const NONE: Self =
        Self { lost: 0, late: 0, unreported: 0, doubled: 0, repeated: 0, unavailable: 0 };
    const SOME: Self =
        Self { lost: 3, late: 5, unreported: 3, doubled: 2, repeated: 2, unavailable: 2 };
    const LATE: Self =
        Self { lost: 1, late: 12, unreported: 2, doubled: 1, repeated: 20, unavailable: 1 };
    const DOUBLED: Self =
        Self { lost: 2, late: 3, unreported: 12, doubled: 15, repeated: 3, unavailable: 4 };
}

/// One node that hears nothing of a topic for a while.
#[derive(Debug, Clone)]
pub struct Deaf {
    pub node: usize,
    pub topic: Topic,
    /// Choices of the world during which it does not hear.
    pub during: Range<u64>,
}

/// How often something is chosen, against each other.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    pub requests: u32,
    pub repeats: u32,
    pub landings: u32,
    pub crashes: u32,
    pub set_backs: u32,
    pub archiving: u32,
}

#[derive(Debug, Clone)]
pub struct Profile {
    pub mix: Mix,
    pub faults: Faults,
    pub deaf: Option<Deaf>,
    /// The world begins with people in a team and its channels, before anything goes wrong.
    pub founded: bool,
    pub weights: Weights,
    /// Those that follow the log into one archive.
    pub archivers: usize,
    /// Windows of a few entries, so that forgetting happens all the time.
    pub directory_window: WindowLimits,
    pub stream_window: WindowLimits,
}

impl Profile {
    pub fn of(rng: &mut SmallRng) -> Self {
        let mixes = [
            Mix::Everything,
            Mix::Coming,
            Mix::Returning,
            Mix::Returning,
            Mix::Talking,
            Mix::Talking,
            Mix::Reading,
            Mix::Entering,
            Mix::Naming,
            Mix::Later,
            Mix::Following,
            Mix::Arranging,
        ];
        let faults = [Faults::SOME, Faults::LATE, Faults::DOUBLED];
        let topic = if rng.random() { Topic::Directory } else { Topic::Channels };
        let from = rng.random_range(200..1_000);
        let during = from..from + rng.random_range(200..800);
        let deaf = Deaf { node: rng.random_range(0..NODES), topic, during };
        let streams = rng.random_range(3..=10);
        let directory = rng.random_range(8..=32);
        let archivers = if rng.random() { 0 } else { rng.random_range(1..=3) };
        Self {
            mix: mixes[rng.random_range(0..mixes.len())],
            faults: faults[rng.random_range(0..faults.len())],
            founded: rng.random_ratio(4, 5),
            deaf: rng.random_ratio(2, 3).then_some(deaf),
            weights: Weights {
                requests: 90,
                repeats: one_of(rng, [20, 40, 110]),
                landings: one_of(rng, [3, 10, 40]),
                crashes: one_of(rng, [2, 8, 16]),
                set_backs: one_of(rng, [0, 5, 10]),
                archiving: if archivers > 0 { one_of(rng, [40, 120, 240]) } else { 0 },
            },
            archivers,
            directory_window: WindowLimits { span_ms: 60_000, entries_max: directory },
            stream_window: WindowLimits { span_ms: 30_000, entries_max: streams },
        }
    }
}

fn one_of(rng: &mut SmallRng, choices: [u32; 3]) -> u32 {
    choices[rng.random_range(0..choices.len())]
}
