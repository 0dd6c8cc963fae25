//! FLAC files that are written: what is decoded from them is what was put in, whatever it was.

use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;
use wavemill_core::audio::FrameSource;
use wavemill_core::math::random::Random;
use wavemill_core::math::sin;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::super::wav::{WavEncoding, WavSpec, WavWriter};
use super::super::{Dither, WriteError, WriteOptions, WrittenAudio};
use super::{FlacEncoding, FlacSource, FlacSpec, FlacWriter};

const PLAIN: WriteOptions = WriteOptions { overwrite: true, dither: Dither::None, hash: true };

fn spec(channels: u16, rate_hz: u32, bits: u32) -> FlacSpec {
    let encoding = if bits == 16 { FlacEncoding::Signed16 } else { FlacEncoding::Signed24 };
    FlacSpec { channels, sample_rate: SampleRate::new(rate_hz).unwrap(), encoding }
}

/// Integers of `bits` bits as the samples that become them.
fn samples(integers: &[i32], bits: u32) -> Vec<f32> {
    let scale = f64::from(1_u32 << (bits - 1));
    #[allow(clippy::cast_possible_truncation)] // 24 bits are exact in an f32.
    integers.iter().map(|integer| (f64::from(*integer) / scale) as f32).collect()
}

fn write(path: &Path, spec: FlacSpec, options: WriteOptions, samples: &[f32]) -> WrittenAudio {
    let mut writer = FlacWriter::create(path, spec, options).unwrap();
    // Pieces that fit no block.
    for piece in samples.chunks(usize::from(spec.channels) * 1_111) {
        writer.write(piece).unwrap();
    }
    writer.finish().unwrap()
}

fn read(path: &Path) -> (FlacSource, Vec<f32>) {
    let source = FlacSource::open(path).unwrap();
    let frames = usize::try_from(source.frames()).unwrap();
    let mut out = vec![9.0; frames * source.channels()];
    source.reader(SimdLevel::detect()).unwrap().read(0, &mut out).unwrap();
    (source, out)
}

/// What is decoded is what was written; the size in bytes.
#[track_caller]
fn assert_kept(integers: &[i32], channels: u16, bits: u32) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flac");
    let samples = samples(integers, bits);
    let written = write(&path, spec(channels, 44_100, bits), PLAIN, &samples);
    assert_eq!(written.frames, integers.len() as u64 / u64::from(channels));
    let (source, decoded) = read(&path);
    assert_eq!((source.channels(), source.frames()), (usize::from(channels), written.frames));
    assert!(decoded == samples, "{} samples of {bits} bits", samples.len());
    assert_reference_decoder_agrees(&path);
    std::fs::metadata(&path).unwrap().len()
}

/// The reference decoder's own test, which also checks the MD5; where it is installed. Under
/// `ci/test` on Linux it has to be.
#[track_caller]
fn assert_reference_decoder_agrees(path: &Path) {
    let tested = std::process::Command::new("flac").args(["--test", "--silent"]).arg(path).output();
    let refused = std::env::var_os("WAVEMILL_TEST_SKIPS").is_some_and(|value| value == "refuse");
    match tested {
        Ok(tested) => assert!(tested.status.success(), "{tested:?}"),
        Err(error) => assert!(!refused, "flac does not run ({error}): run ci/setup"),
    }
}

fn noise(length: usize, bits: u32) -> Vec<i32> {
    let random = Random::new(11, 4);
    (0..length as u64).map(|n| random.words(n)[0].cast_signed() >> (32 - bits)).collect()
}

/// Two partials, another on each side, of 16 bits.
fn tones(frames: u32) -> Vec<i32> {
    let partial = |n: u32, step: f64, level: f64| level * sin(f64::from(n) * step);
    let frame = |n: u32| {
        let both = partial(n, 0.031, 12_000.0) + partial(n, 0.17, 3_000.0);
        [both + partial(n, 0.003, 900.0), both - partial(n, 0.41, 500.0)]
    };
    #[allow(clippy::cast_possible_truncation)]
    (0..frames).flat_map(frame).map(|sample| sample.round() as i32).collect()
}

#[test]
fn every_way_to_write_a_block_is_decoded() {
    for bits in [16, 24] {
        let highest = i32::MAX >> (32 - bits);
        let lowest = -highest - 1;
        let length = 2 * 5_003;
        let every =
            |values: &[i32]| -> Vec<i32> { values.iter().copied().cycle().take(length).collect() };
        let cases = [
            ("silence", vec![0; length]),
            ("constant", every(&[lowest, highest])),
            ("full square", every(&[lowest, highest, highest, lowest])),
            ("only the lowest bit of one", every(&[0, 0, 1, 0])),
            ("wasted bits", noise(length, bits).iter().map(|s| s & !0xFF).collect()),
            ("the sign only", noise(length, bits).iter().map(|s| s & lowest).collect()),
            ("noise", noise(length, bits)),
            ("tones", tones(5_003)),
            ("ramp", (0..length).map(|n| i32::try_from(n).unwrap()).collect()),
            ("one click", (0..length).map(|n| if n == 777 { lowest } else { 0 }).collect()),
        ];
        for (name, integers) in cases {
            println!("{name}, {bits} bits");
            assert_kept(&integers, 2, bits);
            assert_kept(&integers, 1, bits);
        }
    }
}

#[test]
fn blocks_end_anywhere() {
    for frames in [0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 25, 4_095, 4_096, 4_097, 8_192, 8_193] {
        assert_kept(&tones(frames), 2, 16);
        assert_kept(&noise(frames as usize, 24), 1, 24);
    }
    assert_kept(&noise(6 * 100, 16), 6, 16);
}

