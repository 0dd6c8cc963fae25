//! The player of one instance: which regions a note starts and ends, and which voice gives way.

use std::ops::Range;
use std::sync::Arc;

use super::channel::Channel;
use super::filter::Filter;
use super::held::{HeldNote, HeldNotes};
use super::pressed::Pressed;
use super::reader::Frames;
use super::voice::{Part, Play, Voice, VoiceNote, note_gain};
use crate::dsp::controllers::{ALL_NOTES_OFF, ALL_SOUND_OFF, RESET_CONTROLLERS, SUSTAIN_PEDAL};
use crate::dsp::runs::{CELL, events_of};
use crate::math::random::Random;
use crate::process::{CONTROL_GRID_FRAMES, Event, EventKind, StateError, StateReader, StateWriter};
use crate::sampler::{OUTPUTS, Region, Sample, SampledInstrument, Trigger};
use crate::session::ControllerTarget;
use crate::simd::{SimdLevel, dispatch};

/// Places in which voices that give way may fade, besides those that sound.
const FADING: usize = 32;

/// Channels of a MIDI stream.
const CHANNELS: usize = 16;

/// Widest vector of a kernel.
const MAX_WIDTH: usize = 4;

/// What an instance is set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) rate_hz: f64,
    /// Most voices that sound at a time.
    pub(super) voices: usize,
    /// All regions go to the main output, whatever they say.
    pub(super) is_folded: bool,
    pub(super) random: Random,
}

/// The sums of each output.
type Sums = [Frames; OUTPUTS];

/// The player of one instance.
pub(super) struct Player {
    sampled: Arc<SampledInstrument>,
    /// By region; `None` for silence.
    parts: Arc<[Option<Part>]>,
    settings: Settings,
    channels: Vec<Channel>,
    /// By channel.
    pressed: Vec<Pressed>,
    /// By place; `None` where nothing sounds.
    voices: Vec<Option<Voice>>,
    held: HeldNotes,
    /// How many notes each region was meant by, as far as it plays in turn with others.
    turns: Vec<u32>,
    /// Starts so far.
    started: u64,
    /// Working memory.
    read: Box<Frames>,
    levels: Box<[f32; CELL]>,
    sums: Box<Sums>,
    /// Outputs in whose sums something is.
    pub(super) is_heard: [bool; OUTPUTS],
}

/// What starts regions.
#[derive(Clone, Copy)]
struct Start {
    note: u64,
    channel: u8,
    key: u8,
    /// 0 to 127.
    velocity: f64,
    /// How long the note was held that a release follows.
    held_seconds: f64,
    random: f64,
}

impl Player {
    /// A player at rest.
    pub(super) fn new(
        sampled: &Arc<SampledInstrument>,
        parts: &Arc<[Option<Part>]>,
        settings: Settings,
    ) -> Self {
        Self {
            sampled: Arc::clone(sampled),
            parts: Arc::clone(parts),
            settings,
            channels: vec![Channel::default(); CHANNELS],
            pressed: vec![Pressed::default(); CHANNELS],
            voices: vec![None; settings.voices + FADING],
            held: HeldNotes::new(),
            turns: vec![0; parts.len()],
            started: 0,
            read: Box::new([[0.0; CELL]; 2]),
            levels: Box::new([0.0; CELL]),
            sums: Box::new([[[0.0; CELL]; 2]; OUTPUTS]),
            is_heard: [false; OUTPUTS],
        }
    }

    /// Back to rest.
    pub(super) fn reset(&mut self) {
        self.channels.fill(Channel::default());
        self.pressed.fill(Pressed::default());
        self.voices.fill(None);
        self.held.clear();
        self.turns.fill(0);
        self.started = 0;
    }

    /// True where nothing sounds.
    pub(super) fn rests(&self) -> bool {
        self.voices.iter().all(Option::is_none)
    }

    /// Plays from node time `time` on, which lies in one cell of the grid with all of `frames`
    /// frames, each event at its sample. The sums of outputs that `is_routed` are then those of
    /// these frames, at their places in the cell.
    pub(super) fn play(
        &mut self,
        events: &[Event],
        (time, frames): (i64, usize),
        is_routed: &[bool; OUTPUTS],
        level: SimdLevel,
    ) {
        for (sums, is_heard) in self.sums.iter_mut().zip(&mut self.is_heard) {
            if std::mem::take(is_heard) {
                *sums = [[0.0; CELL]; 2];
            }
        }
        let end = time.saturating_add_unsigned(frames as u64);
        let mut now = time;
        for event in events_of(events, time, frames) {
            self.sound(now..event.at.0, is_routed, level);
            now = event.at.0;
            self.take(event);
        }
        self.sound(now..end, is_routed, level);
    }

