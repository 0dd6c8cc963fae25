//! Stems: signals of a session as files of their own, in one pass, with the mix where it is wanted.
//!
//! `choice` says which tracks, `names` which files, `run` renders them,
//! `report` tells of it.

mod choice;
mod names;
mod report;
mod run;

pub use choice::{ChoiceError, StemTrack, choose};
pub use names::{MIX_NAME, NameError, stem_names};
pub use report::{StemReport, StemsReport};
pub use run::{Compile, Stem, Stemmed, StemsError, StemsRequest, stems};
