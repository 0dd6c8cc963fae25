//! Whether a file can be a library of this machine at all. What the system's loader says of those of
//! others is that they are not there.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What every library of Linux begins with.
const MAGIC: &[u8] = b"\x7fELF";

/// Places of what is said behind it: 32 or 64 bits, and the machine.
const CLASS: usize = 4;
const MACHINE: usize = 18;

/// Bytes up to the end of that.
const HEAD_BYTES: u64 = 20;

/// Machines by their numbers, with what Rust calls them.
const MACHINES: [(u16, &str, &str); 5] = [
    (3, "x86", "x86"),
    (40, "arm", "ARM"),
    (62, "x86_64", "x86-64"),
    (183, "aarch64", "AArch64"),
    (243, "riscv64", "RISC-V"),
];

/// Refuses what is no library for this machine, and says why.
pub fn check(path: &Path) -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let failed = |error: std::io::Error| format!("'{}': {error}", path.display());
    if path.is_dir() {
        return Err("it is a folder, and no library".to_owned());
    }
    let mut head = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
    check_head(&head, std::env::consts::ARCH)
}

fn check_head(head: &[u8], here: &str) -> Result<(), String> {
    if head.is_empty() {
        return Err("it is empty".to_owned());
    }
    let machine = head.get(MACHINE..MACHINE + 2).filter(|_| head.starts_with(MAGIC));
    let Some(machine) = machine else {
        return Err("it is no library: it does not begin as one".to_owned());
    };
    let machine = u16::from_le_bytes([machine[0], machine[1]]);
    let bits = if head[CLASS] == 1 { 32 } else { 64 };
    let is_here = |known: &&(u16, &str, &str)| known.1 == here;
    let Some((of_here, ..)) = MACHINES.iter().find(is_here) else { return Ok(()) };
    if bits != usize::BITS || machine != *of_here {
        let named = MACHINES.iter().find(|(number, ..)| *number == machine);
        let name = named.map_or_else(|| format!("machine {machine}"), |(.., n)| (*n).to_owned());
        return Err(format!(
            "it is a library for {bits} bits and {name}, and this is a program for {} bits and {here}",
            usize::BITS
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(class: u8, machine: u16) -> Vec<u8> {
        let mut head = b"\x7fELF".to_vec();
        head.extend([class, 1, 1]);
        head.resize(MACHINE, 0);
        head.extend(machine.to_le_bytes());
        head
    }

    #[test]
    fn libraries_of_other_machines_are_told_by_name() {
        let told = |head: &[u8]| check_head(head, "x86_64").err().unwrap_or_default();
        assert_eq!(told(&head(2, 62)), "");
        assert!(told(&head(1, 3)).contains("32 bits and x86,"), "{}", told(&head(1, 3)));
        assert!(told(&head(1, 62)).contains("32 bits and x86-64"));
        assert!(told(&head(2, 183)).contains("AArch64"));
        assert!(told(&head(2, 9_999)).contains("machine 9999"));
        assert_eq!(told(b""), "it is empty");
        for other in [&b"hello"[..], b"\x7fELF\x02\x01", b"#!/bin/sh\n and so on for a while"] {
            assert!(told(other).contains("no library"), "{other:?}");
        }
        // Where the machine has no name here, the system's loader is asked.
        assert_eq!(check_head(&head(2, 183), "something new"), Ok(()));
    }
}
