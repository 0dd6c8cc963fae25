//! Commands: every mutation of a session as data, with an exact inverse.
//!
//! A [`Command`] says what to do in a person's terms. [`apply`] carries it out as a list of
//! [`Change`]s, each of which holds exactly what it replaces, and hands back the changes that
//! undo it, the paths it touched, and the command with the ids it chose filled in: applied again
//! to the same session, that command does the same again. What fails leaves the session as it
//! was, byte for byte.
//!
//! [`Editor`] adds revisions, history, groups, batches and the journal's records.

mod automation;
mod batch;
mod change;
mod clip_edit;
mod clip_ids;
mod clip_lists;
mod clips;
mod clock;
mod cut;
mod draft;
mod editor;
mod error;
mod freeze;
mod frozen;
mod groups;
mod history;
mod inserts;
mod journal;
mod midi_parts;
mod mixer;
mod names;
mod note_edits;
mod note_selection;
mod notes;
mod order;
mod place;
mod ports;
mod processors;
mod rate;
mod references;
mod repeat;
mod repeat_course;
mod repeat_tempo;
mod rules;
mod sends;
mod settings;
mod slot;
mod takes;
mod tempo;
mod timeline;
mod touched;
mod tracks;
mod value;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use automation::{
    AddLane, AddPoints, DeleteLane, DeletePointRange, DeletePoints, MovePoint, SetLaneMode,
    SetPoint,
};
pub use batch::{Batch, BatchError, MAX_BATCH_OPS, ops_schema};
pub use change::{Change, Items, Order};
pub use clip_edit::{Crossfade, JoinClips, SplitClip, TrimClip};
pub use clips::{AddClip, CopyClip, DeleteClip, MoveClip, PasteClip, ReplaceNotes, SetClip};
pub use editor::{EditError, Editor, Outcome, Preview};
pub use error::CommandError;
pub use freeze::{FreezeTrack, UnfreezeTrack};
pub use groups::{
    AddGroup, AddVca, DeleteGroup, DeleteVca, RenameGroup, RenameVca, SetGroupActive,
    SetGroupMembers, SetVcaMembers, SetVcaMute, SetVcaVolume,
};
pub use history::{HISTORY_LIMIT, HistoryEntry};
pub use inserts::{
    AddInsert, RemoveInsert, ReorderInsert, SetBypass, SetParameter, SetParameters, SetPluginState,
    SetPreset,
};
pub use journal::{JournalRecord, RecordKind};
pub use mixer::{SetMute, SetPan, SetSolo, SetSoloSafe, SetVolume};
pub use note_edits::{
    AddNotes, ChangeVelocity, CropNotes, DeleteNotes, DivideNotes, HumaniseNotes, JoinNotes,
    LegatoNotes, MoveNotes, QuantiseNotes, ReverseNotes, ScaleNoteTime, SplitNotes, TransposeNotes,
    TransposeNotesInScale,
};
pub use note_selection::NoteSelection;
pub use notes::{AddNotesFromText, NotesText, SetNoteOverlap};
pub use place::{ChainOwner, LaneOwner};
pub use ports::{SetInsertOutput, SetSidechain};
pub use rate::SetSampleRate;
pub use repeat::RepeatSection;
pub use sends::{AddSend, RemoveSend, SetSend};
pub use settings::{SetClick, SetPanLaw, SetPluginBlock, SetSeed, SetSessionName};
pub use takes::{ActivateTakeLane, AddTakeLane, DeleteTakeLane};
pub use tempo::{
    RemoveSignature, RemoveTempo, ReplaceSignatures, ReplaceTempo, SetSignature, SetTempo,
};
pub use timeline::{
    AddMarker, AddSection, DeleteMarker, DeleteSection, MoveMarker, MoveSection, RenameMarker,
    RenameSection,
};
pub use tracks::{
    AddTrack, DeleteTrack, DuplicateTrack, RenameTrack, ReorderTrack, SetLayout, SetOutput,
};
pub use value::{ClipValue, InsertValue, SessionValue, TrackValue, VcaValue};

use crate::session::Session;
use draft::Draft;

/// One command's rules: how it changes a session.
trait Op {
    /// Does it; fills in the ids it chooses. What it leaves half done where it fails is taken
    /// back by the caller.
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError>;
}

/// What the schema of `T` says it is.
fn description_of<T: JsonSchema>() -> Option<serde_json::Value> {
    schemars::schema_for!(T).get("description").cloned()
}

macro_rules! commands {
    ($($name:ident = $text:literal,)*) => {
        /// A mutation of a session, as data: `{"op": "set_volume", "track": "bass", ...}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "op")]
        #[allow(clippy::large_enum_variant)] // Commands live one at a time or in small lists.
        pub enum Command {
            $(
                #[doc = concat!("`", $text, "`: see [`", stringify!($name), "`].")]
                // Who reads the schema has not the code: it gets the words themselves.
                #[schemars(extend("description" = description_of::<$name>()))]
                #[serde(rename = $text)]
                $name($name),
            )*
        }

        impl Command {
            /// The names of all commands, as `op` says them.
            pub const NAMES: &[&str] = &[$($text),*];

            /// Its name, as `op` says it.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $text,)* }
            }

            fn op(&mut self) -> &mut dyn Op {
                match self { $(Self::$name(op) => op,)* }
            }
        }

        $(
            impl From<$name> for Command {
                fn from(op: $name) -> Self {
                    Self::$name(op)
                }
            }
        )*
    };
}

