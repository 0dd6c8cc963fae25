//! The running state of all voices of an instance, number by number, so that SIMD lanes run
//! several voices at once.

use crate::process::{StateError, StateReader, StateWriter};

/// Most voices.
pub(super) const VOICES: usize = 64;
/// Most oscillators of a kind in unison.
pub(super) const UNISON: usize = 8;

/// One number a voice.
pub(super) type PerVoice = [f64; VOICES];

/// What moves in a straight line over a cell of the control grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// The phase step a sample of the first oscillator.
    Step1,
    /// That of the second.
    Step2,
    /// Samples a cycle.
    Inverse1,
    /// Samples a cycle of the second. All before this and this are the pitch.
    Inverse2,
    /// Levels, as factors.
    Level1,
    Level2,
    Noise,
    /// How far the second oscillator moves the first one's phase, in cycles.
    Modulation,
    Width1,
    Width2,
    /// The filter's prewarped frequency.
    Frequency,
    /// The filter's damping.
    Damping,
    /// Level and place as factors of the left and right channel.
    Left,
    Right,
}

/// Courses.
pub(super) const COURSES: usize = 14;
/// Those of the pitch, which come first.
pub(super) const PITCH_COURSES: usize = Course::Level1 as usize;

/// The values of all courses at one time, by [`Course`], one number a voice.
pub(super) type Targets = [PerVoice; COURSES];

/// A number a voice that moves in a line: `from + slope * k` at frame `k` of the cell.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) from: PerVoice,
    pub(super) slope: PerVoice,
    /// The value at the cell's end.
    pub(super) to: PerVoice,
}

/// The running state of all voices; all 0 where a voice is silent.
#[derive(Clone, Debug)]
pub(super) struct Bank {
    pub(super) lines: [Line; COURSES],
    /// Of both oscillators, by unison.
    pub(super) phases: [[PerVoice; UNISON]; 2],
    /// Of both sections of the left and right filter, two numbers each.
    pub(super) filters: [[PerVoice; 2]; 4],
    /// The amplitude envelope, which goes on by `envelope * factor + term`.
    pub(super) envelope: PerVoice,
    pub(super) factor: PerVoice,
    pub(super) term: PerVoice,
    /// The last samples, left and right.
    pub(super) last: [PerVoice; 2],
}

pub(super) const SILENT: PerVoice = [0.0; VOICES];

impl Bank {
    pub(super) fn new() -> Self {
        let line = |_| Line { from: SILENT, slope: SILENT, to: SILENT };
        Self {
            lines: std::array::from_fn(line),
            phases: [[SILENT; UNISON]; 2],
            filters: [[SILENT; 2]; 4],
            envelope: SILENT,
            factor: SILENT,
            term: SILENT,
            last: [SILENT; 2],
        }
    }

    /// Everything of a voice but its lines and its last samples.
    fn running(&self) -> impl Iterator<Item = &PerVoice> {
        let oscillators = self.phases.iter().flatten();
        let filters = self.filters.iter().flatten();
        let envelope = [&self.envelope, &self.factor, &self.term];
        oscillators.chain(filters).chain(envelope).chain(&self.last)
    }

    fn running_mut(&mut self) -> impl Iterator<Item = &mut PerVoice> {
        let oscillators = self.phases.iter_mut().flatten();
        let filters = self.filters.iter_mut().flatten();
        let envelope = [&mut self.envelope, &mut self.factor, &mut self.term];
        oscillators.chain(filters).chain(envelope).chain(&mut self.last)
    }

    /// Silences a voice.
    pub(super) fn clear(&mut self, voice: usize) {
        self.running_mut().for_each(|numbers| numbers[voice] = 0.0);
        for line in &mut self.lines {
            (line.from[voice], line.slope[voice], line.to[voice]) = (0.0, 0.0, 0.0);
        }
    }

    /// Lets the courses of all voices go on from where they were at the end of the last cell to
    /// `targets` at the end of this one.
    pub(super) fn aim(&mut self, targets: &Targets) {
        for (line, targets) in self.lines.iter_mut().zip(targets) {
            for (voice, to) in targets.iter().enumerate() {
                let from = line.to[voice];
                line.from[voice] = from;
                line.slope[voice] = (to - from) * (1.0 / super::CELL as f64);
                line.to[voice] = *to;
            }
        }
    }

    /// Lets a voice's courses start in frame `into` of the cell and end at `targets`: the first
    /// `leaping` of them at `now`, the others where they are.
    pub(super) fn start(
        &mut self,
        voice: usize,
        into: usize,
        (now, leaping): (&Targets, usize),
        targets: &Targets,
    ) {
        let left = (super::CELL - into) as f64;
        let courses = self.lines.iter_mut().zip(now.iter().zip(targets));
        for (course, (line, (now, to))) in courses.enumerate() {
            let here = line.from[voice] + line.slope[voice] * into as f64;
            let now = if course < leaping { now[voice] } else { here };
            let slope = (to[voice] - now) / left;
            line.slope[voice] = slope;
            line.from[voice] = now - slope * into as f64;
            line.to[voice] = to[voice];
        }
    }

    /// How loud a voice is, velocity and level included.
    pub(super) fn loudness(&self, voice: usize) -> f64 {
        let gains = [Course::Left, Course::Right].map(|side| self.lines[side as usize].to[voice]);
        self.envelope[voice] * (gains[0] + gains[1])
    }

    /// Turns what has died away in a voice's filters and envelope into nothing.
    pub(super) fn flush(&mut self, voice: usize) {
        for numbers in self.filters.iter_mut().flatten() {
            if numbers[voice].abs() < 1e-30 {
                numbers[voice] = 0.0;
            }
        }
        if self.envelope[voice].abs() < 1e-30 {
            self.envelope[voice] = 0.0;
        }
    }

    /// Appends the state of a voice.
    pub(super) fn save(&self, voice: usize, state: &mut StateWriter) {
        state.numbers(self.running().map(|numbers| numbers[voice]));
        for line in &self.lines {
            state.numbers([line.from[voice], line.slope[voice], line.to[voice]]);
        }
    }

    /// Restores what [`Self::save`] wrote.
    pub(super) fn restore(
        &mut self,
        voice: usize,
        state: &mut StateReader<'_>,
    ) -> Result<(), StateError> {
        for numbers in self.running_mut() {
            numbers[voice] = state.number()?;
        }
        for line in &mut self.lines {
            line.from[voice] = state.number()?;
            line.slope[voice] = state.number()?;
            line.to[voice] = state.number()?;
        }
        Ok(())
    }
}
