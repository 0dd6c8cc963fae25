//! What a CLAP plug-in may ask of its host, and what it gets.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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

use super::timers::{Clock, Timers};
use crate::conduct::{self, Role};

/// The host of one plug-in.
pub struct Host;

/// What a plug-in asked for from any thread.
pub struct Shared {
    /// It wants to be called back on the main thread.
    pub callback: AtomicBool,
    /// It wants to be activated again.
    pub restart: AtomicBool,
    /// What time it is for its timers.
    pub clock: Clock,
    /// Frames that it has processed, in all of its activations.
    pub steady_frames: AtomicU64,
}

/// What a plug-in asked for on the main thread.
pub struct MainThread<'a> {
    shared: &'a Shared,
    timers: Timers,
}

/// What a plug-in asks for while it processes.
pub struct Audio;

impl Shared {
    /// For a plug-in whose main thread is this one.
    pub fn new() -> Self {
        conduct::enter(Role::Main);
        Self {
            callback: AtomicBool::new(false),
            restart: AtomicBool::new(false),
            clock: Clock::default(),
            steady_frames: AtomicU64::new(0),
        }
    }
}

impl<'a> MainThread<'a> {
    /// Of the plug-in that sees `shared`.
    pub fn new(shared: &'a Shared) -> Self {
        Self { shared, timers: Timers::default() }
    }

    /// The timers that go off now.
    pub fn due_timers(&self) -> Vec<TimerId> {
        self.timers.due(&self.shared.clock)
    }

    /// True where there is that timer.
    pub fn has_timer(&self, id: TimerId) -> bool {
        self.timers.has(id)
    }
}

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = MainThread<'a>;
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
        conduct::asks_for_restart();
    }

    // It processes whether it asks for it or not.
    fn request_process(&self) {}

    fn request_callback(&self) {
        self.callback.store(true, Ordering::Relaxed);
    }
}

impl<'a> MainThreadHandler<'a> for MainThread<'a> {}
impl AudioProcessorHandler<'_> for Audio {}

impl HostLogImpl for Shared {
    fn log(&self, severity: LogSeverity, message: &str) {
        eprintln!("{severity}: {message}");
    }
}

impl HostThreadCheckImpl for Shared {
    fn is_main_thread(&self) -> bool {
        conduct::is(Role::Main)
    }

    fn is_audio_thread(&self) -> bool {
        conduct::is(Role::Audio)
    }
}

impl HostParamsImplShared for Shared {
    // What is to be flushed is flushed by the next block.
    fn request_flush(&self) {
        conduct::forbids("params.request_flush", Role::Audio);
    }
}

impl HostParamsImplMainThread for MainThread<'_> {
    // Nothing of what it said is kept beyond what is asked for once.
    fn rescan(&self, _: ParamRescanFlags) {
        conduct::wants("params.rescan", Role::Main);
    }

    fn clear(&self, _: ClapId, _: ParamClearFlags) {
        conduct::wants("params.clear", Role::Main);
    }
}

impl HostAudioPortsImpl for MainThread<'_> {
    fn is_rescan_flag_supported(&self, _: AudioPortRescanFlags) -> bool {
        conduct::wants("audio_ports.is_rescan_flag_supported", Role::Main);
        false
    }

    fn rescan(&self, _: AudioPortRescanFlags) {
        conduct::wants("audio_ports.rescan", Role::Main);
    }
}

impl HostNotePortsImpl for MainThread<'_> {
    fn supported_dialects(&self) -> NoteDialects {
        conduct::wants("note_ports.supported_dialects", Role::Main);
        NoteDialects::CLAP | NoteDialects::MIDI | NoteDialects::MIDI_MPE
    }

    fn rescan(&self, _: NotePortRescanFlags) {
        conduct::wants("note_ports.rescan", Role::Main);
    }
}

impl HostLatencyImpl for MainThread<'_> {
    // It is allowed while the plug-in is activated; the latency is read after that.
    fn changed(&self) {
        conduct::wants("latency.changed", Role::Main);
    }
}

impl HostStateImpl for MainThread<'_> {
    fn mark_dirty(&self) {
        conduct::wants("state.mark_dirty", Role::Main);
    }
}

impl HostTailImpl for Audio {
    // The tail is read when the plug-in is activated for the first time: how long a render is has to
    // be known before it is made.
    fn changed(&mut self) {
        conduct::wants("tail.changed", Role::Audio);
    }
}

impl HostTimerImpl for MainThread<'_> {
    fn register_timer(&self, period_ms: u32) -> Result<TimerId, HostError> {
        for_main_thread("timer_support.register_timer")?;
        Ok(self.timers.add(period_ms, &self.shared.clock))
    }

    fn unregister_timer(&self, id: TimerId) -> Result<(), HostError> {
        for_main_thread("timer_support.unregister_timer")?;
        match self.timers.remove(id, &self.shared.clock) {
            true => Ok(()),
            false => Err(HostError::Message("there is no such timer")),
        }
    }
}

/// Refuses `call` where this is not the main thread, which alone may touch what it works on.
fn for_main_thread(call: &'static str) -> Result<(), HostError> {
    conduct::wants(call, Role::Main);
    match conduct::is(Role::Main) {
        true => Ok(()),
        false => Err(HostError::Message("timers are made and ended on the main thread")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_refused_off_the_main_thread() {
        std::thread::spawn(|| {
            let shared = Shared::new();
            let main_thread = MainThread::new(&shared);
            let timer = main_thread.register_timer(20).unwrap();
            for role in [Role::Own, Role::Audio] {
                conduct::enter(role);
                assert!(main_thread.register_timer(20).is_err());
                assert!(main_thread.unregister_timer(timer).is_err());
            }
            conduct::enter(Role::Main);
            assert!(main_thread.has_timer(timer));
            main_thread.unregister_timer(timer).unwrap();
            assert!(!main_thread.has_timer(timer));
        })
        .join()
        .unwrap();
    }
}
