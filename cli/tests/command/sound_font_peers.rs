//! The SoundFont player beside FluidSynth: the same notes of a real file through both.
//!
//! Each note is compared in pitch (1 cent), level while its key is down (0.5 dB), balance (0.5 dB),
//! and in how long it takes to rise, to fall while the key is down, and to fall after that (5 %).
//! One gain is taken off all of them, the median of how far levels are apart: FluidSynth's own gain
//! means nothing. What differs is listed in `exceptions.rs`, with the reason; what is listed and
//! does not differ fails as well.

mod exceptions;
mod measure;

use std::iter::repeat;
use std::path::Path;
use std::process::{Command, Stdio};

use self::exceptions::{EXCEPTIONS, Exception};
use self::measure::{Apart, apart, level_db};
use super::support::{Place, done, skip};

/// General MIDI, of the package `timgm6mb-soundfont`.
const FONT: &str = "/usr/share/sounds/sf2/TimGM6mb.sf2";
/// General MIDI with compressed samples, of the package `musescore-general-soundfont-small`.
const COMPRESSED: &str = "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3";

/// A note sounds for so many frames; then the next one has its turn.
const HELD_FRAMES: usize = 48_000;
const NOTE_FRAMES: usize = 96_000;
/// Where the first one starts.
const FIRST_FRAME: usize = 24_000;
/// What is looked at of each.
const HEARD_FRAMES: usize = 86_000;
/// Frames a tick: 500 ticks a quarter note at 120 bpm, of 48 kHz.
const TICK_FRAMES: usize = 48;
/// FluidSynth answers with the block after the next: a block of 64 frames, and the frame that its
/// interpolation lags behind.
const LATE_FRAMES: usize = 65;

/// What plays a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    /// A program of bank 0.
    Program(u8),
    /// A key of bank 128.
    Drum(u8),
}

/// A note of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note {
    sound: Sound,
    key: u8,
    velocity: u8,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Pitch,
    Level,
    Balance,
    Attack,
    Decay,
    Release,
}

impl Measure {
    const ALL: [Self; 6] =
        [Self::Pitch, Self::Level, Self::Balance, Self::Attack, Self::Decay, Self::Release];

    /// Cents, dB, dB, and percent.
    fn limit(self) -> f64 {
        match self {
            Self::Pitch => 1.0,
            Self::Level | Self::Balance => 0.5,
            Self::Attack | Self::Decay | Self::Release => 5.0,
        }
    }

    fn of(self, apart: &Apart) -> f64 {
        match self {
            Self::Pitch => apart.cents.unwrap_or(0.0).abs(),
            Self::Level => apart.level_db.abs(),
            Self::Balance => apart.balance_db.abs(),
            Self::Attack => apart.attack_percent,
            Self::Decay => apart.decay_percent,
            Self::Release => apart.release_percent,
        }
    }
}

/// Every program and every key of the drums at full velocity, and three programs of each family of
/// eight on a key below and a key above that, one of them not so loud.
fn loud_notes() -> Vec<Note> {
    let note = |sound, key, velocity| Note { sound, key, velocity };
    let full = (0..128).map(|program| note(Sound::Program(program), 60, 127));
    let drums = (35..82).map(|key| note(Sound::Drum(key), key, 127));
    let others = some_programs()
        .flat_map(|sound| [(48, 100), (72, 127)].map(|(key, velocity)| note(sound, key, velocity)));
    full.chain(drums).chain(others).collect()
}

/// The same programs and some drums, softly.
fn soft_notes() -> Vec<Note> {
    let programs = some_programs().map(|sound| Note { sound, key: 72, velocity: 64 });
    let drums = (35..59).step_by(2);
    let drums = drums.map(|key| Note { sound: Sound::Drum(key), key, velocity: 64 });
    programs.chain(drums).collect()
}

/// Three programs of each family.
fn some_programs() -> impl Iterator<Item = Sound> {
    (0..128).filter(|program| program % 8 < 3).map(Sound::Program)
}

