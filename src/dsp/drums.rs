//! Drums: a synthesised kit played by the keys of General MIDI.

mod hit;
mod recipe;

use std::sync::LazyLock;

use self::hit::{Blow, Hit, Kit};
use self::recipe::{Group, recipe};
use super::describe::{choice, number, setting, source};
use super::level::{SILENCE_DB, level_to_gain};
use super::runs::{CELL, Runs, events_of};
use super::stereo_out::play_block;
use crate::math::random::stream_of;
use crate::process::{
    ControlSet, Event, EventKind, InstanceSetup, Prepare, PrepareError, ProcessContext,
    ProcessFault, Processor, ProcessorFactory, ProcessorSpec, StateError, StateReader, StateWriter,
    Unit,
};
use crate::session::ControllerTarget;
use crate::time::{SampleRate, Samples};

const KIT: usize = 0;
const LEVEL_DB: usize = 1;
const TUNE: usize = 2;
const DECAY: usize = 3;
const TONE: usize = 4;
const WIDTH: usize = 5;
/// The first of six, in the order of [`Group`].
const GROUPS: usize = 6;

/// Drums that sound at a time.
const HITS: usize = 32;
/// Time in which the longest layer of any drum falls by 60 dB, in seconds.
const LONGEST_DECAY: f64 = 1.9;
const DECAY_RANGE: (f64, f64) = (0.25, 4.0);

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let level = |id, name, default| number(id, name, Unit::Decibels, (SILENCE_DB, 12.0), default);
    let share = |id, name, default| number(id, name, Unit::Ratio, (0.0, 1.0), default);
    ProcessorSpec {
        event_inputs: 1,
        ..source(
            "drums",
            "plays a synthesised drum kit by General MIDI keys",
            1,
            vec![
                choice("kit", "Kit", &["acoustic", "electronic"], 0),
                level("level_db", "Level", -6.0),
                number("tune", "Tuning", Unit::Semitones, (-24.0, 24.0), 0.0),
                number("decay", "Decay", Unit::Ratio, DECAY_RANGE, 1.0),
                share("tone", "Tone", 0.5),
                setting("width", "Width", Unit::Ratio, (0.0, 1.0), 0.7),
                level("kick_db", "Kick", 0.0),
                level("snare_db", "Snare", 0.0),
                level("hats_db", "Hats", 0.0),
                level("toms_db", "Toms", 0.0),
                level("cymbals_db", "Cymbals", 0.0),
                level("percussion_db", "Percussion", 0.0),
            ],
        )
    }
});

/// Makes drum kits.
///
/// Keys are those of General MIDI: kicks 35 and 36, rim 37, snares 38 and 40, clap 39, closed, pedal
/// and open hat 42, 44 and 46, toms 41, 43, 45, 47, 48 and 50, crashes 49 and 57, rides 51 and 59,
/// tambourine 54, cowbell 56, congas 62 to 64, maracas 70; others are silent. Each drum is a few
/// layers - sines whose pitch falls, noise, and squares without common multiples, through filters
/// and exponential envelopes; `drums/recipe.rs` gives numbers and the physics. Levels follow the
/// square of velocity; hard blows and a bright tone move filters up and bring out noise and metal.
/// Drums ring out whatever the note's length; a hat silences open hats, controller 120 everything.
/// Tuning, decay, tone and the levels of the groups hold for a drum from its start; `level_db` moves
/// all. At most 32 drums sound; one more takes a free place, else that of the drum that started
/// first.
///
/// Noise is a function of the session's seed, the node, the note and node time. Squares are not
/// band-limited: what folds back falls among the partials of metal, which belong to no scale.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrumsFactory;

impl ProcessorFactory for DrumsFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    /// A drum that is hit at the end rings out, whichever it is.
    #[allow(clippy::cast_possible_truncation)] // Some 15 s.
    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        let seconds = 2.0 * LONGEST_DECAY * values[DECAY];
        Samples((seconds * rate.hz_f64()) as i64 + 2)
    }

    fn cost(&self) -> u32 {
        60
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let players = prepare.instances.iter().map(|setup| Player::new(setup, prepare.rate));
        Ok(Box::new(Drums {
            channels: prepare.channels,
            runs: Runs::new(prepare),
            players: players.collect(),
        }))
    }
}

