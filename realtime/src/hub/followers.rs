//! Who follows the threads that are talked in: heard from the log where a thread began while this
//! process listened, read from rows otherwise.

use std::collections::{HashMap, VecDeque};

use domain::Applied;
use events::{ChannelEvent, PostId, UserId};

/// Threads that are remembered.
const THREADS_MAX: usize = 20_000;

#[derive(Debug)]
enum Thread {
    /// Whether each follows of whom anything was ever said.
    Known(HashMap<UserId, bool>),
    /// Its rows are being read; what was said of each since, the last word, and who follows all threads.
    Loading(HashMap<UserId, bool>, Vec<UserId>),
}

#[derive(Debug, Default)]
pub(super) struct Followers {
    threads: HashMap<PostId, Thread>,
    /// As they came; the first goes first.
    order: VecDeque<PostId>,
}

impl Followers {
    /// Which of `users` follow the thread, as far as that is known.
    pub fn of(&self, root: PostId, users: &[UserId]) -> Vec<bool> {
        let thread = self.threads.get(&root);
        let follows = |user: &UserId| match thread {
            Some(Thread::Known(said) | Thread::Loading(said, _)) => said.get(user) == Some(&true),
            None => false,
        };
        users.iter().map(follows).collect()
    }

    pub fn clear(&mut self) {
        self.threads.clear();
        self.order.clear();
    }

    /// Takes in what an event says of threads; answers a root whose followers have to be read.
    pub fn follow(&mut self, event: &ChannelEvent, applied: &Applied) -> Option<PostId> {
        match event {
            ChannelEvent::PostCreated(b) => {
                let author = b.c.author_id;
                let named = applied.members.iter().filter(|member| member.base.is_none());
                let named = named.map(|member| member.user_id).filter(|_| b.c.auto_follow);
                let users: Vec<UserId> = named.chain([author]).collect();
                match &b.c.root {
                    // With its first reply the thread begins for all whom the root concerns.
                    None => {
                        let follow = users.into_iter().map(|user| (user, true)).collect();
                        self.remember(b.c.post_id, Thread::Known(follow));
                    }
                    Some(root) => {
                        return self.answered(root.post_id, &users, &applied.auto_followers);
                    }
                }
            }
            ChannelEvent::PostDeleted(b) => self.forget(b.c.post_id),
            ChannelEvent::ThreadFollowed(b) => self.set(b.c.root_id, b.c.user_id, true),
            ChannelEvent::ThreadUnfollowed(b) => self.set(b.c.root_id, b.c.user_id, false),
            _ => {}
        }
        None
    }

    fn answered(&mut self, root: PostId, users: &[UserId], auto: &[UserId]) -> Option<PostId> {
        let unknown = !self.threads.contains_key(&root);
        if unknown {
            self.remember(root, Thread::Loading(HashMap::new(), Vec::new()));
        }
        match self.threads.get_mut(&root) {
            Some(Thread::Known(said)) => follow_too(said, auto),
            Some(Thread::Loading(_, waiting)) => waiting.extend_from_slice(auto),
            None => {}
        }
        users.iter().for_each(|user| self.set(root, *user, true));
        unknown.then_some(root)
    }

    /// What rows say that hold at least everything up to the reply that asked for them.
    pub fn loaded(&mut self, root: PostId, users: Option<Vec<(UserId, bool)>>) {
        let Some(Thread::Loading(said, auto)) = self.threads.get_mut(&root) else { return };
        let (said, auto) = (std::mem::take(said), std::mem::take(auto));
        let Some(users) = users else { return self.forget(root) };
        let mut known = users.into_iter().collect();
        follow_too(&mut known, &auto);
        self.threads.insert(root, Thread::Known(known));
        said.into_iter().for_each(|(user, follows)| self.set(root, user, follows));
    }

    fn set(&mut self, root: PostId, user: UserId, follows: bool) {
        match self.threads.get_mut(&root) {
            Some(Thread::Known(said) | Thread::Loading(said, _)) => {
                said.insert(user, follows);
            }
            None => {}
        }
    }

    fn remember(&mut self, root: PostId, thread: Thread) {
        if self.threads.insert(root, thread).is_none() {
            self.order.push_back(root);
        }
        while self.order.len() > THREADS_MAX {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.threads.remove(&oldest));
        }
    }

    /// Its place in the order goes too: it would push out a thread that is remembered anew.
    fn forget(&mut self, root: PostId) {
        if self.threads.remove(&root).is_some() {
            self.order.retain(|known| *known != root);
        }
    }
}

/// Unless they ever said otherwise.
fn follow_too(said: &mut HashMap<UserId, bool>, users: &[UserId]) {
    for user in users {
        said.entry(*user).or_insert(true);
    }
}

#[cfg(test)]
mod tests {
    use domain::MemberAfter;
    use events::channel::{Broadcast, PostCreated, PostDeleted, Root};
    use events::thread::ThreadUnfollowed;
    use events::{Body, ChannelId, Id};

    use super::*;

    const ADA: UserId = UserId(Id([1; 16]));
    const BOB: UserId = UserId(Id([2; 16]));
    const ROOT: PostId = PostId(Id([3; 16]));

