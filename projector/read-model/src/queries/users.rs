//! Accounts by what they are known by, and what login needs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use events::{Partition, UserId};
use sqlx::Row;

use super::custom_statuses::profile_columns;
use crate::reader::{Fields, Result, offset};
use crate::rows::{CredentialRow, Table, UserRow};
use crate::{Key, Reader, partition_key};

/// What login checks, of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Credentials {
    pub user: UserRow,
    pub password_hash: String,
    /// What a session made with this password must carry.
    pub auth_generation: u64,
    /// The rows contain everything of `directory` below this offset.
    pub next_offset: u64,
}

fn sql(condition: &str) -> String {
    format!("SELECT {} FROM users u WHERE {condition}", profile_columns())
}

static BY_IDS: LazyLock<String> = LazyLock::new(|| sql("u.id = ANY($1)"));
static BY_USERNAMES: LazyLock<String> = LazyLock::new(|| sql("u.username = ANY($1)"));
static BY_EMAIL: LazyLock<String> = LazyLock::new(|| sql("lower(u.email) = lower($1)"));

fn credentials_sql(condition: &str) -> String {
    format!(
        "SELECT n.next_offset, {}, {}
         FROM users u JOIN credentials c ON c.user_id = u.id
         JOIN projection_positions n ON n.partition = $2
         WHERE {condition} LIMIT 1",
        profile_columns(),
        CredentialRow::select("c")
    )
}

static CREDENTIALS: LazyLock<String> =
    LazyLock::new(|| credentials_sql("u.username = lower($1) OR lower(u.email) = lower($1)"));
static CREDENTIALS_OF: LazyLock<String> = LazyLock::new(|| credentials_sql("u.id = $1"));

impl Reader {
    /// Accounts by id, deactivated ones included, in no particular order.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn users_by_ids(&self, users: &[UserId]) -> Result<Vec<UserRow>> {
        let keys: Vec<Key> = users.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(BY_IDS.as_str()).bind(keys).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(UserRow::read(row, 0)?)).collect()
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn user(&self, user: UserId) -> Result<Option<UserRow>> {
        Ok(self.users_by_ids(&[user]).await?.pop())
    }

    /// Accounts by username, in no particular order.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn users_by_usernames(&self, usernames: &[String]) -> Result<Vec<UserRow>> {
        let names: Vec<String> = usernames.iter().map(|name| clean(name).to_lowercase()).collect();
        let rows = sqlx::query(BY_USERNAMES.as_str()).bind(names).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(UserRow::read(row, 0)?)).collect()
    }

    /// # Errors
    /// The database cannot be asked.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>> {
        let row =
            sqlx::query(BY_EMAIL.as_str()).bind(clean(email)).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| UserRow::read(&row, 0)).transpose()?)
    }

    /// What people are called, for the text of system posts.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn usernames(&self, users: &[UserId]) -> Result<BTreeMap<UserId, String>> {
        let keys: Vec<Key> = users.iter().copied().map(Key::from).collect();
        let rows = sqlx::query("SELECT id, username FROM users WHERE id = ANY($1)")
            .bind(keys)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| Ok((UserId::from(row.try_get::<Key, _>(0)?), row.try_get(1)?)))
            .collect()
    }

    /// The account that a username or an e-mail address names, with its password's hash.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn credentials_by_login(&self, login_id: &str) -> Result<Option<Credentials>> {
        self.credentials(&CREDENTIALS, clean(login_id)).await
    }

    /// The same by account.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn credentials_of(&self, user: UserId) -> Result<Option<Credentials>> {
        self.credentials(&CREDENTIALS_OF, Key::from(user)).await
    }

    async fn credentials<'q, T>(&self, sql: &'static str, by: T) -> Result<Option<Credentials>>
    where
        T: sqlx::Encode<'q, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + 'q,
    {
        let row = sqlx::query(sql)
            .bind(by)
            .bind(partition_key(Partition::DIRECTORY))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut fields = Fields::of(&row);
        let next_offset = offset(fields.next()?);
        let user: UserRow = fields.table()?;
        let credential: CredentialRow = fields.table()?;
        Ok(Some(Credentials {
            user,
            password_hash: credential.password_hash,
            auth_generation: offset(credential.auth_generation),
            next_offset,
        }))
    }
}

/// Postgres takes no NUL in a text; nothing that is looked up has one.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}
