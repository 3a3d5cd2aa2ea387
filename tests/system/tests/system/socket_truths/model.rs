//! What a client makes of its frames, as the reducers of the official one do.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::truth::{State, draft_key, list, preference_key, text, thread_entry};

/// System posts that nobody counts as unread.
const UNCOUNTED: [&str; 10] = [
    "system_add_remove",
    "system_join_leave",
    "system_join_channel",
    "system_leave_channel",
    "system_add_to_channel",
    "system_remove_from_channel",
    "system_join_team",
    "system_leave_team",
    "system_add_to_team",
    "system_remove_from_team",
];

/// What clients ask for again over REST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refetch {
    Channel(String),
    Member(String),
    Team(String),
    Categories(String),
    Threads(String),
    Thread { team: String, root: String },
    Post(String),
    User(String),
}

/// One frame, taken apart.
pub struct Frame<'f> {
    whole: &'f Value,
}

impl<'f> Frame<'f> {
    pub fn of(whole: &'f Value) -> Self {
        Self { whole }
    }

    pub fn event(&self) -> &'f str {
        self.whole["event"].as_str().unwrap_or_default()
    }

    pub fn data(&self, field: &str) -> String {
        text(&self.whole["data"], field)
    }

    pub fn broadcast(&self, field: &str) -> String {
        text(&self.whole["broadcast"], field)
    }

    fn number(&self, field: &str) -> i64 {
        self.whole["data"][field].as_i64().unwrap_or_default()
    }

    /// What stands as JSON in a text.
    pub fn inner(&self, field: &str) -> Result<Value> {
        let inner = self.whole["data"][field].as_str();
        let inner = inner.with_context(|| format!("{field} is no text in {}", self.whole))?;
        Ok(serde_json::from_str(inner)?)
    }

    fn names(&self, field: &str, id: &str) -> bool {
        self.inner(field).is_ok_and(|ids| list(ids).iter().any(|one| one == id))
    }
}

/// What one client of `me` knows.
#[derive(Debug, Clone)]
pub struct Model {
    pub me: String,
    pub state: State,
}

impl Model {
    /// The whole list of what is refetched: everything else is in the frames.
    pub fn refetches(&self, frame: &Frame<'_>) -> Result<Vec<Refetch>> {
        let channel = frame.broadcast("channel_id");
        let mine = |user: String| user == self.me;
        Ok(match frame.event() {
            "user_added" if mine(frame.data("user_id")) => {
                self.entered(channel, &frame.data("team_id"))
            }
            "channel_created" => self.entered(frame.data("channel_id"), &frame.data("team_id")),
            "direct_added" | "group_added" => self.entered(channel, ""),
            "channel_restored" if self.has("channel", &frame.data("channel_id")) => {
                let channel = frame.data("channel_id");
                let team = self.state.get(&format!("channel/{channel}"));
                let team = team.map(|one| text(one, "team_id")).unwrap_or_default();
                vec![
                    Refetch::Channel(channel),
                    Refetch::Categories(team.clone()),
                    Refetch::Threads(team),
                ]
            }
            "channel_scheme_updated" => vec![Refetch::Member(channel)],
            "added_to_team" if mine(frame.data("user_id")) => {
                vec![Refetch::Team(frame.data("team_id"))]
            }
            "sidebar_category_created" | "sidebar_category_deleted" => {
                vec![Refetch::Categories(frame.broadcast("team_id"))]
            }
            "thread_follow_changed"
                if frame.whole["data"]["state"] == true
                    && frame.number("reply_count") > 0
                    && !self.has("thread", &frame.data("thread_id")) =>
            {
                let (team, root) = (frame.broadcast("team_id"), frame.data("thread_id"));
                let team = if team.is_empty() { self.any_team() } else { Some(team) };
                team.map(|team| Refetch::Thread { team, root }).into_iter().collect()
            }
            "post_deleted" => {
                let root = text(&frame.inner("post")?, "root_id");
                let known = self.has("post", &root);
                known.then_some(Refetch::Post(root)).into_iter().collect()
            }
            "new_user" => vec![Refetch::User(frame.data("user_id"))],
            _ => Vec::new(),
        })
    }

