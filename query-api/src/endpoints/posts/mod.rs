//! Posts: by page, by thread, one by one, by search.

pub(crate) mod around_unread;
pub(crate) mod as_of;
pub(crate) mod by_ids;
pub(crate) mod history;
pub(crate) mod info;
pub(crate) mod of_channel;
pub(crate) mod one;
pub(crate) mod pinned;
pub(crate) mod reactions;
pub(crate) mod scheduled;
pub(crate) mod search;
pub(crate) mod thread;
