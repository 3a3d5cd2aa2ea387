//! What can be asked, by subject. All are methods of [`crate::Reader`]; each is one statement and
//! therefore one snapshot. Only drafts and scheduled posts are read in two: the ids of their files stand
//! in JSON, as clients spell them. The second statement asks by itself whose the files are, so that a file
//! which somebody loses or sends in between is missing, and none is shown that is not theirs.

mod acknowledgements;
mod bookmarks;
mod channel_lists;
mod channel_members;
mod channels;
mod channels_found;
mod custom_statuses;
mod drafts;
mod files;
mod followed;
mod frames;
mod linked;
mod people;
mod personal;
mod positioned;
mod post_as_of;
mod post_commands;
mod post_head;
mod post_history;
mod post_info;
mod post_pages;
mod post_sql;
mod posts;
mod profiles;
mod requests;
mod retention;
mod said;
mod saved;
mod scheduled_posts;
mod session_devices;
mod sidebar;
mod teams;
mod thread_frames;
mod threads;
mod urgent;
mod users;

pub use bookmarks::{BookmarkView, BookmarksOfCommand};
pub use channel_members::{ChannelMemberView, TeamOfChannel};
pub use channels::ChannelView;
pub use channels_found::{Archived, ChannelOfTeam, ChannelsQuery};
pub use drafts::DraftView;
pub use files::{FileOfCommand, FileView};
pub use followed::{FollowedQuery, FollowedThread, FollowedTotals, ThreadMark, ThreadsOfTeam};
pub use linked::LinkedPostView;
pub use people::{PeopleOrder, PeopleQuery};
pub use positioned::{OwnAccount, Positioned};
pub use post_as_of::{AsOfQuery, PostPageAsOf, PostViewAsOf};
pub use post_commands::{PostOfCommand, UnreadFrom};
pub use post_head::{OfPost, PostHead};
pub use post_history::{HistoryOf, PostHistory};
pub use post_info::PostPlace;
pub use post_pages::{PostPage, PostView};
pub use post_sql::Replies;
pub use requests::KeyedRequest;
pub use retention::{PastCounts, PastRows, latest_of_piece};
pub use said::{PostSaid, PostsSaid, SaidWords};
pub use saved::SavedQuery;
pub use scheduled_posts::ScheduledPostView;
pub use sidebar::SidebarRows;
pub use teams::MemberOrder;
pub use thread_frames::{RootView, ToldFollower, TouchedThreads};
pub use threads::{Thread, ThreadDirection, ThreadQuery};
pub use users::Credentials;
