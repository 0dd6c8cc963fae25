//! Reverb and chorus that all channels of an instance share.

use super::line::Line;
use super::player::Outputs;
use super::reverb::{DECAY_SECONDS, Reverb};
use crate::dsp::runs::CELL;
use crate::math::sin_pi;
use crate::process::{CONTROL_GRID_FRAMES, StateError, StateReader, StateWriter};
use crate::simd::SimdLevel;

/// How long they ring on above -120 dB, in seconds.
pub(super) const TAIL_SECONDS: f64 = 2.0 * DECAY_SECONDS + CHORUS_SECONDS;

/// Longest delay of the chorus.
const CHORUS_SECONDS: f64 = 0.030;
/// Its delay goes from one to the other.
const CHORUS_DELAYS_SECONDS: (f64, f64) = (0.012, 0.018);
/// That often a second.
const CHORUS_HZ: f64 = 0.7;

/// What is below this has ended, once it has been so for as long as the longest line: -160 dB.
const SILENCE: f32 = 1e-8;

/// All state is silence.
const RESTS: u64 = u64::MAX;

/// Reverb and chorus.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Effects {
    rate_hz: f64,
    reverb: Reverb,
    chorus: Line,
    /// Frames since something was heard; [`RESTS`] where all state is silence.
    silent_frames: u64,
    /// After so many of them it is silenced.
    quiet_frames: u64,
}

impl Effects {
    /// Effects at rest.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Some thousand frames.
    pub(super) fn new(rate_hz: f64) -> Self {
        // Longer than any line.
        let quiet_frames = (0.1 * rate_hz) as u64 + 64;
        Self {
            rate_hz,
            reverb: Reverb::new(rate_hz),
            chorus: Line::new((CHORUS_SECONDS * rate_hz) as usize + 4),
            silent_frames: RESTS,
            quiet_frames,
        }
    }

    /// Silences them.
    pub(super) fn reset(&mut self) {
        self.reverb.reset();
        self.chorus.reset();
        self.silent_frames = RESTS;
    }

    /// True where nothing rings on.
    pub(super) fn rests(&self) -> bool {
        self.silent_frames == RESTS
    }

    /// Adds what they make of the sends of `frames` frames from node time `time` on, which lie in
    /// one cell of the grid, to the left and the right.
    pub(super) fn add(
        &mut self,
        (time, frames): (i64, usize),
        level: SimdLevel,
        out: &mut Outputs,
    ) {
        let [left, right, reverb, chorus] = out;
        let (reverb, chorus) = (&reverb[..frames], &chorus[..frames]);
        if self.rests() && reverb.iter().chain(chorus).all(|sample| *sample == 0.0) {
            return;
        }
        let first = usize::try_from(time.rem_euclid(CONTROL_GRID_FRAMES)).unwrap_or(0);
        if self.rests() {
            // As if it had been awake since the cell began, so that where a block begins changes
            // nothing.
            self.silent_frames = first as u64;
        }
        let mut wet = [[0.0; CELL]; 2];
        self.reverb.play(reverb, level, &mut wet);
        self.chorus.push(chorus);
        for (wet, (from, slope)) in wet.iter_mut().zip(self.chorus_lines(time)) {
            for (frame, wet) in wet[..frames].iter_mut().enumerate() {
                let delay = from + slope * (first + frame) as f64;
                // All of them were pushed at once.
                *wet += delayed(&self.chorus, frames - 1 - frame, delay);
            }
        }
        for (out, wet) in [left, right].into_iter().zip(&wet) {
            for (out, wet) in out.iter_mut().zip(&wet[..frames]) {
                *out += wet;
            }
        }
        let is_heard = |frame: &usize| {
            let inputs = reverb[*frame].abs().max(chorus[*frame].abs());
            wet[0][*frame].abs().max(wet[1][*frame].abs()).max(inputs) > SILENCE
        };
        let last_heard = (0..frames).rev().find(is_heard);
        self.silent_frames = match last_heard {
            Some(frame) => (frames - 1 - frame) as u64,
            None => self.silent_frames + frames as u64,
        };
        let end = time.saturating_add_unsigned(frames as u64);
        // Only on the grid, so that it happens at the same frame in any blocks.
        if end.rem_euclid(CONTROL_GRID_FRAMES) == 0 && self.silent_frames >= self.quiet_frames {
            self.reset();
        }
    }

    /// The delays to the left and the right over the cell of `time`, in frames: at its first frame,
    /// and by how much they grow a frame. They move a quarter of a cycle apart.
    fn chorus_lines(&self, time: i64) -> [(f64, f64); 2] {
        let cell = time.div_euclid(CONTROL_GRID_FRAMES) * CONTROL_GRID_FRAMES;
        let (low, high) = CHORUS_DELAYS_SECONDS;
        [0.0, 0.25].map(|ahead| {
            let delay = |at: i64| {
                let cycles = at as f64 * (CHORUS_HZ / self.rate_hz) + ahead;
                let sine = sin_pi(2.0 * (cycles - cycles.floor()));
                ((low + high) / 2.0 + (high - low) / 2.0 * sine) * self.rate_hz
            };
            let (from, to) = (delay(cell), delay(cell + CONTROL_GRID_FRAMES));
            (from, (to - from) / CELL as f64)
        })
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.silent_frames);
        if !self.rests() {
            self.reverb.save(state);
            self.chorus.save(state);
        }
    }

    /// Restores what [`Self::save`] wrote.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.reset();
        self.silent_frames = state.word()?;
        if !self.rests() {
            self.reverb.restore(state)?;
            self.chorus.restore(state)?;
        }
        Ok(())
    }
}

/// The sample `frames` frames before that pushed `before` frames before the last.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within the line.
fn delayed(line: &Line, before: usize, frames: f64) -> f32 {
    let whole = frames as usize;
    line.between(before + whole, (frames - whole as f64) as f32)
}