/// A MIDI file of all notes, one after the other.
#[allow(clippy::cast_possible_truncation)] // Seven bits.
fn midi(notes: &[Note]) -> Vec<u8> {
    let mut track = Vec::new();
    let mut now = 0;
    let mut event = |frame: usize, message: &[u8]| {
        let tick = frame / TICK_FRAMES;
        let delta = tick - now;
        now = tick;
        // At most 21 bits.
        let bytes = [14, 7, 0].map(|shift| (delta >> shift) as u8 & 0x7f);
        track.extend([bytes[0] | 0x80, bytes[1] | 0x80, bytes[2]]);
        track.extend(message);
    };
    for (index, note) in notes.iter().enumerate() {
        let start = start(index);
        let (channel, program) = match note.sound {
            Sound::Program(program) => (0, program),
            Sound::Drum(_) => (9, 0),
        };
        event(start - 4_800, &[0xc0 | channel, program]);
        event(start, &[0x90 | channel, note.key, note.velocity]);
        event(start + HELD_FRAMES, &[0x80 | channel, note.key, 64]);
        // All sound off.
        event(start + HEARD_FRAMES + 960, &[0xb0 | channel, 120, 0]);
    }
    event(start(notes.len()), &[0xff, 0x2f, 0]);
    let length = u32::try_from(track.len()).unwrap();
    let header = b"MThd\0\0\0\x06\0\0\0\x01\x01\xf4MTrk".as_slice();
    [header, &length.to_be_bytes(), &track].concat()
}

/// Where a note starts.
fn start(index: usize) -> usize {
    FIRST_FRAME + index * NOTE_FRAMES
}

/// The frames of a WAV file of two channels of 32-bit floats.
fn frames(path: &Path) -> Vec<[f32; 2]> {
    let bytes = std::fs::read(path).unwrap();
    let mut at = 12;
    while &bytes[at..at + 4] != b"data" {
        at += 8 + u32::from_le_bytes(*bytes[at + 4..].first_chunk().unwrap()) as usize;
    }
    let samples = bytes[at + 8..].as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    samples.collect::<Vec<_>>().as_chunks::<2>().0.to_vec()
}

