//! What a pass of stems gave, as programs read it.

use serde::Serialize;

use super::run::Stemmed;
use crate::hash::hex;
use crate::measure::Loudness;
use crate::request::Bounced;

/// What was rendered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StemsReport {
    /// The stems, in the order of the session.
    pub stems: Vec<StemReport>,
    /// The mix, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<StemReport>,
    /// Ids of tracks without a stem: they are muted, or others are soloed.
    pub silent: Vec<String>,
    /// Seconds it took.
    pub wall_seconds: f64,
    /// Processor seconds it took, all threads together.
    pub cpu_seconds: f64,
    /// What the listener should know of.
    pub warnings: Vec<String>,
}

/// One stem.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StemReport {
    /// The track's id.
    pub track: String,
    /// The file; the first one where it is split.
    pub output: String,
    /// Frames in it.
    pub frames: u64,
    /// Channels in it.
    pub channels: u16,
    /// Its rate in hertz.
    pub sample_rate: u32,
    /// SHA-256 of its interleaved samples as written, hexadecimal.
    pub pcm_sha256: String,
    /// SHA-256 of the signal at the session's rate as interleaved little-endian f32, before every
    /// export step, hexadecimal; of the mix it is what `wavemill bounce` calls `mix_sha256`.
    pub signal_sha256: String,
    /// Loudness and true peak, unless switched off.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub loudness: Option<Loudness>,
    /// True where nothing was rendered: the store had the finished file.
    pub served: bool,
}

impl StemsReport {
    /// What `stemmed` gave for the tracks `ids`; how long it took is left open.
    pub fn new(stemmed: &Stemmed, ids: &[&str]) -> Self {
        let stems = ids.iter().zip(&stemmed.stems);
        let warnings = stemmed.warnings.iter();
        let mut report = Self {
            stems: Vec::new(),
            mix: stemmed.mix.as_ref().map(|mix| of_stem(super::MIX_NAME, mix)),
            silent: Vec::new(),
            wall_seconds: 0.0,
            cpu_seconds: 0.0,
            warnings: warnings
                .map(|warning| format!("{}: {}", warning.path, warning.what))
                .collect(),
        };
        for (id, stem) in stems {
            match stem {
                Some(stem) => report.stems.push(of_stem(id, stem)),
                None => report.silent.push((*id).to_owned()),
            }
        }
        for stem in report.silent.clone() {
            report.warnings.push(format!(
                "tracks/{stem}: no stem, for it is muted or another track is soloed; \
                 --tap pre-fader takes what comes before that"
            ));
        }
        let stems =
            ids.iter().zip(&stemmed.stems).filter_map(|(id, stem)| Some((*id, stem.as_ref()?)));
        for (id, stem) in stems.chain(stemmed.mix.iter().map(|mix| (super::MIX_NAME, mix))) {
            let sentences = stem.sentences().into_iter();
            report.warnings.extend(sentences.map(|sentence| format!("{id}: {sentence}")));
        }
        report
    }
}

fn of_stem(id: &str, bounced: &Bounced) -> StemReport {
    let file = bounced.exported.files.first();
    let facts = bounced.exported.facts;
    StemReport {
        track: id.to_owned(),
        output: file.map_or_else(String::new, |file| file.path.display().to_string()),
        frames: facts.frames,
        channels: facts.channels,
        sample_rate: facts.sample_rate_hz,
        pcm_sha256: file.map_or_else(String::new, |file| hex(&file.pcm_sha256)),
        signal_sha256: hex(&bounced.mix_sha256),
        loudness: facts.loudness,
        served: bounced.served,
    }
}
