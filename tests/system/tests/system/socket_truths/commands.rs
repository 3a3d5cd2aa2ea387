//! Random commands, and what is learnt of those that were taken.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use reqwest::Method;
use serde_json::{Value, json};

use super::truth::text;
use super::world::{ADA, CAROL, Own, World, own};

/// What is asked: method, path, body.
pub type Ask = (Method, String, Value);
type Make = fn(&World, &mut StdRng, usize) -> Option<Ask>;

/// A kind of command.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    weight: u32,
    /// Whether it changes who is where.
    pub moves: bool,
    /// Whether it is for the administrator, mostly.
    rules: bool,
    make: Make,
}

#[derive(Debug, Clone)]
pub struct Command {
    pub kind: &'static Kind,
    pub who: usize,
    pub method: Method,
    pub path: String,
    pub body: Value,
}

const fn kind(name: &'static str, weight: u32, make: Make) -> Kind {
    Kind { name, weight, moves: false, rules: false, make }
}

const fn ruling(name: &'static str, weight: u32, make: Make) -> Kind {
    Kind { rules: true, ..kind(name, weight, make) }
}

const fn moving(name: &'static str, weight: u32, make: Make) -> Kind {
    Kind { moves: true, ..kind(name, weight, make) }
}

const fn ruling_moving(name: &'static str, weight: u32, make: Make) -> Kind {
    Kind { moves: true, ..ruling(name, weight, make) }
}

pub const KINDS: &[Kind] = &[
    kind("post", 30, post),
    kind("reply", 20, reply),
    kind("edit", 6, edit),
    kind("delete a post", 6, delete_post),
    kind("react", 8, react),
    kind("take back a reaction", 6, unreact),
    kind("pin", 4, pin),
    kind("unpin", 3, unpin),
    kind("save a post", 3, save),
    kind("set preferences", 4, set_preference),
    kind("delete preferences", 3, delete_preference),
    kind("view", 8, view),
    kind("mark read", 3, mark_read),
    kind("set unread", 6, set_unread),
    kind("follow", 4, follow),
    kind("unfollow", 4, unfollow),
    kind("read a thread", 5, read_thread),
    kind("set a thread unread", 4, set_thread_unread),
    kind("read all threads", 2, read_threads),
    kind("set notify props", 3, set_notify_props),
    kind("patch a channel", 4, patch_channel),
    ruling("moderate", 2, moderate),
    ruling("change roles in a channel", 2, channel_roles),
    ruling("change roles in a team", 2, team_roles),
    kind("make a category", 4, make_category),
    kind("change a category", 5, change_category),
    kind("order categories", 3, order_categories),
    kind("delete a category", 2, delete_category),
    kind("save a draft", 6, save_draft),
    kind("delete a draft", 3, delete_draft),
    kind("set a custom status", 3, set_custom_status),
    kind("clear a custom status", 2, clear_custom_status),
    kind("patch a user", 3, patch_user),
    kind("schedule a post", 4, schedule),
    kind("change a scheduled post", 5, change_scheduled),
    kind("delete a scheduled post", 2, delete_scheduled),
    kind("make a bookmark", 4, make_bookmark),
    kind("change a bookmark", 5, change_bookmark),
    kind("sort bookmarks", 5, sort_bookmark),
    kind("delete a bookmark", 5, delete_bookmark),
    kind("acknowledge", 6, acknowledge),
    kind("take back an acknowledgement", 4, unacknowledge),
    ruling("patch a team", 2, patch_team),
    kind("type", 2, start_typing),
    ruling_moving("archive", 4, archive),
    ruling_moving("restore", 4, restore),
    ruling_moving("change privacy", 2, change_privacy),
    moving("join", 6, join),
    moving("leave", 4, leave),
    moving("add to a channel", 6, add),
    ruling_moving("remove from a channel", 4, remove),
    moving("make a channel", 1, make_channel),
    moving("open a conversation", 2, open_direct),
    moving("leave a team", 2, leave_team),
    ruling_moving("add to a team", 6, add_to_team),
    ruling_moving("demote", 2, demote),
    ruling_moving("promote", 2, promote),
    ruling_moving(DEACTIVATE, 1, deactivate),
    ruling_moving(ACTIVATE, 4, activate),
];

pub const DEACTIVATE: &str = "deactivate";
pub const ACTIVATE: &str = "activate";

