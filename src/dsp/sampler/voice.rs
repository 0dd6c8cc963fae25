//! A voice: one region that sounds for one note.

use std::ops::Range;

use super::channel::Channel;
use super::envelope::{Envelope, Stages, frames_of};
use super::filter::Filter;
use super::reader::{Frames, Reader};
use crate::dsp::pan_law::balance;
use crate::dsp::runs::CELL;
use crate::math::{db_to_gain, exp2};
use crate::process::{StateError, StateReader, StateWriter};
use crate::sampler::{LoopMode, OffMode, Region, Sample, Stretch};
use crate::session::ExpressionKind;
use crate::simd::{Kernel, Lanes};

/// Fade of a voice that gives its place to another, in seconds.
pub(super) const STOLEN_SECONDS: f64 = 0.006;

/// What is known of a region before anything plays.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) region: Region,
    pub(super) stages: Stages,
    pub(super) stretch: Stretch,
    /// Frames of the sample that follow each other in one of the output at its own pitch.
    pub(super) rate_ratio: f64,
    delay_frames: u64,
}

impl Part {
    pub(super) fn new(region: &Region, sample: &Sample, stretch: Stretch, rate_hz: f64) -> Self {
        Self {
            region: region.clone(),
            stages: Stages::new(&region.envelope, rate_hz),
            stretch,
            rate_ratio: sample.rate().hz_f64() / rate_hz,
            delay_frames: frames_of(region.delay_seconds, rate_hz),
        }
    }
}

/// The note of a voice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct VoiceNote {
    /// The note's own number in its stream.
    pub(super) note: u64,
    /// Counts what started voices, so that those of one start know each other.
    pub(super) start: u64,
    pub(super) channel: u8,
    pub(super) key: u8,
    /// Of velocity and time: stays as it is.
    pub(super) gain: f64,
}

/// What a note's own expression adds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Expression {
    semitones: f64,
    factor: f64,
    pan: f64,
}

/// A gain that moves in a line over a cell of the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Line {
    from: f32,
    to: f32,
}

impl Line {
    /// At frame `frame` of the cell.
    #[inline(always)]
    fn at(self, frame: usize) -> f32 {
        self.from + (self.to - self.from) * (frame as f32 * (1.0 / CELL as f32))
    }
}

/// A voice.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    /// Number of its region.
    pub(super) part: usize,
    pub(super) of: VoiceNote,
    /// Nothing of it was heard yet.
    is_new: bool,
    /// The pedal holds it, though its note has ended.
    pub(super) is_held: bool,
    pub(super) is_released: bool,
    expression: Expression,
    /// [`Channel::moves`] when it looked last; less where its note's expression moved since.
    moves: u64,
    waits: u64,
    reader: Reader,
    envelope: Envelope,
    filter: Option<Filter>,
    gains: [Line; 2],
}

impl Voice {
    /// A voice that starts now.
    pub(super) fn new(
        number: usize,
        part: &Part,
        (of, filter): (VoiceNote, Option<Filter>),
        channel: &Channel,
    ) -> Self {
        let mut voice = Self {
            part: number,
            of,
            is_new: true,
            is_held: false,
            is_released: false,
            expression: Expression { semitones: 0.0, factor: 1.0, pan: 0.0 },
            moves: channel.moves,
            waits: part.delay_frames,
            reader: Reader::default(),
            envelope: Envelope::new(&part.stages),
            filter,
            gains: [Line::default(); 2],
        };
        voice.set_out(part, channel);
        voice
    }

    /// Sets out at the pitch and with the gains it has now.
    fn set_out(&mut self, part: &Part, channel: &Channel) {
        let step = self.step(part, channel);
        self.reader = Reader::new(part.stretch.frames.start);
        self.reader.set_step(step);
        self.gains = self.wanted_gains(part, channel).map(|to| Line { from: to, to });
    }

    pub(super) fn has_ended(&self) -> bool {
        self.reader.has_ended || self.envelope.has_ended()
    }

    /// True where it takes one of the places of voices that sound: it does not fade for others.
    pub(super) fn is_full(&self) -> bool {
        !self.has_ended() && !self.envelope.fades()
    }

