//! Band-limited waveforms: what an oscillator gives at a phase.
//!
//! A step between samples is rounded off by the integral of the cubic B-spline, a corner by the
//! integral of that, over the two samples before and behind it (V. Valimaki and A. Huovilainen,
//! Antialiasing oscillators in subtractive synthesis, 2007; V. Valimaki, J. Pekonen and J. Nam,
//! Perceptually informed synthesis of bandlimited classical waveforms using integrated polynomial
//! interpolation, 2012). A partial at `f` is turned down by `sinc(f / rate)^4`, 2.5 dB at 10 kHz of
//! 48, and so are the images it folds from.

use crate::simd::{Lanes, Mask};

/// Samples to either side of a step or corner that are rounded off.
pub(super) const ROUNDED_SAMPLES: f64 = 2.0;

/// `sin(2 pi t) / t` as a function of `t^2`, `|t| <= 1/4` of a cycle: the sine is right to 1.4e-11, -217 dB.
///
/// Found for quarters of a cycle, by the exchange algorithm of Remez. They are turned into cycles here, by
/// powers of 2, which round nothing: so no phase has to be.
const SINE: [f64; 6] = [
    1.5707963266218767 * 4.0,
    -0.6459640926527073 * 64.0,
    0.07969258733509405 * 1_024.0,
    -0.004681620350949387 * 16_384.0,
    0.0001602172465033043 * 262_144.0,
    -3.418213114548837e-06 * 4_194_304.0,
];

/// A waveform as an oscillator runs it.
pub(super) trait Wave {
    /// True where it has steps or corners.
    const HAS_CORNERS: bool;

    /// Any phase without its whole cycles, as [`Self::moved_at`] takes it: of 0 to 1, as the other
    /// functions do, where there are corners.
    #[inline(always)]
    fn moved<L: Lanes>(phase: L) -> L {
        wrap(phase)
    }

    /// [`Self::plain_at`] for what [`Self::moved`] gives.
    #[inline(always)]
    fn moved_at<L: Lanes>(phase: L, width: L) -> L {
        Self::plain_at(phase, width)
    }

    /// The value at a phase of 0 to 1, for a phase step a sample and what that is the inverse of.
    fn at<L: Lanes>(phase: L, steps: [L; 2], width: L) -> L;

    /// What [`Self::at`] gives, to the bit, [`ROUNDED_SAMPLES`] or more from all steps and corners.
    fn plain_at<L: Lanes>(phase: L, width: L) -> L;

    /// How far the nearest step or corner is, in cycles.
    fn to_corner<L: Lanes>(phase: L, width: L) -> L;
}

/// `sin 2 pi p`.
pub(super) struct Sine;
/// From -1 at phase 0 to +1 at 1/2 and back.
pub(super) struct Triangle;
/// From -1 up to +1.
pub(super) struct Sawtooth;
/// Two sawtooths, one against the other: without a constant part, two steps of 2.
pub(super) struct Pulse;

/// `phase` as a distance from the nearest whole cycle, in cycles.
#[inline(always)]
fn from_whole<L: Lanes>(phase: L) -> L {
    let half = phase.ge(L::splat(0.5));
    phase - L::select(half, L::splat(1.0), L::splat(0.0))
}

/// The same in samples.
#[inline(always)]
fn distance<L: Lanes>(phase: L, inverse_step: L) -> L {
    from_whole(phase) * inverse_step
}

/// How far a step rounded off by the spline still is from its end, `|x|` samples from its middle:
/// `((2 - |x|)+^4 - 4 (1 - |x|)+^4) / 24`, so 1/2 at 0 and nothing from 2 on.
#[inline(always)]
fn step_rest<L: Lanes>(magnitude: L) -> L {
    let zero = L::splat(0.0);
    let outer = (L::splat(2.0) - magnitude).max(zero);
    let inner = (L::splat(1.0) - magnitude).max(zero);
    let (outer, inner) = (outer * outer, inner * inner);
    (outer * outer - L::splat(4.0) * (inner * inner)) * L::splat(1.0 / 24.0)
}

/// The integral of [`step_rest`] from `|x|` on.
#[inline(always)]
fn corner_rest<L: Lanes>(magnitude: L) -> L {
    let zero = L::splat(0.0);
    let outer = (L::splat(2.0) - magnitude).max(zero);
    let inner = (L::splat(1.0) - magnitude).max(zero);
    let (outer4, inner4) = ((outer * outer) * (outer * outer), (inner * inner) * (inner * inner));
    (outer4 * outer - L::splat(4.0) * (inner4 * inner)) * L::splat(1.0 / 120.0)
}

#[inline(always)]
fn sawtooth<L: Lanes>(phase: L, inverse_step: L) -> L {
    let x = distance(phase, inverse_step);
    let rest = step_rest(x.abs()).copysign(x);
    plain_sawtooth(phase) + (rest + rest)
}

#[inline(always)]
fn plain_sawtooth<L: Lanes>(phase: L) -> L {
    phase + phase - L::splat(1.0)
}

