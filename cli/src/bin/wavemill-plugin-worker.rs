//! The program that loads plug-ins: installed beside `wavemill`, which starts it and never loads
//! any itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    wavemill_plugin_worker::main()
}
