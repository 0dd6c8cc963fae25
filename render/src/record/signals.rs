//! The signals of a record: which are digested, what each follows from, and their digests.

use serde::{Deserialize, Serialize};
use wavemill_core::graph::{
    NodeKind, OutletPoint, Plan, SignalKey, Strip, StripInput, TapPoint, TapRequest, TapSource,
    tap_flow,
};
use wavemill_core::session::{Insert, Session};

use super::plan::Walked;
use crate::hash::hex;

/// A signal that is digested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalRecord {
    pub(super) id: String,
    /// How late it is in the stream, in samples. It is cut off: digests are of the range, whose
    /// samples are the same in every signal.
    latency: i64,
    /// The signals of this list that it follows from.
    pub(super) hears: Vec<String>,
    /// Names what it depends on besides: settings, versions, clips, notes.
    pub(super) own_key: String,
    /// Nothing leaves here: the track is muted, or others are soloed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) silenced: bool,
    pub(super) chunks: Vec<SignalChunk>,
}

/// 65,536 frames of a signal, or as many as are left of the range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalChunk {
    /// Of all that they may depend on.
    key: String,
    /// SHA-256 of them as interleaved little-endian f32, both channels.
    pub(super) sha256: String,
}

/// A signal before it is rendered.
#[derive(Clone, Debug)]
pub(super) struct SignalKeys {
    record: SignalRecord,
    keys: Vec<SignalKey>,
}

impl SignalKeys {
    /// The taps of `plan`, in their order.
    pub(super) fn of(plan: &Plan, walked: &Walked) -> Vec<Self> {
        let taps = &plan.graph.taps;
        let of_tap = |(index, keys): (usize, &Vec<_>)| {
            let flow = tap_flow(plan, index);
            let tap = &taps[index];
            let keys = keys.iter().copied().filter(|_| !tap.silenced);
            let record = SignalRecord {
                id: tap.id.clone(),
                latency: tap.latency.0,
                hears: flow.hears.iter().map(|tap| taps[*tap].id.clone()).collect(),
                own_key: flow.own.to_string(),
                silenced: tap.silenced,
                chunks: Vec::new(),
            };
            Self { record, keys: keys.collect() }
        };
        walked.taps.iter().enumerate().map(of_tap).collect()
    }

    /// Adds the digests of its chunks.
    pub(super) fn with_digests(self, digests: &[[u8; 32]]) -> SignalRecord {
        let chunks = self.keys.into_iter().zip(digests);
        let chunks =
            chunks.map(|(key, digest)| SignalChunk { key: key.to_string(), sha256: hex(digest) });
        SignalRecord { chunks: chunks.collect(), ..self.record }
    }
}

/// The signals of `session` to be digested, in the order in which they follow from one another:
/// what leaves each strip of `plan` that runs, and with `trace` what enters its chain and what each
/// insert makes of it. `plan` is of the mix alone: what the mix does not need is not run for this.
pub fn signals_to_digest(session: &Session, plan: &Plan, trace: bool) -> Vec<TapRequest> {
    let mut taps = Vec::new();
    for index in &plan.graph.order {
        let strip = &plan.graph.strips[*index];
        if !strip.audible {
            continue;
        }
        let (source, inserts) = match session.tracks.get(*index) {
            Some(track) => (TapSource::Track(track.id.clone()), &track.inserts),
            None => (TapSource::Master, &session.master.inserts),
        };
        let points = points(plan, strip, inserts, trace).into_iter();
        taps.extend(points.map(|point| TapRequest { source: source.clone(), point }));
    }
    taps
}

/// Where the signals of a strip are taken, along its chain.
fn points(plan: &Plan, strip: &Strip, inserts: &[Insert], trace: bool) -> Vec<TapPoint> {
    let mut points = Vec::new();
    if trace && strip.input != StripInput::Silence {
        points.push(TapPoint::Input);
    }
    // The insert whose outlets come now.
    let mut last: Option<&Insert> = None;
    for node in &strip.nodes {
        let path = |insert: &&Insert| node.id == format!("{}/inserts/{}", strip.id, insert.id);
        let leaves = node.feeds().iter().any(|edge| plan.graph.runs(*edge));
        match &node.kind {
            NodeKind::Outlet { point: OutletPoint::Port { name, .. }, .. } if leaves => {
                let insert = last.map(|insert| insert.id.clone());
                points.extend(
                    insert.map(|insert| TapPoint::InsertOutput { insert, port: name.clone() }),
                );
            }
            NodeKind::Outlet { point: OutletPoint::PreFader, .. } if leaves => {
                points.push(TapPoint::PreFader);
            }
            NodeKind::Outlet { .. } | NodeKind::Fader(_) => {}
            NodeKind::Processor { .. } | NodeKind::Delay => {
                if let Some(insert) = inserts.iter().find(path) {
                    last = Some(insert);
                    points.extend(trace.then(|| TapPoint::AfterInsert(insert.id.clone())));
                }
            }
        }
    }
    points.push(TapPoint::PostFader);
    points
}
