//! What is counted.

/// A half that was opened, or is erased.
pub(crate) fn opened(open: bool) {
    let outcome = if open { "open" } else { "erased" };
    metrics::counter!("nottermost_sealed_halves_read_total", "outcome" => outcome).increment(1);
}

/// A half that does not open under its key.
pub(crate) fn damaged() {
    metrics::counter!("nottermost_sealed_halves_damaged_total").increment(1);
}
