//! An instrument with its samples: all that a player needs, and its identity.

use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::{SfzError, SfzErrorKind};
use super::instrument::Instrument;
use super::region::{LoopMode, Region};
use super::sample::{MAX_SAMPLE_VALUES, Sample, SampleError};
use crate::audio::{AudioLibraryError, FrameSource, SampleMarks};

/// Separates these digests from all others.
const DOMAIN: &[u8] = b"wavemill sampled instrument 2\0";

/// An instrument and all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct SampledInstrument {
    instrument: Instrument,
    /// By their number in the instrument.
    samples: Vec<Sample>,
    /// The names of the samples as the session would call them.
    files: Vec<String>,
    identity: [u8; 32],
}

/// The frames of a sample that a region plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From its offset to its end.
    pub frames: Range<usize>,
    /// The loop, which lies in the sample and ends no later than [`Self::frames`]; empty where it
    /// never loops.
    pub looped: Range<usize>,
}

impl SampledInstrument {
    /// Reads the instrument of the session's file `file`, whose text is `text`. Each sample is
    /// opened by the name the session would give it, at its own rate.
    ///
    /// # Errors
    /// Where the text is no instrument, or a sample is not there or not what the text says of it;
    /// with the line.
    pub fn load(
        file: &str,
        text: &[u8],
        mut open: impl FnMut(&str) -> Result<Arc<dyn FrameSource>, AudioLibraryError>,
    ) -> Result<Self, AudioLibraryError> {
        let refused = |error: SfzError| AudioLibraryError::Unreadable {
            file: file.to_owned(),
            reason: error.to_string(),
        };
        let mut instrument = Instrument::parse(text).map_err(refused)?;
        let files = instrument.files_beside(file);
        let mut samples = Vec::with_capacity(files.len());
        let mut left = MAX_SAMPLE_VALUES;
        for (number, path) in files.iter().enumerate() {
            let wrong = |what: String| {
                let mut regions = instrument.regions().iter();
                let region = regions.find(|region| region.sample == Some(number));
                let line = region.map_or(1, |region| region.line);
                refused(SfzErrorKind::Sample(what).at(line))
            };
            let source = open(path).map_err(|error| wrong(told(&error)))?;
            let sample = Sample::read(&*source, left).map_err(|error| match error {
                // It names the file itself.
                SampleError::Read(error) => wrong(error.to_string()),
                error => wrong(format!("'{path}' {error}")),
            })?;
            left -= sample.values();
            samples.push(sample);
        }
        for region in instrument.regions_mut() {
            if let Some(sample) = region.sample.and_then(|number| samples.get(number)) {
                settle(region, sample);
            }
        }
        for region in instrument.regions() {
            check(region, &instrument, &samples).map_err(refused)?;
        }
        let mut digest = Sha256::new();
        digest.update(DOMAIN);
        digest.update(instrument.text_sha256());
        for sample in &samples {
            digest.update(sample.identity());
            digest.update(bytes_of(sample.marks()));
        }
        Ok(Self { instrument, samples, files, identity: digest.finalize().into() })
    }

    /// What the text says.
    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// The samples, by their number in the instrument.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The files of the samples, as the session would call them.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// SHA-256 of the text, the identities of all samples and what their files say of them.
    pub fn identity(&self) -> [u8; 32] {
        self.identity
    }

    /// The sample of a region and the frames of it that play; `None` for silence.
    pub fn stretch(&self, region: &Region) -> Option<(&Sample, Stretch)> {
        let sample = self.samples.get(region.sample?)?;
        let last = sample.frames() - 1;
        let within = |frame: u64| usize::try_from(frame).unwrap_or(last).min(last);
        let end = region.end.map_or(last, within) + 1;
        let looped = match region.loop_mode {
            // What a release started would never end.
            Some(LoopMode::Continuous | LoopMode::Sustain) if !region.is_release() => {
                within(region.loop_start.unwrap_or(0))
                    ..(region.loop_end.map_or(last, within) + 1).min(end)
            }
            _ => 0..0,
        };
        Some((sample, Stretch { frames: within(region.offset)..end, looped }))
    }
}

