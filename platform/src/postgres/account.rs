//! Whom Postgres runs as. It refuses root.

use rustix::process::geteuid;
use tokio::process::Command;

use super::PostgresError;

/// Users to run as when we are root, the best first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// A user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The user to change to; `None` if we are not root and run Postgres as ourselves.
    pub fn unprivileged() -> Result<Option<Self>, PostgresError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let users = std::fs::read_to_string("/etc/passwd")
            .map_err(PostgresError::io("read", "/etc/passwd"))?;
        let account = UNPRIVILEGED.iter().find_map(|name| find(&users, name));
        account.map(Some).ok_or(PostgresError::NoAccount)
    }

    /// Makes `command` run as this user, without our groups.
    pub fn run(account: Option<Self>, command: &mut Command) {
        if let Some(Self { uid, gid }) = account {
            command.uid(uid).gid(gid);
        }
    }

    /// The user that owns what Postgres writes.
    pub fn owner_uid(account: Option<Self>) -> u32 {
        account.map_or_else(|| geteuid().as_raw(), |account| account.uid)
    }
}

fn find(users: &str, name: &str) -> Option<Account> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    // A "postgres" that is root would be refused by Postgres in turn.
    (uid != 0).then_some(Account { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_user_by_its_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:7:::\npostgres:x:108:115:a,b:/h:/s\n";
        assert_eq!(find(users, "postgres"), Some(Account { uid: 108, gid: 115 }));
        assert_eq!(find(users, "nobody"), None);
        assert_eq!(find(users, "root"), None);
    }
}
