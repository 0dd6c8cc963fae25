//! Musical and sample time: units as types, the tempo and signature maps, the transport.

mod position;
mod ramp;
mod rounding;
mod signature;
mod tempo;
mod transport;
mod units;

pub(crate) use rounding::nearest;

pub use position::{MAX_POSITION, PositionError, PositionSpec, parse_position};
pub use signature::{
    BarsBeatsTicks, BarsBeatsTicksError, MAX_DENOMINATOR, MAX_NUMERATOR, Signature, SignatureMap,
    SignatureMapError,
};
pub use tempo::{DEFAULT_BPM, MAX_BPM, MIN_BPM, TempoMap, TempoMapError};
pub use transport::{
    SampleRange, SampleRangeError, Transport, TransportEvent, TransportEventKind, TransportSegment,
    TransportSegments, TransportState,
};
pub use units::{SampleRate, SampleRateError, Samples, TICKS_PER_QUARTER, Ticks, frame_count};
