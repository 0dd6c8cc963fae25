//! What prediction leaves over, as partitioned Rice codes.
//!
//! A block is cut into 2^order partitions of equal length, each with a parameter of its own. A
//! residual folds to an unsigned number (0, -1, 1, -2 ... become 0, 1, 2, 3 ...), of which the low
//! bits are written as they are and the rest in unary.

use super::bits::BitWriter;

/// The largest partition order that every decoder of the streamable subset takes.
const MAX_PARTITION_ORDER: u32 = 8;
/// The largest parameter: 5 bits, the last value of which means something else.
const MAX_PARAMETER: u32 = 30;
/// The largest parameter of the shorter form with 4 bits.
const MAX_SHORT_PARAMETER: u32 = 14;

/// How a block's residual is cut and coded.
#[derive(Clone, Debug, Default)]
pub(super) struct Partitions {
    order: u32,
    parameters: Vec<u32>,
}

#[inline]
fn folded(residual: i32) -> u32 {
    ((residual << 1) ^ (residual >> 31)).cast_unsigned()
}

impl Partitions {
    /// The partitions of `residual` (a block of `frames` less its first `warm_up`) that take the
    /// fewest bits, and those bits.
    pub(super) fn choose(
        &mut self,
        residual: &[i32],
        frames: usize,
        warm_up: usize,
        sums: &mut Vec<u64>,
    ) -> u64 {
        let finest = (0..=MAX_PARTITION_ORDER)
            .rev()
            .find(|order| frames.is_multiple_of(1 << order) && (frames >> order) > warm_up)
            .unwrap_or(0);
        sums.clear();
        sums.extend(
            parts(residual, frames, warm_up, finest)
                .map(|part| part.iter().map(|residual| u64::from(folded(*residual))).sum::<u64>()),
        );
        let mut best = u64::MAX;
        for order in (0..=finest).rev() {
            let (mut bits, first) = (0, (frames >> order) - warm_up);
            for (number, sum) in sums.iter().enumerate() {
                let count = if number == 0 { first } else { frames >> order };
                bits += 4 + parameter(*sum, count as u64).1;
            }
            if bits < best {
                best = bits;
                self.order = order;
                self.parameters.clear();
                for (number, sum) in sums.iter().enumerate() {
                    let count = if number == 0 { first } else { frames >> order };
                    self.parameters.push(parameter(*sum, count as u64).0);
                }
            }
            halve(sums);
        }
        self.bits(residual, frames, warm_up)
    }

    /// Bits of a parameter.
    fn parameter_bits(&self) -> u32 {
        let long = self.parameters.iter().any(|parameter| *parameter > MAX_SHORT_PARAMETER);
        if long { 5 } else { 4 }
    }

    /// Exactly the bits that [`Self::write`] will write.
    fn bits(&self, residual: &[i32], frames: usize, warm_up: usize) -> u64 {
        let mut bits = 6 + u64::from(self.parameter_bits()) * self.parameters.len() as u64;
        let parts = parts(residual, frames, warm_up, self.order);
        for (part, parameter) in parts.zip(&self.parameters) {
            bits += part.len() as u64 * u64::from(parameter + 1);
            bits += part.iter().map(|r| u64::from(folded(*r) >> parameter)).sum::<u64>();
        }
        bits
    }

    /// Writes the residual.
    pub(super) fn write(
        &self,
        bits: &mut BitWriter,
        residual: &[i32],
        frames: usize,
        warm_up: usize,
    ) {
        let parameter_bits = self.parameter_bits();
        bits.put(u64::from(parameter_bits - 4), 2);
        bits.put(u64::from(self.order), 4);
        let parts = parts(residual, frames, warm_up, self.order);
        for (part, &parameter) in parts.zip(&self.parameters) {
            bits.put(u64::from(parameter), parameter_bits);
            for residual in part {
                let folded = folded(*residual);
                let (above, low) =
                    (folded >> parameter, u64::from(folded) & ((1 << parameter) - 1));
                if above < 24 {
                    bits.put((1 << parameter) | low, above + 1 + parameter);
                } else {
                    bits.put_unary(above);
                    bits.put(low, parameter);
                }
            }
        }
    }
}

/// The 2^`order` partitions of a residual; the first is shorter by `warm_up`.
fn parts(
    residual: &[i32],
    frames: usize,
    warm_up: usize,
    order: u32,
) -> impl Iterator<Item = &[i32]> {
    let length = frames >> order;
    let (first, rest) = residual.split_at((length - warm_up).min(residual.len()));
    std::iter::once(first).chain(rest.chunks(length))
}

/// Sums of pairs.
fn halve(sums: &mut Vec<u64>) {
    for pair in 0..sums.len() / 2 {
        sums[pair] = sums[2 * pair] + sums[2 * pair + 1];
    }
    sums.truncate(sums.len().div_ceil(2));
}

/// The best parameter for `count` folded residuals that sum up to `sum`, and about the bits they
/// take with it.
fn parameter(sum: u64, count: u64) -> (u32, u64) {
    let count = count.max(1);
    // The mean's own order of magnitude or one of its neighbours.
    let near = (sum / count).max(1).ilog2().min(MAX_PARAMETER);
    let cost = |parameter: u32| {
        // What is shifted out of each is half a step on average.
        let above = (sum >> parameter).saturating_sub(if parameter == 0 { 0 } else { count / 2 });
        count * u64::from(parameter + 1) + above
    };
    let candidates = near.saturating_sub(1)..=(near + 1).min(MAX_PARAMETER);
    let best = candidates.map(|parameter| (cost(parameter), parameter)).min();
    best.map_or((near, u64::MAX), |(bits, parameter)| (parameter, bits))
}
