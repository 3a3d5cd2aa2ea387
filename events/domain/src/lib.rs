//! The rules: state, admission, effects, decisions. One file per aggregate.
//!
//! Owns what a record means at its position, the same for every consumer and for ever. Pure and
//! synchronous: it must never do I/O, know a clock, make an id, or iterate in hash order. To add an
//! event: its rule in `admit`, its effect in `evolve` and, where it touches posts, its row in the
//! tables of touches and conflicts.

mod aggregate;
pub mod bookmarks;
pub mod channel;
pub mod commands;
pub mod directory;
pub mod drafts;
pub mod errands;
pub mod faults;
pub mod notify;
pub mod permissions;
pub mod pictures;
pub mod profile;
pub mod retention;
pub mod rights;
pub mod sidebar;
pub mod user;
mod verdict;
mod window;

pub use aggregate::{Aggregate, Control, FoldError, Judged, PartitionFold, RULES_KNOWN};
pub use bookmarks::{BOOKMARKS_MAX, Bookmark, Bookmarks};
pub use channel::{Channel, Channels, Member};
pub use directory::{Account, ChannelName, Directory, Team, TeamMembership};
pub use pictures::{Emoji, Pictures, TeamIcon};
pub use profile::{HeldField, ProfileFields};
pub use retention::{Hold, Kept, Past, Policy, Retention};
pub use user::{Marker, Readstate, Session, USE_NOTED_EVERY_MS, Users};
pub use verdict::{Applied, Base, ChannelAfter, MemberAfter, Outcome, Refusal, Verdict, Void};
pub use window::{Conflicts, Kinds, TouchKind, Touches, Window, WindowLimits};
