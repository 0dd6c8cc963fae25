//! Numbers that plug-ins give: JSON knows none that are not finite.

/// `value`, or `instead` where it is no finite number.
pub fn finite_or(value: f64, instead: f64) -> f64 {
    if value.is_finite() { value } else { instead }
}

#[cfg(test)]
mod tests {
    use super::finite_or;

    #[test]
    fn what_is_no_number_is_replaced() {
        assert_eq!(finite_or(-3.5, 1.0), -3.5);
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(finite_or(bad, 1.0), 1.0);
        }
    }
}
