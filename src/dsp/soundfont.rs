//! SoundFont: an instrument that plays the presets of a SoundFont file.

mod channel;
mod cutoff;
mod effects;
mod envelope;
mod lanes;
mod line;
mod places;
mod player;
mod reached;
mod reader;
mod reverb;
mod sound;
mod straight;
mod voice;

use std::sync::{Arc, LazyLock};

use self::effects::{Effects, TAIL_SECONDS};
use self::envelope::samples_of;
use self::player::{Outputs, Player, Settings};
use super::describe::{choice, number, setting, source};
use super::level::SILENCE_DB;
use super::runs::{CELL, Runs};
use super::stereo_out::play_block;
use crate::audio::{AudioLibrary, AudioLibraryError};
use crate::process::{
    ControlSet, Prepare, PrepareError, ProcessContext, ProcessFault, Processor, ProcessorFactory,
    ProcessorSpec, StateError, StateReader, StateWriter, Unit,
};
use crate::soundfont::{SoundFont, generators};
use crate::time::{SampleRate, Samples, TempoMap};

const PROGRAM: usize = 0;
const BANK: usize = 1;
const LEVEL_DB: usize = 2;
const EFFECTS: usize = 3;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| ProcessorSpec {
    event_inputs: 1,
    ..source(
        "soundfont",
        "plays the presets of a SoundFont file, up to 256 voices at a time",
        2,
        vec![
            setting("program", "Program", Unit::Ratio, (0.0, 127.0), 0.0),
            setting("bank", "Bank", Unit::Ratio, (0.0, 128.0), 0.0),
            number("level_db", "Level", Unit::Decibels, (SILENCE_DB, 12.0), -12.0),
            choice("effects", "Reverb and chorus", &["off", "on"], 1),
        ],
    )
});

/// Makes SoundFont players, by the SoundFont Technical Specification 2.04.
///
/// A note starts at exactly its sample, and so do its release and every corner of its volume
/// envelope. What moves with controllers, oscillators and the modulation envelope is looked up every
/// 64 frames of node time and moves in lines between, the pitch in steps; a controller is heard from
/// the next of these points on. Samples are read by four-point interpolation (Catmull and Rom).
///
/// `program` and `bank` hold until a channel's events choose others; channel 10 plays bank 128. The
/// bank of an event is its upper seven bits, or its lower where those are 0. Where there is no such
/// preset: program 0 of bank 128 for percussion, the same program of bank 0 for the rest, else the
/// first preset of the file.
///
/// 256 voices sound at most. One more takes the place of the voice whose note started first among
/// those that are released, else among all. A voice is over 100 dB below its peak.
///
/// Where the specification is silent or instruments are made for something else: of the attenuation
/// a file's generators state, 40 % counts, as in the hardware SoundFonts are made for; delays and
/// holds of the shortest time (1 ms) are none, so that notes are not late; the pan controller moves by
/// 500 tenths of a percent to either side. Mono tracks get the mean of left and right.
#[derive(Clone, Default)]
pub struct SoundFontFactory {
    font: Option<Font>,
}

/// What is played, and what is known of it.
#[derive(Clone)]
struct Font {
    font: Arc<SoundFont>,
    /// Longest release of all presets, in timecents.
    release_timecents: i16,
}

/// The generator of the release of the volume envelope.
const RELEASE: usize = generators::VOLUME_ENVELOPE + 5;

impl SoundFontFactory {
    /// The factory of players of `font`.
    pub fn of(font: Arc<SoundFont>) -> Self {
        let releases = font.regions().iter().map(|region| {
            let modulators = font.modulators(region).iter();
            let lengthen =
                modulators.filter(|modulator| usize::from(modulator.destination) == RELEASE);
            let longer = lengthen.map(|modulator| modulator.amount.saturating_abs());
            longer.fold(region.generators.get(RELEASE), i16::saturating_add)
        });
        let release_timecents = releases.max().unwrap_or(-12_000);
        Self { font: Some(Font { font, release_timecents }) }
    }
}

