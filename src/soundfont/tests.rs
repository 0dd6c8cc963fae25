//! Tests of reading: what is there, what is refused, and that no bytes do harm.

use proptest::prelude::*;

use super::testing::{busy, constant, font, sine, source, zone};
use super::*;

/// `bytes` with the content of the first chunk `id` changed.
fn with_chunk(bytes: &[u8], id: &[u8; 4], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = bytes.windows(4).position(|window| window == id).unwrap() + 8;
    change(&mut bytes[at..]);
    bytes
}

fn message(bytes: &[u8]) -> String {
    SoundFont::parse(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_written_is_read() {
    let mut written = source(vec![sine(), constant()], vec![zone(1, &[(48, 70), (58, 50)])]);
    written.presets[0].zones = vec![zone(0, &[(43, 0x4030), (44, 0x7f01), (48, 30), (52, -9)])];
    written.presets.push(PresetSource { bank: 0, program: 3, ..written.presets[0].clone() });
    written.presets[0].program = 9;
    let font = font(&written);
    let programs: Vec<u16> = font.presets().iter().map(|preset| preset.program).collect();
    assert_eq!(programs, [3, 9]);
    assert_eq!((font.preset(0, 9), font.preset(0, 4), font.preset(1, 3)), (Some(1), None, None));
    assert_eq!(font.presets()[1].name, "one");
    let region = &font.regions()[font.presets()[1].regions.start];
    assert_eq!((region.keys, region.velocities), ((48, 64), (1, 127)));
    assert!(region.plays(48, 1) && !region.plays(65, 100) && !region.plays(60, 0));
    // The preset's is added to the instrument's; the root key is the instrument's own.
    let values = [48, 52, 58, 8].map(|generator| region.generators.get(generator));
    assert_eq!(values, [100, -9, 50, 13_500]);
    let sample = region.sample;
    assert_eq!((sample.end - sample.start, sample.loop_end - sample.loop_start), (400, 200));
    assert!(font.data()[sample.start..sample.end].iter().all(|x| *x == 0.5));
    assert_eq!(font.data()[sample.end], 0.0);
    assert_eq!(font.modulators(region), Modulator::DEFAULT);
}

#[test]
fn all_24_bits_are_read_and_16_where_there_are_no_more() {
    let mut sample = constant();
    sample.frames[0] = -0x1234_5600;
    let written = source(vec![sample], vec![zone(0, &[])]);
    for (is_24_bit, wanted) in [(true, -0x12_3456), (false, -0x12_3500)] {
        let font = SoundFont::parse(&written.to_bytes(is_24_bit)).unwrap();
        let start = font.regions()[0].sample.start;
        assert_eq!(font.data()[start] * 8_388_608.0, wanted as f32);
    }
}

#[test]
fn global_zones_hold_where_a_zone_says_nothing() {
    let global = ZoneSource { target: None, ..zone(0, &[(48, 50), (17, -100)]) };
    let written = source(vec![sine()], vec![global, zone(0, &[(17, 200)]), zone(0, &[])]);
    let font = font(&written);
    let values = font.regions().iter().map(|r| [r.generators.get(48), r.generators.get(17)]);
    assert_eq!(values.collect::<Vec<_>>(), [[50, 200], [50, -100]]);
}

#[test]
fn a_files_modulators_replace_the_default_ones_or_come_on_top() {
    let mut inner = zone(0, &[]);
    // Velocity to attenuation, as the default but for the amount; and controller 74 to the cutoff.
    inner.modulators = vec![
        ModulatorSource { source: 0x0502, destination: 48, amount: 480, ..Default::default() },
        ModulatorSource { source: 0x00ca, destination: 8, amount: -3_000, ..Default::default() },
    ];
    let mut written = source(vec![sine()], vec![inner.clone()]);
    written.presets[0].zones[0].modulators = vec![inner.modulators[0]];
    let font = font(&written);
    let modulators = font.modulators(&font.regions()[0]);
    assert_eq!(modulators.len(), 12);
    assert_eq!(modulators[0], Modulator { amount: 480, ..Modulator::DEFAULT[0] });
    assert_eq!(modulators[10].source, Source::Controller(74));
    assert_eq!(modulators[11], modulators[0]);
}

/// Before 2.04 velocity lowers the cutoff of soft notes only. An instrument that turns it off may do
/// so in the form of either version.
#[test]
fn velocity_to_cutoff_is_that_of_the_files_version() {
    let second = |bytes: &[u8]| {
        let font = SoundFont::parse(bytes).unwrap();
        let modulators = font.modulators(&font.regions()[0]).to_vec();
        assert_eq!(modulators.len(), 10);
        modulators[1]
    };
    let bytes = source(vec![sine()], vec![zone(0, &[])]).to_bytes(false);
    let old = with_chunk(&bytes, b"ifil", |content| content[2] = 1);
    assert_eq!(second(&bytes).by, Source::None);
    assert_eq!((second(&old).by, second(&old).amount), (Source::Velocity, -2_400));
    let at = |velocity| second(&old).by_curve.at(velocity);
    assert_eq!([1.0, 63.0, 64.0, 127.0].map(at), [1.0, 1.0, 0.0, 0.0]);
    for by in [0, 0x0d02] {
        let mut inner = zone(0, &[]);
        let off = ModulatorSource { source: 0x0102, destination: 8, by, ..Default::default() };
        inner.modulators = vec![off];
        let bytes = source(vec![sine()], vec![inner]).to_bytes(false);
        let old = with_chunk(&bytes, b"ifil", |content| content[2] = 1);
        assert_eq!([second(&bytes).amount, second(&old).amount], [0, 0], "{by}");
    }
}

#[test]
fn offsets_move_a_sample_but_not_out_of_the_data() {
    let moving = [(0, 10), (1, -20), (2, 30), (3, 7)];
    let written = source(vec![constant()], vec![zone(0, &moving), zone(0, &[(12, 30_000)])]);
    let font = font(&written);
    let (first, whole) = (font.regions()[0].sample, font.regions()[1].sample);
    assert_eq!((first.start - whole.start, first.end - whole.start), (10, 380));
    assert_eq!((first.loop_start - whole.start, first.loop_end - whole.start), (130, 307));
    assert!(whole.end < font.data().len());
}

#[test]
fn damage_is_named() {
    let bytes = busy().to_bytes(false);
    assert_eq!(SoundFont::parse(b"RIFF").unwrap_err(), SoundFontError::Format);
    assert_eq!(SoundFont::parse(b"").unwrap_err(), SoundFontError::Format);
    assert!(message(&bytes[..bytes.len() - 1]).contains("'RIFF'"));
    let mut lying = bytes.clone();
    let at = lying.windows(4).position(|window| window == b"pgen").unwrap();
    lying[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(message(&lying).contains("'pgen' says 4294967295 bytes"), "{}", message(&lying));
    let missing = bytes.clone();
    let at = missing.windows(4).position(|window| window == b"shdr").unwrap();
    let mut odd = bytes.clone();
    odd[at + 4] -= 2;
    assert!(message(&odd).contains("multiple of 46"), "{}", message(&odd));
    let mut missing = missing;
    missing[at] = b'x';
    assert!(message(&missing).contains("'shdr' is missing"));
}

#[test]
fn indices_that_point_nowhere_are_refused() {
    let bytes = busy().to_bytes(false);
    // The first bag of the preset, of the instrument; the first generator of a bag.
    for (chunk, at) in [(b"phdr", 24), (b"inst", 20), (b"ibag", 0), (b"pbag", 0), (b"ibag", 2)] {
        let bad = with_chunk(&bytes, chunk, |content| content[at] = 200);
        let name = String::from_utf8_lossy(chunk).into_owned();
        assert!(message(&bad).contains(&format!("chunk '{name}' points to")), "{}", message(&bad));
    }
    let far = source(vec![sine()], vec![zone(7, &[])]);
    assert!(message(&far.to_bytes(false)).contains("points to 7, outside of 0 to 0"));
    let none = FontSource { presets: Vec::new(), ..busy() };
    assert_eq!(SoundFont::parse(&none.to_bytes(false)).unwrap_err(), SoundFontError::NoPresets);
}

#[test]
fn samples_in_rom_are_silent() {
    let written = source(vec![SampleSource { kind: 0x8001, ..sine() }], vec![zone(0, &[(50, 1)])]);
    let sample = font(&written).regions()[0].sample;
    assert_eq!(sample.start, sample.end);
}

/// `samples` in 16 bits, compressed.
fn compressed(samples: &[SampleSource]) -> Vec<SampleSource> {
    let sixteen = |frame: &i32| frame & !0xffff;
    let of = |sample: &SampleSource| SampleSource {
        frames: sample.frames.iter().map(sixteen).collect(),
        kind: sample.kind | 0x10,
        ..sample.clone()
    };
    samples.iter().map(of).collect()
}

/// The frames of a region's sample, from some before its start to some after its end, and its loop.
fn heard(font: &SoundFont, region: usize) -> (Vec<f32>, [usize; 3]) {
    let sample = font.regions()[region].sample;
    let frames = font.data()[sample.start - 8..sample.end + 8].to_vec();
    (frames, [sample.end, sample.loop_start, sample.loop_end].map(|at| at - sample.start))
}

/// What is compressed without loss is what it was: frames, loops, and what offsets make of them.
#[test]
fn compressed_samples_are_what_they_were() {
    let offsets = [(0, 10), (1, -20), (2, 30), (3, 7)];
    let zones = vec![zone(0, &[]), zone(1, &[]), zone(0, &offsets), zone(2, &[])];
    let plain = vec![sine(), constant(), sine()];
    let mut samples = compressed(&plain);
    // One file may have both.
    samples[2].kind = 1;
    let bytes = source(samples, zones.clone()).to_bytes(false);
    let other = SoundFont::parse(&source(plain, zones).to_bytes(false)).unwrap();
    let font = SoundFont::parse(&bytes).unwrap();
    assert_eq!((font.decoder(), other.decoder()), (Some("vorbis/1"), None));
    // Before a start that was moved lies what it was moved over, and before frames bytes of streams.
    for (region, before) in [(0, 0), (1, 0), (2, 8), (3, 8)] {
        let ((ours, our_loop), (others, their_loop)) =
            (heard(&font, region), heard(&other, region));
        assert!(ours[before..] == others[before..], "region {region}");
        assert_eq!(our_loop, their_loop, "region {region}");
    }
}

/// A compressed sample's neighbours in memory are not those in the file.
#[test]
fn offsets_keep_within_a_compressed_sample() {
    let far = [(12, 1), (4, -1)];
    let samples = compressed(&[constant(), sine(), constant()]);
    let font = font(&source(samples, vec![zone(1, &far), zone(1, &[(12, -1), (4, 1)])]));
    let lengths = font.regions().iter().map(|region| (region.sample.start, region.sample.end));
    let lengths: Vec<usize> = lengths.map(|(start, end)| end - start).collect();
    assert_eq!(lengths, [1_400, 0]);
}

/// Samples of one stream are decoded once.
#[test]
fn streams_are_shared() {
    let bytes = source(compressed(&[sine(), sine()]), vec![zone(0, &[]), zone(1, &[])]);
    let bytes = bytes.to_bytes(false);
    let second = with_chunk(&bytes, b"shdr", |headers| headers.copy_within(20..28, 46 + 20));
    let (one, two) = (SoundFont::parse(&second).unwrap(), SoundFont::parse(&bytes).unwrap());
    assert_eq!(one.regions()[0].sample, one.regions()[1].sample);
    assert_eq!(one.data().len() + 1_408, two.data().len());
}

#[test]
fn compressed_samples_that_are_none_are_named() {
    let bytes = source(compressed(&[sine(), constant()]), vec![zone(0, &[])]).to_bytes(false);
    // The end of the second, in bytes, and its start.
    let cut = with_chunk(&bytes, b"shdr", |headers| {
        let end: [u8; 4] = headers[46 + 24..][..4].try_into().unwrap();
        let end = (u32::from_le_bytes(end) - 1).to_le_bytes();
        headers[46 + 24..][..4].copy_from_slice(&end);
    });
    let named = "sample 1 'sample 1' cannot be decoded: page ";
    assert!(message(&cut).contains(named), "{}", message(&cut));
    let moved = with_chunk(&bytes, b"shdr", |headers| headers[46 + 20] ^= 1);
    let named = "sample 1 'sample 1' cannot be decoded: it is no Ogg stream";
    assert!(message(&moved).contains(named), "{}", message(&moved));
    // One without bytes is silent, as it is where nothing is compressed.
    let empty = with_chunk(&bytes, b"shdr", |headers| headers.copy_within(24..28, 20));
    let empty = SoundFont::parse(&empty).unwrap().regions()[0].sample;
    assert_eq!([empty.end, empty.loop_start, empty.loop_end], [empty.start; 3]);
}

/// Ranges that overlap may not make a small file a long one to read.
#[test]
fn streams_are_not_read_over_and_over() {
    let written = source(compressed(&vec![sine(); 4]), vec![zone(0, &[])]);
    let bytes = with_chunk(&written.to_bytes(false), b"shdr", |headers| {
        let end: [u8; 4] = headers[3 * 46 + 24..][..4].try_into().unwrap();
        (0..4).for_each(|sample| headers[46 * sample + 24..][..4].copy_from_slice(&end));
    });
    assert!(message(&bytes).contains("more than 2 readings"), "{}", message(&bytes));
}

/// Writers of SF3 files leave out the zero behind a chunk of an odd size.
#[test]
fn chunks_of_an_odd_size_need_nothing_behind_them() {
    let bytes = source(compressed(&[sine()]), vec![zone(0, &[])]).to_bytes(false);
    let at = bytes.windows(4).position(|window| window == b"smpl").unwrap();
    let sized = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let size = sized(&bytes, at + 4);
    assert_eq!(size % 2, 1);
    let mut odd = bytes.clone();
    assert_eq!(odd.remove(at + 8 + usize::try_from(size).unwrap()), 0);
    // The file, and the list of sample data, which is odd now and has none either.
    for at in [4, at - 8] {
        let less = sized(&odd, at) - 1;
        odd[at..at + 4].copy_from_slice(&less.to_le_bytes());
    }
    assert_eq!(SoundFont::parse(&odd).unwrap().data(), SoundFont::parse(&bytes).unwrap().data());
}

/// Pairs of zones multiply: a small file may not take all memory.
#[test]
fn a_file_that_grows_is_refused() {
    let mut written = source(vec![sine()], vec![zone(0, &[]); 2_000]);
    written.presets[0].zones = vec![zone(0, &[]); 2_000];
    assert!(message(&written.to_bytes(false)).contains("more than 524288 pairs of zones"));
}

#[test]
fn pairs_that_play_nothing_count_as_well() {
    // Keys 0 to 10 of the preset, 20 to 30 of the instrument.
    let mut written = source(vec![sine()], vec![zone(0, &[(43, 20 | 30 << 8)]); 5_000]);
    written.presets[0].zones = vec![zone(0, &[(43, 10 << 8)]); 5_000];
    assert!(message(&written.to_bytes(false)).contains("more than 16777216 pairs of zones"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
        is_compressed in any::<bool>(),
    ) {
        let mut written = busy();
        if is_compressed {
            written.samples = compressed(&written.samples);
        }
        let mut bytes = written.to_bytes(true);
        // Most of the file is samples, which nothing depends on: change what is behind them.
        let lists = bytes.windows(4).position(|window| window == b"pdta").unwrap();
        for (at, byte) in changes {
            let at = lists + at.index(bytes.len() - lists);
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(font) = SoundFont::parse(&bytes) {
            for region in font.regions() {
                let sample = region.sample;
                for at in [sample.loop_start, sample.loop_end] {
                    prop_assert!((sample.start..=sample.end).contains(&at));
                }
                prop_assert!(sample.end < font.data().len());
            }
            for preset in font.presets() {
                prop_assert!(preset.regions.end <= font.regions().len());
            }
        }
    }
}
