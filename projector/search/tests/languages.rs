//! What people search for, in the scripts they write, is found.

mod common;

use common::Fixture;
use proptest::prelude::*;
use search_index::{Query, matched_words};

/// A text, what must find it, and what must not.
const CASES: &[(&str, &[&str], &[&str])] = &[
    (
        "See TICKET-42 please",
        &["ticket-42", "TICKET-42", "ticket", "42", "ticket-4*"],
        &["ticket-43", "4"],
    ),
    (
        "rename snake_case_name",
        &["snake_case_name", "snake", "case", "snake_case", "case_na*"],
        &["snake_name"],
    ),
    (
        "open src/path/file.rs:42",
        &["path/file.rs", "file.rs", "file", "src/path", "rs:42"],
        &["path/rs"],
    ),
    (
        "at https://docs.example.com/a/b?c=1",
        &["example.com", "docs.example.com", "docs", "https://docs.example.com/a/b"],
        &["docs.com"],
    ),
    ("released v1.22.3 today", &["v1.22.3", "1.22.3", "1.22", "22.3", "v1.22"], &["1.3", "2.3"]),
    (
        "mail john.doe@example.com",
        &["john.doe@example.com", "john", "doe@example", "example.com"],
        &["john.example"],
    ),
    (
        "the HttpServer of iPhone7",
        &["httpserver", "HTTPSERVER", "server", "http", "iphone7", "phone"],
        &["tpserver"],
    ),
    (
        "Hello world, wordy words",
        &["wor*", "hello wor*", "\"hello world\"", "\"hello wor*\""],
        &["wor", "\"world hello\""],
    ),
    ("don't panic!!!", &["don't", "don", "panic", "panic!"], &["panics"]),
    ("C++ and C#", &["c++", "c"], &[]),
    ("Ça alors, crème brûlée à Genève", &["ca", "creme brulee", "CRÈME", "geneve"], &["genev"]),
    (
        "Die Straße in München",
        &["strasse", "STRASSE", "straße", "munchen", "münchen"],
        &["muenchen"],
    ),
    ("İstanbul'da ILICA ışık", &["istanbul", "İSTANBUL", "ilica", "ışık", "isik"], &[]),
    ("Zażółć gęślą jaźń", &["zazolc", "gesla", "JAŹŃ"], &[]),
    ("Tiếng Việt đẹp", &["tieng viet", "dep", "đẹp"], &[]),
    ("Съешь ещё этих мягких булок", &["СЪЕШЬ", "еще", "мягких бул*"], &["мягк"]),
    ("мой дом", &["мой"], &["мои"]),
    ("Ο Οδυσσεύς ταξιδεύει", &["οδυσσευς", "ΟΔΥΣΣΕΎΣ", "ταξιδευει"], &[]),
    ("שָׁלוֹם עולם", &["שלום", "עולם"], &[]),
    ("السَّلامُ عليكم يا أحمد", &["السلام", "عليكم", "احمد", "يا"], &["سلم"]),
    ("این کتابی است", &["کتابی", "كتابي"], &[]),
    ("हिन्दी में लिखो", &["हिन्दी", "में"], &["हिन्द"]),
    ("ภาษาไทยง่ายมาก", &["ไทย", "ภาษา", "ง่าย", "าษ"], &["ไทม"]),
    ("私は東京都に住んでいます", &["東京", "京都", "東京都", "住", "でいます"], &["京東", "東都"]),
    ("カタカナとｶﾞﾗｽ", &["カタカナ", "ガラス", "ナ"], &["カラス", "かたかな"]),
    ("全角ＡＢＣ１２３と半角", &["abc123", "全角", "半角"], &[]),
    ("我們在臺北開會，明天見", &["臺北", "開會", "明天", "會", "\"臺北開\""], &["會明", "北臺"]),
    ("서울에서 만나요 ㅋㅋㅋ", &["서울", "만나", "서울에서", "ㅋㅋ", "울"], &["부산"]),
    ("ship it 🚀👍🏽 now", &["🚀", "👍", "👍🏻", "🚀👍", "ship it 🚀"], &["🎉", "👍🚀"]),
    ("family 👨‍👩‍👧 🇩🇪", &["👨‍👩‍👧", "🇩🇪", "👩"], &["👧👨"]),
    ("costs 50€ → 1\u{fe0f}\u{20e3}", &["50€", "€", "→", "50"], &["$"]),
    (
        "tagged #Release-Notes and #日本語です",
        &["#release-notes", "#Release", "release", "#日本語", "#rel*"],
        &["#notes", "#released"],
    ),
    ("iPhoneは電話です", &["iphone", "電話", "iPhoneは"], &["phone電"]),
];