/// The next command of somebody who can ask.
pub fn next(world: &World, rng: &mut StdRng) -> Command {
    loop {
        let Ok(kind) = KINDS.choose_weighted(rng, |kind| kind.weight) else { continue };
        let ruled = kind.rules && rng.random_bool(0.8);
        let who = if ruled { ADA } else { world.anyone(rng) };
        if !world.accounts[who].active {
            continue;
        }
        if let Some((method, path, body)) = (kind.make)(world, rng, who) {
            return Command { kind, who, method, path, body };
        }
    }
}

/// Remembers what a command made.
pub fn learn(world: &mut World, command: &Command, answer: &Value) {
    let owned = || Own { owner: command.who, value: answer.clone() };
    let last = command.path.rsplit('/').next().unwrap_or_default();
    match command.kind.name {
        "post" | "reply" => world.know_post(answer),
        "delete a post" => {
            world.posts.retain(|one| one.id != last && one.root.as_deref() != Some(last));
        }
        "make a category" => world.categories.push(owned()),
        "delete a category" => world.categories.retain(|one| one.value["id"] != last),
        "schedule a post" => world.scheduled.push(owned()),
        "delete a scheduled post" => world.scheduled.retain(|one| one.value["id"] != last),
        "make a bookmark" => world.bookmarks.push(answer.clone()),
        "change a bookmark" => {
            world.bookmarks.retain(|one| one["id"] != last);
            world.bookmarks.push(answer["updated"].clone());
        }
        "delete a bookmark" => world.bookmarks.retain(|one| one["id"] != last),
        "make a channel" | "open a conversation" => world.know_channel(answer),
        "change privacy" => {
            let id = text(answer, "id");
            let open = answer["type"] == "O";
            world.channels.iter_mut().filter(|one| one.id == id).for_each(|one| one.open = open);
        }
        _ => {}
    }
}

fn ask(method: Method, path: impl Into<String>, body: Value) -> Option<Ask> {
    Some((method, path.into(), body))
}

fn put(path: impl Into<String>, body: Value) -> Option<Ask> {
    ask(Method::PUT, path, body)
}

fn send(path: impl Into<String>, body: Value) -> Option<Ask> {
    ask(Method::POST, path, body)
}

fn delete(path: impl Into<String>) -> Option<Ask> {
    ask(Method::DELETE, path, Value::Null)
}

fn word(rng: &mut StdRng) -> String {
    const WORDS: [&str; 8] = ["warp", "weft", "card", "gear", "steam", "loom", "mill", "brass"];
    format!("{} {}", WORDS.choose(rng).unwrap_or(&"thread"), rng.random_range(0..1000))
}

/// What is said, now and then to somebody.
fn message(w: &World, rng: &mut StdRng) -> String {
    let words = word(rng);
    match rng.random_range(0..6) {
        0 => format!("@channel {words}"),
        1 | 2 => format!("@{} {words}", w.accounts[w.anyone(rng)].name),
        _ => words,
    }
}

fn emoji(rng: &mut StdRng) -> &'static str {
    ["eyes", "+1", "tada"].choose(rng).unwrap_or(&"eyes")
}

fn post(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = &w.any_channel(rng, who)?.id;
    let priority = match rng.random_range(0..5) {
        0 => json!({"priority": {"priority": "urgent", "requested_ack": true}}),
        1 => json!({"priority": {"priority": "important", "requested_ack": true}}),
        _ => json!({}),
    };
    let post = json!({"channel_id": channel, "message": message(w, rng), "metadata": priority});
    send("/posts", post)
}

fn reply(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let root = w.any_post(rng, who, |post| post.root.is_none())?;
    let message = message(w, rng);
    send("/posts", json!({"channel_id": root.channel, "root_id": root.id, "message": message}))
}

fn edit(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |post| post.author == w.id(who) || who == ADA)?;
    put(format!("/posts/{}/patch", post.id), json!({"message": message(w, rng)}))
}

fn delete_post(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |post| post.author == w.id(who) || who == ADA)?;
    delete(format!("/posts/{}", post.id))
}

fn react(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |_| true)?;
    let reaction = json!({"user_id": w.id(who), "post_id": post.id, "emoji_name": emoji(rng)});
    send("/reactions", reaction)
}

fn unreact(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |_| true)?;
    delete(format!("/users/me/posts/{}/reactions/{}", post.id, emoji(rng)))
}

fn pin(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    send(format!("/posts/{}/pin", w.any_post(rng, who, |_| true)?.id), json!({}))
}

fn unpin(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    send(format!("/posts/{}/unpin", w.any_post(rng, who, |_| true)?.id), json!({}))
}

fn preference(w: &World, who: usize, category: &str, name: &str, value: &str) -> Value {
    json!([{"user_id": w.id(who), "category": category, "name": name, "value": value}])
}

