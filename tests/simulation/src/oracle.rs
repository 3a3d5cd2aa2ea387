//! Somebody who knows the whole log, to judge answers that appended nothing.

use command_api::submission::Answer;
use domain::commands::Decision;
use events::Partition;
use projector::MemoryTables;

use crate::attempt::Attempt;
use crate::node::Node;
use crate::rows;
use crate::world::World;

impl World {
    /// No answer from behind: where nothing was appended between the request and its refusal, whoever
    /// knows the whole log must come to a refusal, too.
    pub fn unchanged_means_same_decision(
        &mut self,
        attempt: &Attempt,
        answer: &Answer<String>,
    ) -> Result<(), String> {
        let wrote_nothing = matches!(answer, Answer::Rejected(_) | Answer::AlreadySo);
        if !wrote_nothing || attempt.work.sees_all_channels() {
            return Ok(());
        }
        let partitions = attempt.work.rests_on();
        let unchanged = partitions
            .iter()
            .zip(&attempt.ends_at_start)
            .all(|(partition, end)| self.log.end_of(*partition) == *end);
        if !unchanged {
            return Ok(());
        }
        let oracle = self.oracle(&partitions)?;
        let rows = self.oracle_rows()?;
        let decided = attempt.work.decide(&oracle, &self.log, &rows, &mut self.rng);
        match decided.decision {
            Ok(Decision::Append(event)) => Err(format!(
                "attempt {} was answered {answer:?} from behind: at the log's end it comes to {event:?}",
                attempt.number
            )),
            Ok(Decision::AlreadySo) | Err(_) => Ok(()),
        }
    }

    /// A node that has folded everything in these partitions.
    pub fn oracle(&self, partitions: &[Partition]) -> Result<Node, String> {
        let oracle = Node::new(&self.profile, 0);
        for partition in partitions {
            while oracle.fold_one(&self.log, *partition)?.is_some() {}
        }
        Ok(oracle)
    }

    fn oracle_rows(&self) -> Result<MemoryTables, String> {
        let oracle = Node::new(&self.profile, 0);
        let mut tables = MemoryTables::default();
        for partition in self.log.partitions() {
            let mut batch = Vec::new();
            while let Some(folded) = oracle.fold_one(&self.log, partition)? {
                batch.push(folded);
            }
            rows::write(&mut tables, &[(partition, 0, batch)]).map_err(|e| format!("{e:?}"))?;
        }
        Ok(tables)
    }
}
