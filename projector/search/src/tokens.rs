//! Tokens of a message, as they are indexed and as they are asked for.
//!
//! A message yields, in one pass over its folded characters:
//! - each word, and at the same place its parts where case or digits change (`HttpServer`, `v2`);
//! - each character of an unspaced script, and each pair of neighbours;
//! - each symbol;
//! - each hashtag with its `#`, besides its words.
//!
//! A question yields the fewest of those that prove the text: whole words, and pairs that cover a
//! run. Both count places alike, so that a phrase is a set of tokens at fixed distances.

use std::ops::Range;

use crate::chars::Class;
use crate::folding::{Shape, Unit, fold};

/// Characters of a token; longer words are found by their beginning.
pub(crate) const TOKEN_CHARS_MAX: usize = 64;

/// Changes of case or digits in a word up to which its parts are indexed. More make it a hash or
/// random key, of which nobody looks for a part.
const PART_BREAKS_MAX: usize = 7;

/// One token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// In the folded text.
    text: Range<u32>,
    pub place: u32,
    /// In the source.
    pub source: Range<u32>,
}

/// The tokens of a text; reused from text to text to keep its buffers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    units: Vec<Unit>,
    /// The folded text: every token is a piece of it.
    text: String,
    /// Where each unit starts in it, and its end.
    offsets: Vec<u32>,
    breaks: Vec<usize>,
    pub spans: Vec<Span>,
}

/// A token that a matching text must have at `offset` places from the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub offset: u32,
    pub text: String,
    /// Whether `text` is only the beginning of the token.
    pub prefix: bool,
}

impl Tokens {
    pub(crate) fn text_of(&self, span: &Span) -> &str {
        &self.text[span.text.start as usize..span.text.end as usize]
    }

    /// Replaces the tokens by those under which `source` is indexed.
    pub(crate) fn index(&mut self, source: &str) {
        self.spans.clear();
        fold(source, &mut self.units);
        self.write_text();
        let (mut at, mut place) = (0, 0);
        while at < self.units.len() {
            let class = self.units[at].class;
            if class == Class::Separator {
                at += 1;
                continue;
            }
            let end = self.run_end(at, class);
            if at > 0 && self.units[at - 1].ch == '#' && class.is_text() {
                self.add_hashtag(at, place);
            }
            place = match class {
                Class::Word => self.add_word(at..end, place),
                Class::Unspaced => self.add_unspaced(at..end, place),
                _ => self.add(at..end, place),
            };
            at = end;
        }
    }

    fn write_text(&mut self) {
        self.text.clear();
        self.text.extend(self.units.iter().map(|u| u.ch));
        self.offsets.clear();
        let mut offset = 0;
        self.offsets.extend(self.units.iter().map(|unit| {
            offset += unit.ch.len_utf8() as u32;
            offset - unit.ch.len_utf8() as u32
        }));
        self.offsets.push(offset);
    }

    /// The end of the run of `class` that starts at `at`; a symbol is a run by itself.
    fn run_end(&self, at: usize, class: Class) -> usize {
        if class == Class::Symbol {
            return at + 1;
        }
        let rest = &self.units[at..];
        at + rest.iter().position(|u| u.class != class).unwrap_or(rest.len())
    }

    /// Adds one token and returns the next place.
    fn add(&mut self, range: Range<usize>, place: u32) -> u32 {
        let source = self.units[range.start].start..self.units[range.end - 1].end;
        let text_end = range.end.min(range.start + TOKEN_CHARS_MAX);
        let text = self.offsets[range.start]..self.offsets[text_end];
        self.spans.push(Span { text, place, source });
        place + 1
    }

    fn add_word(&mut self, range: Range<usize>, place: u32) -> u32 {
        self.add(range.clone(), place);
        if self.may_have_parts(&range) {
            self.find_breaks(range.clone());
            if (1..=PART_BREAKS_MAX).contains(&self.breaks.len()) {
                let breaks = std::mem::take(&mut self.breaks);
                let mut from = range.start;
                for &to in breaks.iter().chain([&range.end]) {
                    self.add(from..to, place);
                    from = to;
                }
                self.breaks = breaks;
            }
        }
        place + 1
    }

    /// Most words are written in small letters behind the first: they have no parts.
    fn may_have_parts(&self, range: &Range<usize>) -> bool {
        let shapes = self.units[range.start + 1..range.end].iter().map(|u| u.shape);
        let shape = shapes.fold(Shape::NONE, Shape::or);
        let digit_first = self.units[range.start].shape.is(Shape::DIGIT);
        let mixed =
            shape.is(Shape::CAPITAL.or(Shape::DIGIT)) || (digit_first && shape.is(Shape::SMALL));
        mixed && range.len() <= TOKEN_CHARS_MAX
    }

