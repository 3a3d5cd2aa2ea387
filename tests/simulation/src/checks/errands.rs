//! Posts for later: each is said once, or not at all and its writer is told so.

use std::collections::{BTreeMap, BTreeSet};

use events::{ChannelEvent, Event, PostId, ScheduledPostId, UserEvent};

use super::{Story, ensure};
use crate::errands::post_id;

/// How many posts were said that somebody had written for later.
pub fn posts_for_later(story: &Story) -> usize {
    let mut ids = BTreeSet::new();
    for (_, _, event, _) in story.applied() {
        if let Event::Users(UserEvent::ScheduledPostFired(b)) = event {
            ids.insert(post_id(b.c.scheduled_id, b.c.said_at));
        }
    }
    let said = |event: &Event| match event {
        Event::Channels(ChannelEvent::PostCreated(b)) => ids.contains(&b.c.post_id),
        _ => false,
    };
    story.applied().filter(|(_, _, event, _)| said(event)).count()
}

/// A frozen producer's append may land after somebody else has given up: what failed may have been said,
/// but nothing is ever said twice, and what counts as sent was said.
pub fn are_done_once(story: &Story) -> Result<(), String> {
    let mut said = BTreeMap::<PostId, usize>::new();
    for (_, _, event, _) in story.applied() {
        if let Event::Channels(ChannelEvent::PostCreated(b)) = event {
            *said.entry(b.c.post_id).or_default() += 1;
        }
    }
    let times = |id: PostId| said.get(&id).copied().unwrap_or(0);
    let mut fired = BTreeMap::<ScheduledPostId, u64>::new();
    let (mut open, mut asked) = (BTreeSet::new(), BTreeMap::<ScheduledPostId, u64>::new());
    for (folded, _, event, _) in story.applied() {
        let Event::Users(event) = event else { continue };
        match event {
            UserEvent::ScheduledPostCreated(b) => {
                asked.insert(b.c.scheduled_id, folded.record.offset);
            }
            UserEvent::ScheduledPostChanged(b) => {
                asked.insert(b.c.scheduled_id, folded.record.offset);
            }
            UserEvent::ScheduledPostFired(b) => {
                let id = b.c.scheduled_id;
                let last = asked.get(&id) == Some(&b.c.said_at);
                ensure(last, || format!("{id} is fired as it was said before"))?;
                let once = fired.insert(id, b.c.said_at) != Some(b.c.said_at);
                ensure(once && open.insert(id), || format!("{id} is fired twice"))?;
                let post = post_id(id, b.c.said_at);
                ensure(times(post) <= 1, || format!("{id} is said {} times", times(post)))?;
            }
            UserEvent::ScheduledPostSent(b) => {
                let id = b.c.scheduled_id;
                open.remove(&id);
                ensure(times(b.c.post_id) == 1, || format!("{id} counts as sent and is not"))?;
            }
            UserEvent::ScheduledPostFailed(b) => drop(open.remove(&b.c.scheduled_id)),
            UserEvent::ScheduledPostDeleted(b) => {
                let id = b.c.scheduled_id;
                ensure(!open.contains(&id), || format!("{id} is deleted while it is sent"))?;
            }
            _ => {}
        }
    }
    ensure(open.is_empty(), || format!("{} were fired and left", open.len()))
}
