//! Plug-ins: which there are, what they say of themselves, and how their workers are driven.
//!
//! No plug-in is ever loaded into the process that this crate is part of. A *worker*, a program of
//! its own (`wavemill-plugin-worker`), loads one and talks to this side line by line
//! ([`message`]); it may crash or hang, and what is lost is the worker. [`scan`] asks a worker for
//! every bundle on the machine what is in it and keeps the answers in a [`Catalogue`]; [`run`] has
//! them play in renders, and [`check`] says whether one does what it should.

mod bundle;
mod catalogue;
pub mod check;
mod description;
mod digest;
mod failure;
mod format;
pub mod message;
pub mod preset;
pub mod run;
mod scan;
mod stamp;
mod worker;

pub use bundle::{Bundle, SearchFolders, bundles_below, find_bundles};
pub use catalogue::{BundleReport, Catalogue, CatalogueError, Refusal};
pub use description::{
    AudioBus, PluginDescription, PluginKind, PluginParameter, PluginProgram, ProgramParameter, Tail,
};
pub use failure::{FailureKind, WorkerFailure};
pub use format::{format_title, format_word};
pub use scan::{ScanOptions, ScanProgress, ScanSummary, scan};
pub use stamp::{BundleStamp, StampError};
pub use worker::{WorkerError, WorkerProgram};