/// What cannot be predicted costs no more than it did, and what can a good deal less.
#[test]
fn files_are_small() {
    let frames = 20 * 4_096_u32;
    let bytes = |channels: u64, bits: u64| u64::from(frames) * channels * bits / 8;
    let noisy = assert_kept(&noise(2 * frames as usize, 24), 2, 24);
    assert!(noisy < bytes(2, 24) + 20 * 24 + 42, "{noisy}");
    let tonal = assert_kept(&tones(frames), 2, 16);
    assert!(tonal < bytes(2, 16) / 4, "{tonal} of {}", bytes(2, 16));
    // The same on both sides takes hardly more than on one.
    let doubled: Vec<i32> =
        noise(frames as usize, 16).into_iter().flat_map(|sample| [sample, sample]).collect();
    let same = assert_kept(&doubled, 2, 16);
    assert!(same < bytes(1, 16) + 20 * 48 + 42, "{same}");
}

/// The MD5 at the end of the stream information is that of the samples as little-endian numbers.
#[test]
fn the_stream_information_is_complete() {
    use md5::{Digest, Md5};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flac");
    let integers = tones(10_000);
    let written = write(&path, spec(2, 48_000, 16), PLAIN, &samples(&integers, 16));
    let pcm: Vec<u8> = integers.iter().flat_map(|s| s.to_le_bytes()[..2].to_vec()).collect();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes[26..42], Md5::digest(&pcm)[..]);
    assert_eq!(bytes[..12], *b"fLaC\x80\0\0\x22\x10\0\x10\0");
    let size = |at: usize| u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]);
    assert!(0 < size(12) && size(12) < size(15) && size(15) < 4_096 * 4);
    assert_eq!(bytes[18..26], (48_000_u64 << 44 | 1 << 41 | 15 << 36 | 10_000).to_be_bytes());
    assert_eq!(written.pcm_sha256, Some(sha2::Sha256::digest(&pcm).into()));
}

/// Also with dither, the samples and their digest are those of a WAV file.
#[test]
fn samples_are_those_of_a_wav_file() {
    let folder = tempfile::tempdir().unwrap();
    let tone: Vec<f32> = tones(6_000).iter().map(|s| *s as f32 / 31_000.7).collect();
    let sample_rate = SampleRate::new(44_100).unwrap();
    for dither in [Dither::None, Dither::Triangular(3), Dither::Shaped(3)] {
        let options = WriteOptions { dither, ..PLAIN };
        let flac = write(&folder.path().join("a.flac"), spec(2, 44_100, 16), options, &tone);
        let wav = WavSpec { channels: 2, sample_rate, encoding: WavEncoding::Signed16 };
        let mut writer = WavWriter::create(&folder.path().join("a.wav"), wav, options).unwrap();
        writer.write(&tone).unwrap();
        let wav = writer.finish().unwrap();
        assert_eq!(flac.pcm_sha256, wav.pcm_sha256, "{dither:?}");
        assert_eq!((flac.frames, flac.clipped_samples), (wav.frames, wav.clipped_samples));
    }
}

#[test]
fn every_rate_is_said_in_the_frames_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flac");
    for rate_hz in
        [8_000, 11_025, 44_100, 47_999, 88_200, 96_000, 176_400, 192_000, 352_800, 384_000]
    {
        let written = write(&path, spec(1, rate_hz, 16), PLAIN, &[0.25; 5_000]);
        let (source, decoded) = read(&path);
        assert_eq!((source.sample_rate().hz(), written.frames), (rate_hz, 5_000));
        assert_eq!(decoded, [0.25; 5_000]);
        assert_reference_decoder_agrees(&path);
    }
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_left() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flac");
    for channels in [0, 9] {
        let error = FlacWriter::create(&path, spec(channels, 48_000, 16), PLAIN).err().unwrap();
        assert!(matches!(error, WriteError::Unsupported { .. }), "{error}");
    }
    let mut writer = FlacWriter::create(&path, spec(2, 48_000, 16), PLAIN).unwrap();
    writer.write(&[0.5; 20_000]).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Stretches of different kinds, so that partitions and methods change inside a block.
fn stretch(bits: u32) -> impl Strategy<Value = Vec<i32>> {
    let highest = i32::MAX >> (32 - bits);
    let any = -highest - 1..=highest;
    prop_oneof![
        prop::collection::vec(any.clone(), 1..600),
        prop::collection::vec(-3_i32..4, 1..2_000),
        (any.clone(), 1_usize..3_000).prop_map(|(value, length)| vec![value; length]),
        (any, 1_i32..5_000, 1_usize..2_000).prop_map(move |(start, step, length)| {
            let walk = std::iter::successors(Some(start), |last| {
                let next = last + step;
                Some(if next > highest { -highest - 1 } else { next })
            });
            walk.take(length).collect()
        }),
    ]
}

fn piece() -> impl Strategy<Value = (u32, u16, Vec<i32>)> {
    (prop_oneof![Just(16_u32), Just(24)], 1_u16..4).prop_flat_map(|(bits, channels)| {
        (prop::collection::vec(stretch(bits), 0..8), 0..bits).prop_map(move |(parts, wasted)| {
            let mut all: Vec<i32> = parts.concat();
            all.truncate(all.len() - all.len() % usize::from(channels));
            for sample in all.iter_mut().take(9_000) {
                *sample = *sample >> wasted << wasted;
            }
            (bits, channels, all)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_samples_are_kept((bits, channels, integers) in piece()) {
        assert_kept(&integers, channels, bits);
    }
}
