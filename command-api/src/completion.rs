//! Runs the process manager: the steps of a command at once, those that others left undone later.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use domain::Channels;
use domain::commands::Decision;
use events::{Actor, Event, PARTITIONS, Partition, Position, Topic};
use fold::SubscriptionError;
use futures::future::try_join_all;
use platform::http::ApiError;

use crate::executor::{CommandApi, Ended, Order, undelayed};
use crate::process_manager::{Key, Step, due, due_at, touched};

/// How long whoever decided has to run the steps: a producer's delivery timeout.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(10);

/// Between two attempts at steps that could not be run.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Rounds of steps that need each other: a channel, then its members.
const ROUNDS_MAX: usize = 8;

/// Steps that are under way at once.
const STEPS_AT_ONCE: usize = 32;

impl CommandApi {
    /// Runs what is due at `keys` until nothing is; answers the positions of what was written.
    ///
    /// # Errors
    /// A 503: the command stands, and the process manager completes it.
    pub(crate) async fn complete(&self, keys: &[Key]) -> Result<Vec<Position>, ApiError> {
        let mut written = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let steps = self.due_at(keys);
            if steps.is_empty() {
                for key in keys {
                    if let Key::Erased(user) = key {
                        written.extend(self.finish_erasure(*user).await?);
                    }
                }
                return Ok(written);
            }
            for steps in steps.chunks(STEPS_AT_ONCE) {
                let ran = try_join_all(steps.iter().map(|step| self.run_step(step))).await?;
                written.extend(ran.into_iter().flatten());
            }
        }
        Err(ApiError::unknown_outcome())
    }

    fn due_at(&self, keys: &[Key]) -> Vec<Step> {
        self.with_states(|directory, next, channels| {
            let mut steps: Vec<Step> = Vec::new();
            for key in keys {
                for step in due_at(*key, directory, next, channels) {
                    if !steps.contains(&step) {
                        steps.push(step);
                    }
                }
            }
            steps
        })
    }

    fn with_states<T>(
        &self,
        read: impl FnOnce(&domain::Directory, u64, &Vec<&Channels>) -> T,
    ) -> T {
        let directory = self.fold.directory();
        let folds: Vec<_> = (0..PARTITIONS).map(|index| self.fold.channels_at(index)).collect();
        let states: Vec<&Channels> = folds.iter().map(|fold| fold.state()).collect();
        read(directory.state(), directory.next(), &states)
    }

    async fn run_step(&self, step: &Step) -> Result<Option<Position>, ApiError> {
        let cause = if step.needs_cause() {
            match self.read_event(step.cause.partition, step.cause.offset).await? {
                (_, Event::Directory(cause)) => Some(cause),
                _ => None,
            }
        } else {
            None
        };
        let order = Order {
            id: step.id.into(),
            partition: step.partition(),
            rests_on: &[step.partition()],
            actor: Actor::System,
            cause: Some(step.cause),
            connection_id: None,
        };
        let ended = self.submit(order, || {
            let fold = self.fold.channels(step.channel_id);
            let channel = fold.state().channel(step.channel_id);
            let decision: Result<Decision, Infallible> = Ok(step.decide(channel, cause.as_ref()));
            undelayed(decision)
        });
        match ended.await? {
            Ended::Written(written) => Ok(Some(written.position)),
            Ended::AlreadySo | Ended::Refused(_) => Ok(None),
            Ended::Rejected(never) => match never {},
        }
    }

    /// Completes what others began and left: after a crash, or where a process stands still. Runs
    /// until the fold stops.
    pub async fn run_process_manager(&self) {
        let mut batches = self.fold.subscribe();
        let mut waiting: VecDeque<(Instant, Key)> = VecDeque::new();
        waiting.extend(self.complete_everything().await);
        loop {
            let ripe = waiting.front().map(|(at, _)| *at);
            let ripens = async {
                match ripe {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                batch = batches.next() => match batch {
                    Ok(batch) => {
                        let at = Instant::now() + LEFT_TO_OTHERS;
                        let applied = batch.iter().filter_map(|folded| folded.applied());
                        let keys = applied.flat_map(|(_, event, applied)| touched(event, applied));
                        waiting.extend(keys.map(|key| (at, key)));
                    }
                    Err(SubscriptionError::Lagged(_)) => {
                        waiting.clear();
                        waiting.extend(self.complete_everything().await);
                    }
                    Err(SubscriptionError::Stopped) => return,
                },
                () = ripens => {
                    let now = Instant::now();
                    let mut keys = Vec::new();
                    while let Some((_, key)) = waiting.pop_front_if(|(at, _)| *at <= now) {
                        keys.push(key);
                    }
                    if let Err(error) = self.complete_foreign(&keys).await {
                        tracing::warn!(error = error.message(), "failed to run steps; trying again");
                        waiting.extend(keys.into_iter().map(|key| (now + RETRY_AFTER, key)));
                    }
                }
            }
        }
    }

    /// Others' steps: looked for only where the fold has seen all that they can have written so far.
    async fn complete_foreign(&self, keys: &[Key]) -> Result<(), ApiError> {
        let finished = |key: &Key| match key {
            Key::Erased(user) => !self.is_being_erased(*user),
            _ => true,
        };
        if self.due_at(keys).is_empty() && keys.iter().all(finished) {
            return Ok(());
        }
        self.catch_up_on_states().await?;
        self.complete(keys).await.map(drop)
    }

    async fn catch_up_on_states(&self) -> Result<(), ApiError> {
        let partitions: Vec<Partition> =
            std::iter::once(Partition::DIRECTORY).chain(Topic::Channels.partitions()).collect();
        let caught_up = self.fold.catch_up(&partitions, self.deadline()).await;
        caught_up.map(drop).map_err(ApiError::unavailable)
    }

    /// Answers what is left to try again, and when.
    async fn complete_everything(&self) -> Vec<(Instant, Key)> {
        loop {
            let steps =
                self.with_states(|directory, next, channels| due(directory, next, channels));
            if steps.is_empty() {
                let failed = self.finish_erasures().await;
                let again = Instant::now() + RETRY_AFTER;
                return failed.into_iter().map(|user| (again, Key::Erased(user))).collect();
            }
            tracing::info!(steps = steps.len(), "completing what was begun and left");
            if let Err(error) = self.run_all_due().await {
                tracing::warn!(error = error.message(), "failed to run steps; trying again");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }

    /// A directory that is behind does not know who has become a guest.
    async fn run_all_due(&self) -> Result<(), ApiError> {
        self.catch_up_on_states().await?;
        let steps = self.with_states(|directory, next, channels| due(directory, next, channels));
        for steps in steps.chunks(STEPS_AT_ONCE) {
            try_join_all(steps.iter().map(|step| self.run_step(step))).await?;
        }
        Ok(())
    }
}
