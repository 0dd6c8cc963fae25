//! A SoundFont: all of its presets, resolved to regions.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::modulator::Modulator;
use super::record::{Level, Records, number};
use super::region::{Region, moved};
use super::sample::{self, Stored};
use super::zone::{self, Zone, both, zones};
use super::{SoundFontError, generators as generator, riff};
use crate::vorbis;

/// Most regions of all presets together.
const MAX_REGIONS: usize = 1 << 19;

/// Most pairs of a preset's zone and one of its instrument that are looked at.
const MAX_PAIRS: usize = 1 << 24;

/// Most regions of a preset: a note looks at all of them.
const MAX_PRESET_REGIONS: usize = 1 << 14;

/// Most modulators of all regions together, and of all zones.
const MAX_MODULATORS: usize = 1 << 22;

/// A SoundFont.
#[derive(Clone, Debug)]
pub struct SoundFont {
    identity: [u8; 32],
    decoder: Option<&'static str>,
    data: Vec<f32>,
    presets: Vec<Preset>,
    regions: Vec<Region>,
    modulators: Vec<Modulator>,
}

/// A preset: a sound that a program of a bank chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Bank; 128 is percussion. Events choose 0 to 128.
    pub bank: u16,
    /// Program. Events choose 0 to 127.
    pub program: u16,
    /// Its name for people.
    pub name: String,
    /// Its regions in [`SoundFont::regions`].
    pub regions: Range<usize>,
}

impl SoundFont {
    /// Reads a SoundFont.
    ///
    /// # Errors
    /// Where it is none, is damaged, or needs what is not supported.
    pub fn parse(bytes: &[u8]) -> Result<Self, SoundFontError> {
        if !bytes.starts_with(b"RIFF") || bytes.get(8..12) != Some(b"sfbk") {
            return Err(SoundFontError::Format);
        }
        let form = riff::find(bytes, b"RIFF")?.unwrap_or_default();
        let chunks = riff::content(form, b"sfbk").ok_or(SoundFontError::Format)?;
        let pdta = riff::find_list(chunks, b"pdta")?;
        let pdta = pdta.ok_or(SoundFontError::Missing { chunk: "pdta" })?;
        let sdta = riff::find_list(chunks, b"sdta")?.unwrap_or_default();
        let (data, samples, is_compressed) = sample::read(&Records::find(pdta, "shdr")?, sdta)?;
        let mut font = Self {
            identity: Sha256::digest(bytes).into(),
            decoder: is_compressed.then_some(vorbis::VERSION),
            data,
            presets: Vec::new(),
            regions: Vec::new(),
            modulators: Modulator::defaults(version(chunks)).to_vec(),
        };
        font.resolve(pdta, &samples)?;
        if font.presets.is_empty() {
            return Err(SoundFontError::NoPresets);
        }
        font.presets.sort_by_key(|preset| (preset.bank, preset.program));
        Ok(font)
    }

    /// SHA-256 of the file's bytes.
    pub fn identity(&self) -> [u8; 32] {
        self.identity
    }