struct Drums {
    channels: usize,
    runs: Runs,
    players: Vec<Player>,
}

/// One instance.
struct Player {
    kit: Kit,
    controls: ControlSet,
    hits: [Option<Hit>; HITS],
}

impl Player {
    fn new(setup: &InstanceSetup, rate: SampleRate) -> Self {
        let values = setup.controls.constants();
        let kit = Kit {
            electronic: values[KIT] > 0.5,
            width: values[WIDTH],
            rate,
            seed: setup.seed,
            stream: stream_of(&setup.node),
        };
        Self { kit, controls: setup.controls.clone(), hits: [None; HITS] }
    }

    /// Plays from node time `time` on into left and right of each frame, each event at its sample.
    fn play(&mut self, events: &[Event], time: i64, out: &mut [(f64, f64)]) {
        let events = events_of(events, time, out.len());
        let (mut now, mut rest) = (time, out);
        for event in events {
            let (before, after) = rest.split_at_mut(usize::try_from(event.at.0 - now).unwrap_or(0));
            self.add(now, before);
            self.take(event);
            (now, rest) = (event.at.0, after);
        }
        self.add(now, rest);
    }

    fn add(&mut self, now: i64, out: &mut [(f64, f64)]) {
        let end = now.saturating_add_unsigned(out.len() as u64);
        for place in &mut self.hits {
            let Some(hit) = place else { continue };
            hit.add(now, out);
            if hit.end <= end {
                *place = None;
            }
        }
    }

    fn take(&mut self, event: &Event) {
        let now = event.at.0;
        match event.kind {
            EventKind::NoteOn { note, key, velocity, .. } => self.strike(now, note, key, velocity),
            EventKind::Controller { target: ControllerTarget::Controller(120), .. } => {
                let rate = self.kit.rate;
                self.hits.iter_mut().flatten().for_each(|hit| hit.choke(now, rate));
            }
            _ => {}
        }
    }

    fn strike(&mut self, now: i64, note: u64, key: u8, velocity: f64) {
        let Some(drum) = recipe(self.kit.electronic, key) else { return };
        let blow = Blow {
            note,
            key,
            start: now,
            velocity,
            tune: self.controls.value_at(TUNE, now),
            decay: self.controls.value_at(DECAY, now),
            tone: self.controls.value_at(TONE, now),
            level: level_to_gain(self.controls.value_at(GROUPS + drum.group as usize, now)),
        };
        if drum.group == Group::Hats {
            let rate = self.kit.rate;
            let open = self.hits.iter_mut().flatten().filter(|hit| hit.blow.key == OPEN_HAT);
            open.for_each(|hit| hit.choke(now, rate));
        }
        let place = self.place();
        self.hits[place] = Hit::new(blow, &self.kit);
    }

    /// A free place, else that of the drum that started first.
    fn place(&self) -> usize {
        let free = self.hits.iter().position(Option::is_none);
        let oldest = || {
            let starts = self.hits.iter().enumerate();
            let start = |hit: &Option<Hit>| hit.as_ref().map(|hit| hit.blow.start);
            starts.min_by_key(|(_, hit)| start(hit)).map_or(0, |(place, _)| place)
        };
        free.unwrap_or_else(oldest)
    }
}

const OPEN_HAT: u8 = 46;

impl Processor for Drums {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let players = &mut self.players;
        play_block(
            &mut self.runs,
            context,
            self.channels,
            LEVEL_DB,
            |number, events, time, sums| {
                players[number].play(events, time, sums);
            },
        );
        Ok(())
    }

    fn rests(&self) -> bool {
        self.players.iter().all(|player| player.hits.iter().all(Option::is_none))
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.players.iter_mut().for_each(|player| player.hits = [None; HITS]);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        for hit in &self.players[instance].hits {
            state.word(u64::from(hit.is_some()));
            if let Some(hit) = hit {
                hit.save(state);
            }
        }
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let player = &mut self.players[instance];
        player.hits = [None; HITS];
        let mut hits = [None; HITS];
        for hit in &mut hits {
            if state.word()? == 1 {
                *hit = Some(Hit::restore(state, &player.kit)?);
            }
        }
        player.hits = hits;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
