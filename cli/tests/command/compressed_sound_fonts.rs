//! SoundFonts with compressed samples (SF3): played as others are, and a real one decoded as another
//! decoder does.

use std::path::Path;
use std::process::{Command, Stdio};

use wavemill_core::soundfont::SampleSource;
use wavemill_core::vorbis::Decoder;

use super::sound_fonts::{font_of, session_playing};
use super::support::{Place, done, refused, skip};

/// General MIDI, of the package `musescore-general-soundfont-small`.
const REAL: &str = "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3";

/// A preset of one sawtooth, which loops; compressed or not.
fn sawtooth(is_compressed: bool) -> Vec<u8> {
    font_of(SampleSource {
        // 16 bits.
        frames: (0..4_000).map(|n| (n % 100 - 50) << 23).collect(),
        loop_frames: (1_000, 3_000),
        rate_hz: 44_100,
        root_key: 69,
        correction_cents: 0,
        kind: if is_compressed { 0x11 } else { 1 },
    })
}

/// A session of one track whose instrument plays `font.sf3`.
fn session(place: &Place) -> String {
    session_playing(place, "font.sf3", &sawtooth(true), 61)
}

/// The manifest of a bounce of a second.
fn bounce(place: &Place, session: &str) -> serde_json::Value {
    let (manifest, out) = (place.text("manifest.json"), place.text("out.wav"));
    let to = ["--to", "1s", "--manifest", &manifest, "--quiet", "--force"];
    done(["bounce", session, "-o", &out].iter().chain(&to));
    serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap()
}

#[test]
fn compressed_samples_sound_as_they_did_and_keys_know_their_decoder() {
    let place = Place::new();
    let session = session(&place);
    let compressed = bounce(&place, &session);
    assert_eq!(compressed["inputs"][0]["decoder"], "vorbis/1");
    std::fs::write(place.path("song/font.sf3"), sawtooth(false)).unwrap();
    let plain = bounce(&place, &session);
    assert_eq!(plain["inputs"][0]["decoder"], serde_json::Value::Null);
    assert_eq!(compressed["outcome"]["mix_sha256"], plain["outcome"]["mix_sha256"]);
    assert_ne!(compressed["keys"]["bounce_key"], plain["keys"]["bounce_key"]);
}

#[test]
fn a_sample_that_cannot_be_decoded_is_named() {
    let place = Place::new();
    let session = session(&place);
    let mut bytes = sawtooth(true);
    let at = bytes.windows(4).position(|window| window == b"smpl").unwrap();
    bytes[at + 8 + 5_000] ^= 1;
    std::fs::write(place.path("song/font.sf3"), bytes).unwrap();
    let words = ["inserts/soundfont", "font.sf3", "sample 0 'sample 0' cannot be decoded: page "];
    refused(["bounce", &session, "-o", &place.text("out.wav")], 3, &words);
}

/// The streams of all samples of a SoundFont, by the headers of its samples.
fn streams(font: &[u8]) -> Vec<&[u8]> {
    let number = |at: usize| u32::from_le_bytes(*font[at..].first_chunk().unwrap()) as usize;
    let chunk = |id: &[u8], from: usize| {
        let at = from + font[from..].windows(4).position(|window| window == id).unwrap();
        (at + 8, number(at + 4))
    };
    let (data, length) = chunk(b"smpl", 0);
    let (headers, size) = chunk(b"shdr", data + length);
    let count = size / 46 - 1;
    let range = |header: usize| data + number(header + 20)..data + number(header + 24);
    (0..count).map(|sample| &font[range(headers + 46 * sample)]).collect()
}

/// Every sixteenth sample beside the decoder of Xiph.org, which rounds to 16 bits as well: none of
/// their frames is more than one step apart, and few are.
#[test]
fn a_real_file_is_decoded_as_by_another_decoder() {
    if !Path::new(REAL).is_file() || Command::new("oggdec").arg("--version").output().is_err() {
        return skip(
            "the packages musescore-general-soundfont-small and vorbis-tools are not both installed; ci/setup does that",
        );
    }
    let font = std::fs::read(REAL).unwrap();
    let place = Place::new();
    let mut decoder = Decoder::default();
    let (mut files, mut ours) = (Vec::new(), Vec::new());
    let streams = streams(&font);
    assert_eq!(streams.len(), 1_254);
    for (number, stream) in streams.into_iter().enumerate().step_by(16) {
        let file = place.text(&format!("{number:04}.ogg"));
        std::fs::write(&file, stream).unwrap();
        files.push(file);
        ours.extend(decoder.decode(stream, 1 << 24).unwrap().frames);
    }
    let out = place.text("theirs.raw");
    let status = Command::new("oggdec")
        .args(["-Q", "-R", "-b", "16", "-e", "0", "-s", "1", "-o", &out])
        .args(&files)
        .stdin(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let theirs = std::fs::read(out).unwrap();
    let theirs = theirs.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes));
    assert_eq!(ours.len(), theirs.len());
    let apart = ours.iter().zip(theirs).map(|(a, b)| (i32::from(*a) - i32::from(b)).abs());
    let (most, others) = apart
        .fold((0, 0), |(most, others), apart| (apart.max(most), others + usize::from(apart > 0)));
    println!("{} of {} frames are apart, by {most} at most", others, ours.len());
    assert!(most <= 1 && others * 500 < ours.len(), "{most}, {others}");
}
