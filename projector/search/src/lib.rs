//! The search index of an installation: what the projector writes and query-api reads.
//!
//! It owns the tokenizer, the fields, the language of search strings and how a query is run. It is
//! disposable: one writer feeds it from the log, each commit carries the positions it stands for,
//! and an index of another [`FORMAT`] is thrown away and fed again. It must never decide who may
//! see a post (callers pass the channels and check rights again), never read the log or a clock,
//! and never be the only place where anything is kept: it stores no texts, hits name records.
//!
//! A new field or token is added in `schema` or `tokens`, and raises [`FORMAT`].

mod cadence;
mod chars;
mod compile;
mod dates;
mod folding;
mod lexer;
mod matches;
mod positions;
mod prefix;
mod query;
mod schema;
mod search;
mod searcher;
mod segments;
mod steady;
mod tokenizer;
mod tokens;
mod writer;

pub use cadence::CommitCadence;
pub use matches::matched_words;
pub use positions::Positions;
pub use query::{NAMES_MAX, QUERY_CHARS_MAX, Query, ResolvedQuery, Subject, TERMS_MAX, Term};
pub use schema::{FORMAT, IndexedFile, IndexedPost, PostFlags};
pub use searcher::{Fingerprint, HITS_MAX, Hit, OpenError, SearchError, Searcher};
pub use tokenizer::MessageTokenizer;
pub use writer::{IndexChange, SearchWriter, WriterError, WriterOptions};
