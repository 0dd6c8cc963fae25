//! The loops of the compressor over one cell: peaks, envelopes, gains, and their product.
//!
//! One detector an instance, so that linked channels share one gain. Only the envelope recurs and
//! is f64; everything else is flat f32 loops, which the compiler turns into whole registers.

use super::super::lane_lines::LaneLines;
use crate::math::fast::{exp2_f32, log2_f32};
use crate::simd::{Kernel, Lanes};

/// What is smaller than this is silence and must not become denormal.
const SILENCE: f64 = 1e-30;
/// Elements the gain computer takes at a time: so many that the compiler makes a vector loop of
/// them instead of unrolling it into scalars.
pub(super) const CHUNK: usize = 32;

/// The parameters of the gain computer, element by element, repeating after `period` elements.
pub(super) struct Curve {
    pub(super) period: usize,
    slope: Vec<f32>,
    knee: Vec<f32>,
    half_inverse_knee: Vec<f32>,
    wet: Vec<f32>,
    dry: Vec<f32>,
}

/// The sidechain's frames of the cell.
pub(super) struct Side<'a> {
    pub(super) samples: &'a [f32],
    pub(super) lanes: usize,
    /// Which instances listen.
    pub(super) listening: &'a [bool],
}

/// The frames of one run, which never exceed a cell of the grid, and all state.
pub(super) struct Cell<'a> {
    pub(super) samples: &'a mut [f32],
    pub(super) lanes: usize,
    pub(super) detectors: usize,
    /// Node time of the first frame.
    pub(super) time: i64,
    pub(super) flush: bool,
    pub(super) side: Option<Side<'a>>,
    /// Attack, release and scale.
    pub(super) follower: &'a [LaneLines; 3],
    pub(super) moving: bool,
    pub(super) curve: &'a Curve,
    pub(super) envelopes: &'a mut [f64],
    pub(super) levels: &'a mut [f32],
    pub(super) delay: &'a mut [f32],
    pub(super) oldest: &'a mut usize,
}

impl Curve {
    /// Room for `elements`, rounded up to whole chunks.
    pub(super) fn new(elements: usize) -> Self {
        let zeros = || vec![0.0; elements.next_multiple_of(CHUNK)];
        Self {
            period: CHUNK,
            slope: zeros(),
            knee: zeros(),
            half_inverse_knee: zeros(),
            wet: zeros(),
            dry: zeros(),
        }
    }

    /// Sets slope, knee (in octaves), wet and dry of element `i`.
    pub(super) fn set(&mut self, i: usize, [slope, knee, wet, dry]: [f32; 4]) {
        self.slope[i] = slope;
        self.knee[i] = knee;
        self.half_inverse_knee[i] = if knee > 0.0 { 0.5 / knee } else { 0.0 };
        self.wet[i] = wet;
        self.dry[i] = dry;
    }
}

impl Kernel for Cell<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let elements = self.samples.len() / self.lanes * self.detectors;
        self.peaks(elements);
        // Two groups in turn: each waits for its own last frame only.
        let mut first = 0;
        while first < self.detectors {
            if first + 2 * L::WIDTH <= self.detectors {
                self.envelope::<L, 2>(first, elements);
                first += 2 * L::WIDTH;
            } else {
                self.envelope::<L, 1>(first, elements);
                first += L::WIDTH;
            }
        }
        self.gains(elements);
        self.apply(elements);
    }
}

/// The greater magnitude of two samples.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    let (a, b) = (a.abs(), b.abs());
    if a > b { a } else { b }
}

