//! The events of a block, as a plug-in reads and writes them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Class;
use vst3::Steinberg::Vst::{Event, IEventList, IEventListTrait};
use vst3::Steinberg::{int32, kInvalidArgument, kOutOfMemory, kResultOk, tresult};

use wavemill_plugins::run::MAX_EVENTS;

use super::places::put;

/// Events that there is room for: those of a whole batch. More would ask for memory while processing.
const ROOM: usize = MAX_EVENTS as usize;

/// The list.
pub struct EventList {
    events: Mutex<Vec<Event>>,
    is_lost: AtomicBool,
}

impl EventList {
    /// Empty.
    pub fn new() -> Self {
        let events = Mutex::new(Vec::with_capacity(ROOM));
        Self { events, is_lost: AtomicBool::new(false) }
    }

    /// True where there was no room since the last call for what the plug-in added.
    pub fn take_lost(&self) -> bool {
        self.is_lost.swap(false, Ordering::Relaxed)
    }

    /// The events, to read and to write.
    pub fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
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
        if events.len() == ROOM {
            self.is_lost.store(true, Ordering::Relaxed);
            return kOutOfMemory;
        }
        events.push(*event);
        kResultOk
    }
}
