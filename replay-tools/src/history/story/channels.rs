//! What happened in a channel, in words.

use domain::Applied;
use events::bookmark::BookmarkContent;
use events::channel::{
    AttachedFile, ChannelCreated, ChannelMemberRemoved, ChannelMembersAdded, ChannelModerated,
    ChannelSettingsChanged, LeftBecause, Moderatee, PostContent, PostCreated, PostDeleted,
    PostEdited,
};
use events::directory::{ChannelType, JoinedVia};
use events::retention::ChannelPostsExpired;
use events::{Actor, Body, ChannelEvent, PostId, UserId};

use crate::history::moment::Instant;
use crate::history::names::Names;
use crate::history::past::ChannelPast;
use crate::history::source::Entry;
use crate::history::text::{plain, quoted};

/// Tells what an event does to a channel that was `past` before.
pub(super) struct ChannelTeller<'t> {
    pub names: &'t Names,
    pub past: &'t ChannelPast,
    /// The post that the story is about.
    pub focus: Option<PostId>,
    pub at: i64,
}

impl ChannelTeller<'_> {
    /// None: it says nothing to people.
    pub fn told(&self, entry: &Entry, event: &ChannelEvent, joined: &[UserId]) -> Option<String> {
        use ChannelEvent as E;
        let actor = self.actor(entry);
        Some(match event {
            E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => return None,
            E::ChannelCreated(b) => self.created(&b.c),
            E::ChannelDirectOpened(b) => self.opened("direct", b.c.by, &b.c.user_ids),
            E::ChannelGroupOpened(b) => self.opened("group", b.c.by, &b.c.user_ids),
            E::ChannelSettingsChanged(b) => self.settings(&actor, &b.c),
            E::ChannelPrivacyChanged(b) => {
                let kind = if b.c.r#type == ChannelType::Private { "private" } else { "open" };
                format!("{actor} made {} {kind}", self.here())
            }
            E::ChannelArchived(_) => format!("{actor} archived {}", self.here()),
            E::ChannelRestored(_) => format!("{actor} restored {}", self.here()),
            E::ChannelMembersAdded(b) => self.added(&b.c, joined, entry.opened.verdict.applied()),
            E::ChannelMemberRemoved(b) => self.removed(&b.c),
            E::ChannelMemberRolesChanged(b) => {
                let (who, here) = (self.person(b.c.user_id), self.here());
                if b.c.scheme_admin {
                    format!("{actor} made {who} an administrator of {here}")
                } else {
                    format!("{actor} ended that {who} is an administrator of {here}")
                }
            }
            E::ChannelModerated(b) => self.moderated(&actor, &b.c),
            E::PostCreated(b) => self.posted(&b.c, &b.p),
            E::PostEdited(b) => self.edited(&actor, b),
            E::PostDeleted(b) => self.deleted(&b.c)?,
            E::PostPinned(b) => {
                format!("{} pinned {}", self.person(b.c.by), self.post(b.c.post_id))
            }
            E::PostUnpinned(b) => {
                format!("{} unpinned {}", self.person(b.c.by), self.post(b.c.post_id))
            }
            E::ReactionAdded(b) => format!(
                "{} put :{}: on {}",
                self.person(b.c.user_id),
                plain(&b.c.emoji_name),
                self.post(b.c.post_id)
            ),
            E::ReactionRemoved(b) => format!(
                "{} took :{}: from {}",
                self.person(b.c.user_id),
                plain(&b.c.emoji_name),
                self.post(b.c.post_id)
            ),
            E::PostAcknowledged(b) => {
                format!("{} acknowledged {}", self.person(b.c.user_id), self.post(b.c.post_id))
            }
            E::PostAcknowledgementRemoved(b) => {
                let person = self.person(b.c.user_id);
                format!("{person} no longer acknowledges {}", self.post(b.c.post_id))
            }
            E::BookmarkCreated(b) => {
                format!(
                    "{actor} bookmarked {} in {}",
                    self.bookmark(&b.p, b.c.owner_id),
                    self.here()
                )
            }
            E::BookmarkChanged(b) => {
                let shown = self.bookmark(&b.p, b.c.owner_id);
                format!("{actor} changed a bookmark of {} to {shown}", self.here())
            }
            E::BookmarkDeleted(b) => {
                format!("{actor} deleted the bookmark {} of {}", b.c.bookmark_id, self.here())
            }
            E::BookmarkMoved(b) => {
                format!("{actor} moved the bookmark {} of {}", b.c.bookmark_id, self.here())
            }
            E::FileUploaded(b) => format!(
                "{} uploaded the file {} of {} bytes ({}) to {}",
                self.person(b.c.owner_id),
                self.said(b.c.owner_id, &b.p.name),
                b.c.file.size,
                b.c.file.file_id,
                self.here()
            ),
            E::ChannelAuthorErased(b) => self.erased(b.c.user_id)?,
            E::ChannelPostsExpired(b) => self.expired(&b.c)?,
            E::ChannelKeyAdvanced(b) if self.focus.is_none() => {
                let until = Instant(b.c.sealed_from).rfc3339();
                format!("the keys of {} of before {until} were destroyed", self.here())
            }
            E::ChannelKeyAdvanced(_) => return None,
            E::ThreadFollowed(b) => {
                format!("{} follows {}", self.person(b.c.user_id), self.post(b.c.root_id))
            }
            E::ThreadUnfollowed(b) => {
                let person = self.person(b.c.user_id);
                format!("{person} no longer follows {}", self.post(b.c.root_id))
            }
            E::ChannelMemberNotifyChanged(b) => {
                let set = b.c.notify_props.iter().map(|(name, value)| format!("{name} = {value}"));
                let set: Vec<String> = set.map(|set| plain(&set)).collect();
                let (who, here) = (self.person(b.c.user_id), self.here());
                format!("{who} chose how to be told of {here}: {}", set.join(", "))
            }
        })
    }

    fn actor(&self, entry: &Entry) -> String {
        match entry.opened.decoded.as_ref().map(|(meta, _)| meta.actor) {
            Some(Actor::User(user)) => self.person(user),
            Some(Actor::System) | None => "the system".to_owned(),
        }
    }

    fn person(&self, user: UserId) -> String {
        self.names.person(user, self.at)
    }

    fn here(&self) -> String {
        self.names.channel(self.past.id, self.at)
    }

    fn post(&self, post: PostId) -> String {
        if self.focus == Some(post) { "it".to_owned() } else { format!("the post {post}") }
    }

    fn said(&self, author: UserId, text: &str) -> String {
        self.names.said(author, text)
    }

    fn bookmark(&self, shown: &BookmarkContent, owner: UserId) -> String {
        let name = self.said(owner, &shown.display_name);
        if shown.link_url.is_empty() {
            return name;
        }
        format!("{name}, {}", self.said(owner, &shown.link_url))
    }

    fn created(&self, c: &ChannelCreated) -> String {
        let kind = if c.r#type == ChannelType::Private { "private" } else { "open" };
        let by = c.creator_id.map_or_else(|| "the team".to_owned(), |by| self.person(by));
        let members = self.names.people(c.members.iter().map(|m| m.user_id), self.at);
        let (here, name) = (self.here(), quoted(&c.display_name));
        format!("{by} created the {kind} channel {here}, {name}, with {members}")
    }

    fn opened(&self, kind: &str, by: UserId, users: &[UserId]) -> String {
        let with = self.names.people(users.iter().copied().filter(|user| *user != by), self.at);
        format!("{} opened the {kind} {} with {with}", self.person(by), self.here())
    }

    fn settings(&self, actor: &str, c: &ChannelSettingsChanged) -> String {
        let changed = [
            ("display name", &self.past.display_name, &c.display_name),
            ("header", &self.past.header, &c.header),
            ("purpose", &self.past.purpose, &c.purpose),
        ];
        let changes: Vec<String> = changed
            .into_iter()
            .filter_map(|(what, old, new)| {
                let new = new.as_ref()?;
                Some(format!("the {what} from {} to {}", quoted(old), quoted(new)))
            })
            .collect();
        format!("{actor} changed of {} {}", self.here(), changes.join(", "))
    }

    fn moderated(&self, actor: &str, c: &ChannelModerated) -> String {
        let changes = c.changes.iter().map(|change| {
            let whom = match change.whom {
                Moderatee::Members => "members",
                Moderatee::Guests => "guests",
            };
            let may = if change.allowed { "may" } else { "may not" };
            format!("{whom} {may} {}", change.what.name())
        });
        format!("{actor} moderated {}: {}", self.here(), changes.collect::<Vec<_>>().join(", "))
    }

    fn added(
        &self,
        c: &ChannelMembersAdded,
        joined: &[UserId],
        applied: Option<&Applied>,
    ) -> String {
        let listed = c.members.iter().map(|member| member.user_id);
        let who = match applied {
            Some(_) => self.names.people(joined.iter().copied(), self.at),
            None => self.names.people(listed, self.at),
        };
        match c.via {
            JoinedVia::Join => format!("{who} joined {}", self.here()),
            JoinedVia::Add => format!("{} added {who} to {}", self.person(c.by), self.here()),
            JoinedVia::Step => format!("{who} came into {} with the team", self.here()),
        }
    }

    fn removed(&self, c: &ChannelMemberRemoved) -> String {
        let (who, here) = (self.person(c.user_id), self.here());
        match c.because {
            LeftBecause::Left => format!("{who} left {here}"),
            LeftBecause::Removed => format!("{} removed {who} from {here}", self.person(c.by)),
            LeftBecause::TeamEnded => {
                format!("{who} is out of {here}: the membership of the team ended")
            }
        }
    }

    fn posted(&self, c: &PostCreated, p: &PostContent) -> String {
        let (author, text) = (self.person(c.author_id), self.said(c.author_id, &p.message));
        let files = self.files(c.author_id, &c.files, p);
        let here = self.here();
        match &c.root {
            None if self.focus == Some(c.post_id) => {
                format!("{author} posted it in {here}: {text}{files}")
            }
            None => format!("{author} posted {} in {here}: {text}{files}", c.post_id),
            Some(root) => format!(
                "{author} replied to {} in {here} with {}: {text}{files}",
                self.post(root.post_id),
                if self.focus == Some(c.post_id) { "it".to_owned() } else { c.post_id.to_string() },
            ),
        }
    }

    fn files(&self, author: UserId, files: &[AttachedFile], p: &PostContent) -> String {
        let named = files.iter().enumerate().map(|(n, file)| {
            let name = self.said(author, p.file_names.get(n).map_or("", String::as_str));
            format!("{name} ({})", file.file_id)
        });
        let named: Vec<String> = named.collect();
        if named.is_empty() { String::new() } else { format!(", with {}", named.join(", ")) }
    }

    fn edited(&self, actor: &str, b: &Body<PostEdited>) -> String {
        let old = self.past.posts.get(&b.c.post_id).map(|post| post.latest().message.as_str());
        let new = self.said(b.c.author_id, &b.p.message);
        let files = self.files(b.c.author_id, &b.c.files, &b.p);
        let post = self.post(b.c.post_id);
        match old {
            Some(old) => {
                let old = self.said(b.c.author_id, old);
                format!("{actor} edited {post}: {old} → {new}{files}")
            }
            None => format!("{actor} edited {post} to {new}{files}"),
        }
    }

    fn deleted(&self, c: &PostDeleted) -> Option<String> {
        let by = self.person(c.by);
        let whose = if c.by == c.author_id {
            String::new()
        } else {
            format!(" of {}", self.person(c.author_id))
        };
        match self.focus {
            Some(focus) if focus != c.post_id && c.root_id.is_some() => None,
            Some(focus) if focus != c.post_id => {
                let standing = self.past.posts.get(&focus).is_some_and(|post| post.is_live());
                standing.then(|| format!("{by} deleted the thread{whose} that it was in"))
            }
            _ => Some(format!("{by} deleted {}{whose}", self.post(c.post_id))),
        }
    }

    fn expired(&self, c: &ChannelPostsExpired) -> Option<String> {
        let spared = |author: &UserId| c.kept_author_ids.contains(author);
        match self.focus {
            None => {
                let before = Instant(c.before.max(c.files_before)).rfc3339();
                let (posts, files) = (c.posts, c.files);
                let here = self.here();
                Some(format!(
                    "{posts} posts and {files} files in {here} of before {before} were past their time"
                ))
            }
            Some(focus) => {
                let post = self.past.posts.get(&focus)?;
                let past = post.create_at < c.before.min(self.at) && !spared(&post.author_id);
                past.then(|| "it was past its time".to_owned())
            }
        }
    }

    fn erased(&self, user: UserId) -> Option<String> {
        let who = self.person(user);
        match self.focus {
            None => Some(format!("everything that {who} said in {} was erased", self.here())),
            Some(focus) => {
                let author = self.past.posts.get(&focus).map(|post| post.author_id);
                (author == Some(user)).then(|| format!("what {who} said in it was erased"))
            }
        }
    }
}
