-- Topic users: what people wrote to be sent later.
CREATE TABLE scheduled_posts (
  user_id      uuid NOT NULL,
  id           uuid NOT NULL,
  channel_id   uuid NOT NULL,
  root_id      uuid,
  create_at    bigint NOT NULL,
  update_at    bigint NOT NULL,
  scheduled_at bigint NOT NULL,
  message      text NOT NULL,
  props        text NOT NULL,           -- JSON, empty for none
  priority     text NOT NULL,           -- JSON, empty for none
  file_ids     text NOT NULL,           -- JSON
  PRIMARY KEY (user_id, id)
);

-- Which of them could not be sent, until they are changed.
CREATE TABLE scheduled_post_failures (
  user_id    uuid NOT NULL,
  id         uuid NOT NULL,
  failed_at  bigint NOT NULL,
  error_code text NOT NULL,
  PRIMARY KEY (user_id, id)
);
