//! Pink noise: white noise through a fixed filter that falls by 3 dB an octave.

/// Six one-pole filters side by side, a direct path and a delayed one, by Paul Kellet (posted to
/// the music-dsp mailing list, 1999): within 0.05 dB of -3 dB an octave above 9.2 Hz at 44.1 kHz.
/// At other rates the same shape lies higher or lower in proportion.
#[derive(Clone, Debug, Default)]
pub(super) struct PinkFilter {
    /// The six outputs, and the last input.
    pub(super) state: [f64; 7],
}

/// Pole and input factor of each one-pole filter.
const POLES: [(f64, f64); 6] = [
    (0.998_86, 0.055_517_9),
    (0.993_32, 0.075_075_9),
    (0.969_00, 0.153_852_0),
    (0.866_50, 0.310_485_6),
    (0.550_00, 0.532_952_2),
    (-0.761_6, -0.016_898_0),
];

const DIRECT: f64 = 0.536_2;
const DELAYED: f64 = 0.115_926;

/// Keeps the sum within -1 to 1: one over the sum of all factors' largest effect,
/// |b| / (1 - |a|) a pole, would be safe and far too quiet; peaks of uniform noise reach about 9.
const SCALE: f64 = 0.11;

impl PinkFilter {
    /// The next sample for a white one.
    pub(super) fn next(&mut self, white: f64) -> f64 {
        let mut sum = white * DIRECT + self.state[6];
        for (state, (pole, factor)) in self.state.iter_mut().zip(POLES) {
            *state = pole * *state + white * factor;
            sum += *state;
        }
        self.state[6] = white * DELAYED;
        sum * SCALE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{TAU, cos, gain_to_db, sin};

    /// |H| at a frequency, from the impulse response.
    fn magnitude(frequency_hz: f64, rate_hz: f64) -> f64 {
        let mut filter = PinkFilter::default();
        let (mut real, mut imaginary) = (0.0, 0.0);
        for n in 0..40_000_u32 {
            let h = filter.next(if n == 0 { 1.0 } else { 0.0 }) / SCALE;
            let angle = TAU * frequency_hz / rate_hz * f64::from(n);
            real += h * cos(angle);
            imaginary += h * sin(angle);
        }
        (real * real + imaginary * imaginary).sqrt()
    }

    #[test]
    fn it_falls_by_three_db_an_octave() {
        let level = |hz: f64| gain_to_db(magnitude(hz, 44_100.0));
        let reference = level(1_000.0);
        for octave in -5..=4_i32 {
            let hz = 1_000.0 * crate::math::exp2(f64::from(octave));
            let wanted = reference - 3.0103 * f64::from(octave);
            assert!((level(hz) - wanted).abs() < 0.3, "{hz} Hz: {} dB, not {wanted}", level(hz));
        }
    }

    #[test]
    fn it_stays_within_full_scale() {
        let random = crate::math::random::Random::new(3, 4);
        let mut filter = PinkFilter::default();
        let peak = (0..1_000_000).fold(0.0_f64, |peak, n| {
            let x = filter.next(random.bipolar(n)).abs();
            if x > peak { x } else { peak }
        });
        assert!((0.3..1.0).contains(&peak), "{peak}");
    }
}
