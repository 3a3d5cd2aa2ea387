//! The end of an erasure: a key goes once all that it seals is erased, and is said to be gone once it is.

use std::collections::BTreeMap;

use events::{DirectoryEvent, Event, Partition, ReadstateEvent, UserEvent, UserId};

use super::{Story, ensure};
use crate::world::World;

pub fn are_complete(world: &World, story: &Story) -> Result<(), String> {
    let mut erased = BTreeMap::<(Partition, UserId), u64>::new();
    for (folded, _, event, _) in story.applied() {
        let user = match event {
            Event::Users(UserEvent::UserStateErased(b)) => b.c.user_id,
            Event::Readstate(ReadstateEvent::DraftsErased(b)) => b.c.user_id,
            _ => continue,
        };
        erased.insert((folded.record.partition, user), folded.record.offset);
    }
    for (user, ends) in &world.keys_destroyed {
        for (partition, end) in ends {
            let before = erased.get(&(*partition, *user)).is_some_and(|offset| offset < end);
            ensure(before, || {
                format!("the key of {user} is destroyed before {partition} has erased them")
            })?;
        }
    }
    for (_, _, event, _) in story.applied() {
        if let Event::Directory(DirectoryEvent::UserKeyDestroyed(b)) = event {
            let user = b.c.user_id;
            let is_gone = world.keys_destroyed.contains_key(&user);
            ensure(is_gone, || format!("the key of {user} is said to be gone and is there"))?;
        }
    }
    Ok(())
}
