//! What a segment is run with: its configuration, where its signals come from and go to, and what
//! may go wrong.

use super::join::Irregular;
use crate::audio::FrameError;
use crate::graph::{EdgeIndex, JoinIndex, LinkIndex, TapIndex};
use crate::process::{PrepareError, ProcessFault};
use crate::simd::SimdLevel;

/// Where a segment's signals come from and go to; a driver implements it. Positions are those of
/// the block being run.
pub trait JoinIo {
    /// Takes the sum at a join: `[frame][2]`.
    fn take(&mut self, join: JoinIndex, out: &mut [f32]);

    /// Adds to a join: `[frame][2]`, snapped to the grid.
    fn add(&mut self, join: JoinIndex, sums: &[f64]);

    /// The master's output: `[frame][2]`.
    fn output(&mut self, samples: &[f32]);

    /// Takes what came along a link: `[frame][lanes]`. A driver that cuts no chains has no links.
    fn take_link(&mut self, _link: LinkIndex, _out: &mut [f32]) {}

    /// Passes on along a link: `[frame][lanes]`.
    fn put_link(&mut self, _link: LinkIndex, _samples: &[f32]) {}

    /// What a tap hands out: `[frame][2]`. A driver that compiled a plan without taps gets none.
    fn tap(&mut self, _tap: TapIndex, _samples: &[f32]) {}
}

/// How a segment is to be run.
#[derive(Clone, Copy, Debug)]
pub struct SegmentConfig {
    /// Largest block.
    pub max_frames: usize,
    /// SIMD level; it changes no sample.
    pub level: SimdLevel,
    /// True where blocks are not waited for one by one: then several processors may be run as one that
    /// does much at a time. It changes no sample of what runs from the start of the timeline on, as all
    /// does that cannot be saved.
    pub chains: bool,
}

/// Samples that could not enter a join as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinWarning {
    /// The edge they came along.
    pub edge: EdgeIndex,
    /// Stream position of the block in which it happened first.
    pub position: i64,
    /// NaN or infinite samples, heard as silence.
    pub not_finite: u64,
    /// Samples beyond +-64, clamped.
    pub clamped: u64,
}

impl JoinWarning {
    pub(super) fn note(list: &mut Vec<Self>, edge: EdgeIndex, position: i64, found: Irregular) {
        if found == Irregular::default() {
            return;
        }
        let Irregular { not_finite, clamped } = found;
        match list.iter_mut().find(|warning| warning.edge == edge) {
            Some(warning) => {
                warning.not_finite += not_finite;
                warning.clamped += clamped;
            }
            None => list.push(Self { edge, position, not_finite, clamped }),
        }
    }
}

/// Why a segment stopped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RunError {
    /// Audio could not be read.
    #[error("{strip}: {source}")]
    Audio {
        /// The strip whose clips could not be read.
        strip: String,
        /// What went wrong.
        source: FrameError,
    },
    /// A processor failed.
    #[error(transparent)]
    Fault(#[from] ProcessFault),
    /// A processor could not be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}
