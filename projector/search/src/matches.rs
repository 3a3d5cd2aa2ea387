//! What of a text a query matched: the `matches` of the v4 search answer.

use std::collections::{HashMap, HashSet};

use crate::query::{Query, Term};
use crate::tokens::{Span, Tokens};

/// The pieces of `text` that the terms of `query` match, as they are written there, each once.
pub fn matched_words(query: &Query, text: &str) -> Vec<String> {
    let mut tokens = Tokens::default();
    tokens.index(text);
    let places = by_place(&tokens);
    let mut seen = HashSet::new();
    let mut words = Vec::new();
    for term in &query.terms {
        for first in &tokens.spans {
            let Some(end) = end_of_match(term, first, &tokens, &places) else { continue };
            let Some(word) = text.get(first.source.start as usize..end as usize) else { continue };
            if seen.insert(word) {
                words.push(word.to_owned());
            }
        }
    }
    words
}

fn by_place(tokens: &Tokens) -> HashMap<u32, Vec<&Span>> {
    let mut places: HashMap<u32, Vec<&Span>> = HashMap::new();
    for span in &tokens.spans {
        places.entry(span.place).or_default().push(span);
    }
    places
}

/// Where the match of `term` that begins with `first` ends.
fn end_of_match(
    term: &Term,
    first: &Span,
    tokens: &Tokens,
    places: &HashMap<u32, Vec<&Span>>,
) -> Option<u32> {
    let is = |span: &Span, asked: &crate::tokens::Asked| {
        let text = tokens.text_of(span);
        if asked.prefix { text.starts_with(&asked.text) } else { text == asked.text }
    };
    let (begin, rest) = term.0.split_first()?;
    if !is(first, begin) {
        return None;
    }
    rest.iter().try_fold(first.source.end, |_, asked| {
        let there = places.get(&(first.place + asked.offset))?;
        there.iter().find(|span| is(span, asked)).map(|span| span.source.end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(query: &str, text: &str) -> Vec<String> {
        matched_words(&Query::parse(query, false, 0), text)
    }

    #[test]
    fn words_come_as_they_are_written() {
        assert_eq!(matched("cafe", "Café, CAFE, cafés"), ["Café", "CAFE"]);
        assert_eq!(matched("cafe*", "Café, cafés, Café"), ["Café", "cafés"]);
        assert_eq!(matched("ticket-42", "see TICKET-42 and TICKET 43"), ["TICKET-42"]);
        assert_eq!(matched(r#""b c" x"#, "a B  c x"), ["B  c", "x"]);
        assert_eq!(matched("京都", "東京都と京都"), ["京都"]);
        assert_eq!(matched("東京都", "東京都と京都"), ["東京都"]);
        assert_eq!(matched("#ship", "we #Ship it, ship"), ["#Ship"]);
        assert_eq!(matched("server", "HttpServer"), ["Server"]);
    }

    #[test]
    fn exclusions_and_filters_match_nothing() {
        assert!(matched("-a from:b", "a b").is_empty());
        assert!(matched("", "a b").is_empty());
    }
}
