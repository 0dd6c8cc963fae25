//! What a plug-in saves and restores of itself.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use lilv::World;
use lilv::instance::Instance;
use lilv::node::Node;
use lilv::state::SetPortValue;
use lv2_raw::LV2Feature;
use lv2_sys::{
    LV2_State_Flags, LV2_State_Interface, LV2_State_Status,
    LV2_State_Status_LV2_STATE_ERR_BAD_FLAGS as BAD_FLAGS,
    LV2_State_Status_LV2_STATE_ERR_NO_PROPERTY as NO_PROPERTY,
    LV2_State_Status_LV2_STATE_ERR_NO_SPACE as NO_SPACE,
    LV2_State_Status_LV2_STATE_ERR_UNKNOWN as UNKNOWN,
    LV2_State_Status_LV2_STATE_SUCCESS as SUCCESS,
};

use super::features::Features;
use super::running::{Controls, Loaded};
use super::saved::{Value, words_of};
use super::urid::{Urid, map};
use crate::bounded_state::{MAX_STATE_BYTES, too_large};

const INTERFACE: &str = "http://lv2plug.in/ns/ext/state#interface";

/// What may be copied and read in another process, which is what is kept.
const KEPT: u32 = LV2_State_Flags::LV2_STATE_IS_POD.0 | LV2_State_Flags::LV2_STATE_IS_PORTABLE.0;

/// What a plug-in saves.
#[derive(Default)]
struct Stored {
    values: Vec<Value>,
    /// There was more than is kept.
    is_full: bool,
}

fn interface(instance: &Instance) -> Option<LV2_State_Interface> {
    // SAFETY: asking is allowed at any time, and what is answered is of the type of that URI and
    // lasts as long as the library.
    let interface: NonNull<LV2_State_Interface> = unsafe { instance.extension_data(INTERFACE) }?;
    // SAFETY: as above.
    Some(unsafe { *interface.as_ref() })
}

/// What a plug-in saves; nothing where it saves nothing.
pub fn save(instance: &Instance, features: &Features) -> Result<Vec<Value>, String> {
    let Some(save) = interface(instance).and_then(|interface| interface.save) else {
        return Ok(Vec::new());
    };
    let mut stored = Stored::default();
    let list = pointers(features);
    // SAFETY: the handle is the instance's, `store` gets what it works on, and the list ends
    // with null.
    let status = unsafe {
        let stored = (&raw mut stored).cast();
        save(instance.handle(), Some(store), stored, KEPT, list.as_ptr().cast())
    };
    match status {
        // It may say that it has failed then, or not.
        _ if stored.is_full => Err(too_large()),
        SUCCESS => Ok(stored.values),
        status => Err(format!("it cannot save its state ({})", reason(status))),
    }
}

/// Has a plug-in restore what it saved.
pub fn restore(instance: &Instance, features: &Features, values: &[Value]) -> Result<(), String> {
    if values.is_empty() {
        return Ok(());
    }
    let Some(restore) = interface(instance).and_then(|interface| interface.restore) else {
        return Err("it restores no state any more".to_owned());
    };
    let list = pointers(features);
    // SAFETY: as in `save`; the values are only read, and stay until it is done.
    let status = unsafe {
        let values = (&raw const values).cast_mut().cast();
        restore(instance.handle(), Some(retrieve), values, 0, list.as_ptr().cast())
    };
    match status {
        // What an older version did not save is not there.
        SUCCESS | NO_PROPERTY => Ok(()),
        status => Err(format!("it refuses the state ({})", reason(status))),
    }
}

/// Gives `loaded` the state that its bundle has as `subject`: a preset, or the plug-in itself where it
/// starts with one. False where it has none.
pub fn load(world: &World, subject: &Node, loaded: &mut Loaded) -> bool {
    let Some(state) = world.new_state(loaded.parts.features.map(), subject) else { return false };
    let mut ports = PortValues::new(&mut loaded.parts.controls);
    let flags = LV2_State_Flags(0);
    state.restore(&loaded.instance, Some(&mut ports), flags, loaded.parts.features.all());
    true
}

fn pointers(features: &Features) -> Vec<*const LV2Feature> {
    features.all().map(std::ptr::from_ref).chain([std::ptr::null()]).collect()
}

fn reason(status: LV2_State_Status) -> &'static str {
    match status {
        2 => "a type is not supported",
        3 => "a flag is not supported",
        4 => "a feature is missing",
        5 => "a property is missing",
        6 => "there is no room",
        _ => "it does not say why",
    }
}

