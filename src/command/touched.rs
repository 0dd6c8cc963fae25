//! Touched paths: which parts of the session a change reaches, told by the change itself.

use std::collections::BTreeSet;

use super::change::{Change, Items, Order};
use super::value::{SessionValue, TrackValue, VcaValue};

/// Adds the paths `change` reaches, such as `tracks/bass/clips/verse`.
///
/// A splice reaches what it puts in; what it takes out is what its inverse puts in.
pub(super) fn add_paths(change: &Change, paths: &mut BTreeSet<String>) {
    match change {
        Change::Session(value) => {
            paths.insert(session_field(value).to_owned());
        }
        Change::Track { track, value } => {
            paths.insert(format!("tracks/{track}/{}", track_field(value)));
        }
        Change::Clip { track, clip, .. } => {
            paths.insert(format!("tracks/{track}/clips/{clip}"));
        }
        Change::Insert { track, insert, .. } => {
            paths.insert(format!("{}/inserts/{insert}", track.path()));
        }
        Change::LaneMode { track, lane, .. } => {
            paths.insert(format!("{}/lanes/{lane}", track.path()));
        }
        Change::Vca { vca, value } => {
            paths.insert(format!("vcas/{vca}/{}", vca_field(value)));
        }
        Change::Splice { insert, .. } => add_items(insert, paths),
        Change::Move { list, .. } => {
            paths.insert(match list {
                Order::Tracks => "tracks".to_owned(),
                Order::Clips { track } => format!("tracks/{track}/clips"),
                Order::Inserts { track } => format!("{}/inserts", track.path()),
            });
        }
    }
}

fn add_items(items: &Items, paths: &mut BTreeSet<String>) {
    fn each<T: std::fmt::Display>(
        paths: &mut BTreeSet<String>,
        list: &str,
        ids: impl Iterator<Item = T>,
    ) {
        paths.extend(ids.map(|id| format!("{list}/{id}")));
    }
    match items {
        Items::Tempo(_) => {
            paths.insert("tempo".to_owned());
        }
        Items::Signatures(_) => {
            paths.insert("signatures".to_owned());
        }
        Items::Markers(items) => each(paths, "markers", items.iter().map(|i| &i.id)),
        Items::Sections(items) => each(paths, "sections", items.iter().map(|i| &i.id)),
        Items::Tracks(items) => each(paths, "tracks", items.iter().map(|i| &i.id)),
        Items::Vcas(items) => each(paths, "vcas", items.iter().map(|i| &i.id)),
        Items::Groups(items) => each(paths, "groups", items.iter().map(|i| &i.id)),
        Items::Clips { track, items } => {
            each(paths, &format!("tracks/{track}/clips"), items.iter().map(|i| &i.id));
        }
        Items::TakeLanes { track, items } => {
            each(paths, &format!("tracks/{track}/take_lanes"), items.iter().map(|i| &i.id));
        }
        Items::Sends { track, items } => {
            each(paths, &format!("tracks/{track}/sends"), items.iter().map(|i| &i.id));
        }
        Items::Inserts { track, items } => {
            each(paths, &format!("{}/inserts", track.path()), items.iter().map(|i| &i.id));
        }
        Items::Lanes { track, items } => {
            each(paths, &format!("{}/lanes", track.path()), items.iter().map(|i| &i.id));
        }
        Items::Points { track, lane, .. } => {
            paths.insert(format!("{}/lanes/{lane}", track.path()));
        }
    }
}

const fn session_field(value: &SessionValue) -> &'static str {
    match value {
        SessionValue::Name(_) => "name",
        SessionValue::SampleRate(_) => "sample_rate",
        SessionValue::PluginBlock(_) => "plugin_block",
        SessionValue::PanLaw(_) => "pan_law",
        SessionValue::Seed(_) => "seed",
        SessionValue::Click(_) => "click",
        SessionValue::MasterVolumeDb(_) => "master/volume_db",
        SessionValue::MasterPan(_) => "master/pan",
    }
}

const fn track_field(value: &TrackValue) -> &'static str {
    match value {
        TrackValue::Name(_) => "name",
        TrackValue::Layout(_) => "layout",
        TrackValue::Output(_) => "output",
        TrackValue::VolumeDb(_) => "volume_db",
        TrackValue::Pan(_) => "pan",
        TrackValue::Mute(_) => "mute",
        TrackValue::Solo(_) => "solo",
        TrackValue::SoloSafe(_) => "solo_safe",
        TrackValue::NoteOverlap(_) => "note_overlap",
        TrackValue::ActiveTakeLane(_) => "active_take_lane",
        TrackValue::Frozen(_) => "frozen",
    }
}

const fn vca_field(value: &VcaValue) -> &'static str {
    match value {
        VcaValue::Name(_) => "name",
        VcaValue::VolumeDb(_) => "volume_db",
        VcaValue::Mute(_) => "mute",
        VcaValue::Members(_) => "members",
    }
}
