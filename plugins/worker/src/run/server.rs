//! The main thread of a worker that runs plug-ins: takes commands one by one, and is every plug-in's
//! main thread.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use rustix::fs::MemfdFlags;
use wavemill_core::session::PluginFormat;
use wavemill_plugins::message::MAX_LINE_BYTES;
use wavemill_plugins::run::message::{Command, Reply};
use wavemill_plugins::run::{Gives, Layout, Region, Shape};

use super::arithmetic::Arithmetic;
use super::audio_thread::AudioThread;
use super::instance::{Active, MainHalf, Opened, Setup};
use super::joint::{Joints, Leader};
use super::mpe::Mpe;
use super::playing::{Playing, Restarts};
use crate::bounded_state::{MAX_STATE_BYTES, too_large};
#[cfg(feature = "lv2")]
use crate::lv2;
use crate::replies::SharedReplies;
use crate::{clap, crash, vst3};

/// Bytes of an audio thread's stack.
const STACK_BYTES: usize = 8 << 20;

/// What the main thread is woken for.
pub enum Wake {
    /// A command came.
    Command(Command),
    /// An instance asked to be called back; whoever waits is told when that is done.
    CallBack(u32, Sender<()>),
    /// An instance asked to be activated again, and its audio half is gone.
    Restart(u32, Sender<Result<Active, String>>),
}

/// Has the main thread call `instance` back, and waits until it has.
pub fn ask_main_thread(wake: &Sender<Wake>, instance: u32) {
    let (done, wait) = channel();
    if wake.send(Wake::CallBack(instance, done)).is_ok() {
        // Where the main thread is gone, so is the process in a moment.
        let _ = wait.recv();
    }
}

/// Has the main thread activate `instance` again, and waits until it has.
pub fn ask_restart(wake: &Sender<Wake>, instance: u32) -> Result<Active, String> {
    let (done, wait) = channel();
    let gone = || "its main thread is gone".to_owned();
    wake.send(Wake::Restart(instance, done)).map_err(|_| gone())?;
    wait.recv().map_err(|_| gone())?
}

/// Takes commands until there are none any more.
pub fn serve(replies: SharedReplies) {
    let (wake, wakes) = channel();
    let commands = wake.clone();
    let Ok(input) = take_standard_input() else { return };
    std::thread::spawn(move || read_commands(input, &commands));
    Server { instances: BTreeMap::new(), wake, replies }.run(&wakes);
}

/// Takes what was standard input for commands; plug-ins read nothing there.
fn take_standard_input() -> std::io::Result<File> {
    let kept = File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(kept)
}

fn read_commands(input: impl Read, wake: &Sender<Wake>) {
    let mut input = BufReader::new(input);
    loop {
        let mut line = String::new();
        let read = input.by_ref().take(MAX_LINE_BYTES).read_line(&mut line);
        let command = read.ok().and_then(|_| serde_json::from_str(&line).ok());
        let Some(command) = command else {
            // The host is gone, or speaks nonsense, and the main thread may never come back.
            // SAFETY: nothing of this process is used any more.
            unsafe { libc::_exit(0) }
        };
        if wake.send(Wake::Command(command)).is_err() {
            return;
        }
    }
}

/// Loads the plug-in `id` of the bundle at `path`.
pub fn open(format: PluginFormat, path: &Path, id: &str) -> Result<Opened, String> {
    match format {
        PluginFormat::Clap => clap::open(path, id),
        PluginFormat::Vst3 => vst3::open(path, id),
        #[cfg(feature = "lv2")]
        PluginFormat::Lv2 => lv2::open(path, id),
        #[cfg(not(feature = "lv2"))]
        PluginFormat::Lv2 => Err("the worker was built without LV2".to_owned()),
    }
}

struct Server {
    instances: BTreeMap<u32, Instance>,
    wake: Sender<Wake>,
    replies: SharedReplies,
}

struct Instance {
    plugin: Box<dyn MainHalf>,
    /// What it was activated with.
    active: Option<Setup>,
    /// Memory that the host may still open.
    shared: Vec<File>,
    /// Its other half, once it is active, and how it goes together with others.
    playing: Option<Arc<Mutex<Playing>>>,
    joints: Joints,
}

impl Server {
    fn run(&mut self, wakes: &Receiver<Wake>) {
        for wake in wakes {
            match wake {
                Wake::Command(command) => {
                    let reply = self.command(command);
                    crash::runs_none();
                    self.replies.say(&reply);
                }
                Wake::CallBack(number, done) => {
                    if let Some(instance) = self.instances.get_mut(&number) {
                        crash::runs(number);
                        instance.plugin.call_back();
                        crash::runs_none();
                    }
                    let _ = done.send(());
                }
                Wake::Restart(number, done) => {
                    let again = self.restart(number);
                    crash::runs_none();
                    let _ = done.send(again);
                }
            }
        }
    }

    fn command(&mut self, command: Command) -> Reply {
        let (instance, done) = match command {
            Command::Open { instance, format, path, id } => {
                crash::runs(instance);
                (instance, self.open(instance, format, Path::new(&path), &id))
            }
            Command::Restore { instance, path } => (instance, self.restore(instance, &path)),
            Command::LoadProgram { instance, id } => (instance, self.load_program(instance, &id)),
            Command::Activate { instance, sample_rate_hz, offline, mpe, values, shape } => {
                let setup = Setup { sample_rate_hz, block: shape.block, offline };
                (instance, self.activate(instance, (setup, mpe), &values, shape))
            }
            Command::Follow { instance, process, memory, shape, channels } => {
                (instance, self.follow(instance, (process, memory, shape), channels))
            }
            Command::RunAll { instance, then } => (instance, self.run_all(instance, &then)),
            Command::Save { instance } => (instance, self.save(instance)),
        };
        done.unwrap_or_else(|what| Reply::Refused { instance, what })
    }

