//! Commands on VCAs and on edit and mix groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Items, VcaValue};
use super::{CommandError, Draft, Op, names};
use crate::session::{Group, GroupId, GroupKind, TrackId, Vca, VcaId};

/// Adds a VCA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddVca {
    /// Its id; made from the name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<VcaId>,
    /// Its name for people.
    pub name: String,
    /// Tracks it moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<TrackId>,
}

/// Deletes a VCA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteVca {
    /// The VCA.
    pub vca: VcaId,
}

/// Renames a VCA; its id stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameVca {
    /// The VCA.
    pub vca: VcaId,
    /// Its new name.
    pub name: String,
}

/// Sets which tracks a VCA moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetVcaMembers {
    /// The VCA.
    pub vca: VcaId,
    /// All of its members.
    pub members: Vec<TrackId>,
}

/// Moves a VCA's fader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetVcaVolume {
    /// The VCA.
    pub vca: VcaId,
    /// Added to each member's volume, in dB, -144 (silence) to +36.
    pub volume_db: f64,
}

/// Mutes or unmutes the members of a VCA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetVcaMute {
    /// The VCA.
    pub vca: VcaId,
    /// Mutes its members where true.
    pub mute: bool,
}

/// Adds an edit or mix group, active.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddGroup {
    /// Its id; made from the name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<GroupId>,
    /// Its name for people.
    pub name: String,
    /// What it links.
    pub kind: GroupKind,
    /// Its tracks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<TrackId>,
}

/// Deletes an edit or mix group; its tracks stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteGroup {
    /// The group.
    pub group: GroupId,
}

/// Renames an edit or mix group; its id stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameGroup {
    /// The group.
    pub group: GroupId,
    /// Its new name.
    pub name: String,
}

/// Sets which tracks an edit or mix group links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetGroupMembers {
    /// The group.
    pub group: GroupId,
    /// All of its members.
    pub members: Vec<TrackId>,
}

/// Switches the linking of a group on or off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetGroupActive {
    /// The group.
    pub group: GroupId,
    /// Links where true.
    pub active: bool,
}

/// Refuses unknown members and those named twice.
fn check_members(draft: &Draft<'_>, path: &str, members: &[TrackId]) -> Result<(), CommandError> {
    for (index, member) in members.iter().enumerate() {
        draft.track(member)?;
        if members[..index].contains(member) {
            let what = format!("'{member}' is named twice");
            return Err(CommandError::refused(format!("{path}/members"), what, "name it once"));
        }
    }
    Ok(())
}

fn set_vca(draft: &mut Draft<'_>, vca: &VcaId, value: VcaValue) -> Result<(), CommandError> {
    draft.change(Change::Vca { vca: vca.clone(), value })
}

fn edit_group(
    draft: &mut Draft<'_>,
    id: &GroupId,
    edit: impl FnOnce(&mut Group),
) -> Result<(), CommandError> {
    let index = group_index(draft, id)?;
    let mut group = draft.session().groups[index].clone();
    edit(&mut group);
    draft.splice(index, 1, Items::Groups(vec![group]))
}

fn group_index(draft: &Draft<'_>, id: &GroupId) -> Result<usize, CommandError> {
    let groups = &draft.session().groups;
    groups.iter().position(|group| group.id == *id).ok_or_else(|| {
        CommandError::not_found("groups", "group", id, groups.iter().map(|g| g.id.as_str()))
    })
}

impl Op for AddVca {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let vcas = &draft.session().vcas;
        let taken = |id: &str| vcas.iter().any(|vca| vca.id.as_str() == id);
        let id = names::resolve(&mut self.id, ("vcas", "VCA"), &self.name, taken)?;
        check_members(draft, &format!("vcas/{id}"), &self.members)?;
        let at = vcas.len();
        draft.note_created(format!("vcas/{id}"));
        let vca = Vca {
            id,
            name: self.name.clone(),
            volume_db: 0.0,
            mute: false,
            members: self.members.clone(),
            lanes: Vec::new(),
        };
        draft.splice(at, 0, Items::Vcas(vec![vca]))
    }
}

impl Op for DeleteVca {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = draft.vca_index(&self.vca)?;
        draft.splice(index, 1, Items::Vcas(Vec::new()))
    }
}

impl Op for RenameVca {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        set_vca(draft, &self.vca, VcaValue::Name(self.name.clone()))
    }
}

impl Op for SetVcaMembers {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.vca(&self.vca)?;
        check_members(draft, &format!("vcas/{}", self.vca), &self.members)?;
        set_vca(draft, &self.vca, VcaValue::Members(self.members.clone()))
    }
}

impl Op for SetVcaVolume {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        set_vca(draft, &self.vca, VcaValue::VolumeDb(self.volume_db))
    }
}

impl Op for SetVcaMute {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        set_vca(draft, &self.vca, VcaValue::Mute(self.mute))
    }
}

impl Op for AddGroup {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let groups = &draft.session().groups;
        let taken = |id: &str| groups.iter().any(|group| group.id.as_str() == id);
        let id = names::resolve(&mut self.id, ("groups", "group"), &self.name, taken)?;
        check_members(draft, &format!("groups/{id}"), &self.members)?;
        let at = groups.len();
        draft.note_created(format!("groups/{id}"));
        let group = Group {
            id,
            name: self.name.clone(),
            kind: self.kind,
            active: true,
            members: self.members.clone(),
        };
        draft.splice(at, 0, Items::Groups(vec![group]))
    }
}

impl Op for DeleteGroup {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = group_index(draft, &self.group)?;
        draft.splice(index, 1, Items::Groups(Vec::new()))
    }
}

impl Op for RenameGroup {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_group(draft, &self.group, |group| group.name.clone_from(&self.name))
    }
}

impl Op for SetGroupMembers {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        check_members(draft, &format!("groups/{}", self.group), &self.members)?;
        edit_group(draft, &self.group, |group| group.members.clone_from(&self.members))
    }
}

impl Op for SetGroupActive {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_group(draft, &self.group, |group| group.active = self.active)
    }
}
