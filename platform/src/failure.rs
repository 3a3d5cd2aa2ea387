//! An error as the one line that people read.

use std::error::Error;

/// What failed and why, on one line. Causes that the text before them tells already are left out.
pub fn failure_line(error: &(dyn Error + 'static)) -> String {
    let mut line = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let cause = error.to_string();
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
        next = error.source();
    }
    let parts = line.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Failed {
        text: &'static str,
        source: Option<Box<Failed>>,
    }

    fn failed(texts: &[&'static str]) -> Option<Box<Failed>> {
        let (text, causes) = texts.split_first()?;
        Some(Box::new(Failed { text, source: failed(causes) }))
    }

    #[test]
    fn causes_follow_unless_they_are_told_already() {
        let error = failed(&["failed to start", "failed to open a: no such file", "no such file"]);
        let line = failure_line(&*error.unwrap());
        assert_eq!(line, "failed to start: failed to open a: no such file");
    }

    #[test]
    fn it_is_one_line() {
        assert_eq!(failure_line(&*failed(&["first\n  second\r\n"]).unwrap()), "first second");
    }
}
