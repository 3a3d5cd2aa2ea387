//! A post with all that it ever said.

use std::collections::BTreeMap;

use events::channel::{AttachedFile, Notice, PostContent};
use events::{PostId, UserId};
use serde_json::{Map, Value};

/// What a post said from some time on.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Version {
    pub at: i64,
    pub message: String,
    pub props: Map<String, Value>,
    /// With their names.
    pub files: Vec<(AttachedFile, String)>,
}

impl Version {
    pub fn new(at: i64, content: &PostContent, files: &[AttachedFile]) -> Self {
        let named = files.iter().enumerate().map(|(n, file)| {
            (file.clone(), content.file_names.get(n).cloned().unwrap_or_default())
        });
        Self {
            at,
            message: content.message.clone(),
            props: content.props.clone(),
            files: named.collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PostPast {
    pub id: PostId,
    pub author_id: UserId,
    pub root_id: Option<PostId>,
    pub create_at: i64,
    /// A system post, whose text is made when it is shown.
    pub notice: Option<Notice>,
    /// Oldest first, at least one.
    pub versions: Vec<Version>,
    /// When, and by whom.
    pub deleted: Option<(i64, UserId)>,
    pub is_pinned: bool,
    /// With the time of each.
    pub reactions: BTreeMap<(UserId, String), i64>,
    /// What its author said is erased.
    pub is_erased: bool,
}

impl PostPast {
    pub fn new(id: PostId, author_id: UserId, root_id: Option<PostId>, first: Version) -> Self {
        Self {
            id,
            author_id,
            root_id,
            create_at: first.at,
            notice: None,
            versions: vec![first],
            deleted: None,
            is_pinned: false,
            reactions: BTreeMap::new(),
            is_erased: false,
        }
    }

    pub fn notice(notice: &Notice, at: i64) -> Self {
        let nothing = Version { at, ..Version::default() };
        let post = Self::new(notice.post_id, notice.by, None, nothing);
        Self { notice: Some(notice.clone()), ..post }
    }

    pub fn latest(&self) -> &Version {
        self.versions.last().expect("a post has a version")
    }

    /// When it was last edited, 0 if never.
    pub fn edit_at(&self) -> i64 {
        if self.versions.len() > 1 { self.latest().at } else { 0 }
    }

    pub fn is_live(&self) -> bool {
        self.deleted.is_none()
    }

    /// Nothing that it said can be read any more. A system post says nothing of its author's own.
    pub fn erase(&mut self) {
        if self.notice.is_some() {
            return;
        }
        self.is_erased = true;
        for version in &mut self.versions {
            *version = Version { at: version.at, ..Version::default() };
        }
    }
}
