//! Lists of posts, put together from posts that were rendered before.

use std::collections::BTreeMap;
use std::io::Write;

use bytes::Bytes;
use events::PostId;

/// The words of a search that each hit contains.
pub type SearchMatches = BTreeMap<PostId, Vec<String>>;

/// A page of posts.
#[derive(Debug, Clone, Default)]
pub struct PostList {
    /// The page itself, newest first unless a thread is read downwards.
    pub order: Vec<PostId>,
    /// Every post of `order`, rendered, and the roots that they answer.
    pub posts: Vec<(PostId, Bytes)>,
    /// The next newer post outside the page.
    pub next_post_id: Option<PostId>,
    /// The next older post outside the page.
    pub prev_post_id: Option<PostId>,
    /// Only in threads.
    pub has_next: Option<bool>,
    /// Only in search results.
    pub matches: Option<SearchMatches>,
}

impl PostList {
    pub fn to_json(&self) -> Bytes {
        let posts_len: usize = self.posts.iter().map(|(_, post)| post.len() + 30).sum();
        let mut json = Vec::with_capacity(posts_len + self.order.len() * 29 + 160);
        self.write(&mut json).expect("writing to memory does not fail");
        json.into()
    }

    fn write(&self, json: &mut Vec<u8>) -> std::io::Result<()> {
        json.extend_from_slice(br#"{"order":["#);
        for (n, id) in self.order.iter().enumerate() {
            write!(json, "{}\"{id}\"", comma(n))?;
        }
        json.extend_from_slice(br#"],"posts":{"#);
        for (n, (id, post)) in self.posts.iter().enumerate() {
            write!(json, "{}\"{id}\":", comma(n))?;
            json.extend_from_slice(post);
        }
        let next = self.next_post_id.map(|id| id.to_string()).unwrap_or_default();
        let prev = self.prev_post_id.map(|id| id.to_string()).unwrap_or_default();
        write!(json, r#"}},"next_post_id":"{next}","prev_post_id":"{prev}""#)?;
        if let Some(has_next) = self.has_next {
            write!(json, r#","has_next":{has_next}"#)?;
        }
        if let Some(matches) = &self.matches {
            json.extend_from_slice(br#","matches":"#);
            serde_json::to_writer(&mut *json, matches)?;
        }
        json.extend_from_slice(br#","first_inaccessible_post_time":0}"#);
        Ok(())
    }
}

fn comma(n: usize) -> &'static str {
    if n == 0 { "" } else { "," }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_has_empty_parts_and_no_null() {
        let json = String::from_utf8(PostList::default().to_json().to_vec()).unwrap();
        assert_eq!(
            json,
            r#"{"order":[],"posts":{},"next_post_id":"","prev_post_id":"","first_inaccessible_post_time":0}"#
        );
    }

    #[test]
    fn a_list_joins_posts_that_were_rendered_before() {
        let ids = [PostId::from_bytes([1; 16]), PostId::from_bytes([2; 16])];
        let list = PostList {
            order: ids.to_vec(),
            posts: ids.iter().map(|id| (*id, Bytes::from(format!(r#"{{"id":"{id}"}}"#)))).collect(),
            prev_post_id: Some(ids[1]),
            has_next: Some(false),
            matches: Some(SearchMatches::from([(ids[0], vec!["wo\"rd".to_owned()])])),
            ..PostList::default()
        };
        let json: serde_json::Value = serde_json::from_slice(&list.to_json()).unwrap();
        assert_eq!(json["order"].as_array().unwrap().len(), 2);
        assert_eq!(json["posts"][ids[1].to_string()]["id"], ids[1].to_string());
        assert_eq!(json["prev_post_id"], ids[1].to_string());
        assert_eq!(json["has_next"], false);
        assert_eq!(json["matches"][ids[0].to_string()][0], "wo\"rd");
    }
}
