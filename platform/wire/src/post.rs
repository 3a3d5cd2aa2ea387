//! Posts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use events::channel::{AttachedFile, Notice, PostContent, PostCreated, PostDeleted, PostEdited};
use events::directory::{ChannelType, TeamType};
use events::priority::PriorityLevel;
use events::{ChannelId, FileId, PostId, TeamId, UserId};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::ids::or_empty;
use crate::{
    Acknowledgement, Embed, Emoji, FileInfo, LinkedImage, Names, Participant, PostPriority, Props,
    Reaction, emoji_names, notice_text,
};

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Post {
    pub id: PostId,
    pub create_at: i64,
    pub update_at: i64,
    pub edit_at: i64,
    pub delete_at: i64,
    pub is_pinned: bool,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub root_id: Option<PostId>,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub original_id: Option<PostId>,
    pub message: String,
    pub r#type: Cow<'static, str>,
    pub props: Props,
    pub hashtags: String,
    pub file_ids: Vec<FileId>,
    pub pending_post_id: String,
    pub has_reactions: bool,
    pub remote_id: &'static str,
    pub reply_count: i64,
    pub last_reply_at: i64,
    pub participants: Vec<Participant>,
    /// Whether whoever asks follows the post's thread; absent where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_following: Option<bool>,
    pub metadata: PostMetadata,
}

/// What belongs to a post without being said in it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PostMetadata {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub embeds: Vec<Embed>,
    /// Custom ones that the text or a reaction names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emojis: Vec<Emoji>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileInfo>,
    /// Pictures of embeds, by their addresses.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, LinkedImage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<PostPriority>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acknowledgements: Vec<Acknowledgement>,
}

/// The answer of `GET /posts/{post_id}/info`: where the post stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PostInfo {
    pub channel_id: ChannelId,
    pub channel_type: ChannelType,
    pub channel_display_name: String,
    pub has_joined_channel: bool,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub team_id: Option<TeamId>,
    #[serde(serialize_with = "type_or_empty")]
    #[schemars(with = "String")]
    pub team_type: Option<TeamType>,
    pub team_display_name: String,
    pub has_joined_team: bool,
}

fn type_or_empty<S: Serializer>(of: &Option<TeamType>, to: S) -> Result<S::Ok, S::Error> {
    match of {
        Some(team_type) => team_type.serialize(to),
        None => to.serialize_str(""),
    }
}

impl Post {
    /// A post that says nothing yet.
    pub fn empty(id: PostId, channel_id: ChannelId, user_id: UserId, create_at: i64) -> Self {
        Self {
            id,
            create_at,
            update_at: create_at,
            edit_at: 0,
            delete_at: 0,
            is_pinned: false,
            user_id,
            channel_id,
            root_id: None,
            original_id: None,
            message: String::new(),
            r#type: Cow::Borrowed(""),
            props: Props::Empty,
            hashtags: String::new(),
            file_ids: Vec::new(),
            pending_post_id: String::new(),
            has_reactions: false,
            remote_id: "",
            reply_count: 0,
            last_reply_at: 0,
            participants: Vec::new(),
            is_following: None,
            metadata: PostMetadata::default(),
        }
    }

    pub fn from_created(c: &PostCreated, p: &PostContent, at: i64) -> Self {
        let mut post = Self::empty(c.post_id, c.channel_id, c.author_id, at);
        post.root_id = c.root.as_ref().map(|root| root.post_id);
        post.say(p);
        post.attach(with_texts(&c.files, p));
        post.metadata.priority = PostPriority::of(c.priority);
        post
    }

    /// The post after an edit: the event carries the rest of it as the command read it.
    pub fn from_edited(c: &PostEdited, p: &PostContent, at: i64) -> Self {
        let mut post = Self::empty(c.post_id, c.channel_id, c.author_id, c.create_at);
        post.update_at = at;
        post.edit_at = at;
        post.is_pinned = c.is_pinned;
        post.root_id = c.root_id;
        post.has_reactions = c.has_reactions;
        post.reply_count = c.reply_count;
        post.say(p);
        post.attach(with_texts(&c.files, p));
        post.metadata.priority = PostPriority::of(c.priority);
        post
    }

    /// What is left to tell of a deleted post; its words are gone.
    pub fn from_deleted(c: &PostDeleted, at: i64) -> Self {
        let mut post = Self::empty(c.post_id, c.channel_id, c.author_id, at);
        post.root_id = c.root_id;
        post.delete_at = at;
        post
    }

    /// What is left of a deleted post: what it said is told to nobody.
    #[must_use]
    pub fn without_words(self) -> Self {
        Self {
            r#type: self.r#type,
            root_id: self.root_id,
            update_at: self.update_at,
            delete_at: self.delete_at,
            reply_count: self.reply_count,
            last_reply_at: self.last_reply_at,
            ..Self::empty(self.id, self.channel_id, self.user_id, self.create_at)
        }
    }

    /// The system post of a notice, in the names of today.
    pub fn from_notice(
        channel_id: ChannelId,
        notice: &Notice,
        at: i64,
        names: &impl Names,
    ) -> Self {
        let text = notice_text(notice, names);
        let mut post = Self::empty(notice.post_id, channel_id, notice.by, at);
        post.r#type = Cow::Borrowed(notice.kind.post_type());
        post.message = text.message;
        post.props = Props::Map(text.props);
        post
    }