    /// Left and right of an output in frames of the cell that was played last.
    pub(super) fn sum_of(&self, output: usize, cell: Range<usize>, into: &mut [(f64, f64)]) {
        let [left, right] = &self.sums[output];
        let frames = left[cell.clone()].iter().zip(&right[cell]);
        for (into, (left, right)) in into.iter_mut().zip(frames) {
            *into = ((*left).into(), (*right).into());
        }
    }

    /// Adds what sounds in frames without an event to the sums.
    fn sound(&mut self, times: Range<i64>, is_routed: &[bool; OUTPUTS], level: SimdLevel) {
        let frames = usize::try_from(times.end - times.start).unwrap_or(0);
        if frames == 0 {
            return;
        }
        let first = usize::try_from(times.start.rem_euclid(CONTROL_GRID_FRAMES)).unwrap_or(0);
        for slot in &mut self.voices {
            let Some(voice) = slot else { continue };
            let Some((part, sample)) = heard(&self.parts, &self.sampled, voice.part) else {
                continue;
            };
            if first == 0 {
                voice.enter_cell(part, &self.channels[usize::from(voice.of.channel)]);
            }
            let output = if self.settings.is_folded { 0 } else { usize::from(part.region.output) };
            let sums = self.sums.get_mut(output).filter(|_| is_routed[output]);
            self.is_heard[output] |= sums.is_some();
            let (read, levels) = (&mut *self.read, &mut *self.levels);
            let frames = first..first + frames;
            let play = Play { voice: &mut *voice, part, sample, frames, sums, read, levels };
            dispatch(level, MAX_WIDTH, play);
            if voice.has_ended() {
                *slot = None;
            }
        }
    }

