//! What both drivers run: processors in three halves, lane blocks, events and control signals.
//!
//! A processor is described ([`ProcessorSpec`]), prepared ([`Prepare`]) and run ([`Processor`]).
//! It runs several *instances* side by side: tracks with the same chain are interleaved lane by
//! lane, so that one SIMD register holds one sample of several tracks. Everything it does is a
//! function of node time, never of where a block starts.

mod block;
mod connections;
mod context;
mod control;
mod event;
mod event_output;
mod event_state;
mod exclusive;
mod meter;
mod processor;
mod spec;
mod state;

pub use block::{LaneBlock, LaneRef, padded_lanes};
pub use connections::{PortError, check_file_of};
pub use context::ProcessContext;
pub use control::{
    CONTROL_GRID_FRAMES, ControlCursor, ControlCurve, ControlPoint, ControlRun, ControlSet,
    ControlSpan,
};
pub use event::{Event, EventKind};
pub use event_output::{EventOutput, EventRefusal, MAX_EVENTS_A_BLOCK};
pub use exclusive::ExclusivePart;
pub use meter::Meter;
pub use processor::{
    Chain, InstanceSetup, PluginChoice, PluginRequest, Prepare, PrepareError, ProcessFault,
    Processor, ProcessorFactory, ProcessorLibrary, Stage,
};
pub use spec::{
    AudioPort, MAX_FURTHER_OUTPUTS, MAX_SIDECHAINS, ParameterError, ParameterKind, ParameterSpec,
    Preset, PresetValue, ProcessorSpec, ProcessorTraits, Unit,
};
pub use state::{StateError, StateReader, StateWriter};
