//! Commands on markers and sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Items;
use super::{CommandError, Draft, Op, names};
use crate::session::{Marker, MarkerId, Section, SectionId, TimeValue};
use crate::time::Ticks;

/// Adds a marker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMarker {
    /// Its id; made from the name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MarkerId>,
    /// Its name for people.
    pub name: String,
    /// Where it is.
    pub at: TimeValue,
}

/// Deletes a marker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteMarker {
    /// The marker.
    pub marker: MarkerId,
}

/// Moves a marker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveMarker {
    /// The marker.
    pub marker: MarkerId,
    /// Where it goes.
    pub at: TimeValue,
}

/// Renames a marker; its id stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameMarker {
    /// The marker.
    pub marker: MarkerId,
    /// Its new name.
    pub name: String,
}

/// Adds a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSection {
    /// Its id; made from the name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SectionId>,
    /// Its name for people.
    pub name: String,
    /// Where it starts.
    pub start: Ticks,
    /// How long it is.
    pub length: Ticks,
}

/// Deletes a section; what lies in it stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteSection {
    /// The section.
    pub section: SectionId,
}

/// Moves the bounds of a section; what lies in it stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveSection {
    /// The section.
    pub section: SectionId,
    /// Where it starts.
    pub start: Ticks,
    /// How long it is; unchanged where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Ticks>,
}

/// Renames a section; its id stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameSection {
    /// The section.
    pub section: SectionId,
    /// Its new name.
    pub name: String,
}

fn marker_index(draft: &Draft<'_>, id: &MarkerId) -> Result<usize, CommandError> {
    let markers = &draft.session().markers;
    markers.iter().position(|marker| marker.id == *id).ok_or_else(|| {
        CommandError::not_found("markers", "marker", id, markers.iter().map(|m| m.id.as_str()))
    })
}

pub(super) fn section_index(draft: &Draft<'_>, id: &SectionId) -> Result<usize, CommandError> {
    let sections = &draft.session().sections;
    sections.iter().position(|section| section.id == *id).ok_or_else(|| {
        CommandError::not_found("sections", "section", id, sections.iter().map(|s| s.id.as_str()))
    })
}

fn edit_marker(
    draft: &mut Draft<'_>,
    id: &MarkerId,
    edit: impl FnOnce(&mut Marker),
) -> Result<(), CommandError> {
    let index = marker_index(draft, id)?;
    let mut marker = draft.session().markers[index].clone();
    edit(&mut marker);
    draft.splice(index, 1, Items::Markers(vec![marker]))
}

fn edit_section(
    draft: &mut Draft<'_>,
    id: &SectionId,
    edit: impl FnOnce(&mut Section),
) -> Result<(), CommandError> {
    let index = section_index(draft, id)?;
    let mut section = draft.session().sections[index].clone();
    edit(&mut section);
    draft.splice(index, 1, Items::Sections(vec![section]))
}

impl Op for AddMarker {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let markers = &draft.session().markers;
        let taken = |id: &str| markers.iter().any(|marker| marker.id.as_str() == id);
        let id = names::resolve(&mut self.id, ("markers", "marker"), &self.name, taken)?;
        let at = markers.len();
        draft.note_created(format!("markers/{id}"));
        let marker = Marker { id, name: self.name.clone(), at: self.at };
        draft.splice(at, 0, Items::Markers(vec![marker]))
    }
}

impl Op for DeleteMarker {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = marker_index(draft, &self.marker)?;
        draft.splice(index, 1, Items::Markers(Vec::new()))
    }
}

impl Op for MoveMarker {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_marker(draft, &self.marker, |marker| marker.at = self.at)
    }
}

impl Op for RenameMarker {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_marker(draft, &self.marker, |marker| marker.name.clone_from(&self.name))
    }
}

impl Op for AddSection {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let sections = &draft.session().sections;
        let taken = |id: &str| sections.iter().any(|section| section.id.as_str() == id);
        let id = names::resolve(&mut self.id, ("sections", "section"), &self.name, taken)?;
        let at = sections.len();
        draft.note_created(format!("sections/{id}"));
        let name = self.name.clone();
        let section = Section { id, name, start: self.start, length: self.length };
        draft.splice(at, 0, Items::Sections(vec![section]))
    }
}

impl Op for DeleteSection {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = section_index(draft, &self.section)?;
        draft.splice(index, 1, Items::Sections(Vec::new()))
    }
}

impl Op for MoveSection {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_section(draft, &self.section, |section| {
            section.start = self.start;
            section.length = self.length.unwrap_or(section.length);
        })
    }
}

impl Op for RenameSection {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_section(draft, &self.section, |section| section.name.clone_from(&self.name))
    }
}
