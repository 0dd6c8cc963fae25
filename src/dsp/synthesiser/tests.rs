//! Tests of the synthesiser.