#[inline(always)]
fn plain_triangle<L: Lanes>(phase: L) -> L {
    L::splat(1.0) - L::splat(4.0) * (phase - L::splat(0.5)).abs()
}

/// The phase of the second sawtooth of a pulse.
#[inline(always)]
fn later<L: Lanes>(phase: L, width: L) -> L {
    let later = phase - width;
    let below = later.lt(L::splat(0.0));
    later + L::select(below, L::splat(1.0), L::splat(0.0))
}

/// Whole cycles dropped.
#[inline(always)]
pub(super) fn wrap<L: Lanes>(phase: L) -> L {
    let phase = phase - phase.floor();
    // What lies a hair below a whole cycle rounds up to 1.
    L::select(phase.ge(L::splat(1.0)), L::splat(0.0), phase)
}

/// A phase of 0 to 1 moved on by less than a cycle: as [`wrap`] gives it, in less time.
#[inline(always)]
pub(super) fn advance<L: Lanes>(phase: L, step: L) -> L {
    let one = L::splat(1.0);
    let phase = phase + step;
    L::select(phase.ge(one), phase - one, phase)
}

impl Wave for Sine {
    const HAS_CORNERS: bool = false;

    #[inline(always)]
    fn at<L: Lanes>(phase: L, _: [L; 2], width: L) -> L {
        Self::plain_at(phase, width)
    }

    #[inline(always)]
    fn plain_at<L: Lanes>(phase: L, width: L) -> L {
        Self::moved_at(from_whole(phase), width)
    }

    #[inline(always)]
    fn moved<L: Lanes>(phase: L) -> L {
        phase - phase.round_ties_even()
    }

    /// Of -1/2 to 1/2.
    #[inline(always)]
    fn moved_at<L: Lanes>(phase: L, _: L) -> L {
        let distance = phase.abs();
        // Up to a quarter and back.
        let t = distance.min(L::splat(0.5) - distance);
        let square = t * t;
        let mut sum = L::splat(SINE[SINE.len() - 1]);
        for coefficient in SINE[..SINE.len() - 1].iter().rev() {
            sum = sum * square + L::splat(*coefficient);
        }
        (t * sum).copysign(phase)
    }

    #[inline(always)]
    fn to_corner<L: Lanes>(_: L, _: L) -> L {
        L::splat(1.0)
    }
}

impl Wave for Triangle {
    const HAS_CORNERS: bool = true;

    #[inline(always)]
    fn at<L: Lanes>(phase: L, [step, inverse_step]: [L; 2], _: L) -> L {
        let (to_low, to_high) = (from_whole(phase).abs(), (phase - L::splat(0.5)).abs());
        let rest = if inverse_step.ge(L::splat(4.0 * ROUNDED_SAMPLES)).all() {
            // Where one is near the other is not.
            let rest = corner_rest(to_low.min(to_high) * inverse_step);
            L::select(to_low.lt(to_high), rest, -rest)
        } else {
            corner_rest(to_low * inverse_step) - corner_rest(to_high * inverse_step)
        };
        // The slope changes by 8 a cycle.
        plain_triangle(phase) + rest * (L::splat(8.0) * step)
    }

    #[inline(always)]
    fn plain_at<L: Lanes>(phase: L, _: L) -> L {
        plain_triangle(phase)
    }

    #[inline(always)]
    fn to_corner<L: Lanes>(phase: L, _: L) -> L {
        let from_half = (phase - L::splat(0.5)).abs();
        from_half.min(L::splat(0.5) - from_half)
    }
}

impl Wave for Sawtooth {
    const HAS_CORNERS: bool = true;

    #[inline(always)]
    fn at<L: Lanes>(phase: L, [_, inverse_step]: [L; 2], _: L) -> L {
        sawtooth(phase, inverse_step)
    }

    #[inline(always)]
    fn plain_at<L: Lanes>(phase: L, _: L) -> L {
        plain_sawtooth(phase)
    }

    #[inline(always)]
    fn to_corner<L: Lanes>(phase: L, _: L) -> L {
        phase.min(L::splat(1.0) - phase)
    }
}

impl Wave for Pulse {
    const HAS_CORNERS: bool = true;

    #[inline(always)]
    fn at<L: Lanes>(phase: L, [_, inverse_step]: [L; 2], width: L) -> L {
        sawtooth(phase, inverse_step) - sawtooth(later(phase, width), inverse_step)
    }

    #[inline(always)]
    fn plain_at<L: Lanes>(phase: L, width: L) -> L {
        plain_sawtooth(phase) - plain_sawtooth(later(phase, width))
    }