    fn post(n: u8, author_id: UserId, root: Option<PostId>) -> ChannelEvent {
        let c = PostCreated {
            channel_id: ChannelId::default(),
            post_id: PostId::from_bytes([n; 16]),
            author_id,
            root: root.map(|post_id| Root { post_id, author_id: ADA }),
            mentions: vec![],
            named: vec![],
            broadcast: Broadcast::None,
            files: vec![],
            marks_read: true,
            auto_follow: true,
            set_online: true,
            priority: Default::default(),
        };
        ChannelEvent::PostCreated(Body { c, p: Default::default() })
    }

    fn unfollow(user_id: UserId) -> ChannelEvent {
        let (channel_id, root_id) = (ChannelId::default(), ROOT);
        let c = ThreadUnfollowed { channel_id, root_id, user_id, reply_count: 0 };
        ChannelEvent::ThreadUnfollowed(c.into())
    }

    fn deleted(n: u8) -> ChannelEvent {
        let (channel_id, post_id) = (ChannelId::default(), PostId::from_bytes([n; 16]));
        let c = PostDeleted { channel_id, post_id, author_id: ADA, root_id: None, by: ADA };
        ChannelEvent::PostDeleted(c.into())
    }

    /// Whether Ada and Bob follow the thread.
    fn follow(followers: &Followers) -> [bool; 2] {
        followers.of(ROOT, &[ADA, BOB]).try_into().unwrap()
    }

    #[test]
    fn a_thread_that_was_heard_from_its_beginning_needs_no_rows() {
        let (mut followers, applied) = (Followers::default(), Applied::default());
        assert_eq!(followers.follow(&post(3, ADA, None), &applied), None);
        assert_eq!(followers.follow(&post(4, BOB, Some(ROOT)), &applied), None);
        assert_eq!(follow(&followers), [true, true]);
        followers.follow(&unfollow(ADA), &applied);
        assert_eq!(follow(&followers), [false, true]);
    }

    #[test]
    fn another_is_read_once_and_what_was_said_meanwhile_holds() {
        let (mut followers, applied) = (Followers::default(), Applied::default());
        assert_eq!(followers.follow(&post(4, BOB, Some(ROOT)), &applied), Some(ROOT));
        assert_eq!(followers.follow(&post(5, BOB, Some(ROOT)), &applied), None);
        assert_eq!(follow(&followers), [false, true], "who answered is known before any row");
        followers.follow(&unfollow(BOB), &applied);
        assert_eq!(follow(&followers), [false, false]);
        followers.loaded(ROOT, Some(vec![(ADA, true), (BOB, true)]));
        assert_eq!(follow(&followers), [true, false]);
        followers.clear();
        assert_eq!(followers.follow(&post(6, BOB, Some(ROOT)), &applied), Some(ROOT));
        followers.loaded(ROOT, None);
        assert_eq!(
            followers.follow(&post(7, BOB, Some(ROOT)), &applied),
            Some(ROOT),
            "tried again"
        );
    }

    #[test]
    fn whoever_a_reply_names_is_known_before_any_row() {
        let mut followers = Followers::default();
        let named = MemberAfter { user_id: ADA, mentions: 1, mentions_root: 0, base: None };
        let applied = Applied { members: vec![named], ..Applied::default() };
        assert_eq!(followers.follow(&post(4, BOB, Some(ROOT)), &applied), Some(ROOT));
        assert_eq!(follow(&followers), [true, true]);
    }

    #[test]
    fn who_follows_all_threads_follows_this_one_unless_they_left_it() {
        let auto = Applied { auto_followers: [BOB].into(), ..Applied::default() };
        let (mut followers, applied) = (Followers::default(), Applied::default());
        followers.follow(&post(3, ADA, None), &applied);
        followers.follow(&post(4, ADA, Some(ROOT)), &auto);
        assert_eq!(follow(&followers), [true, true]);
        followers.follow(&unfollow(BOB), &applied);
        followers.follow(&post(5, ADA, Some(ROOT)), &auto);
        assert_eq!(follow(&followers), [true, false], "heard");
        followers.clear();
        followers.follow(&post(6, ADA, Some(ROOT)), &auto);
        followers.loaded(ROOT, Some(vec![(ADA, true), (BOB, false)]));
        followers.follow(&post(7, ADA, Some(ROOT)), &auto);
        assert_eq!(follow(&followers), [true, false], "read");
        followers.clear();
        followers.follow(&post(8, ADA, Some(ROOT)), &applied);
        followers.follow(&post(9, ADA, Some(ROOT)), &auto);
        followers.loaded(ROOT, Some(vec![(ADA, true)]));
        assert_eq!(follow(&followers), [true, true], "while it was read");
    }

    #[test]
    fn what_is_forgotten_keeps_no_place_in_the_order() {
        let (mut followers, applied) = (Followers::default(), Applied::default());
        followers.follow(&post(3, ADA, None), &applied);
        followers.follow(&post(8, ADA, None), &applied);
        followers.follow(&deleted(3), &applied);
        assert_eq!(followers.order, [PostId::from_bytes([8; 16])], "deleted");
        followers.follow(&deleted(8), &applied);
        for n in [4, 5] {
            followers.follow(&post(n, BOB, Some(ROOT)), &applied);
            followers.loaded(ROOT, None);
            assert!(followers.order.is_empty(), "its rows could not be read");
        }
        followers.follow(&post(6, BOB, Some(ROOT)), &applied);
        assert_eq!(followers.order, [ROOT]);
    }
}
