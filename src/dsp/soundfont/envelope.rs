//! Envelopes of delay, attack, hold, decay, sustain and release, as functions of time; a volume that
//! falls does so by a factor from cell to cell.

use crate::math::{db_to_gain, exp2, log10};
use crate::process::{CONTROL_GRID_FRAMES, StateError, StateReader, StateWriter};

/// The range of decays and releases: what takes the time of one, in dB (8.1.2, 36 and 38).
const RANGE_DB: f64 = 100.0;

/// Below this amplitude a voice is over.
const SILENCE: f64 = 1e-5;

/// The lengths of an envelope, in samples, and what is left when the decay is over.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stages {
    pub(super) delay: i64,
    pub(super) attack: i64,
    pub(super) hold: i64,
    pub(super) decay: f64,
    /// dB below the peak for volumes, share of the decay's way down (0 to 1) for modulation.
    pub(super) sustain: f64,
    pub(super) release: f64,
}

/// An envelope under way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Envelope {
    stages: Stages,
    start: i64,
    /// When it was released, and where it was then: in dB as a volume, a share as modulation.
    released: Option<(i64, f64)>,
    /// The last corner of its course as a volume, until it is released: there, or a frame later, it
    /// comes to its sustain.
    last_corner: i64,
    /// By what it falls over a cell as a volume: in its release once it is released, else in its decay.
    fall: f64,
}

/// 2^(`timecents` / 1200) seconds, in samples.
pub(super) fn samples_of(timecents: f64, rate_hz: f64) -> f64 {
    exp2(timecents.clamp(-12_000.0, 8_000.0) / 1_200.0) * rate_hz
}

/// Like [`samples_of`], as whole samples; nothing for the shortest time, which otherwise would make
/// every note late.
#[allow(clippy::cast_possible_truncation)] // At most 102 s.
pub(super) fn whole_samples_of(timecents: f64, rate_hz: f64) -> i64 {
    if timecents <= -12_000.0 { 0 } else { samples_of(timecents, rate_hz).round() as i64 }
}

/// How far a decay has come after so many samples, without an end.
fn fallen_db(samples: i64, decay: f64) -> f64 {
    RANGE_DB * samples as f64 / decay
}

/// The frames from an attack's first to its last, which is at the peak.
fn last_of_attack(attack: i64) -> i64 {
    (attack - 1).max(0)
}

/// The factor of a cell of a fall by [`RANGE_DB`] in so many samples.
fn fall_of(samples: f64) -> f64 {
    db_to_gain(-fallen_db(CONTROL_GRID_FRAMES, samples))
}

impl Envelope {
    /// One that starts at `start`.
    pub(super) fn new(stages: Stages, start: i64) -> Self {
        Self::at(stages, start, None)
    }

    /// One that started at `start` and may have been released.
    #[allow(clippy::cast_possible_truncation)] // At most 102 s.
    fn at(stages: Stages, start: i64, released: Option<(i64, f64)>) -> Self {
        let Stages { delay, attack, hold, decay, sustain, release } = stages;
        let decay_frames = (decay * (sustain / RANGE_DB).min(1.0)).ceil() as i64;
        let last_corner = start + delay + last_of_attack(attack) + hold + decay_frames;
        let fall = fall_of(if released.is_some() { release } else { decay });
        Self { stages, start, released, last_corner, fall }
    }

    /// True where it was released.
    pub(super) fn is_released(&self) -> bool {
        self.released.is_some()
    }

    /// Releases it at `now` from `level`: in dB as a volume, a share as modulation.
    pub(super) fn release(&mut self, now: i64, level: f64) {
        self.released = Some((now, level));
        self.fall = fall_of(self.stages.release);
    }

    /// Sets the length of its release, in samples.
    pub(super) fn set_release(&mut self, samples: f64) {
        self.stages.release = samples;
    }

