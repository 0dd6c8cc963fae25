//! The loops of the compressor over one cell: peaks, envelopes, gains, and their product.
//!
//! One detector an instance, so that linked channels share one gain. Only the envelope recurs and
//! is f64. Where nothing moves, nothing is delayed and nobody listens to a sidechain, the usual
//! case, all of it is one pass in registers; else it is one loop after the other over the cell.

use super::super::lane_lines::{LaneLines, Line};
use crate::math::fast::{exp2_singles, log2_singles};
use crate::process::CONTROL_GRID_FRAMES;
use crate::simd::{Kernel, Lanes, Singles};

/// What is smaller than this is silence and must not become denormal.
const SILENCE: f64 = 1e-30;
/// Elements the gain computer takes at a time: a multiple of every vector's width.
pub(super) const CHUNK: usize = 32;

/// Frames of the largest cell.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 64.
pub(super) const CELL: usize = CONTROL_GRID_FRAMES as usize;

/// The parameters of the gain computer, element by element, repeating after `period` elements.
pub(super) struct Curve {
    period: usize,
    slope: Vec<f32>,
    knee: Vec<f32>,
    half_inverse_knee: Vec<f32>,
    wet: Vec<f32>,
    dry: Vec<f32>,
    /// Some element has a knee; without one the bend is a corner.
    bends: bool,
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
            bends: false,
        }
    }

    /// Expects all elements of a new period.
    pub(super) fn restart(&mut self, period: usize) {
        self.period = period;
        self.bends = false;
    }

    /// Sets slope, knee (in octaves), wet and dry of element `i`.
    pub(super) fn set(&mut self, i: usize, [slope, knee, wet, dry]: [f32; 4]) {
        self.slope[i] = slope;
        self.knee[i] = knee;
        self.bends |= knee > 0.0;
        self.half_inverse_knee[i] = if knee > 0.0 { 0.5 / knee } else { 0.0 };
        self.wet[i] = wet;
        self.dry[i] = dry;
    }
}

// Indices that are constants once the loops are unrolled; closures would not be compiled with the
// features of the level.
#[allow(clippy::needless_range_loop)]
impl Curve {
    /// Turns the levels of the chunk that is number `i` of the period into gains.
    #[inline(always)]
    fn apply<S: Singles>(&self, i: usize, chunk: &mut [f32; CHUNK]) {
        for (part, levels) in chunk.chunks_exact_mut(S::WIDTH).enumerate() {
            let [gains] = self.gains::<S, 1, 1>(i * CHUNK + part * S::WIDTH, [S::load(levels)]);
            gains.store(levels);
        }
    }

    /// The gains for `N` registers of levels; register `n` is number `n % REGISTERS` of those that
    /// hold the elements from `first` on.
    #[inline(always)]
    fn gains<S: Singles, const N: usize, const REGISTERS: usize>(
        &self,
        first: usize,
        mut levels: [S; N],
    ) -> [S; N] {
        let one = S::splat(1.0);
        let mut over_one = false;
        for n in 0..N {
            over_one |= levels[n].any_gt(one);
            levels[n] = levels[n].max(one);
        }
        let at = |n: usize| first + n % REGISTERS * S::WIDTH;
        if !over_one {
            // The logarithm of 1 is exactly 0 and 2 to the power of 0 exactly 1.
            for n in 0..N {
                levels[n] = S::load(&self.dry[at(n)..]) + S::load(&self.wet[at(n)..]);
            }
            return levels;
        }
        // Octaves over the lower end of the knee; exactly 0 below it.
        let mut over = log2_singles(levels);
        for n in 0..N {
            if self.bends {
                let knee = S::load(&self.knee[at(n)..]);
                let inside = over[n].min(knee);
                let above = (over[n] - knee).max(S::splat(0.0));
                over[n] = inside * inside * S::load(&self.half_inverse_knee[at(n)..]) + above;
            }
            over[n] = S::load(&self.slope[at(n)..]) * over[n];
        }
        let mut gains = exp2_singles(over);
        for n in 0..N {
            gains[n] = S::load(&self.dry[at(n)..]) + S::load(&self.wet[at(n)..]) * gains[n];
        }
        gains
    }
}

/// The envelopes of `G` groups of detectors, in registers.
struct Follower<L, const G: usize> {
    envelopes: [L; G],
    /// Attack, release and scale.
    lines: [[Line<L>; 3]; G],
    still: [[L; 3]; G],
    moving: bool,
    /// Node time of the next frame.
    now: L,
}

