//! The events of a block, as a plug-in reads and writes them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Class;
use vst3::Steinberg::Vst::{Event, IEventList, IEventListTrait};
use vst3::Steinberg::{int32, kInvalidArgument, kOutOfMemory, kResultOk, tresult};

use super::places::put;

/// Events that there is room for; more would ask for memory while processing.
pub const MAX_EVENTS: usize = 4_096;

/// The list.
pub struct EventList(Mutex<Vec<Event>>);

impl EventList {
    /// Empty.
    pub fn new() -> Self {
        Self(Mutex::new(Vec::with_capacity(MAX_EVENTS)))
    }

    /// The events, to read and to write.
    pub fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Class for EventList {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for EventList {
    unsafe fn getEventCount(&self) -> int32 {
        i32::try_from(self.events().len()).unwrap_or(i32::MAX)
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(found) = self.events().get(index).copied() else { return kInvalidArgument };
        // SAFETY: the plug-in passes a place for an event, or none.
        unsafe { put(event, found) }.map_or(kInvalidArgument, |()| kResultOk)
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        // SAFETY: the plug-in passes an event, or nothing.
        let Some(event) = (unsafe { event.as_ref() }) else { return kInvalidArgument };
        let mut events = self.events();
        if events.len() == MAX_EVENTS {
            return kOutOfMemory;
        }
        events.push(*event);
        kResultOk
    }
}
