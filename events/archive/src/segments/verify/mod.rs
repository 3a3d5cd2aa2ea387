//! Finding out whether an archive is whole and unchanged.

mod chains;
mod digests;
mod strays;

use events::Partition;

use super::error::{ArchiveError, Finding};
use super::{Archive, Archived, PublicKey};

/// More findings are counted, not kept.
const FINDINGS_MAX: usize = 1_000;

/// Who knows what verdicts and state hashes mean. One partition comes after another, each from offset 0 in
/// order; from the first gap, or the first segment that cannot be trusted, nothing more of that partition
/// comes. A refusal says why, in the second half of a sentence about the segment; one of each segment is
/// reported.
pub trait Visitor {
    fn record(&mut self, archived: &Archived) -> Result<(), String>;

    /// After the last record of a segment. `state_hash` is what the archiver said of the fold there.
    fn segment_end(
        &mut self,
        partition: Partition,
        next_offset: u64,
        state_hash: Option<&str>,
    ) -> Result<(), String>;
}

/// Knows nothing and refuses nothing.
impl Visitor for () {
    fn record(&mut self, _: &Archived) -> Result<(), String> {
        Ok(())
    }

    fn segment_end(&mut self, _: Partition, _: u64, _: Option<&str>) -> Result<(), String> {
        Ok(())
    }
}

/// What a verification saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Objects in the folders of partitions.
    pub segments: u64,
    /// Records in segments that can be trusted.
    pub records: u64,
    /// Objects in the folder of digests.
    pub digests: u64,
    /// Segments and digests of a log that went on although another epoch was opened: nobody else reads them.
    pub left_behind: u64,
    /// What is wrong, in the order in which it was found; at most one of each kind about each object.
    pub findings: Vec<Finding>,
    /// Findings beyond the first 1,000.
    pub findings_more: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn add_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    fn add(&mut self, finding: Finding) {
        let same = |other: &Finding| other.kind == finding.kind && other.object == finding.object;
        if self.findings.iter().any(same) {
            return;
        }
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.findings_more += 1;
        }
    }
}

impl Archive {
    /// Reads all segments and digests of every epoch, in bounded memory: the names of one folder's objects,
    /// one segment, one digest. An error is one of the store; what is wrong with the archive is in the report.
    ///
    /// A digest is signed by one of `signers`; with none given, any key will do, which shows accidents but
    /// no intent. What no digest covers, the newest hour, could have been cut off or exchanged at the end
    /// without a trace; so could all that is newer than the newest digest that was left there: compare its
    /// hour with the present one.
    pub async fn verify(
        &self,
        signers: &[PublicKey],
        visitor: &mut (dyn Visitor + Send),
    ) -> Result<Report, ArchiveError> {
        let mut report = Report::default();
        strays::verify(self, &mut report).await?;
        for partition in Partition::durable() {
            chains::verify(self, partition, visitor, &mut report).await?;
        }
        digests::verify(self, signers, &mut report).await?;
        Ok(report)
    }
}

/// What was found, or the store's error.
fn finding<T>(outcome: Result<T, ArchiveError>) -> Result<Result<T, Finding>, ArchiveError> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(ArchiveError::Unsound(finding)) => Ok(Err(finding)),
        Err(other) => Err(other),
    }
}
