//! Where a stream stands: the next offset of each partition that it follows, as one opaque text.
//!
//! The text is base64url of: a version; the epoch, as a varint; then for each topic its number, for those of several partitions a
//! mask of which, and the offsets in their order, as varints.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use events::{FIRST_EPOCH, Partition, Topic};

const VERSION: u8 = 2;
/// Bytes of the longest varint of 64 bits.
const VARINT_BYTES_MAX: usize = 10;
/// The topics that a stream can follow, by their numbers.
const TOPICS: [Topic; 3] = [Topic::Directory, Topic::Channels, Topic::Users];

/// The next offset of each partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The epoch in which it stood there: a restore brings less back than there was.
    pub epoch: u32,
    places: BTreeMap<Partition, u64>,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidCursor;

impl FromIterator<(Partition, u64)> for Cursor {
    fn from_iter<I: IntoIterator<Item = (Partition, u64)>>(places: I) -> Self {
        Self { epoch: FIRST_EPOCH, places: places.into_iter().collect() }
    }
}

impl Cursor {
    /// The same places, as they are counted in that epoch.
    pub fn in_epoch(self, epoch: u32) -> Self {
        Self { epoch, ..self }
    }

    pub fn get(&self, partition: Partition) -> Option<u64> {
        self.places.get(&partition).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Partition, u64)> {
        self.places.iter().map(|(partition, next)| (*partition, *next))
    }

    /// Everything of the partition below `next` is passed, if the stream follows it. Never goes back.
    pub fn advance(&mut self, partition: Partition, next: u64) {
        if let Some(held) = self.places.get_mut(&partition) {
            *held = (*held).max(next);
        }
    }

    pub fn encode(&self) -> String {
        let mut bytes = vec![VERSION];
        write_varint(&mut bytes, self.epoch.into());
        for (number, topic) in (0u8..).zip(TOPICS) {
            let places =
                || self.places.iter().filter(move |(partition, _)| partition.topic == topic);
            if places().next().is_none() {
                continue;
            }
            bytes.push(number);
            if topic != Topic::Directory {
                let mask = places().fold(0u64, |mask, (partition, _)| mask | 1 << partition.index);
                bytes.extend(mask.to_be_bytes());
            }
            places().for_each(|(_, next)| write_varint(&mut bytes, *next));
        }
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads what [`encode`](Self::encode) wrote, and nothing else.
    pub fn decode(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidCursor)?;
        let mut bytes = Bytes(&bytes);
        if bytes.byte()? != VERSION {
            return Err(InvalidCursor);
        }
        let epoch = u32::try_from(bytes.varint()?).map_err(|_| InvalidCursor)?;
        if epoch < FIRST_EPOCH {
            return Err(InvalidCursor);
        }
        let mut places = BTreeMap::new();
        let mut least = 0;
        while !bytes.0.is_empty() {
            let number = bytes.byte()?;
            let topic = *TOPICS.get(usize::from(number)).ok_or(InvalidCursor)?;
            if number < least {
                return Err(InvalidCursor);
            }
            least = number + 1;
            let mask = if topic == Topic::Directory { 1 } else { bytes.mask()? };
            for partition in topic.partitions().filter(|p| mask & (1 << p.index) != 0) {
                places.insert(partition, bytes.varint()?);
            }
        }
        Ok(Self { epoch, places })
    }
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Result<u8, InvalidCursor> {
        let (first, rest) = self.0.split_first().ok_or(InvalidCursor)?;
        self.0 = rest;
        Ok(*first)
    }

    fn mask(&mut self) -> Result<u64, InvalidCursor> {
        let (mask, rest) = self.0.split_first_chunk().ok_or(InvalidCursor)?;
        self.0 = rest;
        let mask = u64::from_be_bytes(*mask);
        if mask == 0 { Err(InvalidCursor) } else { Ok(mask) }
    }

    fn varint(&mut self) -> Result<u64, InvalidCursor> {
        let mut value = 0u64;
        for n in 0..VARINT_BYTES_MAX {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (7 * n);
            // Too many bits, or a zero that a shorter text would not have.
            if shifted >> (7 * n) != bits || (n > 0 && byte == 0) {
                return Err(InvalidCursor);
            }
            value |= shifted;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(InvalidCursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    fn partition() -> impl Strategy<Value = Partition> {
        let all: Vec<Partition> = TOPICS.into_iter().flat_map(Topic::partitions).collect();
        prop::sample::select(all)
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(
            epoch in 1u32..,
            places in btree_map(partition(), any::<u64>(), 0..140),
        ) {
            let cursor = Cursor { epoch, places };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        }

        #[test]
        fn whatever_is_read_is_written_the_same(bytes in vec(any::<u8>(), 0..40)) {
            let text = BASE64URL_NOPAD.encode(&[&[VERSION][..], &bytes].concat());
            if let Ok(cursor) = Cursor::decode(&text) {
                prop_assert_eq!(cursor.encode(), text);
            }
        }
    }

    #[test]
    fn a_cursor_of_everything_is_short() {
        let all = TOPICS[..2].iter().flat_map(|topic| topic.partitions());
        let cursor: Cursor = all.map(|partition| (partition, 10_000)).collect();
        assert!(cursor.encode().len() < 210, "{}", cursor.encode().len());
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "A",
            "AA",
            "AQE",
            "Ag",
            "AgA",
            "AgED",
            "AgEA",
            "AgEBAAAAAAAAAAA",
            "AgEAAAAA",
            "=",
            "AgEABQ=",
            "é",
        ] {
            assert_eq!(Cursor::decode(text), Err(InvalidCursor), "{text:?}");
        }
    }
}
