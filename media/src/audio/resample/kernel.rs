//! The coefficients of a rate conversion: one row of taps per phase.
//!
//! Design after J. F. Kaiser and R. W. Schafer, "On the use of the I0-sinh window for spectrum
//! analysis" (1980): the window's beta from the attenuation, the length from the width of the
//! transition band.

use wavemill_core::math::{bessel_i0, sinc};
use wavemill_core::time::SampleRate;

/// Taps are added in this many separate sums, so that a compiler can keep them in registers of
/// any width; the number is part of the result.
pub(super) const LANES: usize = 16;

/// Reach of the kernel to each side, in frames of the lower rate.
const REACH: usize = 104;

/// Kaiser's beta for 145 dB: 0.1102 (145 - 8.7).
const BETA: f64 = 15.02;

/// Middle of the transition band, as a part of the lower Nyquist frequency. The band is from
/// 0.907 to 1.
const CUTOFF: f64 = 0.9535;

/// The largest table of exact phases, as max(out, in) after division by their common divisor:
/// 14 MB. All standard rates lie well below it.
const MAX_EXACT: u64 = 8192;

/// Phases to a frame of the lower rate where rows are interpolated. Cubic interpolation between
/// phases this close errs by less than -180 dB.
const INTERPOLATED_PHASES: u64 = 512;

/// The conversion from one rate to another. Costs some milliseconds to make; share it.
#[derive(Debug)]
pub struct Kernel {
    from: SampleRate,
    to: SampleRate,
    /// Input frames per output frame are `numerator / denominator`, in lowest terms.
    pub(super) numerator: u64,
    pub(super) denominator: u64,
    /// Taps in a row, a multiple of [`LANES`]; half of them lie at or before the position.
    pub(super) taps: usize,
    /// Rows: phase p is at `rows[p * taps..]`; interpolated tables have one row before phase 0
    /// and two after the last.
    rows: Vec<f64>,
    /// Phases of an interpolated table; `None` where every phase that occurs has its row.
    interpolated: Option<u64>,
}

/// Which rows make up the taps at one position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Taps<'a> {
    /// The taps themselves.
    Exact(&'a [f64]),
    /// Four rows and their weights: the taps are the weighted sum.
    Cubic([&'a [f64]; 4], [f64; 4]),
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

impl Kernel {
    /// The kernel from rate `from` to rate `to`.
    pub fn new(from: SampleRate, to: SampleRate) -> Self {
        let divisor = greatest_common_divisor(from.hz(), to.hz());
        let numerator = u64::from(from.hz() / divisor);
        let denominator = u64::from(to.hz() / divisor);
        // Frames of the input to a frame of the lower rate: 1 or more, at most 48.
        let stretch =
            if numerator > denominator { numerator as f64 / denominator as f64 } else { 1.0 };
        let reach = REACH as f64 * stretch;
        // Rates are at most 384 kHz: 104 * 48 frames.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let half = (reach.ceil() as usize).next_multiple_of(LANES / 2);
        let taps = 2 * half;
        let shape = Shape { cutoff: CUTOFF / stretch, reach };
        let mut rows = Vec::new();
        let interpolated = if numerator.max(denominator) <= MAX_EXACT {
            for phase in 0..denominator {
                shape.push_row(&mut rows, half, phase as f64 / denominator as f64);
            }
            None
        } else {
            // Phases are counted per input frame, so longer kernels need fewer.
            let phases = (INTERPOLATED_PHASES * denominator / numerator.max(denominator)).max(16);
            for row in 0..phases + 3 {
                let offset = (row as f64 - 1.0) / phases as f64;
                shape.push_row(&mut rows, half, offset);
            }
            Some(phases)
        };
        Self { from, to, numerator, denominator, taps, rows, interpolated }
    }

    /// The rate converted from.
    pub fn from_rate(&self) -> SampleRate {
        self.from
    }

    /// The rate converted to.
    pub fn to_rate(&self) -> SampleRate {
        self.to
    }

    /// Frames that `frames` frames of input become: frames * out / in, rounded up.
    pub fn output_frames(&self, frames: u64) -> u64 {
        let exact = u128::from(frames) * u128::from(self.denominator);
        u64::try_from(exact.div_ceil(u128::from(self.numerator))).unwrap_or(u64::MAX)
    }

    /// Where output frame `frame` lies in the input: the whole frame at or before, and the
    /// remainder in 1/denominator of a frame.
    pub(super) fn place(&self, frame: u64) -> (i64, u64) {
        let exact = u128::from(frame) * u128::from(self.numerator);
        let denominator = u128::from(self.denominator);
        let base = i64::try_from(exact / denominator).unwrap_or(i64::MAX / 2);
        (base, u64::try_from(exact % denominator).unwrap_or(0))
    }

    /// The taps for a position `remainder` / denominator after a whole frame.
    pub(super) fn at(&self, remainder: u64) -> Taps<'_> {
        let row = |index: u64| {
            // Rows are as many as fit in memory.
            let start = usize::try_from(index).unwrap_or(0) * self.taps;
            self.rows.get(start..start + self.taps).unwrap_or_default()
        };
        let Some(phases) = self.interpolated else { return Taps::Exact(row(remainder)) };
        let fine = remainder * phases;
        let phase = fine / self.denominator;
        let t = (fine % self.denominator) as f64 / self.denominator as f64;
        // Lagrange's cubic through the points -1, 0, 1, 2.
        let weights = [
            -t * (t - 1.0) * (t - 2.0) / 6.0,
            (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
            -(t + 1.0) * t * (t - 2.0) / 2.0,
            (t + 1.0) * t * (t - 1.0) / 6.0,
        ];
        Taps::Cubic([phase, phase + 1, phase + 2, phase + 3].map(row), weights)
    }
}

/// The kernel as a function of time, in input frames.
struct Shape {
    /// Cut-off as a part of the input's Nyquist frequency.
    cutoff: f64,
    reach: f64,
}

impl Shape {
    fn value(&self, time: f64) -> f64 {
        let part = time / self.reach;
        let inside = 1.0 - part * part;
        // The end itself counts as outside: it has a tap on one side only.
        if inside <= 0.0 {
            return 0.0;
        }
        sinc(self.cutoff * time) * bessel_i0(BETA * inside.sqrt())
    }

    /// Appends the taps for a position `offset` frames after a whole one, `half` of them at or
    /// before it, scaled to a sum of 1 so that every phase lets a constant through alike.
    fn push_row(&self, rows: &mut Vec<f64>, half: usize, offset: f64) {
        let start = rows.len();
        rows.extend((0..2 * half).map(|tap| self.value(tap as f64 - (half as f64 - 1.0) - offset)));
        let row = &mut rows[start..];
        let sum = row.iter().fold(0.0, |sum, tap| sum + tap);
        for tap in row {
            *tap /= sum;
        }
    }
}
