//! Whatever is commanded in whatever order: what is decided on current states is admitted, and a
//! command whose effect stands appends nothing.

mod chatting;
mod directing;
mod personal;
mod signals;

use std::collections::{BTreeMap, BTreeSet};

use events::directory::ChannelType;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::Decision;
use super::given::*;
use super::post::PostFacts;

/// What is commanded: numbers name people, teams, channels and posts of a small world.
#[derive(Debug, Clone, Copy)]
struct Command {
    kind: u8,
    actor: u8,
    a: u8,
    b: u8,
}

const KINDS: u8 = 70;

/// What a command comes to; nothing where a row that it needs does not exist. The inner error is the
/// rejection's text: which one it is does not matter here.
type Decided = Option<Result<Decision, String>>;

fn said<R: std::fmt::Debug>(decided: Result<Decision, R>) -> Decided {
    Some(decided.map_err(|rejection| format!("{rejection:?}")))
}

/// Rows as a database would have them.
#[derive(Debug, Clone, Default)]
struct Rows {
    profiles: BTreeMap<u8, u8>,
    headers: BTreeMap<u8, String>,
    posts: BTreeMap<u8, (u8, u8)>,
    texts: BTreeMap<u8, String>,
    pinned: BTreeSet<u8>,
    deleted: BTreeMap<u8, u8>,
    reactions: BTreeSet<(u8, u8)>,
    preferences: BTreeMap<(u8, u8), u8>,
    statuses: BTreeMap<u8, u8>,
    acknowledgements: BTreeSet<(u8, u8)>,
    /// Owner and name.
    bookmarks: BTreeMap<u8, (u8, String)>,
}

impl Rows {
    fn facts(&self, n: u8) -> Option<PostFacts> {
        let (c, author) = *self.posts.get(&n)?;
        let mut facts = facts(n, c, author);
        facts.is_pinned = self.pinned.contains(&n);
        facts.deleted = self.deleted.contains_key(&n);
        facts.deleted_by = self.deleted.get(&n).map(|by| user(*by));
        Some(facts)
    }

    /// Takes in what an applied command changed.
    fn follow(&mut self, command: Command) {
        let Command { kind, actor, a, b } = command;
        match kind {
            1 => drop(self.profiles.insert(a, b)),
            15 => drop(self.headers.insert(a, format!("header {b}"))),
            18 => {
                self.posts.insert(b, (a, actor));
                self.texts.insert(b, "first".to_owned());
            }
            19 => drop(self.texts.insert(a, format!("text {b}"))),
            20 => drop(self.deleted.insert(a, actor)),
            21 => drop(self.pinned.insert(a)),
            22 => drop(self.pinned.remove(&a)),
            23 => drop(self.reactions.insert((a, actor))),
            24 => drop(self.reactions.remove(&(a, actor))),
            26 => drop(self.preferences.insert((actor, a), b)),
            27 => drop(self.preferences.remove(&(actor, a))),
            52 => drop(self.statuses.insert(actor, b)),
            53 => drop(self.statuses.remove(&actor)),
            57 => drop(self.acknowledgements.insert((a, actor))),
            58 => drop(self.acknowledgements.remove(&(a, actor))),
            59 => drop(self.bookmarks.insert(a, (actor, "first".to_owned()))),
            60 => signals::follow_change(&mut self.bookmarks, command),
            61 => drop(self.bookmarks.remove(&a)),
            _ => {}
        }
    }
}

/// Why a command appends again although its effect stands: nothing but its id tells it from another.
fn is_known_by_its_id_alone(kind: u8) -> bool {
    // A post, a bookmark; a password and a draft, whose words stand in no state; pictures, each stored anew.
    matches!(kind, 2 | 18 | 42 | 48 | 50 | 59)
}

fn decide(given: &Given, rows: &Rows, command: Command) -> Decided {
    match command.kind {
        0..=6 => directing::accounts(given, rows, command),
        7..=10 => directing::teams(given, command),
        11..=17 => chatting::channels(given, rows, command),
        18..=24 => chatting::posts(given, rows, command),
        25..=27 => personal::settings(given, rows, command),
        28..=31 => personal::sessions_and_markers(given, rows, command),
        32 => chatting::leaving(given, command),
        33..=38 => directing::administration(given, command),
        39..=41 => chatting::administration(given, command),
        42..=44 => personal::drafts(given, command),
        45 => chatting::notify_props(given, command),
        46..=51 => directing::pictures(given, command),
        52..=53 => personal::custom_status(given, rows, command),
        54..=56 => personal::errands(given, rows, command),
        57..=58 => signals::acknowledgements(given, rows, command),
        59..=62 => signals::bookmarks(given, rows, command),
        63..=64 => directing::guests(given, command),
        65..=66 => chatting::moderation(given, command),
        _ => directing::profile_fields(given, command),
    }
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let command = (0..KINDS, 1..4u8, 1..4u8, 1..4u8).prop_map(|(kind, actor, a, b)| Command {
        kind,
        actor,
        a,
        b,
    });
    prop::collection::vec(command, 1..300)
}

/// A world in which most commands find something to do.
fn world() -> Given {
    Given::new().with_user(1).with_user(2).with_team(1, 1).with_member(1, 2).with_channel(
        1,
        1,
        1,
        ChannelType::Open,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_decided_is_admitted_and_what_stands_is_not_appended_again(commands in commands()) {
        let (mut given, mut rows) = (world(), Rows::default());
        for command in commands {
            let Some(decided) = decide(&given, &rows, command) else { continue };
            let Ok(Decision::Append(event)) = decided else { continue };
            let applied = given.apply(&event);
            prop_assert!(applied.is_ok(), "{command:?}: {event:?} is {applied:?}");
            if command.kind == 10 {
                given.step(command.a, command.b, command.actor, ChannelType::Open);
            }
            rows.follow(command);
            if is_known_by_its_id_alone(command.kind) {
                continue;
            }
            let again = decide(&given, &rows, command);
            let appends = matches!(again, Some(Ok(Decision::Append(_))));
            prop_assert!(!appends, "{command:?} appends again: {again:?}");
        }
    }
}

#[test]
fn the_small_world_lets_every_kind_of_command_append_something() {
    let mut reached = BTreeSet::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..2_000 {
        let tree = commands().new_tree(&mut runner).unwrap();
        let (mut given, mut rows) = (world(), Rows::default());
        for command in tree.current() {
            let Some(Ok(Decision::Append(event))) = decide(&given, &rows, command) else {
                continue;
            };
            reached.insert(command.kind);
            given.apply(&event).unwrap();
            if command.kind == 10 {
                given.step(command.a, command.b, command.actor, ChannelType::Open);
            }
            rows.follow(command);
        }
    }
    let missing: Vec<u8> = (0..KINDS).filter(|kind| !reached.contains(kind)).collect();
    assert!(missing.is_empty(), "these kinds never append: {missing:?}");
}
