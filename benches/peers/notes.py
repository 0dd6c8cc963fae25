"""Notes and instruments: rows beside FluidSynth, and beside the goals of the built-in synthesiser.

The song is `w4/song.mid` of the workload's folder, played by TimGM6mb on both sides: fourth-order
interpolation there and four points here, reverb and chorus on, 256 voices, 24-bit WAV, one thread.
"""

import json
import pathlib
import shutil

import measure
from increments import Figure

SOUND_FONT = pathlib.Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
PRESETS = ("organ", "saw-lead", "strings", "warm-pad", "glass-pad")
VOICES = 64
HELD_SECONDS = 20
LEAST_REAL_TIME = 20
IMPORT_SECONDS = 0.1
TICKS_A_SECOND = 2 * 15_360


def missing(workload_folder):
    """None, or why the rows cannot be measured here."""
    if not shutil.which("fluidsynth"):
        return "fluidsynth is missing: install the package fluidsynth"
    if not SOUND_FONT.exists():
        return f"{SOUND_FONT} is missing: install the package timgm6mb-soundfont"
    song = song_of(workload_folder)
    return None if song.exists() else f"{song} is missing: generate.py makes it"


def song_of(workload_folder):
    return pathlib.Path(workload_folder) / "w4/song.mid"


def imported(runner, song, name, *more):
    """The song as a session, and how long the import took."""
    session = runner.folder / name
    shutil.rmtree(session, ignore_errors=True)
    run = runner.run("import", song, "-o", session, "--soundfont", SOUND_FONT, "--quiet", *more)
    return session, run


def fluidsynth(runner, song):
    out = runner.folder / "fluidsynth.wav"
    argv = [
        "fluidsynth", "-ni", "-q", "-r", "48000", "-o", "audio.file.format=s24", "-T", "wav",
        "-o", "synth.cpu-cores=1", "-o", "synth.polyphony=256", "-F", out, SOUND_FONT, song,
    ]  # fmt: skip
    run = measure.run(argv, runner.folder, runner.folder / "log.txt", runner.timeout_seconds)
    if run.exit_code:
        raise OSError(f"fluidsynth ended with exit code {run.exit_code}")
    return run.cpu_seconds


def song(runner, song):
    """The whole song by one player, which has as many voices as the peer; in turns with it."""
    one, _ = imported(runner, song, "one-player", "--one-track")
    many, _ = imported(runner, song, "players")
    pairs = [
        (runner.bounce(one, "--no-cache").cpu_seconds, fluidsynth(runner, song))
        for _ in range(runner.runs)
    ]
    ours, theirs = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
    all_players = runner.bounce(many, "--no-cache").cpu_seconds
    note = f"a player for each channel: {all_players:.2f} CPU s"
    return Figure("midi", ours, theirs, "CPU s", "fluidsynth", 1 / 3, note)


def importing(runner, song):
    seconds = runner.median(lambda: imported(runner, song, "import")[1].wall_seconds)
    return Figure("import of the song", seconds, IMPORT_SECONDS, "s", "the goal", 1)


def held(runner, preset):
    """A note for each voice of a preset, held."""
    length = HELD_SECONDS * TICKS_A_SECOND
    notes = [{"at": 0, "length": length, "key": 36 + voice} for voice in range(VOICES)]
    parameters = {"voices": VOICES, "mode": "poly"}
    insert = {"processor": "synthesiser", "preset": preset, "parameters": parameters}
    operations = [
        {"op": "add_track", "name": "Keys", "kind": "instrument"},
        {"op": "add_insert", "track": "keys", **insert},
        {"op": "add_clip", "track": "keys", "content": {"notes": notes},
         "start": {"ticks": 0}, "length": {"ticks": length}},
    ]  # fmt: skip
    session = runner.folder / f"voices-{preset}"
    shutil.rmtree(session, ignore_errors=True)
    runner.run("new", session, "--quiet")
    file = runner.folder / "operations.json"
    file.write_text(json.dumps(operations), encoding="utf-8")
    runner.run("edit", session, file, "--quiet")
    seconds = runner.median(lambda: runner.bounce(session, "--no-cache").cpu_seconds)
    note = f"{HELD_SECONDS / seconds:.1f} times real time"
    goal = HELD_SECONDS / LEAST_REAL_TIME
    return Figure(f"{VOICES} voices of {preset}", seconds, goal, "CPU s", "the goal", 1, note)


def measure_all(runner, workload_folder):
    """The rows, one by one."""
    file = song_of(workload_folder)
    yield song(runner, file)
    yield importing(runner, file)
    for preset in PRESETS:
        yield held(runner, preset)
