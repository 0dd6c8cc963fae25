//! One synthesiser: its voices through time, each event at its sample.

use std::sync::Arc;

use super::CELL;
use super::bank::{Bank, COURSES, PITCH_COURSES, UNISON, VOICES};
use super::channel::{Channel, Request};
use super::envelope::{Contour, Envelope};
use super::held::{Held, HeldKey};
use super::kernel::{Part, Sums};
use super::lfo::Moment;
use super::sound::{Mode, Sound};
use super::targets::Aim;
use super::voice::{Expression, Fresh, Stage, Voice};
use crate::dsp::runs::events_of;
use crate::math::exp;
use crate::process::{
    CONTROL_GRID_FRAMES, ControlSet, Event, EventKind, InstanceSetup, Prepare, StateError,
    StateReader, StateWriter,
};
use crate::simd::{SimdLevel, dispatch};
use crate::time::{TICKS_PER_QUARTER, TempoMap};

const CHANNELS: usize = 16;
/// What is left of a voice that was taken away falls by a factor of e in this time.
const FADE_SECONDS: f64 = 0.001;

/// The voices of an instance and what they hear.
pub(super) struct Instance {
    sound: Sound,
    controls: ControlSet,
    tempo: Arc<TempoMap>,
    state: State,
    /// Parameter values now, and at the end of the cell that ends at `ends_at`.
    values: Vec<f64>,
    ends: Vec<f64>,
    ends_at: Option<i64>,
    fade: f64,
    /// Where courses end, and where those of new notes start.
    aims: Box<[Aim; 2]>,
    sums: Box<Sums>,
}

/// What is saved.
struct State {
    bank: Box<Bank>,
    active: [bool; VOICES],
    voices: [Voice; VOICES],
    channels: [Channel; CHANNELS],
    held: Held,
    /// The key of the last note, from which the next one glides.
    last_key: Option<u8>,
    notes: u64,
    /// What is left of voices that were taken away, left and right.
    rest: [f64; 2],
    /// When the next stage of any voice ends, once that is known: follows from the voices.
    next_corner: Option<i64>,
    /// Some voice has to start; follows from the voices.
    fresh: bool,
}

impl State {
    fn new() -> Self {
        Self {
            bank: Box::new(Bank::new()),
            active: [false; VOICES],
            voices: [Voice::default(); VOICES],
            channels: [Channel::default(); CHANNELS],
            held: Held::default(),
            last_key: None,
            notes: 0,
            rest: [0.0; 2],
            next_corner: None,
            fresh: false,
        }
    }

    /// As new, in the memory it has.
    fn reset(&mut self) {
        (0..VOICES).for_each(|voice| self.free(voice));
        self.channels = [Channel::default(); CHANNELS];
        self.held = Held::default();
        self.last_key = None;
        self.notes = 0;
        self.rest = [0.0; 2];
    }

    /// When the next stage of any voice ends; the latest of times where none does.
    fn next_corner(&mut self) -> i64 {
        if let Some(known) = self.next_corner {
            return known;
        }
        let voices = self.voices.iter().zip(self.active).filter(|(_, active)| *active);
        let ends = voices.map(|(voice, _)| match voice.stage {
            Stage::Attack { end } | Stage::Release { end } => end,
            Stage::Decay => i64::MAX,
        });
        *self.next_corner.insert(ends.min().unwrap_or(i64::MAX))
    }

    /// A voice's envelope goes on to `stage`.
    fn enter(&mut self, voice: usize, stage: Stage) {
        self.voices[voice].stage = stage;
        self.next_corner = None;
    }

    fn free(&mut self, voice: usize) {
        self.bank.clear(voice);
        self.active[voice] = false;
        self.voices[voice] = Voice::default();
        self.next_corner = None;
    }

    /// Frees a voice that is still heard.
    fn cut(&mut self, voice: usize) {
        for (rest, last) in self.rest.iter_mut().zip(&self.bank.last) {
            *rest += last[voice];
        }
        self.free(voice);
    }
}

/// A note that starts.
#[derive(Clone, Copy)]
struct Start {
    held: HeldKey,
    velocity: f64,
    now: i64,
}

impl Instance {
    pub(super) fn new(setup: &InstanceSetup, prepare: &Prepare<'_>) -> Self {
        let parameters = setup.controls.constants().to_vec();
        Self {
            sound: Sound::new(setup, prepare.rate),
            controls: setup.controls.clone(),
            tempo: Arc::clone(prepare.tempo),
            state: State::new(),
            ends: parameters.clone(),
            values: parameters,
            ends_at: None,
            fade: exp(-1.0 / (FADE_SECONDS * prepare.rate.hz_f64())),
            aims: Box::new([Aim::new(), Aim::new()]),
            sums: Box::new(Sums::new()),
        }
    }

