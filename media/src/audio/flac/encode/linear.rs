//! Linear prediction: coefficients from the autocorrelation of a block, quantised.
//!
//! Levinson and Durbin's recursion on the block under a Tukey window. All sums run in one order
//! and nothing is fused, so the coefficients are the same everywhere.

use wavemill_core::math::{cos_pi, log2};

/// The largest order; the streamable subset allows no more up to 48 kHz.
pub(super) const MAX_ORDER: usize = 12;
/// Bits of a quantised coefficient.
pub(super) const PRECISION: u32 = 14;
/// The largest shift a frame can say.
const MAX_SHIFT: i32 = 15;

/// A quantised predictor: the sum of `coefficients` (the newest sample's first) times samples,
/// shifted right by `shift`.
#[derive(Clone, Debug, Default)]
pub(super) struct Predictor {
    pub(super) coefficients: Vec<i32>,
    pub(super) shift: u32,
}

/// Finds predictors; keeps the window and room to work in.
#[derive(Debug, Default)]
pub(super) struct LinearPrediction {
    window: Vec<f64>,
    windowed: Vec<f64>,
}

impl LinearPrediction {
    /// The predictor that should leave the fewest bits of `samples` of `width` bits; `None` where
    /// there is nothing to predict from.
    pub(super) fn find(&mut self, samples: &[i32], width: u32) -> Option<Predictor> {
        let max_order = MAX_ORDER.min(samples.len().saturating_sub(1) / 2);
        if max_order == 0 {
            return None;
        }
        let correlation = self.autocorrelation(samples);
        if correlation[0] <= 0.0 {
            return None;
        }
        let mut best: Option<(f64, Vec<f64>)> = None;
        let mut coefficients = [0.0; MAX_ORDER];
        let mut error = correlation[0];
        for order in 1..=max_order {
            error = step(&correlation, &mut coefficients, order, error);
            let bits = expected_bits(error, samples.len(), order, width);
            if best.as_ref().is_none_or(|(fewest, _)| bits < *fewest) {
                best = Some((bits, coefficients[..order].to_vec()));
            }
            if error <= 0.0 {
                break;
            }
        }
        best.and_then(|(_, coefficients)| quantised(&coefficients))
    }

    fn autocorrelation(&mut self, samples: &[i32]) -> [f64; MAX_ORDER + 1] {
        if self.window.len() != samples.len() {
            self.window = tukey(samples.len());
        }
        self.windowed.clear();
        // Zeros before the block, so that every lag has all frames.
        self.windowed.resize(MAX_ORDER, 0.0);
        self.windowed.extend(samples.iter().zip(&self.window).map(|(s, w)| f64::from(*s) * w));
        let mut sums = [0.0; MAX_ORDER + 1];
        for past in self.windowed.windows(MAX_ORDER + 1) {
            let newest = past[MAX_ORDER];
            // The oldest first here: turned below.
            for (sum, sample) in sums.iter_mut().zip(past) {
                *sum += newest * sample;
            }
        }
        sums.reverse();
        sums
    }
}

/// A window that is flat in its middle half, with cosine slopes.
fn tukey(length: usize) -> Vec<f64> {
    let slope = (length / 4).max(1) as f64;
    let weight = |index: usize| {
        let from_end = index.min(length - 1 - index) as f64 + 0.5;
        if from_end >= slope { 1.0 } else { 0.5 - 0.5 * cos_pi(from_end / slope) }
    };
    (0..length).map(weight).collect()
}

/// One step of the recursion: `coefficients` of `order` from those of one less; the new error.
fn step(
    correlation: &[f64; MAX_ORDER + 1],
    coefficients: &mut [f64; MAX_ORDER],
    order: usize,
    error: f64,
) -> f64 {
    let mut residual = correlation[order];
    for (index, coefficient) in coefficients[..order - 1].iter().enumerate() {
        residual -= coefficient * correlation[order - 1 - index];
    }
    let reflection = residual / error;
    let before = *coefficients;
    coefficients[order - 1] = reflection;
    for index in 0..order - 1 {
        coefficients[index] = before[index] - reflection * before[order - 2 - index];
    }
    error * (1.0 - reflection * reflection)
}

