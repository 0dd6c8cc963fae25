"""A workload folder and what a run needs to know about its surroundings."""

import dataclasses
import json
import math
import pathlib


class WorkloadError(Exception):
    """The workload folder cannot be used; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Band:
    """One RBJ peaking band."""

    freq_hz: float
    gain_db: float
    q: float


@dataclasses.dataclass(frozen=True)
class Compressor:
    """Feed-forward peak compressor, stereo-linked, no knee, no make-up gain."""

    threshold_db: float
    ratio: float
    attack_ms: float
    release_ms: float


@dataclasses.dataclass(frozen=True)
class Track:
    """One file of the mix with its level and its equal-power position (-1 left, 1 right)."""

    path: pathlib.Path
    gain_db: float
    pan: float

    def left_right(self):
        """Linear gains of the two channels."""
        gain, angle = 10 ** (self.gain_db / 20), (self.pan + 1) * math.pi / 4
        return gain * math.cos(angle), gain * math.sin(angle)


@dataclasses.dataclass(frozen=True)
class Workload:
    """`session.json` of a workload folder, files as absolute paths."""

    folder: pathlib.Path
    rate_hz: int
    seconds: float
    bands: tuple
    compressor: Compressor
    ceiling_db: float
    tracks: tuple

    @property
    def ceiling(self):
        """The master's ceiling as a linear amplitude."""
        return 10 ** (self.ceiling_db / 20)

    @property
    def frames(self):
        return round(self.seconds * self.rate_hz)


def load(folder):
    """Reads WORK/session.json and checks that every file it names is there."""
    folder = pathlib.Path(folder).resolve()
    how = f"make one with: python3 benches/peers/generate.py {folder}"
    try:
        document = json.loads((folder / "session.json").read_text(encoding="utf-8"))
        workload = Workload(
            folder=folder,
            rate_hz=int(document["rate"]),
            seconds=float(document["seconds"]),
            bands=tuple(Band(b["freq"], b["db"], b["q"]) for b in document["eq"]),
            compressor=Compressor(**document["comp"]),
            ceiling_db=float(document["ceiling_db"]),
            tracks=tuple(
                Track(folder / t["file"], t["gain_db"], t["pan"]) for t in document["tracks"]
            ),
        )
    except OSError as error:
        raise WorkloadError(f"{folder} is no workload folder ({error.strerror}); {how}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise WorkloadError(f"{folder}/session.json: {error!r}; {how}") from error
    for track in workload.tracks:
        if not track.path.is_file():
            raise WorkloadError(f"{track.path} is missing; {how}")
    return workload


@dataclasses.dataclass(frozen=True)
class Context:
    """Where things are: the repository, a folder for builds and outputs, a Python with the
    packages of the peers, and the command under test."""

    repo: pathlib.Path
    scratch: pathlib.Path
    python: pathlib.Path
    wavemill: pathlib.Path