    /// A channel that has become the person's, with where it stands in the sidebar.
    fn entered(&self, channel: String, team: &str) -> Vec<Refetch> {
        let teams = if team.is_empty() { self.teams() } else { vec![team.to_owned()] };
        let around = teams.into_iter();
        let around = around.flat_map(|t| [Refetch::Categories(t.clone()), Refetch::Threads(t)]);
        [Refetch::Channel(channel)].into_iter().chain(around).collect()
    }

    /// Takes in what was refetched.
    pub fn refetched(&mut self, refetch: &Refetch, anew: State) {
        match refetch {
            Refetch::Channel(id) => self.forget_content(id),
            Refetch::Categories(team) => self.forget("category/", |one| one["team_id"] == *team),
            _ => {}
        }
        self.state.extend(anew);
    }

    /// Takes in a frame.
    pub fn apply(&mut self, frame: &Frame<'_>) -> Result<()> {
        match frame.event() {
            "hello"
            | "typing"
            | "status_change"
            | "new_user"
            | "user_added"
            | "channel_created"
            | "direct_added"
            | "group_added"
            | "channel_restored"
            | "channel_scheme_updated"
            | "added_to_team"
            | "sidebar_category_created"
            | "ephemeral_message" => {}
            "posted" => self.posted(frame)?,
            "post_edited" => self.edited(frame.inner("post")?),
            "post_deleted" => self.deleted(&frame.inner("post")?),
            "post_unread" => self.unread(frame),
            "reaction_added" => self.reacted(&frame.inner("reaction")?, true),
            "reaction_removed" => self.reacted(&frame.inner("reaction")?, false),
            "post_acknowledgement_added" => {
                self.acknowledged(&frame.inner("acknowledgement")?, true)
            }
            "post_acknowledgement_removed" => {
                self.acknowledged(&frame.inner("acknowledgement")?, false);
            }
            "multiple_channels_viewed" => self.viewed(&frame.whole["data"]["channel_times"]),
            "user_removed" => self.removed(frame),
            "channel_updated" => self.put("channel", "id", frame.inner("channel")?),
            "channel_converted" => {
                self.set("channel", &frame.data("channel_id"), "type", json!("P"))
            }
            "channel_deleted" => {
                let (channel, at) = (frame.data("channel_id"), frame.number("delete_at"));
                self.set("channel", &channel, "delete_at", at.into());
                self.set("channel", &channel, "update_at", at.into());
                self.take_from_sidebar(&channel);
                self.forget("thread/", |one| one["channel_id"] == *channel);
            }
            "channel_member_updated" => {
                self.put("member", "channel_id", frame.inner("channelMember")?);
            }
            "user_updated" => self.user_updated(&frame.whole["data"]["user"]),
            "user_role_updated" => self.roles_updated(frame),
            "memberrole_updated" => self.put("team_member", "team_id", frame.inner("member")?),
            "leave_team" => {
                if frame.data("user_id") == self.me {
                    self.left(&frame.data("team_id"));
                }
            }
            "update_team" => self.put("team", "id", frame.inner("team")?),
            "preferences_changed" => {
                for one in list(frame.inner("preferences")?) {
                    self.state.insert(preference_key(&one), one);
                }
            }
            "preferences_deleted" => {
                for one in list(frame.inner("preferences")?) {
                    self.state.remove(&preference_key(&one));
                }
            }
            "sidebar_category_updated" => {
                for one in list(frame.inner("updatedCategories")?) {
                    self.put("category", "id", one);
                }
                self.hide_archived();
            }
            "sidebar_category_deleted" => {
                self.state.remove(&format!("category/{}", frame.data("category_id")));
            }
            "sidebar_category_order_updated" => {
                let order = json!({"order": frame.whole["data"]["order"]});
                self.state.insert(format!("category_order/{}", frame.broadcast("team_id")), order);
            }
            "thread_updated" => {
                let (key, thread) = thread_entry(frame.inner("thread")?);
                // A root without replies is no thread.
                if thread["reply_count"] == 0 {
                    self.state.remove(&key);
                } else {
                    self.state.insert(key, thread);
                }
            }
            "thread_follow_changed" => {
                if frame.whole["data"]["state"] == false {
                    self.state.remove(&format!("thread/{}", frame.data("thread_id")));
                }
            }
            "thread_read_changed" => self.threads_read(frame),
            "draft_created" => {
                let draft = frame.inner("draft")?;
                self.state.insert(draft_key(&draft), draft);
            }
            "draft_deleted" => {
                self.state.remove(&draft_key(&frame.inner("draft")?));
            }
            "scheduled_post_created" | "scheduled_post_updated" => {
                self.put("scheduled", "id", frame.inner("scheduledPost")?);
            }
            "scheduled_post_deleted" => {
                let id = text(&frame.inner("scheduledPost")?, "id");
                self.state.remove(&format!("scheduled/{id}"));
            }
            "channel_bookmark_created" => self.put("bookmark", "id", frame.inner("bookmark")?),
            "channel_bookmark_deleted" => {
                let id = text(&frame.inner("bookmark")?, "id");
                self.state.remove(&format!("bookmark/{id}"));
            }
            "channel_bookmark_updated" => {
                let both = frame.inner("bookmarks")?;
                self.state.remove(&format!("bookmark/{}", text(&both["deleted"], "id")));
                self.put("bookmark", "id", both["updated"].clone());
            }
            "channel_bookmark_sorted" => {
                for one in list(frame.inner("bookmarks")?) {
                    self.put("bookmark", "id", one);
                }
            }
            other => bail!("the model does not know {other}: {}", frame.whole),
        }
        Ok(())
    }

