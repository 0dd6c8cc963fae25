//! The offline driver: the deterministic scheduler, bounces and measurements.
