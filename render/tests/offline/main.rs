//! The offline driver as a whole: sessions bounced to files, and what is in the files.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Tests fail by panicking.

mod cuts;
mod estimates;
mod latency;
mod level;
mod support;
mod tail;
mod traits;
mod trial;
