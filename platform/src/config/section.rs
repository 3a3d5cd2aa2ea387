//! How a section is declared and read.

use super::{ConfigError, Sources};

/// A type that one setting can have.
pub trait Setting: Sized {
    /// Whether the text may be shown in messages and logs.
    const SECRET: bool = false;

    /// What is accepted, to end the sentence "accepted is …".
    fn accepted() -> String;

    /// Reads the setting's text. The refusal says why, if [`Setting::accepted`] does not.
    fn parse(text: &str) -> Result<Self, Option<String>>;

    /// The value of a setting that is set nowhere and has no default.
    fn absent() -> Option<Self> {
        None
    }
}

/// One section of the configuration: `[name]` in the file, `NOTTERMOST_NAME__…` outside of it.
pub trait Section: Sized {
    const DOC: SectionDoc;

    fn read(sources: &Sources) -> Result<Self, ConfigError>;
}

/// A section as the reference page shows it.
#[derive(Debug, Clone, Copy)]
pub struct SectionDoc {
    pub name: &'static str,
    pub doc: &'static str,
    pub fields: &'static [FieldDoc],
}

/// A setting as the reference page shows it.
#[derive(Debug, Clone, Copy)]
pub struct FieldDoc {
    pub name: &'static str,
    pub doc: &'static str,
    pub default: Option<&'static str>,
    pub accepted: fn() -> String,
}

/// Declares a section: a struct whose fields are settings, each with its documentation and, unless
/// it may be absent, its default as it would be written in the environment.
///
/// ```
/// platform::settings_section! {
///     /// How tea is made.
///     "tea" => pub struct TeaSettings {
///         /// How long it steeps.
///         steep_ms: platform::config::Bounded<1, 600_000> = "180000",
///         /// What is added, if anything.
///         sugar: Option<String>,
///     }
/// }
/// let sources = platform::config::Sources::default();
/// let tea: TeaSettings = sources.section().expect("the defaults are valid");
/// assert_eq!((tea.steep_ms.get(), tea.sugar), (180_000, None));
/// ```
#[macro_export]
macro_rules! settings_section {
    (
        $(#[doc = $doc:literal])+
        $name:literal => pub struct $type:ident {
            $($(#[doc = $field_doc:literal])+ $field:ident: $setting:ty $(= $default:literal)?,)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub struct $type {
            $($(#[doc = $field_doc])+ pub $field: $setting,)+
        }

        impl $crate::config::Section for $type {
            const DOC: $crate::config::SectionDoc = $crate::config::SectionDoc {
                name: $name,
                doc: concat!($($doc, "\n"),+),
                fields: &[$($crate::config::FieldDoc {
                    name: stringify!($field),
                    doc: concat!($($field_doc, "\n"),+),
                    default: $crate::settings_section!(@default $($default)?),
                    accepted: <$setting as $crate::config::Setting>::accepted,
                },)+],
            };

            fn read(
                sources: &$crate::config::Sources,
            ) -> ::std::result::Result<Self, $crate::config::ConfigError> {
                ::std::result::Result::Ok(Self {
                    $($field: sources.setting(
                        $name,
                        stringify!($field),
                        $crate::settings_section!(@default $($default)?),
                    )?,)+
                })
            }
        }
    };
    (@default) => { ::std::option::Option::None };
    (@default $default:literal) => { ::std::option::Option::Some($default) };
}
