//! What is said of the log itself, in each of its partitions: which rules judge it, that it is over.

use domain::commands::Decision;
use events::{Actor, Event, EventId, Partition};
use platform::http::ApiError;

use crate::executor::{CommandApi, Order, undelayed};

/// Partitions in which something is said at once.
pub(crate) const AT_ONCE: usize = 16;

impl CommandApi {
    /// Says `event` in `partition`, once for each `number` of its kind, unless what it says holds.
    ///
    /// # Errors
    /// A 503: it may have been said.
    pub(crate) async fn say_of_log(
        &self,
        (partition, number): (Partition, u32),
        event: &Event,
        holds: impl Fn() -> bool,
    ) -> Result<(), ApiError> {
        let order = Order {
            id: EventId::of_log(event.event_type(), partition, number).into(),
            partition,
            rests_on: &[partition],
            actor: Actor::System,
            cause: None,
            connection_id: None,
        };
        let said = self.submit(order, || {
            let decision =
                if holds() { Decision::AlreadySo } else { Decision::Append(event.clone()) };
            undelayed(Ok::<_, ()>(decision))
        });
        said.await.map(drop)
    }
}
