//! What a SoundFont is made from, and its bytes: for tests, benches and generated material.

use crate::vorbis;

/// A SoundFont to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FontSource {
    /// Its samples.
    pub samples: Vec<SampleSource>,
    /// Its instruments: the zones of each, whose target is a sample.
    pub instruments: Vec<Vec<ZoneSource>>,
    /// Its presets.
    pub presets: Vec<PresetSource>,
}

/// A sample to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleSource {
    /// Its frames, each 24 bits in the upper bytes.
    pub frames: Vec<i32>,
    /// First frame of its loop, and one past its last.
    pub loop_frames: (u32, u32),
    /// Frames a second.
    pub rate_hz: u32,
    /// The key it was recorded at.
    pub root_key: u8,
    /// What to add to its pitch, in cents.
    pub correction_cents: i8,
    /// Its type; 1 is mono. With bit 4 it is compressed (SF3), and has the 16 upper bits.
    pub kind: u16,
}

/// A zone to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneSource {
    /// Generators, by the specification's numbers, and their amounts.
    pub generators: Vec<(u16, i16)>,
    /// Modulators.
    pub modulators: Vec<ModulatorSource>,
    /// What it plays; `None` for a global zone.
    pub target: Option<u16>,
}

/// A modulator to be written, in the specification's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModulatorSource {
    /// What it listens to and with which curve.
    pub source: u16,
    /// The generator it adds to.
    pub destination: u16,
    /// Of what.
    pub amount: i16,
    /// By what that is multiplied.
    pub by: u16,
    /// What happens to the product: 0 nothing, 2 its magnitude.
    pub transform: u16,
}

/// A preset to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresetSource {
    /// Its name, of at most 20 bytes.
    pub name: String,
    /// Bank.
    pub bank: u16,
    /// Program.
    pub program: u16,
    /// Its zones, whose target is an instrument.
    pub zones: Vec<ZoneSource>,
}

impl SampleSource {
    fn is_compressed(&self) -> bool {
        self.kind & 0x10 != 0
    }

    /// Its stream; nothing where it is not compressed.
    #[allow(clippy::cast_possible_truncation)] // The upper bits of 32.
    fn stream(&self) -> Vec<u8> {
        if !self.is_compressed() {
            return Vec::new();
        }
        let frames: Vec<i16> = self.frames.iter().map(|frame| (frame >> 16) as i16).collect();
        vorbis::write(&frames, self.rate_hz, &[true, false])
    }
}

/// Frames of silence after each sample, as the specification asks.
const GAP: usize = 46;

impl FontSource {
    /// The bytes of the file; with `is_24_bit` the samples have all of their bits.
    pub fn to_bytes(&self, is_24_bit: bool) -> Vec<u8> {
        let version = if self.samples.iter().any(SampleSource::is_compressed) { 3 } else { 2 };
        let info = [chunk(b"ifil", &[version, 0, 4, 0]), chunk(b"isng", b"EMU8000\0")].concat();
        let info = [info, chunk(b"INAM", b"generated\0")].concat();
        let (mut high, mut low) = (Vec::new(), Vec::new());
        for sample in &self.samples {
            if sample.is_compressed() {
                high.extend(sample.stream());
                continue;
            }
            // Frames start at even bytes.
            high.resize(high.len().next_multiple_of(2), 0);
            low.resize(high.len() / 2, 0);
            for frame in sample.frames.iter().copied().chain(std::iter::repeat_n(0, GAP)) {
                let [_, a, b, c] = frame.to_le_bytes();
                high.extend([b, c]);
                low.push(a);
            }
        }
        low.resize(high.len() / 2, 0);
        let mut sdta = chunk(b"smpl", &high);
        if is_24_bit {
            sdta.extend(chunk(b"sm24", &low));
        }
        let lists = [list(b"INFO", &info), list(b"sdta", &sdta), list(b"pdta", &self.pdta())];
        chunk(b"RIFF", &[b"sfbk".as_slice(), &lists.concat()].concat())
    }

