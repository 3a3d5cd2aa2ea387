//! The processes of the installation, as they say themselves.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use events::Id;
use events::presence::ProcessNoted;
use parking_lot::Mutex;

use crate::runner::FAIL_CLOSED_AFTER;

/// A process that was heard lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProcess {
    pub process_id: Id,
    /// The kind of process, as `projector`.
    pub service: String,
    pub version: String,
    /// The newest rules that it knows.
    pub rules: u32,
}

#[derive(Debug)]
pub(crate) struct Processes {
    heard: Mutex<HashMap<Id, (Instant, KnownProcess)>>,
    silent_after: Duration,
}

impl Default for Processes {
    fn default() -> Self {
        Self::forgetting_after(FAIL_CLOSED_AFTER)
    }
}

impl Processes {
    fn forgetting_after(silent_after: Duration) -> Self {
        Self { heard: Mutex::default(), silent_after }
    }

    pub(crate) fn hear(&self, noted: &ProcessNoted) {
        let ProcessNoted { process_id, service, version, rules, gone } = noted.clone();
        let mut heard = self.heard.lock();
        if gone {
            heard.remove(&process_id);
        } else {
            let known = KnownProcess { process_id, service, version, rules };
            heard.insert(process_id, (Instant::now(), known));
        }
    }

    /// In the order of their kinds.
    pub(crate) fn all(&self) -> Vec<KnownProcess> {
        let mut heard = self.heard.lock();
        heard.retain(|_, (at, _)| at.elapsed() < self.silent_after);
        let mut all: Vec<_> = heard.values().map(|(_, known)| known.clone()).collect();
        all.sort_unstable_by(|a, b| (&a.service, a.process_id).cmp(&(&b.service, b.process_id)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(id: u8, service: &str, gone: bool) -> ProcessNoted {
        let (service, version) = (service.to_owned(), "1.2.3".to_owned());
        ProcessNoted { process_id: Id([id; 16]), service, version, rules: 2, gone }
    }

    #[test]
    fn those_are_known_that_were_heard_lately_and_said_no_goodbye() {
        let processes = Processes::default();
        for (id, service) in [(1, "realtime"), (2, "command-api"), (3, "realtime")] {
            processes.hear(&noted(id, service, false));
        }
        processes.hear(&noted(1, "realtime", true));
        let known: Vec<_> = processes.all().into_iter().map(|p| (p.service, p.rules)).collect();
        assert_eq!(known, [("command-api".to_owned(), 2), ("realtime".to_owned(), 2)]);
        let silent = Processes::forgetting_after(Duration::ZERO);
        silent.hear(&noted(1, "realtime", false));
        assert_eq!(silent.all(), []);
    }
}
