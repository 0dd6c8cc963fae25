//! One channel of one block: the cheapest of the ways to write it.

use super::bits::BitWriter;
use super::linear::{LinearPrediction, PRECISION, Predictor};
use super::residual::Partitions;

/// The largest order of the predictors that need no coefficients.
const MAX_FIXED_ORDER: usize = 4;

/// How a channel's block is written.
#[derive(Clone, Debug, Default)]
enum Method {
    /// All samples are the same.
    #[default]
    Constant,
    /// As they are.
    Verbatim,
    /// Differences of an order from 0 to 4.
    Fixed(usize),
    /// A predictor of its own.
    Linear(Predictor),
}

/// A channel's block and how it will be written.
#[derive(Debug, Default)]
pub(super) struct Subframe {
    /// The samples, without their wasted bits.
    samples: Vec<i32>,
    /// Bits of a sample, without the wasted ones.
    width: u32,
    /// Low bits that are 0 in every sample.
    wasted: u32,
    method: Method,
    residual: Vec<i32>,
    partitions: Partitions,
    bits: u64,
}

/// What the search needs, kept from block to block.
#[derive(Debug, Default)]
pub(super) struct Search {
    linear: LinearPrediction,
    residual: Vec<i32>,
    partitions: Partitions,
    sums: Vec<u64>,
}

impl Subframe {
    /// Takes a block of samples of `width` bits and decides how to write it.
    pub(super) fn plan(
        &mut self,
        samples: impl Iterator<Item = i32>,
        width: u32,
        search: &mut Search,
    ) {
        self.samples.clear();
        self.samples.extend(samples);
        self.strip(width);
        let frames = self.samples.len() as u64;
        if self.samples.iter().all(|sample| Some(sample) == self.samples.first()) {
            self.method = Method::Constant;
            self.bits = self.head_bits() + u64::from(self.width);
            return;
        }
        self.method = Method::Verbatim;
        self.bits = self.head_bits() + u64::from(self.width) * frames;
        self.try_fixed(search);
        self.try_linear(search);
    }

    /// Bits it will take.
    pub(super) fn bits(&self) -> u64 {
        self.bits
    }

    /// Moves low bits that are never used out of the samples.
    fn strip(&mut self, width: u32) {
        let used = self.samples.iter().fold(0, |used, sample| used | sample);
        self.wasted = if used == 0 { 0 } else { used.trailing_zeros() };
        self.width = width - self.wasted;
        for sample in &mut self.samples {
            *sample >>= self.wasted;
        }
    }

    /// Bits before the samples: a pad, the kind, and the wasted bits in unary.
    fn head_bits(&self) -> u64 {
        8 + u64::from(self.wasted)
    }

    fn try_fixed(&mut self, search: &mut Search) {
        let order = best_fixed_order(&self.samples);
        differences(&self.samples, order, &mut search.residual);
        self.consider(Method::Fixed(order), order, 0, search);
    }

    fn try_linear(&mut self, search: &mut Search) {
        let Some(predictor) = search.linear.find(&self.samples, self.width) else { return };
        if !predictor.residual(&self.samples, &mut search.residual) {
            return;
        }
        let order = predictor.coefficients.len();
        let more = 4 + 5 + u64::from(PRECISION) * order as u64;
        self.consider(Method::Linear(predictor), order, more, search);
    }

    /// Takes `method` where it needs fewer bits than what there is: its warm-up, `more`, and the
    /// residual in `search`.
    fn consider(&mut self, method: Method, warm_up: usize, more: u64, search: &mut Search) {
        let Search { residual, partitions, sums, .. } = search;
        let coded = partitions.choose(residual, self.samples.len(), warm_up, sums);
        let bits = self.head_bits() + u64::from(self.width) * warm_up as u64 + more + coded;
        if bits < self.bits {
            self.bits = bits;
            self.method = method;
            std::mem::swap(&mut self.residual, residual);
            std::mem::swap(&mut self.partitions, partitions);
        }
    }

    /// Writes it.
    pub(super) fn write(&self, bits: &mut BitWriter) {
        let kind = match &self.method {
            Method::Constant => 0,
            Method::Verbatim => 1,
            Method::Fixed(order) => 8 | *order as u64,
            Method::Linear(predictor) => 31 + predictor.coefficients.len() as u64,
        };
        bits.put(kind << 1 | u64::from(self.wasted > 0), 8);
        if self.wasted > 0 {
            bits.put_unary(self.wasted - 1);
        }
        let warm_up = match &self.method {
            Method::Constant => 1,
            Method::Verbatim => self.samples.len(),
            Method::Fixed(order) => *order,
            Method::Linear(predictor) => predictor.coefficients.len(),
        };
        for sample in &self.samples[..warm_up] {
            bits.put_signed(*sample, self.width);
        }
        if let Method::Linear(predictor) = &self.method {
            bits.put(u64::from(PRECISION) - 1, 4);
            bits.put(u64::from(predictor.shift), 5);
            for coefficient in &predictor.coefficients {
                bits.put_signed(*coefficient, PRECISION);
            }
        }
        if matches!(self.method, Method::Fixed(_) | Method::Linear(_)) {
            self.partitions.write(bits, &self.residual, self.samples.len(), warm_up);
        }
    }
}

/// The order whose differences are smallest in sum.
fn best_fixed_order(samples: &[i32]) -> usize {
    let mut sums = [0_u64; MAX_FIXED_ORDER + 1];
    // The last difference of each order.
    let mut last = [0_i64; MAX_FIXED_ORDER + 1];
    for (n, sample) in samples.iter().enumerate() {
        let mut difference = i64::from(*sample);
        for (sum, last) in sums.iter_mut().zip(&mut last) {
            // The first ones are none, and are the same for all orders.
            if n >= MAX_FIXED_ORDER {
                *sum += difference.unsigned_abs();
            }
            let next = difference - *last;
            *last = difference;
            difference = next;
        }
    }
    let best = sums.iter().zip(0..).min().map_or(0, |(_, order)| order);
    // Too short for any sum: no differences.
    if samples.len() <= MAX_FIXED_ORDER { 0 } else { best }
}

/// Replaces `out` with the differences of `order`. 26 bits and four differences stay far below 31.
fn differences(samples: &[i32], order: usize, out: &mut Vec<i32>) {
    out.clear();
    out.extend_from_slice(samples);
    for _ in 0..order {
        for index in (1..out.len()).rev() {
            out[index] -= out[index - 1];
        }
        out.remove(0);
    }
}