commands! {
    SetSessionName = "set_session_name",
    SetSampleRate = "set_sample_rate",
    SetPluginBlock = "set_plugin_block",
    SetPanLaw = "set_pan_law",
    SetSeed = "set_seed",
    SetClick = "set_click",
    SetTempo = "set_tempo",
    RemoveTempo = "remove_tempo",
    ReplaceTempo = "replace_tempo",
    SetSignature = "set_signature",
    RemoveSignature = "remove_signature",
    ReplaceSignatures = "replace_signatures",
    AddTrack = "add_track",
    DeleteTrack = "delete_track",
    RenameTrack = "rename_track",
    ReorderTrack = "reorder_track",
    DuplicateTrack = "duplicate_track",
    SetOutput = "set_output",
    SetLayout = "set_layout",
    SetVolume = "set_volume",
    SetPan = "set_pan",
    SetMute = "set_mute",
    SetSolo = "set_solo",
    SetSoloSafe = "set_solo_safe",
    SetNoteOverlap = "set_note_overlap",
    FreezeTrack = "freeze_track",
    UnfreezeTrack = "unfreeze_track",
    AddVca = "add_vca",
    DeleteVca = "delete_vca",
    RenameVca = "rename_vca",
    SetVcaMembers = "set_vca_members",
    SetVcaVolume = "set_vca_volume",
    SetVcaMute = "set_vca_mute",
    AddGroup = "add_group",
    DeleteGroup = "delete_group",
    RenameGroup = "rename_group",
    SetGroupMembers = "set_group_members",
    SetGroupActive = "set_group_active",
    AddClip = "add_clip",
    DeleteClip = "delete_clip",
    MoveClip = "move_clip",
    CopyClip = "copy_clip",
    PasteClip = "paste_clip",
    SetClip = "set_clip",
    ReplaceNotes = "replace_notes",
    AddNotes = "add_notes",
    DeleteNotes = "delete_notes",
    MoveNotes = "move_notes",
    TransposeNotes = "transpose_notes",
    TransposeNotesInScale = "transpose_notes_in_scale",
    ChangeVelocity = "change_velocity",
    QuantiseNotes = "quantise_notes",
    HumaniseNotes = "humanise_notes",
    LegatoNotes = "legato_notes",
    SplitNotes = "split_notes",
    DivideNotes = "divide_notes",
    JoinNotes = "join_notes",
    ScaleNoteTime = "scale_note_time",
    ReverseNotes = "reverse_notes",
    CropNotes = "crop_notes",
    AddNotesFromText = "add_notes_from_text",
    SplitClip = "split_clip",
    JoinClips = "join_clips",
    TrimClip = "trim_clip",
    Crossfade = "crossfade",
    AddTakeLane = "add_take_lane",
    DeleteTakeLane = "delete_take_lane",
    ActivateTakeLane = "activate_take_lane",
    AddSend = "add_send",
    RemoveSend = "remove_send",
    SetSend = "set_send",
    AddInsert = "add_insert",
    RemoveInsert = "remove_insert",
    ReorderInsert = "reorder_insert",
    SetBypass = "set_bypass",
    SetPreset = "set_preset",
    SetParameter = "set_parameter",
    SetParameters = "set_parameters",
    SetSidechain = "set_sidechain",
    SetInsertOutput = "set_insert_output",
    SetPluginState = "set_plugin_state",
    AddLane = "add_lane",
    DeleteLane = "delete_lane",
    SetLaneMode = "set_lane_mode",
    AddPoints = "add_points",
    MovePoint = "move_point",
    SetPoint = "set_point",
    DeletePoints = "delete_points",
    DeletePointRange = "delete_point_range",
    AddMarker = "add_marker",
    DeleteMarker = "delete_marker",
    MoveMarker = "move_marker",
    RenameMarker = "rename_marker",
    AddSection = "add_section",
    DeleteSection = "delete_section",
    MoveSection = "move_section",
    RenameSection = "rename_section",
    RepeatSection = "repeat_section",
}

/// What an applied command leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The command with every id it chose filled in: what a journal records.
    pub command: Command,
    /// Changes that take it back exactly, in the order [`revert`] applies them.
    pub inverse: Vec<Change>,
    /// Paths of what it changed, sorted, such as `tracks/bass/clips/verse`.
    pub touched: Vec<String>,
    /// Paths of what it made, in the order it made them.
    pub created: Vec<String>,
}

/// Applies `command` to `session`; an error leaves the session as it was.
pub fn apply(session: &mut Session, command: &Command) -> Result<Applied, CommandError> {
    let mut command = command.clone();
    let mut draft = Draft::new(session);
    match command.op().run(&mut draft).and_then(|()| rules::check(&draft)) {
        Ok(()) => {
            let draft::Finished { inverse, touched, created } = draft.finish();
            Ok(Applied { command, inverse, touched, created })
        }
        Err(error) => {
            draft.roll_back();
            Err(error)
        }
    }
}

/// Applies the changes of an [`Applied::inverse`] in order and returns the paths they touched;
/// where they do not fit, the session stays as it was.
pub fn revert(session: &mut Session, inverse: &[Change]) -> Result<Vec<String>, CommandError> {
    let mut draft = Draft::new(session);
    for change in inverse {
        if let Err(error) = draft.change(change.clone()) {
            draft.roll_back();
            return Err(error);
        }
    }
    Ok(draft.finish().touched)
}

/// True where a flag is off: it is then left out of the text.
#[allow(clippy::trivially_copy_pass_by_ref)] // Serde passes references.
const fn is_false(value: &bool) -> bool {
    !*value
}
