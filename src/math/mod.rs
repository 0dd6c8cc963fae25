//! Deterministic functions and counter-based random numbers: the only place that knows transcendental functions.
