-- Topic directory: the picture that somebody chose.
ALTER TABLE users
  ADD COLUMN last_picture_update bigint NOT NULL DEFAULT 0,
  ADD COLUMN picture_object text NOT NULL DEFAULT '',
  ADD COLUMN picture_key text NOT NULL DEFAULT '';

-- Topic channels: what is made of pictures.
ALTER TABLE files
  ADD COLUMN has_preview boolean NOT NULL DEFAULT false,
  ADD COLUMN mini_preview text NOT NULL DEFAULT '';
