//! The keys of a record: those of every signal as a whole, and those of chunks.

use serde::{Deserialize, Serialize};
use wavemill_core::graph::{
    ChunkKeys, Node, NodeKind, Plan, STORE_CHUNK_FRAMES, SignalKey, Strip, StripInput,
};
use wavemill_core::job::CancelToken;

use crate::finished;
use crate::request::{BounceError, BounceRequest, Range};
use crate::scheduler::RenderError;
use crate::tap_digest::{frames_to_render, tap_range};

/// The keys of all signals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanRecord {
    pub(super) strips: Vec<StripRecord>,
    pub(super) edges: Vec<KeyRecord>,
    pub(super) joins: Vec<KeyRecord>,
    /// The master's input and output over each chunk of 65,536 frames, from position 0 to the end
    /// of what is rendered.
    master_chunks: Vec<ChunkRecord>,
    /// The name of the finished bounce in a store.
    bounce_key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StripRecord {
    pub(super) id: String,
    /// Whether it reaches what is put out.
    runs: bool,
    pub(super) input_key: String,
    pub(super) nodes: Vec<NodeRecord>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeRecord {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) processor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) processor_version: Option<u32>,
    /// Of its output.
    pub(super) key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRecord {
    pub(super) id: String,
    pub(super) key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChunkRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    input_key: Option<String>,
    output_key: String,
}

impl PlanRecord {
    pub(super) fn new(
        plan: &Plan,
        request: &BounceRequest,
        walked: &Walked,
    ) -> Result<Self, BounceError> {
        let range = Range::new(plan, request)?;
        let graph = &plan.graph;
        let edges = graph.edges.iter();
        let joins = graph.joins.iter();
        Ok(Self {
            strips: graph.strips.iter().map(StripRecord::of).collect(),
            edges: edges.map(|edge| KeyRecord::new(&edge.id, &edge.key)).collect(),
            joins: joins.map(|join| KeyRecord::new(&join.id, &join.key)).collect(),
            master_chunks: walked.master.clone(),
            bounce_key: finished::key(plan, walked.output, &request.export, &range).to_string(),
        })
    }
}

impl StripRecord {
    fn of(strip: &Strip) -> Self {
        // What leaves at outlets has the key of the node before it or is an edge, and which of them
        // are there depends on what is digested.
        let steps = strip.nodes.iter().filter(|node| !matches!(node.kind, NodeKind::Outlet { .. }));
        Self {
            id: strip.id.clone(),
            runs: strip.audible,
            input_key: strip.input_key.to_string(),
            nodes: steps.map(NodeRecord::of).collect(),
        }
    }
}

impl NodeRecord {
    fn of(node: &Node) -> Self {
        let spec = match &node.kind {
            NodeKind::Processor { factory, .. } => Some(factory.spec()),
            _ => None,
        };
        Self {
            id: node.id.clone(),
            processor: spec.map(|spec| spec.name.clone().into_owned()),
            processor_version: spec.map(|spec| spec.version),
            key: node.key.to_string(),
        }
    }
}

impl KeyRecord {
    fn new(id: &str, key: &impl ToString) -> Self {
        Self { id: id.to_owned(), key: key.to_string() }
    }
}

/// What one walk along the chunks of a plan finds.
pub(super) struct Walked {
    master: Vec<ChunkRecord>,
    /// The key of the master's whole output.
    output: SignalKey,
    /// For each tap the key of each 65,536 frames of the range: what the signal depends on up to
    /// their end.
    pub(super) taps: Vec<Vec<SignalKey>>,
}

/// Walks along all chunks of `plan` that the bounce needs.
pub(super) fn walk(
    plan: &Plan,
    request: &BounceRequest,
    cancel: &CancelToken,
) -> Result<Walked, BounceError> {
    let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
    let mix = Range::new(plan, request)?;
    let taps = plan.graph.taps.iter().map(|tap| tap_range(plan, request, tap));
    let taps: Vec<Range> = taps.collect::<Result<_, _>>()?;
    let input = match plan.graph.strips[plan.master()].input {
        StripInput::Join(join) => Some(join),
        _ => None,
    };
    let mut keys = ChunkKeys::new(plan);
    let mut walked = Walked {
        master: Vec::new(),
        output: SignalKey::default(),
        taps: vec![Vec::new(); taps.len()],
    };
    let frames = frames_to_render(plan, request, &mix)?;
    for start in (0..frames).step_by(STORE_CHUNK_FRAMES as usize) {
        if cancel.is_cancelled() {
            return Err(RenderError::Cancelled.into());
        }
        keys.advance();
        if start < mix.stream {
            let here = (mix.stream - start).min(chunk_frames);
            walked.output = keys.output().of_frames(here);
            walked.master.push(ChunkRecord {
                input_key: input.map(|join| keys.join(join).of_frames(here).to_string()),
                output_key: walked.output.to_string(),
            });
        }
        for (tap, range) in taps.iter().enumerate() {
            let found = &mut walked.taps[tap];
            while let Some(end) = end_of_chunk(range, found.len() as u64)
                && end <= start + chunk_frames
            {
                found.push(keys.tap(tap).of_frames(end - start));
            }
        }
    }
    Ok(walked)
}

