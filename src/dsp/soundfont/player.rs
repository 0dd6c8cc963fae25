//! The player of one instance: its channels, its voices and who gets which.

use std::ops::Range;
use std::sync::Arc;

use super::channel::{ALL_NOTES_OFF, ALL_SOUND_OFF, Channel, RESET_CONTROLLERS, SUSTAIN_PEDAL};
use super::lanes::{Group, Mix, Sums, total};
use super::reader::LANES;
use super::sound::NoteValues;
use super::voice::{Surroundings, Voice, VoiceNote};
use crate::dsp::runs::{CELL, events_of};
use crate::process::{CONTROL_GRID_FRAMES, Event, EventKind, StateError, StateReader, StateWriter};
use crate::session::ControllerTarget;
use crate::simd::{SimdLevel, dispatch};
use crate::soundfont::SoundFont;

/// Voices that sound at a time.
pub(super) const VOICES: usize = 256;

/// Channels of a MIDI stream.
const CHANNELS: usize = 16;

/// The channel of percussion, counted from 0.
const PERCUSSION_CHANNEL: usize = 9;

/// The bank of percussion.
const PERCUSSION_BANK: u16 = 128;

/// Widest vector of a kernel: one of f64 whose f32 sibling has all lanes of a group.
const MAX_WIDTH: usize = LANES / 2;

/// What an instance is set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) rate_hz: f64,
    /// Used until a channel chooses others.
    pub(super) bank: u16,
    pub(super) program: u16,
    /// Reverb and chorus are wanted.
    pub(super) sends: bool,
}

/// Left, right, reverb, chorus, by frame.
pub(super) type Outputs = [[f32; CELL]; 4];

/// The player of one instance.
pub(super) struct Player {
    font: Arc<SoundFont>,
    settings: Settings,
    channels: Vec<Channel>,
    /// By place; `None` where nothing sounds. Place `p` is lane `p % 8` of group `p / 8`.
    voices: Vec<Option<Voice>>,
    groups: Vec<Group>,
    /// Notes started so far.
    started: u64,
    /// Working memory.
    read: Box<[[f32; LANES]; CELL]>,
    sums: Box<Sums>,
}

impl Player {
    /// A player at rest.
    pub(super) fn new(font: Arc<SoundFont>, settings: Settings) -> Self {
        Self {
            font,
            settings,
            channels: vec![Channel::default(); CHANNELS],
            voices: vec![None; VOICES],
            groups: vec![Group::default(); VOICES / LANES],
            started: 0,
            read: Box::new([[0.0; LANES]; CELL]),
            sums: Box::new([[[0.0; LANES]; CELL]; 4]),
        }
    }

    /// Back to rest.
    pub(super) fn reset(&mut self) {
        self.channels.fill(Channel::default());
        self.voices.fill(None);
        self.groups.fill(Group::default());
        self.started = 0;
    }

    /// True where nothing sounds.
    pub(super) fn rests(&self) -> bool {
        self.voices.iter().all(Option::is_none)
    }

    /// Plays from node time `time` on, which lies in one cell of the grid with all of `frames`
    /// frames, each event at its sample. Writes to the first frames of `out`.
    pub(super) fn play(
        &mut self,
        events: &[Event],
        (time, frames): (i64, usize),
        level: SimdLevel,
        out: &mut Outputs,
    ) {
        let mut now = time;
        let frame_of = |at: i64| usize::try_from(at - time).unwrap_or(0);
        for event in events_of(events, time, frames) {
            self.sound(now, frame_of(now)..frame_of(event.at.0), level, out);
            now = event.at.0;
            self.take(event);
        }
        self.sound(now, frame_of(now)..frames, level, out);
    }

