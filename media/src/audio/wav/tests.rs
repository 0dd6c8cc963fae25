//! WAV files: what is written is read again, and what is broken is refused by name.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;
use wavemill_core::audio::{FrameSource, SampleMarks};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::super::{Dither, OpenError, WrittenAudio};
use super::*;

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    bytes.extend(body);
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

fn fmt(code: u16, channels: u16, hz: u32, bits: u16) -> Vec<u8> {
    let frame = channels * bits.div_ceil(8);
    let mut body = Vec::new();
    body.extend(code.to_le_bytes());
    body.extend(channels.to_le_bytes());
    body.extend(hz.to_le_bytes());
    body.extend((hz * u32::from(frame)).to_le_bytes());
    body.extend(frame.to_le_bytes());
    body.extend(bits.to_le_bytes());
    chunk(b"fmt ", &body)
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(u32::try_from(body.len() + 4).unwrap().to_le_bytes());
    bytes.extend(b"WAVE");
    bytes.extend(body);
    bytes
}

fn stereo_16(data: &[u8]) -> Vec<u8> {
    riff(&[fmt(1, 2, 48_000, 16), chunk(b"data", data)])
}

fn parse(bytes: &[u8]) -> Result<WavHeader, OpenError> {
    WavHeader::parse(Path::new("t.wav"), bytes)
}

fn saved(folder: &TempDir, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join("t.wav");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn read_at(source: &WavSource, position: i64, frames: usize) -> Vec<f32> {
    let mut out = vec![9.0; frames * source.channels()];
    source.reader(SimdLevel::detect()).unwrap().read(position, &mut out).unwrap();
    out
}

fn read_all(source: &WavSource) -> Vec<f32> {
    read_at(source, 0, usize::try_from(source.frames()).unwrap())
}

fn write(path: &Path, spec: WavSpec, options: WriteOptions, samples: &[f32]) -> WrittenAudio {
    let mut writer = WavWriter::create(path, spec, options).unwrap();
    writer.write(samples).unwrap();
    writer.finish().unwrap()
}

fn open_bytes(bytes: &[u8]) -> Result<Vec<f32>, OpenError> {
    let folder = tempfile::tempdir().unwrap();
    WavSource::open(&saved(&folder, bytes)).map(|source| read_all(&source))
}

#[test]
fn every_integer_width_is_scaled_by_a_power_of_two() {
    let mono = |bits: u16, data: &[u8]| {
        open_bytes(&riff(&[fmt(1, 1, 44_100, bits), chunk(b"data", data)])).unwrap()
    };
    assert_eq!(mono(8, &[0, 128, 255, 129]), [-1.0, 0.0, 127.0 / 128.0, 1.0 / 128.0]);
    assert_eq!(mono(16, &[0, 0x80, 0xFF, 0x7F, 1, 0]), [-1.0, 32_767.0 / 32_768.0, 1.0 / 32_768.0]);
    let step = 1.0 / 8_388_608.0;
    assert_eq!(
        mono(24, &[0, 0, 0x80, 0xFF, 0xFF, 0x7F, 1, 0, 0, 0xFF, 0xFF, 0xFF, 3, 2, 1]),
        [-1.0, 8_388_607.0 * step, step, -step, 66_051.0 * step]
    );
    assert_eq!(mono(32, &[0, 0, 0, 0x80, 0, 0, 0, 0x40, 0xFF, 0xFF, 0xFF, 0x7F]), [-1.0, 0.5, 1.0]);
}

#[test]
fn a_12_bit_file_uses_its_container() {
    let bytes = riff(&[fmt(1, 1, 44_100, 12), chunk(b"data", &[0x00, 0x40])]);
    assert_eq!(open_bytes(&bytes).unwrap(), [0.5]);
}

#[test]
fn non_finite_floats_pass_through() {
    let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30];
    let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let bytes = riff(&[fmt(3, 1, 48_000, 32), chunk(b"data", &data)]);
    let read = open_bytes(&bytes).unwrap();
    assert!(read[0].is_nan());
    assert_eq!(read[1..], values[1..]);
    let data: Vec<u8> = [f64::NAN, 1e300, -0.25].iter().flat_map(|v| v.to_le_bytes()).collect();
    let read = open_bytes(&riff(&[fmt(3, 1, 48_000, 64), chunk(b"data", &data)])).unwrap();
    assert!(read[0].is_nan());
    assert_eq!(read[1..], [f32::INFINITY, -0.25]);
}

