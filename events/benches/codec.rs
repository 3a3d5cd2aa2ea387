//! What it costs to write and to read one `post.created`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use events::channel::{Broadcast, PostContent, PostCreated, Root};
use events::{
    Actor, Body, ChannelId, Event, EventId, Id, Meta, NewRecord, Partition, PostId, Record, Topic,
    UserId, decode, encode,
};

const SOURCE: &str = "nottermost/cell-1";

/// A reply of 120 characters that names two people, traced and sent over a socket's connection.
fn post() -> (Meta, Event) {
    let channel_id = ChannelId(Id([7; 16]));
    let author_id = UserId::from_bytes([9; 16]);
    let mut meta = Meta::new(
        EventId::pending_post(author_id, channel_id, "pending"),
        channel_id.0,
        1_767_225_600_123,
        4_711,
        Actor::User(author_id),
    );
    meta.request_id = Some(Id([1; 16]).to_string());
    meta.connection_id = Some(Id([2; 16]).to_string());
    meta.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let body = Body {
        c: PostCreated {
            channel_id,
            post_id: PostId::from_bytes([3; 16]),
            author_id,
            root: Some(Root { post_id: PostId::from_bytes([4; 16]), author_id }),
            mentions: vec![UserId::from_bytes([5; 16]), UserId::from_bytes([6; 16])],
            named: Vec::new(),
            broadcast: Broadcast::None,
            files: Vec::new(),
            marks_read: true,
            auto_follow: true,
            set_online: true,
            priority: Default::default(),
        },
        p: PostContent {
            message: "Twelve words make a message of about usual length. ".repeat(3)[..120]
                .to_owned(),
            pending_post_id: Id([8; 16]).to_string(),
            ..PostContent::default()
        },
    };
    (meta, events::ChannelEvent::from(body).into())
}

/// As the embedded log hands it back.
fn stored(new: NewRecord) -> Record {
    let partition = Partition::of(Topic::Channels, &new.key);
    Record {
        partition,
        offset: 42,
        appended_ms: 1_767_225_600_125,
        key: new.key,
        headers: new.headers,
        body: new.body,
    }
}

fn codec(c: &mut Criterion) {
    let (meta, event) = post();
    let record = stored(encode(SOURCE, &meta, &event));
    let mut group = c.benchmark_group("post.created");
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode", |b| {
        b.iter(|| encode(SOURCE, black_box(&meta), black_box(&event)));
    });
    group.bench_function("decode", |b| {
        b.iter(|| decode(black_box(&record)).expect("what encode wrote decodes"));
    });
    group.bench_function("decode the body", |b| {
        b.iter(|| {
            let body = black_box(&record.body);
            Event::decode(Topic::Channels, "post.created", 1, body)
                .expect("what encode wrote decodes")
        });
    });
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