fn save(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |_| true)?;
    put("/users/me/preferences", preference(w, who, "flagged_post", &post.id, "true"))
}

fn any_preference(w: &World, rng: &mut StdRng, who: usize) -> Option<(&'static str, String)> {
    Some(match rng.random_range(0..3) {
        0 => ("favorite_channel", w.any_channel(rng, who)?.id.clone()),
        1 => ("flagged_post", w.any_post(rng, who, |_| true)?.id.clone()),
        _ => ("display_settings", format!("setting_{}", rng.random_range(0..4))),
    })
}

fn set_preference(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let (category, name) = any_preference(w, rng, who)?;
    put("/users/me/preferences", preference(w, who, category, &name, "true"))
}

fn delete_preference(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let (category, name) = any_preference(w, rng, who)?;
    send("/users/me/preferences/delete", preference(w, who, category, &name, "true"))
}

fn view(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = &w.any_channel(rng, who)?.id;
    let apart = rng.random_bool(0.5);
    let seen = json!({"channel_id": channel, "collapsed_threads_supported": apart});
    send("/channels/members/me/view", seen)
}

fn mark_read(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let (one, other) = (&w.any_channel(rng, who)?.id, &w.any_channel(rng, who)?.id);
    send("/channels/members/me/mark_read", json!([one, other]))
}

fn set_unread(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |_| true)?;
    let apart = json!({"collapsed_threads_supported": rng.random_bool(0.5)});
    send(format!("/users/me/posts/{}/set_unread", post.id), apart)
}

fn a_thread(w: &World, rng: &mut StdRng, who: usize) -> Option<String> {
    let root = &w.any_post(rng, who, |post| post.root.is_none())?.id;
    Some(format!("/users/me/teams/{}/threads/{root}", w.any_team(rng, who)?))
}

fn follow(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    put(format!("{}/following", a_thread(w, rng, who)?), json!({}))
}

fn unfollow(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    delete(format!("{}/following", a_thread(w, rng, who)?))
}

fn read_thread(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    // A time that is long after everything.
    put(format!("{}/read/{}", a_thread(w, rng, who)?, 4_000_000_000_000_u64), json!({}))
}

fn set_thread_unread(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let reply = w.any_post(rng, who, |post| post.root.is_some())?;
    let (team, root) = (w.any_team(rng, who)?, reply.root.as_ref()?);
    let path = format!("/users/me/teams/{team}/threads/{root}/set_unread/{}", reply.id);
    send(path, json!({}))
}

fn read_threads(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    put(format!("/users/me/teams/{}/threads/read", w.any_team(rng, who)?), json!({}))
}

fn set_notify_props(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = &w.any_channel(rng, who)?.id;
    let unread = ["all", "mention"].choose(rng)?;
    let calls = ["on", "off", "default"].choose(rng)?;
    let props = json!({
        "channel_id": channel, "user_id": w.id(who),
        "mark_unread": unread, "ignore_channel_mentions": calls,
    });
    put(format!("/channels/{channel}/members/{}/notify_props", w.id(who)), props)
}

fn patch_channel(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = w.any_team_channel(rng, who)?;
    let patch = match rng.random_range(0..4) {
        0 => json!({"header": word(rng)}),
        1 => json!({"purpose": word(rng)}),
        2 => json!({"display_name": word(rng)}),
        _ => json!({"name": word(rng).replace(' ', "-")}),
    };
    put(format!("/channels/{}/patch", channel.id), patch)
}

fn moderate(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    const NAMES: [&str; 4] =
        ["create_post", "create_reactions", "use_channel_mentions", "manage_bookmarks"];
    let channel = w.any_team_channel(rng, ADA)?;
    let name = NAMES.choose(rng)?;
    let who = ["members", "guests"].choose(rng)?;
    let allowed = rng.random_bool(0.7);
    let patch = json!([{"name": name, "roles": {*who: allowed}}]);
    put(format!("/channels/{}/moderations/patch", channel.id), patch)
}

fn channel_roles(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = w.any_team_channel(rng, who)?;
    let roles = json!({"scheme_user": true, "scheme_admin": rng.random_bool(0.5)});
    let member = w.id(w.anyone(rng));
    put(format!("/channels/{}/members/{member}/schemeRoles", channel.id), roles)
}

fn team_roles(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let team = w.any_team(rng, who)?;
    let roles = json!({"scheme_user": true, "scheme_admin": rng.random_bool(0.5)});
    put(format!("/teams/{team}/members/{}/schemeRoles", w.id(w.anyone(rng))), roles)
}

