//! What must be true when the world has come to rest: a naive reading of the log against what clients
//! were told, what the rows say, and what the states hold.

mod access;
mod answers;
mod archive;
mod drafts;
mod erasures;
mod errands;
mod rows;
mod rules;
mod sidebar;
mod threads;
mod unread;

use std::collections::BTreeMap;

use domain::Applied;
use events::{Event, Meta, Partition};
use fold::Folded;

use crate::node::Node;
use crate::world::World;

/// Fails with `message` unless `holds`.
fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// Everything in the log with its verdict, by a node that folded it all in order.
struct Story {
    node: Node,
    folded: Vec<Folded>,
    /// The fold behind each record.
    hashes: BTreeMap<(Partition, u64), u128>,
}

type Told<'s> = (&'s Folded, &'s Meta, &'s Event, &'s Applied);

impl Story {
    fn read(world: &World) -> Result<Self, String> {
        let node = Node::new(&world.profile, 0);
        let (mut folded, mut hashes) = (Vec::new(), BTreeMap::new());
        for partition in world.log.partitions() {
            while let Some(next) = node.fold_one(&world.log, partition)? {
                let behind = next.record.offset + 1;
                hashes.insert((partition, behind), node.set.hash(partition));
                folded.push(next);
            }
        }
        Ok(Self { node, folded, hashes })
    }

    /// What stands in one partition, in order.
    fn folded_of(&self, partition: Partition) -> Vec<&Folded> {
        self.folded.iter().filter(|folded| folded.record.partition == partition).collect()
    }

    fn applied(&self) -> impl Iterator<Item = Told<'_>> {
        self.folded.iter().filter_map(|folded| {
            let (meta, event, applied) = folded.applied()?;
            Some((folded, meta, event, applied))
        })
    }
}

/// All of them.
pub fn at_rest(world: &World) -> Result<(), String> {
    world.hashes_agree()?;
    let story = Story::read(world)?;
    verdicts_stand(world, &story)?;
    answers::are_true(world, &story)?;
    rules::hold(&story)?;
    errands::are_done_once(world, &story)?;
    erasures::are_complete(world, &story)?;
    access::ended_stays_ended(world, &story)?;
    access::sessions(world, &story)?;
    rows::tell_the_log(world, &story)?;
    rows::tell_the_answers(world, &story)?;
    unread::numbers(world, &story)?;
    threads::tell_the_log(world, &story)?;
    drafts::tell_the_log(world, &story)?;
    sidebar::tell_the_log(world, &story)?;
    archive::is_the_log(world, &story)
}

fn verdicts_stand(world: &World, story: &Story) -> Result<(), String> {
    let mut verdicts = world.verdicts.clone();
    story.folded.iter().try_for_each(|folded| crate::node::agreed(&mut verdicts, folded))
}
