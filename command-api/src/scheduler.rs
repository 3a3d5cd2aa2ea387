//! The scheduler: does at its time what people want done then. Sends what they wrote for later, reminds them
//! of posts.
//!
//! Every process runs one. The clock decides when it tries; the person's partition decides what is fired,
//! once, and whoever fired it does what follows. What a crash left in between others do, under the same ids.

mod reminding;
mod sending;
mod system_bot;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use domain::commands::Decision;
use domain::errands::{Errand, Stage, Timer};
use events::reminder::ReminderFired;
use events::scheduled_post::ScheduledPostFired;
use events::{Actor, Body, Event, EventId, Partition, Position, Topic, UserEvent, UserId};
use fold::{Subscription, SubscriptionError};
use futures::{StreamExt, stream};
use http::StatusCode;
use platform::clock;
use platform::http::ApiError;

use crate::executor::{CommandApi, Ended, Order, undelayed};

/// How long whoever fired has to do what follows: a producer's delivery timeout.
const LEFT_TO_OTHERS_MS: i64 = 10_000;

/// Between two attempts at what could not be done.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// How often the clock is looked at, which may be set, whatever is due next.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// People whose errands are under way at once. Each person's are done in order.
const PEOPLE_AT_ONCE: usize = 32;

/// Something to do for somebody, as the fold had it.
#[derive(Debug, Clone, Copy)]
struct Due {
    user: UserId,
    errand: Errand,
    timer: Timer,
}

impl CommandApi {
    /// Does what is due whenever it is. Runs until the fold stops.
    pub async fn run_scheduler(&self) {
        let mut batches = self.fold.subscribe();
        loop {
            let done = self.do_errands(clock::now_ms()).await;
            let wait = if done { self.until_next_errand(clock::now_ms()) } else { RETRY_AFTER };
            tokio::select! {
                news = is_news(&mut batches) => if !news { return },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Does what is due at `now_ms`; answers whether all of it could be done.
    pub async fn do_errands(&self, now_ms: i64) -> bool {
        let mut of_people: BTreeMap<UserId, Vec<Due>> = BTreeMap::new();
        for Partition { index, .. } in Topic::Users.partitions() {
            let users = self.fold.users_at(index);
            let due = users.state().errands().due(now_ms, now_ms - LEFT_TO_OTHERS_MS);
            for (user, errand, timer) in due {
                of_people.entry(user).or_default().push(Due { user, errand, timer });
            }
        }
        let people = of_people.into_values().map(|errands| self.do_errands_of_one(errands));
        let done: Vec<bool> = stream::iter(people).buffer_unordered(PEOPLE_AT_ONCE).collect().await;
        done.into_iter().all(|done| done)
    }

    async fn do_errands_of_one(&self, errands: Vec<Due>) -> bool {
        let mut all_done = true;
        for due in errands {
            if let Err(error) = self.do_errand(&due).await {
                let is_unavailable = error.status() == StatusCode::SERVICE_UNAVAILABLE;
                let error = error.message();
                tracing::warn!(user.id = %due.user, error, "failed to do what is due; trying again");
                all_done = false;
                if is_unavailable {
                    // What is missing is missing for the rest, and others wait for this to end.
                    break;
                }
            }
        }
        all_done
    }

    async fn do_errand(&self, due: &Due) -> Result<(), ApiError> {
        let fired = match due.timer.stage {
            Stage::Waiting => self.fire(due).await?,
            Stage::Fired { offset, .. } => Some(Position::new(due.partition(), offset)),
            Stage::Failed => None,
        };
        match (fired, due.errand) {
            (Some(fired), Errand::Post(id)) => self.send_scheduled(due, id, fired).await,
            (Some(fired), Errand::Reminder(post)) => self.remind(due, post, fired).await,
            (None, _) => Ok(()),
        }
    }

    /// Where it was fired, unless somebody else did, or it is not what waits any more. The event's id is new:
    /// that it happens once is the state's rule, and who fired it knows so.
    async fn fire(&self, due: &Due) -> Result<Option<Position>, ApiError> {
        let waits = |held: &Timer| *held == due.timer;
        match self.say_of(due, EventId::random(), None, waits, due.fired()).await? {
            Ended::Written(written) => Ok(Some(written.position)),
            Ended::AlreadySo | Ended::Refused(_) => Ok(None),
            Ended::Rejected(never) => match never {},
        }
    }

    /// What became of an errand that was fired.
    async fn end_errand(
        &self,
        due: &Due,
        fired: Position,
        event: UserEvent,
    ) -> Result<(), ApiError> {
        let id = EventId::step(&fired, event.event_type(), due.user.as_bytes());
        let is_fired = |held: &Timer| held.is_fired() && held.said_at == due.timer.said_at;
        self.say_of(due, id, Some(fired), is_fired, event).await.map(drop)
    }

    /// Appends `event` to the person's partition while their errand is as `holds` says.
    async fn say_of(
        &self,
        due: &Due,
        id: EventId,
        cause: Option<Position>,
        holds: impl Fn(&Timer) -> bool,
        event: UserEvent,
    ) -> Result<Ended<Infallible>, ApiError> {
        let partition = due.partition();
        let rests_on = [partition];
        let order = Order {
            id: id.into(),
            partition,
            rests_on: &rests_on,
            actor: Actor::System,
            cause,
            connection_id: None,
        };
        self.submit(order, || {
            let users = self.fold.users(due.user);
            let held = users.state().errands().timer(due.user, due.errand);
            undelayed(Ok(if held.is_some_and(&holds) {
                Decision::Append(Event::Users(event.clone()))
            } else {
                Decision::AlreadySo
            }))
        })
        .await
    }

    fn until_next_errand(&self, now_ms: i64) -> Duration {
        let next = Topic::Users.partitions().filter_map(|Partition { index, .. }| {
            let users = self.fold.users_at(index);
            let errands = users.state().errands();
            let left = errands.first_fired_at().map(|at| at + LEFT_TO_OTHERS_MS);
            errands.next_due_at().into_iter().chain(left).min()
        });
        let ms = next.min().map_or(i64::MAX, |at| at.saturating_sub(now_ms));
        Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LOOK_EVERY)
    }
}

impl Due {
    fn partition(&self) -> Partition {
        Partition::of(Topic::Users, self.user.as_bytes())
    }

    fn fired(&self) -> UserEvent {
        let (user_id, said_at) = (self.user, self.timer.said_at);
        match self.errand {
            Errand::Post(scheduled_id) => {
                Body::from(ScheduledPostFired { scheduled_id, user_id, said_at }).into()
            }
            Errand::Reminder(post_id) => {
                Body::from(ReminderFired { user_id, post_id, said_at }).into()
            }
        }
    }
}

/// Resolves once something may be due earlier than was known; false once nothing more comes.
async fn is_news(batches: &mut Subscription) -> bool {
    loop {
        match batches.next().await {
            Ok(batch) => {
                if batch.iter().filter_map(|folded| folded.applied()).any(|one| begins(one.1)) {
                    return true;
                }
            }
            Err(SubscriptionError::Lagged(_)) => return true,
            Err(SubscriptionError::Stopped) => return false,
        }
    }
}

fn begins(event: &Event) -> bool {
    matches!(
        event,
        Event::Users(
            UserEvent::ScheduledPostCreated(_)
                | UserEvent::ScheduledPostChanged(_)
                | UserEvent::ScheduledPostFired(_)
                | UserEvent::ReminderSet(_)
                | UserEvent::ReminderFired(_)
        )
    )
}
