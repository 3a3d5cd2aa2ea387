//! Replay into the fold: records of posts in 16 channels, decoded and judged.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use events::channel::{Broadcast, ChannelCreated, NewMember, PostContent, PostCreated};
use events::directory::ChannelType;
use events::{
    Actor, Body, ChannelEvent, ChannelId, EventId, Id, Meta, Partition, PostId, Record,
    SharedRecord, TeamId, Topic, UserId,
};
use fold::FoldSet;

const CHANNELS: u8 = 16;
const MEMBERS: u8 = 100;
const POSTS: u64 = 20_000;

fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

fn channel(n: u8) -> ChannelId {
    ChannelId::from_bytes([n; 16])
}

struct Log {
    records: Vec<SharedRecord>,
    ends: std::collections::BTreeMap<Partition, u64>,
}

impl Log {
    fn push(&mut self, subject: Id, id: u64, event: ChannelEvent) {
        let partition = Partition::of(Topic::Channels, &subject.0);
        let offset = self.ends.entry(partition).or_default();
        let id = EventId(Id::derived("bench", &[&id.to_be_bytes()]));
        let now_ms = 1_700_000_000_000 + *offset as i64;
        let meta = Meta::new(id, subject, now_ms, *offset, Actor::System);
        let new = events::encode("bench", &meta, &event.into());
        let (key, headers, body) = (new.key, new.headers, new.body);
        let record = Record { partition, offset: *offset, appended_ms: now_ms, key, headers, body };
        *offset += 1;
        self.records.push(Arc::new(record));
    }
}

fn created(n: u8) -> ChannelEvent {
    let members = (0..MEMBERS)
        .map(|m| NewMember { user_id: user(m), generation: 1, scheme_admin: false })
        .collect();
    let c = ChannelCreated {
        channel_id: channel(n),
        team_id: TeamId::default(),
        r#type: ChannelType::Open,
        display_name: format!("Channel {n}"),
        header: String::new(),
        purpose: String::new(),
        creator_id: Some(user(0)),
        is_default: false,
        members,
    };
    Body::from(c).into()
}

fn post(n: u64) -> ChannelEvent {
    let c = PostCreated {
        channel_id: channel((n % u64::from(CHANNELS)) as u8),
        post_id: PostId(Id::derived("post", &[&n.to_be_bytes()])),
        author_id: user((n % u64::from(MEMBERS)) as u8),
        root: None,
        mentions: Vec::new(),
        named: Vec::new(),
        broadcast: Broadcast::None,
        files: Vec::new(),
        marks_read: true,
        auto_follow: true,
        set_online: true,
        priority: Default::default(),
    };
    let message = "the quick brown fox jumps over the lazy dog".to_owned();
    Body { c, p: PostContent { message, ..PostContent::default() } }.into()
}

fn log() -> Vec<SharedRecord> {
    let mut log = Log { records: Vec::new(), ends: Default::default() };
    for n in 0..CHANNELS {
        log.push(channel(n).0, u64::MAX - u64::from(n), created(n));
    }
    for n in 0..POSTS {
        let channel = channel((n % u64::from(CHANNELS)) as u8);
        log.push(channel.0, n, post(n));
    }
    log.records
}

fn replay(criterion: &mut Criterion) {
    let records = log();
    let mut group = criterion.benchmark_group("replay into the fold");
    group.throughput(Throughput::Elements(records.len() as u64)).sample_size(20);
    group.bench_function("posts, one thread", |bencher| {
        bencher.iter_batched(
            FoldSet::new,
            |set| {
                for record in &records {
                    black_box(set.apply(Arc::clone(record)).expect("the next record"));
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
