//! Queries for words of which only the beginning is given. They find every continuation, however
//! many there are.

use tantivy::postings::TermInfo;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, PhrasePrefixQuery, PhraseQuery, Query,
    Scorer, TermQuery, Weight, intersect_scorers,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, SegmentReader, TantivyError, Term};

/// Continuations in a segment up to which a phrase checks the place of its last word. Beyond it
/// the word may stand anywhere in the post: a few hits too many, none too few.
const PLACED_CONTINUATIONS_MAX: u32 = 512;

/// A word by its beginning.
#[derive(Debug, Clone)]
pub(crate) struct PrefixQuery {
    pub field: Field,
    pub prefix: String,
}

impl PrefixQuery {
    /// Calls `each` for every term with the prefix until it answers false.
    fn continuations(
        &self,
        reader: &SegmentReader,
        mut each: impl FnMut(&TermInfo) -> tantivy::Result<bool>,
    ) -> tantivy::Result<()> {
        let index = reader.inverted_index(self.field)?;
        let prefix = self.prefix.as_bytes();
        let mut terms = index.terms().range().ge(prefix);
        if let Some(end) = end_of(prefix) {
            terms = terms.lt(&end);
        }
        let mut terms = terms.into_stream()?;
        while terms.advance() {
            if !each(terms.value())? {
                break;
            }
        }
        Ok(())
    }
}

/// The first text behind all that begin with `prefix`.
fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|b| *b < u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

impl Query for PrefixQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(PrefixWeight(self.clone())))
    }
}

struct PrefixWeight(PrefixQuery);

impl Weight for PrefixWeight {
    fn scorer(&self, reader: &SegmentReader, boost: f32) -> tantivy::Result<Box<dyn Scorer>> {
        let index = reader.inverted_index(self.0.field)?;
        let mut docs = BitSet::with_max_value(reader.max_doc());
        self.0.continuations(reader, |term| {
            let mut postings =
                index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
            while !postings.docs().is_empty() {
                for &doc in postings.docs() {
                    docs.insert(doc);
                }
                postings.advance();
            }
            Ok(true)
        })?;
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(docs), boost)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain(self, reader, doc)
    }
}

/// Words at fixed distances, the last by its beginning.
#[derive(Debug, Clone)]
pub(crate) struct PhraseBeginningQuery {
    /// At least one.
    pub whole: Vec<(usize, Term)>,
    pub last_offset: usize,
    pub last: PrefixQuery,
}

impl Query for PhraseBeginningQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let mut terms = self.whole.clone();
        let before = match terms.as_slice() {
            [(_, term)] => {
                TermQuery::new(term.clone(), IndexRecordOption::Basic).weight(scoring)?
            }
            _ => PhraseQuery::new_with_offset(terms.clone()).weight(scoring)?,
        };
        terms.push((self.last_offset, Term::from_field_text(self.last.field, &self.last.prefix)));
        let mut placed = PhrasePrefixQuery::new_with_offset(terms);
        placed.set_max_expansions(PLACED_CONTINUATIONS_MAX);
        Ok(Box::new(PhraseBeginningWeight {
            placed: placed.weight(scoring)?,
            before,
            last: PrefixWeight(self.last.clone()),
        }))
    }
}

struct PhraseBeginningWeight {
    placed: Box<dyn Weight>,
    before: Box<dyn Weight>,
    last: PrefixWeight,
}

impl Weight for PhraseBeginningWeight {
    fn scorer(&self, reader: &SegmentReader, boost: f32) -> tantivy::Result<Box<dyn Scorer>> {
        let mut count = 0;
        self.last.0.continuations(reader, |_| {
            count += 1;
            Ok(count <= PLACED_CONTINUATIONS_MAX)
        })?;
        if count <= PLACED_CONTINUATIONS_MAX {
            return self.placed.scorer(reader, boost);
        }
        let both = vec![self.before.scorer(reader, boost)?, self.last.scorer(reader, boost)?];
        Ok(intersect_scorers(both, reader.max_doc()))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain(self, reader, doc)
    }
}

fn explain(
    weight: &dyn Weight,
    reader: &SegmentReader,
    doc: DocId,
) -> tantivy::Result<Explanation> {
    let mut scorer = weight.scorer(reader, 1.0)?;
    if scorer.doc() <= doc && scorer.seek(doc) == doc {
        return Ok(Explanation::new("a word by its beginning", 1.0));
    }
    Err(TantivyError::InvalidArgument(format!("document {doc} does not match")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_behind_all_its_continuations() {
        assert_eq!(end_of(b"wor"), Some(b"wos".to_vec()));
        assert_eq!(end_of(b"w\xff\xff"), Some(b"x".to_vec()));
        assert_eq!(end_of(b"\xff"), None);
        assert_eq!(end_of(b""), None);
    }
}