// Indices that are constants once the loops are unrolled keep the groups in registers; closures
// would not be compiled with the features of the level.
#[allow(clippy::needless_range_loop)]
impl<L: Lanes, const G: usize> Follower<L, G> {
    #[inline(always)]
    fn load(cell: &Cell<'_>, first: usize) -> Self {
        let zero = L::splat(0.0);
        let [attacks, releases, scales] = cell.follower;
        let line = [attacks.load::<L>(first), releases.load(first), scales.load(first)];
        let (mut envelopes, mut lines, mut still) = ([zero; G], [line; G], [[zero; 3]; G]);
        for g in 0..G {
            let first = first + g * L::WIDTH;
            envelopes[g] = L::load_f64(&cell.envelopes[first..]);
            lines[g] = [attacks.load(first), releases.load(first), scales.load(first)];
            still[g] = [lines[g][0].still(), lines[g][1].still(), lines[g][2].still()];
        }
        Self { envelopes, lines, still, moving: cell.moving, now: L::splat(cell.time as f64) }
    }

    /// Follows the peaks in `levels` (`[frame][detectors]`) and leaves the envelopes, over the
    /// threshold, in their place.
    #[inline(always)]
    fn run(&mut self, levels: &mut [f32], detectors: usize, first: usize) {
        for row in levels.chunks_exact_mut(detectors) {
            let row = &mut row[first..first + G * L::WIDTH];
            for g in 0..G {
                let level = &mut row[g * L::WIDTH..(g + 1) * L::WIDTH];
                if self.moving {
                    let [attack, release, scale] = &self.lines[g];
                    self.still[g] = [attack.at(self.now), release.at(self.now), scale.at(self.now)];
                }
                self.follow(g, L::load_f32(level)).store_f32(level);
            }
            self.now = self.now + L::splat(1.0);
        }
    }

    /// The levels over the threshold of `N` registers of peaks.
    #[inline(always)]
    fn levels<const N: usize, const STEREO: bool>(&mut self, samples: &[f32]) -> [L::Singles; N] {
        let part = register_samples::<L, STEREO>();
        let mut levels = [L::Singles::splat(0.0); N];
        for n in 0..N {
            let samples = &samples[n * part..(n + 1) * part];
            let mut peaks = L::Singles::load(samples).abs();
            if STEREO {
                peaks = peaks.max_of_pairs(L::Singles::load(&samples[part / 2..]).abs());
            }
            let (lower, upper) = L::widen(peaks);
            let lower = self.follow(2 * n % G, lower);
            let upper = self.follow((2 * n + 1) % G, upper);
            levels[n] = L::narrow(lower, upper);
        }
        levels
    }

    /// The next level of group `g`, whose peak is given: its envelope over the threshold.
    #[inline(always)]
    fn follow(&mut self, g: usize, peak: L) -> L {
        let [attack, release, scale] = self.still[g];
        let c = L::select(peak.gt(self.envelopes[g]), attack, release);
        self.envelopes[g] = peak + c * (self.envelopes[g] - peak);
        self.envelopes[g] * scale
    }

    /// Puts the envelopes back; at a point of the grid what has died away becomes 0.
    #[inline(always)]
    fn store(&self, to: &mut [f64], first: usize, flush: bool) {
        for g in 0..G {
            // A comparison with NaN is false and infinity is below nothing, so that the detector
            // recovers from both.
            let envelope = self.envelopes[g];
            let infinity = L::splat(f64::INFINITY);
            let alive = envelope.ge(L::splat(SILENCE)) & envelope.lt(infinity);
            let kept = if flush { L::select(alive, envelope, L::splat(0.0)) } else { envelope };
            kept.store_f64(&mut to[first + g * L::WIDTH..]);
        }
    }
}

impl Kernel for Cell<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        if self.in_one_pass::<L>() {
            return;
        }
        let elements = self.samples.len() / self.lanes * self.detectors;
        self.peaks(elements);
        self.follow::<L>(elements);
        self.gains::<L::Singles>(elements);
        self.apply(elements);
    }
}

/// Samples to which the gains in a register of f32 belong.
#[inline(always)]
fn register_samples<L: Lanes, const STEREO: bool>() -> usize {
    if STEREO { 2 * L::Singles::WIDTH } else { L::Singles::WIDTH }
}

