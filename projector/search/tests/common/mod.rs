//! What the tests of this crate share: posts made of little, and an index fed with them.
#![allow(dead_code, reason = "each test binary uses its part")]

use events::{ChannelId, Partition, PostId, Topic, UserId};
use search_index::{
    Hit, IndexChange, IndexedPost, Positions, PostFlags, Query, ResolvedQuery, SearchWriter,
    Searcher,
};

/// An id that is easy to tell from others.
pub fn id(kind: u8, number: u64) -> [u8; 16] {
    let mut bytes = [kind; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub fn channel(number: u64) -> ChannelId {
    ChannelId::from_bytes(id(2, number))
}

pub fn user(number: u64) -> UserId {
    UserId::from_bytes(id(3, number))
}

pub fn post_id(number: u64) -> PostId {
    PostId::from_bytes(id(1, number))
}

/// The post of that number, in channel 0 by user 0, created at that number.
pub fn post(number: u64, message: &str) -> IndexedPost {
    IndexedPost {
        post_id: post_id(number),
        channel_id: channel(0),
        author_id: user(0),
        root_id: None,
        create_at: i64::try_from(number).expect("test numbers are small"),
        post_type: String::new(),
        flags: PostFlags::default(),
        message: message.to_owned(),
        files: Vec::new(),
        partition: Partition { topic: Topic::Channels, index: 7 },
        offset: number,
    }
}

/// An index in memory with its searcher.
pub struct Fixture {
    pub writer: SearchWriter,
    pub searcher: Searcher,
}

impl Fixture {
    pub fn new() -> Self {
        let writer = SearchWriter::in_memory().expect("an index in memory");
        let searcher = writer.searcher().expect("a searcher of it");
        Self { writer, searcher }
    }

    /// An index of these messages, numbered from 0.
    pub fn of(messages: &[&str]) -> Self {
        let mut fixture = Self::new();
        let posts = (0..).zip(messages).map(|(n, m)| IndexChange::Add(post(n, m)));
        fixture.apply(&posts.collect::<Vec<_>>());
        fixture
    }

    /// Applies, commits and shows changes.
    pub fn apply(&mut self, changes: &[IndexChange]) {
        self.writer.apply(changes).expect("apply");
        self.writer.commit(&Positions::default()).expect("commit");
        self.searcher.reload().expect("reload");
    }

    /// The numbers of the posts in channel 0 that the search string finds, newest first.
    pub fn find(&self, query: &str) -> Vec<u64> {
        self.find_resolved(&resolved(query), &[channel(0)])
    }

    pub fn find_resolved(&self, query: &ResolvedQuery, allowed: &[ChannelId]) -> Vec<u64> {
        numbers(&self.searcher.search(query, allowed, 0, 10_000).expect("search"))
    }
}

/// Users are named `u0`, `u1` …, channels `c0`, `c1` ….
pub fn resolved(query: &str) -> ResolvedQuery {
    resolve(Query::parse(query, false, 0))
}

pub fn resolve(query: Query) -> ResolvedQuery {
    let number = |name: &str, kind| name.strip_prefix(kind)?.parse().ok();
    query.resolve(
        |name| number(name, 'u').map(user),
        |name| number(name, 'c').map(channel).into_iter().collect(),
    )
}

pub fn numbers(hits: &[Hit]) -> Vec<u64> {
    hits.iter()
        .map(|hit| {
            let bytes = hit.post_id.as_bytes()[8..].try_into().expect("eight bytes");
            u64::from_be_bytes(bytes)
        })
        .collect()
}
