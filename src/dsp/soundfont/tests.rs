//! Tests of the instrument.
