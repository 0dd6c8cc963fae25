//! Reverb and chorus that all channels of an instance share.

use super::line::Line;
use super::player::Outputs;
use super::reverb::{DECAY_SECONDS, Reverb};
use crate::dsp::runs::CELL;
use crate::math::sin_pi;
use crate::process::{CONTROL_GRID_FRAMES, StateError, StateReader, StateWriter};

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
    pub(super) fn add(&mut self, time: i64, frames: usize, out: &mut Outputs) {
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
        let lines = self.chorus_lines(time);
        let mut last_heard = None;
        for frame in 0..frames {
            let wet = self.reverb.next(reverb[frame]);
            self.chorus.push(chorus[frame]);
            let [dl, dr] = lines
                .map(|(from, slope)| delayed(&self.chorus, from + slope * (first + frame) as f64));
            let (l, r) = (wet[0] + dl, wet[1] + dr);
            left[frame] += l;
            right[frame] += r;
            let inputs = reverb[frame].abs().max(chorus[frame].abs());
            if l.abs().max(r.abs()).max(inputs) > SILENCE {
                last_heard = Some(frame);
            }
        }
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

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within the line.
fn delayed(line: &Line, frames: f64) -> f32 {
    let whole = frames as usize;
    line.between(whole, (frames - whole as f64) as f32)
}
