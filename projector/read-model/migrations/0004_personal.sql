-- What people set, arrange and begin to write for themselves.

-- Topic channels. Who never said how they want to be told has no row.
CREATE TABLE member_notify_props (
  channel_id         uuid NOT NULL,
  user_id            uuid NOT NULL,
  notify_props       text NOT NULL,     -- JSON
  is_muted           boolean NOT NULL,
  ignores_broadcasts boolean NOT NULL,  -- whether calls to the whole channel pass them by
  update_at          bigint NOT NULL,
  PRIMARY KEY (channel_id, user_id)
);

-- Topic users.
CREATE TABLE sidebar_categories (
  user_id     uuid NOT NULL,
  team_id     uuid NOT NULL,
  category_id text NOT NULL,
  category    text NOT NULL,            -- JSON, with all channels that were put into it
  name        text NOT NULL,
  listed_at   bigint NOT NULL,
  PRIMARY KEY (user_id, team_id, category_id)
);
CREATE TABLE sidebar_orders (
  user_id      uuid NOT NULL,
  team_id      uuid NOT NULL,
  category_ids text NOT NULL,           -- JSON
  PRIMARY KEY (user_id, team_id)
);

-- What people say they are at, and what they have said lately.
CREATE TABLE custom_statuses (
  user_id       uuid PRIMARY KEY,
  status        text NOT NULL,          -- JSON
  expires_at_ms bigint NOT NULL         -- 0 for no end
);
CREATE TABLE recent_custom_statuses (
  user_id uuid PRIMARY KEY,
  recent  text NOT NULL                 -- JSON, the latest first
);

-- Topic readstate.
CREATE TABLE drafts (
  user_id    uuid NOT NULL,
  channel_id uuid NOT NULL,
  root_id    uuid NOT NULL,             -- zeros for none
  create_at  bigint NOT NULL,
  update_at  bigint NOT NULL,
  message    text NOT NULL,
  props      text NOT NULL,             -- JSON, empty for none
  priority   text NOT NULL,             -- JSON, empty for none
  file_ids   text NOT NULL,             -- JSON
  PRIMARY KEY (user_id, channel_id, root_id)
);

-- What somebody has read of a channel: the marker, unless an own post or the join came after it. Calls to
-- the whole channel count for those who hear them, here and in general.
CREATE OR REPLACE VIEW read_states AS
SELECT m.channel_id, m.user_id, c.team_id,
  CASE WHEN r.as_of >= m.base_at THEN r.read_to ELSE m.base_at END AS last_viewed_at,
  CASE WHEN r.as_of >= m.base_at THEN r.msgs ELSE m.base_msgs END AS msgs,
  CASE WHEN r.as_of >= m.base_at THEN r.msgs_root ELSE m.base_msgs_root END AS msgs_root,
  c.msgs - CASE WHEN r.as_of >= m.base_at THEN r.msgs ELSE m.base_msgs END AS unread,
  c.msgs_root - CASE WHEN r.as_of >= m.base_at THEN r.msgs_root ELSE m.base_msgs_root END
    AS unread_root,
  m.mentions - CASE WHEN r.as_of >= m.base_at THEN r.mentions ELSE m.base_mentions END
    + CASE WHEN NOT m.hears_broadcasts OR COALESCE(n.ignores_broadcasts, false) THEN 0
      ELSE c.broadcasts - CASE WHEN r.as_of >= m.base_at THEN r.broadcasts ELSE m.base_broadcasts END
    END AS mentions,
  m.mentions_root
    - CASE WHEN r.as_of >= m.base_at THEN r.mentions_root ELSE m.base_mentions_root END
    + CASE WHEN NOT m.hears_broadcasts OR COALESCE(n.ignores_broadcasts, false) THEN 0
      ELSE c.broadcasts - CASE WHEN r.as_of >= m.base_at THEN r.broadcasts ELSE m.base_broadcasts END
    END AS mentions_root,
  COALESCE(n.is_muted, false) AS is_muted
FROM present_members m
JOIN channels c ON c.id = m.channel_id
LEFT JOIN read_markers r ON r.user_id = m.user_id AND r.channel_id = m.channel_id
LEFT JOIN member_notify_props n ON n.user_id = m.user_id AND n.channel_id = m.channel_id;
