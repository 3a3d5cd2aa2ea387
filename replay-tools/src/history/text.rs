//! Texts of people among texts of ours: nobody's words look like another line, and none move a cursor.

use std::fmt::Write;

/// On one line, without control characters.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            c if c.is_control() || is_directional(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// What turns the direction of text around can make a line read as another.
fn is_directional(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Between quotation marks.
pub(crate) fn quoted(text: &str) -> String {
    format!("“{}”", plain(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_look_like_another_line() {
        assert_eq!(
            plain("one\n2026 ada left\u{1b}[1A\u{202e}"),
            "one\\n2026 ada left\\u{1b}[1A\\u{202e}"
        );
        assert_eq!(quoted("größer 🙂"), "“größer 🙂”");
    }
}