impl Cell<'_> {
    /// The peak over linked channels into `levels`.
    #[inline(always)]
    fn peaks(&mut self, elements: usize) {
        let levels = &mut self.levels[..elements];
        if self.lanes == self.detectors {
            for (level, x) in levels.iter_mut().zip(&*self.samples) {
                *level = x.abs();
            }
        } else {
            for (level, pair) in levels.iter_mut().zip(self.samples.as_chunks::<2>().0) {
                *level = greater(pair[0], pair[1]);
            }
        }
        let Some(side) = &self.side else { return };
        let rows = side.samples.chunks_exact(side.lanes);
        for (levels, row) in levels.chunks_exact_mut(self.detectors).zip(rows) {
            let pairs = row.as_chunks::<2>().0;
            for ((level, pair), listens) in levels.iter_mut().zip(pairs).zip(side.listening) {
                if *listens {
                    *level = greater(pair[0], pair[1]);
                }
            }
        }
    }

    /// The envelopes of `G` groups of detectors from `first` on; leaves them, over the threshold,
    /// in `levels`.
    // Indices that are constants once the loops are unrolled keep the groups in registers.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn envelope<L: Lanes, const G: usize>(&mut self, first: usize, elements: usize) {
        let [attacks, releases, scales] = self.follower;
        let zero = L::splat(0.0);
        let mut envelopes = [zero; G];
        let mut lines = [(attacks.load::<L>(first), releases.load(first), scales.load(first)); G];
        for g in 0..G {
            let first = first + g * L::WIDTH;
            envelopes[g] = L::load_f64(&self.envelopes[first..]);
            lines[g] = (attacks.load(first), releases.load(first), scales.load(first));
        }
        let mut n = L::splat(self.time as f64);
        let mut coefficients = [(zero, zero, zero); G];
        for g in 0..G {
            coefficients[g] = (lines[g].0.still(), lines[g].1.still(), lines[g].2.still());
        }
        for row in self.levels[..elements].chunks_exact_mut(self.detectors) {
            let row = &mut row[first..first + G * L::WIDTH];
            for g in 0..G {
                let level = &mut row[g * L::WIDTH..(g + 1) * L::WIDTH];
                if self.moving {
                    coefficients[g] = (lines[g].0.at(n), lines[g].1.at(n), lines[g].2.at(n));
                }
                let (attack, release, scale) = coefficients[g];
                let peak = L::load_f32(level);
                let c = L::select(peak.gt(envelopes[g]), attack, release);
                envelopes[g] = peak + c * (envelopes[g] - peak);
                (envelopes[g] * scale).store_f32(level);
            }
            n = n + L::splat(1.0);
        }
        for g in 0..G {
            // A comparison with NaN is false and infinity is below nothing, so that the detector
            // recovers from both.
            let infinity = L::splat(f64::INFINITY);
            let alive = envelopes[g].ge(L::splat(SILENCE)) & envelopes[g].lt(infinity);
            let kept = if self.flush { L::select(alive, envelopes[g], zero) } else { envelopes[g] };
            kept.store_f64(&mut self.envelopes[first + g * L::WIDTH..]);
        }
    }

    /// Turns the levels into gains.
    #[inline(always)]
    fn gains(&mut self, elements: usize) {
        let curve = self.curve;
        let levels = &mut self.levels[..elements.next_multiple_of(CHUNK)];
        for levels in levels.chunks_mut(curve.period) {
            let chunks = levels.as_chunks_mut::<CHUNK>().0.iter_mut();
            let slopes = curve.slope.as_chunks::<CHUNK>().0;
            let knees = curve.knee.as_chunks::<CHUNK>().0;
            let inverses = curve.half_inverse_knee.as_chunks::<CHUNK>().0;
            let wets = curve.wet.as_chunks::<CHUNK>().0;
            let dries = curve.dry.as_chunks::<CHUNK>().0;
            for (i, chunk) in chunks.enumerate() {
                let (slope, knee, inverse) = (&slopes[i], &knees[i], &inverses[i]);
                let (wet, dry) = (&wets[i], &dries[i]);
                // A copy that nothing else can point to: only then the loop is vectorised.
                let mut gains = *chunk;
                for k in 0..CHUNK {
                    let level = if gains[k] > 1.0 { gains[k] } else { 1.0 };
                    // Octaves over the lower end of the knee; exactly 0 below it.
                    let over = log2_f32(level);
                    let inside = if over < knee[k] { over } else { knee[k] };
                    let above = if over > knee[k] { over - knee[k] } else { 0.0 };
                    let reduction = slope[k] * (inside * inside * inverse[k] + above);
                    gains[k] = dry[k] + wet[k] * exp2_f32(reduction);
                }
                *chunk = gains;
            }
        }
    }

    /// Delays the samples and applies the gains.
    #[inline(always)]
    fn apply(&mut self, elements: usize) {
        if !self.delay.is_empty() {
            for row in self.samples.chunks_exact_mut(self.lanes) {
                let at = *self.oldest * self.lanes;
                row.swap_with_slice(&mut self.delay[at..at + self.lanes]);
                *self.oldest += 1;
                if *self.oldest * self.lanes == self.delay.len() {
                    *self.oldest = 0;
                }
            }
        }
        let gains = &self.levels[..elements];
        if self.lanes == self.detectors {
            for (x, gain) in self.samples.iter_mut().zip(gains) {
                *x *= gain;
            }
        } else {
            for (pair, gain) in self.samples.as_chunks_mut::<2>().0.iter_mut().zip(gains) {
                pair[0] *= gain;
                pair[1] *= gain;
            }
        }
    }
}
