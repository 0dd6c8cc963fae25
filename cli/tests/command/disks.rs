//! Disks that are full or may not be written: mounted where this process may, else imitated by the
//! limits and permissions that any process may set, so that these tests run everywhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Place, command, skip};

/// A disk for one test, taken away at the end.
pub struct Disk<'a> {
    at: &'a Path,
    kind: Kind,
}

enum Kind {
    /// A file system of its own.
    Mounted,
    /// No file may grow beyond so many blocks of 512 bytes, which the system refuses much like a
    /// full disk.
    Limited(u32),
    /// Permissions, which hold for this user.
    Permissions,
    /// Permissions, which do not hold for this user, and a copy of the command for one they do.
    AnotherUser(PathBuf),
}

/// A user without rights.
const NOBODY: u32 = 65_534;

fn mount(arguments: &[&str], at: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).arg(at).stdout(Stdio::null()).stderr(Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}

impl<'a> Disk<'a> {
    /// An empty disk at `at` that has room for `kibibytes`; imitated, for that much in a file.
    pub fn small(at: &'a Path, kibibytes: u32) -> Self {
        std::fs::create_dir(at).unwrap();
        let size = format!("size={kibibytes}k");
        if mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], at) {
            return Self { at, kind: Kind::Mounted };
        }
        println!("imitated: no file system can be mounted here");
        Self { at, kind: Kind::Limited(2 * kibibytes) }
    }

    /// The folder `at` in `place`, with what is in it, as a disk that may not be written. None
    /// where this machine has no way to refuse it.
    pub fn read_only(place: &Place, at: &'a Path) -> Option<Self> {
        let folder = at.to_str().unwrap();
        if mount(&["--bind", folder], at) {
            if mount(&["-o", "remount,bind,ro"], at) {
                return Some(Self { at, kind: Kind::Mounted });
            }
            drop(Self { at, kind: Kind::Mounted });
        }
        println!("imitated: no file system can be mounted here");
        permit(at, 0o555);
        if std::fs::write(at.join("probe"), "").is_err() {
            return Some(Self { at, kind: Kind::Permissions });
        }
        std::fs::remove_file(at.join("probe")).unwrap();
        // This user may write anything; another one gets everything but that folder.
        let copy = place.path("wavemill");
        std::fs::copy(command().get_program(), &copy).unwrap();
        permit(copy.parent().unwrap(), 0o777);
        let disk = Self { at, kind: Kind::AnotherUser(copy) };
        let works = disk.command().arg("--version").output();
        if works.is_ok_and(|output| output.status.success()) {
            return Some(disk);
        }
        skip("a disk that may not be written can be neither mounted nor imitated here");
        None
    }

    /// Whether it is a file system of its own.
    pub fn is_mounted(&self) -> bool {
        matches!(self.kind, Kind::Mounted)
    }

    /// The command, for which the disk is what it is said to be.
    pub fn command(&self) -> Command {
        let plain = command();
        let mut command = match &self.kind {
            Kind::Mounted | Kind::Permissions => return plain,
            Kind::Limited(blocks) => {
                // Without the trap the limit would end the process instead of refusing it.
                let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
                let mut command = Command::new("sh");
                command.args(["-c", &script]).arg(plain.get_program());
                command
            }
            Kind::AnotherUser(copy) => {
                use std::os::unix::process::CommandExt;
                let mut command = Command::new(copy);
                command.uid(NOBODY).gid(NOBODY);
                command
            }
        };
        command.stdin(Stdio::null());
        command
    }
}

fn permit(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        match self.kind {
            Kind::Mounted => {
                let _ = Command::new("umount").arg(self.at).status();
            }
            Kind::Limited(_) => {}
            // So that it can be removed.
            Kind::Permissions | Kind::AnotherUser(_) => permit(self.at, 0o755),
        }
    }
}