/// Some channels of a team that somebody is in.
fn some_channels(w: &World, rng: &mut StdRng, who: usize, team: &str) -> Vec<String> {
    let reach = &w.accounts[who].reach.channels;
    let near = w.channels.iter().filter(|one| reach.contains(&one.id));
    let near = near.filter(|one| one.team.as_deref().is_none_or(|its| its == team));
    let chosen = near.filter(|_| rng.random_bool(0.4)).map(|one| one.id.clone());
    let mut chosen: Vec<String> = chosen.collect();
    chosen.shuffle(rng);
    chosen
}

fn make_category(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let team = w.any_team(rng, who)?;
    let category = json!({
        "user_id": w.id(who), "team_id": team, "type": "custom", "display_name": word(rng),
        "channel_ids": some_channels(w, rng, who, &team),
    });
    send(format!("/users/me/teams/{team}/channels/categories"), category)
}

fn change_category(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let team = w.any_team(rng, who)?;
    let favorites = json!({
        "id": format!("favorites_{}_{team}", w.id(who)), "user_id": w.id(who), "team_id": team,
        "type": "favorites", "display_name": "Favorites",
    });
    let custom = own(rng, &w.categories, who).filter(|one| one["team_id"] == team);
    let mut category = custom.cloned().unwrap_or(favorites);
    category["channel_ids"] = json!(some_channels(w, rng, who, &team));
    let sorting = ["", "alpha", "manual", "recent"].choose(rng)?;
    category["sorting"] = json!(sorting);
    category["collapsed"] = rng.random_bool(0.5).into();
    let id = text(&category, "id");
    put(format!("/users/me/teams/{team}/channels/categories/{id}"), category)
}

fn order_categories(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let (team, me) = (w.any_team(rng, who)?, w.id(who));
    let fixed = ["favorites", "channels", "direct_messages"];
    let mut order: Vec<String> = fixed.iter().map(|kind| format!("{kind}_{me}_{team}")).collect();
    let custom = w.categories.iter().filter(|one| one.owner == who && one.value["team_id"] == team);
    order.extend(custom.map(|one| text(&one.value, "id")));
    order.shuffle(rng);
    put(format!("/users/me/teams/{team}/channels/categories/order"), json!(order))
}

fn delete_category(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let category = own(rng, &w.categories, who)?;
    let (team, id) = (text(category, "team_id"), text(category, "id"));
    delete(format!("/users/me/teams/{team}/channels/categories/{id}"))
}

fn save_draft(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let message = if rng.random_bool(0.1) { String::new() } else { word(rng) };
    let mut draft = json!({"user_id": w.id(who), "message": message});
    if rng.random_bool(0.3) {
        let root = w.any_post(rng, who, |post| post.root.is_none())?;
        draft["channel_id"] = json!(root.channel);
        draft["root_id"] = json!(root.id);
    } else {
        draft["channel_id"] = json!(w.any_channel(rng, who)?.id);
    }
    send("/drafts", draft)
}

fn delete_draft(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    delete(format!("/users/me/channels/{}/drafts", w.any_channel(rng, who)?.id))
}

fn set_custom_status(_: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    put("/users/me/status/custom", json!({"emoji": emoji(rng), "text": word(rng)}))
}

fn clear_custom_status(_: &World, _: &mut StdRng, _: usize) -> Option<Ask> {
    delete("/users/me/status/custom")
}

fn patch_user(_: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    let patch = match rng.random_range(0..3) {
        0 => json!({"nickname": word(rng)}),
        1 => json!({"position": word(rng)}),
        _ => {
            let calls = ["true", "false"].choose(rng)?;
            json!({"notify_props": {"first_name": calls}})
        }
    };
    put("/users/me/patch", patch)
}

/// Nothing is sent while a run lasts.
const LATER_MS: i64 = 90 * 24 * 3_600_000;

fn later() -> i64 {
    platform::clock::now_ms() + LATER_MS
}

fn schedule(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = &w.any_channel(rng, who)?.id;
    let post = json!({
        "channel_id": channel, "message": word(rng), "user_id": w.id(who), "scheduled_at": later(),
    });
    send("/posts/schedule", post)
}

fn change_scheduled(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let mut post = own(rng, &w.scheduled, who)?.clone();
    post["message"] = json!(word(rng));
    put(format!("/posts/schedule/{}", text(&post, "id")), post)
}

fn delete_scheduled(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    delete(format!("/posts/schedule/{}", text(own(rng, &w.scheduled, who)?, "id")))
}

