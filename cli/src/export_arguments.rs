//! How what was rendered goes into a file: the options of every command that writes one.

use std::path::Path;

use clap::{Args, ValueEnum};
use wavemill_core::time::SampleRate;
use wavemill_media::audio::wav::WavEncoding;
use wavemill_render::export::{ExportSpec, FileFormat};

use crate::failure::Failure;

/// Options of an export.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Rate of the file in hertz; the session's where left out.
    #[arg(long, value_name = "R")]
    rate: Option<u32>,
    /// Bits of a sample; below 32 with dither.
    #[arg(long, value_enum, default_value_t = BitDepth::Signed24)]
    bit_depth: BitDepth,
    /// Do not measure loudness and true peak.
    #[arg(long)]
    no_measure: bool,
    /// Replace the file where it exists.
    #[arg(long)]
    force: bool,
}

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BitDepth {
    /// 16-bit signed integer.
    #[value(name = "16")]
    Signed16,
    /// 24-bit signed integer.
    #[value(name = "24")]
    Signed24,
    /// 32-bit float.
    #[value(name = "32f")]
    Float32,
}

impl BitDepth {
    const fn encoding(self) -> WavEncoding {
        match self {
            Self::Signed16 => WavEncoding::Signed16,
            Self::Signed24 => WavEncoding::Signed24,
            Self::Float32 => WavEncoding::Float32,
        }
    }
}

impl ExportArguments {
    /// True where a file that exists may be replaced.
    pub const fn replaces(&self) -> bool {
        self.force
    }

    /// The export of a stream at `stream_rate` to the file at `path`.
    pub fn spec(&self, path: &Path, stream_rate: SampleRate) -> Result<ExportSpec, Failure> {
        let rate = self.rate.map(SampleRate::new).transpose().map_err(Failure::usage)?;
        Ok(ExportSpec {
            path: path.to_owned(),
            overwrite: self.force,
            format: FileFormat::Wav(self.bit_depth.encoding()),
            rate: rate.filter(|rate| *rate != stream_rate),
            measure: !self.no_measure,
        })
    }
}
