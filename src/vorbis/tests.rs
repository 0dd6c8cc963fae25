//! Tests of decoding: exactly what was written, the formulas, damage, and that no bytes do harm.

use proptest::prelude::*;

use super::bits::Bits;
use super::codebook::{Codebook, MAX_VALUES};
use super::transform::Transform;
use super::*;
use crate::math::{cos_pi, sin_pi};

const MOST: usize = 1 << 20;

fn decode(bytes: &[u8]) -> Result<Vec<i16>, VorbisError> {
    Decoder::default().decode(bytes, MOST).map(|stream| stream.frames)
}

/// Loud and of all frequencies, with a sine below.
#[allow(clippy::cast_possible_truncation)] // Within 16 bits.
fn material(frames: u32) -> Vec<i16> {
    let noise = |n: u32| (n.wrapping_mul(0x9e37_79b1) ^ n.wrapping_mul(n) << 7) >> 18;
    let sine = |n: u32| sin_pi(f64::from(n) / 50.0) * 12_000.0;
    (0..frames).map(|n| (f64::from(noise(n)) - 8_192.0 + sine(n)) as i16).collect()
}

#[test]
fn what_is_written_comes_back_to_the_bit_whatever_the_blocks() {
    for blocks in [&[true][..], &[false], &[true, false, false], &[false, true, true, false]] {
        for frames in [0, 1, 127, 128, 700, 5_000] {
            let material = material(frames);
            let bytes = write(&material, 44_100, blocks);
            let stream = Decoder::default().decode(&bytes, MOST).unwrap();
            assert_eq!(stream.rate_hz, 44_100);
            assert!(stream.frames == material, "{frames} frames, {blocks:?}");
        }
    }
}

#[test]
fn loud_streams_are_clipped() {
    let material: Vec<i16> = (0..3_000).map(|n| [i16::MAX, i16::MIN][n / 50 % 2]).collect();
    assert!(decode(&write(&material, 8_000, &[true])).unwrap() == material);
}

#[test]
fn a_decoder_goes_on_with_streams_of_other_headers() {
    let (first, second) = (material(900), material(1_400));
    let mut decoder = Decoder::default();
    for (material, rate_hz) in [(&first, 44_100), (&second, 44_100), (&first, 32_000)] {
        let stream = decoder.decode(&write(material, rate_hz, &[true, false]), MOST).unwrap();
        assert!(stream.frames == *material && stream.rate_hz == rate_hz);
    }
}

/// The inverse transform by its formula (1.3.2).
#[test]
fn the_transform_is_the_formula() {
    for size in [64, 128, 256, 2_048, 8_192] {
        let spectrum: Vec<f32> =
            (0..size / 2).map(|k| ((k * 37 % 101) as f32) / 101.0 - 0.5).collect();
        let mut block = vec![0.0; size];
        Transform::new(size).inverse(&spectrum, &mut block);
        for at in (0..size).step_by(size / 64 + 1) {
            let cosine = |k: usize| {
                let turns = (2 * at + 1 + size / 2) * (2 * k + 1) % (4 * size);
                cos_pi(turns as f64 / (2 * size) as f64)
            };
            let wanted: f64 =
                spectrum.iter().enumerate().map(|(k, value)| f64::from(*value) * cosine(k)).sum();
            let off = (f64::from(block[at]) - wanted).abs();
            assert!(off < 2e-7 * size as f64, "{size} {at}: {off}");
        }
    }
}

/// Overlapping slopes keep power, so that what the transform folds goes away (4.3.1).
#[test]
fn slopes_keep_power() {
    for size in [64, 8_192] {
        let slope = Transform::new(size).slope;
        for (rise, fall) in slope.iter().zip(slope.iter().rev()) {
            assert!((rise * rise + fall * fall - 1.0).abs() < 1e-6);
        }
    }
}

/// A codebook of `lengths` without vectors, as bytes.
fn book(lengths: &[u32]) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
    put(0x56_4342, 24);
    put(1, 16);
    put(u32::try_from(lengths.len()).unwrap(), 24);
    put(0b10, 2);
    for length in lengths {
        put(u32::from(*length > 0), 1);
        if *length > 0 {
            put(length - 1, 5);
        }
    }
    put(0, 4);
    bits.chunks(8)
        .map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | u8::from(*bit)))
        .collect()
}

fn read_book(lengths: &[u32]) -> Result<Codebook, VorbisError> {
    Codebook::read(&mut Bits::new(&book(lengths)), &mut MAX_VALUES.clone())
}

/// Codes are written with their first bit on top.
fn entry(book: &Codebook, code: &str) -> Option<u32> {
    let bytes = code.bytes().enumerate().fold([0_u8; 5], |mut bytes, (at, bit)| {
        bytes[at / 8] |= (bit - b'0') << (at % 8);
        bytes
    });
    book.entry(&mut Bits::new(&bytes[..code.len().div_ceil(8)]))
}