/// One past the last stream frame of chunk `chunk` of `range`, where there is one.
fn end_of_chunk(range: &Range, chunk: u64) -> Option<u64> {
    let start = range.skip + chunk * u64::from(STORE_CHUNK_FRAMES);
    (start < range.stream).then(|| range.stream.min(start + u64::from(STORE_CHUNK_FRAMES)))
}

#[cfg(test)]
mod tests {
    use wavemill_core::audio::MemoryLibrary;
    use wavemill_core::dsp::BuiltIns;
    use wavemill_core::graph::{
        CompileConfig, PlanOutputs, TapPoint, TapRequest, TapSource, compile_outputs,
    };
    use wavemill_core::session::{Insert, InsertId, Session};
    use wavemill_core::simd::SimdLevel;
    use wavemill_core::time::{SampleRate, Samples};
    use wavemill_media::audio::wav::WavEncoding;

    use super::*;
    use crate::export::{ExportSpec, FileFormat};
    use crate::request::Tail;
    use crate::reuse::output_key;
    use crate::scheduler::RenderConfig;

    /// A late master, its input and its output tapped.
    fn plan() -> Plan {
        let mut session = Session::new("song", SampleRate::new(48_000).unwrap());
        session.master.inserts.push(Insert {
            id: InsertId::new("late").unwrap(),
            processor: "limiter".to_owned(),
            plugin: None,
            file: None,
            preset: None,
            bypass: false,
            parameters: Default::default(),
            sidechain: None,
            sidechains: Default::default(),
            outputs: Default::default(),
        });
        let tap = |point| TapRequest { source: TapSource::Master, point };
        let taps = vec![tap(TapPoint::Input), tap(TapPoint::PostFader)];
        let config = CompileConfig { audio: &MemoryLibrary::default(), processors: &BuiltIns };
        compile_outputs(&session, &config, &PlanOutputs { mix: true, taps }).unwrap()
    }

    fn request(from: i64, to: i64) -> BounceRequest {
        BounceRequest {
            export: ExportSpec::plain("out.wav".as_ref(), FileFormat::Wav(WavEncoding::Float32)),
            from: Samples(from),
            to: Some(Samples(to)),
            tail: Tail::None,
            render: RenderConfig { jobs: 1, block: 64, level: SimdLevel::SCALAR },
            digest_chunks: true,
        }
    }

    /// A key of a tap's chunk is that of the stream's chunk in which it ends, up to there.
    #[test]
    fn one_walk_finds_what_each_walk_alone_finds() {
        let plan = plan();
        let late = u64::try_from(plan.latency.0).unwrap();
        assert!(late > 0);
        for (from, to) in [(0, 65_536), (0, 131_072), (1_000, 200_000), (65_536, 65_537)] {
            let never = CancelToken::default();
            let walked = walk(&plan, &request(from, to), &never).unwrap();
            let (from, to) = (u64::try_from(from).unwrap(), u64::try_from(to).unwrap());
            assert_eq!(Some(walked.output), output_key(&plan, to + late, &never));
            assert_eq!(walked.master.len() as u64, (to + late).div_ceil(65_536));
            for (tap, latency) in [(0, 0), (1, late)] {
                let ends = (from..to).step_by(65_536).map(|start| (start + 65_536).min(to));
                let expected = ends.map(|end| {
                    let end = end + latency;
                    let mut keys = ChunkKeys::new(&plan);
                    (0..end.div_ceil(65_536)).for_each(|_| keys.advance());
                    keys.tap(tap).of_frames(end - (end - 1) / 65_536 * 65_536)
                });
                let expected: Vec<_> = expected.collect();
                assert_eq!(walked.taps[tap], expected, "tap {tap}, {from} to {to}");
            }
        }
    }

    #[test]
    fn a_walk_that_is_cancelled_stops() {
        let cancel = CancelToken::default();
        cancel.cancel();
        // Longer than anybody would wait for.
        let walked = walk(&plan(), &request(0, i64::MAX / 4), &cancel);
        assert!(matches!(walked, Err(BounceError::Render(RenderError::Cancelled))));
    }
}
