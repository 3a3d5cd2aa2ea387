//! The fields of the index. Any change here or in what the tokenizer yields raises [`FORMAT`].

use std::ops::Bound;

use events::{ChannelId, FileId, Partition, PostId, Topic, UserId};
use tantivy::index::Index;
use tantivy::query::{BooleanQuery, Occur, Query, RangeQuery, TermQuery};
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{TantivyDocument, Term};
use xxhash_rust::xxh3::Xxh3;

use crate::tokenizer::MessageTokenizer;

/// Of fields and tokens together: an index of another format is thrown away and fed again.
pub const FORMAT: u32 = 2;

const TOKENIZER: &str = "message";

/// In place of a type, where the document is a file. No post is of it.
const FILE_TYPE: &str = "@file";

/// What of a post is in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedPost {
    pub post_id: PostId,
    pub channel_id: ChannelId,
    pub author_id: UserId,
    pub root_id: Option<PostId>,
    pub create_at: i64,
    /// The v4 `type`; empty for what people write.
    pub post_type: String,
    pub flags: PostFlags,
    pub message: String,
    pub files: Vec<IndexedFile>,
    /// Where the record of its `post.created` stands, also after edits.
    pub partition: Partition,
    pub offset: u64,
}

/// A file of a post. It is found by its own name, and goes with its post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedFile {
    pub file_id: FileId,
    pub name: String,
    /// Without its dot.
    pub extension: String,
}

/// Yes-or-no facts of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PostFlags(pub u64);

impl PostFlags {
    pub const HAS_FILE: Self = Self(1);
    pub const HAS_LINK: Self = Self(1 << 1);
    pub const IS_PINNED: Self = Self(1 << 2);
    pub const FROM_BOT: Self = Self(1 << 3);
    pub const FROM_WEBHOOK: Self = Self(1 << 4);
    /// The document is not a post but a file of one.
    pub(crate) const FILE: Self = Self(1 << 5);

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Names of the columns that a hit is read from.
pub(crate) mod column {
    pub(crate) const POST_HIGH: &str = "post_high";
    pub(crate) const POST_LOW: &str = "post_low";
    pub(crate) const CHANNEL_HIGH: &str = "channel_high";
    pub(crate) const CHANNEL_LOW: &str = "channel_low";
    pub(crate) const FILE_HIGH: &str = "file_high";
    pub(crate) const FILE_LOW: &str = "file_low";
    pub(crate) const CREATE_AT: &str = "create_at";
    pub(crate) const PARTITION: &str = "partition";
    pub(crate) const OFFSET: &str = "offset";
    pub(crate) const FLAGS: &str = "flags";
    pub(crate) const DIGEST: &str = "digest";
}

/// The fields, found once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub post: Field,
    pub channel: Field,
    pub author: Field,
    pub root: Field,
    pub post_type: Field,
    pub message: Field,
    pub file_name: Field,
    pub extension: Field,
    post_halves: [Field; 2],
    channel_halves: [Field; 2],
    file_halves: [Field; 2],
    create_at: Field,
    partition: Field,
    offset: Field,
    flags: Field,
    digest: Field,
}

/// The schema and its fields. Nothing is stored: a hit names the record, which holds the rest.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let id = BytesOptions::default().set_indexed();
    let exact = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let words = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        post: schema.add_bytes_field("post", id.clone()),
        channel: schema.add_bytes_field("channel", id.clone()),
        author: schema.add_bytes_field("author", id.clone()),
        root: schema.add_bytes_field("root", id),
        post_type: schema.add_text_field(
            "post_type",
            TextOptions::default().set_indexing_options(exact.clone()),
        ),
        message: schema
            .add_text_field("message", TextOptions::default().set_indexing_options(words.clone())),
        file_name: schema
            .add_text_field("file_name", TextOptions::default().set_indexing_options(words)),
        extension: schema
            .add_text_field("extension", TextOptions::default().set_indexing_options(exact)),
        post_halves: [column::POST_HIGH, column::POST_LOW].map(|n| schema.add_u64_field(n, FAST)),
        channel_halves: [column::CHANNEL_HIGH, column::CHANNEL_LOW]
            .map(|n| schema.add_u64_field(n, FAST)),
        file_halves: [column::FILE_HIGH, column::FILE_LOW].map(|n| schema.add_u64_field(n, FAST)),
        create_at: schema.add_i64_field(column::CREATE_AT, FAST),
        partition: schema.add_u64_field(column::PARTITION, FAST),
        offset: schema.add_u64_field(column::OFFSET, FAST),
        flags: schema.add_u64_field(column::FLAGS, FAST),
        digest: schema.add_u64_field(column::DIGEST, FAST),
    };
    (schema.build(), fields)
}

/// Tokenizers are not part of what Tantivy writes: every opened index needs them.
pub(crate) fn register_tokenizer(index: &Index) {
    let analyzer = tantivy::tokenizer::TextAnalyzer::from(MessageTokenizer::default());
    index.tokenizers().register(TOKENIZER, analyzer);
}

impl Fields {
    /// The post, and each of its files.
    pub(crate) fn documents(&self, post: &IndexedPost) -> impl Iterator<Item = TantivyDocument> {
        let files = post.files.iter().map(|file| self.of_file(post, file));
        std::iter::once(self.of_post(post)).chain(files)
    }

    fn of_post(&self, post: &IndexedPost) -> TantivyDocument {
        let mut document = self.common(post, post.message.len());
        if !post.post_type.is_empty() {
            document.add_text(self.post_type, &post.post_type);
        }
        document.add_text(self.message, &post.message);
        document.add_u64(self.flags, post.flags.0);
        document.add_u64(self.digest, digest(post));
        document
    }