impl ProcessorFactory for SoundFontFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn plays_from_file(&self) -> bool {
        true
    }

    fn playing(
        &self,
        file: &str,
        audio: &dyn AudioLibrary,
    ) -> Option<Result<Arc<dyn ProcessorFactory>, AudioLibraryError>> {
        Some(
            audio
                .sound_font(file)
                .map(|font| -> Arc<dyn ProcessorFactory> { Arc::new(Self::of(font)) }),
        )
    }

    fn file_identity(&self) -> Option<[u8; 32]> {
        self.font.as_ref().map(|font| font.font.identity())
    }

    fn file_decoder(&self) -> Option<&'static str> {
        self.font.as_ref().and_then(|font| font.font.decoder())
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    #[allow(clippy::cast_possible_truncation)] // At most two minutes.
    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        let release = self.font.as_ref().map_or(-12_000, |font| font.release_timecents);
        let effects = if values[EFFECTS] > 0.5 { TAIL_SECONDS * rate.hz_f64() } else { 0.0 };
        let voices = samples_of(f64::from(release), rate.hz_f64());
        Samples((voices + effects) as i64 + 2 * CELL_FRAMES)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Some megabytes.
    fn memory_bytes(&self, controls: &ControlSet, _: usize, tempo: &TempoMap) -> u64 {
        if controls.constants()[EFFECTS] < 0.5 {
            return 0;
        }
        // The lines of the reverb and the chorus come to less than 0.4 s.
        (0.4 * tempo.sample_rate().hz_f64()) as u64 * 4
    }

    fn cost(&self) -> u32 {
        60
    }

    /// Players of one file may run side by side.
    fn structure(&self, controls: &ControlSet) -> u64 {
        let identity = self.file_identity().unwrap_or_default();
        let effects = u64::from(controls.constants()[EFFECTS] > 0.5);
        let first = identity.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        first & !1 | effects
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let Some(font) = &self.font else {
            let node = prepare.instances.first().map_or("", |setup| &setup.node).to_owned();
            let what = "a soundfont plays from a file and has none: give its path as 'file'";
            return Err(PrepareError { node, what: what.to_owned(), is_of_plugin: false });
        };
        let rate_hz = prepare.rate.hz_f64();
        let instances = prepare.instances.iter().map(|setup| {
            let values = setup.controls.constants();
            let sends = values[EFFECTS] > 0.5;
            let (bank, program) = (whole(values[BANK]), whole(values[PROGRAM]));
            let settings = Settings { rate_hz, bank, program, sends };
            Instance {
                player: Player::new(Arc::clone(&font.font), settings),
                effects: sends.then(|| Effects::new(rate_hz)),
            }
        });
        Ok(Box::new(SoundFontPlayer {
            channels: prepare.channels,
            runs: Runs::new(prepare),
            instances: instances.collect(),
            out: Box::new([[0.0; CELL]; 4]),
        }))
    }
}

#[allow(clippy::cast_possible_wrap)] // It is 64.
const CELL_FRAMES: i64 = CELL as i64;

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most 128.
fn whole(value: f64) -> u16 {
    value.round() as u16
}

struct Instance {
    player: Player,
    effects: Option<Effects>,
}

struct SoundFontPlayer {
    channels: usize,
    runs: Runs,
    instances: Vec<Instance>,
    /// Working memory.
    out: Box<Outputs>,
}

impl Processor for SoundFontPlayer {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let (level, out, instances) = (context.level, &mut *self.out, &mut self.instances);
        play_block(
            &mut self.runs,
            context,
            self.channels,
            LEVEL_DB,
            |number, events, time, sums| {
                let Instance { player, effects } = &mut instances[number];
                player.play(events, (time, sums.len()), level, out);
                if let Some(effects) = effects {
                    effects.add((time, sums.len()), level, out);
                }
                let [left, right, ..] = &*out;
                for (sum, (left, right)) in sums.iter_mut().zip(left.iter().zip(right)) {
                    *sum = (f64::from(*left), f64::from(*right));
                }
            },
        );
        Ok(())
    }

    fn rests(&self) -> bool {
        self.instances.iter().all(|instance| {
            instance.player.rests() && instance.effects.as_ref().is_none_or(Effects::rests)
        })
    }

    fn reset(&mut self) {
        self.runs.reset();
        for Instance { player, effects } in &mut self.instances {
            player.reset();
            effects.iter_mut().for_each(Effects::reset);
        }
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        let Instance { player, effects } = &self.instances[instance];
        player.save(state);
        effects.iter().for_each(|effects| effects.save(state));
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let Instance { player, effects } = &mut self.instances[instance];
        let restored = player
            .restore(state)
            .and_then(|()| effects.iter_mut().try_for_each(|effects| effects.restore(state)));
        if restored.is_err() {
            player.reset();
            effects.iter_mut().for_each(Effects::reset);
        }
        restored
    }
}

#[cfg(test)]
mod tests;