    /// Writes what sounds from `now` on, with no event in between, to the frames `to` of `out`.
    fn sound(&mut self, now: i64, to: Range<usize>, level: SimdLevel, out: &mut Outputs) {
        if to.is_empty() {
            return;
        }
        if now.rem_euclid(CONTROL_GRID_FRAMES) == 0 {
            self.enter_cell(now);
        }
        let first = usize::try_from(now.rem_euclid(CONTROL_GRID_FRAMES)).unwrap_or(0);
        let cell = first..first + to.len();
        let sends = self.settings.sends;
        let count = if sends { 4 } else { 2 };
        for sums in &mut self.sums[..count] {
            sums[cell.clone()].fill([0.0; LANES]);
        }
        let groups = self.groups.iter_mut().zip(self.voices.chunks_mut(LANES));
        for (group, voices) in groups {
            if voices.iter().all(Option::is_none) {
                continue;
            }
            let rows = &mut self.read[cell.clone()];
            rows.fill([0.0; LANES]);
            for (lane, voice) in voices.iter_mut().enumerate() {
                if let Some(voice) = voice {
                    let rows = rows.as_flattened_mut();
                    voice.read(&self.font, now, (first, &mut rows[lane..]));
                }
            }
            let (read, sums) = (&*self.read, &mut *self.sums);
            let mix = Mix { group, read, frames: cell.clone(), sends, sums };
            dispatch(level, MAX_WIDTH, mix);
        }
        for (out, sums) in out.iter_mut().zip(&self.sums[..count]) {
            for (sample, lanes) in out[to.clone()].iter_mut().zip(&sums[cell.clone()]) {
                *sample = total(lanes);
            }
        }
    }

    /// Enters a cell of the grid: lets go of voices that have ended, moves the others.
    fn enter_cell(&mut self, now: i64) {
        for (place, slot) in self.voices.iter_mut().enumerate() {
            let Some(voice) = slot else { continue };
            let (group, lane) = (&mut self.groups[place / LANES], place % LANES);
            if voice.has_ended(now) {
                *slot = None;
                group.clear(lane);
                continue;
            }
            let channel = &self.channels[usize::from(voice.of.channel)];
            let rate_hz = self.settings.rate_hz;
            let around = Surroundings { font: &self.font, channel, rate_hz };
            // What starts here has set out from where it is already.
            if voice.start != now {
                voice.enter_cell(now, &around, (group, lane));
            }
        }
    }

