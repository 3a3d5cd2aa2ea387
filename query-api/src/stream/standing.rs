//! Whether what an event says of a post still stands: asked of the rows, where the fold's window has
//! forgotten what came since, or knows that something did.

use std::collections::BTreeSet;

use events::{Partition, PostId};
use read_model::files_json;
use read_model::queries::{PostSaid, PostsSaid, SaidWords};

use super::delivery::Item;
use super::entry::{Entry, Words};
use super::rights::shown;
use crate::app::App;

/// What the rows said, and the offset below which they held everything of the partition then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stance {
    pub as_of: u64,
    pub known: Known,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The post stands and says this very text.
    Stands,
    /// The same, but its files are others, or gone.
    StandsWithoutFiles,
    /// The post stands and said this before; `files`: with these files.
    Earlier { files: bool },
    /// Deleted, erased, past its time, or said by nobody.
    Gone,
}

/// What has to be asked of the rows before `items` can be told to `user`.
#[derive(Debug, Default)]
pub(super) struct Question {
    posts: BTreeSet<PostId>,
    partitions: BTreeSet<Partition>,
}

impl Question {
    pub fn of<'i>(app: &App, user: events::UserId, items: impl Iterator<Item = &'i Item>) -> Self {
        let mut question = Self::default();
        for item in items {
            if let Some(of_post) = item.entry.of_post()
                && shown(app, user, &item.entry, item.stance.as_ref()).is_none()
            {
                question.posts.insert(of_post.post);
                question.partitions.insert(item.entry.partition());
            }
        }
        question
    }

    /// How far the rows have to be to say anything that the fold does not contradict.
    pub fn ends(&self, app: &App) -> Vec<(Partition, u64)> {
        self.partitions.iter().map(|partition| (*partition, app.fold.next(*partition))).collect()
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn ask(&self, app: &App) -> Result<PostsSaid, read_model::QueryError> {
        let posts: Vec<PostId> = self.posts.iter().copied().collect();
        let partitions: Vec<Partition> = self.partitions.iter().copied().collect();
        app.reader.posts_said(&posts, &partitions).await
    }

    /// What `said` means for an event that was asked about; `None` for others, and if the rows do not
    /// hold it yet.
    pub fn stance(&self, said: &PostsSaid, entry: &Entry) -> Option<Stance> {
        let of_post = entry.of_post().filter(|of_post| self.posts.contains(&of_post.post))?;
        let as_of = *said.positions.get(&entry.partition())?;
        let post = said.posts.get(&of_post.post);
        let known = known(of_post.words.as_ref(), post);
        (as_of > entry.offset()).then_some(Stance { as_of, known })
    }
}

fn known(words: Option<&Words<'_>>, post: Option<&PostSaid>) -> Known {
    let Some(post) = post.filter(|post| !post.deleted) else { return Known::Gone };
    let Some(words) = words else { return Known::Stands };
    let said = words.as_stored();
    let same_text =
        |other: &SaidWords| (&other.message, &other.props) == (&said.message, &said.props);
    let same_files = |other: &SaidWords| other.files == said.files;
    if same_text(&post.now) {
        return if same_files(&post.now) { Known::Stands } else { Known::StandsWithoutFiles };
    }
    let earlier = || post.before.iter().filter(|before| same_text(before));
    match earlier().next() {
        Some(_) => Known::Earlier { files: earlier().any(same_files) },
        None => Known::Gone,
    }
}

impl Words<'_> {
    /// Whether nothing can be read of it: it was erased, or its key is.
    pub fn is_blank(&self) -> bool {
        self.content.message.is_empty()
            && self.content.props.is_empty()
            && self.content.file_names.is_empty()
    }

    /// As the projector writes it.
    fn as_stored(&self) -> SaidWords {
        let text = |text: &str| text.replace('\0', "\u{fffd}");
        let props = match self.content.props.is_empty() {
            true => String::new(),
            false => serde_json::to_string(&self.content.props).expect("props are JSON"),
        };
        SaidWords {
            message: text(&self.content.message),
            props,
            files: text(&files_json(self.files, self.content)),
        }
    }
}
