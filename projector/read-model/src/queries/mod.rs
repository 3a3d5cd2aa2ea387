//! What can be asked, by subject. All are methods of [`crate::Reader`]; each is one statement and
//! therefore one snapshot.

mod channel_members;
mod channels;
mod custom_statuses;
mod drafts;
mod files;
mod frames;
mod people;
mod personal;
mod positioned;
mod post_commands;
mod post_history;
mod post_pages;
mod post_sql;
mod posts;
mod requests;
mod retention;
mod said;
mod saved;
mod sidebar;
mod teams;
mod threads;
mod users;

pub use channel_members::{ChannelMemberView, TeamOfChannel};
pub use channels::ChannelView;
pub use drafts::DraftView;
pub use files::FileOfCommand;
pub use people::{PeopleOrder, PeopleQuery};
pub use positioned::Positioned;
pub use post_commands::{PostOfCommand, UnreadFrom};
pub use post_history::{HistoryOf, PostHistory};
pub use post_pages::{PostPage, PostView};
pub use requests::KeyedRequest;
pub use retention::{PastCounts, PastRows};
pub use said::{PostSaid, PostsSaid, SaidWords};
pub use saved::SavedQuery;
pub use sidebar::SidebarRows;
pub use threads::{Thread, ThreadDirection, ThreadQuery};
pub use users::Credentials;
