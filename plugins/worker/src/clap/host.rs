//! What a CLAP plug-in may ask of its host, and what it gets.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::log::{HostLog, HostLogImpl, LogSeverity};
use clack_extensions::note_ports::{
    HostNotePorts, HostNotePortsImpl, NoteDialects, NotePortRescanFlags,
};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_extensions::tail::{HostTail, HostTailImpl};
use clack_extensions::thread_check::{HostThreadCheck, HostThreadCheckImpl};
use clack_extensions::timer::{HostTimer, HostTimerImpl, TimerId};
use clack_host::prelude::*;

/// The host of one plug-in.
pub struct Host;

/// What a plug-in asked for from any thread.
pub struct Shared {
    main_thread: ThreadId,
    /// It wants to be called back on the main thread.
    pub callback: AtomicBool,
    /// It wants to be activated again.
    pub restart: AtomicBool,
}

/// What a plug-in asked for on the main thread.
#[derive(Default)]
pub struct MainThread {
    timers: Cell<u32>,
}

/// What a plug-in asks for while it processes.
pub struct Audio;

impl Shared {
    /// For a plug-in whose main thread is this one.
    pub fn new() -> Self {
        Self {
            main_thread: std::thread::current().id(),
            callback: AtomicBool::new(false),
            restart: AtomicBool::new(false),
        }
    }

    fn on_main_thread(&self) -> bool {
        std::thread::current().id() == self.main_thread
    }
}

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = MainThread;
    type AudioProcessor<'a> = Audio;

    fn declare_extensions(builder: &mut HostExtensions<Self>, _: &Self::Shared<'_>) {
        builder
            .register::<HostAudioPorts>()
            .register::<HostLatency>()
            .register::<HostLog>()
            .register::<HostNotePorts>()
            .register::<HostParams>()
            .register::<HostState>()
            .register::<HostTail>()
            .register::<HostThreadCheck>()
            .register::<HostTimer>();
    }
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {
        self.restart.store(true, Ordering::Relaxed);
    }

    // It processes whether it asks for it or not.
    fn request_process(&self) {}

    fn request_callback(&self) {
        self.callback.store(true, Ordering::Relaxed);
    }
}

impl MainThreadHandler<'_> for MainThread {}
impl AudioProcessorHandler<'_> for Audio {}

impl HostLogImpl for Shared {
    fn log(&self, severity: LogSeverity, message: &str) {
        eprintln!("{severity}: {message}");
    }
}

impl HostThreadCheckImpl for Shared {
    fn is_main_thread(&self) -> bool {
        self.on_main_thread()
    }

    fn is_audio_thread(&self) -> bool {
        !self.on_main_thread()
    }
}

impl HostParamsImplShared for Shared {
    // What is to be flushed is flushed by the next block.
    fn request_flush(&self) {}
}

impl HostParamsImplMainThread for MainThread {
    // Nothing of what it said is kept beyond what is asked for once.
    fn rescan(&self, _: ParamRescanFlags) {}
    fn clear(&self, _: ClapId, _: ParamClearFlags) {}
}

impl HostAudioPortsImpl for MainThread {
    fn is_rescan_flag_supported(&self, _: AudioPortRescanFlags) -> bool {
        false
    }

    fn rescan(&self, _: AudioPortRescanFlags) {}
}

impl HostNotePortsImpl for MainThread {
    fn supported_dialects(&self) -> NoteDialects {
        NoteDialects::CLAP | NoteDialects::MIDI | NoteDialects::MIDI_MPE
    }

    fn rescan(&self, _: NotePortRescanFlags) {}
}

impl HostLatencyImpl for MainThread {
    // It is allowed while the plug-in is activated; the latency is read after that.
    fn changed(&self) {}
}

impl HostStateImpl for MainThread {
    fn mark_dirty(&self) {}
}

impl HostTailImpl for Audio {
    // The tail is read before every use.
    fn changed(&mut self) {}
}

impl HostTimerImpl for MainThread {
    // Timers are for what people look at; none ever fires here, as if no time went by.
    fn register_timer(&self, _: u32) -> Result<TimerId, HostError> {
        self.timers.set(self.timers.get().wrapping_add(1));
        Ok(TimerId(self.timers.get()))
    }

    fn unregister_timer(&self, _: TimerId) -> Result<(), HostError> {
        Ok(())
    }
}