    /// Frames until it has faded; as good as never where it does not.
    pub(super) fn frames_left(&self) -> u64 {
        if self.has_ended() { 0 } else { self.envelope.fade_left() }
    }

    /// Its note has ended.
    pub(super) fn release(&mut self, part: &Part) {
        if part.region.rings_out() {
            return;
        }
        self.end(part);
    }

    fn end(&mut self, part: &Part) {
        (self.is_released, self.is_held) = (true, false);
        // What has not started by now does not start any more.
        if self.waits > 0 {
            self.reader.has_ended = true;
        }
        self.envelope.release(&part.stages);
    }

    /// Another region ends it.
    pub(super) fn turn_off(&mut self, part: &Part, rate_hz: f64) {
        match part.region.off_mode {
            OffMode::Fast => self.fade(part, rate_hz),
            OffMode::Normal => self.end(part),
            OffMode::Time(seconds) => self.fade_in(part, frames_of(seconds, rate_hz)),
        }
    }

    /// Something else needs its place, or silence is wanted.
    pub(super) fn fade(&mut self, part: &Part, rate_hz: f64) {
        self.fade_in(part, frames_of(STOLEN_SECONDS, rate_hz));
    }

    fn fade_in(&mut self, part: &Part, frames: u64) {
        if self.waits > 0 {
            self.reader.has_ended = true;
        }
        self.envelope.fade(frames, &part.stages);
    }

    /// The note's expression moves: heard from the next cell on, or at once by what starts with it.
    pub(super) fn express(
        &mut self,
        (kind, value): (ExpressionKind, f64),
        part: &Part,
        channel: &Channel,
    ) {
        match kind {
            ExpressionKind::Tuning => self.expression.semitones = value,
            ExpressionKind::Volume => self.expression.factor = value,
            ExpressionKind::Pan => self.expression.pan = value,
            ExpressionKind::Pressure | ExpressionKind::Timbre => return,
        }
        if self.is_new {
            self.set_out(part, channel);
        } else {
            self.moves = u64::MAX;
        }
    }

    /// Enters a cell of the grid: goes to where its channel and its note want it.
    pub(super) fn enter_cell(&mut self, part: &Part, channel: &Channel) {
        for gain in &mut self.gains {
            gain.from = gain.to;
        }
        if let Some(filter) = &mut self.filter {
            filter.enter_cell();
        }
        if self.moves == channel.moves {
            return;
        }
        self.moves = channel.moves;
        self.reader.set_step(self.step(part, channel));
        let wanted = self.wanted_gains(part, channel);
        for (gain, to) in self.gains.iter_mut().zip(wanted) {
            gain.to = to;
        }
    }

    fn step(&self, part: &Part, channel: &Channel) -> f64 {
        let region = &part.region;
        let bend = channel.bend_cents(region.bend_up_cents, region.bend_down_cents);
        let cents = region.cents_at(self.of.key) + bend + self.expression.semitones * 100.0;
        part.rate_ratio * exp2(cents / 1_200.0)
    }

