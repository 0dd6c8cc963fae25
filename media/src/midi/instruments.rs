//! Which instrument plays an imported track: a SoundFont, or a built-in one like its program.

use std::collections::BTreeMap;
use std::path::Path;

use wavemill_core::command::{AddInsert, ChainOwner};
use wavemill_core::session::{ControllerTarget, MidiContent, TrackId};

use crate::audio::{SoundFontFileError, read_sound_font};

/// The channel of percussion in General MIDI, counted from 0.
const PERCUSSION_CHANNEL: u8 = 9;

/// What imported tracks are played with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instruments {
    soundfont: Option<String>,
}

/// Why a SoundFont cannot play what is imported.
#[derive(Debug, thiserror::Error)]
pub enum SoundFontRefusal {
    /// It is none, or cannot be read.
    #[error("cannot be played: {0}")]
    File(#[from] SoundFontFileError),
    /// A path that a session cannot name.
    #[error("has a path that is not valid UTF-8, so a session cannot name it: rename it")]
    NotUtf8,
}

impl Instruments {
    /// The SoundFont at `path`, named by its absolute path, plays every track; or, where there is
    /// none, built-in instruments do.
    ///
    /// # Errors
    /// Where the file could not be played.
    pub fn new(path: Option<&Path>) -> Result<Self, SoundFontRefusal> {
        let Some(path) = path else { return Ok(Self::default()) };
        let absolute = path.canonicalize().map_err(SoundFontFileError::from)?;
        read_sound_font(&absolute)?;
        let name = absolute.to_str().ok_or(SoundFontRefusal::NotUtf8)?;
        Ok(Self { soundfont: Some(name.to_owned()) })
    }

    /// The insert that makes a track of `content` heard.
    pub(super) fn insert(&self, track: TrackId, content: &MidiContent) -> AddInsert {
        let (processor, preset) = match &self.soundfont {
            Some(_) => ("soundfont", None),
            None if is_percussion(content) => ("drums", None),
            None => ("synthesiser", Some(preset(first_program(content)))),
        };
        AddInsert {
            track: ChainOwner::Track(track),
            id: None,
            processor: processor.to_owned(),
            plugin: None,
            file: self.soundfont.clone(),
            bypass: false,
            preset: preset.map(str::to_owned),
            parameters: BTreeMap::new(),
            sidechain: None,
            sidechains: BTreeMap::new(),
            outputs: BTreeMap::new(),
            index: None,
        }
    }
}

fn is_percussion(content: &MidiContent) -> bool {
    content.notes.iter().all(|note| note.channel == PERCUSSION_CHANNEL) && !content.notes.is_empty()
}

/// The first program of a track, 0 (a piano) where it chooses none.
fn first_program(content: &MidiContent) -> f64 {
    let mut programs =
        content.controllers.iter().filter(|lane| lane.target == ControllerTarget::Program);
    programs.find_map(|lane| lane.points.first()).map_or(0.0, |point| point.value)
}

/// The preset of the synthesiser that is nearest to a program of General MIDI, whose programs come
/// in families of eight.
fn preset(program: f64) -> &'static str {
    const FAMILIES: [&str; 16] = [
        "electric-piano", // Pianos.
        "bell",           // Chromatic percussion.
        "organ",
        "pluck", // Guitars.
        "bass",
        "strings",
        "strings", // Ensembles.
        "brass",
        "soft-lead", // Reeds.
        "soft-lead", // Pipes.
        "saw-lead",
        "warm-pad",
        "glass-pad", // Effects.
        "pluck",     // Plucked instruments of the world.
        "bell",      // Percussive.
        "glass-pad", // Sounds.
    ];
    let families = (1..).map(|family| f64::from(family * 8)).zip(FAMILIES);
    let mut found = families.filter(|(end, _)| program < *end).map(|(_, preset)| preset);
    found.next().unwrap_or("electric-piano")
}

#[cfg(test)]
mod tests {
    use wavemill_core::dsp::spec_of;
    use wavemill_core::session::{ControllerLane, ControllerPoint, ControllerShape, Note};
    use wavemill_core::soundfont::{FontSource, PresetSource, SampleSource, ZoneSource};
    use wavemill_core::time::Ticks;

    use super::*;

    fn content(channel: u8, program: Option<f64>) -> MidiContent {
        let note = Note { channel, ..Note::new(Ticks(0), Ticks(1), 60, 90) };
        let point = |value| ControllerPoint { at: Ticks(0), value, shape: ControllerShape::Hold };
        let lane = |value| ControllerLane {
            channel,
            target: ControllerTarget::Program,
            points: vec![point(value)],
        };
        MidiContent { controllers: program.map(lane).into_iter().collect(), ..vec![note].into() }
    }

    fn chosen(instruments: &Instruments, content: &MidiContent) -> (String, Option<String>) {
        let insert = instruments.insert(TrackId::new("x").unwrap(), content);
        (insert.processor, insert.preset.or(insert.file))
    }

    #[test]
    fn every_program_has_a_preset_that_exists() {
        let synthesiser = spec_of("synthesiser").unwrap();
        for program in 0..128 {
            assert!(synthesiser.preset(preset(f64::from(program))).is_ok(), "{program}");
        }
    }

    #[test]
    fn programs_and_percussion_choose_the_instrument() {
        let built_in = Instruments::new(None).unwrap();
        let named = |name: &str, what: &str| (name.to_owned(), Some(what.to_owned()));
        assert_eq!(chosen(&built_in, &content(0, None)), named("synthesiser", "electric-piano"));
        assert_eq!(chosen(&built_in, &content(3, Some(33.0))), named("synthesiser", "bass"));
        assert_eq!(chosen(&built_in, &content(9, Some(33.0))), ("drums".to_owned(), None));
    }

    #[test]
    fn a_soundfont_plays_all_and_has_to_be_there() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().canonicalize().unwrap();
        let error = Instruments::new(Some(file.path())).unwrap_err().to_string();
        assert!(error.contains("no SoundFont 2 file"), "{error}");
        let zone = || ZoneSource { target: Some(0), ..ZoneSource::default() };
        let sample = SampleSource { frames: vec![1; 9], ..SampleSource::default() };
        let presets = vec![PresetSource { zones: vec![zone()], ..PresetSource::default() }];
        let font = FontSource { samples: vec![sample], instruments: vec![vec![zone()]], presets };
        std::fs::write(&path, font.to_bytes(false)).unwrap();
        let soundfont = Instruments::new(Some(file.path())).unwrap();
        let wanted = ("soundfont".to_owned(), path.to_str().map(str::to_owned));
        assert_eq!(chosen(&soundfont, &content(9, None)), wanted);
        assert!(Instruments::new(Some(Path::new("/nowhere/font.sf2"))).is_err());
    }
}
