//! Checks of only those parts of a session that an edit reached.

use std::collections::BTreeSet;

use super::report::{Place, Report};
use super::{Context, Problem, circles, timeline, tracks};
use crate::session::Session;
use crate::session::limits::MAX_TRACKS;

impl Session {
    /// What [`Session::check`] says of the parts at the paths `touched`, where the rest has been
    /// checked before and what refers to it was touched with it.
    ///
    /// A change of tempo or rate moves everything, and so everything is checked.
    pub(crate) fn check_touched(&self, touched: &BTreeSet<String>) -> Vec<Problem> {
        let areas: BTreeSet<&str> =
            touched.iter().map(|path| path.split('/').next().unwrap_or(path)).collect();
        if areas.contains("tempo") || areas.contains("sample_rate") {
            return self.check();
        }
        let mut report = Report::default();
        let root = Place::root();
        self.check_settings(&root, &mut report);
        let kinds = self.tracks.iter().map(|track| (track.id.as_str(), track.kind)).collect();
        let context = Context { kinds, tempo: self.tempo_map().ok() };
        if areas.contains("signatures") {
            timeline::tempo_and_signatures(self, &root, &mut report);
        }
        if areas.contains("tracks") {
            let place = root.at("tracks");
            report.count(&place, self.tracks.len(), MAX_TRACKS);
            let id = |path: &str| path.split('/').nth(1).map(str::to_owned);
            let ids: BTreeSet<String> = touched.iter().filter_map(|path| id(path)).collect();
            for track in self.tracks.iter().filter(|track| ids.contains(track.id.as_str())) {
                tracks::track(track, &context, &place.at(track.id.as_str()), &mut report);
            }
            if touched.iter().any(|path| is_routing(path)) {
                circles::circles(self, &root, &mut report);
            }
        }
        if areas.contains("master") {
            tracks::master(&self.master, &context, &root.at("master"), &mut report);
        }
        if areas.contains("vcas") || areas.contains("groups") {
            tracks::vcas_and_groups(self, &context, &root, &mut report);
        }
        if areas.contains("markers") || areas.contains("sections") {
            timeline::markers_and_sections(self, &context, &root, &mut report);
        }
        if areas.contains("click") {
            timeline::click(&self.click, &root.at("click"), &mut report);
        }
        report.finish()
    }
}

/// True where a touched path may be part of a way that signals take from track to track.
fn is_routing(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("tracks")
        && matches!(parts.nth(1), None | Some("output" | "sends" | "inserts"))
}
