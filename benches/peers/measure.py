"""Runs a command as a whole process and measures it; hashes the samples of a WAV file."""

import dataclasses
import hashlib
import os
import struct
import subprocess
import sys
import threading
import time

# Linux counts the resident set in KiB, macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclasses.dataclass(frozen=True)
class Run:
    """One run. CPU is user and system time of the process and of the children it waited for;
    the peak is the resident set of the largest of them, mapped files included."""

    exit_code: int
    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


def run(argv, folder, log, timeout_seconds):
    """Runs argv in `folder`, its output into the file `log`. Exit code -9 may mean the timeout.

    The peak of a child starts at the memory of the process that starts it, so this module and
    what imports it must stay small (no numpy).
    """
    begin = time.monotonic()
    with open(log, "wb") as out:
        child = subprocess.Popen(
            [str(a) for a in argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        )
        killer = threading.Timer(timeout_seconds, os.killpg, (child.pid, 9))
        killer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            os.killpg(child.pid, 9)
            raise
        finally:
            killer.cancel()
    wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        exit_code=child.returncode,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        wall_seconds=wall,
        peak_mib=usage.ru_maxrss * RSS_UNIT / 2**20,
    )


def find_data(wav):
    """(frame bytes, sample bytes, data bytes) of an open WAV file, left at its first sample.

    Streaming writers leave 0 or the largest number in the data size; then the rest of the file
    counts. Raises ValueError where there is no WAV file.
    """
    head = wav.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        raise ValueError("is not a WAV file")
    frame, sample = 0, 0
    while len(chunk := wav.read(8)) == 8:
        name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        if name == b"data":
            at = wav.tell()
            rest = wav.seek(0, os.SEEK_END) - at
            wav.seek(at)
            if not frame:
                break
            return frame, sample, rest if size in (0, 0xFFFFFFFF) else min(size, rest)
        body = wav.read(size + (size & 1))
        if name == b"fmt ":
            channels, frame, bits = struct.unpack("<2xH8xHH", body[:16])
            sample = bits // 8
            if not channels or frame != channels * sample:
                raise ValueError("has a format chunk that contradicts itself")
    raise ValueError("has no samples")


def pcm_sha256(path):
    """SHA-256 of the samples alone: headers may carry a date."""
    digest = hashlib.sha256()
    with open(path, "rb") as wav:
        left = find_data(wav)[2]
        while left and (piece := wav.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()
