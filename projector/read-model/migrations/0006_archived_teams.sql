-- Teams that change, and that are archived.

-- Topic directory.
ALTER TABLE teams ADD COLUMN company_name text NOT NULL DEFAULT '';
ALTER TABLE teams ALTER COLUMN company_name DROP DEFAULT;

-- Memberships that give rights now: of an active account, and in a team's channel resting on the
-- person's present membership of a team that is not archived.
CREATE OR REPLACE VIEW present_members AS
SELECT m.*, c.team_id, c.kind, u.hears_broadcasts
FROM channel_members m
JOIN channels c ON c.id = m.channel_id
JOIN users u ON u.id = m.user_id AND u.delete_at = 0
LEFT JOIN team_members t ON t.team_id = c.team_id AND t.user_id = m.user_id
LEFT JOIN teams a ON a.id = c.team_id
WHERE c.team_id IS NULL OR (t.generation = m.generation AND a.delete_at = 0);

-- Memberships of teams that give rights now.
CREATE OR REPLACE VIEW present_team_members AS
SELECT t.*
FROM team_members t
JOIN users u ON u.id = t.user_id AND u.delete_at = 0
JOIN teams a ON a.id = t.team_id AND a.delete_at = 0;
