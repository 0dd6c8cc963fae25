"""Gets what the side-by-side run needs: Debian packages, a virtual environment, the release build."""

import os
import shutil
import subprocess
import sys

APT_PACKAGES = {
    "limit_c": ("gcc", "libc6-dev"),
    "scsynth": ("supercollider-server",),
    "sox": ("sox",),
    "ffmpeg": ("ffmpeg",),
    "csound": ("csound",),
    "ecasound": ("ecasound", "swh-plugins"),
    "notes": ("fluidsynth", "timgm6mb-soundfont"),
}
# pedalboard is a renderer; numpy is needed by the generator and the null test.
PYTHON_PACKAGES = ("numpy", "pedalboard")


def say(text):
    print(text, file=sys.stderr, flush=True)


def attempt(argv):
    """Runs a step whose failure is not the end: what is then missing is reported later."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    except OSError as error:
        say(f"{argv[0]}: {error.strerror}")
        return False
    if done.returncode:
        say(f"failed: {' '.join(map(str, argv))}")
    return done.returncode == 0


def debian_packages(names):
    """Installs Debian packages where apt-get exists and we may use it without being asked."""
    packages = sorted({package for name in names for package in APT_PACKAGES.get(name, ())})
    if not packages or not shutil.which("apt-get"):
        return
    root = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            say(f"not root and no sudo: apt-get install {' '.join(packages)}")
            return
        root = ["sudo", "-n"]
    say(f"installing {' '.join(packages)}")
    install = [*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if attempt([*root, "apt-get", "update", "-qq"]):
        attempt(install)


def has_numpy(python):
    if not python.exists():
        return False
    return subprocess.run([str(python), "-c", "import numpy"], capture_output=True).returncode == 0


def virtual_environment(python, packages):
    """Makes the environment that `python` belongs to and installs packages one by one, so that
    one without a build for this machine does not keep out the others."""
    if not python.exists():
        folder = python.parent.parent
        say(f"making a Python environment in {folder}")
        if not attempt([sys.executable, "-m", "venv", str(folder)]):
            say("on Debian: apt-get install python3-venv")
            return
    for package in packages:
        say(f"installing the Python package {package}")
        attempt([str(python), "-m", "pip", "install", "-q", package])


def release_build(repo):
    """Builds the command; cargo does nothing where it is up to date."""
    say("building the release command")
    return attempt(["cargo", "build", "--release", "--locked", "--quiet", "-p", "wavemill",
                    "--manifest-path", str(repo / "Cargo.toml")])
