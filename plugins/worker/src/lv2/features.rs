//! What a host offers to a plug-in beyond the format's core.

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

use lilv::plugin::Plugin;
use lv2_raw::{LV2Feature, LV2UridMap};
use lv2_sys::{
    LV2_Options_Context_LV2_OPTIONS_INSTANCE as OF_INSTANCE, LV2_Options_Option,
    LV2_State_Free_Path, LV2_State_Map_Path, LV2_URID_Unmap, LV2_Worker_Schedule,
};

use super::describe::uri;
use super::ports::SEQUENCE_BYTES;
use super::urid::{map, map_for_plugin, unmap_for_plugin};
use super::worker::Queue;
use crate::run::Setup;

const MAP: &CStr = c"http://lv2plug.in/ns/ext/urid#map";
const UNMAP: &CStr = c"http://lv2plug.in/ns/ext/urid#unmap";
const OPTIONS: &CStr = c"http://lv2plug.in/ns/ext/options#options";
const SCHEDULE: &CStr = c"http://lv2plug.in/ns/ext/worker#schedule";
const MAP_PATH: &CStr = c"http://lv2plug.in/ns/ext/state#mapPath";
const FREE_PATH: &CStr = c"http://lv2plug.in/ns/ext/state#freePath";
const DEFAULT_STATE: &CStr = c"http://lv2plug.in/ns/ext/state#loadDefaultState";
const BOUNDED: &CStr = c"http://lv2plug.in/ns/ext/buf-size#boundedBlockLength";
const FIXED: &CStr = c"http://lv2plug.in/ns/ext/buf-size#fixedBlockLength";
const COARSE: &CStr = c"http://lv2plug.in/ns/ext/buf-size#coarseBlockLength";
const POWER_OF_TWO: &CStr = c"http://lv2plug.in/ns/ext/buf-size#powerOf2BlockLength";
const SAFE_RESTORE: &CStr = c"http://lv2plug.in/ns/ext/state#threadSafeRestore";

/// What a plug-in may require and need not be offered: it says something of the plug-in, or of what
/// no host here does.
const SAYINGS: [&CStr; 3] = [
    c"http://lv2plug.in/ns/lv2core#hardRTCapable",
    c"http://lv2plug.in/ns/lv2core#inPlaceBroken",
    c"http://lv2plug.in/ns/lv2core#isLive",
];

/// What is offered with nothing but its name.
const NAMES: [&CStr; 5] = [BOUNDED, FIXED, COARSE, DEFAULT_STATE, SAFE_RESTORE];

/// What is offered with something to call or to read.
const THINGS: [&CStr; 6] = [MAP, UNMAP, OPTIONS, SCHEDULE, MAP_PATH, FREE_PATH];

/// Says so where `plugin` requires what it is not offered.
pub fn check_required(plugin: &Plugin) -> Result<(), String> {
    for feature in plugin.required_features().iter() {
        let wanted = uri(&feature);
        let offered = SAYINGS.iter().chain(&NAMES).chain(&THINGS).chain([&POWER_OF_TWO]);
        if !offered.copied().any(|offered| offered.to_bytes() == wanted.as_bytes()) {
            return Err(format!("it requires the feature '{wanted}', which is not offered"));
        }
    }
    Ok(())
}

/// True where `plugin` requires blocks of a power of two.
pub fn needs_power_of_two(plugin: &Plugin) -> bool {
    let features = plugin.required_features();
    features.iter().any(|feature| uri(&feature).as_bytes() == POWER_OF_TWO.to_bytes())
}

/// Says so where a plug-in `needs` a power of two and does not get it.
pub fn check_block(needs: bool, block: u32) -> Result<(), String> {
    match needs && !block.is_power_of_two() {
        true => Err(format!("it requires blocks of a power of two, and {block} frames are none")),
        false => Ok(()),
    }
}

/// What is offered to one plug-in. It has to stay for as long as that.
pub struct Features {
    list: Vec<LV2Feature>,
    /// All that the list, and what is in it, points to.
    things: Box<Things>,
}

struct Things {
    map: LV2UridMap,
    unmap: LV2_URID_Unmap,
    schedule: LV2_Worker_Schedule,
    map_path: LV2_State_Map_Path,
    free_path: LV2_State_Free_Path,
    numbers: Numbers,
    options: [LV2_Options_Option; 6],
    /// What `schedule` points to.
    _queue: Arc<Queue>,
}

