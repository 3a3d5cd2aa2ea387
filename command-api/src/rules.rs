//! Newer rules: activated in every partition, once every process that runs knows them.

use std::time::Instant;

use events::Partition;
use events::directory::RulesActivated;
use fold::KnownProcess;
use futures::stream::{self, StreamExt, TryStreamExt};
use platform::http::ApiError;

use crate::executor::CommandApi;
use crate::of_log::AT_ONCE;

impl CommandApi {
    /// The processes that are heard now.
    ///
    /// # Errors
    /// A 503: what was said up to now cannot be read.
    pub(crate) async fn processes(&self) -> Result<Vec<KnownProcess>, ApiError> {
        let deadline = self.deadline().max(Instant::now());
        self.presence.catch_up(deadline).await.map_err(ApiError::unavailable)?;
        Ok(self.presence.processes())
    }

    /// The oldest rules that are in force anywhere.
    pub(crate) fn rules_in_force(&self) -> u32 {
        Partition::durable().map(|partition| self.fold.rules(partition)).min().unwrap_or(1)
    }

    /// Puts `rules` and all before them in force in every partition. Cut short, it goes on when it is asked
    /// again.
    ///
    /// # Errors
    /// A 503: they are in force in some partitions, perhaps.
    pub(crate) async fn activate_rules(&self, rules: u32) -> Result<(), ApiError> {
        let each = Partition::durable().map(|partition| self.activate_in(partition, rules));
        stream::iter(each).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn activate_in(&self, partition: Partition, rules: u32) -> Result<(), ApiError> {
        for rules in self.fold.rules(partition) + 1..=rules {
            let event = events::of_log(partition.topic, RulesActivated { rules });
            let holds = || self.fold.rules(partition) >= rules;
            self.say_of_log((partition, rules), &event, holds).await?;
        }
        Ok(())
    }
}