/// What FluidSynth makes of a MIDI file, without its reverb and chorus.
fn theirs(place: &Place, font: &str) -> Vec<[f32; 2]> {
    let status = Command::new("fluidsynth")
        .args(["-ni", "-q", "-r", "48000", "-R", "0", "-C", "0", "-g", "1", "-T", "wav"])
        .args(["-O", "float", "-F", &place.text("theirs.wav"), font, &place.text("notes.mid")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    frames(&place.path("theirs.wav"))
}

/// What we make of it, without ours.
fn ours(place: &Place, font: &str, seconds: usize) -> Vec<[f32; 2]> {
    let (session, out) = (place.text("song"), place.text("ours.wav"));
    done(["import", &place.text("notes.mid"), "-o", &session, "--soundfont", font, "--quiet"]);
    let tracks = done(["info", &session, "--json"]).json()["tracks"].clone();
    let off = tracks.as_array().unwrap().iter().map(|track| {
        serde_json::json!({
            "op": "set_parameter", "track": track["id"], "insert": "soundfont",
            "parameter": "effects", "value": "off"
        })
    });
    let ops = place.text("ops.json");
    std::fs::write(&ops, serde_json::Value::from_iter(off).to_string()).unwrap();
    done(["edit", &session, &ops, "--quiet"]);
    let to = format!("{seconds}s");
    done(["bounce", &session, "-o", &out, "--bit-depth", "32f", "--to", &to, "--quiet"]);
    frames(&place.path("ours.wav"))
}

/// How far the two are apart for each note; `None` where one of the packages is not there.
fn compare(font: &str, notes: &[Note]) -> Option<Vec<Apart>> {
    if !Path::new(font).is_file() {
        skip(&format!("the package of {font} is not installed; ci/setup does that"));
        return None;
    }
    if Command::new("fluidsynth").arg("--version").output().is_err() {
        skip("the package fluidsynth is not installed; ci/setup does that");
        return None;
    }
    let place = Place::new();
    std::fs::write(place.path("notes.mid"), midi(notes)).unwrap();
    let seconds = start(notes.len()).div_ceil(48_000);
    let (ours, theirs) = (ours(&place, font, seconds), theirs(&place, font));
    let pairs: Vec<_> = (0..notes.len())
        .map(|index| {
            let (our, their) = (start(index), start(index) + LATE_FRAMES);
            (&ours[our..our + HEARD_FRAMES], &theirs[their..their + HEARD_FRAMES])
        })
        .collect();
    let mut gains: Vec<f64> = pairs.iter().map(|(a, b)| level_db(a) - level_db(b)).collect();
    gains.sort_by(f64::total_cmp);
    let gain_db = gains[gains.len() / 2];
    println!("ours is {gain_db:.2} dB above FluidSynth at gain 1");
    Some(pairs.iter().map(|(ours, theirs)| apart(ours, theirs, gain_db)).collect())
}

/// What is listed of a measure of a sound: the most it may differ, and why.
fn listed(sound: Sound, measure: Measure) -> Option<(f64, &'static str)> {
    let of = EXCEPTIONS.iter().filter(|exception| exception.sound == sound);
    let limits = of.flat_map(|exception| exception.limits.iter().zip(repeat(exception.why)));
    let mut limits = limits.filter(|((listed, _), _)| *listed == measure);
    limits.next().map(|((_, limit), why)| (*limit, why))
}

/// Compares notes with the limits and with what is listed.
fn check(notes: &[(Note, Apart)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (note, apart) in notes {
        for measure in Measure::ALL {
            let found = measure.of(apart);
            let listed = listed(note.sound, measure);
            let (limit, why) = listed.unwrap_or((measure.limit(), "not listed"));
            if found > limit {
                wrong.push(format!("{note:?}: {measure:?} {found:.2} is above {limit} ({why})"));
            }
        }
    }
    for Exception { sound, limits, why } in EXCEPTIONS {
        let of = || notes.iter().filter(|(note, _)| note.sound == *sound);
        for (measure, _) in *limits {
            if of().all(|(_, apart)| measure.of(apart) <= measure.limit()) {
                wrong.push(format!("{sound:?}: {measure:?} is listed and does not differ ({why})"));
            }
        }
    }
    wrong
}

/// Compares the levels of soft notes with the limit, and with what is listed. Other measures would
/// only say again what loud ones say.
fn check_soft(notes: &[(Note, Apart)]) -> Vec<String> {
    let wrong = notes.iter().filter_map(|(note, apart)| {
        let listed = listed(note.sound, Measure::Level);
        let (limit, why) = listed.unwrap_or((Measure::Level.limit(), "not listed"));
        let found = apart.level_db;
        (found.abs() > limit)
            .then(|| format!("{:?}, soft: {found:.2} dB is above {limit} ({why})", note.sound))
    });
    wrong.collect()
}

#[test]
fn notes_are_those_of_fluidsynth() {
    let (loud, soft) = (loud_notes(), soft_notes());
    let notes = [loud.as_slice(), &soft].concat();
    let Some(apart) = compare(FONT, &notes) else { return };
    let notes: Vec<(Note, Apart)> = notes.into_iter().zip(apart).collect();
    for (note, apart) in &notes {
        println!("{note:?} {apart:.2?}");
    }
    let (loud, soft) = notes.split_at(loud.len());
    let alike = |apart: &Apart| Measure::ALL.iter().all(|m| m.of(apart) <= m.limit());
    let count = loud.iter().filter(|(_, apart)| alike(apart)).count();
    println!("{count} of {} loud notes are alike", loud.len());
    assert_eq!((loud.len(), soft.len()), (271, 60));
    let wrong = [check(loud), check_soft(soft)].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program of every other family through compressed samples, in pitch and level. How a file's
/// other parts are played is compared above.
#[test]
fn compressed_samples_are_those_of_fluidsynth() {
    let programs = (0..128).step_by(16).map(Sound::Program);
    let notes: Vec<Note> = programs.map(|sound| Note { sound, key: 60, velocity: 127 }).collect();
    let Some(apart) = compare(COMPRESSED, &notes) else { return };
    for (note, apart) in notes.iter().zip(&apart) {
        println!("{note:?} {apart:.2?}");
        for measure in [Measure::Pitch, Measure::Level] {
            let found = measure.of(apart);
            assert!(found <= measure.limit(), "{note:?}: {measure:?} {found:.2}");
        }
    }
}