    #[inline(always)]
    fn to_corner<L: Lanes>(phase: L, width: L) -> L {
        let later = later(phase, width);
        Sawtooth::to_corner(phase, width).min(Sawtooth::to_corner(later, width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::F64x1;

    fn at<W: Wave>(phase: f64, step: f64, width: f64) -> f64 {
        let steps = [step, 1.0 / step].map(F64x1::splat);
        W::at(F64x1::splat(phase), steps, F64x1::splat(width)).0[0]
    }

    #[test]
    fn far_from_their_corners_waves_are_plain() {
        let step = 0.01;
        for k in 3..48_u8 {
            let phase = f64::from(k) / 100.0;
            assert!((at::<Sawtooth>(phase, step, 0.5) - (2.0 * phase - 1.0)).abs() < 1e-12);
            assert!((at::<Triangle>(phase, step, 0.5) - (4.0 * phase - 1.0)).abs() < 1e-12);
            let wanted = if phase < 0.3 { -1.4 } else { 0.6 };
            let near = (phase - 0.3).abs() < 0.021;
            assert!(near || (at::<Pulse>(phase, step, 0.3) - wanted).abs() < 1e-12, "{phase}");
        }
    }

    /// Far from its corners, `W` is plain to the bit; gives how many of the tries were.
    fn plain_where_it_says<W: Wave>() -> usize {
        let random = crate::math::random::Random::new(9, 7);
        let one = F64x1::splat;
        (0..200_000_u64)
            .filter(|n| {
                // Also what lies right at the edge of what is rounded off.
                let inverse = 1.0 + 400.0 * random.unit(3 * n);
                let width = 0.02 + 0.96 * random.unit(3 * n + 1);
                let edges = [0.0, 2.0 / inverse, 1.0 - 2.0 / inverse, 0.5 + 2.0 / inverse];
                let edge = usize::try_from(n % 8).ok().and_then(|number| edges.get(number));
                let phase = match edge {
                    Some(edge) => edge.clamp(0.0, 0.999_999),
                    None => random.unit(3 * n + 2),
                };
                let far = W::to_corner(one(phase), one(width)).0[0] * inverse >= ROUNDED_SAMPLES;
                let steps = [1.0 / inverse, inverse].map(one);
                let whole = W::at(one(phase), steps, one(width)).0[0];
                let plain = W::plain_at(one(phase), one(width)).0[0];
                assert!(!far || whole.to_bits() == plain.to_bits(), "{phase} {inverse} {width}");
                far
            })
            .count()
    }

    #[test]
    fn far_from_their_corners_waves_are_plain_to_the_bit() {
        for far in [
            plain_where_it_says::<Triangle>(),
            plain_where_it_says::<Sawtooth>(),
            plain_where_it_says::<Pulse>(),
        ] {
            assert!((100_000..200_000).contains(&far), "{far}");
        }
        assert!(plain_where_it_says::<Sine>() > 199_000);
    }

    #[test]
    fn a_sine_is_one_within_a_hair() {
        let random = crate::math::random::Random::new(5, 6);
        let corners = [0.0, 0.25, 0.5, 0.75, 1.0 - f64::EPSILON];
        for phase in corners.into_iter().chain((0..100_000).map(|n| random.unit(n))) {
            let wanted = crate::math::sin_pi(2.0 * phase);
            let sine = at::<Sine>(phase, 0.01, 0.5);
            assert!((sine - wanted).abs() < 1.4e-11, "{phase}: {sine} is not {wanted}");
            // Moved by whole cycles, and to either side of one.
            for cycles in [-3.0, -1.0, 2.0] {
                let moved = Sine::moved(F64x1::splat(phase + cycles));
                let sine = Sine::moved_at(moved, F64x1::splat(0.5)).0[0];
                assert!((sine - wanted).abs() < 3e-11, "{phase} {cycles}");
            }
        }
    }

    #[test]
    fn a_phase_advances_as_it_wraps() {
        let random = crate::math::random::Random::new(5, 5);
        for n in 0..100_000 {
            let (phase, step) = (random.unit(2 * n), random.unit(2 * n + 1));
            let advanced = advance(F64x1::splat(phase), F64x1::splat(step)).0[0];
            let wrapped = wrap(F64x1::splat(phase + step)).0[0];
            assert_eq!(advanced.to_bits(), wrapped.to_bits(), "{phase} {step}");
        }
    }

    #[test]
    fn steps_and_corners_are_those_of_the_spline() {
        // In the middle of a step lies its mean; a corner is cut by the integral of what is left
        // of the step, 2/15 - 1/30 + ... = (32 - 4) / 120 of the change of slope.
        assert!(at::<Sawtooth>(0.0, 0.05, 0.5).abs() < 1e-12);
        assert!((at::<Triangle>(0.5, 0.05, 0.5) - (1.0 - 8.0 * 0.05 * 28.0 / 120.0)).abs() < 1e-12);
        // One sample after a step 1/24 of its height is missing.
        assert!((at::<Sawtooth>(0.05, 0.05, 0.5) - (-0.9 + 2.0 / 24.0)).abs() < 1e-12);
    }

    #[test]
    fn no_wave_has_a_constant_part() {
        for width in [0.1, 0.5, 0.8] {
            let mean = |wave: fn(f64, f64, f64) -> f64| {
                let phases = (0..1_000).map(|k| f64::from(k) / 1_000.0);
                phases.map(|phase| wave(phase, 0.01, width)).sum::<f64>() / 1_000.0
            };
            for wave in [at::<Sine>, at::<Triangle>, at::<Sawtooth>, at::<Pulse>] {
                assert!(mean(wave).abs() < 1e-9, "{}", mean(wave));
            }
        }
    }
}