    pub fn is_urgent(&self) -> bool {
        let urgent = PriorityLevel::Urgent.name();
        self.metadata.priority.is_some_and(|asked| asked.priority == urgent)
    }

    /// Sets the custom emoji of text and reactions, as far as `known` has them.
    pub fn show_emoji(&mut self, known: impl Fn(&str) -> Option<Emoji>) {
        let mut names = emoji_names(&self.message);
        names.extend(self.metadata.reactions.iter().map(|reaction| reaction.emoji_name.as_str()));
        self.metadata.emojis = names.into_iter().filter_map(known).collect();
    }

    fn say(&mut self, content: &PostContent) {
        self.hashtags = hashtags(&content.message);
        self.message.clone_from(&content.message);
        self.props = Props::from_map(&content.props);
        self.pending_post_id.clone_from(&content.pending_post_id);
    }

    /// Sets the files, each with its name and its tiny preview; their times are the post's.
    pub fn attach<'f>(
        &mut self,
        files: impl Iterator<Item = (&'f AttachedFile, &'f str, &'f str)>,
    ) {
        let (id, owner, channel_id, at) = (self.id, self.user_id, self.channel_id, self.create_at);
        let info = |(file, name, mini_preview): (&AttachedFile, &str, &str)| {
            FileInfo::new(file, name, owner, channel_id, Some(id), at)
                .with_mini_preview(mini_preview)
        };
        self.metadata.files = files.map(info).collect();
        self.file_ids = self.metadata.files.iter().map(|file| file.id).collect();
    }
}

/// The files of a post with what its content says of them.
fn with_texts<'p>(
    files: &'p [AttachedFile],
    content: &'p PostContent,
) -> impl Iterator<Item = (&'p AttachedFile, &'p str, &'p str)> {
    fn nth(texts: &[String], n: usize) -> &str {
        texts.get(n).map_or("", String::as_str)
    }
    let texts = |n| (nth(&content.file_names, n), nth(&content.mini_previews, n));
    files.iter().enumerate().map(move |(n, file)| (file, texts(n).0, texts(n).1))
}

/// The hashtags of a message as the contract lists them: with their `#`, separated by spaces.
/// A tag begins with a letter, has at least three characters behind the `#`, and stands alone.
pub fn hashtags(message: &str) -> String {
    if !message.contains('#') {
        return String::new();
    }
    let mut found: Vec<&str> = Vec::new();
    for word in message.split_whitespace() {
        let word = word.trim_matches(|c: char| c != '#' && !c.is_alphanumeric());
        let Some(tag) = word.strip_prefix('#') else { continue };
        let begins_with_letter = tag.chars().next().is_some_and(char::is_alphabetic);
        let allowed = tag.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if begins_with_letter && allowed && tag.chars().count() >= 3 && !found.contains(&word) {
            found.push(word);
        }
    }
    found.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created() -> (PostCreated, PostContent) {
        let c = PostCreated {
            channel_id: ChannelId::from_bytes([1; 16]),
            post_id: PostId::from_bytes([2; 16]),
            author_id: UserId::from_bytes([3; 16]),
            root: None,
            mentions: vec![],
            named: vec![],
            broadcast: Default::default(),
            files: vec![AttachedFile {
                file_id: FileId::from_bytes([4; 16]),
                size: 5,
                mime_type: "text/plain".into(),
                extension: "txt".into(),
                width: 0,
                height: 0,
                has_preview: false,
            }],
            marks_read: true,
            auto_follow: true,
            set_online: true,
            priority: Default::default(),
        };
        let p = PostContent {
            message: "hello #world".into(),
            file_names: vec!["a.txt".into()],
            pending_post_id: "me:1".into(),
            ..PostContent::default()
        };
        (c, p)
    }

    #[test]
    fn a_post_has_every_key_that_clients_read_and_no_null_list() {
        let (c, p) = created();
        let json = serde_json::to_value(Post::from_created(&c, &p, 77)).unwrap();
        for key in ["id", "create_at", "update_at", "edit_at", "delete_at", "is_pinned", "user_id"]
        {
            assert!(json.get(key).is_some(), "{key}");
        }
        assert_eq!(json["root_id"], "");
        assert_eq!(json["original_id"], "");
        assert_eq!(json["type"], "");
        assert_eq!(json["props"], serde_json::json!({}));
        assert_eq!(json["hashtags"], "#world");
        assert_eq!(json["participants"], serde_json::json!([]));
        assert_eq!(json["pending_post_id"], "me:1");
        assert_eq!(json["create_at"], 77);
        assert_eq!(json["metadata"]["files"][0]["name"], "a.txt");
        assert_eq!(json["metadata"]["files"][0]["post_id"], json["id"]);
        assert_eq!(json["file_ids"][0], json["metadata"]["files"][0]["id"]);
    }

    #[test]
    fn hashtags_begin_with_a_letter_and_stand_alone() {
        assert_eq!(hashtags("no tags"), "");
        assert_eq!(hashtags("(#alpha), #42 a#b #be-ta! #ab #alpha"), "#alpha #be-ta");
    }
}
