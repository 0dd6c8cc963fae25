//! A voice: one region that sounds for one note.

use super::channel::Channel;
use super::cutoff::{Cutoff, Filters};
use super::envelope::Envelope;
use super::lanes::{FILTER, GAINS, Group};
use super::reached::Reached;
use super::reader::{Line, Reader, Window};
use super::sound::{Moved, NoteValues, Oscillator, Sound, Sums};
use crate::math::{exp2, gain_to_db};
use crate::process::{CONTROL_GRID_FRAMES, StateError, StateReader, StateWriter};
use crate::session::ExpressionKind;
use crate::simd::SimdLevel;
use crate::soundfont::{Region, SoundFont, generators as g};

/// How long a voice takes to fall by 100 dB where another of its class ends it, in seconds.
const CUT_SECONDS: f64 = 0.01;

/// Which note a voice is of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct VoiceNote {
    pub(super) note: u64,
    pub(super) channel: u8,
    pub(super) values: NoteValues,
    /// When it started, among all voices.
    pub(super) number: u64,
}

/// A voice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Voice {
    pub(super) of: VoiceNote,
    /// When it started; of use at that sample only, and so not kept in states.
    pub(super) start: i64,
    /// In the SoundFont's list.
    region: usize,
    pub(super) reader: Reader,
    volume: Envelope,
    modulation: Envelope,
    modulation_oscillator: Oscillator,
    vibrato_oscillator: Oscillator,
    /// What the reader's speed is right for, where that is known; not kept in states.
    tuned_cents: Option<f64>,
    /// The pedal holds it, though its note has ended.
    pub(super) is_held: bool,
    sound: Sound,
    /// [`Channel::moves`] where `sound` was looked up; `u64::MAX` where it is not up to date.
    seen_moves: u64,
    /// Where its filter's coefficients and its gains stand at the end of the cell.
    filter: Reached<3>,
    gains: Reached<4>,
    /// What the filter is set to there, where that is known; not kept in states.
    cutoff: Option<Cutoff>,
    /// The volume, and the time up to which this line is right.
    line: Line,
    line_end: i64,
    /// Where it ends.
    line_to: f64,
}

/// What is needed to move a voice.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) font: &'a SoundFont,
    pub(super) channel: &'a Channel,
    pub(super) filters: &'a Filters,
    pub(super) rate_hz: f64,
}

impl Voice {
    /// Starts a region at `now`, in lane `lane` of `group`.
    pub(super) fn start(
        &mut self,
        (region, of): (usize, VoiceNote),
        now: i64,
        around: &Surroundings<'_>,
        (group, lane): (&mut Group, usize),
    ) {
        let Some(found) = around.font.regions().get(region) else { return };
        let fixed = |generator, value| match found.generators.get(generator) {
            fixed @ 0..=127 => f64::from(fixed),
            _ => value,
        };
        let (key, velocity) =
            (fixed(g::KEY, of.values.key), fixed(g::VELOCITY, of.values.velocity));
        let of = VoiceNote { values: NoteValues { key, velocity, ..of.values }, ..of };
        let rate_hz = around.rate_hz;
        let modulators = around.font.modulators(found);
        let sums = Sums::new(&found.generators, modulators, &of.values, around.channel);
        *self = Self {
            start: now,
            region,
            reader: Reader::new(found),
            volume: Envelope::new(sums.volume_stages(key, rate_hz), now),
            modulation: Envelope::new(sums.modulation_stages(key, rate_hz), now),
            modulation_oscillator: sums.oscillator(g::MODULATION_LFO_DELAY, now, rate_hz),
            vibrato_oscillator: sums.oscillator(g::VIBRATO_LFO_DELAY, now, rate_hz),
            sound: sums.sound(&of.values, around.channel),
            seen_moves: around.channel.moves,
            of,
            ..Self::default()
        };
        self.end_line(now);
        group.clear(lane);
        self.set_out(found, now, around, (group, lane));
    }

    /// Stands where it should at `now`, its first sample, and moves from there.
    fn set_out(
        &mut self,
        region: &Region,
        now: i64,
        around: &Surroundings<'_>,
        lane: (&mut Group, usize),
    ) {
        let (filter, gains) = self.stands(now, around.filters);
        self.filter = Reached { at: filter, is_steady: false };
        self.gains = Reached { at: gains, is_steady: false };
        self.tune(region, now, around.rate_hz);
        self.head_for(now, around.filters, lane);
    }

    /// Looks up what its note and its channel make of the region.
    fn look_up(&mut self, region: &Region, around: &Surroundings<'_>) {
        let modulators = around.font.modulators(region);
        let values = &self.of.values;
        let sums = Sums::new(&region.generators, modulators, values, around.channel);
        self.sound = sums.sound(values, around.channel);
        self.seen_moves = around.channel.moves;
    }

