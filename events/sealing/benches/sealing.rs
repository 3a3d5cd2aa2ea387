//! What sealing costs per post: sealing once, and opening once in each reader; beside the codec that
//! runs anyway.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use event_archive::testing::MemoryStore;
use event_log::testing::MemoryLog;
use event_log::{EventLog, LogReader, ReadLimit};
use events::channel::{ChannelDirectOpened, PostContent, PostCreated};
use events::directory::{NewProfile, UserCreated};
use events::{
    Actor, Body, ChannelEvent, ChannelId, DirectoryEvent, Event, EventId, KeyedHash, Meta,
    Partition, PostId, Topic, UserId,
};
use sealing::{Keys, MasterKeys, ObjectKeyStore, OpenedLog};

const NOW: i64 = 1_790_000_000_000;
const BATCH: u64 = 1_000;

fn post(channel_id: ChannelId, author_id: UserId) -> Event {
    let c = PostCreated {
        channel_id,
        post_id: PostId::random(),
        author_id,
        root: None,
        mentions: Vec::new(),
        named: Vec::new(),
        broadcast: Default::default(),
        files: Vec::new(),
        marks_read: true,
        auto_follow: true,
        set_online: true,
        priority: Default::default(),
    };
    let message = "The release is cut on Thursday; who looks at the migration? ".repeat(4);
    let pending_post_id = format!("{author_id}:1790000000000");
    let p = PostContent { message, pending_post_id, ..PostContent::default() };
    ChannelEvent::from(Body { c, p }).into()
}

fn sealing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (channel, author) = (ChannelId::random(), UserId::random());
    let event = post(channel, author);
    let meta = Meta::new(EventId::random(), channel.0, NOW, 0, Actor::User(author));
    let master = Arc::new(MasterKeys::new(vec![("a".to_owned(), [1; 32])]));
    let store = ObjectKeyStore::open(Arc::new(MemoryStore::new()), master);
    let keys = Keys::new(Arc::new(runtime.block_on(store).expect("a key store")));
    let by = author;
    let begun = ChannelDirectOpened { channel_id: channel, user_ids: vec![by], by };
    let c = UserCreated {
        user_id: author,
        username_hash: KeyedHash::from_bytes([1; 16]),
        email_hash: KeyedHash::from_bytes([2; 16]),
        is_bot: false,
        locale: String::new(),
    };
    let account = DirectoryEvent::from(Body { c, p: NewProfile::default() });
    for event in [account.into(), ChannelEvent::from(Body::from(begun)).into()] {
        runtime.block_on(keys.sealer(&event, NOW)).expect("a key");
    }
    let sealer = runtime.block_on(keys.sealer(&event, NOW)).expect("a key");

    let mut group = criterion.benchmark_group("one post of 240 characters");
    group.bench_function("encode, not sealed", |b| {
        b.iter(|| events::encode("bench", black_box(&meta), black_box(&event)));
    });
    group.bench_function("find the key, seal and encode", |b| {
        b.iter(|| {
            let sealer = futures::executor::block_on(keys.sealer(black_box(&event), NOW));
            sealer.expect("a key").encode("bench", &meta, &event)
        });
    });
    group.finish();

    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let mut group = criterion.benchmark_group("read 1,000 posts");
    group.throughput(Throughput::Elements(BATCH));
    let limit = ReadLimit { records_max: BATCH as usize, bytes_max: 64 << 20 };
    for (name, sealed) in [("not sealed", false), ("sealed", true)] {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        for _ in 0..BATCH {
            let record = match sealed {
                true => sealer.encode("bench", &meta, &event),
                false => events::encode("bench", &meta, &event),
            };
            runtime.block_on(log.append(partition, record)).expect("appended");
        }
        let opened = OpenedLog::new(log, keys.clone());
        group.bench_function(name, |b| {
            b.iter(|| {
                let read = runtime.block_on(opened.read(partition, 0, limit)).expect("records");
                assert_eq!(read.len() as u64, BATCH);
                read
            });
        });
    }
    group.finish();
}

criterion_group!(benches, sealing);
criterion_main!(benches);
