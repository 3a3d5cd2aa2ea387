//! What a batch touches, until the rows are read for all of it together.

use std::collections::BTreeMap;

use events::{Partition, Position};

#[derive(Debug)]
pub(super) struct Touched<T> {
    /// The latest of each partition: rows are read behind it.
    positions: BTreeMap<Partition, Position>,
    touched: Vec<T>,
}

impl<T> Default for Touched<T> {
    fn default() -> Self {
        Self { positions: BTreeMap::new(), touched: Vec::new() }
    }
}

impl<T> Touched<T> {
    pub fn touch(&mut self, position: Position, touched: T) {
        self.positions.insert(position.partition, position);
        self.touched.push(touched);
    }

    pub fn into_parts(self) -> (Vec<Position>, Vec<T>) {
        (self.positions.into_values().collect(), self.touched)
    }
}
