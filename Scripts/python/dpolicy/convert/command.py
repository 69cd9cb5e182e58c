"""`dpolicy-convert`: one line for each thing that is wrong, a table of what was done."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from . import TARGETS, Checker, Clock, ConversionError, Demonstrations, Selection, bags, convert, recognised
from .demonstrations import described

#: The extra that brings a library.
EXTRAS = {"pyarrow": "lerobot", "PIL": "lerobot", "av": "lerobot", "zarr": "zarr", "minari": "minari",
          "gymnasium": "minari", "mcap": "mcap", "mcap_ros2": "mcap"}


def parser() -> argparse.ArgumentParser:
    """What may be said."""
    result = argparse.ArgumentParser(
        prog="dpolicy-convert",
        description="Brings demonstrations of other tools into the file that 'dpolicy train' reads, and ours to them. "
        "Read are LeRobot v2.0, v2.1 and v3.0, zarr replay buffers, Minari, D4RL-like HDF5, ACT and ALOHA, robomimic, "
        "MCAP, .npz and .csv; which one it is, is seen from the files. Exit status: 0 success, 64 wrong usage, 65 bad data, 1 else.")
    add = result.add_argument
    add("input", type=Path, help="a file or folder")
    add("output", type=Path, nargs="?", help="the file to write (with --to lerobot or minari, the folder)")
    add("--to", choices=TARGETS, default="dpolicy", help="what is written (default: %(default)s)")
    add("--action", metavar="KEY", help="what the actions are called in the source; MCAP: a topic, or TOPIC.FIELD")
    add("--observation", metavar="NAME=KEY", action="append", help="an observation to take, and its name (repeatable; "
        "default: all); MCAP: NAME=TOPIC or NAME=TOPIC.FIELD")
    add("--without", metavar="KEY", action="append", default=[], help="an observation to leave out (repeatable)")
    add("--partial", action="store_true", help="take what is there where files of the source are missing")
    add("--episode-length", metavar="N", type=positive(int), help="D4RL, .npz, .csv: cut after so many steps")
    add("--rate", metavar="HZ", type=positive(float), help="steps a second; MCAP: the clock that topics are brought to")
    add("--max-age", metavar="S", type=positive(float), help="MCAP: for how long a message may stand, at most")
    add("--clock", choices=("log", "header"), default="log", help="MCAP: the recorder's times, or the messages' own")
    add("--scale-actions", action="store_true", help="--to robomimic: bring actions to -1…1")
    add("--overwrite", action="store_true", help="replace what lies at the output")
    add("--list", action="store_true", help="print what the source is (MCAP: its topics), and write nothing")
    return result


def positive(kind):
    """A number above 0."""
    def parse(text: str):
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value
    parse.__name__ = "positive number"
    return parse


def selection(arguments: argparse.Namespace) -> Selection:
    """What is taken, of what was said."""
    observations = None
    if arguments.observation:
        pairs = [text.split("=", 1) if "=" in text else (text, text) for text in arguments.observation]
        observations = {name: key for name, key in pairs}
        if len(observations) < len(pairs):
            raise ConversionError("two observations have one name")
        observations = {name.strip("/"): key for name, key in observations.items()}
    return Selection(arguments.action, observations, frozenset(arguments.without), arguments.partial)


def table(source: Demonstrations, checker: Checker, output: Path) -> str:
    """What was done: keys, shapes, types, rate, and what was left out."""
    rate = f", {source.rate:g} steps a second" if source.rate else ""
    lines = [f"{output}: {checker.episodes} episodes, {checker.steps} steps{rate}, from {source.kind}"]
    first = checker.first or {}
    width = max((len(name) for name in first), default=0)
    lines += [f"  {name:{width}}  {described(*seen)}" for name, seen in first.items()]
    lines += [f"  left out: {name} ({reason})" for name, reason in source.dropped.items()]
    lines += [f"  note: {note}" for note in source.notes]
    return "\n".join(lines)


def list_source(path: Path) -> str:
    """What a source is."""
    kind = recognised(path)
    lines = [f"{path}: {kind}"]
    if kind == "mcap":
        for files in bags.recordings(path)[:1]:
            lines += [f"  {name}  {type} ({encoding})  {count} messages"
                      for name, (type, encoding, count) in sorted(bags.topics(files).items())]
    return "\n".join(lines)


def run(arguments: argparse.Namespace) -> None:
    """Does what was asked for."""
    if arguments.list:
        print(list_source(arguments.input))
        return
    clock = Clock(arguments.rate, arguments.max_age, arguments.clock == "header")
    source, checker = convert(
        arguments.input, arguments.output, arguments.to, selection(arguments), clock=clock,
        episode_length=arguments.episode_length, rate=arguments.rate, scale_actions=arguments.scale_actions,
        overwrite=arguments.overwrite, progress=True)
    print(table(source, checker, arguments.output))


class Terminated(BaseException):
    """Somebody wants the command to end."""


def terminated(*_: object) -> None:
    """What a SIGTERM does."""
    raise Terminated


def main(words: list[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    arguments = parser_result(words)
    if isinstance(arguments, int):
        return arguments
    # As Ctrl-C: what was begun is taken away.
    signal.signal(signal.SIGTERM, terminated)
    try:
        run(arguments)
        return 0
    except Terminated:
        status, text = 143, "ended; nothing was written"
    except ConversionError as error:
        status, text = 65, str(error)
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if name not in EXTRAS:
            raise
        status, text = 1, f"'{name}' is needed for this: pip install 'dpolicy[{EXTRAS[name]}]'"
    except KeyboardInterrupt:
        status, text = 130, "stopped; nothing was written"
    except Exception as error:  # What a library says of a damaged file, in one line.
        line = (str(error) or type(error).__name__).splitlines()[0][:200]
        status, text = (1 if isinstance(error, OSError) and error.errno in (13, 28, 30) else 65,
                        f"{arguments.input}: cannot be converted ({line})")
    print("dpolicy-convert: " + " ".join(text.split()), file=sys.stderr)
    return status


def parser_result(words: list[str] | None) -> argparse.Namespace | int:
    """The arguments, or the status to end with."""
    described_arguments = parser()
    try:
        arguments = described_arguments.parse_args(words)
    except SystemExit as end:
        return 64 if end.code else 0
    if arguments.output is None and not arguments.list:
        print("dpolicy-convert: the output is missing; --list writes nothing", file=sys.stderr)
        return 64
    return arguments


if __name__ == "__main__":
    sys.exit(main())
