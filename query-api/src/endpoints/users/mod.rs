//! Accounts and what belongs to them.

pub(crate) mod by_ids;
pub(crate) mod by_name;
pub(crate) mod drafts;
pub(crate) mod erasure;
pub(crate) mod group_channels;
pub(crate) mod image;
pub(crate) mod known;
pub(crate) mod list;
pub(crate) mod login_type;
pub(crate) mod one;
pub(crate) mod preferences;
pub(crate) mod saved_posts;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod statuses;
