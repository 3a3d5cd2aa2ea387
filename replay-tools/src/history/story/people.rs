//! What happened to somebody's own state, in words.

use events::reminder::ReminderEnd;
use events::user::{SessionOrigin, StatusKind};
use events::{Event, UserEvent, UserId};

use crate::history::moment::Instant;
use crate::history::names::Names;
use crate::history::source::Entry;
use crate::history::text::{plain, quoted};

/// None: it says nothing to people.
pub(super) fn told(entry: &Entry, names: &Names) -> Option<String> {
    let (_, Event::Users(event)) = entry.opened.decoded.as_ref()? else { return None };
    let person = |user: UserId| names.person(user, entry.at());
    Some(match event {
        UserEvent::RulesActivated(_) | UserEvent::EpochOpened(_) | UserEvent::EpochSealed(_) => {
            return None;
        }
        UserEvent::SessionCreated(b) => {
            let from = if names.has_erased(b.c.user_id) { String::new() } else { origin(&b.p) };
            format!("{} logged in{from} (session {})", person(b.c.user_id), b.c.session_id)
        }
        UserEvent::SessionRevoked(b) => {
            format!("the session {} of {} ended", b.c.session_id, person(b.c.user_id))
        }
        UserEvent::SessionUsed(b) => {
            format!("{} used the session {}", person(b.c.user_id), b.c.session_id)
        }
        UserEvent::PreferencesSet(b) => {
            let set = b.p.preferences.iter();
            let set: Vec<String> =
                set.map(|p| plain(&format!("{}/{} = {}", p.category, p.name, p.value))).collect();
            format!("{} set preferences: {}", person(b.c.user_id), set.join(", "))
        }
        UserEvent::PreferencesDeleted(b) => {
            let gone = b.p.preferences.iter();
            let gone: Vec<String> =
                gone.map(|p| plain(&format!("{}/{}", p.category, p.name))).collect();
            format!("{} deleted preferences: {}", person(b.c.user_id), gone.join(", "))
        }
        UserEvent::StatusSet(b) => {
            format!("{} chose to be {}", person(b.c.user_id), status(b.c.status))
        }
        UserEvent::SidebarCategoryCreated(b) => {
            let at = b.c.categories.iter().position(|one| one.category_id == b.c.category_id);
            let name = at.and_then(|at| b.p.names.get(at)).map_or("", String::as_str);
            format!("{} made the category {}", person(b.c.user_id), quoted(name))
        }
        UserEvent::SidebarCategoriesChanged(b) => {
            format!("{} arranged their channels", person(b.c.user_id))
        }
        UserEvent::SidebarCategoryDeleted(b) => {
            format!("{} did away with a category of channels", person(b.c.user_id))
        }
        UserEvent::SidebarOrderSet(b) => {
            format!("{} put their categories in another order", person(b.c.user_id))
        }
        UserEvent::CustomStatusSet(b) => {
            let who = person(b.c.user_id);
            let said = names.said(b.c.user_id, &b.p.status.text);
            format!("{who} said that they are at {said}")
        }
        UserEvent::CustomStatusCleared(b) => {
            format!("{} said no longer what they are at", person(b.c.user_id))
        }
        UserEvent::CustomStatusRecentRemoved(b) => {
            format!("{} forgot a status of before", person(b.c.user_id))
        }
        UserEvent::ScheduledPostCreated(b) => {
            let said = names.said(b.c.user_id, &b.p.message);
            format!("{} wrote {said}, to be sent at {}", person(b.c.user_id), Instant(b.c.due_at))
        }
        UserEvent::ScheduledPostChanged(b) => {
            let (who, said) = (person(b.c.user_id), names.said(b.c.user_id, &b.p.message));
            format!("{who} wrote {said} instead, to be sent at {}", Instant(b.c.due_at))
        }
        UserEvent::ScheduledPostDeleted(b) => {
            format!("{} did away with what was to be sent later", person(b.c.user_id))
        }
        UserEvent::ScheduledPostFired(b) => {
            format!("it was time to send what {} had written", person(b.c.user_id))
        }
        UserEvent::ScheduledPostSent(b) => {
            format!("it was sent for {} as the post {}", person(b.c.user_id), b.c.post_id)
        }
        UserEvent::ScheduledPostFailed(b) => {
            format!("it could not be sent for {}: {}", person(b.c.user_id), b.c.error_code.code())
        }
        UserEvent::ReminderSet(b) => {
            let (who, due) = (person(b.c.user_id), Instant(b.c.due_at));
            format!("{who} asked to be reminded of the post {} at {due}", b.c.post_id)
        }
        UserEvent::ReminderFired(b) => {
            format!("it was time to remind {} of the post {}", person(b.c.user_id), b.c.post_id)
        }
        UserEvent::ReminderEnded(b) => {
            let became = match b.c.because {
                ReminderEnd::Reminded => "was reminded",
                ReminderEnd::InVain => "could not be reminded",
            };
            format!("{} {became} of the post {}", person(b.c.user_id), b.c.post_id)
        }
        UserEvent::ProfileValuesSet(b) => {
            format!("{} fields of {}'s profile were set", b.c.field_ids.len(), person(b.c.user_id))
        }
        UserEvent::UserStateErased(b) => {
            format!("sessions, status and preferences of {} were erased", person(b.c.user_id))
        }
    })
}

fn origin(details: &SessionOrigin) -> String {
    let known = [("from", &details.address), ("with", &details.user_agent)];
    let known = known.into_iter().filter(|(_, text)| !text.is_empty());
    known.map(|(word, text)| format!(" {word} {}", quoted(text))).collect()
}

fn status(status: StatusKind) -> &'static str {
    match status {
        StatusKind::Online => "online",
        StatusKind::Away => "away",
        StatusKind::Dnd => "undisturbed",
        StatusKind::Offline => "offline",
    }
}