    pub(super) fn reset(&mut self) {
        self.state.reset();
    }

    /// True where nothing sounds.
    pub(super) fn is_silent(&self) -> bool {
        !self.state.active.contains(&true) && self.state.rest == [0.0; 2]
    }

    /// Plays from node time `time` on, into left and right of each frame of `out`, which lie in
    /// one cell of the control grid.
    pub(super) fn play(
        &mut self,
        events: &[Event],
        time: i64,
        level: SimdLevel,
        out: &mut [(f64, f64)],
    ) {
        let end = time.saturating_add_unsigned(out.len() as u64);
        let mut events = events_of(events, time, out.len());
        let (mut now, mut rest) = (time, out);
        while now < end {
            self.pass_corners(now);
            let here = events.partition_point(|event| event.at.0 <= now);
            events[..here].iter().for_each(|event| self.take(event));
            events = &events[here..];
            self.aim(now, level);
            let next = events.first().map_or(end, |event| event.at.0);
            let until = self.state.next_corner().min(next).min(end);
            // At least 1 and at most a cell.
            let frames = usize::try_from(until - now).unwrap_or(1).min(rest.len());
            let (part, after) = rest.split_at_mut(frames);
            self.render(now, level, part);
            (now, rest) = (until, after);
        }
    }

    /// Stages of envelopes that end at `now`.
    fn pass_corners(&mut self, now: i64) {
        if self.state.next_corner() > now {
            return;
        }
        for voice in 0..self.sound.voices {
            match self.state.voices[voice].stage {
                Stage::Attack { end } if self.state.active[voice] && end <= now => {
                    self.decay(voice);
                }
                Stage::Release { end } if end <= now => self.state.free(voice),
                _ => {}
            }
        }
    }