/// The values of options.
struct Numbers {
    block: i32,
    least_block: i32,
    sequence_bytes: i32,
    sample_rate_hz: f32,
}

// SAFETY: what it points to is its own and does not change, or is the queue, which is made for
// several threads.
unsafe impl Send for Features {}

impl Features {
    /// For a plug-in that puts what it wants done into `queue`.
    pub fn new(setup: Setup, queue: &Arc<Queue>) -> Self {
        let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let mut things = Box::new(Things {
            map: LV2UridMap { handle: std::ptr::null_mut(), map: map_for_plugin },
            unmap: LV2_URID_Unmap { handle: std::ptr::null_mut(), unmap: Some(unmap_for_plugin) },
            schedule: queue.schedule(),
            map_path: LV2_State_Map_Path {
                handle: std::ptr::null_mut(),
                abstract_path: Some(same_path),
                absolute_path: Some(same_path),
            },
            free_path: LV2_State_Free_Path {
                handle: std::ptr::null_mut(),
                free_path: Some(free_path),
            },
            numbers: Numbers {
                block: whole(setup.block),
                least_block: whole(setup.block),
                sequence_bytes: whole(SEQUENCE_BYTES),
                sample_rate_hz: setup.sample_rate_hz as f32,
            },
            options: [NO_OPTION; 6],
            _queue: Arc::clone(queue),
        });
        things.options = options(&things.numbers);
        let mut list: Vec<LV2Feature> = NAMES.map(|name| feature(name, std::ptr::null())).into();
        if setup.block.is_power_of_two() {
            list.push(feature(POWER_OF_TWO, std::ptr::null()));
        }
        list.extend(
            [
                (MAP, (&raw const things.map).cast::<c_void>()),
                (UNMAP, (&raw const things.unmap).cast()),
                (OPTIONS, (&raw const things.options).cast()),
                (SCHEDULE, (&raw const things.schedule).cast()),
                (MAP_PATH, (&raw const things.map_path).cast()),
                (FREE_PATH, (&raw const things.free_path).cast()),
            ]
            .map(|(name, thing)| feature(name, thing)),
        );
        Self { list, things }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &LV2Feature> {
        self.list.iter()
    }

    /// The map of URIs, for what `lilv` does with it.
    pub fn map(&mut self) -> &mut LV2UridMap {
        &mut self.things.map
    }
}

fn feature(name: &'static CStr, thing: *const c_void) -> LV2Feature {
    LV2Feature { uri: name.as_ptr(), data: thing.cast_mut() }
}

/// What ends a list of options.
const NO_OPTION: LV2_Options_Option = LV2_Options_Option {
    context: OF_INSTANCE,
    subject: 0,
    key: 0,
    size: 0,
    type_: 0,
    value: std::ptr::null(),
};

fn options(numbers: &Numbers) -> [LV2_Options_Option; 6] {
    let int = map(c"http://lv2plug.in/ns/ext/atom#Int");
    let float = map(c"http://lv2plug.in/ns/ext/atom#Float");
    let option = |name: &CStr, type_, value: *const c_void| {
        // Both types have four bytes.
        LV2_Options_Option { key: map(name), size: 4, type_, value, ..NO_OPTION }
    };
    let block = (&raw const numbers.block).cast();
    let least_block = (&raw const numbers.least_block).cast();
    let sequence = (&raw const numbers.sequence_bytes).cast();
    let rate = (&raw const numbers.sample_rate_hz).cast();
    [
        option(c"http://lv2plug.in/ns/ext/buf-size#maxBlockLength", int, block),
        option(c"http://lv2plug.in/ns/ext/buf-size#minBlockLength", int, least_block),
        option(c"http://lv2plug.in/ns/ext/buf-size#nominalBlockLength", int, block),
        option(c"http://lv2plug.in/ns/ext/buf-size#sequenceSize", int, sequence),
        option(c"http://lv2plug.in/ns/ext/parameters#sampleRate", float, rate),
        NO_OPTION,
    ]
}

/// Paths in a state are those of the machine: what they lead to is not kept with it.
unsafe extern "C" fn same_path(_: *mut c_void, path: *const c_char) -> *mut c_char {
    if path.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: the plug-in gives a text that ends with a zero, and frees the copy.
    unsafe { libc::strdup(path) }
}

unsafe extern "C" fn free_path(_: *mut c_void, path: *mut c_char) {
    // SAFETY: it is a copy that `same_path` made.
    unsafe { libc::free(path.cast()) };
}
