//! How much attention the author of a post asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriorityLevel {
    #[default]
    Standard,
    Important,
    Urgent,
}

impl PriorityLevel {
    pub const ALL: [Self; 3] = [Self::Standard, Self::Important, Self::Urgent];

    /// As the contract writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Important => "important",
            Self::Urgent => "urgent",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Priority {
    #[serde(default)]
    pub level: PriorityLevel,
    /// Whether those who read it are to say so.
    #[serde(default)]
    pub requested_ack: bool,
}

impl Priority {
    /// Whether it asks for nothing.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}
