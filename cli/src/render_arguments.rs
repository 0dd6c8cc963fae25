//! What of a session is rendered, and how: the options of every command that renders one.

use clap::Args;
use wavemill_core::session::{NamedPositionError, RangeEdge, Session};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples};
use wavemill_render::export::ExportSpec;
use wavemill_render::{BounceRequest, MAX_TAIL_SECONDS, RenderConfig, Tail};

use crate::failure::Failure;
use crate::plugin_arguments::PluginArguments;

/// Options of a render.
#[derive(Debug, Args)]
pub struct RenderArguments {
    /// Where to start; the session's start where left out.
    #[arg(long, value_name = "POS")]
    from: Option<String>,
    /// Where to end; the end of the last clip and the tail where left out.
    #[arg(long, value_name = "POS")]
    to: Option<String>,
    /// How long to go on after the end of the last clip: auto (until it has rung out, 60 s at
    /// most), none, or seconds.
    #[arg(long, value_name = "auto|none|SECONDS", default_value = "auto", conflicts_with = "to")]
    tail: String,
    /// Largest block a processor sees, 1 to 65536 frames.
    #[arg(long, value_name = "N", default_value_t = 256,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    block: u32,
    /// Threads; as many as the machine has cores where left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    jobs: Option<u16>,
    /// SIMD level, one of those that 'wavemill doctor' lists; the widest where left out.
    #[arg(long, value_name = "LEVEL")]
    simd: Option<SimdLevel>,
    #[command(flatten)]
    plugins: PluginArguments,
}

impl RenderArguments {
    /// How plug-ins are hosted.
    pub fn plugins(&self) -> &PluginArguments {
        &self.plugins
    }

    /// The bounce of `session` that they ask for.
    pub fn request(&self, session: &Session, export: ExportSpec) -> Result<BounceRequest, Failure> {
        let position = |option: &str, text: &Option<String>, edge| match text {
            None => Ok(None),
            Some(text) => match session.position(text, edge) {
                Ok(samples) => Ok(Some(samples)),
                Err(error @ (NamedPositionError::Tempo(_) | NamedPositionError::Signatures(_))) => {
                    Err(Failure::invalid(error))
                }
                Err(error) => Err(Failure::usage(format!("{option}: {error}"))),
            },
        };
        let from = position("--from", &self.from, RangeEdge::Start)?.unwrap_or(Samples::ZERO);
        let to = position("--to", &self.to, RangeEdge::End)?;
        if let Some(to) = to.filter(|to| *to <= from) {
            return Err(Failure::usage(format!(
                "--to (sample {}) is not after --from (sample {}): choose a later end",
                to.0, from.0
            )));
        }
        Ok(BounceRequest {
            export,
            from,
            to,
            tail: tail(&self.tail, session.sample_rate)?,
            render: RenderConfig {
                jobs: threads(self.jobs),
                block: usize::try_from(self.block).unwrap_or(usize::MAX),
                level: self.simd.unwrap_or_else(SimdLevel::detect),
            },
            digest_chunks: false,
        })
    }
}

/// The threads asked for; as many as the machine has cores where nobody asked.
pub fn threads(asked: Option<u16>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.map_or_else(cores, usize::from)
}

fn tail(text: &str, rate: SampleRate) -> Result<Tail, Failure> {
    match text {
        "auto" => Ok(Tail::Auto),
        "none" => Ok(Tail::None),
        _ => {
            let seconds = text.parse().ok();
            let tail = seconds.and_then(|seconds| Tail::of_seconds(seconds, rate));
            tail.ok_or_else(|| {
                Failure::usage(format!(
                    "--tail '{text}' is neither auto, none nor seconds from 0 to {MAX_TAIL_SECONDS}"
                ))
            })
        }
    }
}
