//! Counter-based random numbers: a pure function of seed, stream and position.
//!
//! There is no state to run forward, so any block, any thread and any start position sees the
//! same numbers. The generator is Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel random
//! numbers: as easy as 1, 2, 3, 2011), which passes the usual batteries of statistical tests.

/// One round's multipliers.
const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];

/// What is added to the key between rounds: the golden ratio and sqrt(3) - 1.
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

const ROUNDS: u32 = 10;

/// The upper and lower half of a 64-bit number.
// Both halves are what is wanted: the casts cut nothing that is not in the other one.
#[allow(clippy::cast_possible_truncation)]
#[inline(always)]
fn halves(x: u64) -> (u32, u32) {
    ((x >> 32) as u32, x as u32)
}

/// Philox 4x32 with ten rounds: four random words for a counter and a key.
#[inline(always)]
#[must_use]
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let ([mut c0, mut c1, mut c2, mut c3], [mut k0, mut k1]) = (counter, key);
    for _ in 0..ROUNDS {
        let (high0, low0) = halves(u64::from(MULTIPLIERS[0]) * u64::from(c0));
        let (high1, low1) = halves(u64::from(MULTIPLIERS[1]) * u64::from(c2));
        (c0, c1, c2, c3) = (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0);
        (k0, k1) = (k0.wrapping_add(WEYL[0]), k1.wrapping_add(WEYL[1]));
    }
    [c0, c1, c2, c3]
}

/// [`philox4x32`] for `N` counters, side by side. Words lie in 64 bits, where a product needs no
/// shuffling: so the loop over `N`, sixteen or more, becomes vector instructions.
#[inline(always)]
fn philox4x32_many<const N: usize>(counters: [[u64; N]; 4], key: [u32; 2]) -> [[u64; N]; 4] {
    const LOW: u64 = 0xffff_ffff;
    let ([mut c0, mut c1, mut c2, mut c3], [mut k0, mut k1]) = (counters, key);
    for _ in 0..ROUNDS {
        for i in 0..N {
            let product0 = u64::from(MULTIPLIERS[0]) * c0[i];
            let product1 = u64::from(MULTIPLIERS[1]) * c2[i];
            (c0[i], c1[i]) = ((product1 >> 32) ^ c1[i] ^ u64::from(k0), product1 & LOW);
            (c2[i], c3[i]) = ((product0 >> 32) ^ c3[i] ^ u64::from(k1), product0 & LOW);
        }
        (k0, k1) = (k0.wrapping_add(WEYL[0]), k1.wrapping_add(WEYL[1]));
    }
    [c0, c1, c2, c3]
}

