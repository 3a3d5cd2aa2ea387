//! An error as the one line that people read.

/// What failed and why, on one line. Causes that the text before them tells already are left out.
pub fn failure_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line.split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn causes_follow_unless_they_are_told_already() {
        let error = Err::<(), _>(anyhow!("no such file")).context("failed to open a: no such file");
        let error = error.context("failed to start").unwrap_err();
        assert_eq!(failure_line(&error), "failed to start: failed to open a: no such file");
    }

    #[test]
    fn it_is_one_line() {
        assert_eq!(failure_line(&anyhow!("first\n  second\r\n")), "first second");
    }
}
