//! Folding: the form in which text is compared. Case, accents, width and invisible characters go;
//! what readers take for another letter stays.

use std::ops::Range;

use unicode_normalization::char::{
    canonical_combining_class, compose, decompose_compatible, is_combining_mark,
};

use crate::chars::{Class, is_accent, is_invisible, makes_a_letter, respelled};

/// One folded character and the bytes of the source that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub ch: char,
    pub start: u32,
    pub end: u32,
    pub class: Class,
    pub shape: Shape,
}

/// How the source is written: where words are taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape(u8);

impl Shape {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const CAPITAL: Self = Self(1);
    pub(crate) const SMALL: Self = Self(2);
    pub(crate) const DIGIT: Self = Self(4);

    /// Of a folded character and the case of its source.
    const fn of(ch: char, capital: bool) -> Self {
        if capital {
            return Self::CAPITAL;
        }
        if ch.is_ascii() {
            return match ch {
                'a'..='z' => Self::SMALL,
                '0'..='9' => Self::DIGIT,
                _ => Self::NONE,
            };
        }
        Self::NONE
    }

    fn of_wide(ch: char, capital: bool) -> Self {
        match Self::of(ch, capital) {
            Self::NONE if ch.is_alphabetic() => Self::SMALL,
            Self::NONE if ch.is_numeric() => Self::DIGIT,
            known => known,
        }
    }

