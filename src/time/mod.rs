//! Musical and sample time: units as types, the tempo and signature maps, the transport.

mod ramp;
mod rounding;
mod shim;
mod signature;
mod tempo;
mod units;

pub use signature::{
    BarsBeatsTicks, BarsBeatsTicksError, MAX_DENOMINATOR, MAX_NUMERATOR, Signature, SignatureMap,
    SignatureMapError,
};
pub use tempo::{DEFAULT_BPM, MAX_BPM, MIN_BPM, TempoMap, TempoMapError};
pub use units::{SampleRate, SampleRateError, Samples, TICKS_PER_QUARTER, Ticks};
