//! Random histories of a small installation. What they say is mostly sensible, and where it is not,
//! the fold makes it void.

mod channels;
mod people;
mod personal;
mod retention;
mod signals;
mod talk;
mod threads;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Applied;
use events::channel::*;
use events::*;
use fold::{FoldSet, Folded};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const WORDS: [&str; 8] = ["tea", "Über", "東京", "#tag", "a\0b", "🎉", "", "it's \"so\""];
const EMOJI: [&str; 3] = ["+1", "tada", "eyes"];

#[derive(Clone, Copy)]
struct Post {
    id: PostId,
    channel: ChannelId,
    author: UserId,
    root: Option<PostId>,
    at: i64,
    deleted: bool,
}

/// A log in the making.
pub struct History {
    rng: StdRng,
    set: FoldSet,
    pub log: BTreeMap<Partition, Vec<SharedRecord>>,
    now_ms: i64,
    users: Vec<UserId>,
    teams: Vec<TeamId>,
    channels: Vec<ChannelId>,
    posts: Vec<Post>,
    files: Vec<(ChannelId, UserId, AttachedFile)>,
    bookmarks: Vec<(ChannelId, BookmarkId)>,
    /// How many commands in a hundred were decided before what stands right before them.
    late_percent: u32,
}

impl History {
    /// A history that its caller writes.
    pub fn empty() -> Self {
        Self {
            rng: StdRng::seed_from_u64(0),
            set: FoldSet::new(),
            log: BTreeMap::new(),
            now_ms: 1_700_000_000_000,
            users: Vec::new(),
            teams: Vec::new(),
            channels: Vec::new(),
            posts: Vec::new(),
            files: Vec::new(),
            bookmarks: Vec::new(),
            late_percent: 0,
        }
    }

    /// `len` random steps from `seed`.
    pub fn random(seed: u64, len: usize) -> Self {
        let mut history = Self::empty();
        history.rng = StdRng::seed_from_u64(seed);
        history.late_percent = 5;
        for _ in 0..3 {
            history.create_user();
        }
        history.create_team();
        history.go_on(len);
        history
    }

    /// `len` more random steps.
    pub fn go_on(&mut self, len: usize) {
        for _ in 0..len {
            self.step();
        }
    }

    fn step(&mut self) {
        match self.rng.random_range(0..100) {
            0..4 => self.create_user(),
            4..8 => self.change_user(),
            8..10 => self.create_team(),
            10..14 => self.join_team(),
            14..15 => self.leave_team(),
            15..16 => self.change_team(),
            16..20 => self.create_channel(),
            20..22 => self.rename_channel(),
            22..25 => self.open_conversation(),
            25..27 => self.change_channel(),
            27..28 => self.change_roles(),
            28..35 => self.join_channel(),
            35..39 => self.leave_channel(),
            39..57 => self.post(),
            57..60 => self.signal(),
            60..66 => self.edit(),
            66..70 => self.delete(),
            70..74 => self.pin(),
            74..82 => self.react(),
            82..85 => self.upload(),
            85..87 => self.schedule(),
            87..90 => self.prefer(),
            90..92 if self.rng.random_bool(0.3) => self.log_in_or_out(),
            90..92 => self.set_status(),
            92..93 => self.retain(),
            93..95 => self.mind_threads(),
            95 => self.notify(),
            96 => self.arrange(),
            97 => self.draft(),
            98 if self.rng.random_bool(0.5) => self.say_of_profile(),
            98 => self.say_status(),
            _ => self.read(),
        }
    }

    fn emit(&mut self, topic: Topic, subject: Id, actor: Option<UserId>, event: Event) -> Folded {
        self.now_ms += self.rng.random_range(-3..2_000);
        let partition = Partition::of(topic, &subject.0);
        let next = self.set.next(partition);
        // Some commands were decided long ago; where that matters they are void.
        let late = self.rng.random_range(0..100) < self.late_percent;
        let behind = if late { self.rng.random_range(0..4) } else { 0 };
        let actor = actor.map_or(Actor::System, Actor::User);
        let id = EventId::from_bytes(self.rng.random());
        let mut meta = Meta::new(id, subject, self.now_ms, next.saturating_sub(behind), actor);
        let keyed = self.rng.random_ratio(1, 5);
        meta.request_hash = keyed.then(|| KeyedHash::from_bytes(self.rng.random()));
        let new = encode("cell", &meta, &event);
        let record = Arc::new(Record {
            partition,
            offset: next,
            appended_ms: self.now_ms + self.rng.random_range(0..5),
            key: new.key,
            headers: new.headers,
            body: new.body,
        });
        self.log.entry(partition).or_default().push(Arc::clone(&record));
        self.set.apply(record).expect("the history holds only known events")
    }

    pub fn directory(&mut self, event: impl Into<DirectoryEvent>) -> Folded {
        self.emit(Topic::Directory, Id::default(), None, Event::Directory(event.into()))
    }

    pub fn channel(&mut self, channel: ChannelId, event: impl Into<ChannelEvent>) -> Folded {
        self.emit(Topic::Channels, channel.0, None, Event::Channels(event.into()))
    }

    /// Everyone who ever signed up.
    pub fn users(&self) -> &[UserId] {
        &self.users
    }

    /// Every team there ever was.
    pub fn teams(&self) -> &[TeamId] {
        &self.teams
    }

    /// Every channel there ever was.
    pub fn channels(&self) -> &[ChannelId] {
        &self.channels
    }

    fn applied(folded: &Folded) -> Option<&Applied> {
        folded.verdict.applied()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.rng.random_range(0..from.len())]) }
    }

    fn user(&mut self) -> UserId {
        let users = self.users.clone();
        self.pick(&users).expect("a history begins with people")
    }

    fn words(&mut self) -> String {
        let len = self.rng.random_range(0..4);
        (0..len).map(|_| WORDS[self.rng.random_range(0..WORDS.len())]).collect::<Vec<_>>().join(" ")
    }

    fn hash(&mut self) -> KeyedHash {
        // Few, so that some names are taken.
        KeyedHash::from_bytes([self.rng.random_range(0..40); 16])
    }
}
