//! Comparison of renders with golden ones, and this repository's own snapshots.