    fn take(&mut self, event: &Event) {
        let now = event.at.0;
        match event.kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                let held = HeldKey { note, channel: channel & 15, key };
                let start = Start { held, velocity, now };
                match self.sound.mode {
                    Mode::Poly => self.start_anywhere(start),
                    Mode::Mono | Mode::Legato => self.start_alone(start),
                }
                self.state.last_key = Some(key);
            }
            EventKind::NoteOff { note, .. } => self.let_go(note, now),
            EventKind::Expression { note, kind, value, .. } => {
                let voices = self.state.voices.iter_mut().zip(self.state.active);
                let its = voices.filter(|(voice, active)| *active && voice.note == note);
                its.for_each(|(voice, _)| voice.express(kind, value));
            }
            EventKind::Controller { channel, target, value } => {
                let channel = channel & 15;
                let request = self.state.channels[usize::from(channel)].take(target, value);
                self.fulfil(channel, request, now);
            }
            EventKind::Exclusive(_) => {}
        }
    }

    fn fulfil(&mut self, channel: u8, request: Request, now: i64) {
        if matches!(request, Request::Release | Request::Silence) {
            self.state.held.remove(|held| held.channel == channel);
        }
        for voice in 0..self.sound.voices {
            let Voice { channel: its, pedalled, .. } = self.state.voices[voice];
            if !self.state.active[voice] || its != channel {
                continue;
            }
            match request {
                Request::LiftPedal if pedalled => self.release(voice, now),
                Request::Release => self.lift(voice, now),
                Request::Silence => self.state.cut(voice),
                Request::LiftPedal | Request::None => {}
            }
        }
    }

    fn let_go(&mut self, note: u64, now: i64) {
        self.state.held.remove(|held| held.note == note);
        let sounding = |voice: &usize| {
            let its = &self.state.voices[*voice];
            self.state.active[*voice] && its.note == note && !its.is_released()
        };
        let Some(voice) = (0..self.sound.voices).find(sounding) else { return };
        match self.state.held.last() {
            Some(before) => self.bend_to(voice, before, now, true),
            None => self.lift(voice, now),
        }
    }

    /// A key goes up: the voice is released, now or with the pedal.
    fn lift(&mut self, voice: usize, now: i64) {
        let its = &mut self.state.voices[voice];
        if its.is_released() {
            return;
        }
        if self.state.channels[usize::from(its.channel)].sustained {
            its.pedalled = true;
        } else {
            self.release(voice, now);
        }
    }

    fn release(&mut self, voice: usize, now: i64) {
        let length = self.sound.amplitude.release;
        if length < 1 {
            return self.state.free(voice);
        }
        let its = &mut self.state.voices[voice];
        its.pedalled = false;
        its.contour.release(now, &self.sound.contour);
        self.state.enter(voice, Stage::Release { end: now + 2 * length });
        self.state.bank.factor[voice] = Envelope::factor(length);
        self.state.bank.term[voice] = 0.0;
    }

    /// The first voice that is free, else the quietest of those released, else the oldest.
    fn place(&mut self) -> usize {
        let all = 0..self.sound.voices;
        if let Some(free) = all.clone().find(|voice| !self.state.active[*voice]) {
            return free;
        }
        let State { voices, bank, .. } = &self.state;
        let released = all.clone().filter(|voice| voices[*voice].is_released());
        let quietest = released.min_by(|a, b| bank.loudness(*a).total_cmp(&bank.loudness(*b)));
        let oldest = || all.min_by_key(|voice| voices[*voice].age).unwrap_or(0);
        let place = quietest.unwrap_or_else(oldest);
        self.state.cut(place);
        place
    }

    fn start_anywhere(&mut self, start: Start) {
        let voice = self.place();
        let from = self.state.last_key.unwrap_or(start.held.key);
        self.start(voice, start, f64::from(from));
    }

    /// A note of an instrument with one voice.
    fn start_alone(&mut self, start: Start) {
        self.state.held.push(start.held);
        let sounding = self.state.active[0] && !self.state.voices[0].is_released();
        if sounding && self.sound.mode == Mode::Legato {
            return self.bend_to(0, start.held, start.now, true);
        }
        let glides = self.sound.mode == Mode::Mono;
        if !self.state.active[0] {
            let from = self.state.last_key.filter(|_| glides).unwrap_or(start.held.key);
            return self.start(0, start, f64::from(from));
        }
        self.bend_to(0, start.held, start.now, glides);
        let moment = self.moment(start.now);
        let envelope = self.state.bank.envelope[0];
        let its = &mut self.state.voices[0];
        let level = its.contour.level(start.now, &self.sound.contour);
        its.contour = Contour::new(start.now, level);
        (its.velocity, its.start, its.pedalled) = (start.velocity, moment, false);
        self.attack(0, start.now, envelope);
    }

    /// Goes on as another note.
    fn bend_to(&mut self, voice: usize, to: HeldKey, now: i64, glides: bool) {
        let its = &mut self.state.voices[voice];
        let from = its.pitch(now, &self.sound);
        (its.note, its.channel, its.key) = (to.note, to.channel, to.key);
        (its.glide_from, its.glide_start) = (if glides { from } else { to.key.into() }, now);
        its.expression = Expression::default();
        // What the pedal held was the note before.
        its.pedalled = false;
        if its.fresh == Fresh::Nothing {
            its.fresh = Fresh::Pitch;
            self.state.fresh = true;
        }
    }

    fn start(&mut self, voice: usize, start: Start, glide_from: f64) {
        let Start { held: HeldKey { note, channel, key }, velocity, now } = start;
        self.state.notes += 1;
        self.state.voices[voice] = Voice {
            note,
            channel,
            key,
            velocity,
            start: self.moment(now),
            age: self.state.notes,
            glide_from,
            glide_start: now,
            contour: Contour::new(now, 0.0),
            fresh: Fresh::Everything,
            ..Voice::default()
        };
        (self.state.active[voice], self.state.fresh) = (true, true);
        for (oscillator, phases) in self.state.bank.phases.iter_mut().enumerate() {
            for (number, phase) in phases.iter_mut().enumerate() {
                // Those in unison would start as one loud wave.
                let moved = self.sound.random_phase || number > 0;
                let position = note.wrapping_mul(2 * UNISON as u64);
                let position = position.wrapping_add((oscillator * UNISON + number) as u64);
                phase[voice] = if moved { self.sound.random.unit(position) } else { 0.0 };
            }
        }
        self.attack(voice, now, 0.0);
    }

    fn attack(&mut self, voice: usize, now: i64, from: f64) {
        let length = self.sound.amplitude.attack;
        if length < 1 {
            return self.decay(voice);
        }
        self.state.enter(voice, Stage::Attack { end: now + length });
        self.state.bank.envelope[voice] = from;
        self.state.bank.factor[voice] = 1.0;
        self.state.bank.term[voice] = (1.0 - from) / length as f64;
    }

    fn decay(&mut self, voice: usize) {
        let Envelope { decay, sustain, .. } = self.sound.amplitude;
        self.state.enter(voice, Stage::Decay);
        let factor = Envelope::factor(decay);
        self.state.bank.envelope[voice] = if decay < 1 { sustain } else { 1.0 };
        self.state.bank.factor[voice] = factor;
        self.state.bank.term[voice] = sustain * (1.0 - factor);
    }

    /// `time` in samples and, where something follows the tempo, in quarter notes.
    fn moment(&self, time: i64) -> Moment {
        let ticks = || self.tempo.exact_ticks_at(time as f64) / TICKS_PER_QUARTER as f64;
        Moment { time, quarters: if self.sound.synced { ticks() } else { 0.0 } }
    }

    /// On the grid all voices take aim at the end of their next cell; between, those that start.
    fn aim(&mut self, now: i64, level: SimdLevel) {
        let into = usize::try_from(now.rem_euclid(CONTROL_GRID_FRAMES)).unwrap_or(0);
        let fresh = std::mem::take(&mut self.state.fresh);
        if into == 0 {
            self.flush();
        }
        if (into > 0 && !fresh) || !self.state.active.contains(&true) {
            return;
        }
        let end = now.saturating_add_unsigned((CELL - into) as u64);
        if self.ends_at != Some(end) {
            values_at(&self.controls, end, &mut self.ends);
            self.ends_at = Some(end);
        }
        if fresh {
            values_at(&self.controls, now, &mut self.values);
        }
        let (here, there) = (self.moment(now), self.moment(end));
        let Self { sound, state, aims, .. } = self;
        let [to, from] = &mut **aims;
        let State { bank, active, voices, channels, .. } = state;
        let is_fresh = |voice: usize| active[voice] && voices[voice].fresh != Fresh::Nothing;
        let wanted = |voice: usize| active[voice] && (into == 0 || is_fresh(voice));
        let targets = to.at(there, (sound, &self.ends), (voices, channels), wanted, level);
        if into == 0 {
            bank.aim(targets);
        }
        if fresh {
            let now = from.at(here, (sound, &self.values), (voices, channels), is_fresh, level);
            for (voice, its) in voices.iter_mut().enumerate() {
                let leaping = match its.fresh {
                    Fresh::Everything => COURSES,
                    Fresh::Pitch => PITCH_COURSES,
                    Fresh::Nothing => continue,
                };
                its.fresh = Fresh::Nothing;
                bank.start(voice, into, (now, leaping), targets);
            }
        }
    }

    fn flush(&mut self) {
        (0..self.sound.voices).for_each(|voice| self.state.bank.flush(voice));
        for rest in &mut self.state.rest {
            if rest.abs() < 1e-9 {
                *rest = 0.0;
            }
        }
    }

    fn render(&mut self, now: i64, level: SimdLevel, out: &mut [(f64, f64)]) {
        self.sums.clear(out.len());
        let part = Part {
            sound: &self.sound,
            bank: &mut self.state.bank,
            active: &self.state.active,
            voices: &self.state.voices,
            cell: now.div_euclid(CONTROL_GRID_FRAMES),
            into: usize::try_from(now.rem_euclid(CONTROL_GRID_FRAMES)).unwrap_or(0),
            frames: out.len(),
            sums: &mut self.sums,
        };
        dispatch(level, usize::MAX, part);
        let [left_rest, right_rest] = &mut self.state.rest;
        for (frame, sample) in out.iter_mut().enumerate() {
            let (left, right) = self.sums.frame(frame);
            *sample = (left + *left_rest, right + *right_rest);
            *left_rest *= self.fade;
            *right_rest *= self.fade;
        }
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        let own = &self.state;
        own.channels.iter().for_each(|channel| channel.save(state));
        own.held.save(state);
        state.word(own.last_key.map_or(u64::MAX, u64::from));
        state.word(own.notes);
        state.numbers(own.rest);
        for voice in 0..self.sound.voices {
            state.word(u64::from(own.active[voice]));
            if own.active[voice] {
                own.voices[voice].save(state);
                own.bank.save(voice, state);
            }
        }
    }

    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.reset();
        let own = &mut self.state;
        for channel in &mut own.channels {
            *channel = Channel::restore(state)?;
        }
        own.held = Held::restore(state)?;
        own.last_key = match state.word()? {
            u64::MAX => None,
            key => Some(u8::try_from(key).map_err(|_| StateError)?),
        };
        own.notes = state.word()?;
        own.rest = [state.number()?, state.number()?];
        for voice in 0..self.sound.voices {
            own.active[voice] = state.word()? == 1;
            if own.active[voice] {
                own.voices[voice] = Voice::restore(state)?;
                own.bank.restore(voice, state)?;
            }
        }
        Ok(())
    }
}

/// All parameter values at `time`, exactly on their curves.
fn values_at(controls: &ControlSet, time: i64, values: &mut [f64]) {
    for (index, curve) in controls.curves() {
        values[*index] = curve.value(time);
    }
}
