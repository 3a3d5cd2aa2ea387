//! What the other processes of the installation say of how far they are.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use events::presence::PositionsNoted;
use events::{Id, Partition, Position};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::runner::FAIL_CLOSED_AFTER;

/// A silent process is forgotten by the clock, which nothing announces.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The processes that keep answers open, as far as they were heard.
#[derive(Debug)]
pub(crate) struct Others {
    processes: Mutex<HashMap<Id, Process>>,
    moved: watch::Sender<()>,
    /// Who was silent for so long has closed itself.
    silent_after: Duration,
}

#[derive(Debug)]
struct Process {
    heard: Instant,
    next: HashMap<Partition, u64>,
}

impl Default for Others {
    fn default() -> Self {
        Self::forgetting_after(FAIL_CLOSED_AFTER)
    }
}

impl Others {
    pub(crate) fn forgetting_after(silent_after: Duration) -> Self {
        Self { processes: Mutex::default(), moved: watch::Sender::new(()), silent_after }
    }

    /// Heard at `heard`, which is later than it was said.
    pub(crate) fn hear(&self, noted: &PositionsNoted, heard: Instant) {
        let mut processes = self.processes.lock();
        if noted.gone {
            processes.remove(&noted.process_id);
        } else {
            let position =
                |(partition, next): (&String, &u64)| Some((partition.parse().ok()?, *next));
            let next = noted.next.iter().filter_map(position).collect();
            processes.insert(noted.process_id, Process { heard, next });
        }
        drop(processes);
        self.moved.send_replace(());
    }

    /// Resolves once every process that is known now, or was silent for too long, has passed `position`.
    pub(crate) async fn passed(&self, position: Position) {
        let mut moved = self.moved.subscribe();
        while !self.have_passed(position) {
            // Either way it is looked at again.
            let _ = tokio::time::timeout(LOOK_EVERY, moved.changed()).await;
        }
    }

    fn have_passed(&self, position: Position) -> bool {
        let mut processes = self.processes.lock();
        processes.retain(|_, process| process.heard.elapsed() < self.silent_after);
        processes.values().all(|process| {
            process.next.get(&position.partition).is_some_and(|next| *next > position.offset)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Id = Id([1; 16]);
    const TWO: Id = Id([2; 16]);

    fn at(offset: u64) -> Position {
        Position::new(Partition::DIRECTORY, offset)
    }

    fn note(process_id: Id, next: u64, gone: bool) -> PositionsNoted {
        let next = [(Partition::DIRECTORY.to_string(), next)].into();
        PositionsNoted { process_id, service: "realtime".to_owned(), next, gone }
    }

    #[test]
    fn every_process_that_was_heard_must_have_passed() {
        let others = Others::default();
        assert!(others.have_passed(at(5)), "nobody keeps anything open");
        others.hear(&note(ONE, 6, false), Instant::now());
        others.hear(&note(TWO, 5, false), Instant::now());
        assert!(!others.have_passed(at(5)));
        others.hear(&note(TWO, 6, false), Instant::now());
        assert!(others.have_passed(at(5)));
        assert!(!others.have_passed(Position::new(Partition::of(events::Topic::Users, &ONE.0), 0)));
    }

    #[test]
    fn who_says_goodbye_and_who_was_silent_is_not_waited_for() {
        let others = Others::default();
        others.hear(&note(ONE, 0, false), Instant::now());
        assert!(!others.have_passed(at(0)));
        others.hear(&note(ONE, 0, true), Instant::now());
        assert!(others.have_passed(at(0)));
        let others = Others::forgetting_after(Duration::ZERO);
        others.hear(&note(TWO, 0, false), Instant::now());
        assert!(others.have_passed(at(0)));
    }

    #[tokio::test]
    async fn waiting_ends_with_the_note_that_was_missing() {
        let others = std::sync::Arc::new(Others::default());
        others.hear(&note(ONE, 5, false), Instant::now());
        let waiting = std::sync::Arc::clone(&others);
        let waited = tokio::spawn(async move { waiting.passed(at(5)).await });
        others.hear(&note(ONE, 6, false), Instant::now());
        waited.await.unwrap();
    }
}
