-- Topic users: what is said in the fields of profiles that an installation adds.
CREATE TABLE profile_values (
  user_id  uuid NOT NULL,
  field_id uuid NOT NULL,
  value    text NOT NULL,               -- JSON
  PRIMARY KEY (user_id, field_id)
);