/// Takes a value that is saved.
unsafe extern "C" fn store(
    stored: *mut c_void,
    key: u32,
    value: *const c_void,
    size: usize,
    kind: u32,
    flags: u32,
) -> LV2_State_Status {
    if flags & LV2_State_Flags::LV2_STATE_IS_POD.0 == 0 {
        return BAD_FLAGS;
    }
    if value.is_null() {
        return UNKNOWN;
    }
    // SAFETY: the plug-in gives back the handle that `save` gave it.
    let stored = unsafe { &mut *stored.cast::<Stored>() };
    // A key that is saved twice has its last value.
    stored.values.retain(|known| known.key != key);
    let others = stored.values.iter().map(|known| known.bytes).sum::<usize>();
    if size > MAX_STATE_BYTES.saturating_sub(others) {
        stored.is_full = true;
        return NO_SPACE;
    }
    // SAFETY: there are as many bytes as the plug-in says.
    let bytes = unsafe { std::slice::from_raw_parts(value.cast::<u8>(), size) };
    stored.values.push(Value { key, kind, flags, bytes: size, words: words_of(bytes) });
    SUCCESS
}

/// Gives a value that was saved.
unsafe extern "C" fn retrieve(
    values: *mut c_void,
    key: u32,
    size: *mut usize,
    kind: *mut u32,
    flags: *mut u32,
) -> *const c_void {
    // SAFETY: the plug-in gives back the handle that `restore` gave it.
    let values = unsafe { *values.cast::<&[Value]>() };
    let Some(value) = values.iter().find(|value| value.key == key) else {
        return std::ptr::null();
    };
    // SAFETY: each is null or a place for such a number.
    unsafe {
        if let Some(size) = size.as_mut() {
            *size = value.bytes;
        }
        if let Some(kind) = kind.as_mut() {
            *kind = value.kind;
        }
        if let Some(flags) = flags.as_mut() {
            *flags = value.flags;
        }
    }
    value.words.as_ptr().cast()
}

/// Takes the values that a state of a bundle has for ports.
struct PortValues<'a> {
    controls: &'a mut Controls,
    float: Urid,
    double: Urid,
    int: Urid,
    bool: Urid,
    long: Urid,
}

impl<'a> PortValues<'a> {
    fn new(controls: &'a mut Controls) -> Self {
        let kind = |name: &CStr| map(name);
        Self {
            controls,
            float: kind(c"http://lv2plug.in/ns/ext/atom#Float"),
            double: kind(c"http://lv2plug.in/ns/ext/atom#Double"),
            int: kind(c"http://lv2plug.in/ns/ext/atom#Int"),
            bool: kind(c"http://lv2plug.in/ns/ext/atom#Bool"),
            long: kind(c"http://lv2plug.in/ns/ext/atom#Long"),
        }
    }
}

impl SetPortValue for PortValues<'_> {
    fn set_port_value(&mut self, symbol: &str, value: *const c_void, size: u32, kind: Urid) {
        // SAFETY: `lilv` gives as many bytes as it says, of the type it says.
        let value = unsafe {
            match size {
                4 if kind == self.float => f64::from(value.cast::<f32>().read_unaligned()),
                4 if [self.int, self.bool].contains(&kind) => {
                    f64::from(value.cast::<i32>().read_unaligned())
                }
                8 if kind == self.double => value.cast::<f64>().read_unaligned(),
                8 if kind == self.long => value.cast::<i64>().read_unaligned() as f64,
                _ => return,
            }
        };
        if value.is_finite() {
            self.controls.set_port(symbol, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_is_kept() {
        let piece = vec![0_u8; MAX_STATE_BYTES / 2];
        let mut stored = Stored::default();
        let mut store = |key, size| {
            let flags = LV2_State_Flags::LV2_STATE_IS_POD.0;
            // SAFETY: there are as many bytes, or they are not looked at.
            unsafe { store((&raw mut stored).cast(), key, piece.as_ptr().cast(), size, 1, flags) }
        };
        for key in [1, 2, 2] {
            assert_eq!(store(key, piece.len()), SUCCESS);
        }
        assert_eq!([store(3, 1), store(3, usize::MAX)], [NO_SPACE; 2]);
        assert!(stored.is_full && stored.values.len() == 2);
    }
}
