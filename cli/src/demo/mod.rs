//! The demo: a small piece of music, as a session of text and the audio it needs.
//!
//! The same session lies in `sessions/demo` of the repository; a test keeps them the same.

mod build;
mod drums;
mod harmony;
mod melody;
mod mixer;
mod song;
mod synthesis;

use std::path::Path;

use wavemill_core::session::{IdError, Section, SectionId, Session, TempoPoint, TempoShape};
use wavemill_core::time::SampleRate;
use wavemill_media::audio::wav::{WavEncoding, WavSpec, WavWriter, WriteOptions};

use crate::failure::Failure;
use song::{BPM, END, ENDING, GROOVE, INTRO, LAST_BPM, MELODY, place};
use synthesis::Sound;

const RATE_HZ: u32 = 48_000;

/// The session.
pub fn session() -> Result<Session, Failure> {
    let rate = SampleRate::new(RATE_HZ).map_err(Failure::internal)?;
    compose(rate).map_err(Failure::internal)
}

fn compose(rate: SampleRate) -> Result<Session, IdError> {
    let mut session = Session::new("Demo", rate);
    session.seed = 1;
    let tempo = |bar, bpm, shape| TempoPoint { at: place(bar, 0), bpm, shape };
    session.tempo = vec![
        tempo(INTRO, BPM, TempoShape::Step),
        tempo(ENDING, BPM, TempoShape::Ramp),
        tempo(END, LAST_BPM, TempoShape::Step),
    ];
    let parts = [
        ("Intro", INTRO, GROOVE),
        ("Groove", GROOVE, MELODY),
        ("Melody", MELODY, ENDING),
        ("Ending", ENDING, END),
    ];
    for (name, from, to) in parts {
        session.sections.push(Section {
            id: SectionId::new(name.to_ascii_lowercase())?,
            name: name.to_owned(),
            start: place(from, 0),
            length: place(to - from, 0),
        });
    }
    session.tracks = drums::drums()?;
    session.tracks.extend(harmony::harmony()?);
    session.tracks.extend(melody::melody()?);
    session.tracks.push(mixer::echo()?);
    session.master = mixer::master()?;
    Ok(session)
}

/// Writes the audio files the session names into `folder`, which is made where it is missing.
///
/// What is there already is kept, and refused. On failure nothing written stays.
pub fn write_audio(folder: &Path) -> Result<(), Failure> {
    let there = folder.exists();
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::file_system(format!("'{}' cannot be made: {error}", folder.display()))
    })?;
    let mut written = Vec::new();
    let done = synthesis::sounds().iter().try_for_each(|sound| {
        let path = folder.join(format!("{}.wav", sound.name));
        write(&path, sound)?;
        written.push(path);
        Ok(())
    });
    if done.is_err() {
        // What cannot be removed either is told of by the failure itself.
        for path in &written {
            let _ = std::fs::remove_file(path);
        }
        if !there {
            let _ = std::fs::remove_dir(folder);
        }
    }
    done
}

fn write(path: &Path, sound: &Sound) -> Result<(), Failure> {
    let sample_rate = SampleRate::new(sound.rate_hz).map_err(Failure::internal)?;
    let spec = WavSpec { channels: 1, sample_rate, encoding: WavEncoding::Signed16 };
    let mut writer = WavWriter::create(path, spec, WriteOptions::default())?;
    writer.write(&sound.samples)?;
    writer.finish()?;
    Ok(())
}
