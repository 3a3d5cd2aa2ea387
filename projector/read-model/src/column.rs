//! How a field of a row is bound and read.

use events::directory::{ChannelType, TeamType};
use events::priority::PriorityLevel;
use events::sidebar::CategoryKey;
use events::user::StatusKind;
use events::{
    BookmarkId, ChannelId, EventId, FileId, HoldId, Id, PolicyId, PostId, ScheduledPostId,
    SessionId, TeamId, UserId,
};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgHasArrayType, PgRow, Postgres};
use sqlx::{Encode, Row, Type};
use wire::StringMap;

use crate::Key;

/// A type that a column can hold.
pub trait Column: Sized {
    /// What is sent to Postgres.
    type Db<'a>: Encode<'a, Postgres> + Type<Postgres> + PgHasArrayType
    where
        Self: 'a;

    fn to_db(&self) -> Self::Db<'_>;

    /// # Errors
    /// The column is missing or holds something else.
    fn read(row: &PgRow, at: usize) -> sqlx::Result<Self>;
}

macro_rules! plain {
    ($($ty:ty),+) => {$(
        impl Column for $ty {
            type Db<'a> = $ty;

            fn to_db(&self) -> $ty {
                *self
            }

            fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
                row.try_get(at)
            }
        }
    )+};
}

plain!(i16, i32, i64, bool, Option<i16>, Option<i64>, Option<bool>);

macro_rules! ids {
    ($($id:ty),+) => {$(
        impl Column for $id {
            type Db<'a> = Key;

            fn to_db(&self) -> Key {
                Key::from(*self)
            }

            fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
                row.try_get::<Key, _>(at).map(Self::from)
            }
        }

        impl Column for Option<$id> {
            type Db<'a> = Option<Key>;

            fn to_db(&self) -> Option<Key> {
                self.map(Key::from)
            }

            fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
                Ok(row.try_get::<Option<Key>, _>(at)?.map(<$id>::from))
            }
        }
    )+};
}

ids!(
    Id,
    BookmarkId,
    UserId,
    TeamId,
    ChannelId,
    PostId,
    FileId,
    EventId,
    HoldId,
    PolicyId,
    ScheduledPostId,
    SessionId
);

impl Column for String {
    type Db<'a> = &'a str;

    fn to_db(&self) -> &str {
        self
    }

    fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
        row.try_get(at)
    }
}

impl Column for Option<String> {
    type Db<'a> = Option<&'a str>;

    fn to_db(&self) -> Option<&str> {
        self.as_deref()
    }

    fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
        row.try_get(at)
    }
}

/// Accounts, one behind another.
impl Column for Vec<UserId> {
    type Db<'a> = Vec<u8>;

    fn to_db(&self) -> Vec<u8> {
        self.iter().flat_map(|id| *id.as_bytes()).collect()
    }

    fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
        let bytes: &[u8] = row.try_get(at)?;
        let (ids, rest) = bytes.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(unreadable(at, "not a list of ids"));
        }
        Ok(ids.iter().map(|id| UserId::from_bytes(*id)).collect())
    }
}

macro_rules! named {
    ($($ty:ty, $name:expr, $all:expr);+ $(;)?) => {$(
        impl Column for $ty {
            type Db<'a> = &'static str;

            fn to_db(&self) -> &'static str {
                let name: fn($ty) -> &'static str = $name;
                name(*self)
            }

            fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
                let name: fn($ty) -> &'static str = $name;
                let text: &str = row.try_get(at)?;
                let all: &[$ty] = $all;
                all.iter()
                    .copied()
                    .find(|value| name(*value) == text)
                    .ok_or_else(|| unreadable(at, "an unknown name"))
            }
        }

        impl Column for Option<$ty> {
            type Db<'a> = Option<&'static str>;

            fn to_db(&self) -> Option<&'static str> {
                self.as_ref().map(Column::to_db)
            }

            fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
                let text: Option<&str> = row.try_get(at)?;
                text.map(|_| <$ty>::read(row, at)).transpose()
            }
        }
    )+};
}

named! {
    ChannelType,
    ChannelType::letter,
    &[ChannelType::Open, ChannelType::Private, ChannelType::Direct, ChannelType::Group];
    TeamType,
    |team| match team {
        TeamType::Open => "O",
        TeamType::InviteOnly => "I",
    },
    &[TeamType::Open, TeamType::InviteOnly];
    PriorityLevel, PriorityLevel::name, &PriorityLevel::ALL;
    StatusKind,
    |status| match status {
        StatusKind::Online => "online",
        StatusKind::Away => "away",
        StatusKind::Dnd => "dnd",
        StatusKind::Offline => "offline",
    },
    &[StatusKind::Online, StatusKind::Away, StatusKind::Dnd, StatusKind::Offline];
}

impl Column for CategoryKey {
    type Db<'a> = String;

    fn to_db(&self) -> String {
        self.to_string()
    }

    fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
        let text: &str = row.try_get(at)?;
        text.parse().map_err(|error: events::InvalidId| unreadable(at, error))
    }
}

/// As JSON text.
impl Column for StringMap {
    type Db<'a> = String;

    fn to_db(&self) -> String {
        serde_json::to_string(self).expect("a map of strings is JSON")
    }

    fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
        let text: &str = row.try_get(at)?;
        serde_json::from_str(text).map_err(|error| unreadable(at, error))
    }
}

impl Column for Option<StringMap> {
    type Db<'a> = Option<String>;

    fn to_db(&self) -> Option<String> {
        self.as_ref().map(Column::to_db)
    }

    fn read(row: &PgRow, at: usize) -> sqlx::Result<Self> {
        match row.try_get::<Option<&str>, _>(at)? {
            None => Ok(None),
            Some(text) => serde_json::from_str(text).map_err(|error| unreadable(at, error)),
        }
    }
}

fn unreadable(at: usize, reason: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: at.to_string(), source: reason.into() }
}