#[test]
fn frames_outside_the_file_are_silence() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&folder, &stereo_16(&[0, 0x40, 0, 0x20, 0, 0xC0, 0, 0xE0]));
    let source = WavSource::open(&path).unwrap();
    assert_eq!(source.frames(), 2);
    assert_eq!(read_at(&source, -1, 4), [0.0, 0.0, 0.5, 0.25, -0.5, -0.25, 0.0, 0.0]);
    assert_eq!(read_at(&source, i64::MIN, 2), [0.0; 4]);
    assert_eq!(read_at(&source, i64::MAX, 2), [0.0; 4]);
}

#[test]
fn zero_length_data_is_a_valid_file_of_silence() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = riff(&[fmt(1, 2, 48_000, 16), chunk(b"data", &[]), chunk(b"LIST", b"info")]);
    let source = WavSource::open(&saved(&folder, &bytes)).unwrap();
    assert_eq!((source.frames(), source.header().warnings.len()), (0, 0));
    assert_eq!(read_at(&source, 0, 2), [0.0; 4]);
    assert!(source.identity().is_ok());
}

#[test]
fn truncated_data_is_refused_with_both_lengths() {
    let mut bytes = stereo_16(&[0; 400]);
    bytes.truncate(bytes.len() - 100);
    let error = parse(&bytes).unwrap_err();
    let path = "t.wav".into();
    assert_eq!(error, OpenError::Truncated { path, promised: 400, present: 300 });
    assert!(error.to_string().contains("400") && error.to_string().contains("get the file again"));
}

#[test]
fn an_unfinished_recording_is_read_to_its_end() {
    for (riff_size, data_size) in [(0, 0_u32), (36, 0), (u32::MAX, u32::MAX), (36, u32::MAX)] {
        let mut bytes = stereo_16(&[1; 10]);
        bytes[4..8].copy_from_slice(&u32::to_le_bytes(riff_size));
        bytes[40..44].copy_from_slice(&data_size.to_le_bytes());
        let header = parse(&bytes).unwrap();
        assert_eq!(header.frames, 2, "{riff_size} {data_size}");
        // One for the missing length, one for the half frame.
        assert_eq!(header.warnings.len(), 2);
    }
}

#[test]
fn an_empty_file_a_folder_and_a_missing_file_have_their_messages() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&folder, &[]);
    assert_eq!(WavSource::open(&path).unwrap_err(), OpenError::Empty { path: path.clone() });
    let path = folder.path().to_owned();
    assert_eq!(WavSource::open(&path).unwrap_err(), OpenError::NotAFile { path: path.clone() });
    let path = folder.path().join("none.wav");
    assert_eq!(WavSource::open(&path).unwrap_err(), OpenError::Missing { path: path.clone() });
}

#[test]
fn corrupt_headers_are_refused_by_name() {
    let data = || chunk(b"data", &[0; 16]);
    let mut block_align = fmt(1, 2, 48_000, 16);
    block_align[8 + 12] = 3;
    let cases: [(Vec<u8>, &str); 12] = [
        (b"RIFF".to_vec(), "WAV header"),
        (b"RIFF\0\0\0\0WAVX".to_vec(), "WAV header"),
        (riff(&[]), "no 'fmt ' chunk"),
        (riff(&[data()]), "no 'fmt ' chunk"),
        (riff(&[fmt(1, 2, 48_000, 16)]), "no 'data' chunk"),
        (riff(&[chunk(b"fmt ", &[1, 0, 2, 0]), data()]), "only 4 bytes"),
        (riff(&[fmt(1, 0, 48_000, 16), data()]), "0 channels"),
        (riff(&[fmt(1, 65, 48_000, 16), data()]), "65 channels"),
        (riff(&[fmt(1, 2, 0, 16), data()]), "0 Hz"),
        (riff(&[fmt(7, 1, 8_000, 8), data()]), "format 7"),
        (riff(&[block_align, data()]), "should take 4 bytes"),
        (riff(&[fmt(0xFFFE, 1, 48_000, 16), data()]), "only 16 bytes"),
    ];
    for (bytes, words) in cases {
        let message = parse(&bytes).unwrap_err().to_string();
        assert!(message.contains(words), "'{words}' not in: {message}");
    }
    let mut runs_over = riff(&[chunk(b"LIST", &[0; 4]), fmt(1, 2, 48_000, 16), data()]);
    runs_over[16..20].copy_from_slice(&0x7FFF_FFFF_u32.to_le_bytes());
    assert!(parse(&runs_over).unwrap_err().to_string().contains("'LIST' at byte 12 runs past"));
}