    /// Enters the cell that starts at `now`.
    pub(super) fn enter_cell(
        &mut self,
        now: i64,
        around: &Surroundings<'_>,
        (group, lane): (&mut Group, usize),
    ) {
        let Some(region) = around.font.regions().get(self.region) else { return };
        let moved = self.seen_moves != around.channel.moves;
        if moved {
            self.look_up(region, around);
        }
        if moved || self.sound.has_moving_pitch() {
            self.tune(region, now, around.rate_hz);
        }
        if moved || self.sound.has_moving_lines() || !self.is_steady() {
            self.head_for(now, around.filters, (group, lane));
        }
        group.flush(lane);
    }

    /// True where neither the filter nor the gains moved over the cell.
    fn is_steady(&self) -> bool {
        self.filter.is_steady && self.gains.is_steady
    }

    /// Moves the filter and the gains in lines from where they stand at `now` to where they should
    /// be at the end of the cell.
    fn head_for(&mut self, now: i64, filters: &Filters, (group, lane): (&mut Group, usize)) {
        let (filter, gains) = self.stands(cell_of(now) + CONTROL_GRID_FRAMES, filters);
        let start = now - cell_of(now);
        self.filter.head_for(filter, start, (group, lane), FILTER);
        self.gains.head_for(gains, start, (group, lane), GAINS);
    }

    /// The filter's coefficients and the gains at `now`.
    fn stands(&mut self, now: i64, filters: &Filters) -> ([f64; 3], [f64; 4]) {
        let moved = self.moved(now);
        let cutoff = self.sound.cutoff(&moved);
        let is_known = self.cutoff == Some(cutoff);
        let filter = if is_known { self.filter.at } else { filters.coefficients(cutoff) };
        self.cutoff = Some(cutoff);
        (filter, self.sound.gains(&moved))
    }

    /// Sets the reader's speed to what it should be in the middle of the cell `now` lies in.
    fn tune(&mut self, region: &Region, now: i64, rate_hz: f64) {
        let end = cell_of(now) + CONTROL_GRID_FRAMES;
        let moved = self.moved(now.midpoint(end));
        let sample = &region.sample;
        let root = match region.generators.get(g::ROOT_KEY) {
            root @ 0..=127 => f64::from(root),
            _ => f64::from(sample.root_key),
        };
        let cents = self.sound.pitch_cents(self.of.values.key - root, &moved)
            + f64::from(sample.correction_cents);
        if self.tuned_cents != Some(cents) {
            self.reader.set_speed(f64::from(sample.rate_hz) / rate_hz * exp2(cents / 1_200.0));
            self.tuned_cents = Some(cents);
        }
    }

    fn moved(&self, now: i64) -> Moved {
        // What moves nothing need not be known.
        let (sound, mut moved) = (&self.sound, Moved::default());
        if sound.follows_envelope() {
            moved.envelope = self.modulation.modulation(now);
        }
        if sound.follows_modulation() {
            moved.modulation = self.modulation_oscillator.at(now);
        }
        if sound.has_vibrato() {
            moved.vibrato = self.vibrato_oscillator.at(now);
        }
        moved
    }

    /// Reads from node time `now` on to `out`, which starts at frame `first` of the cell.
    pub(super) fn read(
        &mut self,
        data: &[f32],
        now: i64,
        (first, out): (usize, &mut [f32]),
        (level, window): (SimdLevel, &mut Window),
    ) {
        let cell = now - i64::try_from(first).unwrap_or(0);
        let (mut at, mut first, mut rest) = (now, first, out);
        while !rest.is_empty() {
            if at >= self.line_end {
                self.next_line(cell, at);
            }
            let frames = usize::try_from(self.line_end - at).unwrap_or(0);
            let length = frames.min(rest.len());
            let (piece, after) = rest.split_at_mut(length);
            self.reader.read(data, self.line, (first, piece), (level, window));
            (at, first, rest) = (at.saturating_add_unsigned(length as u64), first + length, after);
        }
        self.reader.prefetch(data);
    }

    /// The line of the volume from `now`, where the last one ends, to its next corner, or to the end
    /// of the cell.
    fn next_line(&mut self, cell: i64, now: i64) {
        let end = (cell + CONTROL_GRID_FRAMES).min(self.volume.next_corner(now));
        let from = self.line_to;
        self.line_to = self.volume.volume_at_end((now, from), end);
        self.line = Line::new((now - cell, from), (end - cell, self.line_to));
        self.line_end = end;
    }

    /// Its note has ended at `now`.
    pub(super) fn release(&mut self, now: i64) {
        self.is_held = false;
        if self.volume.is_released() {
            return;
        }
        self.volume.release(now, gain_to_db(self.volume.volume(now)));
        self.reader.release();
        self.modulation.release(now, self.modulation.modulation(now));
        self.end_line(now);
    }

    /// Ends it soon after `now`, whatever its release.
    pub(super) fn cut(&mut self, now: i64, rate_hz: f64) {
        // By the release it has had so far.
        let level_db = gain_to_db(self.volume.volume(now));
        self.volume.set_release(CUT_SECONDS * rate_hz);
        self.volume.release(now, level_db);
        self.reader.release();
        self.is_held = false;
        self.end_line(now);
    }

