//! Pan laws: the factors of the left and right channel for a pan position, in one place for the
//! mixer's faders and the pan processor.

use crate::math::{cos_pi, sin_pi};
use crate::session::PanLaw;

/// The factors (left, right) of a mono signal panned to `pan`, -1 (left) to +1 (right).
///
/// Exactly (1, 0) at -1 and (0, 1) at +1. In the centre both are 1, 10^(-3/20), 10^(-4.5/20) or
/// 10^(-6/20) to the usual naming, that is 1, 2^(-1/2), 2^(-3/4) and 1/2.
pub fn gains(law: PanLaw, pan: f64) -> (f64, f64) {
    match law {
        PanLaw::Zero => balance(pan),
        PanLaw::Minus3 => equal_power(pan),
        PanLaw::Minus4Point5 => {
            let (power, amplitude) = (equal_power(pan), equal_amplitude(pan));
            ((power.0 * amplitude.0).sqrt(), (power.1 * amplitude.1).sqrt())
        }
        PanLaw::Minus6 => equal_amplitude(pan),
    }
}

/// The factors (left, right) that turn down the side `pan`, -1 (left) to +1 (right), points away
/// from, in a straight line; the other side stays at 1.
pub fn balance(pan: f64) -> (f64, f64) {
    let pan = within(pan);
    if pan > 0.0 { (1.0 - pan, 1.0) } else { (1.0, 1.0 + pan) }
}

/// Squares sum to 1: the quarter of a circle from left to right.
fn equal_power(pan: f64) -> (f64, f64) {
    let turn = (within(pan) + 1.0) * 0.25;
    (cos_pi(turn), sin_pi(turn))
}

/// They sum to 1.
fn equal_amplitude(pan: f64) -> (f64, f64) {
    let pan = within(pan);
    ((1.0 - pan) * 0.5, (1.0 + pan) * 0.5)
}

fn within(pan: f64) -> f64 {
    pan.clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWS: [(PanLaw, f64); 4] = [
        (PanLaw::Zero, 0.0),
        (PanLaw::Minus3, -3.0),
        (PanLaw::Minus4Point5, -4.5),
        (PanLaw::Minus6, -6.0),
    ];

    #[test]
    fn ends_are_exact_and_the_centre_is_what_the_name_says() {
        for (law, centre_db) in LAWS {
            assert_eq!(gains(law, -1.0), (1.0, 0.0), "{law:?}");
            assert_eq!(gains(law, 1.0), (0.0, 1.0), "{law:?}");
            assert_eq!(gains(law, 7.0), (0.0, 1.0), "{law:?}");
            let (left, right) = gains(law, 0.0);
            assert!((left - right).abs() < 1e-15, "{law:?}");
            let centre = crate::math::gain_to_db(left);
            assert!((centre - centre_db).abs() < 0.03, "{law:?}: {centre} dB");
        }
        assert_eq!(gains(PanLaw::Zero, 0.0), (1.0, 1.0));
        assert_eq!(balance(0.25), (0.75, 1.0));
        assert_eq!(balance(-0.25), (1.0, 0.75));
    }

    #[test]
    fn sides_mirror_each_other_and_turn_one_way() {
        for (law, _) in LAWS {
            let mut last = gains(law, -1.0);
            for step in -100..=100_i32 {
                let pan = f64::from(step) / 100.0;
                let (left, right) = gains(law, pan);
                let mirrored = gains(law, -pan);
                assert!((left - mirrored.1).abs() < 1e-15, "{law:?} at {pan}");
                assert!(left <= last.0 && right >= last.1, "{law:?} at {pan}");
                last = (left, right);
            }
        }
    }

    #[test]
    fn equal_power_keeps_the_power_and_equal_amplitude_the_sum() {
        for step in -100..=100_i32 {
            let pan = f64::from(step) / 100.0;
            let (left, right) = gains(PanLaw::Minus3, pan);
            assert!((left * left + right * right - 1.0).abs() < 1e-15);
            let (left, right) = gains(PanLaw::Minus6, pan);
            assert!((left + right - 1.0).abs() < 1e-15);
        }
    }
}