    fn take(&mut self, event: &Event) {
        let now = event.at.0;
        match event.kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                self.start((note, channel), (key, velocity), now);
            }
            EventKind::NoteOff { note, channel, .. } => {
                let holds = self.channels[usize::from(channel & 0xf)].holds();
                for voice in self.voices.iter_mut().flatten().filter(|v| v.of.note == note) {
                    if holds {
                        voice.is_held = true;
                    } else {
                        voice.release(now);
                    }
                }
            }
            EventKind::Expression { note, kind, value, .. } => {
                let rate_hz = self.settings.rate_hz;
                for (place, voice) in self.voices.iter_mut().enumerate() {
                    let Some(voice) = voice.as_mut().filter(|v| v.of.note == note) else {
                        continue;
                    };
                    let channel = &self.channels[usize::from(voice.of.channel)];
                    let around = Surroundings { font: &self.font, channel, rate_hz };
                    let lane = (&mut self.groups[place / LANES], place % LANES);
                    voice.express((kind, value), now, &around, lane);
                }
            }
            EventKind::Controller { channel, target, value } => {
                self.control(channel & 0xf, target, value, now);
            }
        }
    }

    fn control(&mut self, channel: u8, target: ControllerTarget, value: f64, now: i64) {
        let state = &mut self.channels[usize::from(channel)];
        state.set(target, value);
        let ControllerTarget::Controller(number) = target else { return };
        let holds = state.holds();
        let rate_hz = self.settings.rate_hz;
        let of = self.voices.iter_mut().flatten().filter(|voice| voice.of.channel == channel);
        match number {
            SUSTAIN_PEDAL | RESET_CONTROLLERS if !holds => {
                of.filter(|voice| voice.is_held).for_each(|voice| voice.release(now));
            }
            ALL_SOUND_OFF => of.for_each(|voice| voice.cut(now, rate_hz)),
            ALL_NOTES_OFF.. => of.for_each(|voice| {
                if holds {
                    voice.is_held = true;
                } else {
                    voice.release(now);
                }
            }),
            _ => {}
        }
    }

    /// Starts all regions of the channel's preset that play the note.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Of seven bits.
    fn start(&mut self, (note, channel): (u64, u8), (key, velocity): (u8, f64), now: i64) {
        let channel = channel & 0xf;
        let velocity = velocity * 127.0;
        let layer = velocity.round().clamp(1.0, 127.0) as u8;
        let font = Arc::clone(&self.font);
        let Some(preset) = self.preset(usize::from(channel)).and_then(|p| font.presets().get(p))
        else {
            return;
        };
        let values =
            NoteValues { key: f64::from(key), velocity, volume: 1.0, ..NoteValues::default() };
        self.started += 1;
        let of = VoiceNote { note, channel, values, number: self.started };
        let regions = font.regions().get(preset.regions.clone()).unwrap_or_default();
        let played = (preset.regions.start..).zip(regions);
        let played = played.filter(|(_, region)| region.plays(key, layer));
        // More than sound at once would only take each other's places.
        for (index, region) in played.take(VOICES) {
            self.cut_class(region.generators.get(CLASS), &of, now);
            self.start_voice((index, of), now);
        }
    }

    fn start_voice(&mut self, what: (usize, VoiceNote), now: i64) {
        let place = self.place();
        let channel = &self.channels[usize::from(what.1.channel)];
        let rate_hz = self.settings.rate_hz;
        let around = Surroundings { font: &self.font, channel, rate_hz };
        let group = &mut self.groups[place / LANES];
        let voice = self.voices[place].get_or_insert_default();
        voice.start(what, now, &around, (group, place % LANES));
    }

    /// Cuts the voices of other notes of the channel that are of a class, where it is one.
    fn cut_class(&mut self, class: i16, of: &VoiceNote, now: i64) {
        if class == 0 {
            return;
        }
        let (font, rate_hz) = (&self.font, self.settings.rate_hz);
        let others = self
            .voices
            .iter_mut()
            .flatten()
            .filter(|voice| voice.of.channel == of.channel && voice.of.number != of.number);
        let same = others.filter(|voice| voice.class(font) == class);
        same.for_each(|voice| voice.cut(now, rate_hz));
    }

    /// The first place in which nothing sounds; else that of the voice to be ended for another: of
    /// those that are released the one whose note started first, else of all.
    fn place(&self) -> usize {
        let free = self.voices.iter().position(Option::is_none);
        free.unwrap_or_else(|| {
            let age = |voice: &Voice| (!voice.is_released(), voice.of.number);
            let voices = self.voices.iter().enumerate();
            let voices = voices.filter_map(|(place, v)| v.as_ref().map(|v| (age(v), place)));
            voices.min().map_or(0, |(_, place)| place)
        })
    }

    /// The preset a channel plays. Channel 10 plays percussion. Where there is no such preset:
    /// program 0 of percussion, or the same program of bank 0; else the first of all presets.
    fn preset(&self, channel: usize) -> Option<usize> {
        let chosen = &self.channels[channel];
        let program = chosen.program.unwrap_or(self.settings.program);
        let bank = match channel {
            PERCUSSION_CHANNEL => PERCUSSION_BANK,
            _ => chosen.bank.unwrap_or(self.settings.bank),
        };
        let instead = if bank == PERCUSSION_BANK { (PERCUSSION_BANK, 0) } else { (0, program) };
        let font = &self.font;
        font.preset(bank, program).or_else(|| font.preset(instead.0, instead.1)).or(Some(0))
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.started);
        self.channels.iter().for_each(|channel| channel.save(state));
        let sounding = self.voices.iter().flatten().count();
        state.word(sounding as u64);
        for (place, voice) in self.voices.iter().enumerate() {
            if let Some(voice) = voice {
                state.word(place as u64);
                voice.save(state);
                self.groups[place / LANES].save(place % LANES, state);
            }
        }
    }

    /// Restores what [`Self::save`] wrote; what is there after a failure means nothing.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.reset();
        self.started = state.word()?;
        for channel in &mut self.channels {
            channel.restore(state)?;
        }
        for _ in 0..state.word()? {
            let place = usize::try_from(state.word()?).map_err(|_| StateError)?;
            let slot = self.voices.get_mut(place).ok_or(StateError)?;
            *slot = Some(Voice::restore(state, &self.font)?);
            self.groups[place / LANES].restore(place % LANES, state)?;
        }
        Ok(())
    }
}

const CLASS: usize = crate::soundfont::generators::EXCLUSIVE_CLASS;
