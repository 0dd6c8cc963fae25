//! The course of a voice's level: delay, attack, hold, decay, sustain, release, each corner at its
//! sample.

use crate::math::exp;
use crate::process::{StateError, StateReader, StateWriter};
use crate::sampler::Envelope as Shape;

/// What decays and releases fall to in their time, as an exponent of e: -69.5 dB.
const FALL: f64 = -8.0;

/// Where in its course a level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Delay,
    Attack,
    Hold,
    Decay,
    Sustain,
    Release,
    /// A fade to nothing, whatever the region says.
    Fade,
    Ended,
}

const STAGES: [Stage; 8] = [
    Stage::Delay,
    Stage::Attack,
    Stage::Hold,
    Stage::Decay,
    Stage::Sustain,
    Stage::Release,
    Stage::Fade,
    Stage::Ended,
];

/// A region's envelope in frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stages {
    delay: u64,
    attack: u64,
    hold: u64,
    decay: u64,
    release: u64,
    sustain: f64,
}

/// A number of seconds in frames, to the nearest.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most 1,000 s.
pub(super) fn frames_of(seconds: f64, rate_hz: f64) -> u64 {
    (seconds * rate_hz).round() as u64
}

impl Stages {
    pub(super) fn new(shape: &Shape, rate_hz: f64) -> Self {
        let frames = |seconds| frames_of(seconds, rate_hz);
        Self {
            delay: frames(shape.delay_seconds),
            attack: frames(shape.attack_seconds),
            hold: frames(shape.hold_seconds),
            decay: frames(shape.decay_seconds),
            release: frames(shape.release_seconds),
            sustain: shape.sustain,
        }
    }
}

/// A level on its way: from frame to frame it becomes `level * factor + step`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Envelope {
    stage: Stage,
    /// Frames until the next stage; `u64::MAX` where none follows by itself.
    left: u64,
    level: f64,
    factor: f64,
    step: f64,
}

impl Envelope {
    /// At the start of its course.
    pub(super) fn new(stages: &Stages) -> Self {
        let mut envelope =
            Self { stage: Stage::Delay, left: stages.delay, level: 0.0, factor: 1.0, step: 0.0 };
        envelope.pass(stages);
        envelope
    }

    pub(super) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// True where it fades whatever the region says.
    pub(super) fn fades(&self) -> bool {
        self.stage == Stage::Fade
    }

    /// Frames until it has faded; as good as never where it does not.
    pub(super) fn fade_left(&self) -> u64 {
        if self.fades() { self.left } else { u64::MAX }
    }

    /// The note is released: from where it is it falls to nothing.
    pub(super) fn release(&mut self, stages: &Stages) {
        if matches!(self.stage, Stage::Release | Stage::Fade | Stage::Ended) {
            return;
        }
        self.stage = Stage::Release;
        self.left = if self.level > 0.0 { stages.release } else { 0 };
        (self.factor, self.step) = (falling(stages.release), 0.0);
        self.pass(stages);
    }

    /// From where it is it falls to nothing in a line of so many frames, unless it is there sooner.
    pub(super) fn fade(&mut self, frames: u64, stages: &Stages) {
        if self.has_ended() || self.fade_left() <= frames {
            return;
        }
        self.stage = Stage::Fade;
        self.left = if self.level > 0.0 { frames } else { 0 };
        (self.factor, self.step) = (1.0, -self.level / (frames.max(1) as f64));
        self.pass(stages);
    }

    /// Writes the levels of the next frames, as many as `out` has or as are left until it ends;
    /// returns how many.
    pub(super) fn read(&mut self, stages: &Stages, out: &mut [f32]) -> usize {
        let mut at = 0;
        while at < out.len() && !self.has_ended() {
            let left = usize::try_from(self.left).unwrap_or(usize::MAX);
            let count = left.min(out.len() - at);
            self.advance(&mut out[at..at + count]);
            at += count;
            if self.left != u64::MAX {
                self.left -= count as u64;
            }
            self.pass(stages);
        }
        at
    }

    #[allow(clippy::cast_possible_truncation)] // Signals are f32.
    fn advance(&mut self, out: &mut [f32]) {
        if self.factor == 1.0 && self.step == 0.0 {
            out.fill(self.level as f32);
            return;
        }
        let (mut level, factor, step) = (self.level, self.factor, self.step);
        for out in out {
            *out = level as f32;
            level = level * factor + step;
        }
        self.level = level;
    }

    /// Goes on to the next stage while this one has no frame left.
    fn pass(&mut self, stages: &Stages) {
        while self.left == 0 && !self.has_ended() {
            match self.stage {
                Stage::Delay => self.enter(Stage::Attack, stages.attack, 0.0),
                Stage::Attack => self.enter(Stage::Hold, stages.hold, 1.0),
                Stage::Hold => self.enter(Stage::Decay, decay_frames(stages), 1.0),
                // At nothing it stays for ever: nobody would hear it.
                Stage::Decay if stages.sustain > 0.0 => {
                    self.enter(Stage::Sustain, u64::MAX, stages.sustain);
                }
                _ => self.enter(Stage::Ended, u64::MAX, 0.0),
            }
            match self.stage {
                Stage::Attack => self.step = 1.0 / (stages.attack.max(1) as f64),
                Stage::Decay => self.factor = falling(stages.decay),
                _ => {}
            }
        }
    }

    fn enter(&mut self, stage: Stage, left: u64, level: f64) {
        *self = Self { stage, left, level, factor: 1.0, step: 0.0 };
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.stage as u64);
        state.word(self.left);
        state.numbers([self.level, self.factor, self.step]);
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let stage = usize::try_from(state.word()?).ok().and_then(|stage| STAGES.get(stage));
        let stage = *stage.ok_or(StateError)?;
        let left = state.word()?;
        let (level, factor, step) = (state.number()?, state.number()?, state.number()?);
        Ok(Self { stage, left, level, factor, step })
    }
}

/// What a level is multiplied by from frame to frame so that it falls by [`FALL`] in `frames`.
fn falling(frames: u64) -> f64 {
    exp(FALL / (frames.max(1) as f64))
}

/// Frames until a decay has reached the sustain.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most those of the decay.
fn decay_frames(stages: &Stages) -> u64 {
    if stages.sustain <= 0.0 {
        return stages.decay;
    }
    let share = (crate::math::ln(stages.sustain) / FALL).min(1.0);
    (share * stages.decay as f64).ceil() as u64
}
