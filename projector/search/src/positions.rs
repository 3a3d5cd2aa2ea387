//! How far the index has come, written with each commit so that both are always of one moment.

use std::collections::BTreeMap;

use events::{Partition, Position};
use serde::{Deserialize, Serialize};

use crate::schema::FORMAT;

/// The last record of each partition that the index contains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions(BTreeMap<Partition, Position>);

impl Positions {
    /// The last contained record of a partition.
    pub fn get(&self, partition: Partition) -> Option<Position> {
        self.0.get(&partition).copied()
    }

    /// Whether the record there is contained, and must be skipped when it is read again. Offsets go
    /// on from epoch to epoch, so they alone decide.
    pub fn contains(&self, position: Position) -> bool {
        self.0.get(&position.partition).is_some_and(|last| position.offset <= last.offset)
    }

    /// Notes that everything up to `position` is contained; never goes back.
    pub fn advance(&mut self, position: Position) {
        if !self.contains(position) {
            self.0.insert(position.partition, position);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Position> {
        self.0.values().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Position> for Positions {
    fn from_iter<I: IntoIterator<Item = Position>>(positions: I) -> Self {
        let mut all = Self::default();
        positions.into_iter().for_each(|p| all.advance(p));
        all
    }
}

/// What a commit carries besides segments.
#[derive(Serialize, Deserialize)]
struct Payload {
    format: u32,
    positions: Vec<String>,
}

pub(crate) fn to_payload(positions: &Positions) -> String {
    let positions = positions.iter().map(|p| p.to_string()).collect();
    serde_json::to_string(&Payload { format: FORMAT, positions })
        .expect("numbers and texts are always JSON")
}

/// The positions of a payload, unless it is of another format or none of ours.
pub(crate) fn from_payload(payload: &str) -> Option<Positions> {
    let payload: Payload = serde_json::from_str(payload).ok()?;
    if payload.format != FORMAT {
        return None;
    }
    payload.positions.iter().map(|p| p.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::Topic;

    fn position(index: u16, offset: u64) -> Position {
        Position::new(Partition { topic: Topic::Channels, index }, offset)
    }

    #[test]
    fn positions_never_go_back() {
        let mut positions = Positions::default();
        assert!(!positions.contains(position(3, 0)));
        positions.advance(position(3, 5));
        positions.advance(position(3, 4));
        assert_eq!(positions.get(position(3, 0).partition), Some(position(3, 5)));
        assert!(positions.contains(position(3, 5)));
        assert!(!positions.contains(position(3, 6)));
        assert!(!positions.contains(position(4, 0)));
    }

    #[test]
    fn payloads_lead_back_and_others_are_refused() {
        let positions: Positions = [position(0, 0), position(63, 1 << 40)].into_iter().collect();
        assert_eq!(from_payload(&to_payload(&positions)), Some(positions));
        let other = format!(r#"{{"format":{},"positions":[]}}"#, FORMAT + 1);
        for payload in ["", "{}", other.as_str(), r#"{"format":1,"positions":["x"]}"#] {
            assert_eq!(from_payload(payload), None, "{payload}");
        }
    }
}
