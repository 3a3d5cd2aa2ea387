//! What `/metrics` says.

use std::fmt;

/// One reading.
#[derive(Debug)]
pub struct Metrics(Vec<Sample>);

#[derive(Debug)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Metrics {
    /// Reads Prometheus' text format as far as we write it: labels without escaped quotes.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    /// The sum of all samples of `name` that have these labels; `None` if there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let wanted = |sample: &&Sample| {
            sample.name == name && labels.iter().all(|label| sample.label(label.0) == Some(label.1))
        };
        self.0.iter().filter(wanted).map(|sample| sample.value).reduce(|a, b| a + b)
    }

    /// The values of `label` among the samples of `name`.
    pub fn labels(&self, name: &str, label: &str) -> Vec<&str> {
        let samples = self.0.iter().filter(|sample| sample.name == name);
        samples.filter_map(|sample| sample.label(label)).collect()
    }
}

impl fmt::Display for Metrics {
    /// The names alone, for a message about one that is missing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.0.iter().map(|sample| sample.name.as_str()).collect();
        names.dedup();
        f.write_str(&names.join(" "))
    }
}

impl Sample {
    fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (head, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let (name, labels) =
        head.strip_suffix('}').and_then(|h| h.split_once('{')).unwrap_or((head, ""));
    let label = |text: &str| {
        let (label, value) = text.split_once("=\"")?;
        Some((label.to_owned(), value.trim_end_matches('"').to_owned()))
    };
    let labels = labels.split("\",").filter_map(label).collect();
    Some(Sample { name: name.to_owned(), labels, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_what_has_the_labels() {
        let metrics = Metrics::parse(
            "# HELP a b\na{x=\"1\",route=\"/p/{id}\"} 2\na{x=\"2\",route=\"/p/{id}\"} 3\nb 0.5\n",
        );
        assert_eq!(metrics.sum("a", &[]), Some(5.0));
        assert_eq!(metrics.sum("a", &[("x", "2"), ("route", "/p/{id}")]), Some(3.0));
        assert_eq!(metrics.sum("b", &[]), Some(0.5));
        assert_eq!(metrics.sum("b", &[("x", "1")]), None);
        assert_eq!(metrics.labels("a", "x"), ["1", "2"]);
    }
}