#[test]
fn every_case_is_found_by_what_finds_it_and_by_nothing_else() {
    for (text, found_by, not_found_by) in CASES {
        let fixture = Fixture::of(&[text]);
        for query in *found_by {
            assert_eq!(fixture.find(query), [0], "{query:?} must find {text:?}");
            let words = matched_words(&Query::parse(query, false, 0), text);
            assert!(!words.is_empty(), "{query:?} has matches in {text:?}");
            assert!(words.iter().all(|w| text.contains(w.as_str())));
        }
        for query in *not_found_by {
            assert!(fixture.find(query).is_empty(), "{query:?} must not find {text:?}");
        }
    }
}

/// A piece of a text; pieces that would run together are kept apart.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z]{1,8}",
        2 => "[a-zA-Zà-öø-ÿāćčęěğışłńőřşťůžßαβγδάέабвгдйё]{1,6}",
        1 => "[0-9]{1,5}",
        1 => "[אבגדהابتثجحدрсक-ह]{1,5}",
        3 => "[東京都大阪日本語人中国ひらがなカタカナガギ한국어서울กขคงาิ]",
        1 => "[😀🎉🚀→€]",
        2 => "[ ,.;/_()!?-]{1,2}",
        1 => "#",
    ]
}

fn is_spaced(text: &str) -> bool {
    let is_spaced = |c: char| {
        let unspaced = matches!(u32::from(c), 0xE00..=0xEFF | 0x3040..=0x30FF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF);
        c.is_alphanumeric() && !unspaced
    };
    text.chars().next().is_some_and(is_spaced)
}

/// A text as pieces, with a space wherever two words would run together.
fn text() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(piece(), 1..12).prop_map(|pieces| {
        let mut text: Vec<String> = Vec::new();
        for piece in pieces {
            if text.last().is_some_and(|before| is_spaced(before) && is_spaced(&piece)) {
                text.push(" ".to_owned());
            }
            text.push(piece);
        }
        text
    })
}

/// A text, a part of it that begins and ends where words do, and how the part is spelled.
fn text_and_part() -> impl Strategy<Value = (String, String)> {
    (text(), any::<(prop::sample::Index, prop::sample::Index)>(), 0..3u8).prop_map(
        |(pieces, (from, to), spelling)| {
            let (from, to) = (from.index(pieces.len()), to.index(pieces.len()));
            let part = pieces[from.min(to)..=from.max(to)].concat();
            let part = match spelling {
                0 => part.to_uppercase(),
                1 => part.to_lowercase(),
                _ => part,
            };
            (pieces.concat(), part)
        },
    )
}

/// What a scan for `part` would rest on; a part without it is no question.
fn asks(part: &str) -> bool {
    !Query::parse(&format!("\"{part}\""), false, 0).is_empty()
}

proptest! {
    #[test]
    fn a_part_of_a_text_between_word_ends_matches_it((text, part) in text_and_part()) {
        prop_assume!(asks(&part));
        let query = Query::parse(&format!("\"{part}\""), false, 0);
        prop_assert!(!matched_words(&query, &text).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_a_scan_finds_is_found(cases in proptest::collection::vec(text_and_part(), 1..40)) {
        let texts: Vec<&str> = cases.iter().map(|(text, _)| text.as_str()).collect();
        let fixture = Fixture::of(&texts);
        for (number, (text, part)) in (0..).zip(&cases) {
            if asks(part) {
                let found = fixture.find(&format!("\"{part}\""));
                prop_assert!(found.contains(&number), "{part:?} must find {text:?}, found {found:?}");
            }
        }
    }

    #[test]
    fn no_search_string_is_an_error(
        texts in proptest::collection::vec("\\PC{0,30}", 1..5),
        query in "(\\PC|[\\s\"“:#*@~,()\\[\\]\\\\+&|!^-]|from:u0|in:c0|-|on:2020-01-01|AND|OR|\u{0}){0,40}",
        any_term in any::<bool>(),
        offset in any::<i32>(),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let fixture = Fixture::of(&texts);
        let query = common::resolve(Query::parse(&query, any_term, offset));
        let found = fixture.find_resolved(&query, &[common::channel(0)]);
        prop_assert!(found.len() <= texts.len());
    }
}