    /// Where case or digits change within a word: `fooBar`, `HTTPServer`, `v2`.
    fn find_breaks(&mut self, range: Range<usize>) {
        self.breaks.clear();
        let units = &self.units[range.clone()];
        for (index, pair) in units.windows(2).enumerate() {
            let [before, after] = [pair[0].shape, pair[1].shape];
            let digits = before.is(Shape::DIGIT) != after.is(Shape::DIGIT);
            let rises = !before.is(Shape::CAPITAL) && after.is(Shape::CAPITAL);
            let next_is_small = units.get(index + 2).is_some_and(|u| u.shape.is(Shape::SMALL));
            let last_capital =
                before.is(Shape::CAPITAL) && after.is(Shape::CAPITAL) && next_is_small;
            if digits || rises || last_capital {
                self.breaks.push(range.start + index + 1);
            }
        }
    }

    fn add_unspaced(&mut self, range: Range<usize>, mut place: u32) -> u32 {
        for at in range.clone() {
            if at + 1 < range.end {
                self.add(at..at + 2, place);
            }
            place = self.add(at..at + 1, place);
        }
        place
    }

    /// Adds the hashtag whose text starts at `at`, behind its `#`, and each beginning of it that ends a word:
    /// `#release-notes` is found by `#release` too.
    fn add_hashtag(&mut self, at: usize, place: u32) {
        let end = hashtag_end(&self.units[at..]) + at;
        let mut from = at;
        while from < end {
            let class = self.units[from].class;
            let to = self.run_end(from, class).min(end);
            if class.is_text() && (to == end || self.units[to].class != Class::Word) {
                self.add(at - 1..to, place);
            }
            from = to;
        }
    }
}

/// How many of `units` belong to the hashtag that they start with: text, with single `-`, `_` and
/// `.` inside it.
fn hashtag_end(units: &[Unit]) -> usize {
    let mut end = 0;
    for (index, unit) in units.iter().take(TOKEN_CHARS_MAX - 1).enumerate() {
        if unit.class.is_text() {
            end = index + 1;
        } else if !matches!(unit.ch, '-' | '_' | '.') || index > end {
            break;
        }
    }
    end
}

/// The tokens that prove `source`; with `prefix`, its last word may go on.
pub(crate) fn ask(source: &str, prefix: bool) -> Vec<Asked> {
    let mut units = Vec::new();
    fold(source, &mut units);
    let mut asked = Vec::new();
    let (mut at, mut offset) = (0, 0);
    while at < units.len() {
        let class = units[at].class;
        let end = match class {
            Class::Separator | Class::Symbol => at + 1,
            _ => at + units[at..].iter().take_while(|u| u.class == class).count(),
        };
        match class {
            Class::Separator => {}
            Class::Unspaced => offset = ask_run(&units[at..end], offset, &mut asked),
            Class::Word | Class::Symbol => {
                let prefix = prefix && end == units.len() && class == Class::Word;
                asked.push(Asked { offset, text: text_of(&units[at..end]), prefix });
                offset += 1;
            }
        }
        at = end;
    }
    asked
}

/// Covers a run of an unspaced script with pairs, as few as there can be.
fn ask_run(run: &[Unit], offset: u32, asked: &mut Vec<Asked>) -> u32 {
    let len = run.len();
    let starts = (0..len.saturating_sub(1)).step_by(2);
    let odd_end = (len > 1 && len % 2 == 1).then(|| len - 2);
    for start in starts.chain(odd_end) {
        let text = text_of(&run[start..start + 2]);
        asked.push(Asked { offset: offset + start as u32, text, prefix: false });
    }
    if len == 1 {
        asked.push(Asked { offset, text: text_of(run), prefix: false });
    }
    offset + len as u32
}

/// The token of the hashtag that `source` (without its `#`) starts with, and the bytes it takes.
pub(crate) fn ask_hashtag(source: &str, prefix: bool) -> Option<(Asked, usize)> {
    let mut units = Vec::new();
    fold(source, &mut units);
    let end = hashtag_end(&units);
    let last = units[..end].last()?;
    // Where words are not spaced, a hashtag runs on into the text behind it.
    let runs_on = last.class == Class::Unspaced;
    let text = format!("#{}", text_of(&units[..end]));
    let at_end = end == units.len();
    let asked = Asked { offset: 0, text, prefix: runs_on || (prefix && at_end) };
    Some((asked, last.end as usize))
}

