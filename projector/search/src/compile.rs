//! A resolved query as Tantivy runs it. Channels, times and flags are columns and checked per hit;
//! everything that has a term is here.

use events::{ChannelId, UserId};
use tantivy::Term as IndexTerm;
use tantivy::query::{AllQuery, BooleanQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use crate::prefix::{PhraseBeginningQuery, PrefixQuery};
use crate::query::{ResolvedQuery, Subject, Term};
use crate::schema::Fields;
use crate::steady::SteadyQuery;

/// The part of `query` that has terms; `None` if nothing can match.
pub(crate) fn compile(query: &ResolvedQuery, fields: &Fields) -> Option<Box<dyn Query>> {
    if query.query.is_empty() || query.authors.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    let mut must: Vec<Box<dyn Query>> = Vec::new();
    let text = match query.subject {
        Subject::Posts => fields.message,
        Subject::Files => fields.file_name,
    };
    let terms: Vec<_> = query.query.terms.iter().map(|t| term_query(t, text)).collect();
    if query.query.any_term && !terms.is_empty() {
        must.push(any_of(terms));
    } else {
        must.extend(terms);
    }
    if let Some(authors) = &query.authors {
        must.push(any_of(authors.iter().map(|a| author_query(*a, fields)).collect()));
    }
    if let Some(post_type) = &query.post_type {
        must.push(exact(IndexTerm::from_field_text(fields.post_type, post_type)));
    }
    let extension = |text: &String| exact(IndexTerm::from_field_text(fields.extension, text));
    if !query.query.extensions.is_empty() {
        must.push(any_of(query.query.extensions.iter().map(extension).collect()));
    }
    let mut must_not: Vec<Box<dyn Query>> = Vec::new();
    for term in &query.query.excluded_terms {
        must_not.push(Box::new(SteadyQuery(term_query(term, text))));
    }
    must_not.extend(query.query.excluded_extensions.iter().map(extension));
    must_not.extend(query.excluded_authors.iter().map(|a| author_query(*a, fields)));
    Some(combine(must, must_not))
}

/// `query` within `channels`.
pub(crate) fn within(
    query: Box<dyn Query>,
    channels: &[ChannelId],
    fields: &Fields,
) -> Box<dyn Query> {
    let channels = channels.iter().map(|c| exact(channel_term(*c, fields))).collect();
    combine(vec![query, any_of(channels)], Vec::new())
}

pub(crate) fn channel_term(channel: ChannelId, fields: &Fields) -> IndexTerm {
    IndexTerm::from_field_bytes(fields.channel, channel.as_bytes())
}

fn combine(mut must: Vec<Box<dyn Query>>, must_not: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if must.is_empty() {
        must.push(Box::new(AllQuery));
    }
    if must.len() == 1 && must_not.is_empty() {
        return must.remove(0);
    }
    let must = must.into_iter().map(|q| (Occur::Must, q));
    let must_not = must_not.into_iter().map(|q| (Occur::MustNot, q));
    Box::new(BooleanQuery::new(must.chain(must_not).collect()))
}

fn any_of(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if queries.len() == 1 {
        return queries.remove(0);
    }
    Box::new(BooleanQuery::union(queries))
}

fn author_query(author: UserId, fields: &Fields) -> Box<dyn Query> {
    exact(IndexTerm::from_field_bytes(fields.author, author.as_bytes()))
}

fn exact(term: IndexTerm) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn term_query(term: &Term, field: Field) -> Box<dyn Query> {
    let whole = |text: &str| IndexTerm::from_field_text(field, text);
    let Some((last, before)) = term.0.split_last() else {
        return Box::new(tantivy::query::EmptyQuery);
    };
    let mut terms: Vec<_> =
        before.iter().map(|asked| (asked.offset as usize, whole(&asked.text))).collect();
    if last.prefix {
        let prefix = PrefixQuery { field, prefix: last.text.clone() };
        if terms.is_empty() {
            return Box::new(prefix);
        }
        let last_offset = last.offset as usize;
        return Box::new(PhraseBeginningQuery { whole: terms, last_offset, last: prefix });
    }
    if terms.is_empty() {
        return exact(whole(&last.text));
    }
    terms.push((last.offset as usize, whole(&last.text)));
    Box::new(PhraseQuery::new_with_offset(terms))
}

/// Whether a word of `query` is given by its beginning: its matches in a segment are gathered all at
/// once, so there is no use in asking block by block.
pub(crate) fn has_prefix(query: &ResolvedQuery) -> bool {
    let query = &query.query;
    let mut terms = query.terms.iter().chain(&query.excluded_terms);
    terms.any(|t| t.0.iter().any(|asked| asked.prefix))
}
