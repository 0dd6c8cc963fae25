//! The player of one instance: its channels, its voices and who gets which.

use std::ops::Range;
use std::sync::Arc;

use super::channel::Channel;
use super::cutoff::Filters;
use super::lanes::{Group, MAX_WIDTH, Mix, Read, Sums, Total};
use super::places::{PlaceGroup, Places};
use super::reader::{EMPTY_WINDOW, LANES, Window};
use super::sound::NoteValues;
use super::voice::{Surroundings, Voice, VoiceNote};
use crate::dsp::controllers::{ALL_NOTES_OFF, ALL_SOUND_OFF, RESET_CONTROLLERS, SUSTAIN_PEDAL};
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

/// Groups that are mixed at a time.
const PAIR: usize = 2;

/// Left, right, reverb, chorus, by frame.
pub(super) type Outputs = [[f32; CELL]; 4];

/// The player of one instance.
pub(super) struct Player {
    font: Arc<SoundFont>,
    settings: Settings,
    filters: Filters,
    channels: Vec<Channel>,
    places: Places,
    /// Notes started so far.
    started: u64,
    /// Working memory.
    read: Box<[Read; PAIR]>,
    window: Box<Window>,
    sums: Box<Sums>,
}

impl Player {
    /// A player at rest.
    pub(super) fn new(font: Arc<SoundFont>, settings: Settings) -> Self {
        Self {
            font,
            settings,
            filters: Filters::new(settings.rate_hz),
            channels: vec![Channel::default(); CHANNELS],
            places: Places::new(VOICES),
            started: 0,
            read: Box::new([[[0.0; CELL]; LANES]; PAIR]),
            window: Box::new(EMPTY_WINDOW),
            sums: Box::new([[[0.0; LANES]; CELL]; 4]),
        }
    }

    /// Back to rest.
    pub(super) fn reset(&mut self) {
        self.channels.fill(Channel::default());
        self.places.reset();
        self.started = 0;
    }

    /// True where nothing sounds.
    pub(super) fn rests(&self) -> bool {
        self.places.voices().next().is_none()
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
        let enters = now.rem_euclid(CONTROL_GRID_FRAMES) == 0;
        let first = usize::try_from(now.rem_euclid(CONTROL_GRID_FRAMES)).unwrap_or(0);
        let cell = first..first + to.len();
        let sends = self.settings.sends;
        let count = if sends { 4 } else { 2 };
        for sums in &mut self.sums[..count] {
            sums[cell.clone()].as_flattened_mut().fill(0.0);
        }
        let Self { font, settings, filters, channels, places, .. } = self;
        let mut groups = places.groups().filter_map(|group| {
            if enters {
                enter_cell(group, now, (font, filters, channels), settings.rate_hz);
            }
            (!group.is_silent()).then_some(group)
        });
        let mut read = |group: &mut PlaceGroup, read: &mut Read| {
            for (lane, out) in read.iter_mut().enumerate() {
                let out = &mut out[cell.clone()];
                if group.sounds(lane) {
                    let with = (level, &mut *self.window);
                    group.voices[lane].read(font.data(), now, (first, out), with);
                } else {
                    out.fill(0.0);
                }
            }
        };
        while let Some(group) = groups.next() {
            read(group, &mut self.read[0]);
            let (frames, sums) = (cell.clone(), &mut *self.sums);
            if let Some(next) = groups.next() {
                read(next, &mut self.read[1]);
                // Two at a time: each waits for itself, not for the other.
                let groups = [&mut group.lanes, &mut next.lanes];
                dispatch(level, MAX_WIDTH, Mix { groups, read: &self.read, frames, sends, sums });
            } else {
                let (groups, read) = ([&mut group.lanes], std::array::from_ref(&self.read[0]));
                dispatch(level, MAX_WIDTH, Mix { groups, read, frames, sends, sums });
            }
        }
        for (out, sums) in out.iter_mut().zip(&self.sums[..count]) {
            let total = Total { sums, frames: cell.clone(), out: &mut out[to.clone()] };
            dispatch(level, MAX_WIDTH, total);
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
                for voice in self.places.voices_mut().filter(|voice| voice.of.note == note) {
                    if holds {
                        voice.is_held = true;
                    } else {
                        voice.release(now);
                    }
                }
            }
            EventKind::Expression { note, kind, value, .. } => {
                let Self { font, channels, settings, filters, places, .. } = self;
                let mut express = |voice: &mut Voice, lane: (&mut Group, usize)| {
                    if voice.of.note == note {
                        let channel = &channels[usize::from(voice.of.channel)];
                        let around =
                            Surroundings { font, channel, filters, rate_hz: settings.rate_hz };
                        voice.express((kind, value), now, &around, lane);
                    }
                    true
                };
                places.groups().for_each(|group| group.retain(&mut express));
            }
            EventKind::Controller { channel, target, value } => {
                self.control(channel & 0xf, target, value, now);
            }
            EventKind::Exclusive(_) => {}
        }
    }

    fn control(&mut self, channel: u8, target: ControllerTarget, value: f64, now: i64) {
        let state = &mut self.channels[usize::from(channel)];
        state.set(target, value);
        let ControllerTarget::Controller(number) = target else { return };
        let holds = state.holds();
        let rate_hz = self.settings.rate_hz;
        let of = self.places.voices_mut().filter(|voice| voice.of.channel == channel);
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
        let (font, filters) = (&self.font, &self.filters);
        let around = Surroundings { font, channel, filters, rate_hz };
        if let Some((voice, lane)) = self.places.take(place) {
            voice.start(what, now, &around, lane);
        }
    }

    /// Cuts the voices of other notes of the channel that are of a class, where it is one.
    fn cut_class(&mut self, class: i16, of: &VoiceNote, now: i64) {
        if class == 0 {
            return;
        }
        let (font, rate_hz) = (&self.font, self.settings.rate_hz);
        let others = self
            .places
            .voices_mut()
            .filter(|voice| voice.of.channel == of.channel && voice.of.number != of.number);
        let same = others.filter(|voice| voice.class(font) == class);
        same.for_each(|voice| voice.cut(now, rate_hz));
    }

    /// The first place in which nothing sounds; else that of the voice to be ended for another: of
    /// those that are released the one whose note started first, else of all.
    fn place(&self) -> usize {
        self.places.free().unwrap_or_else(|| {
            let age = |voice: &Voice| (!voice.is_released(), voice.of.number);
            let voices = self.places.voices().map(|(place, voice)| (age(voice), place));
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
        state.word(self.places.voices().count() as u64);
        for (place, voice) in self.places.voices() {
            state.word(place as u64);
            voice.save(state);
            if let Some((group, lane)) = self.places.lane(place) {
                group.save(lane, state);
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
            let (voice, (group, lane)) = self.places.take(place).ok_or(StateError)?;
            *voice = Voice::restore(state, &self.font)?;
            group.restore(lane, state)?;
        }
        Ok(())
    }
}

/// Enters the cell of the grid that starts at `now`: lets go of voices that have ended, moves the
/// others.
fn enter_cell(
    group: &mut PlaceGroup,
    now: i64,
    (font, filters, channels): (&SoundFont, &Filters, &[Channel]),
    rate_hz: f64,
) {
    group.retain(|voice, lane| {
        if voice.has_ended(now) {
            return false;
        }
        let channel = &channels[usize::from(voice.of.channel)];
        // What starts here has set out from where it is already.
        if voice.start != now {
            voice.enter_cell(now, &Surroundings { font, channel, filters, rate_hz }, lane);
        }
        true
    });
}

const CLASS: usize = crate::soundfont::generators::EXCLUSIVE_CLASS;
