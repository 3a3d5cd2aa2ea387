//! What a folded character is to the tokenizer, and which characters carry no meaning for a search.

use unicode_normalization::char::is_combining_mark;

/// How a folded character takes part in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Part of a word of a script that puts spaces between words.
    Word,
    /// Part of a run of a script without spaces (or, like Hangul, with endings glued to words):
    /// searched by substring.
    Unspaced,
    /// A token of its own: emoji, arrows, currency signs.
    Symbol,
    /// Everything that ends a token.
    Separator,
}

impl Class {
    pub(crate) fn of(c: char) -> Self {
        if c.is_ascii() {
            return if c.is_ascii_alphanumeric() { Self::Word } else { Self::Separator };
        }
        if c.is_alphanumeric() || is_combining_mark(c) {
            let digit = c.is_numeric() && !c.is_alphabetic();
            return if !digit && is_unspaced_script(c) { Self::Unspaced } else { Self::Word };
        }
        if is_symbol(c) { Self::Symbol } else { Self::Separator }
    }

    /// Whether the character can stand in a hashtag.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Word | Self::Unspaced)
    }
}

/// Scripts whose readers expect to find a substring: no spaces between words, or suffixes written
/// onto them.
fn is_unspaced_script(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF     // Thai, Lao
        | 0x0F00..=0x0FFF   // Tibetan
        | 0x1000..=0x109F   // Myanmar
        | 0x1100..=0x11FF   // Hangul jamo
        | 0x1780..=0x17FF   // Khmer
        | 0x1950..=0x19FF   // Tai Le, New Tai Lue
        | 0x1A20..=0x1AAF   // Tai Tham
        | 0x1B00..=0x1B7F   // Balinese
        | 0x2E80..=0x31FF   // radicals, Kana, Bopomofo, Hangul compatibility jamo
        | 0x3400..=0x4DBF   // Han extension A
        | 0x4E00..=0x9FFF   // Han
        | 0xA000..=0xA4CF   // Yi
        | 0xA960..=0xA97F   // Hangul jamo
        | 0xA980..=0xA9FF   // Javanese, Myanmar
        | 0xAA60..=0xAADF   // Myanmar, Tai Viet
        | 0xAC00..=0xD7FF   // Hangul syllables
        | 0xF900..=0xFAFF   // Han compatibility
        | 0x16FE0..=0x18DFF // Tangut, Khitan
        | 0x1AFF0..=0x1B2FF // Kana extensions, Nüshu
        | 0x20000..=0x3FFFF // Han extensions
    )
}

fn is_symbol(c: char) -> bool {
    matches!(u32::from(c),
        0xA2..=0xA7 | 0xA9 | 0xAC | 0xAE | 0xB0 | 0xB1 | 0xB6 | 0xD7 | 0xF7
        | 0x20A0..=0x20CF   // currency
        | 0x2100..=0x214F   // letter-like
        | 0x2190..=0x2BFF   // arrows, mathematics, technical, box drawing, dingbats
        | 0x3200..=0x33FF   // enclosed CJK
        | 0x1F000..=0x1FAFF // pictographs, flags, playing cards
    )
}

/// Characters that a reader does not see, or that only vary how another looks: dropped before
/// anything else, so that 👍🏽 is found by 👍 and a soft hyphen does not split a word.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD                // soft hyphen
        | 0x034F            // grapheme joiner
        | 0x061C            // Arabic letter mark
        | 0x0640            // tatweel
        | 0x180B..=0x180E   // Mongolian selectors
        | 0x200B..=0x200F   // zero-width spaces and joiners, marks of direction
        | 0x202A..=0x202E   // embeddings and overrides of direction
        | 0x2060..=0x206F   // word joiner, isolates
        | 0xFE00..=0xFE0F   // variation selectors
        | 0xFEFF
        | 0x1F3FB..=0x1F3FF // skin tones
        | 0xE0000..=0xE0FFF // tags, more variation selectors
    )
}

/// Marks that a search ignores: accents of Latin, Greek and Cyrillic, Hebrew points, Arabic vowels
/// and hamzas. Marks of other scripts are letters to their readers (Thai vowels, Kana voicing).
pub(crate) fn is_accent(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036F
        | 0x0483..=0x0487
        | 0x0591..=0x05BD | 0x05BF | 0x05C1 | 0x05C2 | 0x05C4 | 0x05C5 | 0x05C7
        | 0x0610..=0x061A | 0x064B..=0x065F | 0x0670 | 0x06D6..=0x06DC | 0x06DF..=0x06E4
        | 0x06E7 | 0x06E8 | 0x06EA..=0x06ED
        | 0x1AB0..=0x1AFF
        | 0x1DC0..=0x1DFF
        | 0x20D0..=0x20FF
        | 0xFE20..=0xFE2F
    )
}

/// Accents that make another letter: й is not и, ї is not і.
pub(crate) fn makes_a_letter(base: char, mark: char) -> bool {
    matches!((base, mark), ('и', '\u{306}') | ('і', '\u{308}'))
}

/// What decomposition leaves apart although people type one for the other.
pub(crate) fn respelled(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ð' | 'đ' => "d",
        'ø' => "o",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ς' => "σ",
        'ى' | 'ی' => "ي",
        'ک' => "ك",
        'ة' => "ه",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_the_class_that_its_readers_expect() {
        for c in "aZ9éяωשعहتक्ि٣".chars() {
            assert_eq!(Class::of(c), Class::Word, "{c}");
        }
        for c in "漢かカー々กำลัง한ㅋ〇မខ".chars() {
            assert_eq!(Class::of(c), Class::Unspaced, "{c}");
        }
        for c in "😀🇩→€★".chars() {
            assert_eq!(Class::of(c), Class::Symbol, "{c}");
        }
        for c in " _-./。、「」…«»\u{3000}\u{0}".chars() {
            assert_eq!(Class::of(c), Class::Separator, "{c}");
        }
    }
}
