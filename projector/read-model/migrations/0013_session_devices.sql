-- Topic users: what sessions began on, until they are revoked, expired at the next login, or their person erased.
CREATE TABLE session_devices (
  user_id    uuid NOT NULL,
  session_id uuid NOT NULL,
  device_id  text NOT NULL,             -- empty for none
  user_agent text NOT NULL,
  PRIMARY KEY (user_id, session_id)
);
