//! Answers of queries that judge the viewer's rights in the same snapshot.

/// What a viewer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access<T> {
    /// There is no such thing.
    Unknown,
    /// There is, but not for this viewer.
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

    /// From two facts of the snapshot.
    pub(crate) fn judged(known: bool, may: bool, value: impl FnOnce() -> T) -> Self {
        match (known, may) {
            (_, true) => Self::Granted(value()),
            (true, false) => Self::Denied,
            (false, false) => Self::Unknown,
        }
    }
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
