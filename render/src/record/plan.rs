//! The signals of a record: their keys in the plan, and those of the mix chunk by chunk.

use serde::Serialize;
use wavemill_core::graph::{
    ChunkKeys, Node, NodeKind, Plan, STORE_CHUNK_FRAMES, Strip, StripInput,
};
use wavemill_core::job::CancelToken;

use crate::finished;
use crate::request::{BounceError, BounceRequest, Range};
use crate::reuse::output_key;
use crate::scheduler::RenderError;

/// The keys of all signals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PlanRecord {
    strips: Vec<StripRecord>,
    edges: Vec<KeyRecord>,
    joins: Vec<KeyRecord>,
    /// The master's input and output over each chunk of 65,536 frames, from position 0 to the end
    /// of what is rendered.
    master_chunks: Vec<ChunkRecord>,
    /// The name of the finished bounce in a store.
    bounce_key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct StripRecord {
    id: String,
    /// Whether it reaches what is put out.
    runs: bool,
    input_key: String,
    nodes: Vec<NodeRecord>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct NodeRecord {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    processor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processor_version: Option<u32>,
    /// Of its output.
    key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct KeyRecord {
    id: String,
    key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct ChunkRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    input_key: Option<String>,
    output_key: String,
}

impl PlanRecord {
    pub(super) fn new(
        plan: &Plan,
        request: &BounceRequest,
        cancel: &CancelToken,
    ) -> Result<Self, BounceError> {
        let range = Range::new(plan, request)?;
        let graph = &plan.graph;
        let output = output_key(plan, range.stream, cancel).ok_or(RenderError::Cancelled)?;
        let edges = graph.edges.iter();
        let joins = graph.joins.iter();
        Ok(Self {
            strips: graph.strips.iter().map(StripRecord::of).collect(),
            edges: edges.map(|edge| KeyRecord::new(&edge.id, &edge.key)).collect(),
            joins: joins.map(|join| KeyRecord::new(&join.id, &join.key)).collect(),
            master_chunks: master_chunks(plan, range.stream),
            bounce_key: finished::key(plan, output, &request.export, &range).to_string(),
        })
    }
}

impl StripRecord {
    fn of(strip: &Strip) -> Self {
        Self {
            id: strip.id.clone(),
            runs: strip.audible,
            input_key: strip.input_key.to_string(),
            nodes: strip.nodes.iter().map(NodeRecord::of).collect(),
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

fn master_chunks(plan: &Plan, frames: u64) -> Vec<ChunkRecord> {
    let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
    let input = match plan.graph.strips[plan.master()].input {
        StripInput::Join(join) => Some(join),
        _ => None,
    };
    let mut keys = ChunkKeys::new(plan);
    let chunk = |chunk: u64| {
        keys.advance();
        let here = (frames - chunk * chunk_frames).min(chunk_frames);
        ChunkRecord {
            input_key: input.map(|join| keys.join(join).of_frames(here).to_string()),
            output_key: keys.output().of_frames(here).to_string(),
        }
    };
    (0..frames.div_ceil(chunk_frames)).map(chunk).collect()
}
