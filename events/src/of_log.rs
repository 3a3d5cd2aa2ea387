//! What is said of the log itself, which every judged topic has.

use crate::body::{Body, Fact, Nothing};
use crate::{
    ChannelEvent, DirectoryEvent, Event, EventId, Id, Partition, ReadstateEvent, Topic, UserEvent,
};

/// The event as it stands in `topic`.
///
/// # Panics
/// For `presence`, which is never judged.
pub fn of_log<F: Fact<Personal = Nothing>>(topic: Topic, fact: F) -> Event
where
    DirectoryEvent: From<Body<F>>,
    ChannelEvent: From<Body<F>>,
    UserEvent: From<Body<F>>,
    ReadstateEvent: From<Body<F>>,
{
    let body = Body::from(fact);
    match topic {
        Topic::Directory => DirectoryEvent::from(body).into(),
        Topic::Channels => ChannelEvent::from(body).into(),
        Topic::Users => UserEvent::from(body).into(),
        Topic::Readstate => ReadstateEvent::from(body).into(),
        Topic::Presence => unreachable!("presence is never judged"),
    }
}

impl EventId {
    /// The id of what is said of the log in one partition, once for each `number` of its kind.
    pub fn of_log(event_type: &str, partition: Partition, number: u32) -> Self {
        let partition = partition.to_string();
        Self(Id::derived(event_type, &[partition.as_bytes(), &number.to_be_bytes()]))
    }
}
