-- Guests.

-- Topic directory.
ALTER TABLE users ADD COLUMN is_guest boolean NOT NULL DEFAULT false;
ALTER TABLE users ALTER COLUMN is_guest DROP DEFAULT;

-- Memberships of teams that give rights now.
CREATE OR REPLACE VIEW present_team_members AS
SELECT t.*, u.is_guest
FROM team_members t
JOIN users u ON u.id = t.user_id AND u.delete_at = 0
JOIN teams a ON a.id = t.team_id AND a.delete_at = 0;