    fn of_file(&self, post: &IndexedPost, file: &IndexedFile) -> TantivyDocument {
        let mut document = self.common(post, file.name.len());
        document.add_text(self.post_type, FILE_TYPE);
        document.add_text(self.file_name, &file.name);
        document.add_text(self.extension, file.extension.to_lowercase());
        add_halves(&mut document, self.file_halves, file.file_id.as_bytes());
        document.add_u64(self.flags, post.flags.with(PostFlags::FILE).0);
        document.add_u64(self.digest, digest_of_file(file));
        document
    }

    /// What a post and its files have in common: one term and one query reach them all.
    fn common(&self, post: &IndexedPost, text_bytes: usize) -> TantivyDocument {
        let mut document = TantivyDocument::with_capacity(text_bytes + 256);
        document.add_bytes(self.post, post.post_id.as_bytes());
        document.add_bytes(self.channel, post.channel_id.as_bytes());
        document.add_bytes(self.author, post.author_id.as_bytes());
        if let Some(root) = &post.root_id {
            document.add_bytes(self.root, root.as_bytes());
        }
        add_halves(&mut document, self.post_halves, post.post_id.as_bytes());
        add_halves(&mut document, self.channel_halves, post.channel_id.as_bytes());
        document.add_i64(self.create_at, post.create_at);
        document.add_u64(self.partition, partition_code(post.partition));
        document.add_u64(self.offset, post.offset);
        document
    }

    pub(crate) fn post_term(&self, id: PostId) -> Term {
        Term::from_field_bytes(self.post, id.as_bytes())
    }

    /// All that somebody said in a channel.
    pub(crate) fn said_by(&self, channel: ChannelId, author: UserId) -> Box<dyn Query> {
        let terms = [(self.channel, channel.as_bytes()), (self.author, author.as_bytes())];
        let must = terms.map(|(field, id)| -> Box<dyn Query> {
            let term = Term::from_field_bytes(field, id);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        });
        Box::new(BooleanQuery::intersection(must.into()))
    }

    /// The files of what was said in a channel before a time, but by `kept`.
    pub(crate) fn files_before(
        &self,
        channel: ChannelId,
        before: i64,
        kept: &[UserId],
    ) -> Box<dyn Query> {
        let file = Term::from_field_text(self.post_type, FILE_TYPE);
        let file = TermQuery::new(file, IndexRecordOption::Basic);
        let said = self.said_before(channel, before, kept);
        Box::new(BooleanQuery::intersection(vec![Box::new(file), said]))
    }

    /// What was said in a channel before a time, but by `kept`.
    pub(crate) fn said_before(
        &self,
        channel: ChannelId,
        before: i64,
        kept: &[UserId],
    ) -> Box<dyn Query> {
        let of = |field, id: &[u8]| -> Box<dyn Query> {
            let term = Term::from_field_bytes(field, id);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        };
        let before = Term::from_field_i64(self.create_at, before);
        let past = RangeQuery::new(Bound::Unbounded, Bound::Excluded(before));
        let mut clauses = vec![
            (Occur::Must, of(self.channel, channel.as_bytes())),
            (Occur::Must, Box::new(past) as Box<dyn Query>),
        ];
        clauses.extend(kept.iter().map(|id| (Occur::MustNot, of(self.author, id.as_bytes()))));
        Box::new(BooleanQuery::new(clauses))
    }

    pub(crate) fn root_term(&self, id: PostId) -> Term {
        Term::from_field_bytes(self.root, id.as_bytes())
    }
}

fn add_halves(document: &mut TantivyDocument, fields: [Field; 2], id: &[u8; 16]) {
    let (high, low) = halves(id);
    document.add_u64(fields[0], high);
    document.add_u64(fields[1], low);
}

/// The two halves of an id, in the order of its bytes.
pub(crate) fn halves(id: &[u8; 16]) -> (u64, u64) {
    let whole = u128::from_be_bytes(*id);
    ((whole >> 64) as u64, whole as u64)
}

/// The id of two halves.
pub(crate) fn whole(high: u64, low: u64) -> [u8; 16] {
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

fn partition_code(partition: Partition) -> u64 {
    let topic = match partition.topic {
        Topic::Directory => 0,
        Topic::Channels => 1,
        Topic::Users => 2,
        Topic::Readstate => 3,
        Topic::Presence => 4,
    };
    (topic << 16) | u64::from(partition.index)
}

/// The partition of a code; codes come from [`partition_code`] only.
pub(crate) fn partition_of(code: u64) -> Partition {
    let topic = match code >> 16 {
        0 => Topic::Directory,
        1 => Topic::Channels,
        2 => Topic::Users,
        3 => Topic::Readstate,
        _ => Topic::Presence,
    };
    Partition { topic, index: code as u16 }
}

/// Of what no column shows: lets two indexes be compared without their texts.
fn digest(post: &IndexedPost) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(post.author_id.as_bytes());
    hash.update(post.root_id.unwrap_or_default().as_bytes());
    hash.update(&(post.post_type.len() as u64).to_le_bytes());
    hash.update(post.post_type.as_bytes());
    hash.update(post.message.as_bytes());
    hash.digest()
}

fn digest_of_file(file: &IndexedFile) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(file.file_id.as_bytes());
    hash.update(&(file.extension.len() as u64).to_le_bytes());
    hash.update(file.extension.as_bytes());
    hash.update(file.name.as_bytes());
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_halves_lead_back() {
        for topic in Topic::ALL {
            for partition in topic.partitions() {
                assert_eq!(partition_of(partition_code(partition)), partition);
            }
        }
        let id = PostId::random();
        let (high, low) = halves(id.as_bytes());
        assert_eq!(whole(high, low), *id.as_bytes());
    }
}
