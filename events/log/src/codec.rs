//! The keys of the store. A value is a record as `events::codec` keeps it.

/// Partition number and offset, both big-endian: the store sorts by partition, then by offset.
pub(crate) fn store_key(ordinal: u16, offset: u64) -> [u8; 10] {
    let mut key = [0; 10];
    key[..2].copy_from_slice(&ordinal.to_be_bytes());
    key[2..].copy_from_slice(&offset.to_be_bytes());
    key
}

/// The offset in a key of the store.
pub(crate) fn store_key_offset(key: &[u8]) -> Option<u64> {
    let offset = key.get(2..)?.try_into().ok()?;
    Some(u64::from_be_bytes(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_key_never_change() {
        assert_eq!(store_key(0x0102, 3), [1, 2, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(store_key_offset(&store_key(7, 99)), Some(99));
    }
}
