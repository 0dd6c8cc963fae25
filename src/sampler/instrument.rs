//! An instrument as its text says it: regions, and the names of their samples.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::error::{SfzError, SfzErrorKind};
use super::lexer::{Token, next_token};
use super::opcodes::{Given, Settings};
use super::preprocessor::{Preprocessor, shown};
use super::region::{Region, Switches};

/// Longest text, in bytes.
pub const MAX_TEXT_BYTES: usize = 1 << 24;

/// Most regions.
pub const MAX_REGIONS: usize = 1 << 16;

/// Most samples.
pub const MAX_SAMPLES: usize = 1 << 14;

/// Most names of opcodes that are told apart among those that are not played.
const MAX_UNKNOWN: usize = 256;

/// What the text of an SFZ file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    regions: Vec<Region>,
    samples: Vec<String>,
    unknown: BTreeMap<String, usize>,
    text_sha256: [u8; 32],
}

impl Instrument {
    /// Reads the text of an SFZ file.
    ///
    /// # Errors
    /// Where it is none, says something that nothing can mean, or comes to too much.
    pub fn parse(bytes: &[u8]) -> Result<Self, SfzError> {
        if bytes.len() > MAX_TEXT_BYTES {
            return Err(SfzErrorKind::TooMany { what: "bytes", limit: MAX_TEXT_BYTES }.at(1));
        }
        let not_text = |at: usize| {
            let before = String::from_utf8_lossy(&bytes[..at]);
            SfzErrorKind::NotText.at(unix_lines(&before).split('\n').count())
        };
        let text = std::str::from_utf8(bytes).map_err(|error| not_text(error.valid_up_to()))?;
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            return Err(not_text(at));
        }
        let mut reader = Reader::default();
        let mut preprocessor = Preprocessor::default();
        let text = unix_lines(text.strip_prefix('\u{feff}').unwrap_or(text));
        for (line, number) in text.split('\n').zip(1..) {
            let line = preprocessor.line(line, number)?;
            reader.read(&line, number)?;
        }
        preprocessor.finish()?;
        reader.finish(Sha256::digest(bytes).into())
    }

    /// The regions, in the order of the text; at least one. What nothing can ever play is not there.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The samples the regions name: paths from the folder of the SFZ file, parts with `/` between.
    pub fn samples(&self) -> &[String] {
        &self.samples
    }

    /// The samples by the names that a session gives them which calls the SFZ file `file`.
    pub fn files_beside(&self, file: &str) -> Vec<String> {
        let folder = file.rfind(['/', std::path::MAIN_SEPARATOR]).map_or("", |at| &file[..=at]);
        self.samples.iter().map(|name| format!("{folder}{name}")).collect()
    }

    /// The regions, to settle what they leave to their samples.
    pub(super) fn regions_mut(&mut self) -> &mut [Region] {
        &mut self.regions
    }

    /// Opcodes (and headers, in brackets) that are not played, each with how often it is there.
    pub fn unknown(&self) -> &BTreeMap<String, usize> {
        &self.unknown
    }

    /// SHA-256 of the text.
    pub fn text_sha256(&self) -> [u8; 32] {
        self.text_sha256
    }
}

/// Gives the regions that a key chooses the keys that choose, and the default of these.
fn settle_switches(regions: &mut [Region]) {
    let chosen = |region: &&mut Region| region.switches.last.is_some();
    let named = regions.iter().filter(|region| region.switches.range.is_none());
    let named = named.filter_map(|region| region.switches.last);
    let named = named.fold(0, |keys, key| keys | Switches::bit(key));
    let mut defaults = BTreeMap::new();
    for region in regions.iter_mut().filter(chosen) {
        let switches = &mut region.switches;
        let whole = |(low, high)| (low..=high).fold(0, |keys, key| keys | Switches::bit(key));
        switches.choosing = switches.range.map_or(named, whole);
        if let Some(default) = switches.default {
            defaults.insert(switches.choosing, default);
        }
    }
    for region in regions.iter_mut().filter(chosen) {
        region.switches.default = defaults.get(&region.switches.choosing).copied();
    }
}

/// Every line ended in the way of Unix; old files end lines with carriage returns alone.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Longest name of a sample in bytes, with the default path before it.
const MAX_SAMPLE_NAME: usize = 4_096;

const GLOBAL: usize = 0;
const MASTER: usize = 1;
const GROUP: usize = 2;
const REGION: usize = 3;

/// The headers, as far as they are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    Control,
    /// One of the four levels that inherit.
    Level(usize),
    /// One whose opcodes are not played.
    Other,
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    header: Option<Header>,
    /// The settings of each level; `None` where it is not open.
    levels: [Option<Settings>; 4],
    default_path: String,
    /// Samples by name, as they come; regions have these numbers until the end.
    names: BTreeMap<String, usize>,
    regions: Vec<Region>,
    unknown: BTreeMap<String, usize>,
}

