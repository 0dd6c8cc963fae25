//! Places that a plug-in passes for results.

/// Writes `value` to `place`; `None` where there is no place.
///
/// # Safety
///
/// `place` is null, or a value of its type may be written there.
pub unsafe fn put<T>(place: *mut T, value: T) -> Option<()> {
    // SAFETY: told by the caller.
    (!place.is_null()).then(|| unsafe { place.write(value) })
}
