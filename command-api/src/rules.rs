//! Newer rules: activated in every partition, once every process that runs knows them.

use std::time::Instant;

use domain::commands::Decision;
use events::directory::RulesActivated;
use events::{
    Actor, Body, ChannelEvent, DirectoryEvent, Event, EventId, Id, Partition, ReadstateEvent,
    Topic, UserEvent,
};
use fold::KnownProcess;
use futures::stream::{self, StreamExt, TryStreamExt};
use platform::http::ApiError;

use crate::executor::{CommandApi, Order, undelayed};

/// Partitions at once.
const AT_ONCE: usize = 16;

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
            let name = [partition.to_string().into_bytes(), rules.to_be_bytes().to_vec()];
            let order = Order {
                id: EventId(Id::derived("rules.activated", &[&name[0], &name[1]])).into(),
                partition,
                rests_on: &[partition],
                actor: Actor::System,
                cause: None,
                connection_id: None,
            };
            let activated = self.submit(order, || {
                let decision = if self.fold.rules(partition) >= rules {
                    Decision::AlreadySo
                } else {
                    Decision::Append(activated(partition.topic, RulesActivated { rules }.into()))
                };
                undelayed(Ok::<_, ()>(decision))
            });
            activated.await?;
        }
        Ok(())
    }
}

fn activated(topic: Topic, body: Body<RulesActivated>) -> Event {
    match topic {
        Topic::Directory => DirectoryEvent::from(body).into(),
        Topic::Channels => ChannelEvent::from(body).into(),
        Topic::Users => UserEvent::from(body).into(),
        Topic::Readstate => ReadstateEvent::from(body).into(),
        Topic::Presence => unreachable!("what is never judged has no rules"),
    }
}