    pub(crate) fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Unit {
    fn new(ch: char, source: Range<u32>, capital: bool) -> Self {
        let shape = Shape::of_wide(ch, capital);
        Self { ch, start: source.start, end: source.end, class: Class::of(ch), shape }
    }
}

/// What ASCII folds to; most of most texts.
static ASCII: [(char, Class, Shape); 128] = {
    let mut table = [('\0', Class::Separator, Shape::NONE); 128];
    let mut byte: u8 = 0;
    while byte < 128 {
        let ch = byte.to_ascii_lowercase() as char;
        let class = if ch.is_ascii_alphanumeric() { Class::Word } else { Class::Separator };
        table[byte as usize] = (ch, class, Shape::of(ch, byte.is_ascii_uppercase()));
        byte += 1;
    }
    table
};

/// Writes the folded form of `text` into `units`.
pub(crate) fn fold(text: &str, units: &mut Vec<Unit>) {
    units.clear();
    units.reserve(text.len());
    let mut at = 0;
    while at < text.len() {
        // Messages are bounded far below 4 GiB; beyond it only the reported ranges would be wrong.
        let start = at as u32;
        if let Some(&(ch, class, shape)) = ASCII.get(usize::from(text.as_bytes()[at])) {
            units.push(Unit { ch, start, end: start + 1, class, shape });
            at += 1;
        } else if let Some(c) = text[at..].chars().next() {
            at += c.len_utf8();
            fold_wide(c, start..at as u32, units);
        }
    }
}

fn fold_wide(c: char, source: Range<u32>, units: &mut Vec<Unit>) {
    if is_composed(c) {
        units.push(Unit::new(c, source, false));
        return;
    }
    let capital = c.is_uppercase();
    decompose_compatible(c, |part| {
        if is_invisible(part) {
            return;
        }
        if is_combining_mark(part) {
            push_mark(Unit::new(part, source.clone(), false), units);
            return;
        }
        for lower in part.to_lowercase() {
            if is_combining_mark(lower) {
                push_mark(Unit::new(lower, source.clone(), false), units);
            } else if let Some(spelling) = respelled(lower) {
                units.extend(spelling.chars().map(|ch| Unit::new(ch, source.clone(), capital)));
            } else {
                push_base(Unit::new(lower, source.clone(), capital), units);
            }
        }
    });
}

/// Characters that decomposing and composing again would leave as they are: most of a CJK text.
fn is_composed(c: char) -> bool {
    matches!(u32::from(c), 0x3041..=0x3096 | 0x30A1..=0x30FA | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3)
}

/// Adds a base character; Hangul jamo join the syllable before them.
fn push_base(unit: Unit, units: &mut Vec<Unit>) {
    if matches!(u32::from(unit.ch), 0x1161..=0x1175 | 0x11A8..=0x11C2) && join(unit, units) {
        return;
    }
    units.push(unit);
}

/// Drops an accent, joins a mark that makes a letter, keeps any other in canonical order.
fn push_mark(unit: Unit, units: &mut Vec<Unit>) {
    if is_accent(unit.ch) {
        let joined =
            units.last().is_some_and(|last| makes_a_letter(last.ch, unit.ch)) && join(unit, units);
        if !joined && let Some(last) = units.last_mut() {
            last.end = unit.end;
        }
        return;
    }
    if join(unit, units) {
        return;
    }
    let class = canonical_combining_class(unit.ch);
    // No script stacks more marks; without a bound hostile text would make this quadratic.
    let lowest = units.len().saturating_sub(4);
    let mut at = units.len();
    while class != 0 && at > lowest && canonical_combining_class(units[at - 1].ch) > class {
        at -= 1;
    }
    units.insert(at, unit);
}

/// Composes with the character before, if there is a character for both.
fn join(unit: Unit, units: &mut [Unit]) -> bool {
    let Some(last) = units.last_mut() else { return false };
    let Some(both) = compose(last.ch, unit.ch) else { return false };
    *last = Unit::new(both, last.start..unit.end, last.shape == Shape::CAPITAL);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(text: &str) -> String {
        let mut units = Vec::new();
        fold(text, &mut units);
        units.iter().map(|u| u.ch).collect()
    }

    #[test]
    fn case_accents_and_width_do_not_matter() {
        for (left, right) in [
            ("Crème Brûlée", "creme brulee"),
            ("STRASSE", "straße"),
            ("Straẞe", "STRASSE"),
            ("İstanbul", "istanbul"),
            ("ISPARTA", "ısparta"),
            ("Łódź", "lodz"),
            ("Đà Nẵng", "da nang"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("Ёлка", "елка"),
            ("ＡＢＣ１２３", "abc123"),
            ("ｶﾞｷﾞ", "ガギ"),
            ("が", "か\u{3099}"),
            ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
            ("أَحْمَد", "احمد"),
            ("سـلام", "سلام"),
            ("کتابی", "كتابي"),
            ("שָׁלוֹם", "שלום"),
            ("ﬁnance", "finance"),
            ("👍🏽", "👍"),
            ("co\u{ad}operate", "cooperate"),
            ("\u{e19}\u{e49}\u{e38}", "\u{e19}\u{e38}\u{e49}"),
        ] {
            assert_eq!(folded(left), folded(right), "{left} / {right}");
        }
    }

    #[test]
    fn different_letters_stay_different() {
        for (left, right) in [
            ("か", "が"),
            ("は", "ぱ"),
            ("ひらがな", "ヒラガナ"),
            ("мой", "мои"),
            ("ї", "і"),
            ("กา", "ก่า"),
            ("की", "का"),
            ("가", "각"),
        ] {
            assert_ne!(folded(left), folded(right), "{left} / {right}");
        }
    }

    #[test]
    fn ranges_cover_the_source_with_its_marks() {
        let text = "e\u{301}x";
        let mut units = Vec::new();
        fold(text, &mut units);
        let sources: Vec<&str> =
            units.iter().map(|u| &text[u.start as usize..u.end as usize]).collect();
        assert_eq!(sources, ["e\u{301}", "x"]);
    }

    proptest! {
        #[test]
        fn ranges_are_within_the_text_and_on_character_boundaries(text in "\\PC{0,40}") {
            let mut units = Vec::new();
            fold(&text, &mut units);
            for unit in units {
                prop_assert!(text.get(unit.start as usize..unit.end as usize).is_some());
            }
        }

        #[test]
        fn latin_text_folds_to_a_form_that_folds_to_itself(text in "[ -~À-ɏα-ωА-я]{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }
    }
}