#[test]
fn too_many_chunks_are_refused() {
    let mut bytes = riff(&[fmt(1, 2, 48_000, 16)]);
    for _ in 0..20_000 {
        bytes.extend(chunk(b"junk", &[]));
    }
    assert!(parse(&bytes).unwrap_err().to_string().contains("more than 10000 chunks"));
}

#[test]
fn odd_chunks_are_padded_and_a_broken_tail_is_a_warning() {
    let mut bytes = riff(&[
        chunk(b"odd ", &[1, 2, 3]),
        fmt(1, 1, 48_000, 8),
        chunk(b"data", &[128; 5]),
        chunk(b"LIST", &[0; 8]),
    ]);
    assert_eq!(parse(&bytes).unwrap().frames, 5);
    bytes.truncate(bytes.len() - 2);
    let header = parse(&bytes).unwrap();
    assert_eq!((header.frames, header.warnings.len()), (5, 1));
}

#[test]
fn bext_time_reference_is_read() {
    let mut bext = vec![0; 602];
    bext[338..346].copy_from_slice(&0x1_2345_6789_u64.to_le_bytes());
    let bytes = riff(&[chunk(b"bext", &bext), fmt(1, 1, 48_000, 16), chunk(b"data", &[0; 4])]);
    assert_eq!(parse(&bytes).unwrap().time_reference, Some(0x1_2345_6789));
    let bytes = riff(&[chunk(b"bext", &[0; 20]), fmt(1, 1, 48_000, 16), chunk(b"data", &[])]);
    let header = parse(&bytes).unwrap();
    assert_eq!((header.time_reference, header.warnings.len()), (None, 1));
}

#[test]
fn long_files_take_their_size_from_ds64() {
    let mut ds64 = vec![0; 28];
    ds64[8..16].copy_from_slice(&8_u64.to_le_bytes());
    for id in [b"RF64", b"BW64"] {
        let mut bytes = riff(&[
            chunk(b"ds64", &ds64),
            fmt(1, 1, 48_000, 16),
            chunk(b"data", &[7; 8]),
            chunk(b"LIST", &[0; 4]),
        ]);
        bytes[..4].copy_from_slice(id);
        bytes[4..8].copy_from_slice(&[0xFF; 4]);
        let data = 12 + 36 + 24;
        bytes[data + 4..data + 8].copy_from_slice(&[0xFF; 4]);
        assert_eq!(parse(&bytes).unwrap().frames, 4);
        bytes[12 + 8 + 8..12 + 8 + 16].copy_from_slice(&(u64::MAX - 1).to_le_bytes());
        assert!(matches!(parse(&bytes), Err(OpenError::Truncated { .. })));
        bytes[12..16].copy_from_slice(b"JUNK");
        assert!(parse(&bytes).unwrap_err().to_string().contains("no 'ds64'"));
    }
}

#[test]
fn samples_beyond_4_gib_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let data_bytes = 5_000_000_000_u64;
    let mut ds64 = vec![0; 28];
    ds64[8..16].copy_from_slice(&data_bytes.to_le_bytes());
    let mut bytes = riff(&[chunk(b"ds64", &ds64), fmt(1, 1, 48_000, 16), chunk(b"data", &[])]);
    bytes[..4].copy_from_slice(b"RF64");
    let header = bytes.len();
    bytes[header - 4..].copy_from_slice(&[0xFF; 4]);
    std::fs::write(&path, &bytes).unwrap();
    // The file has a hole, and one sample at its end.
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(header as u64 + data_bytes - 2)).unwrap();
    file.write_all(&[0, 0x40]).unwrap();
    let source = WavSource::open(&path).unwrap();
    assert_eq!(source.frames(), 2_500_000_000);
    assert_eq!(read_at(&source, 2_499_999_998, 3), [0.0, 0.5, 0.0]);
}

