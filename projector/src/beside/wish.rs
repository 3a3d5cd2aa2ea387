//! What may be wished for, and what becomes of it. Pure.

use std::fmt;
use std::str::FromStr;

/// What an operator can wish for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Make a version beside the one that serves.
    Rebuild,
    /// Say whether both are equal.
    Compare,
    /// Have the next version serve.
    Cutover,
    /// Have the previous version serve again.
    Rollback,
    /// Drop what is beside.
    Settle,
}

impl Wish {
    const ALL: [(Self, &str); 5] = [
        (Self::Rebuild, "rebuild"),
        (Self::Compare, "compare"),
        (Self::Cutover, "cutover"),
        (Self::Rollback, "rollback"),
        (Self::Settle, "settle"),
    ];
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::ALL.iter().find(|(wish, _)| wish == self);
        f.write_str(named.map_or("", |(_, name)| name))
    }
}

impl FromStr for Wish {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let named = Self::ALL.iter().find(|(_, name)| *name == text);
        named.map(|(wish, _)| *wish).ok_or(Refusal::Unknown)
    }
}

/// What is kept up to date beside the version that serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// One that has not served.
    Next,
    /// The one that served before.
    Previous,
}

impl Beside {
    /// What it becomes when both change places.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Next => Self::Previous,
            Self::Previous => Self::Next,
        }
    }
}

/// What is done about a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Drop what is beside, then make a version.
    Make,
    Compare(Beside),
    Swap(Beside),
    Drop(Beside),
    /// It is so already.
    Nothing,
}

/// Why a wish cannot be fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nothing is beside the version that serves: `replay rebuild --beside` makes one")]
    NothingBeside,
    #[error(
        "what is beside is the version that served before: `replay rollback` has it serve again, \
         `replay rebuild --beside` makes a next one"
    )]
    NoNext,
    #[error("the version beside has not served: `replay cutover` has it serve")]
    NoPrevious,
    #[error("this version of nottermost does not know that wish")]
    Unknown,
}

/// What is done about `wish` while `beside` is there.
///
/// # Errors
/// The order of things forbids it.
pub fn decide(wish: Wish, beside: Option<Beside>) -> Result<Step, Refusal> {
    match (wish, beside) {
        (Wish::Rebuild, _) => Ok(Step::Make),
        (Wish::Settle, None) => Ok(Step::Nothing),
        (Wish::Settle, Some(beside)) => Ok(Step::Drop(beside)),
        (_, None) => Err(Refusal::NothingBeside),
        (Wish::Compare, Some(beside)) => Ok(Step::Compare(beside)),
        (Wish::Cutover, Some(Beside::Next)) => Ok(Step::Swap(Beside::Next)),
        (Wish::Rollback, Some(Beside::Previous)) => Ok(Step::Swap(Beside::Previous)),
        (Wish::Cutover, Some(Beside::Previous)) => Err(Refusal::NoNext),
        (Wish::Rollback, Some(Beside::Next)) => Err(Refusal::NoPrevious),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_version_serves_goes_back_and_serves_again() {
        let mut beside = Beside::Next;
        for wish in [Wish::Cutover, Wish::Rollback, Wish::Cutover] {
            assert_eq!(decide(wish, Some(beside)), Ok(Step::Swap(beside)));
            beside = beside.swapped();
        }
        assert_eq!(beside, Beside::Previous);
    }

    #[test]
    fn nothing_is_swapped_twice_in_the_same_direction() {
        assert_eq!(decide(Wish::Cutover, Some(Beside::Previous)), Err(Refusal::NoNext));
        assert_eq!(decide(Wish::Rollback, Some(Beside::Next)), Err(Refusal::NoPrevious));
        assert_eq!(decide(Wish::Cutover, None), Err(Refusal::NothingBeside));
    }

    #[test]
    fn a_rebuild_is_always_possible_and_to_settle_twice_is_to_settle_once() {
        for beside in [None, Some(Beside::Next), Some(Beside::Previous)] {
            assert_eq!(decide(Wish::Rebuild, beside), Ok(Step::Make));
        }
        assert_eq!(decide(Wish::Settle, Some(Beside::Previous)), Ok(Step::Drop(Beside::Previous)));
        assert_eq!(decide(Wish::Settle, None), Ok(Step::Nothing));
    }

    #[test]
    fn wishes_are_read_as_they_are_written() {
        for (wish, name) in Wish::ALL {
            assert_eq!(wish.to_string(), name);
            assert_eq!(name.parse(), Ok(wish));
        }
        assert_eq!("obey".parse::<Wish>(), Err(Refusal::Unknown));
    }
}
