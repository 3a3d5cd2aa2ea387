-- What the projector writes and query-api reads. Every table is written by events of one topic alone;
-- what two topics know about the same thing is joined when read. Ids are 16 bytes in the type uuid.
-- Names and usernames are unique by the rules of the log, not by an index: one batch may free a name
-- and take it again.

-- Raises where a batch does not start at the positions that stand here; the whole statement is undone.
CREATE FUNCTION require_positions(matched bigint, expected bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  IF matched <> expected THEN
    RAISE EXCEPTION 'positions moved: % of % match', matched, expected USING ERRCODE = 'NM001';
  END IF;
  RETURN true;
END
$$;

CREATE TABLE projection_positions (
  partition     smallint PRIMARY KEY,
  next_offset   bigint NOT NULL,
  last_event_id uuid
) WITH (fillfactor = 10);

-- Where the events of requests stand that came with an Idempotency-Key: the log's window forgets ids,
-- these tables do not. One per topic: a table is written by one topic alone.

CREATE TABLE directory_requests (
  event_id   uuid PRIMARY KEY,
  partition  smallint NOT NULL,
  log_offset bigint NOT NULL,
  applied_at bigint NOT NULL
);
CREATE TABLE channel_requests (LIKE directory_requests INCLUDING ALL);
CREATE TABLE user_requests (LIKE directory_requests INCLUDING ALL);

-- Topic directory.

CREATE TABLE users (
  id                   uuid PRIMARY KEY,
  username             text NOT NULL,
  email                text NOT NULL,
  nickname             text NOT NULL,
  first_name           text NOT NULL,
  last_name            text NOT NULL,
  position             text NOT NULL,
  props                text NOT NULL,
  notify_props         text NOT NULL,
  timezone             text NOT NULL,
  locale               text NOT NULL,
  is_bot               boolean NOT NULL,
  system_admin         boolean NOT NULL,
  email_verified       boolean NOT NULL,
  create_at            bigint NOT NULL,
  update_at            bigint NOT NULL,
  delete_at            bigint NOT NULL,
  last_password_update bigint NOT NULL,
  hears_broadcasts     boolean NOT NULL  -- whether a call to the whole channel is one to this person
);
CREATE INDEX users_by_username ON users (username text_pattern_ops);
CREATE INDEX users_by_email ON users (lower(email) text_pattern_ops);

CREATE TABLE credentials (
  user_id         uuid PRIMARY KEY,
  password_hash   text NOT NULL,
  auth_generation bigint NOT NULL
);

CREATE TABLE teams (
  id                uuid PRIMARY KEY,
  name              text NOT NULL,
  display_name      text NOT NULL,
  description       text NOT NULL,
  email             text NOT NULL,
  kind              text NOT NULL,
  allow_open_invite boolean NOT NULL,
  invite_id         uuid NOT NULL,
  creator_id        uuid NOT NULL,
  create_at         bigint NOT NULL,
  update_at         bigint NOT NULL,
  delete_at         bigint NOT NULL
);
CREATE INDEX teams_by_name ON teams (name);

CREATE TABLE team_members (
  team_id      uuid NOT NULL,
  user_id      uuid NOT NULL,
  generation   bigint NOT NULL,
  scheme_admin boolean NOT NULL,
  create_at    bigint NOT NULL,
  PRIMARY KEY (user_id, team_id)
);
CREATE INDEX team_members_by_team ON team_members (team_id, user_id);

CREATE TABLE channel_names (
  channel_id uuid PRIMARY KEY,
  team_id    uuid NOT NULL,
  name       text NOT NULL,
  is_default boolean NOT NULL,
  update_at  bigint NOT NULL
);
CREATE INDEX channel_names_by_team ON channel_names (team_id, name text_pattern_ops);

-- Topic channels.

CREATE TABLE channels (
  id                uuid PRIMARY KEY,
  team_id           uuid,
  kind              text NOT NULL,
  display_name      text NOT NULL,
  header            text NOT NULL,
  purpose           text NOT NULL,
  creator_id        uuid,
  create_at         bigint NOT NULL,
  update_at         bigint NOT NULL,
  delete_at         bigint NOT NULL,
  last_post_at      bigint NOT NULL,
  last_root_post_at bigint NOT NULL,
  msgs              bigint NOT NULL,
  msgs_root         bigint NOT NULL,
  broadcasts        bigint NOT NULL,
  member_count      bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX channels_by_team ON channels (team_id);

CREATE TABLE channel_members (
  channel_id         uuid NOT NULL,
  user_id            uuid NOT NULL,
  generation         bigint NOT NULL,
  scheme_admin       boolean NOT NULL,
  since              bigint NOT NULL,
  create_at          bigint NOT NULL,
  mentions           bigint NOT NULL,
  mentions_root      bigint NOT NULL,
  base_at            bigint NOT NULL,
  base_msgs          bigint NOT NULL,
  base_msgs_root     bigint NOT NULL,
  base_mentions      bigint NOT NULL,
  base_mentions_root bigint NOT NULL,
  base_broadcasts    bigint NOT NULL,
  PRIMARY KEY (channel_id, user_id)
) WITH (fillfactor = 50);
CREATE INDEX channel_members_by_user ON channel_members (user_id, channel_id);

CREATE TABLE posts (
  id              uuid PRIMARY KEY,
  channel_id      uuid NOT NULL,
  user_id         uuid NOT NULL,
  root_id         uuid,
  create_at       bigint NOT NULL,
  update_at       bigint NOT NULL,
  edit_at         bigint NOT NULL,
  delete_at       bigint NOT NULL,
  deleted_by      uuid,               -- who deleted it, or its root
  is_pinned       boolean NOT NULL,
  reacted         boolean NOT NULL,   -- has, or once had, reactions
  reply_count     bigint NOT NULL,
  last_reply_at   bigint NOT NULL,
  message         text NOT NULL,
  props           text NOT NULL,      -- JSON, empty for none
  files           text NOT NULL,      -- JSON, empty for none
  notice          text NOT NULL,      -- JSON, empty for what people write
  pending_post_id text NOT NULL,
  mentions        bytea NOT NULL,     -- whose mention number it raised: their ids, one behind another
  msgs            bigint NOT NULL,    -- totals of the channel before it
  msgs_root       bigint NOT NULL,
  broadcasts      bigint NOT NULL,
  is_broadcast    boolean NOT NULL,
  partition       smallint NOT NULL,
  log_offset      bigint NOT NULL
) WITH (
  fillfactor = 90,
  -- Pages far back skip in the index alone, as far as the table has been vacuumed.
  autovacuum_vacuum_insert_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0.02
);
CREATE INDEX posts_live ON posts (channel_id, create_at, id) WHERE delete_at = 0;
CREATE INDEX posts_touched ON posts (channel_id, update_at) WHERE update_at <> create_at;
CREATE INDEX posts_by_root ON posts (root_id, create_at, id) WHERE root_id IS NOT NULL;
CREATE INDEX posts_pinned ON posts (channel_id, create_at, id) WHERE is_pinned AND delete_at = 0;

CREATE TABLE post_versions (
  post_id     uuid NOT NULL,
  replaced_at bigint NOT NULL,        -- when the next version took its place
  message     text NOT NULL,
  props       text NOT NULL,
  files       text NOT NULL,
  PRIMARY KEY (post_id, replaced_at)
);

CREATE TABLE reactions (
  post_id    uuid NOT NULL,
  user_id    uuid NOT NULL,
  emoji_name text NOT NULL,
  channel_id uuid NOT NULL,
  create_at  bigint NOT NULL,
  PRIMARY KEY (post_id, user_id, emoji_name)
);

CREATE TABLE files (
  id         uuid PRIMARY KEY,
  channel_id uuid NOT NULL,
  owner_id   uuid NOT NULL,
  post_id    uuid,
  create_at  bigint NOT NULL,
  name       text NOT NULL,
  extension  text NOT NULL,
  mime_type  text NOT NULL,
  size       bigint NOT NULL,
  width      integer NOT NULL,
  height     integer NOT NULL,
  object     text NOT NULL,
  sha256     text NOT NULL,
  key        text NOT NULL       -- what the bytes are sealed under
);
CREATE INDEX files_by_post ON files (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX files_by_channel ON files (channel_id) WHERE post_id IS NOT NULL;

-- Topic users.

CREATE TABLE preferences (
  user_id  uuid NOT NULL,
  category text NOT NULL,
  name     text NOT NULL,
  value    text NOT NULL,
  PRIMARY KEY (user_id, category, name)
);

CREATE TABLE statuses (
  user_id    uuid PRIMARY KEY,
  status     text NOT NULL,
  dnd_end_ms bigint NOT NULL,
  update_at  bigint NOT NULL
);

-- Topic readstate.

CREATE TABLE read_markers (
  user_id       uuid NOT NULL,
  channel_id    uuid NOT NULL,
  as_of         bigint NOT NULL,
  read_to       bigint NOT NULL,
  msgs          bigint NOT NULL,
  msgs_root     bigint NOT NULL,
  mentions      bigint NOT NULL,
  mentions_root bigint NOT NULL,
  broadcasts    bigint NOT NULL,
  PRIMARY KEY (user_id, channel_id)
) WITH (fillfactor = 50);

-- Memberships that give rights now: of an active account, and in a team's channel resting on the
-- person's present membership of the team.
CREATE VIEW present_members AS
SELECT m.*, c.team_id, c.kind, u.hears_broadcasts
FROM channel_members m
JOIN channels c ON c.id = m.channel_id
JOIN users u ON u.id = m.user_id AND u.delete_at = 0
LEFT JOIN team_members t ON t.team_id = c.team_id AND t.user_id = m.user_id
WHERE c.team_id IS NULL OR t.generation = m.generation;

-- Memberships of teams that give rights now.
CREATE VIEW present_team_members AS
SELECT t.*
FROM team_members t
JOIN users u ON u.id = t.user_id AND u.delete_at = 0;

-- What somebody has read of a channel: the marker, unless an own post or the join came after it.
CREATE VIEW read_states AS
SELECT m.channel_id, m.user_id, c.team_id,
  CASE WHEN r.as_of >= m.base_at THEN r.read_to ELSE m.base_at END AS last_viewed_at,
  CASE WHEN r.as_of >= m.base_at THEN r.msgs ELSE m.base_msgs END AS msgs,
  CASE WHEN r.as_of >= m.base_at THEN r.msgs_root ELSE m.base_msgs_root END AS msgs_root,
  c.msgs - CASE WHEN r.as_of >= m.base_at THEN r.msgs ELSE m.base_msgs END AS unread,
  c.msgs_root - CASE WHEN r.as_of >= m.base_at THEN r.msgs_root ELSE m.base_msgs_root END
    AS unread_root,
  m.mentions - CASE WHEN r.as_of >= m.base_at THEN r.mentions ELSE m.base_mentions END
    + CASE WHEN NOT m.hears_broadcasts THEN 0
      ELSE c.broadcasts - CASE WHEN r.as_of >= m.base_at THEN r.broadcasts ELSE m.base_broadcasts END
    END AS mentions,
  m.mentions_root
    - CASE WHEN r.as_of >= m.base_at THEN r.mentions_root ELSE m.base_mentions_root END
    + CASE WHEN NOT m.hears_broadcasts THEN 0
      ELSE c.broadcasts - CASE WHEN r.as_of >= m.base_at THEN r.broadcasts ELSE m.base_broadcasts END
    END AS mentions_root
FROM present_members m
JOIN channels c ON c.id = m.channel_id
LEFT JOIN read_markers r ON r.user_id = m.user_id AND r.channel_id = m.channel_id;