/// The number of a stable id, to be used as a stream: its 64-bit FNV-1a hash (Fowler, Noll, Vo;
/// RFC 9923).
#[must_use]
pub fn stream_of(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A sequence of random numbers, each to be had by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random {
    seed: u64,
    stream: u64,
}

impl Random {
    /// The sequence of a seed and a stream; each of the 2^128 pairs is unrelated to the others.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        Self { seed, stream }
    }

    /// The sequence of a seed and a stable id, such as a node's with the purpose appended.
    #[must_use]
    pub fn of_id(seed: u64, id: &str) -> Self {
        Self::new(seed, stream_of(id))
    }

    /// The four independent words at a position.
    #[inline(always)]
    #[must_use]
    pub fn words(&self, position: u64) -> [u32; 4] {
        let (position_high, position_low) = halves(position);
        let (stream_high, stream_low) = halves(self.stream);
        let (seed_high, seed_low) = halves(self.seed);
        philox4x32([position_low, position_high, stream_low, stream_high], [seed_low, seed_high])
    }

    /// [`Self::words`] at `N` positions from `first` on: word by word, each of all positions, in the
    /// low halves of 64 bits.
    #[inline(always)]
    #[must_use]
    pub fn words_from<const N: usize>(&self, first: u64) -> [[u64; N]; 4] {
        let (stream_high, stream_low) = halves(self.stream);
        let (seed_high, seed_low) = halves(self.seed);
        let mut counters = [[0; N], [0; N], [stream_low.into(); N], [stream_high.into(); N]];
        for (offset, at) in (0..N).zip(0..) {
            let (high, low) = halves(first.wrapping_add(at));
            (counters[0][offset], counters[1][offset]) = (low.into(), high.into());
        }
        philox4x32_many(counters, [seed_low, seed_high])
    }

    /// 64 random bits.
    #[inline]
    #[must_use]
    pub fn bits(&self, position: u64) -> u64 {
        let [low, high, ..] = self.words(position);
        (u64::from(high) << 32) | u64::from(low)
    }

    /// Uniform in [0, 1), in steps of 2^-53.
    #[inline]
    #[must_use]
    pub fn unit(&self, position: u64) -> f64 {
        (self.bits(position) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in [-1, 1), in steps of 2^-52.
    #[inline]
    #[must_use]
    pub fn bipolar(&self, position: u64) -> f64 {
        self.unit(position) * 2.0 - 1.0
    }

    /// Uniform in [0, 1), in steps of 2^-24; the leading bits of [`Self::unit`].
    #[inline]
    #[must_use]
    pub fn unit_f32(&self, position: u64) -> f32 {
        (self.bits(position) >> 40) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform in [-1, 1), in steps of 2^-23.
    #[inline]
    #[must_use]
    pub fn bipolar_f32(&self, position: u64) -> f32 {
        self.unit_f32(position) * 2.0 - 1.0
    }

    /// Triangular in (-1, 1), in steps of 2^-32: the difference of two uniform numbers.
    ///
    /// Times one quantisation step it is the dither that makes the error's mean and variance
    /// independent of the signal (Lipshitz, Wannamaker and Vanderkooy, Quantization and dither: a
    /// theoretical survey, 1992).
    #[inline]
    #[must_use]
    pub fn triangular(&self, position: u64) -> f64 {
        let [first, second, ..] = self.words(position);
        (f64::from(first) - f64::from(second)) * (1.0 / 4_294_967_296.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_words_are_those_of_each_position() {
        let random = Random::new(0x1234_5678_9abc_def0, 77);
        for first in [0, 5, u64::from(u32::MAX) - 3, u64::MAX - 2] {
            let many = random.words_from::<8>(first);
            for offset in 0..8_usize {
                let one = random.words(first.wrapping_add(offset as u64));
                assert_eq!(many.map(|word| word[offset]), one.map(u64::from), "{first} + {offset}");
            }
        }
    }

    #[test]
    fn philox_gives_its_published_answers() {
        // The known-answer vectors published with the generator (Random123, philox4x32, 10).
        for (counter, key, wanted) in [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ] {
            assert_eq!(philox4x32(counter, key), wanted);
        }
    }

    #[test]
    fn streams_hash_by_fnv_1a() {
        assert_eq!(stream_of(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(stream_of("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(stream_of("foobar"), 0x8594_4171_f739_67e8);
    }

    /// Mean, variance and correlation with the next value over 2^18 positions.
    fn moments(value: impl Fn(u64) -> f64) -> (f64, f64, f64) {
        let n = 1_u64 << 18;
        let values: Vec<f64> = (0..n).map(value).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
        let next = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>();
        (mean, variance, next / n as f64 / variance)
    }

    #[test]
    fn distributions_have_their_moments() {
        let random = Random::of_id(42, "tracks/bass/dither");
        // Five standard errors at this count are about 0.01 of a standard deviation.
        for (name, (mean, variance, correlation), wanted_mean, wanted_variance) in [
            ("unit", moments(|k| random.unit(k)), 0.5, 1.0 / 12.0),
            ("bipolar", moments(|k| random.bipolar(k)), 0.0, 1.0 / 3.0),
            ("unit_f32", moments(|k| random.unit_f32(k).into()), 0.5, 1.0 / 12.0),
            ("bipolar_f32", moments(|k| random.bipolar_f32(k).into()), 0.0, 1.0 / 3.0),
            ("triangular", moments(|k| random.triangular(k)), 0.0, 1.0 / 6.0),
        ] {
            assert!((mean - wanted_mean).abs() < 0.006, "{name}: mean {mean}");
            assert!((variance / wanted_variance - 1.0).abs() < 0.01, "{name}: {variance}");
            assert!(correlation.abs() < 0.01, "{name}: correlation {correlation}");
        }
    }

    #[test]
    fn ranges_hold_and_neighbours_differ() {
        let random = Random::new(1, 2);
        for k in 0..100_000 {
            let (unit, bipolar) = (random.unit(k), random.bipolar(k));
            assert!((0.0..1.0).contains(&unit) && (-1.0..1.0).contains(&bipolar));
            let (unit, bipolar) = (random.unit_f32(k), random.bipolar_f32(k));
            assert!((0.0..1.0).contains(&unit) && (-1.0..1.0).contains(&bipolar));
            assert!(random.triangular(k).abs() < 1.0);
        }
        let here = random.bits(1 << 40);
        assert_eq!(here, Random::new(1, 2).bits(1 << 40));
        assert_ne!(here, Random::new(1, 3).bits(1 << 40));
        assert_ne!(here, Random::new(1 << 33, 2).bits(1 << 40));
        assert_ne!(here, random.bits((1 << 40) + 1));
    }
}
