//! Posts as they stood at a time.

use schemars::JsonSchema;
use serde::Serialize;

use crate::Post;

/// A post of a channel as it was. Who may not read its history is not shown what it said then.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PostAsOf {
    #[serde(flatten)]
    pub post: Post,
    /// Absent where the post says the same to this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// What became of a post since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AsOf {
    pub changed_since: bool,
    pub deleted_since: bool,
    pub shows: ShownAsOf,
}

/// What is shown of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShownAsOf {
    /// What it said then.
    Then,
    /// What it says now.
    Now,
    /// That it stood there, and no word of it.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_post_stands_beside_what_it_is() {
        let post = Post::empty(Default::default(), Default::default(), Default::default(), 5);
        let as_of = AsOf { changed_since: false, deleted_since: true, shows: ShownAsOf::Nothing };
        let json = serde_json::to_value(PostAsOf { post: post.clone(), as_of: Some(as_of) });
        let json = json.unwrap();
        assert_eq!(json["create_at"], 5);
        let expected = serde_json::json!({
            "changed_since": false, "deleted_since": true, "shows": "nothing",
        });
        assert_eq!(json["as_of"], expected);
        let json = serde_json::to_value(PostAsOf { post, as_of: None }).unwrap();
        assert!(json.get("as_of").is_none());
    }
}
