//! What REST says: the state of one person's client, asked anew, whole or in parts.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use system_tests::Person;

/// Things by what they are and their id, as `post/<id>`.
pub type State = BTreeMap<String, Value>;

/// Everything that a client knows; of people those among `people`.
pub async fn whole(person: &Person, people: &[String]) -> Result<State> {
    let mut state = State::new();
    state.insert("me".to_owned(), get(person, "/users/me").await?);
    for member in list(get(person, "/users/me/teams/members").await?) {
        state.insert(format!("team_member/{}", text(&member, "team_id")), member);
    }
    for one in list(get(person, "/users/me/teams").await?) {
        let team = text(&one, "id");
        state.insert(format!("team/{team}"), one);
        state.extend(categories(person, &team).await?);
        state.extend(threads(person, &team).await?);
        state.extend(drafts(person, &team).await?);
        state.extend(scheduled(person, &team).await?);
    }
    for channel in list(get(person, "/users/me/channels?include_deleted=true").await?) {
        state.extend(content(person, &text(&channel, "id")).await?);
        state.insert(format!("channel/{}", text(&channel, "id")), channel);
    }
    for member in members(person).await? {
        state.insert(format!("member/{}", text(&member, "channel_id")), member);
    }
    for one in list(get(person, "/users/me/preferences").await?) {
        state.insert(preference_key(&one), one);
    }
    let known = person.post("/users/ids", json!(people)).await?.expect(200)?;
    for user in list(known) {
        state.insert(format!("user/{}", text(&user, "id")), user);
    }
    Ok(state)
}

/// A channel that the person is in, their membership, and what it holds.
pub async fn channel(person: &Person, id: &str) -> Result<State> {
    let mut state = content(person, id).await?;
    let channel = get(person, &format!("/channels/{id}")).await?;
    state.insert(format!("channel/{id}"), channel);
    state.extend(member(person, id).await?);
    Ok(state)
}

pub async fn member(person: &Person, channel: &str) -> Result<State> {
    let own = get(person, &format!("/channels/{channel}/members/{}", person.id)).await?;
    Ok(State::from([(format!("member/{channel}"), own)]))
}

/// A team, the person's membership, and the channels in it that they are in.
pub async fn team(person: &Person, id: &str) -> Result<State> {
    let mut state = State::new();
    state.insert(format!("team/{id}"), get(person, &format!("/teams/{id}")).await?);
    let own = get(person, &format!("/teams/{id}/members/{}", person.id)).await?;
    state.insert(format!("team_member/{id}"), own);
    let path = format!("/users/me/teams/{id}/channels?include_deleted=true");
    for one in list(get(person, &path).await?) {
        state.extend(channel(person, &text(&one, "id")).await?);
    }
    state.extend(categories(person, id).await?);
    state.extend(threads(person, id).await?);
    state.extend(drafts(person, id).await?);
    state.extend(scheduled(person, id).await?);
    Ok(state)
}

pub async fn categories(person: &Person, team: &str) -> Result<State> {
    let path = format!("/users/me/teams/{team}/channels/categories");
    let all = get(person, &path).await?;
    let mut state =
        State::from([(format!("category_order/{team}"), json!({"order": all["order"]}))]);
    for category in list(all["categories"].clone()) {
        state.insert(format!("category/{}", text(&category, "id")), category);
    }
    Ok(state)
}

pub async fn threads(person: &Person, team: &str) -> Result<State> {
    let path = format!("/users/me/teams/{team}/threads?per_page=200");
    let all = get(person, &path).await?;
    let threads = list(all["threads"].clone()).into_iter().map(thread_entry);
    Ok(threads.collect())
}

pub async fn thread(person: &Person, team: &str, root: &str) -> Result<State> {
    let one = get(person, &format!("/users/me/teams/{team}/threads/{root}")).await?;
    Ok(State::from([thread_entry(one)]))
}

pub async fn post(person: &Person, id: &str) -> Result<State> {
    Ok(State::from([(format!("post/{id}"), get(person, &format!("/posts/{id}")).await?)]))
}

pub async fn user(person: &Person, id: &str) -> Result<State> {
    let user = get(person, &format!("/users/{id}")).await?;
    Ok(State::from([(format!("user/{id}"), user)]))
}

/// A thread stands apart from its root, of which the channel tells, and from its people.
pub fn thread_entry(mut thread: Value) -> (String, Value) {
    let channel = thread["post"]["channel_id"].clone();
    let participants = list(thread["participants"].take()).into_iter();
    thread["participants"] = participants.map(|one| json!({"id": one["id"]})).collect();
    if let Some(fields) = thread.as_object_mut() {
        fields.remove("post");
        fields.insert("channel_id".to_owned(), channel);
    }
    (format!("thread/{}", text(&thread, "id")), thread)
}

pub fn preference_key(preference: &Value) -> String {
    format!("preference/{}/{}", text(preference, "category"), text(preference, "name"))
}

pub fn draft_key(draft: &Value) -> String {
    format!("draft/{}/{}", text(draft, "channel_id"), text(draft, "root_id"))
}

/// The text of a field; empty where there is none.
pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

pub fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(all) => all,
        _ => Vec::new(),
    }
}

/// Posts and bookmarks.
async fn content(person: &Person, channel: &str) -> Result<State> {
    let mut state = State::new();
    let page = get(person, &format!("/channels/{channel}/posts?per_page=200")).await?;
    for id in list(page["order"].clone()) {
        let id = id.as_str().context("an order holds ids")?;
        state.insert(format!("post/{id}"), page["posts"][id].clone());
    }
    for bookmark in list(get(person, &format!("/channels/{channel}/bookmarks")).await?) {
        state.insert(format!("bookmark/{}", text(&bookmark, "id")), bookmark);
    }
    Ok(state)
}

/// Memberships without what this address says of teams besides.
async fn members(person: &Person) -> Result<Vec<Value>> {
    let mut all = list(get(person, "/users/me/channel_members?page=0&per_page=200").await?);
    for member in all.iter_mut().filter_map(Value::as_object_mut) {
        member.retain(|field, _| !field.starts_with("team_"));
    }
    Ok(all)
}

async fn drafts(person: &Person, team: &str) -> Result<State> {
    let all = get(person, &format!("/users/me/teams/{team}/drafts")).await?;
    Ok(list(all).into_iter().map(|draft| (draft_key(&draft), draft)).collect())
}

async fn scheduled(person: &Person, team: &str) -> Result<State> {
    let path = format!("/posts/scheduled/team/{team}?includeDirectChannels=true");
    let all = get(person, &path).await?;
    let places = all.as_object().context("scheduled posts stand by place")?.values();
    let posts = places.flat_map(|place| list(place.clone()));
    Ok(posts.map(|post| (format!("scheduled/{}", text(&post, "id")), post)).collect())
}

async fn get(person: &Person, path: &str) -> Result<Value> {
    person.get(path).await?.expect(200).with_context(|| path.to_owned())
}
