//! Volume, pan and mute as two gains a strip; sends use the same.

use crate::dsp::{SILENCE_DB, pan_law};
use crate::graph::{FaderControls, PanStyle};
use crate::math::db_to_gain;
use crate::process::{ControlCursor, ControlSet, padded_lanes};
use crate::simd::{Kernel, Lanes, SimdLevel, dispatch};
use crate::time::frame_count;

/// Faders of several strips side by side; always two lanes a strip.
#[derive(Clone, Debug)]
pub(super) struct FaderBank {
    controls: Vec<ControlSet>,
    styles: Vec<PanStyle>,
    cursor: ControlCursor,
    automated: bool,
    /// For each lane the gain at the start of its span, its slope, and the span's start.
    gain: Vec<f64>,
    slope: Vec<f64>,
    origin: Vec<f64>,
}

impl FaderBank {
    pub(super) fn new(faders: &[&FaderControls]) -> Self {
        let lanes = padded_lanes(2 * faders.len());
        let mut bank = Self {
            controls: faders.iter().map(|fader| fader.controls.clone()).collect(),
            styles: faders.iter().map(|fader| fader.pan).collect(),
            cursor: ControlCursor::new(faders.len()),
            automated: faders.iter().any(|fader| fader.controls.is_automated()),
            gain: vec![0.0; lanes],
            slope: vec![0.0; lanes],
            origin: vec![0.0; lanes],
        };
        if !bank.automated {
            bank.take_spans(0);
        }
        bank
    }

    pub(super) fn reset(&mut self) {
        self.cursor.reset();
    }

    /// The gain of each lane, where none ever moves.
    pub(super) fn constant(&self) -> Option<&[f64]> {
        (!self.automated).then_some(self.gain.as_slice())
    }

    /// Applies the gains to `block` (`[frame][lanes]`) whose first frame is at node time `time`.
    pub(super) fn process(&mut self, level: SimdLevel, time: i64, block: &mut [f32]) {
        let lanes = self.gain.len();
        if !self.automated {
            dispatch(level, lanes, Constant { block, gain: &self.gain });
            return;
        }
        let end = time + frame_count(block.len() / lanes);
        let mut at = time;
        let mut rest = block;
        while at < end {
            let run_end = self.take_spans(at).min(end);
            let frames = usize::try_from(run_end - at).unwrap_or(0);
            let (now, later) = rest.split_at_mut(frames * lanes);
            let ramp = Ramp { block: now, at, bank: self };
            dispatch(level, lanes, ramp);
            rest = later;
            at = run_end;
        }
    }

    /// Takes the gains and slopes that hold at `at`; returns where they end.
    fn take_spans(&mut self, at: i64) -> i64 {
        let run = self.cursor.run(self.controls.iter(), at, i64::MAX);
        if !run.moved {
            return run.end;
        }
        for (strip, span) in self.cursor.spans().iter().enumerate() {
            let from = gains(&span.from, self.styles[strip]);
            let to = gains(&span.to, self.styles[strip]);
            let moving = from != to;
            let length = if moving { (span.end - span.start) as f64 } else { 1.0 };
            for (channel, (from, to)) in [(from.0, to.0), (from.1, to.1)].into_iter().enumerate() {
                let lane = 2 * strip + channel;
                self.gain[lane] = from;
                self.slope[lane] = (to - from) / length;
                self.origin[lane] = if moving { span.start as f64 } else { 0.0 };
            }
        }
        run.end
    }
}

/// The gains of both channels for parameter values in the order of [`FaderControls`].
fn gains(values: &[f64], style: PanStyle) -> (f64, f64) {
    let mut volume_db = values[FaderControls::VOLUME];
    let mut closed = volume_db <= SILENCE_DB || values[FaderControls::MUTE] >= 0.5;
    for vca in values[FaderControls::FIRST_VCA..].chunks_exact(2) {
        volume_db += vca[0];
        closed |= vca[0] <= SILENCE_DB || vca[1] >= 0.5;
    }
    if closed {
        return (0.0, 0.0);
    }
    let pan = values[FaderControls::PAN];
    let (left, right) = match style {
        PanStyle::Mono(law) => pan_law::gains(law, pan),
        PanStyle::Balance => pan_law::balance(pan),
    };
    let gain = db_to_gain(volume_db);
    (gain * left, gain * right)
}

struct Constant<'a> {
    block: &'a mut [f32],
    gain: &'a [f64],
}

impl Kernel for Constant<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let lanes = self.gain.len();
        for lane in (0..lanes).step_by(L::WIDTH) {
            let gain = L::load_f64(&self.gain[lane..lane + L::WIDTH]);
            for frame in self.block.chunks_exact_mut(lanes) {
                let samples = &mut frame[lane..lane + L::WIDTH];
                (L::load_f32(samples) * gain).store_f32(samples);
            }
        }
    }
}

struct Ramp<'a> {
    block: &'a mut [f32],
    at: i64,
    bank: &'a FaderBank,
}

impl Kernel for Ramp<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let lanes = self.bank.gain.len();
        for lane in (0..lanes).step_by(L::WIDTH) {
            let gain = L::load_f64(&self.bank.gain[lane..lane + L::WIDTH]);
            let slope = L::load_f64(&self.bank.slope[lane..lane + L::WIDTH]);
            let origin = L::load_f64(&self.bank.origin[lane..lane + L::WIDTH]);
            // Whole numbers, so that counting up is exact.
            let mut since = L::splat(self.at as f64) - origin;
            for frame in self.block.chunks_exact_mut(lanes) {
                let samples = &mut frame[lane..lane + L::WIDTH];
                (L::load_f32(samples) * (gain + slope * since)).store_f32(samples);
                since = since + L::splat(1.0);
            }
        }
    }
}
