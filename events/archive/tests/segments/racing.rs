//! Two archivers of one partition, killed anywhere: one chain.

use std::sync::Arc;
use std::task::{Context, Poll};

use event_archive::segments::Archived;
use futures::future::BoxFuture;
use futures::task::noop_waker_ref;
use futures::{FutureExt, TryStreamExt};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::sample::{PARTITION, archive, archive_to_end, log, read_all};
use crate::stepping::Stepping;

const RECORDS: usize = 24;

struct Race {
    store: Stepping,
    log: Arc<[Archived]>,
    lengths: [Vec<usize>; 2],
    archivers: [Option<BoxFuture<'static, ()>>; 2],
}

impl Race {
    fn new(lengths: [Vec<usize>; 2]) -> Self {
        let (store, log) = (Stepping::default(), log(PARTITION, RECORDS).into());
        let mut race = Self { store, log, lengths, archivers: [None, None] };
        race.restart(0);
        race.restart(1);
        race
    }

    /// Kills an archiver where it stands; another begins in its place.
    fn restart(&mut self, which: usize) {
        let archive = archive(&Arc::new(self.store.clone()));
        let archiver = archive_to_end(archive, Arc::clone(&self.log), self.lengths[which].clone());
        self.archivers[which] = Some(archiver.boxed());
    }

    /// Lets an archiver go on to its next pause; false: it is done.
    fn step(&mut self, which: usize) -> bool {
        let Some(archiver) = &mut self.archivers[which] else { return false };
        let pauses = self.store.pauses();
        while archiver.poll_unpin(&mut Context::from_waker(noop_waker_ref())) == Poll::Pending {
            if self.store.pauses() > pauses {
                return true;
            }
            // It compresses, on another thread.
            std::thread::yield_now();
        }
        self.archivers[which] = None;
        false
    }

    fn act(&mut self, action: u8) {
        let which = usize::from(action & 1);
        match action >> 1 {
            0..6 => self.restart(which),
            6..12 => self.store.lose_answer(),
            _ => drop(self.step(which)),
        }
    }

    fn finish(&mut self) {
        while self.step(0) | self.step(1) {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn two_archivers_make_one_chain_wherever_they_die(
        lengths in [vec(1..7_usize, 1..5), vec(1..7_usize, 1..5)],
        actions in vec(any::<u8>(), 0..150),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut race = Race::new(lengths);
        let entered = runtime.enter();
        for action in actions {
            race.act(action);
        }
        race.finish();
        drop(entered);
        runtime.block_on(async {
            let archive = archive(&race.store.inner());
            assert_eq!(read_all(&archive, PARTITION).await, race.log.to_vec());
            let heads: Vec<_> = archive.manifests(PARTITION).try_collect().await.unwrap();
            for pair in heads.windows(2) {
                assert_eq!(pair[0].end().next_offset, pair[1].manifest.first_offset);
                assert_eq!(Some(pair[0].link()), pair[1].manifest.previous);
            }
            assert_eq!(heads.iter().map(|head| head.manifest.count).sum::<u64>(), RECORDS as u64);
            let report = archive.verify(&[], &mut ()).await.unwrap();
            assert!(report.is_sound(), "{report:?}");
        });
    }
}