    fn posted(&mut self, frame: &Frame<'_>) -> Result<()> {
        let post = frame.inner("post")?;
        let (id, channel) = (text(&post, "id"), text(&post, "channel_id"));
        // A channel that was refetched came with it.
        if self.has("post", &id) {
            return Ok(());
        }
        let is_root = post["root_id"] == "";
        let counts = !UNCOUNTED.contains(&text(&post, "type").as_str());
        if !is_root {
            self.answered(&post);
        }
        let at = number(&post, "create_at");
        if let Some(channel) = self.object("channel", &channel).filter(|_| counts) {
            raise(channel, "last_post_at", at);
            add(channel, "total_msg_count", 1);
            if is_root {
                raise(channel, "last_root_post_at", at);
                add(channel, "total_msg_count_root", 1);
            }
        }
        // Who reads threads apart has not read the channel for having answered.
        if post["user_id"] == self.me && post["type"] == "" {
            if is_root {
                self.read_up(&channel, at);
            }
        } else if frame.names("mentions", &self.me)
            && let Some(member) = self.object("member", &channel)
        {
            let urgent = post["metadata"]["priority"]["priority"] == "urgent";
            add(member, "mention_count", 1);
            add(member, "mention_count_root", is_root.into());
            add(member, "urgent_mention_count", (is_root && urgent).into());
        }
        self.state.insert(format!("post/{id}"), post);
        Ok(())
    }

    /// A reply came: its root tells of it.
    fn answered(&mut self, reply: &Value) {
        let Some(root) = self.object("post", &text(reply, "root_id")) else { return };
        add(root, "reply_count", 1);
        raise(root, "last_reply_at", number(reply, "create_at"));
        let mut participants = list(root["participants"].clone());
        if !participants.iter().any(|one| one["id"] == reply["user_id"]) {
            participants.push(json!({"id": reply["user_id"]}));
        }
        root.insert("participants".to_owned(), participants.into());
    }

    /// An edit tells the post itself; what others added to it stays.
    fn edited(&mut self, mut post: Value) {
        let Some(before) = self.object("post", &text(&post, "id")) else { return };
        for kept in ["participants", "last_reply_at", "reply_count"] {
            post[kept] = before[kept].clone();
        }
        for kept in ["reactions", "acknowledgements"] {
            if post["metadata"].get(kept).is_none()
                && let Some(held) = before["metadata"].get(kept)
            {
                post["metadata"][kept] = held.clone();
            }
        }
        self.put("post", "id", post);
    }

    fn deleted(&mut self, post: &Value) {
        let id = text(post, "id");
        self.state.remove(&format!("post/{id}"));
        self.state.remove(&format!("thread/{id}"));
        for kind in ["post/", "draft/"] {
            self.forget(kind, |reply| reply["root_id"] == *id);
        }
    }

