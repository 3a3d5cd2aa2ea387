//! Excluded phrases.
//!
//! Tantivy asks an excluded scorer about documents that may lie before the one it stands at. A
//! phrase's short cut for such questions (`seek_danger`) does not allow that; the plain way does.

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, SegmentReader};

/// A query whose scorer can be asked about any document, in ascending order.
#[derive(Debug)]
pub(crate) struct SteadyQuery(pub Box<dyn Query>);

impl Clone for SteadyQuery {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Query for SteadyQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(SteadyWeight(self.0.weight(scoring)?)))
    }
}

struct SteadyWeight(Box<dyn Weight>);

impl Weight for SteadyWeight {
    fn scorer(&self, reader: &SegmentReader, boost: f32) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(Steady(self.0.scorer(reader, boost)?)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, doc)
    }
}

/// Forwards everything but `seek_danger`, whose default only uses `doc` and `seek`.
struct Steady(Box<dyn Scorer>);

impl DocSet for Steady {
    fn advance(&mut self) -> DocId {
        self.0.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.0.seek(target)
    }

    fn doc(&self) -> DocId {
        self.0.doc()
    }

    fn size_hint(&self) -> u32 {
        self.0.size_hint()
    }

    fn cost(&self) -> u64 {
        self.0.cost()
    }
}

impl Scorer for Steady {
    fn score(&mut self) -> f32 {
        self.0.score()
    }
}
