//! Whatever is commanded in whatever order: what is decided on current states is admitted, and a
//! command whose effect stands appends nothing.

use std::collections::{BTreeMap, BTreeSet};

use events::channel::PostContent;
use events::directory::{ChannelType, ProfilePatch};
use events::user::{Preference, Totals};
use events::{KeyedHash, PostId, SessionId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::channel::*;
use super::channel_admin::*;
use super::directory::*;
use super::given::*;
use super::post::*;
use super::readstate::*;
use super::team::*;
use super::user::*;
use super::*;
use crate::rights;

/// What is commanded: numbers name people, teams, channels and posts of a small world.
#[derive(Debug, Clone, Copy)]
struct Command {
    kind: u8,
    actor: u8,
    a: u8,
    b: u8,
}

const KINDS: u8 = 28;
/// Kinds behind those, of sessions and markers and of administration.
const MORE: u8 = 14;

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
            _ => {}
        }
    }
}

/// Why a command appends again although its effect stands: nothing but its id tells it from another.
fn is_known_by_its_id_alone(kind: u8) -> bool {
    // A post, and a password, whose hash stands in no state.
    matches!(kind, 2 | 18)
}

/// What a command comes to; nothing where a row that it needs does not exist. The outer error is the
/// rejection's text: which one it is does not matter here.
fn decide(given: &Given, rows: &Rows, command: Command) -> Option<Result<Decision, String>> {
    fn said<R: std::fmt::Debug>(decided: Result<Decision, R>) -> Option<Result<Decision, String>> {
        Some(decided.map_err(|rejection| format!("{rejection:?}")))
    }
    let Command { kind, actor, a, b } = command;
    let (d, c, actor_id) = (&given.directory, &given.channels, user(actor));
    let notice_id = PostId::default();
    let (user_id, team_id, channel_id) = (user(a), team(a), channel(a));
    match kind {
        0 => said(sign_up(a).decide(d)),
        1 => {
            let name = |n: u8| format!("nick{n}");
            let current = events::directory::NewProfile {
                nickname: rows.profiles.get(&a).map_or(String::new(), |n| name(*n)),
                ..sign_up(a).profile
            };
            let patch = ProfilePatch { nickname: Some(name(b)), ..ProfilePatch::default() };
            let (username_hash, email_hash) = (Some(KeyedHash::from_bytes([a; 16])), None);
            let change = ChangeProfile {
                actor: actor_id,
                user_id,
                username_hash,
                email_hash,
                locale: None,
                patch,
                current,
                current_locale: String::new(),
            };
            said(change.decide(d))
        }
        2 => said(
            ChangePassword {
                actor: actor_id,
                user_id,
                password_hash: "x".into(),
                kept_session: given.users.sessions_of(user_id).next().copied(),
            }
            .decide(d),
        ),
        3 => {
            let any_live = given
                .users
                .sessions_of(user_id)
                .any(|session| rights::session_account(d, session, 0).is_some());
            said(RevokeSessions { actor: actor_id, user_id, any_live }.decide(d))
        }
        4 => {
            let system_admin = b % 2 == 0;
            said(ChangeRoles { actor: actor_id, user_id, system_admin }.decide(d))
        }
        5 => said(DeactivateUser { actor: actor_id, user_id }.decide(d)),
        6 => said(ActivateUser { actor: actor_id, user_id }.decide(d)),
        7 => said(found(a, actor).decide(d)),
        8 => {
            let user_ids = vec![user(b)];
            said(AddTeamMembers { actor: actor_id, team_id, user_ids, invite: None }.decide(d))
        }
        9 => said(RemoveTeamMember { actor: actor_id, team_id, user_id: user(b) }.decide(d)),
        10 => said(create_channel(a, b, actor, ChannelType::Open).decide(d)),
        11 => {
            let name = format!("renamed-{b}");
            said(
                RenameChannel { actor: actor_id, channel_id, name }
                    .decide(d, c.channel(channel_id)),
            )
        }
        12 => {
            said(OpenDirectChannel { actor: actor_id, user_ids: [actor_id, user_id] }.decide(d, c))
        }
        13 => {
            let user_ids = vec![actor_id, user_id, user(b)];
            said(OpenGroupChannel { actor: actor_id, user_ids }.decide(d, c))
        }
        14 => said(add(a, actor, b).decide(d, c)),
        15 => said(
            ChangeChannelSettings {
                actor: actor_id,
                channel_id,
                display_name: None,
                header: Some(format!("header {b}")),
                purpose: None,
                current_header: rows.headers.get(&a).cloned().unwrap_or_default(),
                current_purpose: String::new(),
                notice_ids: [notice_id; 3],
            }
            .decide(d, c),
        ),
        16 => said(ArchiveChannel { actor: actor_id, channel_id, notice_id }.decide(d, c)),
        17 => said(RestoreChannel { actor: actor_id, channel_id, notice_id }.decide(d, c)),
        18 => said(CreatePost { post_id: post(b), ..say(a, actor, "first") }.decide(d, c)),
        19 => {
            let text =
                |message: &str| PostContent { message: message.into(), ..Default::default() };
            let edit = EditPost {
                actor: actor_id,
                post: rows.facts(a)?,
                has_reactions: false,
                reply_count: 0,
                files: vec![],
                current: text(rows.texts.get(&a)?),
                content: text(&format!("text {b}")),
            };
            said(edit.decide(d, c))
        }
        20 => said(DeletePost { actor: actor_id, post: rows.facts(a)? }.decide(d, c)),
        21 => said(PinPost { actor: actor_id, post: rows.facts(a)? }.decide(d, c)),
        22 => said(UnpinPost { actor: actor_id, post: rows.facts(a)? }.decide(d, c)),
        23 => {
            let stands = rows.reactions.contains(&(a, actor));
            let (post, emoji_name) = (rows.facts(a)?, "tada".to_owned());
            said(AddReaction { actor: actor_id, post, emoji_name, stands }.decide(d, c))
        }
        24 => {
            let stands = rows.reactions.contains(&(a, actor));
            let (user_id, post, emoji_name) = (actor_id, rows.facts(a)?, "tada".to_owned());
            said(RemoveReaction { actor: actor_id, user_id, post, emoji_name, stands }.decide(d, c))
        }
        25 => {
            let status = STATUSES[usize::from(b) % STATUSES.len()];
            let user_id = actor_id;
            said(
                SetStatus { actor: actor_id, user_id, status, dnd_end_ms: 0 }
                    .decide(d, &given.users),
            )
        }
        26 | 27 => said(preferences(given, rows, command)),
        33.. => administration(given, command),
        _ => said(personal(given, rows, command)?),
    }
}

