//! The search string of the v4 API, parsed. Pure: names stay names until someone resolves them, and
//! every text is a query, however odd: what is no operator is a word to look for.
//!
//! `from:name` `in:channel` (also `channel:`) `before:` `after:` `on:YYYY-MM-DD` `ext:pdf`, `"a phrase"`,
//! `#hashtag`, `beginning*`, and any of them behind `-` to exclude.

use std::ops::Range;

use events::{ChannelId, UserId};

use crate::dates::day;
use crate::lexer::{Lexeme, lexemes};
use crate::schema::PostFlags;
use crate::tokens::{Asked, ask, ask_hashtag};

/// Characters of a search string that are read.
pub const QUERY_CHARS_MAX: usize = 1024;
/// Words, phrases and hashtags of a query; the rest is ignored.
pub const TERMS_MAX: usize = 32;
/// Names in each of `from:`, `in:`, `ext:` and their exclusions; the rest is ignored.
pub const NAMES_MAX: usize = 32;

/// A word, phrase or hashtag, as tokens at fixed distances; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term(pub(crate) Vec<Asked>);

/// A parsed search string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub terms: Vec<Term>,
    pub excluded_terms: Vec<Term>,
    /// One term is enough, instead of all.
    pub any_term: bool,
    /// Usernames, in lower case, without `@`.
    pub from: Vec<String>,
    pub excluded_from: Vec<String>,
    /// Channel names in lower case; with a leading `@`, the partner of a direct channel (or several,
    /// separated by commas, of a group channel).
    pub channels: Vec<String>,
    pub excluded_channels: Vec<String>,
    /// Times of creation that match, in milliseconds.
    pub created: Option<Range<i64>>,
    pub excluded_created: Vec<Range<i64>>,
    /// Extensions of files, in lower case, without their dot: only files have them.
    pub extensions: Vec<String>,
    pub excluded_extensions: Vec<String>,
}

/// What is searched for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Subject {
    /// Posts, by what they say.
    #[default]
    Posts,
    /// Files of posts, by their names.
    Files,
}

/// A query whose names are ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvedQuery {
    pub query: Query,
    /// Authors of whom one must have written the post; `None`: anyone.
    pub authors: Option<Vec<UserId>>,
    pub excluded_authors: Vec<UserId>,
    /// Channels to look in; `None`: all that are allowed.
    pub channels: Option<Vec<ChannelId>>,
    pub excluded_channels: Vec<ChannelId>,
    /// Facts that all must hold.
    pub flags: PostFlags,
    /// Only posts of this type, which is not empty.
    pub post_type: Option<String>,
    pub subject: Subject,
}

impl Query {
    /// Reads `text`. `any_term` is the API's `is_or_search`; `offset_seconds` its
    /// `time_zone_offset`, seconds that the searcher's clock is ahead of UTC.
    pub fn parse(text: &str, any_term: bool, offset_seconds: i32) -> Self {
        let mut query = Self { any_term, ..Self::default() };
        let end = text.char_indices().nth(QUERY_CHARS_MAX).map_or(text.len(), |(at, _)| at);
        for lexeme in lexemes(&text[..end]) {
            query.add(lexeme, offset_seconds);
        }
        query
    }

    /// Whether it asks for nothing: such a query has no hits.
    pub fn is_empty(&self) -> bool {
        let Self { terms, excluded_terms, from, excluded_from, .. } = self;
        terms.is_empty()
            && excluded_terms.is_empty()
            && from.is_empty()
            && excluded_from.is_empty()
            && self.channels.is_empty()
            && self.excluded_channels.is_empty()
            && self.created.is_none()
            && self.excluded_created.is_empty()
            && self.extensions.is_empty()
            && self.excluded_extensions.is_empty()
    }

    /// Replaces names by ids. A name that nobody has matches nothing; as an exclusion, excludes nothing.
    pub fn resolve(
        self,
        mut user: impl FnMut(&str) -> Option<UserId>,
        mut channel: impl FnMut(&str) -> Vec<ChannelId>,
    ) -> ResolvedQuery {
        let mut users = |names: &[String]| names.iter().filter_map(|n| user(n)).collect::<Vec<_>>();
        let mut rooms =
            |names: &[String]| names.iter().flat_map(|n| channel(n)).collect::<Vec<_>>();
        ResolvedQuery {
            authors: (!self.from.is_empty()).then(|| users(&self.from)),
            excluded_authors: users(&self.excluded_from),
            channels: (!self.channels.is_empty()).then(|| rooms(&self.channels)),
            excluded_channels: rooms(&self.excluded_channels),
            query: self,
            flags: PostFlags::default(),
            post_type: None,
            subject: Subject::default(),
        }
    }

