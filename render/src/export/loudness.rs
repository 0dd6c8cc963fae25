//! Integrated loudness by ITU-R BS.1770 and EBU R 128, kept as the energies of its blocks, so that
//! it can be told for any gain.
//!
//! The gain of a normalised file follows from it, so it is made of deterministic functions only.

use wavemill_core::math::{db_to_gain, log10, pow, tan};
use wavemill_core::time::SampleRate;

/// What the formula adds.
const OFFSET_DB: f64 = -0.691;
/// Blocks below it never count.
const ABSOLUTE_GATE_LUFS: f64 = -70.0;
/// Blocks this far below the mean of the rest do not count either.
const RELATIVE_GATE_DB: f64 = -10.0;
/// Steps of 100 ms in a block.
const STEPS: usize = 4;

/// A filter of second order.
#[derive(Clone, Copy, Debug)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

/// Measures channels that all have the weight 1 (mono, left, right).
pub(super) struct LoudnessMeter {
    filters: [Biquad; 2],
    /// Per channel and filter, the two values it keeps.
    states: Vec<[[f64; 2]; 2]>,
    step_frames: u64,
    /// Frames and energy of the step under way.
    frames: u64,
    energy: f64,
    /// Energies of the last steps, the newest last.
    steps: Vec<f64>,
    /// Mean energies of all blocks.
    blocks: Vec<f64>,
}

impl LoudnessMeter {
    pub(super) fn new(rate: SampleRate, channels: usize) -> Self {
        Self {
            filters: [shelf(rate), high_pass(rate)],
            states: vec![[[0.0; 2]; 2]; channels],
            step_frames: u64::from((rate.hz() + 5) / 10),
            frames: 0,
            energy: 0.0,
            steps: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Takes a frame.
    pub(super) fn push(&mut self, frame: &[f32]) {
        for (sample, states) in frame.iter().zip(&mut self.states) {
            let mut value = f64::from(*sample);
            for (filter, state) in self.filters.iter().zip(states) {
                let out = filter.b[0] * value + state[0];
                state[0] = filter.b[1] * value - filter.a[0] * out + state[1];
                state[1] = filter.b[2] * value - filter.a[1] * out;
                value = out;
            }
            self.energy += value * value;
        }
        self.frames += 1;
        if self.frames == self.step_frames {
            self.end_step();
        }
    }

    fn end_step(&mut self) {
        // Recurring state decays to nothing; its last bits are worth nothing and slow.
        for state in self.states.as_flattened_mut().as_flattened_mut() {
            if state.abs() < 1e-20 {
                *state = 0.0;
            }
        }
        self.steps.push(self.energy);
        (self.frames, self.energy) = (0, 0.0);
        if self.steps.len() == STEPS {
            let frames = self.step_frames * STEPS as u64;
            self.blocks.push(self.steps.iter().sum::<f64>() / frames as f64);
            self.steps.remove(0);
        }
    }

    /// The loudness in LUFS with a gain on everything; `None` where everything is below the gate.
    pub(super) fn lufs(&self, gain_db: f64) -> Option<f64> {
        let gain = db_to_gain(gain_db);
        let power = gain * gain;
        let scaled = |gate: f64| {
            let blocks = self.blocks.iter().map(|energy| energy * power);
            let (count, sum) = blocks
                .filter(|energy| *energy > gate)
                .fold((0_u64, 0.0), |(count, sum), energy| (count + 1, sum + energy));
            (count > 0).then(|| sum / count as f64)
        };
        let absolute = power_of(ABSOLUTE_GATE_LUFS - OFFSET_DB);
        let gate = scaled(absolute)? * power_of(RELATIVE_GATE_DB);
        let mean = scaled(gate.max(absolute))?;
        Some(OFFSET_DB + 10.0 * log10(mean))
    }

    /// The gain in decibels that gives `target_lufs`; `None` where there is nothing to measure.
    /// `first_guess_db` is where to look for those blocks that are too quiet as they are.
    pub(super) fn gain_to(&self, target_lufs: f64, first_guess_db: f64) -> Option<f64> {
        // A gain moves blocks across the absolute gate, so that what is missing may change with
        // it; most often it does not, and the second round finds nothing left to do.
        const ROUNDS: usize = 20;
        let mut gain_db = if self.lufs(0.0).is_some() { 0.0 } else { first_guess_db };
        for _ in 0..ROUNDS {
            let missing = target_lufs - self.lufs(gain_db)?;
            gain_db += missing;
            if missing.abs() < 1e-9 {
                break;
            }
        }
        Some(gain_db)
    }
}

/// 10^(db / 10).
fn power_of(db: f64) -> f64 {
    let gain = db_to_gain(db);
    gain * gain
}

/// The first filter: what a head does to the sound.
fn shelf(rate: SampleRate) -> Biquad {
    // The analogue filter that gives the standard's coefficients at 48 kHz.
    let k = tan(std::f64::consts::PI * 1_681.974_450_955_533 / rate.hz_f64());
    let (q, high) = (0.707_175_236_955_419_6, db_to_gain(3.999_843_853_973_347));
    let band = pow(high, 0.499_666_774_154_541_6);
    let a0 = 1.0 + k / q + k * k;
    Biquad {
        b: [
            (high + band * k / q + k * k) / a0,
            2.0 * (k * k - high) / a0,
            (high - band * k / q + k * k) / a0,
        ],
        a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
    }
}

/// The second filter: low frequencies count less.
fn high_pass(rate: SampleRate) -> Biquad {
    let k = tan(std::f64::consts::PI * 38.135_470_876_024_44 / rate.hz_f64());
    let q = 0.500_327_037_323_877_3;
    let a0 = 1.0 + k / q + k * k;
    Biquad { b: [1.0, -2.0, 1.0], a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0] }
}

#[cfg(test)]
mod tests {
    use wavemill_core::math::random::Random;