    fn take(&mut self, event: &Event) {
        let now = event.at.0;
        match event.kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                let channel = channel & 0xf;
                self.note_on(HeldNote::new(note, (channel, key), velocity, now));
            }
            EventKind::NoteOff { note, channel, .. } => self.note_off(note, channel & 0xf, now),
            EventKind::Expression { note, kind, value, .. } => {
                let voices = self.voices.iter_mut().flatten();
                for voice in voices.filter(|voice| voice.of.note == note) {
                    let channel = &self.channels[usize::from(voice.of.channel)];
                    if let Some(part) = part_of(&self.parts, voice.part) {
                        voice.express((kind, value), part, channel);
                    }
                }
            }
            EventKind::Controller { channel, target, value } => {
                self.control(channel & 0xf, target, value, now);
            }
            EventKind::Exclusive(_) => {}
        }
    }

    fn note_on(&mut self, held: HeldNote) {
        let is_first = !self.held.any_of(held.channel);
        // A key may choose what it plays itself.
        self.pressed[usize::from(held.channel)].press(held.key);
        self.held.push(held);
        let start = self.start_of(&held, 0.0, held.since);
        let has_started = self.start(start, |region| match region.trigger {
            Trigger::Attack => true,
            Trigger::First => is_first,
            Trigger::Legato => !is_first,
            Trigger::Release | Trigger::ReleaseKey => false,
        });
        self.held.set_started(has_started);
    }

    fn note_off(&mut self, note: u64, channel: u8, now: i64) {
        let holds = self.channels[usize::from(channel)].holds();
        let parts = &self.parts;
        let is_spent = !lives(&self.voices, parts, note);
        let voices = self.voices.iter_mut().flatten().filter(|voice| voice.of.note == note);
        for voice in voices {
            let Some(part) = part_of(parts, voice.part) else { continue };
            if holds {
                voice.is_held = true;
            } else {
                voice.release(part);
            }
        }
        let Some(held) = self.held.let_go(note, holds) else { return };
        let held = HeldNote { is_spent, ..held };
        self.start_release(&held, now, |trigger| {
            trigger == Trigger::ReleaseKey || (trigger == Trigger::Release && !holds)
        });
    }

    /// The pedal of a channel comes up.
    fn lift(&mut self, channel: u8, now: i64) {
        let parts = &self.parts;
        for held in self.held.up_of(channel) {
            held.is_spent = !lives(&self.voices, parts, held.note);
        }
        let voices = self.voices.iter_mut().flatten();
        for voice in voices.filter(|voice| voice.of.channel == channel && voice.is_held) {
            if let Some(part) = part_of(parts, voice.part) {
                voice.release(part);
                voice.is_held = false;
            }
        }
        while let Some(held) = self.held.take_up(channel) {
            self.start_release(&held, now, |trigger| trigger == Trigger::Release);
        }
    }

    fn control(&mut self, channel: u8, target: ControllerTarget, value: f64, now: i64) {
        let state = &mut self.channels[usize::from(channel)];
        state.set(target, value);
        let ControllerTarget::Controller(number) = target else { return };
        match number {
            SUSTAIN_PEDAL | RESET_CONTROLLERS if !state.holds() => self.lift(channel, now),
            ALL_SOUND_OFF => {
                let (parts, rate_hz) = (&self.parts, self.settings.rate_hz);
                let voices = self.voices.iter_mut().flatten();
                for voice in voices.filter(|voice| voice.of.channel == channel) {
                    if let Some(part) = part_of(parts, voice.part) {
                        voice.fade(part, rate_hz);
                    }
                }
                self.held.forget(channel);
            }
            ALL_NOTES_OFF.. => {
                while let Some(note) = self.held.down_of(channel) {
                    self.note_off(note, channel, now);
                }
            }
            _ => {}
        }
    }

    /// What starts with a note, its random number drawn.
    fn start_of(&self, held: &HeldNote, held_seconds: f64, now: i64) -> Start {
        // Notes of clips that come round again have their number again, at another time.
        let position = held.note.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add_signed(now);
        Start {
            note: held.note,
            channel: held.channel,
            key: held.key,
            velocity: held.velocity * 127.0,
            held_seconds,
            random: self.settings.random.unit(position),
        }
    }

    fn start_release(&mut self, held: &HeldNote, now: i64, wants: impl Fn(Trigger) -> bool) {
        let held_seconds = now.saturating_sub(held.since) as f64 / self.settings.rate_hz;
        let start = self.start_of(held, held_seconds, now);
        let is_spent = held.has_started && held.is_spent;
        self.start(start, |region| {
            // What follows a key does so whatever it started.
            let follows = !is_spent || region.rt_dead || region.trigger == Trigger::ReleaseKey;
            wants(region.trigger) && follows
        });
    }

    /// Starts the regions that a note means and that are wanted; true where one sounds.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Of seven bits.
    fn start(&mut self, start: Start, wants: impl Fn(&Region) -> bool) -> bool {
        let layer = start.velocity.round().clamp(1.0, 127.0) as u8;
        self.started += 1;
        // More would only take each other's places.
        let mut left = self.settings.voices;
        let sampled = Arc::clone(&self.sampled);
        for (number, region) in sampled.instrument().regions().iter().enumerate() {
            let is_meant = region.plays(start.key, layer, start.channel + 1)
                && wants(region)
                && region.is_drawn(start.random)
                && self.is_switched(region, start.channel);
            if !is_meant || !self.is_in_turn(number, region) || left == 0 {
                continue;
            }
            self.turn_off_others(region);
            if region.sample.is_some() {
                self.start_voice(number, region, &start);
                left -= 1;
            }
        }
        left < self.settings.voices
    }

    /// True where the keys that were pressed on a channel are those that a region asks for.
    fn is_switched(&self, region: &Region, channel: u8) -> bool {
        let (switches, pressed) = (&region.switches, &self.pressed[usize::from(channel)]);
        let is_last = |last| pressed.last_of(switches.choosing).or(switches.default) == Some(last);
        switches.last.is_none_or(is_last)
            && switches.previous.is_none_or(|key| pressed.before() == Some(key))
            && switches.down.is_none_or(|key| self.held.is_down(channel, key))
            && switches.up.is_none_or(|key| !self.held.is_down(channel, key))
    }

    /// Counts a note that means a region; true where it is the region's turn.
    fn is_in_turn(&mut self, number: usize, region: &Region) -> bool {
        if region.seq_length < 2 {
            return true;
        }
        let Some(turn) = self.turns.get_mut(number) else { return false };
        let is_in_turn = *turn + 1 == region.seq_position;
        *turn = (*turn + 1) % region.seq_length;
        is_in_turn
    }

    /// Ends voices of earlier starts that a region's group ends.
    fn turn_off_others(&mut self, region: &Region) {
        if region.group == 0 {
            return;
        }
        let voices = self.voices.iter_mut().flatten();
        for voice in voices.filter(|voice| voice.of.start != self.started) {
            let part = part_of(&self.parts, voice.part);
            if let Some(part) = part.filter(|part| part.region.off_by == region.group) {
                voice.turn_off(part, self.settings.rate_hz);
            }
        }
    }

    fn start_voice(&mut self, number: usize, region: &Region, start: &Start) {
        let place = self.place();
        let Some(part) = part_of(&self.parts, number) else { return };
        let gain = note_gain(region, start.velocity, start.held_seconds);
        let (note, channel, key) = (start.note, start.channel, start.key);
        let of = VoiceNote { note, start: self.started, channel, key, gain };
        let filter = Filter::of(region, key, start.velocity, self.settings.rate_hz);
        let channel = &self.channels[usize::from(channel)];
        self.voices[place] = Some(Voice::new(number, part, (of, filter), channel));
    }

    /// A free place. Where as many sound as may, the one that started first among those that are
    /// released, else among all, fades; where all places for fading are taken, the one that is
    /// nearest to its end is cut.
    fn place(&mut self) -> usize {
        let sounding = self.voices.iter().flatten().filter(|voice| voice.is_full()).count();
        if sounding >= self.settings.voices {
            let voices = self.voices.iter_mut().flatten().filter(|voice| voice.is_full());
            let first = voices.min_by_key(|voice| (!voice.is_released, voice.of.start));
            if let Some(voice) = first
                && let Some(part) = part_of(&self.parts, voice.part)
            {
                voice.fade(part, self.settings.rate_hz);
            }
        }
        let left = |voice: &Option<Voice>| voice.as_ref().map_or(0, Voice::frames_left);
        let places = self.voices.iter().enumerate();
        places.min_by_key(|(_, voice)| left(voice)).map_or(0, |(place, _)| place)
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.started);
        self.channels.iter().for_each(|channel| channel.save(state));
        self.pressed.iter().for_each(|pressed| pressed.save(state));
        self.held.save(state);
        let turns = self.turns.iter().enumerate().filter(|(_, turn)| **turn > 0);
        state.word(turns.clone().count() as u64);
        for (number, turn) in turns {
            state.word(number as u64);
            state.word((*turn).into());
        }
        state.word(self.voices.iter().flatten().count() as u64);
        for (place, voice) in self.voices.iter().enumerate() {
            if let Some(voice) = voice {
                state.word(place as u64);
                voice.save(state);
            }
        }
    }

    /// Restores what [`Self::save`] wrote; what is there after a failure means nothing.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.reset();
        self.started = state.word()?;
        for channel in &mut self.channels {
            *channel = Channel::restore(state)?;
        }
        for pressed in &mut self.pressed {
            *pressed = Pressed::restore(state)?;
        }
        self.held.restore(state)?;
        for _ in 0..state.word()? {
            let number = usize::try_from(state.word()?).map_err(|_| StateError)?;
            let region = self.sampled.instrument().regions().get(number).ok_or(StateError)?;
            let turn = u32::try_from(state.word()?).map_err(|_| StateError)?;
            if turn >= region.seq_length {
                return Err(StateError);
            }
            self.turns[number] = turn;
        }
        for _ in 0..state.word()? {
            let place = usize::try_from(state.word()?).map_err(|_| StateError)?;
            let slot = self.voices.get_mut(place).ok_or(StateError)?;
            *slot = Some(Voice::restore(state, |number| part_of(&self.parts, number))?);
        }
        Ok(())
    }
}

/// True where something that a note has started still sounds, and does not give way to others.
fn lives(voices: &[Option<Voice>], parts: &[Option<Part>], note: u64) -> bool {
    let mut voices = voices.iter().flatten();
    voices.any(|voice| {
        let is_release = part_of(parts, voice.part).is_some_and(|part| part.region.is_release());
        voice.of.note == note && voice.is_full() && !is_release
    })
}

fn part_of(parts: &[Option<Part>], number: usize) -> Option<&Part> {
    parts.get(number)?.as_ref()
}

/// The part with a number, and its sample.
fn heard<'a>(
    parts: &'a [Option<Part>],
    sampled: &'a SampledInstrument,
    number: usize,
) -> Option<(&'a Part, &'a Sample)> {
    let part = part_of(parts, number)?;
    Some((part, sampled.samples().get(part.region.sample?)?))
}
