//! The numbers that plug-ins have for URIs: one table for the whole process, in order of first use.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A URI's number; none is 0.
pub type Urid = u32;

/// Texts stay where they are for as long as the process runs: none is ever taken out.
struct Table {
    numbers: BTreeMap<CString, Urid>,
    uris: Vec<CString>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { numbers: BTreeMap::new(), uris: Vec::new() });

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of `uri`, a new one where it has none.
pub fn map(uri: &CStr) -> Urid {
    let mut table = table();
    if let Some(number) = table.numbers.get(uri) {
        return *number;
    }
    let Ok(number) = Urid::try_from(table.uris.len() + 1) else { return 0 };
    table.uris.push(uri.to_owned());
    table.numbers.insert(uri.to_owned(), number);
    number
}

/// The URI of a number, if it is one.
pub fn unmap(number: Urid) -> Option<CString> {
    let index = (number as usize).checked_sub(1)?;
    table().uris.get(index).cloned()
}

/// [`map`], for plug-ins.
pub extern "C" fn map_for_plugin(_: *mut c_void, uri: *const c_char) -> Urid {
    if uri.is_null() {
        return 0;
    }
    // SAFETY: the plug-in gives a text that ends with a zero, as the format asks for.
    map(unsafe { CStr::from_ptr(uri) })
}

/// [`unmap`], for plug-ins.
pub unsafe extern "C" fn unmap_for_plugin(_: *mut c_void, number: Urid) -> *const c_char {
    let Some(index) = (number as usize).checked_sub(1) else { return std::ptr::null() };
    table().uris.get(index).map_or(std::ptr::null(), |uri| uri.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_of_one_uri_and_stay() {
        let [a, b] = [c"urn:wavemill:a", c"urn:wavemill:b"].map(map);
        assert!(a != 0 && b != 0 && a != b);
        assert_eq!(map(c"urn:wavemill:a"), a);
        assert_eq!(unmap(b).as_deref(), Some(c"urn:wavemill:b"));
        assert_eq!((unmap(0), unmap(Urid::MAX)), (None, None));
        // SAFETY: it takes any number.
        let text = unsafe { unmap_for_plugin(std::ptr::null_mut(), a) };
        // SAFETY: the number is known, so it is a text, which stays.
        assert_eq!(unsafe { CStr::from_ptr(text) }, c"urn:wavemill:a");
        assert_eq!(map_for_plugin(std::ptr::null_mut(), text), a);
    }
}
