//! What a plug-in gives, as the worker of the next one in its chain sees it: memory that it can read and
//! not write.
#![allow(unsafe_code)]

use std::fs::File;

use memmap2::MmapRaw;

use super::layout::Layout;
use super::region::{RegionError, check_size};

/// Outputs in the memory that another worker shares with its host.
pub struct Gives {
    memory: MmapRaw,
    layout: Layout,
}

impl Gives {
    /// Those in the memory of which a process has the descriptor.
    ///
    /// # Errors
    /// Where the system refuses, or it is not as large as `layout` for ever.
    pub fn of_process(
        (process, descriptor): (u32, i32),
        layout: Layout,
    ) -> Result<Self, RegionError> {
        let file = File::open(format!("/proc/{process}/fd/{descriptor}"))?;
        check_size(&file, &layout)?;
        let memory = memmap2::MmapOptions::new().len(layout.bytes()).map_raw_read_only(&file)?;
        Ok(Self { memory, layout })
    }

    /// Copies output channel `channel` from frame `first` of the batch on.
    pub fn read(&self, channel: usize, first: usize, to: &mut [f32]) {
        let fits = first.checked_add(to.len()).is_some_and(|end| end <= self.layout.frames());
        if let Some(at) = self.layout.output(channel).filter(|_| fits) {
            // SAFETY: a place of the layout is inside of the mapping, which cannot shrink, a multiple of
            // 64 from its start, and has room for all frames of a batch; any bits are a sample; `to` is
            // no part of the mapping.
            unsafe {
                let place = self.memory.as_ptr().add(at).cast::<f32>().add(first);
                place.copy_to_nonoverlapping(to.as_mut_ptr(), to.len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::super::{Region, Shape};
    use super::*;

    #[test]
    fn outputs_are_read_where_they_were_written_and_nowhere_else() {
        let shape = Shape { block: 16, blocks: 3, inputs: 1, outputs: 2, events: 0 };
        let layout = Layout::new(shape).unwrap();
        let (file, region) = Region::create(layout).unwrap();
        let place = (std::process::id(), file.as_raw_fd());
        let gives = Gives::of_process(place, layout).unwrap();
        region.write_output(1, 16, &[1.0, 2.0, 3.0]);
        let mut heard = [9.0; 4];
        gives.read(1, 17, &mut heard);
        assert_eq!(heard, [2.0, 3.0, 0.0, 0.0]);
        for (channel, first) in [(1, 45), (2, 0), (1, usize::MAX)] {
            let mut heard = [9.0; 4];
            gives.read(channel, first, &mut heard);
            assert_eq!(heard, [9.0; 4], "{channel} {first}");
        }
        let larger = Layout::new(Shape { outputs: 200, ..shape }).unwrap();
        assert!(Gives::of_process(place, larger).is_err());
        assert!(Gives::of_process((place.0, -1), layout).is_err());
    }
}
