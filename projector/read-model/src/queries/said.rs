//! What posts say and said, for whoever holds an older text and must know whether it still stands. Without
//! rights: those are the asker's to judge.

use std::collections::{BTreeMap, HashMap};

use events::{Partition, PostId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::reader::{Result, offset};
use crate::{Key, Reader, partition_key, partition_of_key};

/// Posts as the rows have them, and how far the rows were then: the next offset of each partition.
#[derive(Debug, Default, PartialEq)]
pub struct PostsSaid {
    pub positions: BTreeMap<Partition, u64>,
    pub posts: HashMap<PostId, PostSaid>,
}

#[derive(Debug, Default, PartialEq)]
pub struct PostSaid {
    pub deleted: bool,
    pub now: SaidWords,
    /// What it said before, in no particular order.
    pub before: Vec<SaidWords>,
}

/// As the columns of a post hold it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SaidWords {
    pub message: String,
    pub props: String,
    pub files: String,
}

/// Positions first, then posts, then what they said before.
const SAID: &str = "
    SELECT 0 AS kind, NULL::uuid AS id, partition, next_offset AS number,
        '' AS message, '' AS props, '' AS files
    FROM projection_positions WHERE partition = ANY($2)
    UNION ALL
    SELECT 1, id, 0::smallint, delete_at, message, props, files FROM posts WHERE id = ANY($1)
    UNION ALL
    SELECT 2, post_id, 0::smallint, 0, message, props, files FROM post_versions WHERE post_id = ANY($1)
    ORDER BY kind";

impl Reader {
    /// What those of `posts` say that there are, deleted ones too, and how far the rows of `partitions` are.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_said(
        &self,
        posts: &[PostId],
        partitions: &[Partition],
    ) -> Result<PostsSaid> {
        let posts: Vec<Key> = posts.iter().copied().map(Key::from).collect();
        let partitions: Vec<i16> = partitions.iter().copied().map(partition_key).collect();
        let rows = sqlx::query(SAID).bind(posts).bind(partitions).fetch_all(&self.pool).await?;
        let mut said = PostsSaid::default();
        for row in &rows {
            said.take(row)?;
        }
        Ok(said)
    }
}

impl PostsSaid {
    fn take(&mut self, row: &PgRow) -> sqlx::Result<()> {
        let (kind, number): (i32, i64) = (row.try_get(0)?, row.try_get(3)?);
        if kind == 0 {
            let partition = partition_of_key(row.try_get(2)?);
            self.positions.extend(partition.map(|partition| (partition, offset(number))));
            return Ok(());
        }
        let id: PostId = row.try_get::<Key, _>(1)?.into();
        let words =
            SaidWords { message: row.try_get(4)?, props: row.try_get(5)?, files: row.try_get(6)? };
        let post = self.posts.entry(id).or_default();
        if kind == 1 {
            (post.deleted, post.now) = (number > 0, words);
        } else {
            post.before.push(words);
        }
        Ok(())
    }
}
