//! The loops of the compressor over one cell: peaks, envelopes, gains, and their product.
//!
//! One detector an instance, so that linked channels share one gain. Only the envelope recurs and
//! is f64; everything else is flat f32 loops, which the compiler turns into whole registers.

use super::super::lane_lines::{LaneLines, Line};
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

impl Curve {
    /// Turns the levels of the chunk that is number `i` of the period into gains.
    #[inline(always)]
    fn apply(&self, i: usize, chunk: &mut [f32; CHUNK]) {
        let slope = &self.slope.as_chunks::<CHUNK>().0[i];
        let knee = &self.knee.as_chunks::<CHUNK>().0[i];
        let inverse = &self.half_inverse_knee.as_chunks::<CHUNK>().0[i];
        let wet = &self.wet.as_chunks::<CHUNK>().0[i];
        let dry = &self.dry.as_chunks::<CHUNK>().0[i];
        // A copy that nothing else can point to: only then the loop is vectorised.
        let mut gains = *chunk;
        if !any_over_one(&gains) {
            // The logarithm of 1 is exactly 0 and 2 to the power of 0 exactly 1.
            for k in 0..CHUNK {
                chunk[k] = dry[k] + wet[k];
            }
            return;
        }
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
                let [attack, release, scale] = self.still[g];
                let peak = L::load_f32(level);
                let c = L::select(peak.gt(self.envelopes[g]), attack, release);
                self.envelopes[g] = peak + c * (self.envelopes[g] - peak);
                (self.envelopes[g] * scale).store_f32(level);
            }
            self.now = self.now + L::splat(1.0);
        }
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
        let elements = self.samples.len() / self.lanes * self.detectors;
        self.peaks(elements);
        let whole_rows = CHUNK.is_multiple_of(self.detectors);
        if whole_rows && self.detectors == L::WIDTH {
            self.follow_and_gain::<L, 1>(elements);
        } else if whole_rows && self.detectors == 2 * L::WIDTH {
            self.follow_and_gain::<L, 2>(elements);
        } else {
            self.follow::<L>(elements);
            self.gains(elements);
        }
        self.apply(elements);
    }
}

/// The greater magnitude of two samples.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    let (a, b) = (a.abs(), b.abs());
    if a > b { a } else { b }
}

/// True where a level is over the lower end of the knee. Without branches, so that it is
/// vectorised.
#[inline(always)]
fn any_over_one(levels: &[f32; CHUNK]) -> bool {
    let mut over = 0_u32;
    for level in levels {
        over |= u32::from(*level > 1.0);
    }
    over != 0
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

    /// Envelopes and gains chunk by chunk, where all detectors fit into `G` registers. An envelope
    /// waits for the last one, gains for nothing: a CPU works on both at once. The gains are one
    /// chunk behind, because levels that were only just stored, row by row, cannot be loaded whole
    /// until they have reached the cache.
    #[inline(always)]
    fn follow_and_gain<L: Lanes, const G: usize>(&mut self, elements: usize) {
        let mut follower = Follower::<L, G>::load(self, 0);
        let mut left = elements;
        let chunks = self.levels[..elements.next_multiple_of(CHUNK)].as_chunks_mut::<CHUNK>().0;
        let period = self.curve.period / CHUNK;
        let mut at = 0;
        let mut behind: Option<&mut [f32; CHUNK]> = None;
        for chunk in chunks {
            follower.run(&mut chunk[..left.min(CHUNK)], self.detectors, 0);
            left = left.saturating_sub(CHUNK);
            if let Some(chunk) = behind.replace(chunk) {
                self.curve.apply(at, chunk);
                at = if at + 1 == period { 0 } else { at + 1 };
            }
        }
        if let Some(chunk) = behind {
            self.curve.apply(at, chunk);
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
    fn gains(&mut self, elements: usize) {
        let levels = &mut self.levels[..elements.next_multiple_of(CHUNK)];
        for levels in levels.chunks_mut(self.curve.period) {
            for (i, chunk) in levels.as_chunks_mut::<CHUNK>().0.iter_mut().enumerate() {
                self.curve.apply(i, chunk);
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
