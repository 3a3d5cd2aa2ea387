CREATE FUNCTION made(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(kind), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;
CREATE FUNCTION moment(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT 1700000000000 + n * 1000
$$;

INSERT INTO users (id, username, email, nickname, first_name, last_name, position, props, notify_props,
  timezone, locale, is_bot, system_admin, email_verified, create_at, update_at, delete_at,
  last_password_update, hears_broadcasts, is_guest)
SELECT made(1, n), 'person' || n, 'person' || n || '@example.org', 'nick' || n, 'first' || n, 'last' || n,
  '', '{}', '{}', '{}', 'en', false, n = 2, true, moment(n), moment(n), CASE WHEN n % 100 = 99 THEN moment(n) ELSE 0 END,
  0, true, false
FROM generate_series(1, 20000) n;
INSERT INTO credentials SELECT made(1, n), '$argon2id$' || n, 0 FROM generate_series(1, 20000) n;
INSERT INTO statuses SELECT made(1, n), 'online', 0, moment(n) FROM generate_series(1, 20000) n;
INSERT INTO custom_statuses SELECT made(1, n), '{}', 0 FROM generate_series(1, 20000) n;
INSERT INTO recent_custom_statuses SELECT made(1, n), '[]' FROM generate_series(1, 20000) n;
INSERT INTO profile_values SELECT made(1, n), made(9, k), '"x"'
FROM generate_series(1, 20000) n, generate_series(1, 3) k;
INSERT INTO session_devices SELECT made(1, n), made(13, n * 3 + k), '', 'agent'
FROM generate_series(1, 20000) n, generate_series(0, 2) k;
INSERT INTO preferences SELECT made(1, n), 'display_settings', 'name' || k, 'on'
FROM generate_series(1, 20000) n, generate_series(1, 8) k;
INSERT INTO preferences SELECT made(1, n), 'favorite_channel', 'qxxxxxxxxxxxxxxxxxxxxxxxxr', 'true'
FROM generate_series(1, 20000) n;

INSERT INTO teams (id, name, display_name, description, email, kind, allow_open_invite, invite_id, creator_id,
  create_at, update_at, delete_at, company_name)
SELECT made(2, n), 'team' || n, 'Team ' || n, '', '', 'O', true, made(12, n), made(1, 2), moment(n), moment(n), 0, ''
FROM generate_series(0, 9) n;
INSERT INTO team_members (team_id, user_id, generation, scheme_admin, create_at)
SELECT made(2, t), made(1, n), 1, false, moment(n) FROM generate_series(1, 20000) n, generate_series(0, 9) t;

INSERT INTO channels
SELECT made(3, c), CASE WHEN c <= 4000 THEN made(2, c % 10) END,
  CASE WHEN c > 4900 THEN 'G' WHEN c > 4000 THEN 'D' WHEN c % 7 = 0 THEN 'P' ELSE 'O' END,
  'Channel ' || c, '', '', made(1, 1), moment(c), moment(c), CASE WHEN c % 53 = 0 THEN moment(c) ELSE 0 END,
  moment(200000), moment(200000), 50, 40, 0, 10
FROM generate_series(1, 5000) c;
INSERT INTO channel_names SELECT made(3, c), made(2, c % 10), 'channel' || c, c <= 10, moment(c)
FROM generate_series(1, 4000) c;

INSERT INTO channel_members
SELECT DISTINCT ON (c, n) made(3, c), made(1, n), CASE WHEN c <= 4000 THEN 1 ELSE 0 END, false, 1, moment(n),
  5, 3, moment(1000), 1, 1, 0, 0, 0
FROM (
  SELECT 1 AS c, n FROM generate_series(1, 20000) n
  UNION ALL SELECT 2 + (n * 7 + k * 401) % 3999, n FROM generate_series(1, 20000) n, generate_series(0, 8) k
  UNION ALL SELECT 2 + k * 20, 1 FROM generate_series(0, 99) k
  UNION ALL SELECT 4000 + n, n FROM generate_series(1, 1000) n
  UNION ALL SELECT 4000 + n, n + 1000 FROM generate_series(1, 1000) n
  UNION ALL SELECT 4000 + n, 1 FROM generate_series(861, 940) n
) m;
INSERT INTO member_notify_props SELECT channel_id, user_id, '{}', false, false, 1
FROM channel_members WHERE get_byte(uuid_send(user_id), 15) % 4 = 1;
INSERT INTO read_markers SELECT user_id, channel_id, moment(150000), moment(150000), 40, 30, 1, 1, 0
FROM channel_members WHERE get_byte(uuid_send(user_id), 15) % 2 = 1;

-- Posts: every fourth in the large channel, where of ten one is answered by the next five.
INSERT INTO posts (id, channel_id, user_id, root_id, create_at, update_at, edit_at, delete_at, deleted_by,
  is_pinned, reacted, reply_count, last_reply_at, message, props, files, notice, pending_post_id, mentions,
  msgs, msgs_root, broadcasts, is_broadcast, partition, log_offset, priority, requested_ack, acknowledged)
SELECT made(4, n), made(3, CASE WHEN n % 4 = 0 THEN 1 ELSE 2 + n * 13 % 4998 END), made(1, 1 + n * 31 % 20000),
  CASE WHEN n % 4 = 0 AND n > 40 AND n / 4 % 10 BETWEEN 1 AND 5 THEN made(4, (n / 4 - n / 4 % 10) * 4) END,
  moment(n), moment(n) + CASE WHEN n % 50 = 0 THEN 7 ELSE 0 END, CASE WHEN n % 10 = 0 THEN moment(200001) ELSE 0 END,
  CASE WHEN n % 97 = 0 THEN moment(n) + 5 ELSE 0 END, NULL,
  n % 2000 = 0, n % 3 = 0, CASE WHEN n % 40 = 0 THEN 5 ELSE 0 END, CASE WHEN n % 40 = 0 THEN moment(n + 20) ELSE 0 END,
  'message ' || n, '', CASE WHEN n % 10 = 0 THEN '[]' ELSE '' END, '', '',
  CASE WHEN n % 400 = 0 THEN uuid_send(made(1, 1)) WHEN n % 20 = 0 THEN uuid_send(made(1, 1 + n % 20000)) ELSE '' END,
  n, n, 0, false, n % 16, n, CASE WHEN n % 1000 = 0 THEN 'urgent' ELSE '' END, false, n % 5 = 0
FROM generate_series(1::bigint, 200000) n;
INSERT INTO post_versions SELECT made(4, n * 10), moment(200001), 'before', '', '' FROM generate_series(1::bigint, 20000) n;
INSERT INTO reactions SELECT made(4, n * 3), made(1, 1 + (n + k) % 20000), 'tada',
  made(3, CASE WHEN n * 3 % 4 = 0 THEN 1 ELSE 2 + n * 39 % 4998 END), moment(n)
FROM generate_series(1::bigint, 66000) n, generate_series(0, 1) k;
INSERT INTO acknowledgements SELECT made(4, n * 5), made(1, 1 + n % 20000),
  made(3, CASE WHEN n * 5 % 4 = 0 THEN 1 ELSE 2 + n * 65 % 4998 END), moment(n)
FROM generate_series(1::bigint, 40000) n;
INSERT INTO files (id, channel_id, owner_id, post_id, create_at, name, extension, mime_type, size, width, height,
  object, sha256, key)
SELECT made(5, n), made(3, CASE WHEN n % 2 = 0 THEN 1 ELSE 2 + n * 26 % 4998 END), made(1, 1 + n % 20000),
  CASE WHEN n <= 90000 THEN made(4, n * 2) END, moment(n), 'name', 'txt', 'text/plain', 1, 0, 0, '', '', ''
FROM generate_series(1::bigint, 100000) n;
INSERT INTO bookmarks SELECT made(6, n), made(3, 1 + n % 5000), made(1, 1), NULL, made(5, n), made(1, 1), moment(n), moment(n), moment(n),
  0, n, 'name', '', '', ''
FROM generate_series(1, 20000) n;

INSERT INTO thread_members SELECT DISTINCT ON (root, n) made(4, root), made(1, n), made(3, 1), true, moment(root), moment(root), moment(root)
FROM (
  SELECT r * 40 AS root, 1 + (r * 17 + k * 4001) % 20000 AS n FROM generate_series(1::bigint, 5000) r, generate_series(0, 9) k
  UNION ALL SELECT r * 200, 1 FROM generate_series(1::bigint, 500) r
) t;
INSERT INTO thread_markers SELECT user_id, root_id, channel_id, base_at, base_at + 2000, base_at
FROM thread_members WHERE get_byte(uuid_send(root_id), 15) % 3 = 0;
INSERT INTO thread_floors SELECT made(1, n), made(2, n % 10), moment(100000), moment(100000) FROM generate_series(1, 20000) n;

INSERT INTO sidebar_categories SELECT made(1, n), made(2, 1), key,
  '{"category_id":"' || key || '","channel_ids":[]}', '', moment(n)
FROM generate_series(1, 20000) n, unnest(ARRAY['favorites', 'channels', 'direct_messages']) key;
INSERT INTO sidebar_orders SELECT made(1, n), made(2, 1), '["channels","favorites","direct_messages"]'
FROM generate_series(1, 20000) n;
INSERT INTO drafts SELECT made(1, n), made(3, 1), made(4, k * 40), moment(n), moment(n), 'draft', '', '', '[]'
FROM generate_series(1, 20000) n, generate_series(1, 2) k;
INSERT INTO scheduled_posts SELECT made(1, n), made(7, n * 2 + k), made(3, 1), NULL, moment(n), moment(n), moment(n), 'later', '', '', '[]'
FROM generate_series(1, 20000) n, generate_series(0, 1) k;
INSERT INTO scheduled_post_failures SELECT made(1, n), made(7, n * 2), moment(n), 'unable_to_send'
FROM generate_series(1, 20000) n;

INSERT INTO legal_holds SELECT made(11, n), 'hold', made(1, 2), moment(n), 0 FROM generate_series(1, 5) n;
INSERT INTO retention_runs SELECT made(10, n), moment(n), moment(n), NULL, 1, 1, 1, 0, 0, 0, 0 FROM generate_series(1, 1000) n;
INSERT INTO channel_expiries SELECT made(3, 1 + n % 5000), moment(n), made(10, 1 + n % 1000), NULL, moment(0), moment(0), 1, 1
FROM generate_series(1, 50000) n;
INSERT INTO directory_requests SELECT made(8, n), 0, n, moment(n) FROM generate_series(1, 50000) n;
INSERT INTO channel_requests SELECT made(8, n), 0, n, moment(n) FROM generate_series(1, 50000) n;
INSERT INTO user_requests SELECT made(8, n), 0, n, moment(n) FROM generate_series(1, 50000) n;