/// What administrators of teams and channels do.
fn administration(given: &Given, command: Command) -> Option<Result<Decision, String>> {
    let Command { kind, actor, a, b } = command;
    let (d, c, actor, user_id) = (&given.directory, &given.channels, user(actor), user(b));
    let (team_id, channel_id) = (team(a), channel(a));
    let of_directory = |decided: Result<Decision, DirectoryRejection>| {
        decided.map_err(|rejection| format!("{rejection:?}"))
    };
    Some(match kind {
        33 | 34 => {
            let scheme_admin = kind == 33;
            let change = ChangeTeamMemberRoles { actor, team_id, user_id, scheme_admin };
            of_directory(change.decide(d))
        }
        35 => {
            let invite_id = Id([a * 16 + b; 16]);
            of_directory(RegenerateInvite { actor, team_id, invite_id }.decide(d))
        }
        36 => of_directory(ArchiveTeam { actor, team_id }.decide(d)),
        37 => of_directory(RestoreTeam { actor, team_id }.decide(d)),
        38 => {
            let allow_open_invite = Some(b % 2 == 0);
            let change = ChangeTeam { actor, team_id, allow_open_invite, ..ChangeTeam::default() };
            of_directory(change.decide(d))
        }
        39 => {
            let r#type = if b % 2 == 0 { ChannelType::Open } else { ChannelType::Private };
            let notice_id = PostId::default();
            let change = ChangeChannelPrivacy { actor, channel_id, r#type, notice_id };
            change.decide(d, c).map_err(|rejection| format!("{rejection:?}"))
        }
        _ => {
            let scheme_admin = kind == 40;
            let change = ChangeChannelMemberRoles { actor, channel_id, user_id, scheme_admin };
            change.decide(d, c).map_err(|rejection| format!("{rejection:?}"))
        }
    })
}

fn preferences(given: &Given, rows: &Rows, command: Command) -> Result<Decision, UserRejection> {
    let Command { kind, actor, a, b } = command;
    let named = |n: u8, value: u8| Preference {
        category: "c".into(),
        name: format!("n{n}"),
        value: format!("v{value}"),
    };
    let own = rows.preferences.iter().filter(|((who, _), _)| *who == actor);
    let current = own.map(|((_, n), value)| named(*n, *value)).collect();
    let (actor, preferences) = (user(actor), vec![named(a, b)]);
    if kind == 26 {
        SetPreferences { actor, user_id: actor, preferences, current }.decide(&given.directory)
    } else {
        DeletePreferences { actor, user_id: actor, preferences, current }.decide(&given.directory)
    }
}

/// Sessions and read markers.
fn personal(given: &Given, rows: &Rows, command: Command) -> Option<Result<Decision, String>> {
    let Command { kind, actor, a, b } = command;
    let (d, actor_id) = (&given.directory, user(actor));
    let text = |rejection: ReadstateRejection| format!("{rejection:?}");
    let seen = |c: u8| Seen::of(d, &given.channels, channel(c), actor_id).map_err(text);
    Some(match kind {
        28 => {
            let generation = d.account(actor_id)?.auth_generation;
            let decided = log_in(actor, actor * 16 + b, generation).decide(d, &given.users);
            decided.map_err(|rejection| format!("{rejection:?}"))
        }
        29 => {
            let session_id = SessionId::from_bytes([actor * 16 + b; 16]);
            let revoke = RevokeSession { actor: actor_id, user_id: actor_id, session_id };
            revoke.decide(d, &given.users).map_err(|rejection| format!("{rejection:?}"))
        }
        30 => seen(a).and_then(|seen| {
            let view = ViewChannels { user_id: actor_id, seen: vec![seen], threads: false };
            view.decide(&given.readstate).map_err(text)
        }),
        31 => {
            let post = rows.facts(a)?;
            let (c, _) = rows.posts[&a];
            seen(c).and_then(|seen| {
                let before = Totals::default();
                let back = SetUnread { actor: actor_id, user_id: actor_id, post, seen, before };
                back.decide(d, &given.readstate).map_err(text)
            })
        }
        _ => {
            let leave = RemoveChannelMember {
                actor: actor_id,
                channel_id: channel(a),
                user_id: user(b),
                notice_id: PostId::default(),
            };
            leave.decide(d, &given.channels).map_err(|rejection| format!("{rejection:?}"))
        }
    })
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let command = (0..KINDS + MORE, 1..4u8, 1..4u8, 1..4u8)
        .prop_map(|(kind, actor, a, b)| Command { kind, actor, a, b });
    prop::collection::vec(command, 1..120)
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
    let missing: Vec<u8> = (0..KINDS + MORE).filter(|kind| !reached.contains(kind)).collect();
    assert!(missing.is_empty(), "these kinds never append: {missing:?}");
}
