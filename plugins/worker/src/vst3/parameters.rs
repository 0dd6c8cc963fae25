//! Changes of parameters in a block, as a plug-in reads and writes them: a queue of points for each
//! parameter that changes. Queues are used again, so that memory is asked for only to grow.

use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID,
    ParamValue,
};
use vst3::Steinberg::{int32, kInvalidArgument, kResultOk, tresult};
use vst3::{Class, ComWrapper};

use super::places::put;

/// Queues, and points of each, that there is room for before memory is asked for.
const QUEUES: usize = 64;
const POINTS: usize = 64;

/// The changes of a block.
pub struct Changes(Mutex<Queues>);

/// Writes changes of parameters that are known by their places in the description.
pub struct ParameterWriter {
    ids: Vec<ParamID>,
    /// Where in the block's changes each of them has its queue.
    queues: Vec<Option<usize>>,
    /// Those that have one.
    changed: Vec<usize>,
}

struct Queues {
    /// Those in use, and behind them those that wait to be used.
    all: Vec<ComWrapper<Queue>>,
    used: usize,
}

/// The changes of one parameter.
struct Queue(Mutex<Points>);

struct Points {
    id: ParamID,
    /// Frame and value, by frame; one for each frame.
    points: Vec<(i32, f64)>,
}

impl Changes {
    /// None yet.
    pub fn new() -> Self {
        let all = (0..QUEUES).map(|_| Queue::new()).collect();
        Self(Mutex::new(Queues { all, used: 0 }))
    }

    /// Forgets all changes.
    pub fn clear(&self) {
        self.queues().used = 0;
    }

    /// Opens the queue of a parameter that has none in this block; its place is what [`Self::put`]
    /// takes.
    fn open(&self, id: ParamID) -> usize {
        self.queues().open(id)
    }

