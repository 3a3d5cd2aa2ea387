//! Answers of queries that judge the viewer's rights in the same snapshot.

/// What a viewer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access<T> {
    /// There is no such thing, as far as the viewer may know.
    Unknown,
    /// The viewer may know that there is, and no more.
    Denied,
    Granted(T),
}

impl<T> Access<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Access<U> {
        match self {
            Self::Unknown => Access::Unknown,
            Self::Denied => Access::Denied,
            Self::Granted(value) => Access::Granted(f(value)),
        }
    }

    pub fn granted(self) -> Option<T> {
        match self {
            Self::Granted(value) => Some(value),
            Self::Unknown | Self::Denied => None,
        }
    }

    /// From two facts of the snapshot: whether the viewer may know that there is such a thing, and whether
    /// they may have it.
    pub(crate) fn judged(known: bool, may: bool, value: T) -> Self {
        match (known, may) {
            (true, true) => Self::Granted(value),
            (true, false) => Self::Denied,
            (false, _) => Self::Unknown,
        }
    }

    /// Of something that nobody may know of who may not have it.
    pub(crate) fn granted_if(may: bool, value: T) -> Self {
        if may { Self::Granted(value) } else { Self::Unknown }
    }
}

/// SQL that says whether `viewer` may read what is said in `channel`. Written into each statement: a
/// function of the database would cost more to call than most of them.
pub(crate) fn may_read(channel: &str, viewer: &str) -> String {
    format!(
        "EXISTS (SELECT FROM present_members mr
            WHERE mr.channel_id = {channel} AND mr.user_id = {viewer})"
    )
}

/// SQL that says whether `viewer` may know of `channel` and who is in it.
pub(crate) fn may_see(channel: &str, viewer: &str) -> String {
    format!(
        "({} OR EXISTS (
            SELECT FROM channels mc
            JOIN present_team_members mt ON mt.team_id = mc.team_id AND mt.user_id = {viewer}
            WHERE mc.id = {channel} AND mc.kind = 'O' AND NOT mt.is_guest)
          OR EXISTS (
            SELECT FROM channels mc JOIN users mu ON mu.id = {viewer}
            WHERE mc.id = {channel} AND mc.team_id IS NOT NULL
              AND mu.system_admin AND mu.delete_at = 0))",
        may_read(channel, viewer)
    )
}

/// SQL of one row: whether `viewer` may see `channel` ([`may_see`]) as `known`, and whether they may read it
/// ([`may_read`]) as `may`. One walk over the tables instead of four: to find out by the four was a
/// sixth of what a page of posts took of the database.
pub(crate) fn rights(channel: &str, viewer: &str) -> String {
    format!(
        "SELECT COALESCE(bool_or(j.known OR j.may), false) AS known,
            COALESCE(bool_or(j.may), false) AS may
         FROM (
            SELECT m.user_id IS NOT NULL
                AND (c.team_id IS NULL OR (t.generation = m.generation AND a.delete_at = 0)) AS may,
              (c.kind = 'O' AND t.user_id IS NOT NULL AND a.delete_at = 0 AND NOT u.is_guest)
                OR (c.team_id IS NOT NULL AND u.system_admin) AS known
            FROM channels c JOIN users u ON u.id = {viewer} AND u.delete_at = 0
            LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = u.id
            LEFT JOIN team_members t ON t.team_id = c.team_id AND t.user_id = u.id
            LEFT JOIN teams a ON a.id = c.team_id
            WHERE c.id = {channel}
         ) j"
    )
}

/// SQL that says whether `viewer` may know that somebody is in `team`: guests may, of whom they know.
pub(crate) fn may_see_team(team: &str, viewer: &str) -> String {
    format!(
        "(EXISTS (SELECT FROM present_team_members mt
            WHERE mt.team_id = {team} AND mt.user_id = {viewer})
          OR EXISTS (SELECT FROM users mu
            WHERE mu.id = {viewer} AND mu.system_admin AND mu.delete_at = 0))"
    )
}

/// SQL that says whether `viewer` may know that there is such a team.
pub(crate) fn may_know_team(team: &str, viewer: &str) -> String {
    format!(
        "EXISTS (SELECT FROM teams mk WHERE mk.id = {team} AND ({} OR {}))",
        may_see_team("mk.id", viewer),
        open_to_all("mk", viewer)
    )
}

/// SQL that says whether `viewer` may know which public channels `team` has.
pub(crate) fn may_list_team(team: &str, viewer: &str) -> String {
    format!(
        "({} AND NOT EXISTS (SELECT FROM users mg WHERE mg.id = {viewer} AND mg.is_guest))",
        may_see_team(team, viewer)
    )
}

/// SQL that says whether the team of this alias may be seen and joined by anybody with an account who is
/// no guest.
pub(crate) fn open_to_all(team: &str, viewer: &str) -> String {
    format!(
        "({team}.allow_open_invite AND {team}.kind = 'O' AND {team}.delete_at = 0 AND EXISTS (
            SELECT FROM users mo WHERE mo.id = {viewer} AND mo.delete_at = 0 AND NOT mo.is_guest))"
    )
}

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub page: u32,
    pub per_page: u32,
}

impl Page {
    pub(crate) fn limit(self) -> i64 {
        i64::from(self.per_page)
    }

    pub(crate) fn offset(self) -> i64 {
        i64::from(self.page) * i64::from(self.per_page)
    }
}