/// The example of 3.2.1, and codes longer than those that are looked up at once.
#[test]
fn codes_are_those_of_the_specification() {
    let small = read_book(&[2, 4, 4, 4, 4, 2, 3, 3]).unwrap();
    let codes = ["00", "0100", "0101", "0110", "0111", "10", "110", "111"];
    for (number, code) in codes.iter().enumerate() {
        assert_eq!(entry(&small, code).map(|entry| entry as usize), Some(number), "{code}");
    }
    let mut lengths: Vec<u32> = (1..=24).collect();
    lengths.push(24);
    lengths.insert(3, 0);
    let long = read_book(&lengths).unwrap();
    assert_eq!(entry(&long, "10"), Some(1));
    assert_eq!(entry(&long, "1110"), Some(4));
    assert_eq!(entry(&long, &"1".repeat(24)), Some(25));
    assert_eq!(entry(&long, &format!("{}0", "1".repeat(15))), Some(16));
    assert_eq!(entry(&long, &"1".repeat(16)), None);
}

#[test]
fn books_whose_codes_do_not_fit_are_refused() {
    assert!(read_book(&[1]).is_ok() && read_book(&[1, 1]).is_ok() && read_book(&[0, 0]).is_ok());
    for lengths in [&[1, 1, 1][..], &[1, 2], &[2], &[3, 3, 3, 3, 3, 3, 3, 3, 3]] {
        assert!(read_book(lengths).is_err(), "{lengths:?}");
    }
}

#[test]
fn damage_is_named() {
    let bytes = write(&material(3_000), 44_100, &[true]);
    let message = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
    assert_eq!(decode(b"RIFF").unwrap_err(), VorbisError::NotOgg);
    assert_eq!(decode(b"").unwrap_err(), VorbisError::NotOgg);
    assert_eq!(decode(&bytes[..20]).unwrap_err(), VorbisError::Page { page: 1 });
    assert!(message(&bytes[..bytes.len() - 1]).contains("damaged or missing"));
    let mut changed = bytes.clone();
    changed[3_000] ^= 1;
    assert!(matches!(decode(&changed).unwrap_err(), VorbisError::Page { page: 2.. }));
    // The second page is left out.
    let second = bytes.windows(4).skip(1).position(|window| window == b"OggS").unwrap() + 1;
    let third = bytes[second + 1..].windows(4).position(|window| window == b"OggS").unwrap();
    let without = [&bytes[..second], &bytes[second + 1 + third..]].concat();
    assert_eq!(decode(&without).unwrap_err(), VorbisError::Page { page: 2 });
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        repair(&mut bytes);
        decode(&bytes).unwrap_err()
    };
    assert_eq!(with(39, 2), VorbisError::Channels { channels: 2 });
    assert!(matches!(with(28, 9), VorbisError::Header { .. }));
    assert!(matches!(with(56, 0x8f), VorbisError::Header { .. }));
    let most = Decoder::default().decode(&bytes, 2_999);
    assert_eq!(most.unwrap_err(), VorbisError::TooLong { frames: 2_999 });
}

/// A last page may say that there are hours; what is decoded counts.
#[test]
fn lengths_that_lie_give_what_is_there() {
    let mut bytes = write(&material(3_000), 44_100, &[true]);
    let last = bytes.windows(4).rposition(|window| window == b"OggS").unwrap();
    bytes[last + 6..last + 14].copy_from_slice(&900_000_u64.to_le_bytes());
    repair(&mut bytes);
    assert_eq!(decode(&bytes).unwrap().len(), 3_072);
    bytes[last + 6..last + 14].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    repair(&mut bytes);
    assert_eq!(decode(&bytes).unwrap_err(), VorbisError::TooLong { frames: MOST });
    // Less than there is: nothing is decoded that does not count, but for a page or so.
    let long = write(&material(60_000), 44_100, &[true]);
    let mut short = long.clone();
    let last = short.windows(4).rposition(|window| window == b"OggS").unwrap();
    short[last + 6..last + 14].copy_from_slice(&0_u64.to_le_bytes());
    repair(&mut short);
    let [whole, none] = [long, short].map(|bytes| Decoder::default().decode(&bytes, MOST).unwrap());
    assert_eq!((whole.frames.len(), none.frames.len()), (60_000, 0));
    assert!(none.decoded_frames < whole.decoded_frames / 2, "{}", none.decoded_frames);
}

/// Packets of nothing take memory too: there may be as many as there are shortest blocks.
#[test]
fn packets_without_end_are_refused() {
    let packets = vec![(Vec::new(), 0); 100];
    let bytes = super::ogg::write(&packets);
    let refused = |most| Decoder::default().decode(&bytes, most).unwrap_err();
    assert_eq!(refused(64), VorbisError::TooLong { frames: 64 });
    assert!(matches!(refused(32 * 100), VorbisError::Header { .. }));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        in_setup in any::<bool>(),
    ) {
        let mut bytes = write(&material(700), 44_100, &[true, false]);
        let length = if in_setup { 300 } else { bytes.len() };
        for (at, byte) in changes {
            bytes[at.index(length)] = byte;
        }
        repair(&mut bytes);
        if let Ok(frames) = decode(&bytes) {
            prop_assert!(frames.len() <= MOST);
        }
    }
}