/// Bits that a block takes with an order whose residual has the energy `error`: those of a Laplace
/// distribution, and the coefficients and first samples as they are.
fn expected_bits(error: f64, frames: usize, order: usize, width: u32) -> f64 {
    let each = if error > 0.0 { 0.5 * log2(error / frames as f64) + 0.5 } else { 0.0 };
    let head = f64::from(width + PRECISION) * order as f64;
    each.max(0.0) * (frames - order) as f64 + head
}

/// Rounds coefficients to [`PRECISION`] bits; what each loses is handed to the next.
fn quantised(coefficients: &[f64]) -> Option<Predictor> {
    let largest = coefficients.iter().fold(0.0_f64, |largest, c| largest.max(c.abs()));
    if !largest.is_finite() || largest <= 0.0 {
        return None;
    }
    // One more than the exponent of `largest`, which is a normal number.
    let exponent = i32::try_from((largest.to_bits() >> 52) & 0x7FF).ok()? - 1022;
    let shift = (PRECISION.cast_signed() - 1 - exponent).min(MAX_SHIFT);
    let shift = u32::try_from(shift).ok()?;
    let scale = f64::from(1_u32 << shift);
    let limit = f64::from(1_u32 << (PRECISION - 1));
    let mut lost = 0.0;
    let rounded = coefficients.iter().map(|coefficient| {
        let exact = coefficient * scale + lost;
        let kept = exact.round_ties_even().clamp(-limit, limit - 1.0);
        lost = exact - kept;
        #[allow(clippy::cast_possible_truncation)] // Clamped to PRECISION bits.
        let kept = kept as i32;
        kept
    });
    Some(Predictor { coefficients: rounded.collect(), shift })
}

impl Predictor {
    /// Replaces `residual` with what is left of `samples` after the first ones; `false` where that
    /// does not fit the format.
    pub(super) fn residual(&self, samples: &[i32], residual: &mut Vec<i32>) -> bool {
        residual.clear();
        let order = self.coefficients.len();
        let mut newest_last = [0_i64; MAX_ORDER];
        for (to, from) in newest_last[..order].iter_mut().rev().zip(&self.coefficients) {
            *to = i64::from(*from);
        }
        let coefficients = &newest_last[..order];
        for past in samples.windows(order + 1) {
            let (sample, past) = past.split_last().unwrap_or((&0, &[]));
            let products = past.iter().zip(coefficients).map(|(s, c)| i64::from(*s) * c);
            let left = i64::from(*sample) - (products.sum::<i64>() >> self.shift);
            match i32::try_from(left) {
                Ok(left) if left != i32::MIN => residual.push(left),
                _ => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use wavemill_core::math::sin;

    use super::*;

    /// A sine follows exactly from its last two samples, 2 cos(w) and -1, so that little more than
    /// the rounding of the samples is left.
    #[test]
    fn a_sine_is_predicted() {
        #[allow(clippy::cast_possible_truncation)]
        let samples: Vec<i32> =
            (0..4_096).map(|n| (8_000_000.0 * sin(f64::from(n) * 0.05)).round() as i32).collect();
        let predictor = LinearPrediction::default().find(&samples, 24).unwrap();
        let mut residual = Vec::new();
        assert!(predictor.residual(&samples, &mut residual));
        let largest = residual.iter().map(|r| r.unsigned_abs()).max().unwrap();
        assert!(largest < 20_000, "{largest} with {predictor:?}");
    }

    #[test]
    fn silence_and_single_samples_are_not_predicted() {
        let mut linear = LinearPrediction::default();
        assert!(linear.find(&[0; 100], 16).is_none());
        assert!(linear.find(&[5], 16).is_none());
        assert!(linear.find(&[], 16).is_none());
    }
}