    #[allow(clippy::cast_possible_truncation)] // Signals are f32.
    fn wanted_gains(&self, part: &Part, channel: &Channel) -> [f32; 2] {
        let gain = self.of.gain * channel.gain() * self.expression.factor;
        let (left, right) = balance(part.region.pan + channel.pan() + self.expression.pan);
        [(gain * left) as f32, (gain * right) as f32]
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.part as u64);
        state.word(self.of.note);
        state.word(self.of.start);
        state.word(u64::from(self.of.channel) | u64::from(self.of.key) << 8);
        let flags = u64::from(self.is_held) | u64::from(self.is_released) << 1;
        state.word(flags | u64::from(self.is_new) << 2);
        state.number(self.of.gain);
        state.numbers([self.expression.semitones, self.expression.factor, self.expression.pan]);
        state.word(self.moves);
        state.word(self.waits);
        self.reader.save(state);
        self.envelope.save(state);
        if let Some(filter) = &self.filter {
            filter.save(state);
        }
        state.numbers(self.gains.iter().flat_map(|gain| [gain.from.into(), gain.to.into()]));
    }

    /// Reads what [`Self::save`] wrote; `part_of` knows the parts by number.
    #[allow(clippy::cast_possible_truncation)] // Gains were f32.
    pub(super) fn restore<'p>(
        state: &mut StateReader<'_>,
        part_of: impl Fn(usize) -> Option<&'p Part>,
    ) -> Result<Self, StateError> {
        let number = usize::try_from(state.word()?).map_err(|_| StateError)?;
        let part = part_of(number).ok_or(StateError)?;
        let (note, start) = (state.word()?, state.word()?);
        let [channel, key, ..] = state.word()?.to_le_bytes();
        let flags = state.word()?;
        let of = VoiceNote { note, start, channel: channel & 0xf, key, gain: state.number()? };
        let expression = Expression {
            semitones: state.number()?,
            factor: state.number()?,
            pan: state.number()?,
        };
        let (moves, waits) = (state.word()?, state.word()?);
        let reader = Reader::restore(state, &part.stretch)?;
        let envelope = Envelope::restore(state)?;
        let filter = part.region.filter_kind().map(|kind| Filter::restore(state, kind));
        let filter = filter.transpose()?;
        let mut gains = [Line::default(); 2];
        for gain in &mut gains {
            *gain = Line { from: state.number()? as f32, to: state.number()? as f32 };
        }
        Ok(Self {
            part: number,
            of,
            is_new: flags & 4 == 4,
            is_held: flags & 1 == 1,
            is_released: flags & 2 == 2,
            expression,
            moves,
            waits,
            reader,
            envelope,
            filter,
            gains,
        })
    }
}

/// Plays a voice over frames of a cell and adds them to sums.
pub(super) struct Play<'a> {
    pub(super) voice: &'a mut Voice,
    pub(super) part: &'a Part,
    pub(super) sample: &'a Sample,
    /// Frames of the cell.
    pub(super) frames: Range<usize>,
    /// Left and right by frame of the cell; `None` where nobody hears them.
    pub(super) sums: Option<&'a mut Frames>,
    /// Working memory.
    pub(super) read: &'a mut Frames,
    pub(super) levels: &'a mut [f32; CELL],
}

impl Kernel for Play<'_> {
    type Output = ();

    /// Nothing here asks for the vector type: plain loops over arrays, in one fixed order, are
    /// compiled for the level.
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { voice, part, sample, mut frames, sums, read, levels } = self;
        voice.is_new = false;
        let waits = usize::try_from(voice.waits).unwrap_or(usize::MAX).min(frames.len());
        voice.waits -= waits as u64;
        frames.start += waits;
        let loops = match part.region.loop_mode {
            None | Some(LoopMode::None | LoopMode::OneShot) => false,
            Some(LoopMode::Continuous) => true,
            Some(LoopMode::Sustain) => !voice.is_released,
        };
        let leveled = voice.envelope.read(&part.stages, &mut levels[..frames.len()]);
        let count = voice.reader.read(sample, &part.stretch, loops, leveled, read);
        // Where nobody hears it, its state goes on: somebody may from the next block on.
        if let Some(filter) = &mut voice.filter {
            for (channel, frames) in read.iter_mut().take(sample.channels().len()).enumerate() {
                filter.run(channel, &mut frames[..count]);
            }
        }
        let Some([left, right]) = sums else { return };
        let [first, second] = read;
        let second = if sample.channels().len() > 1 { &*second } else { &*first };
        let [left_gain, right_gain] = voice.gains;
        for (at, frame) in frames.take(count).enumerate() {
            left[frame] += first[at] * levels[at] * left_gain.at(frame);
            right[frame] += second[at] * levels[at] * right_gain.at(frame);
        }
    }
}

/// The factor of a note: of velocity (0 to 127), level and amplitude, and of the seconds that a note
/// was held which a release follows.
///
/// Velocity counts as `(velocity / 127)^2`, by the share `amp_veltrack`; below 0 as what that leaves
/// of 1.
pub(super) fn note_gain(region: &Region, velocity: f64, held_seconds: f64) -> f64 {
    let full = velocity / 127.0;
    let curve = full * full;
    let track = region.amp_veltrack;
    let followed = if track >= 0.0 { curve } else { 1.0 - curve };
    let by_velocity = 1.0 - track.abs() + track.abs() * followed;
    let level_db = region.volume_db - region.rt_decay_db * held_seconds;
    db_to_gain(level_db) * region.amplitude * by_velocity
}
