//! FLAC files: any position gives the samples that were encoded; damage is an error, never a panic.

use proptest::prelude::*;
use tempfile::TempDir;
use wavemill_core::audio::{FrameError, FrameSource, SampleMarks};
use wavemill_core::simd::SimdLevel;

use super::super::OpenError;
use super::FlacSource;
use super::test_files::{Subframe, encode};

fn open(folder: &TempDir, bytes: &[u8]) -> Result<FlacSource, OpenError> {
    let path = folder.path().join("t.flac");
    std::fs::write(&path, bytes).unwrap();
    FlacSource::open(&path)
}

fn read_at(source: &FlacSource, position: i64, frames: usize) -> Result<Vec<f32>, FrameError> {
    let mut out = vec![9.0; frames * source.channels()];
    source.reader(SimdLevel::detect())?.read(position, &mut out)?;
    Ok(out)
}

fn noise(samples: usize, bits: u32) -> Vec<i32> {
    let mut state = 1_u32;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.cast_signed() >> (32 - bits)
        })
        .collect()
}

fn scaled(samples: &[i32], bits: u32) -> Vec<f32> {
    let scale = f64::from(1_u32 << (bits - 1));
    samples
        .iter()
        .map(|&s| {
            // Up to 24 bits are exact in f32.
            #[allow(clippy::cast_possible_truncation)]
            let value = (f64::from(s) / scale) as f32;
            value
        })
        .collect()
}

#[test]
fn every_width_and_channel_count_is_decoded_exactly() {
    let folder = tempfile::tempdir().unwrap();
    for bits in [8, 16, 24] {
        for channels in [1, 2, 6] {
            for subframe in [Subframe::Verbatim, Subframe::Fixed] {
                let samples = noise(1000 * channels, bits);
                let bytes = encode(&samples, channels, 44_100, bits, 192, subframe, true);
                let source = open(&folder, &bytes).unwrap();
                assert_eq!((source.channels(), source.frames()), (channels, 1000));
                assert_eq!(source.sample_rate().hz(), 44_100);
                assert_eq!(read_at(&source, 0, 1000).unwrap(), scaled(&samples, bits));
            }
        }
    }
}

#[test]
fn random_jumps_equal_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let samples = noise(2 * 400_000, 16);
    let bytes = encode(&samples, 2, 48_000, 16, 4096, Subframe::Verbatim, true);
    let source = open(&folder, &bytes).unwrap();
    let whole = scaled(&samples, 16);
    let mut reader = source.reader(SimdLevel::detect()).unwrap();
    // The first jump goes far ahead of anything noted.
    for step in 0..300_usize {
        let frame = (399_000 + step * 77_773) % 399_900;
        let mut out = vec![0.0; 2 * 500];
        reader.read(i64::try_from(frame).unwrap(), &mut out).unwrap();
        let inside = 2 * (400_000 - frame).min(500);
        assert_eq!(out[..inside], whole[frame * 2..][..inside], "step {step}");
        assert!(out[inside..].iter().all(|&sample| sample == 0.0));
    }
}

#[test]
fn frames_outside_the_file_are_silence_and_no_frames_are_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let source =
        open(&folder, &encode(&[64, -64], 1, 48_000, 8, 64, Subframe::Verbatim, true)).unwrap();
    assert_eq!(read_at(&source, -1, 4).unwrap(), [0.0, 0.5, -0.5, 0.0]);
    let source = open(&folder, &encode(&[], 1, 48_000, 8, 64, Subframe::Verbatim, true)).unwrap();
    assert_eq!(source.frames(), 0);
    assert_eq!(read_at(&source, 0, 2).unwrap(), [0.0; 2]);
}

#[test]
fn a_file_that_does_not_say_its_length_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let samples = noise(10_000, 16);
    let bytes = encode(&samples, 1, 48_000, 16, 1024, Subframe::Fixed, false);
    let source = open(&folder, &bytes).unwrap();
    assert_eq!(source.frames(), 10_000);
    assert_eq!(read_at(&source, 0, 10_000).unwrap(), scaled(&samples, 16));
}

