//! Rounding of exact positions to whole samples and ticks, without the platform's maths.

/// The largest whole number at or below `x`; saturates at the ends of `i64`, 0 for NaN.
// The cast truncates towards zero and saturates by definition, which the correction relies on.
#[allow(clippy::cast_possible_truncation)]
pub(super) const fn floor(x: f64) -> i64 {
    let whole = x as i64;
    if whole as f64 > x { whole.saturating_sub(1) } else { whole }
}

/// The nearest whole number, ties up (towards +infinity), so that shifting a position by whole
/// numbers never changes how its fraction rounds.
pub(crate) const fn nearest(x: f64) -> i64 {
    let below = floor(x);
    if x - below as f64 >= 0.5 { below.saturating_add(1) } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_goes_down_on_both_sides_of_zero() {
        assert_eq!([1.9, 1.0, 0.5, -0.5, -1.0, -1.1].map(floor), [1, 1, 0, -1, -1, -2]);
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY].map(floor), [i64::MAX, i64::MIN]);
    }

    #[test]
    fn ties_go_up_and_almost_ties_do_not() {
        assert_eq!([0.5, 1.5, -0.5, -1.5].map(nearest), [1, 2, 0, -1]);
        assert_eq!(nearest(0.499_999_999_999_999_94), 0);
        assert_eq!(nearest(-0.500_000_000_000_000_1), -1);
    }
}
