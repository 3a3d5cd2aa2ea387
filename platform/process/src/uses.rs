//! Which sessions are in use here: said in `presence` while the process runs, for a command-api to put on
//! the log.

use std::time::Duration;

use event_log::PresenceAppender;
use events::presence::SessionSeen;
use events::{Actor, Event, EventId, Meta, PresenceEvent, SessionId, UserId};
use fold::Fold;
use futures::stream::{self, StreamExt};
use tokio::time::MissedTickBehavior;

/// How much later than it was a use may be noted.
const SAY_EVERY: Duration = Duration::from_secs(20);

/// Appends that are under way at a time.
const AT_ONCE: usize = 32;

/// Says it for ever. What the log does not take is said at the session's next use.
pub async fn say(fold: Fold, source: String, presence: PresenceAppender) {
    let mut ticks = tokio::time::interval(SAY_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let say_one = |(session, user)| say_one(&source, &presence, user, session);
        stream::iter(fold.uses().take()).for_each_concurrent(AT_ONCE, say_one).await;
    }
}

async fn say_one(
    source: &str,
    presence: &PresenceAppender,
    user_id: UserId,
    session_id: SessionId,
) {
    let seen = SessionSeen { user_id, session_id };
    let event = PresenceEvent::SessionSeen(seen.into());
    let now_ms = platform::clock::now_ms();
    let meta = Meta::new(EventId::random(), user_id.0, now_ms, 0, Actor::User(user_id));
    let record = events::encode(source, &meta, &Event::Presence(event));
    if let Err(error) = presence.append(user_id.0, record).await {
        tracing::debug!(%error, "failed to say that a session is in use");
    }
}
