-- How much attention posts ask for, who has taken note of them, and what channels keep at their top.

-- Topic channels.
ALTER TABLE posts
  ADD COLUMN priority text NOT NULL DEFAULT '',
  ADD COLUMN requested_ack boolean NOT NULL DEFAULT false,
  ADD COLUMN acknowledged boolean NOT NULL DEFAULT false;   -- is, or once was, acknowledged by somebody
CREATE INDEX posts_urgent ON posts (channel_id, create_at) WHERE priority = 'urgent' AND delete_at = 0;

CREATE TABLE acknowledgements (
  post_id    uuid NOT NULL,
  user_id    uuid NOT NULL,
  channel_id uuid NOT NULL,
  create_at  bigint NOT NULL,
  PRIMARY KEY (post_id, user_id)
);
CREATE INDEX acknowledgements_by_user ON acknowledgements (channel_id, user_id);

-- Those that are gone stay as they were, with the time: clients that were away ask what is gone.
CREATE TABLE bookmarks (
  id            uuid PRIMARY KEY,
  channel_id    uuid NOT NULL,
  owner_id      uuid NOT NULL,
  original_id   uuid,                -- the one in whose place it stands
  file_id       uuid NOT NULL,      -- zeros for a link
  file_owner_id uuid NOT NULL,
  file_at       bigint NOT NULL,     -- when the file was uploaded, 0 for none
  create_at     bigint NOT NULL,
  update_at     bigint NOT NULL,
  delete_at     bigint NOT NULL,
  sort_order    bigint NOT NULL,
  display_name  text NOT NULL,
  link_url      text NOT NULL,
  image_url     text NOT NULL,
  emoji         text NOT NULL
);
CREATE INDEX bookmarks_by_channel ON bookmarks (channel_id, update_at);
CREATE INDEX bookmarks_by_file ON bookmarks (file_id) WHERE file_at > 0 AND delete_at = 0;
