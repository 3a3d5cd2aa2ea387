//! How the objects are called.

use events::Partition;

use super::{Archive, Hour};
use crate::key::{KeyPrefix, ObjectKey};

const OFFSET_DIGITS: usize = 20;

impl Archive {
    pub(super) fn segment_folder(&self, partition: Partition) -> KeyPrefix {
        folder(format!("segments/{}/{partition}/", self.epoch))
    }

    pub(super) fn segment_key(&self, partition: Partition, first_offset: u64) -> ObjectKey {
        key(format!("segments/{}/{partition}/{first_offset:020}", self.epoch))
    }

    pub(super) fn digest_folder(&self) -> KeyPrefix {
        folder(format!("digests/{}/", self.epoch))
    }

    pub(super) fn digest_key(&self, hour: Hour) -> ObjectKey {
        key(format!("digests/{}/{hour}", self.epoch))
    }
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
