//! The layers that a configuration is read from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{ConfigError, Origin, Section, SectionDoc, Setting};

/// The variable that names the configuration file.
pub const CONFIG_FILE_VARIABLE: &str = "NOTTERMOST_CONFIG";
const PREFIX: &str = "NOTTERMOST_";
/// The variable that every Postgres program knows, read as `database.url`.
const DATABASE_URL: &str = "DATABASE_URL";
const DATABASE_URL_KEY: &str = "database.url";

/// What the file and the environment say, by dotted key; of several layers the highest.
#[derive(Debug, Default)]
pub struct Sources {
    values: BTreeMap<String, Value>,
}

#[derive(Debug)]
struct Value {
    text: String,
    origin: Origin,
}

impl Sources {
    /// The sources that a file's text and these variables are. Pure.
    pub fn new(
        file: Option<(PathBuf, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut sources = Self::default();
        if let Some((path, text)) = file {
            sources.add_file(&path, &text)?;
        }
        sources.add_environment(environment)?;
        Ok(sources)
    }

    /// The sources of this process.
    pub fn of_process(file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let environment = unicode(std::env::vars_os())?;
        let named = environment.iter().find(|(name, _)| name == CONFIG_FILE_VARIABLE);
        let file = match (file, named) {
            (Some(path), _) => Some((path, "--config")),
            (None, Some((_, path))) => Some((PathBuf::from(path), CONFIG_FILE_VARIABLE)),
            (None, None) => None,
        };
        let file = file.map(|(path, named_by)| read_file(path, named_by)).transpose()?;
        Self::new(file, environment)
    }

    fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let lines = Lines { path, text };
        let table = DeTable::parse(text).map_err(|error| ConfigError::NotToml {
            path: path.to_owned(),
            line: lines.line(error.span().map_or(0, |span| span.start)),
            reason: error.message().to_owned(),
        })?;
        for (section, value) in table.get_ref() {
            match value.get_ref() {
                DeValue::Table(fields) => {
                    for (field, value) in fields {
                        let key = format!("{}.{}", section.get_ref(), field.get_ref());
                        self.add_file_value(
                            key,
                            value.get_ref(),
                            lines.origin(field.span().start),
                        )?;
                    }
                }
                // Not in a section, so unknown; kept until it is refused with the others.
                other => {
                    let origin = lines.origin(section.span().start);
                    self.add_file_value(section.get_ref().clone().into_owned(), other, origin)?;
                }
            }
        }
        Ok(())
    }

    fn add_file_value(
        &mut self,
        key: String,
        value: &DeValue<'_>,
        origin: Origin,
    ) -> Result<(), ConfigError> {
        let Some(text) = scalar_text(value) else {
            return Err(ConfigError::BadValue {
                key,
                value: format!("<{}>", value.type_str()),
                origin,
                reason: "accepted is a single value".to_owned(),
            });
        };
        self.values.insert(key, Value { text, origin });
        Ok(())
    }

    fn add_environment(
        &mut self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        let mut database_url = None;
        for (variable, text) in environment {
            let origin = Origin::Environment { variable: variable.clone() };
            if variable == DATABASE_URL {
                database_url = Some(Value { text, origin });
                continue;
            }
            let Some(name) = variable.strip_prefix(PREFIX) else { continue };
            if variable == CONFIG_FILE_VARIABLE {
                continue;
            }
            let key = name.to_lowercase().replacen("__", ".", 1);
            self.values.insert(key, Value { text, origin });
        }
        let ours = self.values.get(DATABASE_URL_KEY).map(|value| &value.origin);
        if let Some(plain) = database_url.filter(|value| !value.text.is_empty())
            && !matches!(ours, Some(Origin::Environment { .. }))
        {
            self.values.insert(DATABASE_URL_KEY.to_owned(), plain);
        }
        Ok(())
    }

    /// Refuses the first key that none of `sections` has.
    pub fn refuse_unknown(&self, sections: &[SectionDoc]) -> Result<(), ConfigError> {
        for (key, value) in &self.values {
            let (section, field) = key.split_once('.').unwrap_or(("", key));
            let section = sections.iter().find(|known| known.name == section);
            let known = match section {
                Some(section) if section.fields.iter().any(|known| known.name == field) => continue,
                Some(section) => list(section.fields.iter().map(|field| field.name)),
                None => list(sections.iter().map(|section| section.name)),
            };
            let origin = value.origin.clone();
            return Err(ConfigError::UnknownKey { key: key.clone(), origin, known });
        }
        Ok(())
    }

    /// Reads one section.
    pub fn section<S: Section>(&self) -> Result<S, ConfigError> {
        S::read(self)
    }

    /// Reads one setting; [`settings_section!`](crate::settings_section) calls it.
    pub fn setting<T: Setting>(
        &self,
        section: &str,
        field: &str,
        default: Option<&str>,
    ) -> Result<T, ConfigError> {
        let key = format!("{section}.{field}");
        let set = self.values.get(&key).map(|value| (value.text.as_str(), value.origin.clone()));
        let Some((text, origin)) = set.or(default.map(|text| (text, Origin::Default))) else {
            return T::absent().ok_or_else(|| ConfigError::BadValue {
                key,
                value: "(not set)".to_owned(),
                origin: Origin::Default,
                reason: format!("accepted is {}", T::accepted()),
            });
        };
        T::parse(text).map_err(|reason| ConfigError::BadValue {
            key,
            value: if T::SECRET { "(not shown)".to_owned() } else { format!("{text:?}") },
            origin,
            reason: reason.unwrap_or_else(|| format!("accepted is {}", T::accepted())),
        })
    }
}

/// The variables that may concern us; others need not be valid UTF-8.
fn unicode(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut ours = Vec::new();
    for (name, value) in variables {
        let Ok(name) = name.into_string() else { continue };
        if !name.starts_with(PREFIX) && name != DATABASE_URL {
            continue;
        }
        match value.into_string() {
            Ok(value) => ours.push((name, value)),
            Err(_) => return Err(ConfigError::NotUnicode { variable: name }),
        }
    }
    Ok(ours)
}

fn read_file(path: PathBuf, named_by: &'static str) -> Result<(PathBuf, String), ConfigError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(error) => Err(ConfigError::Unreadable { path, named_by, reason: error.to_string() }),
    }
}

fn scalar_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Integer(number) => {
            let plain = i128::from_str_radix(number.as_str(), number.radix());
            Some(plain.map_or_else(|_| number.as_str().to_owned(), |plain| plain.to_string()))
        }
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

struct Lines<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Lines<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn origin(&self, offset: usize) -> Origin {
        Origin::File { path: self.path.to_owned(), line: self.line(offset) }
    }
}
