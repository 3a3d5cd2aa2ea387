//! Whom a text calls: its words outside code, compared with names by whoever knows the names.

use events::channel::Broadcast;

/// The words of a message that may call somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens<'m> {
    /// What stands behind an `@`, lower-case, without the `@`. A name may end in one of `._-`, and
    /// a sentence too: both readings are listed.
    pub names: Vec<String>,
    /// Plain words, as they stand.
    pub words: Vec<&'m str>,
    pub broadcast: Broadcast,
}

/// Splits a message. `with_words`: whether plain words are wanted, too; most installations have no
/// words that call anybody, and then a message without an `@` is not looked at.
pub fn tokens(message: &str, with_words: bool) -> Tokens<'_> {
    let mut found = Tokens::default();
    if !with_words && !message.contains('@') {
        return found;
    }
    for text in outside_code(message) {
        for word in text.split(|c: char| !is_word_char(c)).filter(|word| !word.is_empty()) {
            if word.contains('@') {
                called(word, &mut found);
            }
            if with_words {
                let plain = word.trim_start_matches('@').trim_matches(['.', '-', '_']);
                if !plain.is_empty() {
                    found.words.push(plain);
                }
            }
        }
    }
    found.names.sort_unstable();
    found.names.dedup();
    found
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '\'')
}

/// `@name`, at the word's beginning only: `a@b.c` is an address.
fn called(word: &str, found: &mut Tokens<'_>) {
    let word = word.trim_start_matches(['.', '_', '-', '\'', '+']);
    let Some(name) = word.strip_prefix('@') else { return };
    let name = name.trim_start_matches('@');
    let name = name.split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).next();
    let Some(name) = name.filter(|name| !name.is_empty()) else { return };
    let mut name = name.to_ascii_lowercase();
    let bare = name.trim_end_matches(['.', '_', '-']);
    let broadcast = match bare {
        "all" => Broadcast::All,
        "channel" => Broadcast::Channel,
        "here" => Broadcast::Here,
        _ => Broadcast::None,
    };
    if broadcast != Broadcast::None {
        found.broadcast = wider(found.broadcast, broadcast);
        return;
    }
    loop {
        found.names.push(name.clone());
        if !name.ends_with(['.', '_', '-']) || name.len() == 1 {
            return;
        }
        name.pop();
    }
}

/// The one that calls more people.
fn wider(a: Broadcast, b: Broadcast) -> Broadcast {
    let reach = |broadcast| match broadcast {
        Broadcast::None => 0,
        Broadcast::Here => 1,
        Broadcast::Channel => 2,
        Broadcast::All => 3,
    };
    if reach(b) > reach(a) { b } else { a }
}

/// The parts of a text that are not code: neither between backticks nor in a fenced block.
fn outside_code(message: &str) -> Vec<&str> {
    if !message.contains('`') {
        return vec![message];
    }
    let mut parts = Vec::new();
    let mut rest = message;
    while let Some(at) = rest.find('`') {
        let ticks = rest[at..].bytes().take_while(|b| *b == b'`').count();
        parts.push(&rest[..at]);
        let inside = &rest[at + ticks..];
        match closing(inside, ticks) {
            Some(end) => rest = &inside[end + ticks..],
            // A fence that never closes reaches to the end; lone backticks are only characters.
            None if ticks >= 3 => return parts,
            None => rest = inside,
        }
    }
    parts.push(rest);
    parts
}

/// Where exactly `ticks` backticks stand next.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find('`') {
        let at = from + at;
        let run = text[at..].bytes().take_while(|b| *b == b'`').count();
        if run == ticks {
            return Some(at);
        }
        from = at + run;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(message: &str) -> Vec<String> {
        tokens(message, false).names
    }

    #[test]
    fn a_name_stands_behind_an_at_at_the_beginning_of_a_word() {
        assert_eq!(names("hello @Ada, and (@bob)!"), ["ada", "bob"]);
        assert_eq!(names("write to ada@example.org"), Vec::<String>::new());
        assert_eq!(names("no names"), Vec::<String>::new());
        assert_eq!(names("@"), Vec::<String>::new());
    }

    #[test]
    fn a_full_stop_may_belong_to_the_name_or_to_the_sentence() {
        assert_eq!(names("ask @ada.lovelace."), ["ada.lovelace", "ada.lovelace."]);
        assert_eq!(names("@a_-"), ["a", "a_", "a_-"]);
    }

    #[test]
    fn code_calls_nobody() {
        assert_eq!(names("`@ada` @bob"), ["bob"]);
        assert_eq!(names("```\n@ada\n``` @bob"), ["bob"]);
        assert_eq!(names("``a ` @ada`` @bob"), ["bob"]);
        assert_eq!(names("```\n@ada"), Vec::<String>::new());
        assert_eq!(names("5` @ada"), ["ada"]);
    }

    #[test]
    fn the_widest_broadcast_counts() {
        assert_eq!(tokens("@here @channel.", false).broadcast, Broadcast::Channel);
        assert_eq!(tokens("@all", false).broadcast, Broadcast::All);
        assert_eq!(tokens("`@all`", false).broadcast, Broadcast::None);
        assert_eq!(tokens("@allison", false).broadcast, Broadcast::None);
    }

    #[test]
    fn plain_words_are_listed_where_they_are_wanted() {
        assert_eq!(tokens("Deploy @ops: now.", true).words, ["Deploy", "ops", "now"]);
        assert_eq!(tokens("日本 `x`", true).words, ["日本"]);
    }
}
