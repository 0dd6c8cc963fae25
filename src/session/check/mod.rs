//! What is wrong with a session beyond its form: ids, limits, ranges and references.
//!
//! Files are the media crate's to check; processors and their parameters the graph compiler's.

mod automation;
mod chain;
mod circles;
mod clips;
mod midi;
mod report;
mod routing;
mod timeline;
mod touched;
mod tracks;

use std::collections::BTreeMap;

use super::limits::{MAX_PLUGIN_BLOCK, MAX_TEXT_BYTES, MIN_PLUGIN_BLOCK};
use super::{SESSION_FORMAT, SESSION_VERSION, Session, TrackKind};
use crate::time::TempoMap;
use report::{Place, Report};

/// One thing wrong with a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as a path inside the session, such as `tracks/bass/clips/verse`.
    pub path: String,
    /// What is wrong, and what to do.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// What parts of a session are checked against.
struct Context<'a> {
    /// Every track's kind by its id.
    kinds: BTreeMap<&'a str, TrackKind>,
    /// None where the tempo points make no map, which is reported once.
    tempo: Option<TempoMap>,
}

impl Session {
    /// Everything wrong with this session beyond its form, in the order of the document; empty
    /// where it can be compiled. Of more than a hundred problems the first hundred are listed,
    /// and the last entry counts the rest.
    pub fn check(&self) -> Vec<Problem> {
        let mut report = Report::default();
        let root = Place::root();
        self.check_settings(&root, &mut report);
        let kinds = self.tracks.iter().map(|track| (track.id.as_str(), track.kind)).collect();
        let context = Context { kinds, tempo: self.tempo_map().ok() };
        timeline::tempo_and_signatures(self, &root, &mut report);
        tracks::tracks(self, &context, &root, &mut report);
        circles::circles(self, &root, &mut report);
        tracks::master(&self.master, &context, &root.at("master"), &mut report);
        tracks::vcas_and_groups(self, &context, &root, &mut report);
        timeline::markers_and_sections(self, &context, &root, &mut report);
        timeline::click(&self.click, &root.at("click"), &mut report);
        report.finish()
    }

    fn check_settings(&self, root: &Place<'_>, report: &mut Report) {
        if self.format != SESSION_FORMAT {
            report.add(&root.at("format"), format!("must be \"{SESSION_FORMAT}\""));
        }
        if self.version != SESSION_VERSION {
            report.add(&root.at("version"), format!("must be {SESSION_VERSION}"));
        }
        report.text(&root.at("name"), &self.name, MAX_TEXT_BYTES);
        let block = &root.at("plugin_block");
        let blocks = f64::from(MIN_PLUGIN_BLOCK)..=f64::from(MAX_PLUGIN_BLOCK);
        report.range(block, f64::from(self.plugin_block), blocks, "frames");
    }
}

#[cfg(test)]
mod tests;
