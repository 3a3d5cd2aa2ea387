//! The table: one value of every type in every version that was ever shipped, all optional fields
//! present, every personal text marked.

mod channels;
mod directory;
mod people;

use events::{
    Actor, Event, EventId, Id, Meta, Partition, Position, Topic, UserId, catalogue, encode,
};

/// Begins every personal text of the table.
pub const PERSONAL: &str = "PERSONAL-";

/// Names the cell that wrote the golden files.
pub const SOURCE: &str = "nottermost/golden";

/// What one golden file holds.
pub struct Case {
    /// The version that the file is written in.
    pub version: u32,
    /// The topic key.
    pub subject: Id,
    /// What it reads as today.
    pub event: Event,
}

impl Case {
    /// A case of the version that is written today.
    fn current(subject: Id, event: impl Into<Event>) -> Self {
        let event = event.into();
        Self { version: event.version(), subject, event }
    }

    /// `<topic>/<type>.v<version>`.
    pub fn name(&self) -> String {
        let topic = self.event.topic().name();
        format!("{topic}/{}.v{}", self.event.event_type(), self.version)
    }

    pub fn is_current(&self) -> bool {
        self.version == self.event.version()
    }

    /// The envelope that every golden file has: nothing is absent.
    pub fn meta(&self) -> Meta {
        Meta {
            id: EventId(id(0xe0)),
            subject: self.subject,
            time_ms: 1_767_225_600_123,
            read_at: 4_711,
            actor: Actor::User(ANN),
            cause: Some(Position::new(Partition { topic: Topic::Directory, index: 0 }, 17)),
            request_id: Some(id(0xe1).to_string()),
            connection_id: Some(id(0xe2).to_string()),
            request_hash: None,
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            appended_ms: Some(1_767_225_600_456),
            epoch: 2,
        }
    }

    pub fn record(&self) -> events::NewRecord {
        encode(SOURCE, &self.meta(), &self.event)
    }
}

/// The table. A later version keeps the cases of the earlier ones, with the value they upcast to.
pub fn cases() -> Vec<Case> {
    [directory::cases(), channels::cases(), people::cases()].into_iter().flatten().collect()
}

#[test]
fn the_table_covers_the_catalogue() {
    let names: Vec<String> = cases().iter().map(Case::name).collect();
    let expected: Vec<String> = catalogue()
        .iter()
        .map(|t| format!("{}/{}.v{}", t.topic.name(), t.event_type, t.version))
        .collect();
    for name in &expected {
        assert_eq!(names.iter().filter(|n| *n == name).count(), 1, "cases of {name}");
    }
    for case in cases() {
        let shipped = expected.contains(&case.name()) || !case.is_current();
        assert!(shipped, "{} is in the table, not in the catalogue", case.name());
    }
}

const ANN: UserId = UserId(id(0x10));
const BOB: UserId = UserId(id(0x20));
const EVE: UserId = UserId(id(0x30));

/// Sixteen bytes that count up from `first`.
pub const fn id(first: u8) -> Id {
    let mut bytes = [0; 16];
    let mut i = 0;
    while i < 16 {
        bytes[i] = first.wrapping_add(i as u8);
        i += 1;
    }
    Id(bytes)
}

/// A personal text, with what JSON must escape and what it need not.
fn personal(text: &str) -> String {
    format!("{PERSONAL}{text} ü 日本 😀 \"quoted\" \\ \t\n\u{1}/")
}
