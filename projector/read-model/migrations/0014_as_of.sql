-- Deleted posts in the order of pages, with when they went: which of them stood at a time is told by the
-- index alone.
CREATE INDEX posts_gone ON posts (channel_id, create_at, id, delete_at) WHERE delete_at <> 0;
DROP INDEX posts_deleted;
