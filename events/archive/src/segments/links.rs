//! Whether a segment continues the one before it.

use super::error::{Finding, FindingKind};
use super::{Archive, ArchiveEnd, Head};

/// What stands before a segment in its folder.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) first_offset: u64,
    /// None: it cannot be trusted to say.
    pub(super) end: Option<ArchiveEnd>,
}

impl Archive {
    /// What is wrong between a segment that stands under its own name and what stands before it.
    pub(super) fn link_finding(&self, before: Option<&Before>, head: &Head) -> Option<Finding> {
        let key = |first_offset| self.segment_key(head.manifest.partition, first_offset);
        let missing = |first_offset| {
            let reason = format!("{} follows it", head.key);
            Some(Finding::new(key(first_offset), FindingKind::Missing, reason))
        };
        let misplaced = |first_offset, reason: String| {
            Some(Finding::new(key(first_offset), FindingKind::Misplaced, reason))
        };
        let first_offset = head.manifest.first_offset;
        match (before, head.manifest.previous) {
            (None, None) if first_offset == 0 => None,
            (None, None) => missing(0),
            (None, Some(link)) => missing(link.first_offset),
            (Some(before), None) => misplaced(
                first_offset,
                format!("it begins a chain, but {} stands before it", key(before.first_offset)),
            ),
            (Some(before), Some(link)) if link.first_offset > before.first_offset => {
                missing(link.first_offset)
            }
            (Some(before), Some(link)) if link.first_offset < before.first_offset => misplaced(
                before.first_offset,
                format!("{} follows {}", head.key, key(link.first_offset)),
            ),
            (Some(before), Some(link)) => match before.end? {
                end if end.previous != Some(link) => {
                    let reason = format!("its manifest is not the one that {} names", head.key);
                    Some(Finding::new(key(before.first_offset), FindingKind::Changed, reason))
                }
                end if end.next_offset != first_offset => misplaced(
                    first_offset,
                    format!("what it follows ends at offset {}", end.next_offset),
                ),
                _ => None,
            },
        }
    }
}