    use super::*;
    use crate::measure::Meter;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    /// Table 1 and 2 of ITU-R BS.1770-4, for 48 kHz.
    #[test]
    fn the_filters_are_those_of_the_standard() {
        let near = |value: f64, wanted: f64| assert!((value - wanted).abs() < 1e-10, "{value}");
        let Biquad { b, a } = shelf(rate(48_000));
        for (value, wanted) in b.into_iter().chain(a).zip([
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
            -1.690_659_293_182_41,
            0.732_480_774_215_85,
        ]) {
            near(value, wanted);
        }
        let Biquad { a, .. } = high_pass(rate(48_000));
        near(a[0], -1.990_047_454_833_98);
        near(a[1], 0.990_072_250_366_21);
    }

    /// Noise whose level changes by the second, as the measurement of bounces (another
    /// implementation) reads it.
    #[test]
    #[allow(clippy::cast_possible_truncation)]
    fn readings_are_those_of_the_other_meter() {
        for rate_hz in [44_100, 48_000, 96_000] {
            let random = Random::new(1, 1);
            let levels = [-20.0, -31.0, -6.0, -80.0, -55.0, -12.0, -25.0];
            let (mut own, mut other) =
                (LoudnessMeter::new(rate(rate_hz), 2), Meter::new(rate(rate_hz)));
            for n in 0..u64::from(rate_hz) * 7 {
                let level = levels[usize::try_from(n / u64::from(rate_hz)).unwrap()];
                let sample = |side| (db_to_gain(level) * random.bipolar(2 * n + side)) as f32;
                let frame = [sample(0), 0.5 * sample(1)];
                own.push(&frame);
                other.push(&frame);
            }
            let other = other.finish().integrated_lufs.unwrap();
            let own = own.lufs(0.0).unwrap();
            assert!((own - other).abs() < 0.005, "{rate_hz}: {own} and {other}");
        }
    }

    /// Where the gain lifts much over the gate, what is read at that gain is still the target.
    #[test]
    #[allow(clippy::cast_possible_truncation)]
    fn the_gain_found_reads_as_the_target() {
        for (loud, quiet) in [(-20.0, -40.0), (-60.0, -69.0), (-66.0, -75.0), (-90.0, -95.0)] {
            let mut meter = LoudnessMeter::new(rate(8_000), 1);
            let random = Random::new(1, 1);
            for n in 0..80_000 {
                let level = if n < 30_000 { loud } else { quiet };
                meter.push(&[(db_to_gain(level) * random.bipolar(n)) as f32]);
            }
            let gain_db = meter.gain_to(-23.0, 60.0).unwrap();
            let read = meter.lufs(gain_db).unwrap();
            assert!((read + 23.0).abs() < 0.01, "{loud}, {quiet}: {read}");
        }
        assert_eq!(LoudnessMeter::new(rate(8_000), 1).gain_to(-23.0, 60.0), None);
    }
}