#[test]
fn a_file_changed_while_open_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&folder, &stereo_16(&[0; 4000]));
    let source = WavSource::open(&path).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(100).unwrap();
    let message = source.reader(SimdLevel::detect()).err().unwrap().to_string();
    assert!(message.contains("changed while in use"), "{message}");
}

fn spec(encoding: WavEncoding, channels: u16) -> WavSpec {
    WavSpec { channels, sample_rate: rate(96_000), encoding }
}

#[test]
fn another_reader_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.wav");
    let options = WriteOptions { overwrite: true, ..WriteOptions::default() };
    let samples = [0.5, -0.25, 0.125, -1.0, 0.75, 0.0];
    for channels in [1, 2, 3] {
        for encoding in [WavEncoding::Signed16, WavEncoding::Signed24, WavEncoding::Signed32] {
            write(&path, spec(encoding, channels), options, &samples);
            let mut theirs = hound::WavReader::open(&path).unwrap();
            assert_eq!(theirs.spec().channels, channels);
            assert_eq!(theirs.spec().sample_rate, 96_000);
            let full_scale = 2_f64.powi_exact(encoding.bits() - 1);
            let read: Vec<f64> =
                theirs.samples::<i32>().map(|s| f64::from(s.unwrap()) / full_scale).collect();
            assert_eq!(read, samples.map(f64::from));
        }
        write(&path, spec(WavEncoding::Float32, channels), options, &samples);
        let read: Vec<f32> =
            hound::WavReader::open(&path).unwrap().samples().map(Result::unwrap).collect();
        assert_eq!(read, samples);
    }
}

/// 2^n without the platform's maths.
trait PowersOfTwo {
    fn powi_exact(self, n: u16) -> f64;
}

impl PowersOfTwo for f64 {
    fn powi_exact(self, n: u16) -> f64 {
        (0..n).fold(1.0, |value, _| value * self)
    }
}

#[test]
fn clipping_and_non_finite_samples_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.wav");
    let samples = [1.5, -1.5, f32::NAN, f32::INFINITY, 0.999, -1.0];
    let spec16 = spec(WavEncoding::Signed16, 1);
    let written = write(&path, spec16, WriteOptions::default(), &samples);
    assert_eq!((written.clipped_samples, written.non_finite_samples), (2, 2));
    let read = read_all(&WavSource::open(&path).unwrap());
    assert_eq!(read[..4], [32_767.0 / 32_768.0, -1.0, 0.0, 0.0]);
}

#[test]
fn dither_depends_on_the_seed_and_not_on_the_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.wav");
    let written = |dither, pieces: usize| {
        let options = WriteOptions { overwrite: true, hash: true, dither };
        let mut writer = WavWriter::create(&path, spec(WavEncoding::Signed16, 2), options).unwrap();
        for piece in [0.1; 600].chunks(pieces) {
            writer.write(piece).unwrap();
        }
        writer.finish().unwrap().pcm_sha256
    };
    assert_eq!(written(Dither::Triangular(1), 600), written(Dither::Triangular(1), 14));
    assert_ne!(written(Dither::Triangular(1), 600), written(Dither::Triangular(2), 600));
    assert_ne!(written(Dither::Triangular(1), 600), written(Dither::None, 600));
}

#[test]
fn the_pcm_digest_is_of_the_sample_bytes() {
    use sha2::Digest;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.wav");
    let options = WriteOptions { hash: true, ..WriteOptions::default() };
    let written = write(&path, spec(WavEncoding::Signed24, 1), options, &[0.5, -0.5, 0.25]);
    let expected: [u8; 32] = sha2::Sha256::digest([0, 0, 0x40, 0, 0, 0xC0, 0, 0, 0x20]).into();
    assert_eq!(written.pcm_sha256, Some(expected));
    // 9 bytes of data are padded to 10.
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 12 + 36 + 24 + 8 + 10);
    assert_eq!(WavSource::open(&path).unwrap().header().warnings, Vec::<String>::new());
}

