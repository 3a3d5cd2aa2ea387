-- Topic users: what the sessions that stand began on.
CREATE TABLE session_devices (
  user_id    uuid NOT NULL,
  session_id uuid NOT NULL,
  device_id  text NOT NULL,             -- empty for none
  user_agent text NOT NULL,
  PRIMARY KEY (user_id, session_id)
);