impl Reader {
    fn read(&mut self, line: &str, number: usize) -> Result<(), SfzError> {
        let mut rest = line;
        while let Some((token, after)) = next_token(rest, number)? {
            match token {
                Token::Header(name) => self.open(name, number)?,
                Token::Opcode { name, value } => {
                    let opcode = name.to_ascii_lowercase();
                    self.take(Given { opcode: &opcode, value, line: number })?;
                }
            }
            rest = after;
        }
        Ok(())
    }

    fn open(&mut self, name: &str, line: usize) -> Result<(), SfzError> {
        self.close_region()?;
        let header = match name.to_ascii_lowercase().as_str() {
            "control" => {
                // Its settings hold until the next one.
                self.default_path.clear();
                Header::Control
            }
            "global" => Header::Level(GLOBAL),
            "master" => Header::Level(MASTER),
            "group" => Header::Level(GROUP),
            "region" => Header::Level(REGION),
            _ => {
                self.count_unknown(&format!("<{}>", shown(name)));
                Header::Other
            }
        };
        self.header = Some(header);
        if let Header::Level(level) = header {
            let above = self.levels[..level].iter().rev().flatten().next();
            let mut settings = above.cloned().unwrap_or_default();
            settings.region.line = line;
            self.levels[level..].fill(None);
            self.levels[level] = Some(settings);
        }
        Ok(())
    }

    fn take(&mut self, given: Given<'_>) -> Result<(), SfzError> {
        let missing = || SfzErrorKind::NoHeader(shown(given.opcode)).at(given.line);
        match self.header.ok_or_else(missing)? {
            Header::Control if given.opcode == "default_path" => {
                self.default_path = given.value.replace('\\', "/");
            }
            Header::Level(level) => {
                let Some(settings) = &mut self.levels[level] else { return Ok(()) };
                if given.opcode == "sample" {
                    self.take_sample(level, given)?;
                } else if !settings.take(given)? {
                    self.count_unknown(given.opcode);
                }
            }
            Header::Control | Header::Other => self.count_unknown(given.opcode),
        }
        Ok(())
    }

    fn take_sample(&mut self, level: usize, given: Given<'_>) -> Result<(), SfzError> {
        let Some(settings) = &mut self.levels[level] else { return Ok(()) };
        settings.is_silence = given.value == "*silence";
        settings.region.sample = None;
        if settings.is_silence {
            return Ok(());
        }
        if given.value.starts_with('*') {
            return Err(SfzErrorKind::Generator(shown(given.value)).at(given.line));
        }
        if given.value.is_empty() {
            return Err(SfzErrorKind::NoSample.at(given.line));
        }
        if self.default_path.len() + given.value.len() > MAX_SAMPLE_NAME {
            let what = "bytes in the name of a sample";
            return Err(SfzErrorKind::TooMany { what, limit: MAX_SAMPLE_NAME }.at(given.line));
        }
        let name = format!("{}{}", self.default_path, given.value.replace('\\', "/"));
        if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
            return Err(SfzErrorKind::AbsoluteSample(shown(&name)).at(given.line));
        }
        let next = self.names.len();
        settings.region.sample = Some(*self.names.entry(name).or_insert(next));
        if self.names.len() > MAX_SAMPLES {
            let what = "samples";
            return Err(SfzErrorKind::TooMany { what, limit: MAX_SAMPLES }.at(given.line));
        }
        Ok(())
    }

    /// Keeps the region that is open.
    fn close_region(&mut self) -> Result<(), SfzError> {
        let Some(settings) = self.levels[REGION].take() else { return Ok(()) };
        if self.regions.len() == MAX_REGIONS {
            let (what, limit) = ("regions", MAX_REGIONS);
            return Err(SfzErrorKind::TooMany { what, limit }.at(settings.region.line));
        }
        self.regions.extend(settings.finish()?);
        Ok(())
    }

    fn count_unknown(&mut self, name: &str) {
        let is_told = self.unknown.contains_key(name) || self.unknown.len() < MAX_UNKNOWN;
        let name = if is_told { shown(name) } else { "others".to_owned() };
        *self.unknown.entry(name).or_default() += 1;
    }

    fn finish(mut self, text_sha256: [u8; 32]) -> Result<Instrument, SfzError> {
        self.close_region()?;
        if self.regions.is_empty() {
            return Err(SfzErrorKind::NoRegions.at(1));
        }
        settle_switches(&mut self.regions);
        // Only what regions play is read, in the order in which they name it.
        let mut numbers = vec![None; self.names.len()];
        let mut used = Vec::new();
        for region in &mut self.regions {
            let Some(sample) = region.sample else { continue };
            region.sample = Some(*numbers[sample].get_or_insert_with(|| {
                used.push(sample);
                used.len() - 1
            }));
        }
        let mut names = vec![String::new(); self.names.len()];
        for (name, number) in self.names {
            names[number] = name;
        }
        let samples = used.into_iter().map(|sample| std::mem::take(&mut names[sample])).collect();
        Ok(Instrument { regions: self.regions, samples, unknown: self.unknown, text_sha256 })
    }
}
