//! Frames of reminders: a word that only who set it sees.

use events::reminder::ReminderSet;
use events::{Id, Meta, PostId};
use fold::FoldSet;
use serde_json::{Map, json};
use wire::frame::{self, Broadcast, Frame};
use wire::{Post, Props, to_json};

use super::{Audience, Sink};

/// Clients show the time of `target_time` where the person is; the text tells those who do not.
pub(super) fn set(set: &FoldSet, c: &ReminderSet, meta: &Meta, at: i64, sink: &mut impl Sink) {
    sink.tell(Audience::User(c.user_id), || {
        let id = PostId(Id::derived("reminder.word", &[meta.id.as_bytes()]));
        let mut post = Post::empty(id, c.channel_id, c.user_id, at);
        post.root_id = Some(c.root_id.unwrap_or(c.post_id));
        post.r#type = "system_ephemeral".into();
        post.message = format!("You will be reminded of this message {}.", ahead(c.due_at - at));
        post.props = Props::from_map(&props(set, c));
        let broadcast =
            Broadcast { channel_id: Some(c.channel_id), ..Broadcast::to_user(c.user_id) };
        Frame::new(
            "ephemeral_message",
            &broadcast,
            &frame::EphemeralMessage { post: to_json(&post) },
        )
    });
}

fn props(set: &FoldSet, c: &ReminderSet) -> Map<String, serde_json::Value> {
    let team = set.channels(c.channel_id).state().channel(c.channel_id).and_then(|c| c.team_id);
    let names = set.names();
    [
        ("type", json!("reminder")),
        ("target_time", json!(c.due_at / 1000)),
        ("post_id", json!(c.post_id)),
        ("username", json!(names.username(c.author_id))),
        ("team_name", json!(team.map_or("", |team| names.team(team)))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// How long it is until then, in the largest unit that fits.
fn ahead(ms: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(24 * 60, "day"), (60, "hour"), (1, "minute")];
    let minutes = (ms + 30_000) / 60_000;
    let fitting = UNITS.into_iter().find(|(unit, _)| minutes >= *unit);
    match fitting.map(|(unit, name)| (minutes / unit, name)) {
        None => "in a moment".to_owned(),
        Some((1, name)) => format!("in 1 {name}"),
        Some((n, name)) => format!("in {n} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::ahead;

    #[test]
    fn says_how_long_it_is_in_the_largest_unit_that_fits() {
        assert_eq!(ahead(20_000), "in a moment");
        assert_eq!(ahead(60_000), "in 1 minute");
        assert_eq!(ahead(1_799_900), "in 30 minutes");
        assert_eq!(ahead(7_200_000), "in 2 hours");
        assert_eq!(ahead(24 * 3_600_000), "in 1 day");
    }
}
