//! Cuts a search string into words, phrases and filters.

use crate::query::Filter;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lexeme<'a> {
    Word { text: &'a str, excluded: bool },
    Phrase { text: &'a str, excluded: bool },
    Filter { name: Filter, value: &'a str, excluded: bool },
}

/// Quotation marks; phones put curly ones.
const QUOTES: [char; 6] = ['"', '“', '”', '„', '«', '»'];

pub(crate) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (lexeme, after) = next(rest);
        found.extend(lexeme);
        rest = after.trim_start();
    }
    found
}

/// The lexeme at the start of `text`, which is not empty, and what follows it.
fn next(text: &str) -> (Option<Lexeme<'_>>, &str) {
    let (excluded, body) = match text.strip_prefix('-') {
        Some(body) if body.starts_with(|c: char| !c.is_whitespace() && c != '-') => (true, body),
        _ => (false, text),
    };
    if body.starts_with(QUOTES) {
        return match phrase(body) {
            Some((text, after)) => (Some(Lexeme::Phrase { text, excluded }), after),
            None => (None, body.trim_start_matches(QUOTES)),
        };
    }
    let end = body.find(|c: char| c.is_whitespace() || QUOTES.contains(&c)).unwrap_or(body.len());
    let (word, after) = body.split_at(end);
    if let Some((name, value)) = word.split_once(':')
        && let Some(name) = Filter::named(name)
    {
        return filter(name, value, after, excluded);
    }
    (Some(Lexeme::Word { text: word, excluded }), after)
}

/// The text between the quote that `text` starts with and the next one, and what follows.
fn phrase(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let inner = &text[open.len_utf8()..];
    let end = inner.find(QUOTES)?;
    let close = inner[end..].chars().next()?;
    Some((&inner[..end], &inner[end + close.len_utf8()..]))
}

/// A filter; its value may follow after a space (`from: alice`) or in quotes.
fn filter<'a>(
    name: Filter,
    value: &'a str,
    after: &'a str,
    excluded: bool,
) -> (Option<Lexeme<'a>>, &'a str) {
    let (value, after) = if value.is_empty() {
        let after = after.trim_start();
        phrase(after).filter(|_| after.starts_with(QUOTES)).unwrap_or_else(|| {
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            after.split_at(end)
        })
    } else {
        (value, after)
    };
    let lexeme = (!value.is_empty()).then_some(Lexeme::Filter { name, value, excluded });
    (lexeme, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str) -> Lexeme<'_> {
        Lexeme::Word { text, excluded: false }
    }

    #[test]
    fn quotes_end_words() {
        assert_eq!(
            lexemes(r#"a"b c"d"#),
            [word("a"), Lexeme::Phrase { text: "b c", excluded: false }, word("d")]
        );
    }

    #[test]
    fn a_value_may_stand_apart_or_in_quotes() {
        let from = |value| Lexeme::Filter { name: Filter::From, value, excluded: false };
        assert_eq!(lexemes("from: a b"), [from("a"), word("b")]);
        assert_eq!(lexemes(r#"from:"a b" c"#), [from("a b"), word("c")]);
        assert_eq!(lexemes("from:"), []);
        assert_eq!(lexemes("http://x from:a:b"), [word("http://x"), from("a:b")]);
    }

    proptest! {
        #[test]
        fn every_text_comes_to_an_end(text in "(\\PC|[\\s\":-]|from:){0,60}") {
            prop_assert!(lexemes(&text).len() <= text.chars().count());
        }
    }
}