    fn open(
        &mut self,
        instance: u32,
        format: PluginFormat,
        path: &Path,
        id: &str,
    ) -> Result<Reply, String> {
        if self.instances.contains_key(&instance) {
            return Err("the worker has an instance of that number".to_owned());
        }
        let Opened { description, plugin } = open(format, path, id)?;
        let (active, shared, playing, joints) = (None, Vec::new(), None, Joints::default());
        let made = Instance { plugin, active, shared, playing, joints };
        self.instances.insert(instance, made);
        Ok(Reply::Opened { instance, description: Box::new(description) })
    }

    /// The instance `number`, of which it is told should the process crash from now on.
    fn instance(&mut self, number: u32) -> Result<&mut Instance, String> {
        crash::runs(number);
        self.instances.get_mut(&number).ok_or_else(|| "the worker has no such instance".to_owned())
    }

    fn restore(&mut self, number: u32, path: &str) -> Result<Reply, String> {
        let instance = self.instance(number)?;
        if instance.active.is_some() {
            return Err("its state has to be restored before it is activated".to_owned());
        }
        let state = std::fs::read(path).map_err(|error| format!("'{path}': {error}"))?;
        instance.plugin.restore(&state)?;
        Ok(Reply::Restored { instance: number })
    }

    fn load_program(&mut self, number: u32, id: &str) -> Result<Reply, String> {
        let instance = self.instance(number)?;
        if instance.active.is_some() {
            return Err("its program has to be loaded before it is activated".to_owned());
        }
        instance.plugin.load_program(id)?;
        Ok(Reply::Restored { instance: number })
    }

    fn activate(
        &mut self,
        number: u32,
        (setup, mpe): (Setup, bool),
        values: &[(u32, f64)],
        shape: Shape,
    ) -> Result<Reply, String> {
        let (wake, replies) = (self.wake.clone(), self.replies.clone());
        let instance = self.instance(number)?;
        if instance.active.is_some() {
            return Err("it is active".to_owned());
        }
        let layout = Layout::new(shape).map_err(|error| error.to_string())?;
        let (file, region) = Region::create(layout).map_err(|error| error.to_string())?;
        instance.plugin.set(values);
        let active = instance.plugin.activate(setup)?;
        instance.active = Some(setup);
        let values = instance.plugin.values();
        let memory = file.as_raw_fd();
        instance.shared.push(file);
        let as_mpe = active.as_mpe(mpe);
        let (region, joints) = (Arc::new(region), instance.joints.clone());
        let playing = Arc::new(Mutex::new(Playing {
            instance: number,
            plugin: Some(active.audio),
            latency_frames: active.latency_frames,
            mpe: as_mpe.then(Mpe::new),
            restarts: Restarts::default(),
            region: Arc::clone(&region),
            joints: joints.clone(),
            wake,
            replies,
            arithmetic: Arithmetic::flushing(),
            room: None,
        }));
        instance.playing = Some(Arc::clone(&playing));
        let thread = AudioThread { instance: number, playing, region, joints };
        let started = std::thread::Builder::new().name("audio".to_owned());
        // As large as those that plug-ins get elsewhere.
        let started = started.stack_size(STACK_BYTES);
        started.spawn(move || thread.run()).map_err(|error| error.to_string())?;
        let (latency_frames, tail) = (active.latency_frames, active.tail);
        Ok(Reply::Active { instance: number, memory, latency_frames, tail, values })
    }

    /// Has it hear what another one gives, in the memory of that.
    fn follow(
        &mut self,
        number: u32,
        (process, memory, shape): (u32, i32, Shape),
        channels: Vec<(u32, u32)>,
    ) -> Result<Reply, String> {
        let joints = &self.instance(number)?.joints;
        let layout = Layout::new(shape).map_err(|error| error.to_string())?;
        let gives = Gives::of_process((process, memory), layout);
        let gives = gives.map_err(|error| error.to_string())?;
        let leader = Leader { gives, channels };
        joints.leader.set(leader).map_err(|_| "it follows another one already")?;
        Ok(Reply::Joined { instance: number })
    }

    /// Has others run after it.
    fn run_all(&mut self, number: u32, then: &[u32]) -> Result<Reply, String> {
        // One that ran after itself would wait for itself.
        let others =
            then.iter().map(|other| self.instances.get(other).filter(|_| *other != number));
        let playing = others.map(|other| other.and_then(|other| other.playing.clone()));
        let then: Option<Vec<_>> = playing.collect();
        let then = then.ok_or("one of those that are to run after it is not active")?;
        let joints = &self.instance(number)?.joints;
        joints.then.set(then).map_err(|_| "others run after it already")?;
        Ok(Reply::Joined { instance: number })
    }

    fn restart(&mut self, number: u32) -> Result<Active, String> {
        let instance = self.instance(number)?;
        let setup = instance.active.ok_or("it was not activated yet")?;
        instance.plugin.deactivate()?;
        instance.plugin.activate(setup)
    }

    fn save(&mut self, number: u32) -> Result<Reply, String> {
        let instance = self.instance(number)?;
        let state = instance.plugin.save()?;
        if state.len() > MAX_STATE_BYTES {
            return Err(too_large());
        }
        let memory = rustix::fs::memfd_create("wavemill", MemfdFlags::CLOEXEC);
        let mut file = File::from(memory.map_err(|error| error.to_string())?);
        file.write_all(&state).map_err(|error| error.to_string())?;
        let memory = file.as_raw_fd();
        instance.shared.push(file);
        Ok(Reply::Saved { instance: number, memory, bytes: state.len() as u64 })
    }
}