    fn pdta(&self) -> Vec<u8> {
        let presets = self.presets.iter().map(|preset| preset.zones.as_slice());
        let [pbag, pmod, pgen] = zone_lists(presets, 41);
        let [ibag, imod, igen] = zone_lists(self.instruments.iter().map(Vec::as_slice), 53);
        [
            chunk(b"phdr", &self.preset_headers()),
            chunk(b"pbag", &pbag),
            chunk(b"pmod", &pmod),
            chunk(b"pgen", &pgen),
            chunk(b"inst", &self.instrument_headers()),
            chunk(b"ibag", &ibag),
            chunk(b"imod", &imod),
            chunk(b"igen", &igen),
            chunk(b"shdr", &self.sample_headers()),
        ]
        .concat()
    }

    fn preset_headers(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut bag = 0;
        let end = PresetSource { name: "EOP".to_owned(), ..PresetSource::default() };
        for preset in self.presets.iter().chain([&end]) {
            bytes.extend(name(&preset.name));
            bytes.extend([preset.program, preset.bank, count(bag)].map(u16::to_le_bytes).concat());
            bytes.extend([0; 12]);
            bag += preset.zones.len();
        }
        bytes
    }

    fn instrument_headers(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut bag = 0;
        for (index, zones) in self.instruments.iter().chain([&Vec::new()]).enumerate() {
            bytes.extend(name(&format!("instrument {index}")));
            bytes.extend(count(bag).to_le_bytes());
            bag += zones.len();
        }
        bytes
    }

    fn sample_headers(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut at = 0;
        let end = SampleSource::default();
        for (index, sample) in self.samples.iter().chain([&end]).enumerate() {
            bytes.extend(name(&format!("sample {index}")));
            let (first, last) = sample.loop_frames;
            let (frames, stream) = (long(sample.frames.len()), sample.stream().len());
            let range = if sample.is_compressed() {
                [at, at + stream].map(long)
            } else {
                at = at.next_multiple_of(2);
                [long(at / 2), long(at / 2) + frames]
            };
            let looped = if sample.is_compressed() { 0 } else { range[0] };
            let numbers = [range[0], range[1], looped + first, looped + last, sample.rate_hz];
            bytes.extend(numbers.map(u32::to_le_bytes).concat());
            bytes.extend([sample.root_key, sample.correction_cents.cast_unsigned()]);
            bytes.extend([0, sample.kind].map(u16::to_le_bytes).concat());
            at += if sample.is_compressed() { stream } else { 2 * (sample.frames.len() + GAP) };
        }
        bytes
    }
}

/// The bags, modulators and generators of zones; `target` is the generator that ends one.
fn zone_lists<'a>(owners: impl Iterator<Item = &'a [ZoneSource]>, target: u16) -> [Vec<u8>; 3] {
    let [mut bags, mut modulators, mut generators] = [Vec::new(), Vec::new(), Vec::new()];
    let end = ZoneSource::default();
    let zones: Vec<&ZoneSource> = owners.flatten().collect();
    for zone in zones.into_iter().chain([&end]) {
        let starts = [count(generators.len() / 4), count(modulators.len() / 10)];
        bags.extend(starts.map(u16::to_le_bytes).concat());
        let last = zone.target.map(|index| (target, index.cast_signed()));
        for (generator, amount) in zone.generators.iter().copied().chain(last) {
            generators.extend([generator, amount.cast_unsigned()].map(u16::to_le_bytes).concat());
        }
        for modulator in &zone.modulators {
            let ModulatorSource { source, destination, amount, by, transform } = *modulator;
            let numbers = [source, destination, amount.cast_unsigned(), by, transform];
            modulators.extend(numbers.map(u16::to_le_bytes).concat());
        }
    }
    generators.extend([0; 4]);
    modulators.extend([0; 10]);
    [bags, modulators, generators]
}

fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let pad: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    [id.as_slice(), &long(content.len()).to_le_bytes(), content, pad].concat()
}

fn list(form: &[u8; 4], content: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[form.as_slice(), content].concat())
}

fn name(text: &str) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    bytes
}

fn count(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn long(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
