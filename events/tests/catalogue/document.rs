//! The page that lists every event type.

use std::fmt::Write;

use events::{Topic, TypeInfo, catalogue};
use indexmap::IndexMap;
use serde_json::Value;

use crate::cases::cases;
use crate::files;
use crate::schemas::{resolved, says, schema};

pub const PATH: &str = "../docs/EVENTS.md";

const HEAD: &str = "\
# Events

Every event type that is written, in its current version. Generated from the types: change them, then
run `UPDATE_GOLDEN=1 cargo test -p events` and review what it changes.

- An event's headers are its envelope (`events/src/envelope.rs`); its body is `{\"c\":{…},\"p\":{…}}`. `c` is
  clear and all that a verdict may depend on. `p` is personal: where it cannot be read it counts as
  erased, and the event stays valid.
- A field with `?` may be absent, and so may every field of `p`. What fields hold:
  `events/schemas/<type>.v<version>.json`. How a record looks:
  `events/golden/<topic>/<type>.v<version>.json`.
- A version that was shipped never changes, and its golden file reads for ever. A change of meaning or of
  a required field is a new version, with an upcaster in `Fact::upcast` and a golden file beside the old.
  `UPDATE_GOLDEN=1` writes golden files that are missing and refuses to change one; `UPDATE_GOLDEN=force`
  is for the time before the first release.
- A type or version that a program does not know stops it. Bytes that no writer of a type makes are void
  for everyone.
";

/// The page as it should be.
pub fn current() -> String {
    let mut page = HEAD.to_owned();
    for topic in Topic::ALL {
        let (name, count) = (topic.name(), topic.partition_count());
        let partitions =
            if count == 1 { "one partition".to_owned() } else { format!("{count} partitions") };
        write!(page, "\n## `{name}`\n\n{}; {partitions}.\n\n", about(topic)).unwrap();
        page.push_str("| type | says | `c` | `p` |\n|---|---|---|---|\n");
        for info in catalogue().iter().filter(|info| info.topic == topic) {
            page.push_str(&row(info));
        }
    }
    page
}

fn about(topic: Topic) -> &'static str {
    match topic {
        Topic::Directory => "What must be unique or globally ordered",
        Topic::Channels => "Everything of one channel, keyed by channel",
        Topic::Users => "A person's own state, keyed by account",
        Topic::Readstate => "Read markers, keyed by account",
        Topic::Presence => "Ephemeral, keyed by channel or account; neither archived nor replayed",
    }
}

fn row(info: &TypeInfo) -> String {
    let schema = schema(info);
    format!(
        "| `{}` v{} | {} | {} | {} |\n",
        info.event_type,
        info.version,
        says(info, &schema).replace('\n', " "),
        fields(info, &schema, "c"),
        fields(info, &schema, "p"),
    )
}

/// The names of a half's fields, in the order in which they are written.
fn fields(info: &TypeInfo, schema: &Value, half: &str) -> String {
    let mine = |topic, event_type| topic == info.topic && event_type == info.event_type;
    let case = cases().into_iter().find(|c| mine(c.event.topic(), c.event.event_type()));
    let case = case.unwrap_or_else(|| panic!("the table has no {}", info.event_type));
    let mut body: IndexMap<String, IndexMap<String, Value>> =
        serde_json::from_slice(&case.event.encode()).unwrap();
    let required = resolved(schema, &schema["properties"][half]).get("required");
    let required = required.and_then(Value::as_array);
    let names = body.swap_remove(half).unwrap_or_default();
    let marked = names.keys().map(|name| {
        let needed = required.is_some_and(|r| r.iter().any(|n| n == name));
        // Nothing of a personal half is required, so a mark there would say nothing.
        if needed || half == "p" { format!("`{name}`") } else { format!("`{name}`?") }
    });
    marked.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_lists_the_types_as_they_are() {
    files::assert_committed(PATH, &current());
}
