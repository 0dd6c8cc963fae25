//! Stand-ins until the deterministic functions of `crate::math` are merged.
#![allow(clippy::disallowed_methods)]

pub(super) fn ln(x: f64) -> f64 {
    x.ln()
}

pub(super) fn exp(x: f64) -> f64 {
    x.exp()
}