fn make_bookmark(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = &w.any_channel(rng, who)?.id;
    let link = json!({
        "display_name": word(rng), "type": "link", "link_url": "https://example.org/cards",
    });
    send(format!("/channels/{channel}/bookmarks"), link)
}

fn a_bookmark(w: &World, rng: &mut StdRng) -> Option<String> {
    let bookmark = w.bookmarks.choose(rng)?;
    let (channel, id) = (text(bookmark, "channel_id"), text(bookmark, "id"));
    Some(format!("/channels/{channel}/bookmarks/{id}"))
}

fn change_bookmark(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    ask(Method::PATCH, a_bookmark(w, rng)?, json!({"display_name": word(rng)}))
}

fn sort_bookmark(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    send(format!("{}/sort_order", a_bookmark(w, rng)?), json!(rng.random_range(0..3)))
}

fn delete_bookmark(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    delete(a_bookmark(w, rng)?)
}

fn acknowledge(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |post| post.author != w.id(who))?;
    send(format!("/users/me/posts/{}/ack", post.id), json!({}))
}

fn unacknowledge(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let post = w.any_post(rng, who, |post| post.author != w.id(who))?;
    delete(format!("/users/me/posts/{}/ack", post.id))
}

fn patch_team(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    let patch = json!({"description": word(rng)});
    put(format!("/teams/{}/patch", w.teams.choose(rng)?), patch)
}

fn start_typing(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = &w.any_channel(rng, who)?.id;
    send("/users/me/typing", json!({"channel_id": channel, "parent_id": ""}))
}

fn archive(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    delete(format!("/channels/{}", w.any_team_channel(rng, who)?.id))
}

fn restore(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    send(format!("/channels/{}/restore", w.any_team_channel(rng, who)?.id), json!({}))
}

fn change_privacy(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = w.any_team_channel(rng, who)?;
    let privacy = if channel.open { "P" } else { "O" };
    put(format!("/channels/{}/privacy", channel.id), json!({"privacy": privacy}))
}

fn join(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = &w.channels.choose(rng)?.id;
    send(format!("/channels/{channel}/members"), json!({"user_id": w.id(who)}))
}

fn leave(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = w.any_team_channel(rng, who)?;
    delete(format!("/channels/{}/members/{}", channel.id, w.id(who)))
}

fn add(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = w.any_team_channel(rng, who)?;
    let member = json!({"user_id": w.id(w.anyone(rng))});
    send(format!("/channels/{}/members", channel.id), member)
}

fn remove(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let channel = w.any_team_channel(rng, who)?;
    delete(format!("/channels/{}/members/{}", channel.id, w.id(w.anyone(rng))))
}

fn make_channel(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let team = w.any_team(rng, who)?;
    let name = format!("made-{}", rng.random_range(0..100_000));
    let kind = ["O", "P"].choose(rng)?;
    let channel = json!({"team_id": team, "name": name, "display_name": name, "type": kind});
    send("/channels", channel)
}

fn open_direct(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    send("/channels/direct", json!([w.id(who), w.id(w.anyone(rng))]))
}

fn leave_team(w: &World, rng: &mut StdRng, who: usize) -> Option<Ask> {
    let (team, by) = (w.any_team(rng, who)?, w.id(who));
    (who != ADA).then(|| delete(format!("/teams/{team}/members/{by}")))?
}

fn add_to_team(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    let team = w.teams.choose(rng)?;
    let outside =
        |who: &usize| w.accounts[*who].active && !w.accounts[*who].reach.teams.contains(team);
    let outside: Vec<usize> = (0..w.accounts.len()).filter(outside).collect();
    let member = json!({"team_id": team, "user_id": w.id(*outside.choose(rng)?)});
    send(format!("/teams/{team}/members"), member)
}

fn demote(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    let who = rng.random_range(CAROL..w.accounts.len());
    send(format!("/users/{}/demote", w.id(who)), json!({}))
}

fn promote(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    let who = rng.random_range(CAROL..w.accounts.len());
    send(format!("/users/{}/promote", w.id(who)), json!({}))
}

fn deactivate(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    let who = rng.random_range(CAROL..w.accounts.len());
    put(format!("/users/{}/active", w.id(who)), json!({"active": false}))
}

fn activate(w: &World, rng: &mut StdRng, _: usize) -> Option<Ask> {
    let who = (0..w.accounts.len()).filter(|who| !w.accounts[*who].active).collect::<Vec<_>>();
    put(format!("/users/{}/active", w.id(*who.choose(rng)?)), json!({"active": true}))
}
