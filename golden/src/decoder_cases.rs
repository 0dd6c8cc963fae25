//! Golden cases of the decoders, a file for each kind of sample, and of the rate conversion.

use std::path::Path;

use wavemill_core::math::random::Random;
use wavemill_core::session::{ClipId, Session, Track, TrackId, TrackKind};
use wavemill_core::time::SampleRate;
use wavemill_media::audio::resample;
use wavemill_media::audio::{CodecRegistry, OpenError};

use crate::case::{Case, CaseContent, CaseFile};
use crate::processor_cases::{CaseDefinitionError, audio_clip, insert, notes};
use crate::sound_font::compressed_sound_font;

/// Rate of the sessions, and of the files that are only decoded.
const RATE_HZ: u32 = 48_000;
/// Frames of the WAV files.
const FRAMES: u32 = 600;

/// The two FLAC files, 6,000 frames in stereo at 48 kHz: decaying partials and bursts of noise on
/// correlated channels, encoded by libFLAC with all its predictors.
const FLAC_16: &[u8] = include_bytes!("../audio/decoder-16.flac");
const FLAC_24: &[u8] = include_bytes!("../audio/decoder-24.flac");

/// The SoundFont with a compressed sample.
pub(crate) const COMPRESSED: &str = "audio/busy.sf3";

/// How the samples of a WAV file are stored.
#[derive(Clone, Copy)]
enum Stored {
    /// Integers of so many bits; 8 bits are unsigned.
    Integer(u16),
    /// Floats of so many bits.
    Float(u16),
}

/// The cases of the decoders: one for each kind of sample they read.
///
/// # Errors
/// Where a definition in this crate is wrong.
pub fn decoder_cases() -> Result<Vec<Case>, CaseDefinitionError> {
    use Stored::{Float, Integer};
    let mut cases = Vec::new();
    for (name, stored) in [
        ("decoder-wav-8", Integer(8)),
        ("decoder-wav-16", Integer(16)),
        ("decoder-wav-24", Integer(24)),
        ("decoder-wav-32", Integer(32)),
        ("decoder-wav-32-float", Float(32)),
        ("decoder-wav-64-float", Float(64)),
    ] {
        cases.push(played(name, "audio/decoded.wav", wav(stored, RATE_HZ), u64::from(FRAMES))?);
    }
    // The shorter one to its end, which the file ends before; of the other enough to compare.
    cases.push(played("decoder-flac-16", "audio/decoded.flac", FLAC_16.to_vec(), 6_100)?);
    cases.push(played("decoder-flac-24", "audio/decoded.flac", FLAC_24.to_vec(), 3_000)?);
    cases.push(compressed()?);
    Ok(cases)
}

/// A SoundFont whose sample is compressed, played.
fn compressed() -> Result<Case, CaseDefinitionError> {
    let mut session = Session::new("decoder-vorbis", SampleRate::new(RATE_HZ)?);
    session.tracks.push(compressed_track()?);
    let file = CaseFile { name: COMPRESSED.to_owned(), content: compressed_sound_font() };
    Ok(Case { name: session.name.clone(), session, files: vec![file], frames: 3_000 })
}

/// A track that plays it.
pub(crate) fn compressed_track() -> Result<Track, CaseDefinitionError> {
    let id = TrackId::new("compressed")?;
    let mut track = Track::new(id, "Compressed", TrackKind::Instrument);
    let mut clip = notes(1)?;
    clip.id = ClipId::new("compressed-notes")?;
    track.clips.push(clip);
    let mut insert = insert("processor", "soundfont")?;
    insert.file = Some(COMPRESSED.to_owned());
    track.inserts.push(insert);
    Ok(track)
}

/// The cases of the rate conversion, up and down.
///
/// # Errors
/// Where a definition in this crate is wrong.
pub fn rate_conversion_cases() -> Result<Vec<(Case, u32)>, CaseDefinitionError> {
    let rates = [("rate-conversion-44100", 44_100), ("rate-conversion-96000", 96_000)];
    let cases = rates.into_iter().map(|(name, rate_hz)| {
        let file = wav(Stored::Float(32), rate_hz);
        Ok((played(name, "audio/converted.wav", file, 700)?, resample::VERSION))
    });
    cases.collect()
}

/// The version of the decoder that reads the first file of `case`, which lies in `folder`.
///
/// # Errors
/// Where no decoder opens it.
pub fn decoder_version(case: &Case, folder: &Path) -> Result<u32, OpenError> {
    let Some(file) = case.files.first() else { return Ok(0) };
    let decoder = if file.name == COMPRESSED {
        wavemill_core::vorbis::VERSION
    } else {
        CodecRegistry::builtin().open(&folder.join(&file.name))?.codec
    };
    // Such as `wav/1`.
    let number = decoder.rsplit('/').next().and_then(|version| version.parse().ok());
    Ok(number.unwrap_or(0))
}

/// A session that plays a file of `bytes` for `frames` frames.
fn played(
    name: &str,
    file: &str,
    bytes: Vec<u8>,
    frames: u64,
) -> Result<Case, CaseDefinitionError> {
    let mut session = Session::new(name, SampleRate::new(RATE_HZ)?);
    let mut track = Track::new(TrackId::new("played")?, "Played", TrackKind::Audio);
    let length = i64::try_from(frames).unwrap_or(i64::MAX);
    track.clips.push(audio_clip("clip", file, 0, length)?);
    session.tracks.push(track);
    let file = CaseFile { name: file.to_owned(), content: CaseContent::Bytes(bytes) };
    Ok(Case { name: name.to_owned(), session, files: vec![file], frames })
}

/// A stereo WAV file whose samples are spread over all that `stored` can say, the ends included.
fn wav(stored: Stored, rate_hz: u32) -> Vec<u8> {
    let random = Random::new(3, 5);
    let mut data = Vec::new();
    for position in 0..u64::from(2 * FRAMES) {
        let value = match position {
            0 => 1.0,
            1 => -1.0,
            2 => 0.0,
            3 => -0.0,
            4 => 1e-40,
            _ => random.bipolar(position),
        };
        put(&mut data, stored, value);
    }
    let (tag, bits) = match stored {
        Stored::Integer(bits) => (1_u16, bits),
        Stored::Float(bits) => (3, bits),
    };
    let frame_bytes = 2 * bits / 8;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + length).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend(tag.to_le_bytes());
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend((rate_hz * u32::from(frame_bytes)).to_le_bytes());
    bytes.extend(frame_bytes.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(length.to_le_bytes());
    bytes.extend(data);
    bytes
}

fn put(data: &mut Vec<u8>, stored: Stored, value: f64) {
    match stored {
        Stored::Integer(bits) => {
            let full = f64::from(1_u32 << (bits - 1));
            #[allow(clippy::cast_possible_truncation)] // Clamped to at most 32 bits.
            let number = (value * full).round().clamp(-full, full - 1.0) as i64;
            let number = if bits == 8 { number + 128 } else { number };
            data.extend(&number.to_le_bytes()[..usize::from(bits / 8)]);
        }
        Stored::Float(64) => data.extend(value.to_le_bytes()),
        Stored::Float(_) => {
            #[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
            data.extend((value as f32).to_le_bytes());
        }
    }
}
