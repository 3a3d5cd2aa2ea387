//! What stands below a post for the sake of a link in it.

use std::sync::Arc;

use events::directory::ChannelType;
use events::{ChannelId, PostId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Post;

/// What a link leads to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Embed {
    /// A page that says what it is.
    OpenGraph {
        url: String,
        data: Arc<OpenGraph>,
    },
    Image {
        url: String,
    },
    /// A page that says nothing, or that nobody has looked at yet.
    Link {
        url: String,
    },
    /// A post of this server.
    Permalink {
        url: &'static str,
        data: Box<LinkedPost>,
    },
}

/// What a page says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenGraph {
    pub r#type: String,
    pub url: String,
    pub title: String,
    pub description: String,
    pub determiner: String,
    pub site_name: String,
    pub locale: String,
    pub locales_alternate: [(); 0],
    pub images: Vec<OpenGraphImage>,
    pub audios: [(); 0],
    pub videos: [(); 0],
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenGraphImage {
    pub url: String,
    pub secure_url: String,
    pub r#type: String,
    pub width: u64,
    pub height: u64,
}

/// How large a linked picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LinkedImage {
    pub width: u64,
    pub height: u64,
    /// As clients call it, or nothing.
    pub format: &'static str,
    /// Of a picture that moves; nobody counts them.
    pub frame_count: u32,
}

/// A post that another one links to, with where it stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinkedPost {
    pub post_id: PostId,
    pub post: Post,
    pub team_name: String,
    pub channel_display_name: String,
    pub channel_type: ChannelType,
    pub channel_id: ChannelId,
}

/// The first link of a message, as it is written there. What stands between backticks is code.
pub fn first_link(message: &str) -> Option<&str> {
    if !message.contains("://") {
        return None;
    }
    let text = message.split('`').step_by(2);
    text.flat_map(|text| text.split(|c: char| c.is_whitespace() || "<>\"|".contains(c)))
        .find_map(link)
}

fn link(word: &str) -> Option<&str> {
    let begins = |scheme: &str| find_ignoring_case(word, scheme);
    let from = begins("http://").into_iter().chain(begins("https://")).min()?;
    let link = trimmed(&word[from..]);
    (link.len() > "https://".len()).then_some(link)
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes()
        .windows(wanted.len())
        .position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// Without what ends a sentence, a bracket or an emphasis around the link.
fn trimmed(link: &str) -> &str {
    let mut link = link;
    let opened = link.matches('(').count();
    let mut closed = link.matches(')').count();
    loop {
        let closes = link.ends_with(')') && closed > opened;
        let ends = link.ends_with(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', ']']);
        if !closes && !ends {
            return link;
        }
        closed -= usize::from(closes);
        link = &link[..link.len() - 1];
    }
}

/// The post that a link leads to, if it is a permalink of the server at `site_url`; without one, of
/// whatever server: no other has a post of this id.
pub fn permalink(link: &str, site_url: &str) -> Option<PostId> {
    let path = if site_url.is_empty() {
        link.split_once("://")?.1.split_once('/')?.1
    } else {
        link.strip_prefix(site_url)?.strip_prefix('/')?
    };
    let path = path.split(['?', '#']).next()?;
    let mut parts = path.trim_end_matches('/').rsplitn(3, '/');
    let (id, word, _team) = (parts.next()?, parts.next()?, parts.next()?);
    (word == "pl").then(|| id.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_link_is_what_people_would_click() {
        for (message, link) in [
            ("see https://a.example/x?y=1#z, now", "https://a.example/x?y=1#z"),
            ("[text](https://a.example/x) and http://b.example", "https://a.example/x"),
            ("<HTTPS://a.example/>", "HTTPS://a.example/"),
            ("(https://a.example/Foo_(bar))", "https://a.example/Foo_(bar)"),
            ("`http://code.example` **http://a.example/b**", "http://a.example/b"),
            ("```\nhttp://code.example\n``` http://a.example!", "http://a.example"),
            ("ftp://x http://é.example/ü", "http://é.example/ü"),
        ] {
            assert_eq!(first_link(message), Some(link), "{message}");
        }
        for none in ["", "http://", "nothing here", "://", "`http://a.example`", "shttp", "http:/a"]
        {
            assert_eq!(first_link(none), None, "{none}");
        }
    }

    #[test]
    fn a_permalink_names_a_post_of_this_server() {
        let post = PostId::from_bytes([7; 16]);
        let link = format!("https://chat.example/team/pl/{post}");
        assert_eq!(permalink(&link, "https://chat.example"), Some(post));
        assert_eq!(permalink(&format!("{link}?x#y"), ""), Some(post));
        assert_eq!(permalink(&link, "https://chat.example/sub"), None);
        assert_eq!(permalink(&link, "https://other.example"), None);
        for none in ["https://chat.example/team/pl/short", "https://chat.example/pl", "x", ""] {
            assert_eq!(permalink(none, ""), None, "{none}");
        }
    }

    #[test]
    fn embeds_read_as_clients_expect_them() {
        let page = Embed::OpenGraph { url: "http://a".into(), data: Arc::default() };
        let json = serde_json::to_value([page, Embed::Link { url: "http://b".into() }]).unwrap();
        assert_eq!(json[0]["type"], "opengraph");
        assert_eq!(json[0]["data"]["images"], serde_json::json!([]));
        assert_eq!(json[1], serde_json::json!({"type": "link", "url": "http://b"}));
    }
}