    fn reacted(&mut self, reaction: &Value, added: bool) {
        let same = |one: &Value| {
            one["user_id"] == reaction["user_id"] && one["emoji_name"] == reaction["emoji_name"]
        };
        self.annotate(reaction, "reactions", same, added);
        if let Some(post) = self.object("post", &text(reaction, "post_id")) {
            let any = post["metadata"].get("reactions").is_some();
            post.insert("has_reactions".to_owned(), any.into());
        }
    }

    fn acknowledged(&mut self, acknowledgement: &Value, added: bool) {
        let same = |one: &Value| one["user_id"] == acknowledgement["user_id"];
        self.annotate(acknowledgement, "acknowledgements", same, added);
    }

    /// Adds to or takes from a list that stands with a post.
    fn annotate(&mut self, note: &Value, field: &str, same: impl Fn(&Value) -> bool, added: bool) {
        let Some(post) = self.object("post", &text(note, "post_id")) else { return };
        let Some(metadata) = post["metadata"].as_object_mut() else { return };
        let mut notes = list(metadata.remove(field).unwrap_or_default());
        notes.retain(|one| !same(one));
        if added {
            notes.push(note.clone());
        }
        if !notes.is_empty() {
            metadata.insert(field.to_owned(), notes.into());
        }
    }

    fn unread(&mut self, frame: &Frame<'_>) {
        let Some(member) = self.object("member", &frame.broadcast("channel_id")) else { return };
        for field in [
            "msg_count",
            "msg_count_root",
            "mention_count",
            "mention_count_root",
            "urgent_mention_count",
            "last_viewed_at",
        ] {
            member.insert(field.to_owned(), frame.number(field).into());
        }
    }

    fn viewed(&mut self, times: &Value) {
        for (channel, at) in times.as_object().into_iter().flatten() {
            self.read_up(channel, at.as_i64().unwrap_or_default());
        }
    }

    fn read_up(&mut self, id: &str, at: i64) {
        let Some(channel) = self.object("channel", id).cloned() else { return };
        let Some(member) = self.object("member", id) else { return };
        for (read, total) in
            [("msg_count", "total_msg_count"), ("msg_count_root", "total_msg_count_root")]
        {
            member.insert(read.to_owned(), channel[total].clone());
        }
        for mentions in ["mention_count", "mention_count_root", "urgent_mention_count"] {
            member.insert(mentions.to_owned(), 0.into());
        }
        member.insert("last_viewed_at".to_owned(), at.into());
    }

    /// The person is in this channel no more; of others who leave, a client asks when it shows them.
    fn removed(&mut self, frame: &Frame<'_>) {
        let channel = frame.data("channel_id");
        if !channel.is_empty() {
            self.forget_channel(&channel);
        }
    }

    fn left(&mut self, team: &str) {
        let of_team = |one: &Value| one["team_id"] == team;
        let channels =
            self.state.iter().filter(|(key, one)| key.starts_with("channel/") && of_team(one));
        let channels: Vec<String> = channels.map(|(_, one)| text(one, "id")).collect();
        for channel in &channels {
            self.forget_channel(channel);
            self.forget("scheduled/", |one| one["channel_id"] == *channel);
        }
        self.forget("category/", of_team);
        for kind in ["team", "team_member", "category_order"] {
            self.state.remove(&format!("{kind}/{team}"));
        }
    }

    /// Clients hold a frame that is older than what they know already for one that came late.
    fn user_updated(&mut self, user: &Value) {
        let (id, at) = (text(user, "id"), number(user, "update_at"));
        if id != self.me {
            self.put("user", "id", user.clone());
        } else if self.state.get("me").is_none_or(|me| at > number(me, "update_at")) {
            self.state.insert("me".to_owned(), user.clone());
        }
    }

    fn roles_updated(&mut self, frame: &Frame<'_>) {
        let me = self.state.get_mut("me").and_then(Value::as_object_mut);
        if let Some(me) = me.filter(|_| frame.data("user_id") == self.me) {
            me.insert("roles".to_owned(), frame.data("roles").into());
        }
    }