/// Multiplies the samples by the gains of `N` registers; there may be no samples.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn multiply<L: Lanes, const N: usize, const STEREO: bool>(
    samples: &mut [f32],
    gains: [L::Singles; N],
) {
    let part = register_samples::<L, STEREO>();
    for (samples, gains) in samples.chunks_exact_mut(part).zip(gains) {
        if STEREO {
            let (first, second) = gains.doubled();
            let (a, b) = samples.split_at_mut(part / 2);
            (L::Singles::load(a) * first).store(a);
            (L::Singles::load(b) * second).store(b);
        } else {
            (L::Singles::load(samples) * gains).store(samples);
        }
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

    /// Does it all, where that can be one pass.
    #[inline(always)]
    fn in_one_pass<L: Lanes>(&mut self) -> bool {
        // A steady curve repeats after less than a cell, and so in every row.
        let steady = !self.moving && self.curve.period < CELL * self.detectors;
        let frames = self.samples.len() / self.lanes;
        let stereo = self.lanes == 2 * self.detectors;
        if !steady || self.side.is_some() || !self.delay.is_empty() {
            return false;
        }
        match (self.detectors / L::WIDTH, stereo) {
            // Two frames at a time.
            (1, _) if !frames.is_multiple_of(2) => return false,
            (1, true) => self.pass::<L, 1, 1, true>(),
            (1, false) => self.pass::<L, 1, 1, false>(),
            (2, true) => self.pass::<L, 2, 1, true>(),
            (2, false) => self.pass::<L, 2, 1, false>(),
            (4, true) => self.pass::<L, 4, 2, true>(),
            (4, false) => self.pass::<L, 4, 2, false>(),
            _ => return false,
        }
        true
    }

    /// Peaks, envelopes, gains and their product for detectors that fill `G` registers of f64, and
    /// so `REGISTERS` of f32; where they fill one of f64, one of f32 holds two frames.
    ///
    /// Gains are made four registers at once and four behind the envelopes: an envelope waits for
    /// the last one, gains for nothing, and a CPU works on both at once.
    #[inline(always)]
    fn pass<L: Lanes, const G: usize, const REGISTERS: usize, const STEREO: bool>(&mut self) {
        let mut follower = Follower::<L, G>::load(self, 0);
        let four = 4 * register_samples::<L, STEREO>();
        let whole = self.samples.len() / four * four;
        let (fours, rest) = self.samples.split_at_mut(whole);
        let mut behind: &mut [f32] = &mut [];
        let mut levels = [L::Singles::splat(0.0); 4];
        for samples in fours.chunks_exact_mut(four) {
            let next = follower.levels::<4, STEREO>(samples);
            let gains = self.curve.gains::<L::Singles, 4, REGISTERS>(0, levels);
            multiply::<L, 4, STEREO>(behind, gains);
            (behind, levels) = (samples, next);
        }
        multiply::<L, 4, STEREO>(behind, self.curve.gains::<L::Singles, 4, REGISTERS>(0, levels));
        for samples in rest.chunks_exact_mut(four / 4 * REGISTERS) {
            let levels = follower.levels::<REGISTERS, STEREO>(samples);
            let gains = self.curve.gains::<L::Singles, REGISTERS, REGISTERS>(0, levels);
            multiply::<L, REGISTERS, STEREO>(samples, gains);
        }
        follower.store(self.envelopes, 0, self.flush);
    }

    /// The envelopes of any number of detectors. Two groups in turn: each waits for its own last
    /// frame only.
    #[inline(always)]
    fn follow<L: Lanes>(&mut self, elements: usize) {
        let mut first = 0;
        while first < self.detectors {
            if first + 2 * L::WIDTH <= self.detectors {
                self.follow_groups::<L, 2>(first, elements);
                first += 2 * L::WIDTH;
            } else {
                self.follow_groups::<L, 1>(first, elements);
                first += L::WIDTH;
            }
        }
    }

    #[inline(always)]
    fn follow_groups<L: Lanes, const G: usize>(&mut self, first: usize, elements: usize) {
        let mut follower = Follower::<L, G>::load(self, first);
        follower.run(&mut self.levels[..elements], self.detectors, first);
        follower.store(self.envelopes, first, self.flush);
    }

    /// Turns the levels into gains.
    #[inline(always)]
    fn gains<S: Singles>(&mut self, elements: usize) {
        let levels = &mut self.levels[..elements.next_multiple_of(CHUNK)];
        for levels in levels.chunks_mut(self.curve.period) {
            for (i, chunk) in levels.as_chunks_mut::<CHUNK>().0.iter_mut().enumerate() {
                self.curve.apply::<S>(i, chunk);
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
