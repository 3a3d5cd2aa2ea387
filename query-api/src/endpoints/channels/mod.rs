//! Channels, their members, what is unread in them.

pub(crate) mod bookmarks;
pub(crate) mod categories;
pub(crate) mod members;
pub(crate) mod memberships;
pub(crate) mod moderations;
pub(crate) mod of_team;
pub(crate) mod of_user;
pub(crate) mod one;
pub(crate) mod search;
pub(crate) mod stats;
