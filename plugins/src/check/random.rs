//! Numbers that look random and are the same in every run.

use crate::description::PluginParameter;

/// A generator, by its seed.
pub(super) struct Random(u64);

impl Random {
    /// The generator of `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number. Algorithm: SplitMix64, Steele, Lea and Flood 2014.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A value that `parameter` may take.
    pub(super) fn value_of(&mut self, parameter: &PluginParameter) -> f64 {
        let value = parameter.min + (parameter.max - parameter.min) * self.unit();
        parameter.nearest(if parameter.stepped { value.round() } else { value })
    }

    /// The next number from 0 up to 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