#[test]
fn a_cut_file_is_an_error_that_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = encode(&noise(10_000, 16), 1, 48_000, 16, 1024, Subframe::Verbatim, true);
    bytes.truncate(bytes.len() / 2);
    let source = open(&folder, &bytes).unwrap();
    assert!(read_at(&source, 0, 3000).is_ok());
    let message = source.identity().unwrap_err().to_string();
    assert!(message.contains("cut short near frame 4096 of 10000"), "{message}");
}

#[test]
fn damage_in_the_middle_is_an_error_and_the_rest_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let samples = noise(10_000, 16);
    let mut bytes = encode(&samples, 1, 48_000, 16, 1024, Subframe::Verbatim, true);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    let source = open(&folder, &bytes).unwrap();
    let message = source.identity().unwrap_err().to_string();
    assert!(message.contains("damaged"), "{message}");
    assert_eq!(read_at(&source, 100, 50).unwrap(), scaled(&samples[100..150], 16));
}

#[test]
fn corrupt_metadata_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let good = encode(&noise(100, 16), 1, 48_000, 16, 64, Subframe::Verbatim, true);
    let mut kind = good.clone();
    kind[4] = 4;
    let mut rate = good.clone();
    rate[18] = 0;
    rate[19] = 0;
    rate[20] &= 0x0F;
    let mut endless = good[..42].to_vec();
    for _ in 0..20_000 {
        endless.extend([1, 0, 0, 0]);
    }
    for (bytes, words) in [
        (&b"OggS"[..], "FLAC header"),
        (&good[..20], "ends within its metadata"),
        (&good[..44], "ends within its metadata"),
        (&kind, "first metadata block"),
        (&rate, "0 Hz"),
        (&endless, "more than 10000 metadata blocks"),
    ] {
        let message = open(&folder, bytes).unwrap_err().to_string();
        assert!(message.contains(words), "'{words}' not in: {message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_never_panic(
        changes in prop::collection::vec((0_usize..2000, any::<u8>()), 1..10),
        length in 0_usize..3000,
        fixed in any::<bool>(),
    ) {
        let subframe = if fixed { Subframe::Fixed } else { Subframe::Verbatim };
        let mut bytes = encode(&noise(600, 16), 2, 48_000, 16, 64, subframe, true);
        for (at, value) in changes {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        bytes.truncate(length.max(1));
        let folder = tempfile::tempdir().unwrap();
        if let Ok(source) = open(&folder, &bytes) {
            // Any result will do, so long as there is one.
            let _ = read_at(&source, 0, 400);
            let _ = read_at(&source, 299, 1);
        }
    }
}

/// As `flac --keep-foreign-metadata` keeps the chunks of a WAV file.
#[test]
fn a_smpl_chunk_that_was_kept_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let plain = encode(&noise(500, 16), 1, 44_100, 16, 192, Subframe::Verbatim, true);
    let block = |id: &[u8], content: &[u8], size: usize| {
        let size = u32::try_from(size).unwrap().to_le_bytes();
        let body = [b"riff", id, &size[..], content].concat();
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&[2][..], &length[1..], &body].concat()
    };
    let opened = |blocks: &[Vec<u8>]| {
        let (head, rest) = plain.split_at(4 + 4 + 34);
        open(&folder, &[head, &blocks.concat(), rest].concat()).unwrap()
    };
    let content = super::super::smpl::chunk(64, 7, &[[1, 0, 9, 0], [0, 100, 499, 0]]);
    let whole = block(b"smpl", &content, content.len());
    let source = opened(&[block(b"fmt ", &[0; 16], 16), whole]);
    assert_eq!(source.marks().looped, Some((100, 499)));
    assert_eq!(source.marks().pitch, Some((64, 7)));
    assert_eq!(source.mark_warnings().len(), 1);
    assert_eq!(source.frames(), 500);
    // One that is longer than its block is none.
    let source = opened(&[block(b"smpl", &content, content.len() + 1)]);
    assert_eq!(source.marks(), SampleMarks::default());
    assert_eq!(opened(&[]).marks(), SampleMarks::default());
}
