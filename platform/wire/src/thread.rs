//! Threads as their followers see them.

use std::collections::HashMap;

use events::{PostId, UserId};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::{Post, User};

/// Whether people read threads apart from their channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CollapsedThreads {
    Disabled,
    /// Who does not say otherwise does not.
    DefaultOff,
    /// Who does not say otherwise does.
    #[default]
    DefaultOn,
    AlwaysOn,
}

impl CollapsedThreads {
    pub const ALL: [Self; 4] = [Self::Disabled, Self::DefaultOff, Self::DefaultOn, Self::AlwaysOn];

    /// As the contract writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::DefaultOff => "default_off",
            Self::DefaultOn => "default_on",
            Self::AlwaysOn => "always_on",
        }
    }

    /// Whether somebody does whose preference says so or not, or who has none.
    pub fn is_on(self, preference: Option<bool>) -> bool {
        match self {
            Self::Disabled => false,
            Self::DefaultOff => preference.unwrap_or(false),
            Self::DefaultOn => preference.unwrap_or(true),
            Self::AlwaysOn => true,
        }
    }
}

/// Somebody who answered: an object with the id alone, or the account as others see it.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Participant {
    #[schemars(with = "Named")]
    Id(UserId),
    User(Box<User>),
}

impl Participant {
    /// As the account where that is among those that were read.
    pub fn among(people: &HashMap<UserId, User>, id: UserId) -> Self {
        people.get(&id).map_or(Self::Id(id), |user| Self::User(Box::new(user.clone())))
    }
}

#[derive(Serialize, JsonSchema)]
struct Named {
    id: UserId,
}

impl Serialize for Participant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => Named { id: *id }.serialize(to),
            Self::User(user) => user.serialize(to),
        }
    }
}

/// A thread for one of its followers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Thread {
    pub id: PostId,
    pub reply_count: i64,
    pub last_reply_at: i64,
    pub last_viewed_at: i64,
    /// The latest first.
    pub participants: Vec<Participant>,
    pub post: Post,
    pub unread_replies: i64,
    pub unread_mentions: i64,
    pub is_urgent: bool,
    pub delete_at: i64,
}

/// A page of threads, with numbers over all of them.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Threads {
    pub total: i64,
    pub total_unread_threads: i64,
    pub total_unread_mentions: i64,
    pub total_unread_urgent_mentions: i64,
    pub threads: Vec<Thread>,
}

impl Thread {
    /// A thread of which nothing is read, from its root.
    pub fn of_root(mut post: Post, participants: Vec<Participant>) -> Self {
        post.participants.clone_from(&participants);
        Self {
            id: post.id,
            reply_count: post.reply_count,
            last_reply_at: post.last_reply_at,
            last_viewed_at: 0,
            participants,
            unread_replies: 0,
            unread_mentions: 0,
            is_urgent: post.is_urgent(),
            delete_at: post.delete_at,
            post,
        }
    }
}

#[cfg(test)]
mod tests {
    use events::ChannelId;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preference_counts_only_where_there_is_a_choice() {
        use CollapsedThreads as C;
        assert_eq!(C::ALL.map(|c| c.is_on(None)), [false, false, true, true]);
        assert_eq!(C::ALL.map(|c| c.is_on(Some(true))), [false, true, true, true]);
        assert_eq!(C::ALL.map(|c| c.is_on(Some(false))), [false, false, false, true]);
    }

    #[test]
    fn a_thread_has_every_key_that_clients_read() {
        let (user, channel) = (UserId::from_bytes([1; 16]), ChannelId::from_bytes([2; 16]));
        let post = Post::empty(PostId::from_bytes([3; 16]), channel, user, 5);
        let thread = Thread::of_root(post, vec![Participant::Id(user)]);
        let json = serde_json::to_value(&thread).unwrap();
        for key in ["id", "reply_count", "last_reply_at", "last_viewed_at", "post", "is_urgent"] {
            assert!(json.get(key).is_some(), "{key}");
        }
        assert_eq!(json["participants"], json!([{ "id": user }]));
        assert_eq!((&json["unread_replies"], &json["unread_mentions"]), (&json!(0), &json!(0)));
        assert_eq!(json["delete_at"], 0);
    }
}
