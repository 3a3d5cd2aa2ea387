//! How the objects are called.

use events::{FIRST_EPOCH, Partition};

use super::{Archive, Hour};
use crate::key::{KeyPrefix, ObjectKey};

const OFFSET_DIGITS: usize = 20;

impl Archive {
    /// Where the partition's segment that begins at `first_offset` stands, or would.
    pub(super) fn segment_key(&self, partition: Partition, first_offset: u64) -> ObjectKey {
        let epoch = self.epoch_at(partition, first_offset);
        key(format!("segments/{epoch}/{partition}/{first_offset:020}"))
    }

    pub(super) fn digest_key(&self, hour: Hour) -> ObjectKey {
        key(format!("digests/{}/{hour}", self.epoch_of(hour)))
    }
}

pub(super) fn segments() -> KeyPrefix {
    folder("segments/".to_owned())
}

pub(super) fn digests() -> KeyPrefix {
    folder("digests/".to_owned())
}

pub(super) fn epoch_folder(within: &KeyPrefix, epoch: u32) -> KeyPrefix {
    folder(format!("{within}{epoch}/"))
}

pub(super) fn segment_folder(epoch: u32, partition: Partition) -> KeyPrefix {
    folder(format!("{}{partition}/", epoch_folder(&segments(), epoch)))
}

pub(super) fn digest_folder(epoch: u32) -> KeyPrefix {
    epoch_folder(&digests(), epoch)
}

pub(super) fn epoch_key(epoch: u32) -> ObjectKey {
    key(format!("epochs/{epoch}"))
}

fn folder(text: String) -> KeyPrefix {
    KeyPrefix::parse(text).expect("made of safe parts")
}

fn key(text: String) -> ObjectKey {
    ObjectKey::parse(text).expect("made of safe parts")
}

/// The offset that an object in the folder of a partition is named after.
pub(super) fn first_offset(folder: &KeyPrefix, key: &ObjectKey) -> Option<u64> {
    let name = key.as_str().strip_prefix(folder.as_str())?;
    let spelled = name.len() == OFFSET_DIGITS && name.bytes().all(|b| b.is_ascii_digit());
    spelled.then(|| name.parse().ok()).flatten()
}

/// The hour that an object in the folder of the digests is named after.
pub(super) fn hour(folder: &KeyPrefix, key: &ObjectKey) -> Option<Hour> {
    key.as_str().strip_prefix(folder.as_str())?.parse().ok()
}

/// The epoch that a folder in another is named after.
pub(super) fn epoch_of_folder(within: &KeyPrefix, folder: &KeyPrefix) -> Option<u32> {
    let name = folder.as_str().strip_prefix(within.as_str())?.strip_suffix('/')?;
    name.parse().ok().filter(|epoch: &u32| epoch.to_string() == name)
}

/// The epoch that an object in the folder of the epochs is named after: not the first, which nobody opened.
pub(super) fn epoch(folder: &KeyPrefix, key: &ObjectKey) -> Option<u32> {
    let name = key.as_str().strip_prefix(folder.as_str())?;
    let epoch: u32 = name.parse().ok().filter(|epoch| *epoch > FIRST_EPOCH)?;
    (epoch.to_string() == name).then_some(epoch)
}
