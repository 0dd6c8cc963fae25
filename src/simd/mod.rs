//! Run-time dispatch over SIMD levels: the one audited module with unsafe code.
