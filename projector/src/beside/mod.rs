//! A second version of rows and index beside the one that serves: made, compared, put in its place, put
//! back.
//!
//! Owns what operators wish for ([`Wishes`]), what may follow what ([`decide`]), the names of the versions
//! ([`Versions`]) and the task that fulfils the wishes. It must never touch the version that serves but to
//! swap it, whole, at one position, with another.

mod keeper;
mod swap;
mod versions;
mod wish;
mod wishes;

pub(crate) use keeper::Keeper;
pub use versions::{Version, Versions};
pub use wish::{Beside, Refusal, Step, Wish, decide};
pub use wishes::{Asked, Outcome, Progressing, Refused, Wishes};
