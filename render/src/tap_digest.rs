//! Digests of the signals that a plan hands out beside the mix, chunk by chunk, while it is bounced.
//!
//! Every signal is digested over the same stretch of the timeline as the mix, its own latency cut
//! off: chunk i of each is what sounds at the same time, and is the same however late the signal is.

use wavemill_core::graph::{Plan, PlanTap};

use crate::hash::ChunkHasher;
use crate::request::{BounceError, BounceRequest, Range};
use crate::scheduler::Listener;
use crate::stretch::Stretch;

/// The digest of what one tap hands out.
pub(crate) struct TapDigest {
    stretch: Stretch,
    chunks: ChunkHasher,
}

impl TapDigest {
    /// Takes what the tap hands out, from stream frame 0 on.
    pub(crate) fn listener(&mut self) -> Listener<'_> {
        Box::new(|samples| self.chunks.update(self.stretch.cut(samples)))
    }

    /// The digests.
    pub(crate) fn finish(self) -> Vec<[u8; 32]> {
        self.chunks.finish()
    }
}

/// The digests of all taps of `plan`, where `request` asks for them.
pub(crate) fn tap_digests(
    plan: &Plan,
    request: &BounceRequest,
) -> Result<Vec<TapDigest>, BounceError> {
    let taps = plan.graph.taps.iter().filter(|_| request.digest_chunks);
    let digest = |tap| {
        let range = tap_range(plan, request, tap)?;
        Ok(TapDigest { stretch: Stretch::new(&range, 0), chunks: ChunkHasher::default() })
    };
    taps.map(digest).collect()
}

/// The stretch of `tap` that sounds while the mix of `request` does.
pub(crate) fn tap_range(
    plan: &Plan,
    request: &BounceRequest,
    tap: &PlanTap,
) -> Result<Range, BounceError> {
    let span = (request.from, request.to, request.tail);
    Range::of(plan, span, tap.latency, plan.tail)
}

/// Stream frames to render: those of the mix whose range is `mix`, and of later signals that are
/// digested.
pub(crate) fn frames_to_render(
    plan: &Plan,
    request: &BounceRequest,
    mix: &Range,
) -> Result<u64, BounceError> {
    let mut frames = mix.stream;
    for tap in plan.graph.taps.iter().filter(|_| request.digest_chunks) {
        frames = frames.max(tap_range(plan, request, tap)?.stream);
    }
    Ok(frames)
}