    fn threads_read(&mut self, frame: &Frame<'_>) {
        let at = frame.number("timestamp");
        let (thread, channel) = (frame.data("thread_id"), frame.broadcast("channel_id"));
        let (replies, mentions) = (frame.number("unread_replies"), frame.number("unread_mentions"));
        let team = frame.broadcast("team_id");
        let of_team = |state: &State, channel: &str| {
            let found = state.get(&format!("channel/{channel}"));
            found.is_none_or(|one| one["team_id"] == team || one["team_id"] == "")
        };
        let all = self.state.iter().filter(|(key, _)| key.starts_with("thread/"));
        let concerned = all.filter(|(_, one)| match (thread.as_str(), channel.as_str()) {
            ("", "") => of_team(&self.state, &text(one, "channel_id")),
            ("", channel) => one["channel_id"] == channel,
            (thread, _) => one["id"] == thread,
        });
        for key in concerned.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            let Some(held) = self.state.get_mut(&key).and_then(Value::as_object_mut) else {
                continue;
            };
            held.insert("last_viewed_at".to_owned(), at.into());
            held.insert("unread_replies".to_owned(), replies.into());
            held.insert("unread_mentions".to_owned(), mentions.into());
        }
    }

    fn forget_channel(&mut self, id: &str) {
        self.forget_content(id);
        self.state.remove(&format!("channel/{id}"));
        self.state.remove(&format!("member/{id}"));
        for kind in ["thread/", "draft/"] {
            self.forget(kind, |one| one["channel_id"] == *id);
        }
        self.take_from_sidebar(id);
    }

    /// A sidebar may hold what is archived; none shows it.
    fn hide_archived(&mut self) {
        let channels = self.state.iter().filter(|(key, _)| key.starts_with("channel/"));
        let archived = channels.filter(|(_, one)| one["delete_at"] != 0);
        let archived: Vec<String> = archived.map(|(_, one)| text(one, "id")).collect();
        archived.iter().for_each(|id| self.take_from_sidebar(id));
    }

    fn take_from_sidebar(&mut self, id: &str) {
        let categories = self.state.iter_mut().filter(|(key, _)| key.starts_with("category/"));
        for (_, category) in categories {
            if let Some(channels) = category["channel_ids"].as_array_mut() {
                channels.retain(|one| one != id);
            }
        }
    }

    fn forget_content(&mut self, channel: &str) {
        self.forget("post/", |one| one["channel_id"] == *channel);
        self.forget("bookmark/", |one| one["channel_id"] == *channel);
    }

    fn forget(&mut self, kind: &str, which: impl Fn(&Value) -> bool) {
        self.state.retain(|key, one| !(key.starts_with(kind) && which(one)));
    }

    fn has(&self, kind: &str, id: &str) -> bool {
        self.state.contains_key(&format!("{kind}/{id}"))
    }

    fn teams(&self) -> Vec<String> {
        let teams = self.state.keys().filter_map(|key| key.strip_prefix("team/"));
        teams.map(str::to_owned).collect()
    }

    fn any_team(&self) -> Option<String> {
        self.teams().into_iter().next()
    }

    fn object(&mut self, kind: &str, id: &str) -> Option<&mut Map<String, Value>> {
        self.state.get_mut(&format!("{kind}/{id}"))?.as_object_mut()
    }

    fn set(&mut self, kind: &str, id: &str, field: &str, value: Value) {
        if let Some(object) = self.object(kind, id) {
            object.insert(field.to_owned(), value);
        }
    }

    fn put(&mut self, kind: &str, id: &str, value: Value) {
        self.state.insert(format!("{kind}/{}", text(&value, id)), value);
    }
}

fn number(value: &Value, field: &str) -> i64 {
    value[field].as_i64().unwrap_or_default()
}

fn add(object: &mut Map<String, Value>, field: &str, more: i64) {
    let now = object.get(field).and_then(Value::as_i64).unwrap_or_default() + more;
    object.insert(field.to_owned(), now.into());
}

fn raise(object: &mut Map<String, Value>, field: &str, to: i64) {
    let now = object.get(field).and_then(Value::as_i64).unwrap_or_default().max(to);
    object.insert(field.to_owned(), now.into());
}
