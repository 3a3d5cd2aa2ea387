//! Numbers for partitions. They stand in the embedded log's keys: a shipped number never changes.

use events::{PARTITIONS, Partition, Topic};

/// How many partitions there are, ephemeral ones included.
pub(crate) const COUNT: usize = 1 + 4 * PARTITIONS as usize;

fn base(topic: Topic) -> u16 {
    match topic {
        Topic::Directory => 0,
        Topic::Channels => 1,
        Topic::Users => 1 + PARTITIONS,
        Topic::Readstate => 1 + 2 * PARTITIONS,
        Topic::Presence => 1 + 3 * PARTITIONS,
    }
}

/// The number of a partition, below [`COUNT`].
pub(crate) fn ordinal(partition: Partition) -> u16 {
    base(partition.topic) + partition.index
}

/// The partition with this number.
pub(crate) fn partition(ordinal: u16) -> Partition {
    let topic = Topic::ALL
        .into_iter()
        .rev()
        .find(|topic| base(*topic) <= ordinal)
        .expect("directory begins at 0");
    Partition { topic, index: ordinal - base(topic) }
}

/// Whether records of this partition are kept on disk.
pub(crate) fn is_durable(partition: Partition) -> bool {
    partition.topic != Topic::Presence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_own_number_and_comes_back_from_it() {
        let all: Vec<_> = Topic::ALL.into_iter().flat_map(Topic::partitions).collect();
        assert_eq!(all.len(), COUNT);
        for (expected, one) in (0u16..).zip(&all) {
            assert_eq!(ordinal(*one), expected);
            assert_eq!(partition(expected), *one);
        }
    }
}
