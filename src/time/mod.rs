//! Musical and sample time: units as types, the tempo and signature maps, the transport.

mod units;

pub use units::{SampleRate, SampleRateError, Samples, TICKS_PER_QUARTER, Ticks};
