//! Levels in dB as factors, silence included.

use crate::math::db_to_gain;

/// The level that means silence, in dB.
pub const SILENCE_DB: f64 = -144.0;

/// The factor of a level in dB: 0 at [`SILENCE_DB`] and below, else 10^(dB / 20).
pub fn level_to_gain(level_db: f64) -> f64 {
    if level_db <= SILENCE_DB { 0.0 } else { db_to_gain(level_db) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_nothing_and_zero_is_one() {
        assert_eq!(level_to_gain(SILENCE_DB), 0.0);
        assert_eq!(level_to_gain(f64::NEG_INFINITY), 0.0);
        assert_eq!(level_to_gain(0.0), 1.0);
        assert!((level_to_gain(-143.0) / 7.079_457_843_841e-8 - 1.0).abs() < 1e-9);
        assert!((level_to_gain(-20.0) - 0.1).abs() < 1e-16);
    }
}
