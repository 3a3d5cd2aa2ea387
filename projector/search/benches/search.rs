//! Indexing and searching, beside Tantivy with its default tokenizer in the same run.
//!
//! `SEARCH_BENCH_POSTS` sets the size of the searched index (200,000 unless told).

use std::cell::{LazyCell, RefCell};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use events::{ChannelId, Partition, PostId, Topic, UserId};
use search_index::{
    IndexChange, IndexedPost, Positions, PostFlags, Query, ResolvedQuery, SearchWriter, Searcher,
    WriterOptions,
};
use tantivy::index::Index;
use tantivy::schema::{FAST, INDEXED, Schema, TEXT};
use tantivy::{IndexWriter, TantivyDocument};

const CHANNELS: u64 = 256;
const MEMORY: usize = 64 << 20;

/// A generator that gives the same posts in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// Small numbers often, large ones rarely, as words are used (Zipf's law).
    fn skewed(&mut self, bound: u64) -> u64 {
        let uniform = self.below(1 << 32) as f64 / (1u64 << 32) as f64;
        (bound as f64).powf(uniform) as u64 - 1
    }
}

fn word(number: u64) -> String {
    const SYLLABLES: [&str; 24] = [
        "ka", "lo", "mi", "ter", "an", "so", "vi", "re", "dun", "pa", "gel", "ri", "to", "na",
        "sha", "ber", "qui", "ol", "em", "fu", "zan", "hy", "wec", "ja",
    ];
    let (mut number, mut word) = (number, String::new());
    loop {
        word.push_str(SYLLABLES[(number % 24) as usize]);
        number /= 24;
        if number == 0 {
            return word;
        }
    }
}

/// A message of about a dozen words, with what chats have: names, tickets, links, other scripts.
fn message(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..4 + random.below(16) {
        let word = word(random.skewed(40_000));
        match random.below(100) {
            0 => text.push_str(&format!("TICKET-{} ", random.below(100_000))),
            1 => text.push_str(&format!("https://{word}.example.com/{word}/a.html ")),
            2 => text.push_str(&format!("{word}_{word}() ")),
            3 => text.push_str("résumé "),
            4 => text.push_str("東京都の天気 "),
            5 => text.push_str("👍 "),
            6 => text.push_str(&format!("#{word}, ")),
            7 => text.push_str(&format!("{}. ", word.to_uppercase())),
            _ => text.push_str(&format!("{word} ")),
        }
    }
    text
}

fn id(kind: u8, number: u64) -> [u8; 16] {
    let mixed = u128::from(number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let mut bytes = mixed.to_be_bytes();
    bytes[15] = kind;
    bytes
}

fn channel(number: u64) -> ChannelId {
    ChannelId::from_bytes(id(2, number))
}

fn posts(count: u64) -> impl Iterator<Item = IndexChange> {
    let mut random = Random(0x5EED);
    (0..count).map(move |n| {
        IndexChange::Add(IndexedPost {
            post_id: PostId::from_bytes(id(1, n)),
            channel_id: channel(random.skewed(CHANNELS)),
            author_id: UserId::from_bytes(id(3, random.below(1000))),
            root_id: None,
            create_at: 1_700_000_000_000 + n as i64 * 50,
            post_type: String::new(),
            flags: PostFlags::default(),
            message: message(&mut random),
            files: Vec::new(),
            partition: Partition { topic: Topic::Channels, index: (n % 64) as u16 },
            offset: n / 64,
        })
    })
}

fn index_ours(changes: &[IndexChange]) {
    let directory = tempfile::tempdir().expect("a directory");
    let options = WriterOptions { threads: 1, memory_bytes_per_thread: MEMORY };
    let mut writer = SearchWriter::open(directory.path(), options).expect("open");
    writer.apply(changes).expect("apply");
    writer.commit(&Positions::default()).expect("commit");
}

/// The same posts by the book: default tokenizer, an id, a time.
fn index_plain(changes: &[IndexChange]) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut schema = Schema::builder();
    let text = schema.add_text_field("message", TEXT);
    let post_id = schema.add_bytes_field("post", INDEXED);
    let channel_id = schema.add_bytes_field("channel", INDEXED);
    let author_id = schema.add_bytes_field("author", INDEXED);
    let create_at = schema.add_i64_field("create_at", FAST);
    let index = Index::create_in_dir(directory.path(), schema.build()).expect("create");
    let mut writer: IndexWriter = index.writer_with_num_threads(1, MEMORY).expect("writer");
    for change in changes {
        let IndexChange::Add(post) = change else { continue };
        let mut document = TantivyDocument::default();
        document.add_text(text, &post.message);
        document.add_bytes(post_id, post.post_id.as_bytes());
        document.add_bytes(channel_id, post.channel_id.as_bytes());
        document.add_bytes(author_id, post.author_id.as_bytes());
        document.add_i64(create_at, post.create_at);
        writer.add_document(document).expect("add");
    }
    writer.commit().expect("commit");
}

