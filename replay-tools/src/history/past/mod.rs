//! What was: state with the times and words that the fold does without, made from applied events.

mod channel;
mod directory;
mod post;
pub(crate) mod read;

pub(crate) use channel::{ChannelPast, MemberPast};
pub(crate) use directory::{AccountPast, DirectoryPast, TeamPast};
pub(crate) use post::{PostPast, Version};
