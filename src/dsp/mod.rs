//! Built-in processors, one idea a file, and the registry that finds them by name.

mod compressor;
mod describe;
mod equaliser;
mod lane_gain;
mod lane_lines;
mod polarity;
mod runs;

#[cfg(test)]
mod matrix_tests;
#[cfg(test)]
pub(crate) mod testing;

pub use compressor::CompressorFactory;
pub use equaliser::EqualiserFactory;
pub use polarity::PolarityFactory;

use std::sync::{Arc, LazyLock};

use crate::process::{ProcessorFactory, ProcessorSpec};

/// All built-in processors, in the order in which they are listed everywhere.
static BUILT_INS: LazyLock<Vec<Arc<dyn ProcessorFactory>>> = LazyLock::new(|| {
    vec![Arc::new(PolarityFactory), Arc::new(EqualiserFactory), Arc::new(CompressorFactory)]
});

/// The built-in processor called `name`, such as `gain`.
pub fn built_in(name: &str) -> Option<Arc<dyn ProcessorFactory>> {
    BUILT_INS.iter().find(|factory| factory.spec().name == name).cloned()
}

/// The names of all built-in processors, in a fixed order.
pub fn built_in_names() -> Vec<&'static str> {
    BUILT_INS.iter().map(|factory| factory.spec().name.as_ref()).collect()
}

/// What the built-in processor called `name` is.
pub fn spec_of(name: &str) -> Option<&'static ProcessorSpec> {
    BUILT_INS.iter().map(|factory| factory.spec()).find(|spec| spec.name == name)
}
