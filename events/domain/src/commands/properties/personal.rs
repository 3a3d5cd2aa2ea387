//! What people decide for themselves: sessions, settings, markers, drafts, what they say they are at.

use events::custom_status::CustomStatus;
use events::draft::{DraftContent, DraftEnd};
use events::user::{Preference, Totals};
use events::{ScheduledPostId, SessionId};
use serde_json::Map;

use super::super::custom_status::*;
use super::super::draft::*;
use super::super::given::*;
use super::super::readstate::*;
use super::super::reminder::*;
use super::super::scheduled_post::*;
use super::super::user::*;
use super::{Command, Decided, Rows, said};

/// A status and preferences.
pub(super) fn settings(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, user_id) = (&given.directory, user(actor));
    if kind == 25 {
        let status = STATUSES[usize::from(b) % STATUSES.len()];
        let set = SetStatus { actor: user_id, user_id, status, dnd_end_ms: 0 };
        return said(set.decide(d, &given.users));
    }
    let named = |n: u8, value: u8| Preference {
        category: "c".into(),
        name: format!("n{n}"),
        value: format!("v{value}"),
    };
    let own = rows.preferences.iter().filter(|((who, _), _)| *who == actor);
    let current = own.map(|((_, n), value)| named(*n, *value)).collect();
    let (actor, preferences) = (user_id, vec![named(a, b)]);
    if kind == 26 {
        said(SetPreferences { actor, user_id, preferences, current }.decide(d))
    } else {
        said(DeletePreferences { actor, user_id, preferences, current }.decide(d))
    }
}

pub(super) fn sessions_and_markers(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, user_id) = (&given.directory, user(actor));
    let seen = |c: u8| Seen::of(d, &given.channels, channel(c), user_id);
    match kind {
        28 => {
            let generation = d.account(user_id)?.auth_generation;
            said(log_in(actor, actor * 16 + b, generation).decide(d, &given.users))
        }
        29 => {
            let session_id = SessionId::from_bytes([actor * 16 + b; 16]);
            let revoke = RevokeSession { actor: user_id, user_id, session_id };
            said(revoke.decide(d, &given.users))
        }
        30 => said(seen(a).and_then(|seen| {
            ViewChannels { user_id, seen: vec![seen], threads: false }.decide(&given.readstate)
        })),
        _ => {
            let post = rows.facts(a)?;
            let (c, _) = rows.posts[&a];
            said(seen(c).and_then(|seen| {
                let before = Totals::default();
                let back =
                    SetUnread { actor: user_id, user_id, post, seen, before, urgent_mentions: 0 };
                back.decide(d, &given.readstate)
            }))
        }
    }
}

pub(super) fn drafts(given: &Given, Command { kind, actor, a, b }: Command) -> Decided {
    let (d, user_id, place) = (&given.directory, user(actor), (channel(a), None));
    if kind == 44 {
        let because = DraftEnd::Sent;
        let delete = DeleteDraft { actor: user_id, user_id, place, because, saved_until: None };
        return said(delete.decide(d, &given.readstate));
    }
    // Nothing written is no draft.
    let message = if kind == 42 { format!("draft {b}") } else { String::new() };
    let content = DraftContent { message, ..DraftContent::default() };
    let save = SaveDraft { user_id, place, file_ids: vec![], content };
    said(save.decide(d, &given.channels, &given.readstate))
}

/// Posts for later, and reminders.
pub(super) fn errands(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let user_id = user(actor);
    let scheduled_id = ScheduledPostId::from_bytes([b; 16]);
    match kind {
        54 => {
            let post = say(a, actor, "later");
            let priority = Map::new();
            let schedule = SchedulePost { scheduled_id, post, priority, due_at: 10, now_ms: 0 };
            said(schedule.decide(&given.directory, &given.channels, &given.users))
        }
        55 => {
            let delete = DeleteScheduledPost { user_id, scheduled_id };
            said(delete.decide(&given.users))
        }
        _ => {
            let post = rows.facts(a)?;
            let set = SetReminder { user_id, post, due_at: i64::from(b), now_ms: 0 };
            said(set.decide(&given.directory, &given.channels, &given.users))
        }
    }
}

pub(super) fn custom_status(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, b, .. } = command;
    let user_id = user(actor);
    if kind == 53 {
        let clear = ClearCustomStatus { actor: user_id, user_id };
        return said(clear.decide(&given.directory, &given.users));
    }
    let saying = |n: u8| CustomStatus { text: format!("at {n}"), ..CustomStatus::default() };
    let held = rows
        .statuses
        .get(&actor)
        .map_or_else(HeldStatus::default, |n| HeldStatus { status: saying(*n), recent: vec![] });
    let set = SetCustomStatus {
        actor: user_id,
        user_id,
        status: saying(b),
        expires_at_ms: 0,
        now_ms: 0,
        held,
    };
    said(set.decide(&given.directory))
}