    /// Ends the line of the volume at `now`.
    fn end_line(&mut self, now: i64) {
        self.line_end = now;
        self.line_to = self.volume.volume(now);
    }

    /// Expresses its note at `now`: at once where it only starts there, else from the next cell on.
    pub(super) fn express(
        &mut self,
        (kind, value): (ExpressionKind, f64),
        now: i64,
        around: &Surroundings<'_>,
        lane: (&mut Group, usize),
    ) {
        let values = &mut self.of.values;
        match kind {
            ExpressionKind::Tuning => values.tuning = value,
            ExpressionKind::Pressure => values.pressure = value * 127.0,
            ExpressionKind::Volume => values.volume = value,
            ExpressionKind::Pan => values.pan = value,
            ExpressionKind::Timbre => return,
        }
        self.seen_moves = u64::MAX;
        if self.start == now
            && let Some(region) = around.font.regions().get(self.region)
        {
            self.look_up(region, around);
            self.set_out(region, now, around, lane);
        }
    }

    /// True where its note has ended and nothing holds it.
    pub(super) fn is_released(&self) -> bool {
        self.volume.is_released()
    }

    /// True where nothing is heard of it from `now` on, up to which it was read.
    pub(super) fn has_ended(&self, now: i64) -> bool {
        self.reader.has_ended || self.volume.has_ended(now, self.line_to)
    }

    /// The class of which only one sounds on a channel; 0 is none.
    pub(super) fn class(&self, font: &SoundFont) -> i16 {
        let region = font.regions().get(self.region);
        region.map_or(0, |region| region.generators.get(g::EXCLUSIVE_CLASS))
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        let VoiceNote { note, channel, values, number } = self.of;
        state.word(note);
        let is_steady = self.is_steady();
        state.word(u64::from(channel) | u64::from(self.is_held) << 8 | u64::from(is_steady) << 9);
        state.word(number);
        state.numbers([values.key, values.velocity, values.pressure]);
        state.numbers([values.tuning, values.volume, values.pan]);
        state.word(self.region as u64);
        self.reader.save(state);
        self.volume.save(state);
        self.modulation.save(state);
        for oscillator in [self.modulation_oscillator, self.vibrato_oscillator] {
            state.word(oscillator.start.cast_unsigned());
            state.number(oscillator.cycles);
        }
        self.sound.save(state);
        state.word(self.seen_moves);
        self.filter.save(state);
        self.gains.save(state);
        state.numbers([f64::from(self.line.base), f64::from(self.line.slope)]);
        state.word(self.line_end.cast_unsigned());
        state.number(self.line_to);
    }

    /// Reads what [`Self::save`] wrote.
    #[allow(clippy::cast_possible_truncation)] // The line was of f32.
    pub(super) fn restore(
        state: &mut StateReader<'_>,
        font: &SoundFont,
    ) -> Result<Self, StateError> {
        let (note, flags, number) = (state.word()?, state.word()?, state.word()?);
        let channel = u8::try_from(flags & 0xf).map_err(|_| StateError)?;
        let values = NoteValues {
            key: state.number()?,
            velocity: state.number()?,
            pressure: state.number()?,
            tuning: state.number()?,
            volume: state.number()?,
            pan: state.number()?,
        };
        let region = usize::try_from(state.word()?).map_err(|_| StateError)?;
        let found = font.regions().get(region).ok_or(StateError)?;
        let mut voice = Self {
            start: i64::MIN,
            of: VoiceNote { note, channel, values, number },
            region,
            reader: Reader::restore(state, found)?,
            volume: Envelope::restore(state)?,
            modulation: Envelope::restore(state)?,
            is_held: flags >> 8 & 1 == 1,
            ..Self::default()
        };
        if voice.volume.is_released() {
            voice.reader.release();
        }
        for oscillator in [&mut voice.modulation_oscillator, &mut voice.vibrato_oscillator] {
            oscillator.start = state.word()?.cast_signed();
            oscillator.cycles = state.number()?;
        }
        voice.sound = Sound::restore(state)?;
        voice.seen_moves = state.word()?;
        // Where only one of them was steady, the next cell finds it out again.
        let is_steady = flags >> 9 & 1 == 1;
        voice.filter = Reached::restore(state, is_steady)?;
        voice.gains = Reached::restore(state, is_steady)?;
        voice.line = Line { base: state.number()? as f32, slope: state.number()? as f32 };
        voice.line_end = state.word()?.cast_signed();
        voice.line_to = state.number()?;
        Ok(voice)
    }
}

/// The start of the cell of the grid that `now` lies in.
fn cell_of(now: i64) -> i64 {
    now.div_euclid(CONTROL_GRID_FRAMES) * CONTROL_GRID_FRAMES
}
