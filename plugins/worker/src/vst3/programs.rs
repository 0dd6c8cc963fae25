//! The factory programs of a VST3 plug-in: lists that belong to units, and for each unit a parameter
//! whose value is the place in its list.

use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    IEditController, IEditControllerTrait, IUnitInfo, IUnitInfoTrait, ParameterInfo,
    ParameterInfo_::ParameterFlags_::kIsProgramChange, ProgramListInfo, String128, UnitInfo,
};
use vst3::Steinberg::kResultOk;
use wavemill_plugins::{PluginProgram, ProgramParameter};

use super::module::wide;

/// Most programs that are listed, of all lists; what has more says nonsense.
const MAX_PROGRAMS: usize = 16_384;
/// Most parameters, units, lists and places of a list that are looked at.
const MAX_PLACES: i32 = 65_536;

/// The programs of `controller`.
pub fn programs(controller: &ComPtr<IEditController>) -> Vec<PluginProgram> {
    let Some(units) = controller.cast::<IUnitInfo>() else { return Vec::new() };
    let mut programs = Vec::new();
    // SAFETY: the controller is alive and fills the structures.
    unsafe {
        for place in 0..controller.getParameterCount().clamp(0, MAX_PLACES) {
            let mut info: ParameterInfo = std::mem::zeroed();
            if controller.getParameterInfo(place, &raw mut info) != kResultOk
                || info.flags & kIsProgramChange == 0
            {
                continue;
            }
            let Some(list) = list_of(&units, info.unitId) else { continue };
            let count = list.programCount.clamp(0, MAX_PLACES);
            for index in 0..count {
                if programs.len() == MAX_PROGRAMS {
                    return programs;
                }
                let mut name: String128 = [0; 128];
                if units.getProgramName(list.id, index, &raw mut name) != kResultOk {
                    continue;
                }
                let value = f64::from(index) / f64::from((count - 1).max(1));
                let parameter = ProgramParameter { id: info.id.to_string(), value };
                // Units may share a list, and not the parameter that chooses from it.
                let id = format!("{}:{index}", info.id);
                programs.push(PluginProgram { id, name: wide(&name), parameter: Some(parameter) });
            }
        }
    }
    programs
}

/// The list of the unit `unit`.
///
/// # Safety
/// `units` is alive.
unsafe fn list_of(units: &ComPtr<IUnitInfo>, unit: i32) -> Option<ProgramListInfo> {
    // SAFETY: it fills the structures.
    unsafe {
        let found = (0..units.getUnitCount().clamp(0, MAX_PLACES)).find_map(|index| {
            let mut info: UnitInfo = std::mem::zeroed();
            let told = units.getUnitInfo(index, &raw mut info) == kResultOk;
            (told && info.id == unit).then_some(info.programListId)
        })?;
        (0..units.getProgramListCount().clamp(0, MAX_PLACES)).find_map(|index| {
            let mut info: ProgramListInfo = std::mem::zeroed();
            let told = units.getProgramListInfo(index, &raw mut info) == kResultOk;
            (told && info.id == found).then_some(info)
        })
    }
}
