//! Sessions in use.

use domain::Session;
use events::presence::SessionSeen;
use events::user::TokenHash;
use events::{EventId, PresenceEvent, Topic};
use fold::Heard;
use serde_json::json;

use super::{Cell, Person};
use crate::uses::in_use;

fn session_of(cell: &Cell, who: &Person) -> Option<Session> {
    cell.api.fold.users(who.id).state().session(&TokenHash::of(&who.token)).copied()
}

#[tokio::test]
async fn a_session_in_use_is_noted_however_many_processes_say_so_and_not_again_for_a_while() {
    let cell = Cell::start().await;
    let ada = cell.person("ada").await;
    let begun = session_of(&cell, &ada).unwrap();
    assert_eq!(begun.used_at, begun.create_at);
    cell.ok("/channels/direct", &ada, json!([ada.id])).await;
    let taken: Vec<_> = cell.api.fold.uses().take().collect();
    assert_eq!(taken, [(begun.session_id, ada.id)], "a request is a use");

    let said = || {
        let seen = SessionSeen { user_id: ada.id, session_id: begun.session_id };
        let event = PresenceEvent::SessionSeen(seen.into());
        [(); 2].map(|()| Heard { id: EventId::random(), event: event.clone() })
    };
    let heard = || said().iter().filter_map(in_use).collect();
    let now_ms = platform::clock::now_ms();
    cell.log.set_clock(now_ms);
    cell.api.note_uses(heard()).await;
    let used_at = session_of(&cell, &ada).unwrap().used_at;
    assert!(used_at >= now_ms, "the log's time, not the process's");
    cell.api.note_uses(heard()).await;
    assert_eq!(cell.count(Topic::Users, "session.used"), 1);
    assert_eq!(session_of(&cell, &ada).unwrap().used_at, used_at);
    cell.ok("/channels/direct", &ada, json!([ada.id])).await;
    assert_eq!(cell.api.fold.uses().take().count(), 0, "noted a moment ago");
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_used() {
    let cell = Cell::start().await;
    let ada = cell.person("ada").await;
    let session_id = session_of(&cell, &ada).unwrap().session_id;
    cell.ok("/users/me/sessions/revoke", &ada, json!({ "session_id": session_id })).await;
    let seen = SessionSeen { user_id: ada.id, session_id };
    let event = PresenceEvent::SessionSeen(seen.into());
    let heard = Heard { id: EventId::random(), event };
    cell.api.note_uses(in_use(&heard).into_iter().collect()).await;
    assert_eq!(cell.count(Topic::Users, "session.used"), 0);
}
