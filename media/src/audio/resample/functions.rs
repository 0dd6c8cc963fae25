//! The two functions a windowed sinc is made of, from + - * / only.

/// sin(pi x) / (pi x).
pub(super) fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { sin_pi(x) / (std::f64::consts::PI * x) }
}

/// 1/1!, 1/3!, 1/5! ... 1/23!: the magnitudes of Taylor's coefficients of the sine. What comes after
/// is less than 2^-60 at pi / 2.
const INVERSE_FACTORIALS: [f64; 12] = {
    let mut inverse = [1.0; 12];
    let mut factorial = 1.0;
    let mut step = 1;
    while step < 12 {
        let n = 2.0 * step as f64;
        factorial *= n * (n + 1.0);
        inverse[step] = 1.0 / factorial;
        step += 1;
    }
    inverse
};

/// sin(pi x) for |x| below 2^51.
fn sin_pi(x: f64) -> f64 {
    // Adding and subtracting 1.5 * 2^52 rounds to the nearest whole number; the rest is exact.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    let whole = (x + ROUNDER) - ROUNDER;
    let angle = (x - whole) * std::f64::consts::PI;
    let square = angle * angle;
    let sum = angle * INVERSE_FACTORIALS.iter().rev().fold(0.0, |sum, c| c - square * sum);
    let half = whole * 0.5;
    let odd = (half + ROUNDER) - ROUNDER != half;
    if odd { -sum } else { sum }
}

/// The modified Bessel function of the first kind and order 0, for |x| up to 30: its power
/// series (Abramowitz and Stegun 9.6.12), all terms positive.
pub(super) fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x * 0.25;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..80 {
        let k = f64::from(k);
        term = term * quarter / (k * k);
        sum += term;
        // Terms fall from here on and no longer change the sum.
        if term < sum * 1e-18 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sin_pi_has_its_known_values() {
        let near = |x: f64, expected: f64| {
            assert!((sin_pi(x) - expected).abs() < 3e-16, "{x}: {}", sin_pi(x));
        };
        for k in -4..5 {
            let turn = 2.0 * f64::from(k);
            near(turn, 0.0);
            near(turn + 1.0, 0.0);
            near(turn + 0.5, 1.0);
            near(turn + 1.5, -1.0);
            near(turn + 0.25, std::f64::consts::FRAC_1_SQRT_2);
            near(turn - 0.25, -std::f64::consts::FRAC_1_SQRT_2);
        }
        near(1.0 / 6.0, 0.5);
    }

    #[test]
    fn bessel_i0_has_its_known_values() {
        // Abramowitz and Stegun, table 9.8 (e^-x I0(x) there for 10).
        assert!((bessel_i0(0.0) - 1.0).abs() < 1e-15);
        assert!((bessel_i0(1.0) - 1.266_065_877_752_008).abs() < 1e-14);
        assert!((bessel_i0(10.0) / 2_815.716_628_466_254 - 1.0).abs() < 1e-14);
    }
}