    /// Name and version of what decoded its samples, where any are compressed.
    pub fn decoder(&self) -> Option<&'static str> {
        self.decoder
    }

    /// All sample data, with some silence before and after it.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The presets in order of bank and program.
    pub fn presets(&self) -> &[Preset] {
        &self.presets
    }

    /// The regions of all presets.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The modulators of a region.
    pub fn modulators(&self, region: &Region) -> &[Modulator] {
        self.modulators.get(region.modulators.clone()).unwrap_or_default()
    }

    /// The index of the preset of `program` in `bank`.
    pub fn preset(&self, bank: u16, program: u16) -> Option<usize> {
        let first = self.presets.partition_point(|p| (p.bank, p.program) < (bank, program));
        let found = self.presets.get(first)?;
        ((found.bank, found.program) == (bank, program)).then_some(first)
    }

    /// Resolves all presets of `pdta`.
    fn resolve(&mut self, pdta: &[u8], samples: &[Stored]) -> Result<(), SoundFontError> {
        let presets = Level::<38>::find(pdta, ["phdr", "pbag", "pmod", "pgen"], 24)?;
        let instruments = Level::<22>::find(pdta, ["inst", "ibag", "imod", "igen"], 20)?;
        let count = instruments.headers.entries().len();
        let target = (generator::SAMPLE, samples.len());
        let mut modulators = 0;
        let mut zones_of = |index| {
            let zones = zones(&instruments, index, target)?;
            bounded(&mut modulators, modulators_in(&zones), "modulators", MAX_MODULATORS)?;
            Ok(zones)
        };
        let instruments: Vec<Vec<Zone>> =
            (0..count).map(&mut zones_of).collect::<Result<_, _>>()?;
        let mut pairs = 0;
        for (index, header) in presets.headers.entries().iter().enumerate() {
            let first = self.regions.len();
            let outers = zones(&presets, index, (generator::INSTRUMENT, count))?;
            bounded(&mut modulators, modulators_in(&outers), "modulators", MAX_MODULATORS)?;
            for outer in outers {
                bounded(&mut pairs, instruments[outer.target].len(), "pairs of zones", MAX_PAIRS)?;
                for inner in &instruments[outer.target] {
                    self.region(&outer, inner, &samples[inner.target])?;
                }
            }
            bounded(&mut 0, self.regions.len() - first, "regions in a preset", MAX_PRESET_REGIONS)?;
            let name = header.split(|byte| *byte == 0).next().unwrap_or_default();
            let name = &name[..name.len().min(20)];
            self.presets.push(Preset {
                bank: number(header, 22),
                program: number(header, 20),
                name: String::from_utf8_lossy(name).trim().to_owned(),
                regions: first..self.regions.len(),
            });
        }
        Ok(())
    }

    /// Adds what `outer`, of a preset, and `inner`, of its instrument, make together.
    fn region(
        &mut self,
        outer: &Zone,
        inner: &Zone,
        stored: &Stored,
    ) -> Result<(), SoundFontError> {
        let keys = both(outer.keys, inner.keys);
        let (Some(keys), Some(velocities)) = (keys, both(outer.velocities, inner.velocities))
        else {
            return Ok(());
        };
        let generators = outer.stated.added_to(inner.stated.of_instrument());
        let modulators = self.modulators_of(outer, inner);
        let limits = [
            (self.regions.len(), "pairs of zones", MAX_REGIONS),
            (self.modulators.len(), "modulators", MAX_MODULATORS),
        ];
        for (count, what, limit) in limits {
            if count >= limit {
                return Err(SoundFontError::TooMany { what, limit });
            }
        }
        let sample = moved(stored.sample, &generators, stored.bounds);
        self.regions.push(Region { keys, velocities, sample, generators, modulators });
        Ok(())
    }

    /// The instrument's modulators in place of the default ones they are identical to, then what
    /// the preset adds.
    fn modulators_of(&mut self, outer: &Zone, inner: &Zone) -> Range<usize> {
        let first = self.modulators.len();
        if outer.modulators.is_empty() && inner.modulators.is_empty() {
            return 0..Modulator::DEFAULT.len();
        }
        let defaults = &self.modulators[..Modulator::DEFAULT.len()];
        let replaced = zone::replaced(defaults, &inner.modulators);
        self.modulators.extend(replaced);
        self.modulators.extend(&outer.modulators);
        first..self.modulators.len()
    }
}

/// The version a file says it has; 2.04 where it says nothing that can be read.
fn version(chunks: &[u8]) -> (u16, u16) {
    let info = riff::find_list(chunks, b"INFO").ok().flatten().unwrap_or_default();
    let stated = riff::find(info, b"ifil").ok().flatten().and_then(<[u8]>::first_chunk::<4>);
    stated.map_or((2, 4), |stated| (number(stated, 0), number(stated, 2)))
}

fn modulators_in(zones: &[Zone]) -> usize {
    zones.iter().map(|zone| zone.modulators.len()).sum()
}

/// Adds to `sum`; refuses more of `what` than `limit`.
fn bounded(
    sum: &mut usize,
    more: usize,
    what: &'static str,
    limit: usize,
) -> Result<(), SoundFontError> {
    *sum += more;
    if *sum > limit { Err(SoundFontError::TooMany { what, limit }) } else { Ok(()) }
}
