-- How long things are kept.

-- Posts of a channel of before a time: posts_live has the others.
CREATE INDEX posts_deleted ON posts (channel_id, create_at) WHERE delete_at <> 0;
CREATE INDEX posts_with_files ON posts (channel_id, create_at) WHERE files <> '';
CREATE INDEX files_unattached ON files (channel_id, create_at) WHERE post_id IS NULL;

-- Topic directory. Whom and what a hold names is known where the log is folded.
CREATE TABLE legal_holds (
  id         uuid PRIMARY KEY,
  name       text NOT NULL,
  placed_by  uuid NOT NULL,
  create_at  bigint NOT NULL,
  release_at bigint NOT NULL
);

CREATE TABLE retention_runs (
  id              uuid PRIMARY KEY,
  began_at        bigint NOT NULL,
  ended_at        bigint NOT NULL,
  requested_by    uuid,               -- nobody: it was due
  channels        bigint NOT NULL,
  posts           bigint NOT NULL,
  files           bigint NOT NULL,
  channels_held   bigint NOT NULL,
  keys_advanced   bigint NOT NULL,
  objects_removed bigint NOT NULL,
  channels_failed bigint NOT NULL
);
CREATE INDEX retention_runs_by_time ON retention_runs (began_at);

-- Topic channels.
CREATE TABLE channel_expiries (
  channel_id   uuid NOT NULL,
  at           bigint NOT NULL,
  run_id       uuid NOT NULL,
  policy_id    uuid,                  -- none: as the installation says
  posts_before bigint NOT NULL,
  files_before bigint NOT NULL,
  posts        bigint NOT NULL,
  files        bigint NOT NULL,
  PRIMARY KEY (channel_id, at)
);
CREATE INDEX channel_expiries_by_run ON channel_expiries (run_id);