fn text_of(units: &[Unit]) -> String {
    units.iter().take(TOKEN_CHARS_MAX).map(|u| u.ch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexed(source: &str) -> Vec<(u32, String)> {
        let mut tokens = Tokens::default();
        tokens.index(source);
        tokens.spans.iter().map(|s| (s.place, tokens.text_of(s).to_owned())).collect()
    }

    fn texts(source: &str) -> Vec<String> {
        indexed(source).into_iter().map(|(_, text)| text).collect()
    }

    fn asked(source: &str) -> Vec<(u32, String)> {
        ask(source, false).into_iter().map(|a| (a.offset, a.text)).collect()
    }

    fn at(tokens: &[(u32, &str)]) -> Vec<(u32, String)> {
        tokens.iter().map(|(place, text)| (*place, (*text).to_owned())).collect()
    }

    #[test]
    fn names_paths_and_numbers_split_into_words() {
        assert_eq!(texts("TICKET-42"), ["ticket", "42"]);
        assert_eq!(texts("snake_case"), ["snake", "case"]);
        assert_eq!(texts("path/to/file.rs"), ["path", "to", "file", "rs"]);
        assert_eq!(
            texts("https://docs.example.com/a?b=1"),
            ["https", "docs", "example", "com", "a", "b", "1"]
        );
    }

    #[test]
    fn parts_of_a_word_stand_at_its_place() {
        assert_eq!(
            indexed("HTTPServer x"),
            at(&[(0, "httpserver"), (0, "http"), (0, "server"), (1, "x")])
        );
        assert_eq!(indexed("v1.2"), at(&[(0, "v1"), (0, "v"), (0, "1"), (1, "2")]));
    }

    #[test]
    fn a_hash_is_not_taken_apart() {
        assert_eq!(texts("3f2a9c1b7d5e"), ["3f2a9c1b7d5e"]);
    }

    #[test]
    fn unspaced_scripts_yield_characters_and_pairs() {
        assert_eq!(
            indexed("東京都 x"),
            at(&[(0, "東京"), (0, "東"), (1, "京都"), (1, "京"), (2, "都"), (3, "x")])
        );
    }

    #[test]
    fn a_question_covers_a_run_with_few_pairs() {
        assert_eq!(asked("都"), at(&[(0, "都")]));
        assert_eq!(asked("東京"), at(&[(0, "東京")]));
        assert_eq!(asked("東京都"), at(&[(0, "東京"), (1, "京都")]));
        assert_eq!(asked("東京都庁"), at(&[(0, "東京"), (2, "都庁")]));
        assert_eq!(asked("東京tower"), at(&[(0, "東京"), (2, "tower")]));
    }

    #[test]
    fn emoji_are_tokens() {
        assert_eq!(texts("ok👍🏽!🎉"), ["ok", "👍", "🎉"]);
        assert_eq!(texts("👨‍👩‍👧"), ["👨", "👩", "👧"]);
    }

    #[test]
    fn hashtags_are_tokens_besides_their_words() {
        assert_eq!(texts("#Release-Notes!"), ["#release", "#release-notes", "release", "notes"]);
        assert_eq!(texts("issue#7"), ["issue", "#7", "7"]);
        assert_eq!(texts("#a..b"), ["#a", "a", "b"]);
        assert_eq!(texts("# x"), ["x"]);
    }

    #[test]
    fn a_hashtag_is_asked_for_up_to_its_end() {
        let (asked, taken) = ask_hashtag("Foo-bar,baz", false).expect("a hashtag");
        assert_eq!((asked.text.as_str(), asked.prefix, taken), ("#foo-bar", false, 7));
        let (asked, _) = ask_hashtag("日本", false).expect("a hashtag");
        assert!(asked.prefix);
        assert!(ask_hashtag("!", false).is_none());
        assert!(ask_hashtag("", false).is_none());
    }

    #[test]
    fn long_words_are_cut() {
        let long = "x".repeat(500);
        assert_eq!(texts(&long), ["x".repeat(TOKEN_CHARS_MAX)]);
        assert_eq!(asked(&long), [(0, "x".repeat(TOKEN_CHARS_MAX))]);
    }

    #[test]
    fn spans_point_at_the_source() {
        let source = "Grüße aus #Köln";
        let mut tokens = Tokens::default();
        tokens.index(source);
        let sources: Vec<&str> = tokens
            .spans
            .iter()
            .map(|s| &source[s.source.start as usize..s.source.end as usize])
            .collect();
        assert_eq!(sources, ["Grüße", "aus", "#Köln", "Köln"]);
    }
}
