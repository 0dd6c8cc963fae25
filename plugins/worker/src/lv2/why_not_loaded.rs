//! Why a plug-in has no instance, which lilv only prints: its library, its entry, or itself.

use std::ffi::CStr;
use std::path::Path;

use libloading::os::unix::Library;
use lilv::plugin::Plugin;
use lv2_raw::LV2Descriptor;

use crate::library;

/// What a library of LV2 plug-ins has, or the newer one instead.
const ENTRY: &[u8] = b"lv2_descriptor\0";
const NEWER_ENTRY: &[u8] = b"lv2_lib_descriptor\0";

/// Most plug-ins of a library that are looked through.
const MOST: u32 = 65_536;

/// Says why `plugin` could not be instantiated.
pub fn why_not_loaded(plugin: &Plugin) -> String {
    let path = plugin.library_uri().and_then(|uri| uri.path()).map(|(_, path)| path);
    let Some(path) = path else { return "its bundle names no library".to_owned() };
    let id = super::describe::uri(&plugin.uri());
    match entry(Path::new(&path), &id) {
        Err(what) => format!("its library '{path}' cannot be loaded: {what}"),
        Ok(()) => "it refuses to be instantiated".to_owned(),
    }
}

/// Loads the library at `path` and looks for `id` in it.
fn entry(path: &Path, id: &str) -> Result<(), String> {
    library::check(path)?;
    // SAFETY: whatever the library does, it does it in this process, which is there for it.
    let library = unsafe { Library::new(path) }.map_err(|error| error.to_string())?;
    // SAFETY: the types are those that LV2 gives these symbols; the library stays open for ever, as
    // it may be in use.
    unsafe {
        let entry = library.get::<unsafe extern "C" fn(u32) -> *const LV2Descriptor>(ENTRY);
        let entry = entry.map(|symbol| *symbol);
        let has_newer = library.get::<*const ()>(NEWER_ENTRY).is_ok();
        std::mem::forget(library);
        let Ok(entry) = entry else {
            return if has_newer { Ok(()) } else { Err("it has no 'lv2_descriptor'".to_owned()) };
        };
        let mut all = (0..MOST).map(|index| entry(index)).take_while(|found| !found.is_null());
        let is_meant = |found: *const LV2Descriptor| {
            CStr::from_ptr((*found).uri.cast()).to_bytes() == id.as_bytes()
        };
        match all.any(is_meant) || has_newer {
            true => Ok(()),
            false => Err(format!("its 'lv2_descriptor' knows no '{id}'")),
        }
    }
}