    /// Adds a point to the queue at `place`, behind those it has.
    fn put(&self, place: usize, frame: i32, value: f64) {
        if let Some(queue) = self.queues().all.get(place) {
            queue.points().put(frame, value);
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ParameterWriter {
    /// For parameters with these ids.
    pub fn new(ids: Vec<ParamID>) -> Self {
        let (queues, changed) = (vec![None; ids.len()], Vec::with_capacity(ids.len()));
        Self { ids, queues, changed }
    }

    /// Starts a block: there are no `changes`.
    pub fn start(&mut self, changes: &Changes) {
        changes.clear();
        for index in self.changed.drain(..) {
            self.queues[index] = None;
        }
    }

    /// Adds a point to those of the parameter at `index`, if there is one.
    pub fn put(&mut self, index: usize, frame: i32, value: f64, changes: &Changes) {
        let (Some(id), Some(queue)) = (self.ids.get(index), self.queues.get_mut(index)) else {
            return;
        };
        let place = *queue.get_or_insert_with(|| {
            self.changed.push(index);
            changes.open(*id)
        });
        changes.put(place, frame, value);
    }
}

impl Queues {
    fn used(&self) -> &[ComWrapper<Queue>] {
        self.all.get(..self.used).unwrap_or_default()
    }

    fn open(&mut self, id: ParamID) -> usize {
        let place = self.used;
        if place == self.all.len() {
            self.all.push(Queue::new());
        }
        if let Some(queue) = self.all.get(place) {
            queue.points().reset(id);
        }
        self.used += 1;
        place
    }

    /// The queue at `place` as the format lends it: it lives as long as the changes.
    fn lent(&self, place: usize) -> *mut IParamValueQueue {
        let queue = self.used().get(place).and_then(ComWrapper::as_com_ref::<IParamValueQueue>);
        queue.map_or(std::ptr::null_mut(), |queue| queue.as_ptr())
    }
}

impl Queue {
    fn new() -> ComWrapper<Self> {
        let points = Points { id: 0, points: Vec::with_capacity(POINTS) };
        ComWrapper::new(Self(Mutex::new(points)))
    }

    fn points(&self) -> MutexGuard<'_, Points> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Points {
    fn reset(&mut self, id: ParamID) {
        self.id = id;
        self.points.clear();
    }

    /// Puts a point in its place, for another one of its frame if there is one. Says where it is.
    fn put(&mut self, frame: i32, value: f64) -> usize {
        let place = self.points.partition_point(|(at, _)| *at < frame);
        match self.points.get_mut(place) {
            Some(point) if point.0 == frame => point.1 = value,
            _ => self.points.insert(place, (frame, value)),
        }
        place
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

/// A count or a place, as the format has it.
fn number(count: usize) -> int32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        number(self.queues().used)
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        let place = usize::try_from(index);
        place.map_or(std::ptr::null_mut(), |place| self.queues().lent(place))
    }

    unsafe fn addParameterData(
        &self,
        id: *const ParamID,
        index: *mut int32,
    ) -> *mut IParamValueQueue {
        // SAFETY: the plug-in passes an id, or nothing.
        let Some(id) = (unsafe { id.as_ref() }) else { return std::ptr::null_mut() };
        let mut queues = self.queues();
        let known = queues.used().iter().position(|queue| queue.points().id == *id);
        let place = known.unwrap_or_else(|| queues.open(*id));
        // SAFETY: the plug-in passes a place for a number, or none.
        unsafe { put(index, number(place)) };
        queues.lent(place)
    }
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.points().id
    }

    unsafe fn getPointCount(&self) -> int32 {
        number(self.points().points.len())
    }

    unsafe fn getPoint(&self, index: int32, frame: *mut int32, value: *mut ParamValue) -> tresult {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(point) = self.points().points.get(place).copied() else { return kInvalidArgument };
        // SAFETY: the plug-in passes places for both, or none.
        let told = unsafe { put(frame, point.0).and(put(value, point.1)) };
        told.map_or(kInvalidArgument, |()| kResultOk)
    }

    unsafe fn addPoint(&self, frame: int32, value: ParamValue, index: *mut int32) -> tresult {
        let place = self.points().put(frame, value);
        // SAFETY: the plug-in passes a place for a number, or none.
        unsafe { put(index, number(place)) };
        kResultOk
    }
}

#[cfg(test)]
impl Changes {
    /// All of them: id, frame and value.
    pub fn list(&self) -> Vec<(ParamID, i32, f64)> {
        let mut list = Vec::new();
        for queue in self.queues().used() {
            let points = queue.points();
            list.extend(points.points.iter().map(|(frame, value)| (points.id, *frame, *value)));
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vst3::ComRef;

    #[test]
    fn what_is_put_is_read_by_parameter_and_frame() {
        let changes = Changes::new();
        let first = changes.open(7);
        let second = changes.open(3);
        for (place, frame, value) in
            [(first, 0, 0.5), (second, 4, 0.25), (first, 9, 0.75), (first, 9, 1.0)]
        {
            changes.put(place, frame, value);
        }
        assert_eq!(changes.list(), [(7, 0, 0.5), (7, 9, 1.0), (3, 4, 0.25)]);
        // SAFETY: the queue lives as long as the changes; all places are alive.
        unsafe {
            assert_eq!(changes.getParameterCount(), 2);
            assert!(
                changes.getParameterData(2).is_null() && changes.getParameterData(-1).is_null()
            );
            let queue = ComRef::from_raw(changes.getParameterData(0)).unwrap();
            assert_eq!((queue.getParameterId(), queue.getPointCount()), (7, 2));
            let (mut frame, mut value) = (0, 0.0);
            assert_eq!(queue.getPoint(1, &raw mut frame, &raw mut value), kResultOk);
            assert_eq!((frame, value), (9, 1.0));
            assert_eq!(queue.getPoint(2, &raw mut frame, &raw mut value), kInvalidArgument);
        }
        changes.clear();
        assert_eq!(changes.list(), []);
    }

    #[test]
    fn plugins_add_as_many_as_they_like_in_any_order() {
        let changes = Changes::new();
        for _ in 0..2 {
            changes.clear();
            for id in 0..200 {
                let (mut place, mut point) = (-1, -1);
                // SAFETY: the queue lives as long as the changes; all places are alive.
                unsafe {
                    let added = changes.addParameterData(&raw const id, &raw mut place);
                    let queue = ComRef::from_raw(added).unwrap();
                    assert_eq!(usize::try_from(place).unwrap(), id as usize);
                    queue.addPoint(8, 0.5, std::ptr::null_mut());
                    queue.addPoint(2, 0.25, &raw mut point);
                    assert_eq!(changes.addParameterData(&raw const id, &raw mut place), added);
                }
                assert_eq!(point, 0);
            }
            let list = changes.list();
            assert_eq!((list.len(), &list[398..]), (400, &[(199, 2, 0.25), (199, 8, 0.5)][..]));
        }
    }
}