/// Takes from a sample's file what a region leaves to it. A loop of the file that is not within what the
/// region plays is none, and does not make up for half of one in the text that lies behind it.
fn settle(region: &mut Region, sample: &Sample) {
    let SampleMarks { looped, pitch } = sample.marks();
    if let Some((key, higher)) = pitch.filter(|_| region.has_pitch_of_sample) {
        region.pitch_keycenter = key;
        region.tune_cents -= f64::from(higher) * (100.0 / 4_294_967_296.0);
    }
    let last = region.end.unwrap_or(u64::MAX);
    let looped = looped.filter(|(_, end)| region.offset <= *end && *end <= last);
    let by_itself = if looped.is_some() { LoopMode::Continuous } else { LoopMode::None };
    region.loop_mode = region.loop_mode.or(Some(by_itself));
    let Some((start, end)) = looped else { return };
    match (region.loop_start, region.loop_end) {
        (None, given) if start <= given.unwrap_or(end) => {
            (region.loop_start, region.loop_end) = (Some(start), given.or(Some(end)));
        }
        (Some(given), None) if given <= end => region.loop_end = Some(end),
        _ => {}
    }
}

/// What a file says of a sample, one way for each that it can be.
fn bytes_of(marks: SampleMarks) -> [u8; 23] {
    let mut bytes = [0; 23];
    if let Some((start, end)) = marks.looped {
        bytes[0] = 1;
        bytes[1..9].copy_from_slice(&start.to_le_bytes());
        bytes[9..17].copy_from_slice(&end.to_le_bytes());
    }
    if let Some((key, higher)) = marks.pitch {
        (bytes[17], bytes[18]) = (1, key);
        bytes[19..].copy_from_slice(&higher.to_le_bytes());
    }
    bytes
}

/// Fails where a region names frames that its sample does not have.
fn check(region: &Region, instrument: &Instrument, samples: &[Sample]) -> Result<(), SfzError> {
    let Some(number) = region.sample else { return Ok(()) };
    let (Some(sample), Some(name)) = (samples.get(number), instrument.samples().get(number)) else {
        return Ok(());
    };
    let frames = sample.frames() as u64;
    // What a release starts never loops.
    let loops = !region.is_release()
        && matches!(region.loop_mode, Some(LoopMode::Continuous | LoopMode::Sustain));
    // An end behind that of the sample is that of the sample, as players have it.
    let places = [
        ("offset", Some(region.offset)),
        ("loop_start", region.loop_start.filter(|_| loops)),
        ("loop_end", region.loop_end.filter(|_| loops)),
    ];
    for (opcode, value) in places {
        if let Some(value) = value.filter(|value| *value >= frames) {
            let sample = name.clone();
            let kind = SfzErrorKind::OutsideSample { opcode, value, sample, frames };
            return Err(kind.at(region.line));
        }
    }
    let last = region.end.map_or(frames - 1, |end| end.min(frames - 1));
    let loop_last = region.loop_end.unwrap_or(last).min(last);
    let ranges = [
        ("offset", region.offset, "end", last, true),
        ("loop_start", region.loop_start.unwrap_or(0), "loop_end", loop_last, loops),
        ("offset", region.offset, "loop_end", loop_last, loops),
    ];
    for (low, from, high, to, counts) in ranges {
        if counts && from > to {
            let (from, to) = (from.to_string(), to.to_string());
            return Err(SfzErrorKind::Range { low, from, high, to }.at(region.line));
        }
    }
    Ok(())
}

/// An error of opening a sample, without what it repeats.
fn told(error: &AudioLibraryError) -> String {
    match error {
        AudioLibraryError::Missing { file } => {
            format!("'{file}' is missing: put it there, or correct its name")
        }
        AudioLibraryError::Unreadable { file, reason } => {
            format!("'{file}' cannot be read: {reason}")
        }
    }
}
