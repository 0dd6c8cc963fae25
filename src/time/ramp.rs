//! The two functions a tempo ramp is made of, accurate also where the tempo hardly changes.
//!
//! Over a ramp the tempo is `b0 * (1 + u)` with `u` linear in ticks, so the time passed is that of
//! the constant tempo `b0` times `ln(1 + u) / u`, and back, ticks are those of the constant tempo
//! times `(exp(v) - 1) / v`. Both tend to 1; written literally both would cancel to nothing there,
//! so near 0 they are series.

use crate::math::{exp, ln};

/// Below this magnitude the series are used: far enough from 0 that above it the literal forms
/// lose at most three bits.
const SERIES_BELOW: f64 = 0.25;

/// `ln(1 + u) / u`, for `u > -1`; 1 at 0.
pub(super) fn log1p_ratio(u: f64) -> f64 {
    if u < SERIES_BELOW && u > -SERIES_BELOW {
        // ln(1 + u) = 2 artanh(z) with z = u / (2 + u); artanh(z) = z + z^3/3 + z^5/5 + ...
        // |z| <= 1/7, so the term after the last is below 2^-57 of the sum.
        let z = u / (2.0 + u);
        let z2 = z * z;
        let mut sum = 0.0;
        for odd in [19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
            sum = sum * z2 + 1.0 / odd;
        }
        2.0 * sum / (2.0 + u)
    } else {
        ln(1.0 + u) / u
    }
}

/// `(exp(v) - 1) / v`; 1 at 0.
pub(super) fn expm1_ratio(v: f64) -> f64 {
    if v < SERIES_BELOW && v > -SERIES_BELOW {
        // 1 + v/2 (1 + v/3 (1 + v/4 (...))): the term after the last is below 2^-57.
        let mut sum = 1.0;
        for n in [13.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0] {
            sum = 1.0 + sum * v / n;
        }
        sum
    } else {
        (exp(v) - 1.0) / v
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_meet_the_literal_forms() {
        for sign in [-1.0, 1.0] {
            let inside = sign * (SERIES_BELOW - 1e-16);
            let literal = ln(1.0 + inside) / inside;
            assert!((log1p_ratio(inside) / literal - 1.0).abs() < 2e-15);
            let literal = (exp(inside) - 1.0) / inside;
            assert!((expm1_ratio(inside) / literal - 1.0).abs() < 2e-15);
        }
    }

    #[test]
    fn both_are_one_at_zero_and_undo_each_other() {
        assert_eq!((log1p_ratio(0.0), expm1_ratio(0.0)), (1.0, 1.0));
        for u in [-0.99, -0.3, -0.2, -1e-5, -1e-15, 1e-300, 1e-12, 1e-3, 0.2, 0.3, 5.0, 190.0] {
            let v = u * log1p_ratio(u);
            assert!((v * expm1_ratio(v) / u - 1.0).abs() < 1e-14, "u = {u}");
        }
    }

    #[test]
    fn the_first_terms_of_the_series_show_where_the_change_is_tiny() {
        let u = 1e-9;
        assert!((log1p_ratio(u) - (1.0 - u / 2.0)).abs() < 2.3e-16);
        assert!((expm1_ratio(u) - (1.0 + u / 2.0)).abs() < 2.3e-16);
    }
}