#[test]
fn an_unfinished_file_leaves_nothing_and_zero_frames_are_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.wav");
    let spec = spec(WavEncoding::Signed24, 2);
    let mut writer = WavWriter::create(&path, spec, WriteOptions::default()).unwrap();
    writer.write(&[0.0; 64]).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(write(&path, spec, WriteOptions::default(), &[]).frames, 0);
    assert_eq!(WavSource::open(&path).unwrap().frames(), 0);
}

#[test]
fn identity_is_of_samples_rate_and_channels_not_of_the_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let samples = [0.5, -0.25, 0.125, 0.0];
    let identity = |encoding, channels, hz| {
        let path = folder.path().join("i.wav");
        let options = WriteOptions { overwrite: true, ..WriteOptions::default() };
        write(&path, WavSpec { channels, sample_rate: rate(hz), encoding }, options, &samples);
        WavSource::open(&path).unwrap().identity().unwrap()
    };
    let first = identity(WavEncoding::Signed16, 2, 48_000);
    assert_eq!(first, identity(WavEncoding::Float32, 2, 48_000));
    assert_ne!(first, identity(WavEncoding::Signed16, 1, 48_000));
    assert_ne!(first, identity(WavEncoding::Signed16, 2, 44_100));
}

fn any_encoding() -> impl Strategy<Value = WavEncoding> {
    prop_oneof![
        Just(WavEncoding::Signed16),
        Just(WavEncoding::Signed24),
        Just(WavEncoding::Signed32),
        Just(WavEncoding::Float32),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(
        encoding in any_encoding(),
        channels in 1_u16..=5,
        // Whole 16-bit steps survive every encoding.
        steps in prop::collection::vec(any::<i16>(), 0..400),
        pieces in prop::collection::vec(1_usize..50, 1..20),
        long in any::<bool>(),
        at in -20_i64..420,
    ) {
        let frames = steps.len() / usize::from(channels);
        let samples: Vec<f32> = steps[..frames * usize::from(channels)]
            .iter().map(|&s| f32::from(s) / 32_768.0).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.wav");
        let mut writer =
            WavWriter::create(&path, spec(encoding, channels), WriteOptions::default()).unwrap();
        if long {
            writer.set_riff_limit(0);
        }
        let mut left = samples.as_slice();
        for piece in pieces.iter().cycle() {
            let (now, later) =
                left.split_at((piece * usize::from(channels)).min(left.len()));
            writer.write(now).unwrap();
            left = later;
            if left.is_empty() {
                break;
            }
        }
        prop_assert_eq!(writer.finish().unwrap().frames, frames as u64);
        let id = std::fs::read(&path).unwrap()[..4].to_vec();
        prop_assert_eq!(id, if long { b"RF64" } else { b"RIFF" });
        let source = WavSource::open(&path).unwrap();
        prop_assert!(source.header().warnings.is_empty());
        prop_assert_eq!(read_all(&source), samples.clone());
        let part = read_at(&source, at, 30);
        let silence = vec![0.0; usize::from(channels)];
        for (frame, got) in (at..).zip(part.chunks_exact(usize::from(channels))) {
            let start = usize::try_from(frame).ok().map(|f| f * usize::from(channels));
            let expected = start.and_then(|s| samples.get(s..s + usize::from(channels)));
            prop_assert_eq!(got, expected.unwrap_or(&silence));
        }
    }

    #[test]
    fn mutated_files_never_panic(
        data in prop::collection::vec(any::<u8>(), 0..200),
        changes in prop::collection::vec((0_usize..120, any::<u8>()), 0..8),
        length in 0_usize..400,
    ) {
        let mut ds64 = vec![0; 28];
        ds64[8..16].copy_from_slice(&(data.len() as u64).to_le_bytes());
        let mut bytes =
            riff(&[chunk(b"ds64", &ds64), fmt(1, 2, 48_000, 24), chunk(b"data", &data)]);
        for (at, value) in changes {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        bytes.truncate(length);
        if let Ok(header) = parse(&bytes) {
            let end = header.data_offset + header.frames * header.frame_bytes() as u64;
            prop_assert!(end <= bytes.len() as u64);
            open_bytes(&bytes).unwrap();
        }
    }
}

#[test]
fn reading_in_any_order_over_several_windows_equals_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.wav");
    // 900 kB of 24-bit stereo: two windows and a bit.
    let mut state = 1_u32;
    let samples: Vec<f32> = (0..300_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(i16::try_from(state >> 17).unwrap()) / 16_384.0 - 1.0
        })
        .collect();
    write(&path, spec(WavEncoding::Signed24, 2), WriteOptions::default(), &samples);
    let source = WavSource::open(&path).unwrap();
    assert_eq!(read_all(&source), samples);
    let mut reader = source.reader(SimdLevel::detect()).unwrap();
    for step in 0..200_usize {
        let frame = (step * 7_919) % 149_000;
        let mut out = [0.0; 2 * 777];
        reader.read(i64::try_from(frame).unwrap(), &mut out).unwrap();
        let frames = (150_000 - frame).min(777);
        assert_eq!(out[..frames * 2], samples[frame * 2..(frame + frames) * 2]);
    }
}