    /// As a volume at `now`: the amplitude rises in a line and falls in lines of dB. The first
    /// frame of an attack is not silent, so that a note starts at its sample.
    pub(super) fn volume(&self, now: i64) -> f64 {
        if let Some((at, level)) = self.released {
            let level_db = level - RANGE_DB * (now - at) as f64 / self.stages.release;
            return if level_db <= -RANGE_DB { 0.0 } else { db_to_gain(level_db) };
        }
        let Stages { delay, attack, hold, decay, sustain, .. } = self.stages;
        let since = now - self.start - delay;
        match since {
            ..0 => 0.0,
            _ if since < attack => (since + 1) as f64 / attack as f64,
            _ if since <= attack + hold => 1.0,
            _ => db_to_gain(-fallen_db(since - attack - hold, decay).min(sustain)),
        }
    }

    /// As a modulation at `now`, 0 to 1: it rises convexly, so that what it moves in dB or octaves
    /// rises in a line, and falls in lines.
    pub(super) fn modulation(&self, now: i64) -> f64 {
        if let Some((at, level)) = self.released {
            return (level - (now - at) as f64 / self.stages.release).max(0.0);
        }
        let Stages { delay, attack, hold, decay, sustain, .. } = self.stages;
        let since = now - self.start - delay;
        match since {
            ..0 => 0.0,
            _ if since < attack => {
                (1.0 + log10((since + 1) as f64 / attack as f64) * (40.0 / 96.0)).max(0.0)
            }
            _ if since <= attack + hold => 1.0,
            _ => 1.0 - ((since - attack - hold) as f64 / decay).min(sustain),
        }
    }

    /// The first time after `now` at which its course has a corner; `i64::MAX` where none comes.
    pub(super) fn next_corner(&self, now: i64) -> i64 {
        if self.released.is_some() {
            return i64::MAX;
        }
        // Nearly always: no corner is left.
        if now >= self.last_corner {
            return i64::MAX;
        }
        let Stages { delay, attack, hold, .. } = self.stages;
        let mut at = self.start;
        for length in [delay, last_of_attack(attack), hold] {
            at += length;
            if at > now {
                return at;
            }
        }
        self.last_corner
    }

    /// As a volume at `end`, where it is at `level` at `now` and has no corner in between: what falls
    /// over a whole cell falls by a factor that is known.
    pub(super) fn volume_at_end(&self, (now, level): (i64, f64), end: i64) -> f64 {
        let Stages { delay, attack, hold, decay, sustain, .. } = self.stages;
        let began = self.start + delay + attack + hold;
        let since = now - began;
        if self.released.is_none() && since > 0 && fallen_db(since, decay) >= sustain {
            return level;
        }
        // A decay comes to its sustain up to a frame after the corner.
        let decays = since > 0 && fallen_db(end - began, decay) <= sustain;
        if (self.released.is_some() || decays) && end - now == CONTROL_GRID_FRAMES {
            return level * self.fall;
        }
        self.volume(end)
    }

    /// True where, as a volume, it has come to its end for good, being at `volume` now.
    pub(super) fn has_ended(&self, now: i64, volume: f64) -> bool {
        let Stages { delay, attack, .. } = self.stages;
        let has_begun = self.released.is_some() || now - self.start > delay + attack;
        has_begun && volume <= SILENCE
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        let Stages { delay, attack, hold, decay, sustain, release } = self.stages;
        for time in [delay, attack, hold, self.start] {
            state.word(time.cast_unsigned());
        }
        state.numbers([decay, sustain, release]);
        let (at, level) = self.released.unwrap_or((i64::MAX, 0.0));
        state.word(at.cast_unsigned());
        state.number(level);
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let mut time = || state.word().map(u64::cast_signed);
        let (delay, attack, hold, start) = (time()?, time()?, time()?, time()?);
        let (decay, sustain, release) = (state.number()?, state.number()?, state.number()?);
        let (at, level) = (state.word()?.cast_signed(), state.number()?);
        let released = (at != i64::MAX).then_some((at, level));
        let stages = Stages { delay, attack, hold, decay, sustain, release };
        Ok(Self::at(stages, start, released))
    }
}