    fn add(&mut self, lexeme: Lexeme<'_>, offset_seconds: i32) {
        match lexeme {
            Lexeme::Phrase { text, excluded } => {
                let (text, prefix) = without_star(text);
                self.add_term(ask(text, prefix), excluded);
            }
            Lexeme::Word { text, excluded } => self.add_word(text, excluded),
            Lexeme::Filter { name, value, excluded } => {
                self.add_filter(name, value, excluded, offset_seconds);
            }
        }
    }

    fn add_word(&mut self, text: &str, excluded: bool) {
        let (mut text, prefix) = without_star(text);
        if let Some(tag) = text.strip_prefix(['#', '＃'])
            && let Some((asked, taken)) = ask_hashtag(tag, prefix)
        {
            self.add_term(vec![asked], excluded);
            text = &tag[taken..];
        }
        self.add_term(ask(text, prefix), excluded);
    }

    fn add_term(&mut self, asked: Vec<Asked>, excluded: bool) {
        let terms = if excluded { &mut self.excluded_terms } else { &mut self.terms };
        if !asked.is_empty() && terms.len() < TERMS_MAX {
            terms.push(Term(asked));
        }
    }

    fn add_filter(&mut self, name: Filter, value: &str, excluded: bool, offset_seconds: i32) {
        let names = match (name, excluded) {
            (Filter::From, false) => &mut self.from,
            (Filter::From, true) => &mut self.excluded_from,
            (Filter::In, false) => &mut self.channels,
            (Filter::In, true) => &mut self.excluded_channels,
            (Filter::Extension, false) => &mut self.extensions,
            (Filter::Extension, true) => &mut self.excluded_extensions,
            (Filter::Before | Filter::After | Filter::On, _) => {
                match day(value, offset_seconds) {
                    Some(day) => self.add_times(name, day, excluded),
                    // `on:call` is no date: look for the words.
                    None => {
                        self.add_term(ask(&format!("{} {value}", name.word()), false), excluded)
                    }
                }
                return;
            }
        };
        let value = match name {
            Filter::From => value.trim_start_matches('@'),
            Filter::Extension => value.trim_start_matches('.'),
            _ => value.trim_start_matches('~'),
        };
        if !value.is_empty() && names.len() < NAMES_MAX {
            names.push(value.to_lowercase());
        }
    }

    fn add_times(&mut self, name: Filter, day: Range<i64>, excluded: bool) {
        let times = match name {
            Filter::Before => i64::MIN..day.start,
            Filter::After => day.end..i64::MAX,
            _ => day,
        };
        if !excluded {
            let all = self.created.take().unwrap_or(i64::MIN..i64::MAX);
            self.created = Some(all.start.max(times.start)..all.end.min(times.end));
        } else if self.excluded_created.len() < NAMES_MAX {
            self.excluded_created.push(times);
        }
    }
}

impl ResolvedQuery {
    /// The channels of `allowed` that it looks in, sorted.
    pub(crate) fn scope(&self, allowed: &[ChannelId]) -> Vec<ChannelId> {
        let wanted = self.channels.as_ref();
        let mut scope: Vec<ChannelId> = allowed
            .iter()
            .filter(|c| wanted.is_none_or(|wanted| wanted.contains(c)))
            .filter(|c| !self.excluded_channels.contains(c))
            .copied()
            .collect();
        scope.sort_unstable();
        scope.dedup();
        scope
    }

    /// Whether a post of this time can match.
    pub(crate) fn admits_time(&self, create_at: i64) -> bool {
        self.query.created.as_ref().is_none_or(|times| times.contains(&create_at))
            && !self.query.excluded_created.iter().any(|times| times.contains(&create_at))
    }
}

/// Operators with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    From,
    In,
    Before,
    After,
    On,
    Extension,
}

impl Filter {
    const WORDS: [(&'static str, Self); 7] = [
        ("from", Self::From),
        ("in", Self::In),
        ("channel", Self::In),
        ("before", Self::Before),
        ("after", Self::After),
        ("on", Self::On),
        ("ext", Self::Extension),
    ];

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, f)| *f)
    }

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, f)| *f == self).map_or("", |(name, _)| name)
    }
}