fn indexing(criterion: &mut Criterion) {
    let changes: Vec<_> = posts(50_000).collect();
    let mut group = criterion.benchmark_group("index");
    group.throughput(Throughput::Elements(changes.len() as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(15));
    group.bench_function("default tokenizer", |b| b.iter(|| index_plain(&changes)));
    group.bench_function("ours", |b| b.iter(|| index_ours(&changes)));
    group.finish();
}

fn resolved(query: &str) -> ResolvedQuery {
    let room = |name: &str| name.strip_prefix('c').and_then(|n| n.parse().ok()).map(channel);
    Query::parse(query, false, 0).resolve(|_| None, |name| room(name).into_iter().collect())
}

fn searched(directory: &Path) -> (RefCell<SearchWriter>, Searcher) {
    let told = std::env::var("SEARCH_BENCH_POSTS").ok();
    let count = told.and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let mut writer = SearchWriter::open(directory, WriterOptions::default()).expect("open");
    let mut posts = posts(count).peekable();
    while posts.peek().is_some() {
        let batch: Vec<_> = posts.by_ref().take(20_000).collect();
        writer.apply(&batch).expect("apply");
        writer.commit(&Positions::default()).expect("commit");
    }
    writer.close().expect("close");
    let writer = SearchWriter::open(directory, WriterOptions::default()).expect("open");
    let searcher = writer.searcher().expect("searcher");
    (RefCell::new(writer), searcher)
}

fn searching(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a directory");
    // Made when the first benchmark that was asked for needs it.
    let index = LazyCell::new(|| searched(directory.path()));
    let frequent = word(2);
    let queries = [
        ("one frequent word", frequent.clone()),
        ("one middling word", word(300)),
        ("one rare word", word(30_000)),
        ("two words", format!("{frequent} {}", word(40))),
        ("phrase", format!("\"{frequent} {}\"", word(5))),
        ("beginning", "gelri*".to_owned()),
        ("short beginning", "ge*".to_owned()),
        ("cjk", "東京".to_owned()),
        ("long cjk", "京都の天".to_owned()),
        ("ticket", "ticket-4242".to_owned()),
        ("small channel", format!("{frequent} in:c250")),
        ("excluding", format!("{frequent} -{}", word(1))),
        ("not found", "xyzzyx".to_owned()),
    ];
    let mut group = criterion.benchmark_group("search");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    for (name, query) in &queries {
        for channels in [16, 200] {
            let allowed: Vec<_> = (0..channels).map(channel).chain([channel(250)]).collect();
            let id = BenchmarkId::new(*name, channels);
            group.bench_function(id, |b| {
                let searcher = &index.1;
                b.iter(|| black_box(searcher.search(&resolved(query), &allowed, 0, 60)));
            });
        }
    }
    group.sample_size(20);
    let mut next = 10_000_000;
    let few: Vec<_> = posts(10).collect();
    group.bench_function("commit and reload of ten posts", |b| {
        let (writer, searcher) = &*index;
        let mut writer = writer.borrow_mut();
        b.iter(|| {
            let fresh: Vec<_> = few.iter().cloned().map(|c| renumbered(c, &mut next)).collect();
            writer.apply(&fresh).expect("apply");
            writer.commit(&Positions::default()).expect("commit");
            searcher.reload().expect("reload");
        });
    });
    group.finish();
}

fn renumbered(change: IndexChange, next: &mut u64) -> IndexChange {
    *next += 1;
    match change {
        IndexChange::Add(post) => {
            IndexChange::Add(IndexedPost { post_id: PostId::from_bytes(id(1, *next)), ..post })
        }
        other => other,
    }
}

criterion_group!(benches, indexing, searching);
criterion_main!(benches);
