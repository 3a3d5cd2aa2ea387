-- Threads: who follows which, and who has read what of them.

-- Topic channels. A row for everyone who ever followed, or said something.
CREATE TABLE thread_members (
  root_id    uuid NOT NULL,
  user_id    uuid NOT NULL,
  channel_id uuid NOT NULL,
  following  boolean NOT NULL,
  follow_at  bigint NOT NULL,   -- when that was last said
  base_at    bigint NOT NULL,   -- read up to here by an own reply or by following
  replied_at bigint NOT NULL,   -- the latest own reply that stands, 0 for none
  PRIMARY KEY (root_id, user_id)
) WITH (fillfactor = 80);
CREATE INDEX thread_members_by_user ON thread_members (user_id) WHERE following;

-- Topic readstate. Of a marker and the floors below it the latest holds, by the person's own time.
CREATE TABLE thread_markers (
  user_id    uuid NOT NULL,
  root_id    uuid NOT NULL,
  channel_id uuid NOT NULL,
  as_of      bigint NOT NULL,
  read_to    bigint NOT NULL,
  at         bigint NOT NULL,
  PRIMARY KEY (user_id, root_id)
) WITH (fillfactor = 80);

-- Up to where all threads of a team, a channel, or (id 0) all conversations were read at once.
CREATE TABLE thread_floors (
  user_id uuid NOT NULL,
  scope   uuid NOT NULL,
  read_to bigint NOT NULL,
  at      bigint NOT NULL,
  PRIMARY KEY (user_id, scope)
) WITH (fillfactor = 80);

-- What somebody with rights has read of a thread, whether they follow it or not.
CREATE VIEW thread_states AS
SELECT t.root_id, t.user_id, t.channel_id, m.team_id, t.following, c.delete_at AS archived_at,
  CASE WHEN r.as_of >= t.base_at THEN r.read_to ELSE t.base_at END AS last_viewed_at,
  GREATEST(t.follow_at, r.at) AS moved_at
FROM thread_members t
JOIN present_members m ON m.channel_id = t.channel_id AND m.user_id = t.user_id
JOIN channels c ON c.id = t.channel_id
LEFT JOIN LATERAL (
  SELECT v.as_of, v.read_to, v.at FROM (
    SELECT k.as_of, k.read_to, k.at FROM thread_markers k
    WHERE k.user_id = t.user_id AND k.root_id = t.root_id
    UNION ALL
    SELECT f.read_to, f.read_to, f.at FROM thread_floors f
    WHERE f.user_id = t.user_id AND f.scope IN (
      t.channel_id, COALESCE(m.team_id, '00000000-0000-0000-0000-000000000000'::uuid))
  ) v ORDER BY v.at DESC LIMIT 1
) r ON true;
