//! Session -> Graph -> Plan: the compiler, as a chain of named passes, one file each.
//!
//! `lower` (document to strips, joins, edges), `validate` (limits at joins), `order`, `audible`
//! (solo and mute), `latency`, `keys`, `segments`, `memory` (limit of running state), `buffers`,
//! `verify`. `cut` makes a plan for several threads. A [`Plan`] is immutable and holds no state.

mod audible;
mod buffers;
mod chunk_keys;
mod clips;
mod compile;
mod controls;
mod cut;
mod error;
mod fader_links;
mod flow;
mod key;
mod keys;
mod latency;
mod lower;
mod memory;
mod model;
mod notes;
mod order;
mod plan;
mod player;
mod print;
mod remix;
mod segments;
mod tap;
#[cfg(test)]
mod tests;
mod validate;
mod verify;

pub use chunk_keys::ChunkKeys;
pub use compile::{CompileConfig, compile, compile_outputs};
pub use cut::cut;
pub use error::CompileError;
pub use fader_links::{FaderInput, FaderLink};
pub use flow::{TapFlow, tap_flow};
pub use key::{STORE_CHUNK_FRAMES, SignalKey};
pub use memory::{MAX_STATE_BYTES, state_bytes};
pub use model::{
    Edge, EdgeIndex, FaderControls, Graph, Join, JoinIndex, Node, NodeKind, OutletPoint, PanStyle,
    Strip, StripIndex, StripInput,
};
pub use plan::{LinkIndex, Plan, Segment};
pub use player::PlannedClip;
pub use print::print_plan;
pub use remix::{KeyedEdge, Remix, master_input, master_inputs};
pub use tap::{PlanOutputs, PlanTap, TapIndex, TapPoint, TapRequest, TapSource};
pub use validate::MAX_JOIN_INPUTS;
pub use verify::verify;