/// Frames written straight into lanes are those that are read, at every level, inside the file and
/// around its ends, across windows, and the other lanes stay as they are.
#[test]
fn pairs_are_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<u8> =
        (0..6 * 87_501_u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = saved(&folder, &riff(&[fmt(1, 2, 48_000, 24), chunk(b"data", &data)]));
    let source = WavSource::open(&path).unwrap();
    for level in SimdLevel::available() {
        let mut reader = source.reader(level).unwrap();
        for (position, frames) in
            [(0, 256), (87_300, 155), (87_490, 40), (-7, 30), (88_000, 9), (-9, 9)]
        {
            let plain = read_at(&source, position, frames);
            let mut block = vec![2.0; 16 * frames];
            assert!(reader.read_pairs(position, &mut block, 16, 6).unwrap());
            for (row, pair) in block.chunks_exact(16).zip(plain.chunks_exact(2)) {
                assert_eq!(row[6..8], *pair, "{level} {position}");
                assert!(row[..6].iter().chain(&row[8..]).all(|x| *x == 2.0), "{level} {position}");
            }
        }
    }
    let path = saved(&folder, &stereo_16(&[0; 400]));
    let mut reader = WavSource::open(&path).unwrap().reader(SimdLevel::detect()).unwrap();
    assert!(!reader.read_pairs(0, &mut [0.0; 32], 16, 0).unwrap());
}

/// A `smpl` chunk before or after the data, or in place of a chunk that lies about its size.
#[test]
fn the_smpl_chunk_is_read_wherever_it_stands() {
    let wav = |chunks: [&[u8]; 2]| {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        bytes.extend(48_000_u32.to_le_bytes());
        bytes.extend(96_000_u32.to_le_bytes());
        bytes.extend(b"\x02\0\x10\0");
        bytes.extend(chunks[0]);
        bytes.extend(b"data\xc8\0\0\0");
        bytes.extend([0; 200]);
        bytes.extend(chunks[1]);
        WavHeader::parse(Path::new("a.wav"), &bytes)
    };
    let chunk = |size: u32, content: &[u8]| [b"smpl", &size.to_le_bytes()[..], content].concat();
    let content = super::super::smpl::chunk(61, 5, &[[0, 10, 99, 0]]);
    let whole = chunk(60, &content);
    for chunks in [[&whole[..], &[]], [&[], &whole], [&whole, &chunk(36, &[0; 36])]] {
        let header = wav(chunks).unwrap();
        assert_eq!((header.marks.looped, header.marks.pitch), (Some((10, 99)), Some((61, 5))));
        assert!(header.warnings.is_empty() && header.mark_warnings.is_empty());
    }
    // What it says of itself is no business of clips.
    let behind = super::super::smpl::chunk(61, 5, &[[0, 10, 100, 0]]);
    let header = wav([&chunk(60, &behind), &[]]).unwrap();
    assert_eq!((header.marks.looped, header.warnings.len()), (None, 0));
    assert!(header.mark_warnings[0].contains("in its 100 frames"), "{:?}", header.mark_warnings);
    // Longer than the file: ignored behind the data, refused before it.
    let header = wav([&[], &chunk(9_000, &content)]).unwrap();
    assert_eq!(header.marks, SampleMarks::default());
    assert!(header.warnings[0].contains("'smpl'"), "{:?}", header.warnings);
    assert!(wav([&chunk(9_000, &content), &[]]).is_err());
}