/// Takes the `*` that lets the last word go on.
fn without_star(text: &str) -> (&str, bool) {
    let stem = text.trim_end_matches('*');
    (stem, stem.len() < text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Query {
        Query::parse(text, false, 0)
    }

    fn words(terms: &[Term]) -> Vec<String> {
        let word = |asked: &Asked| format!("{}{}", asked.text, if asked.prefix { "*" } else { "" });
        terms.iter().map(|t| t.0.iter().map(word).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn words_phrases_beginnings_and_hashtags_are_terms() {
        let query = parse(r#"Hello "big World" wor* #Tag ticket-42 path/to/fi*"#);
        assert_eq!(
            words(&query.terms),
            ["hello", "big world", "wor*", "#tag", "ticket 42", "path to fi*"]
        );
        assert!(query.excluded_terms.is_empty());
    }

    #[test]
    fn a_minus_excludes() {
        let query = parse(r#"a -b -"c d" -#e -from:eve -in:town --f - well-known"#);
        assert_eq!(words(&query.terms), ["a", "f", "well known"]);
        assert_eq!(words(&query.excluded_terms), ["b", "c d", "#e"]);
        assert_eq!(query.excluded_from, ["eve"]);
        assert_eq!(query.excluded_channels, ["town"]);
    }

    #[test]
    fn names_are_kept_for_their_resolver() {
        let query = parse("From:@Alice from: bob IN:town-square channel:~dev in:@carol,@dave x");
        assert_eq!(query.from, ["alice", "bob"]);
        assert_eq!(query.channels, ["town-square", "dev", "@carol,@dave"]);
        assert_eq!(words(&query.terms), ["x"]);
    }

    #[test]
    fn dates_bound_the_time_of_creation() {
        let day = |text| day(text, 3600).expect("a date");
        let parse = |text| Query::parse(text, false, 3600);
        let (first, last) = (day("2020-01-01"), day("2020-02-01"));
        assert_eq!(parse("on:2020-01-01").created, Some(first.clone()));
        assert_eq!(
            parse("after:2020-01-01 before:2020-02-01").created,
            Some(first.end..last.start)
        );
        assert_eq!(parse("-on:2020-01-01").excluded_created, [first]);
        assert_eq!(words(&parse("on:call").terms), ["on call"]);
    }

    #[test]
    fn an_open_quote_is_no_phrase() {
        assert_eq!(words(&parse(r#"say "hello world"#).terms), ["say", "hello", "world"]);
        assert_eq!(words(&parse("“hello world”").terms), ["hello world"]);
    }

    #[test]
    fn what_asks_for_nothing_is_empty() {
        for text in ["", "   ", "->", "\"\"", "*", "-", "from:", "#", "in: ", "()[]{}", "\u{0}"] {
            assert!(parse(text).is_empty(), "{text:?}");
        }
        for text in ["a", "-a", "from:a", "on:2020-01-01", "+1", "👍", "漢"] {
            assert!(!parse(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn unknown_names_match_nothing_and_exclude_nothing() {
        let alice = UserId::random();
        let known = |name: &str| (name == "alice").then_some(alice);
        let query = parse("from:bob in:nowhere -from:carol").resolve(known, |_| Vec::new());
        assert_eq!(query.authors, Some(Vec::new()));
        assert_eq!(query.channels, Some(Vec::new()));
        assert!(query.excluded_authors.is_empty());
        let query = parse("from:alice x").resolve(known, |_| Vec::new());
        assert_eq!(query.authors, Some(vec![alice]));
        assert_eq!(query.channels, None);
    }

    #[test]
    fn a_query_is_bounded() {
        let query = parse(&"a ".repeat(10_000));
        assert_eq!(query.terms.len(), TERMS_MAX);
        let query = parse(&"from:a in:b ".repeat(10_000));
        assert!(query.from.len() <= NAMES_MAX && query.channels.len() <= NAMES_MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text in "(\\PC|[\\s\"'“”:#*@~,-]|from:|in:|on:|before:|2020-01-01){0,60}",
            offset in any::<i32>()) {
            let query = Query::parse(&text, true, offset);
            prop_assert!(query.terms.iter().chain(&query.excluded_terms).all(|t| !t.0.is_empty()));
        }
    }
}
