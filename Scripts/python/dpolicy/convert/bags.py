"""MCAP recordings (rosbag2's and others): topics of different rates, brought to one clock.

A tick of the clock is a step. Its observations are what had arrived by then, never later: the latest
message of each topic at or before the tick. Its action is the latest command at or before the end of the
step, so that an action is what was commanded after looking. Where a topic has been silent for longer than
`max_age`, the conversion ends and says where.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .demonstrations import ConversionError, Demonstrations, Episode, Selection, listed
from .lerobot_reading import decoded

#: Numbers that a message of a kind stands for, where no field is named.
FIELDS = {
    "JointState": ("position",), "Twist": ("linear", "angular"), "TwistStamped": ("twist",),
    "Pose": ("position", "orientation"), "PoseStamped": ("pose",), "WrenchStamped": ("wrench",),
}
CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1, "8UC1": 1, "8UC3": 3}


@dataclass
class Clock:
    """How topics become steps."""

    #: Steps a second; None for the median rate of the slowest chosen topic.
    rate: float | None = None
    #: Seconds for which a message may stand; None for as long as it takes.
    max_age: float | None = None
    #: Whether the times are those of the messages' headers instead of the recorder's.
    uses_headers: bool = False


@dataclass
class Topic:
    """One chosen topic: `/joint_states`, or a field of it, `/joint_states.velocity`."""

    name: str
    fields: tuple[str, ...]
    labels: list[str] = field(default_factory=list)

    @staticmethod
    def parse(text: str, known: list[str]) -> Topic:
        """The topic whose name is the longest start of `text`; the rest names a field."""
        for name in sorted(known, key=len, reverse=True):
            if text == name:
                return Topic(name, ())
            if text.startswith(name + "."):
                return Topic(name, (text[len(name) + 1:],))
        raise ConversionError(f"there is no topic '{text}', but {listed(sorted(known))}")


def recordings(path: Path) -> list[list[Path]]:
    """Each episode's files: a file, the parts of a split bag, or all of these in a folder."""
    if path.is_file():
        return [[path]]
    parts = sorted(path.glob("*.mcap"), key=natural)
    if (path / "metadata.yaml").exists() and parts:
        return [parts]
    bags = [r for inner in sorted(path.iterdir(), key=natural) if inner.is_dir() for r in recordings(inner)]
    return [[part] for part in parts] + bags


def natural(path: Path) -> list:
    """An order in which 10 comes behind 9."""
    import re

    return [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", path.name)]


def topics(files: list[Path]) -> dict[str, tuple[str, str, int]]:
    """Topic → its messages' type, their encoding, and how many there are."""
    from mcap.reader import make_reader

    found: dict[str, tuple[str, str, int]] = {}
    for file in files:
        with file.open("rb") as stream:
            reader = make_reader(stream)
            summary = guarded(file, reader.get_summary)
            counts = summary.statistics.channel_message_counts if summary and summary.statistics else {}
            for channel in (summary.channels.values() if summary else []):
                schema = summary.schemas.get(channel.schema_id) if summary else None
                former = found.get(channel.topic, ("", "", 0))[2]
                found[channel.topic] = (schema.name if schema else "no schema", channel.message_encoding,
                                        former + counts.get(channel.id, 0))
    return found


def guarded(file: Path, work):
    """What `work` gives; errors of mcap's become ours, in one line."""
    try:
        return work()
    except ConversionError:
        raise
    except Exception as error:
        text = (str(error) or type(error).__name__).splitlines()[0][:160]
        raise ConversionError(f"{file}: the recording cannot be read ({text})") from None


def messages(files: list[Path], names: set[str]) -> Iterator[tuple[str, str, float, Any]]:
    """Topic, type, the recorder's time in seconds and the message, decoded."""
    from mcap.exceptions import DecoderNotFoundError
    from mcap.reader import make_reader
    from mcap_ros2.decoder import DecoderFactory

    factory = DecoderFactory()
    decoders: dict[int, Any] = {}
    for file in files:
        decoders.clear()
        with file.open("rb") as stream:
            for schema, channel, message in make_reader(stream).iter_messages(topics=list(names)):
                decoder = decoders.get(channel.id)
                if decoder is None:
                    decoder = json.loads if channel.message_encoding == "json" \
                        else factory.decoder_for(channel.message_encoding, schema)
                    if decoder is None:
                        raise DecoderNotFoundError(
                            f"'{channel.topic}' is encoded as '{channel.message_encoding}', and cdr (ROS 2) and "
                            "json are read")
                    decoders[channel.id] = decoder
                yield channel.topic, schema.name if schema else "", message.log_time / 1e9, decoder(message.data)


def member(message: Any, name: str) -> Any:
    """A field of a message, by its path."""
    for part in name.split("."):
        if isinstance(message, dict) and part in message:
            message = message[part]
        elif not isinstance(message, dict) and hasattr(message, part):
            message = getattr(message, part)
        else:
            raise ConversionError(f"has no field '{part}'")
    return message


def flatten(value: Any) -> list[float]:
    """All numbers of a message or of a part of it, in the order of its fields."""
    if isinstance(value, (bool, int, float)):
        return [float(value)]
    if isinstance(value, (list, tuple)) or type(value).__module__ in ("array", "numpy"):
        return [number for item in value for number in flatten(item)]
    if isinstance(value, dict):
        return [number for item in value.values() for number in flatten(item)]
    if hasattr(value, "__slots__"):
        return [n for name in value.__slots__ if name.lstrip("_") not in ("header", "layout", "type")
                for n in flatten(getattr(value, name))]
    raise ConversionError(f"holds {type(value).__name__}, which is no number")


def values_of(topic: Topic, kind: str, message: Any) -> np.ndarray:
    """A message as an array: a picture, or its numbers in double precision."""
    short = kind.rsplit("/", 1)[-1]
    if not topic.fields and short == "Image":
        return picture(message)
    if not topic.fields and short == "CompressedImage":
        return decoded(bytes(message.data), "a message")
    parts = topic.fields or FIELDS.get(short, ())
    inner = [flatten(member(message, name)) for name in parts] if parts else [flatten(message)]
    numbers = np.array([n for part in inner for n in part], np.float64)
    if short == "JointState":
        numbers = in_order(topic, list(member(message, "name")), numbers)
    if not numbers.size:
        raise ConversionError("holds no numbers")
    return numbers


def in_order(topic: Topic, names: list[str], numbers: np.ndarray) -> np.ndarray:
    """The values of joints in the order of the first message's names."""
    if len(names) != len(numbers):
        if names:
            raise ConversionError(f"names {len(names)} joints, but has {len(numbers)} values")
        return numbers
    if not topic.labels:
        topic.labels.extend(names)
    if names == topic.labels:
        return numbers
    if sorted(names) != sorted(topic.labels):
        raise ConversionError(f"has the joints {listed(names)}, but before {listed(topic.labels)}")
    return numbers[[names.index(name) for name in topic.labels]]


def picture(message: Any) -> np.ndarray:
    """An Image as height × width × channels, red first."""
    encoding = message.encoding
    if encoding not in CHANNELS:
        raise ConversionError(f"is encoded as '{encoding}', and {listed(list(CHANNELS))} are read")
    channels, width, height = CHANNELS[encoding], message.width, message.height
    data = np.frombuffer(bytes(message.data), np.uint8)
    step = message.step or width * channels
    if step < width * channels or len(data) < step * height:
        raise ConversionError(f"has {len(data)} bytes, but {width} × {height} pixels of {encoding}")
    pixels = data[: step * height].reshape(height, step)[:, : width * channels].reshape(height, width, channels)
    if encoding.startswith("bgr"):
        pixels = pixels[:, :, [2, 1, 0, *range(3, channels)]]
    return np.ascontiguousarray(pixels)


def stamp(message: Any) -> float | None:
    """The time in a message's header, in seconds."""
    header = getattr(message, "header", None)
    stamp = getattr(header, "stamp", None)
    if stamp is None:
        return None
    return stamp.sec + stamp.nanosec / 1e9


@dataclass
class Track:
    """All messages of one topic, in the order of their times."""

    times: np.ndarray
    values: list[np.ndarray]

    def latest(self, moments: np.ndarray, name: str, max_age: float | None, where: str) -> tuple[np.ndarray, float]:
        """The latest value at or before each moment, and how old the oldest of them is."""
        # Less than a nanosecond is an error of rounding.
        indices = np.searchsorted(self.times, moments + 1e-9, side="right") - 1
        ages = moments - self.times[indices]
        worst = int(np.argmax(ages))
        if max_age is not None and ages[worst] > max_age:
            raise ConversionError(
                f"{where}: '{name}' is silent for {ages[worst]:.3g} s at {moments[worst] - moments[0]:.3g} s; "
                f"--max-age {max_age:g} allows less")
        return np.stack([self.values[i] for i in indices]), float(ages[worst])


def read(path: Path, selection: Selection, clock: Clock) -> Demonstrations:
    """Recordings as demonstrations, one an episode."""
    found = recordings(path)
    if not found:
        raise ConversionError(f"{path}: has no .mcap files")
    known = topics(found[0])
    if not known:
        raise ConversionError(f"{path}: has no topics")
    counts = {name: n for name, (_, _, n) in known.items() if n}
    if selection.action is None or not selection.observations:
        raise ConversionError(
            f"{path}: choose what is observed and what is done, --observation NAME=TOPIC and --action TOPIC, "
            f"of {listed(sorted(counts) or sorted(known))}")
    try:
        chosen = {name: Topic.parse(text, list(known)) for name, text in selection.observations.items()}
        chosen["action"] = Topic.parse(selection.action, list(known))
    except ConversionError as error:
        raise ConversionError(f"{path}: {error}") from None
    taken = {topic.name for topic in chosen.values()}
    rate = clock.rate or own_rate(found, taken, chosen, clock)
    notes: list[str] = []
    result = Demonstrations(
        kind="MCAP", name=path.stem, count=len(found), read=iter, rate=rate,
        dropped={name: "not chosen" for name in known if name not in taken}, notes=notes)

    def episodes() -> Iterator[Episode]:
        oldest: dict[str, float] = {}
        for files in found:
            tracks = gather(files, chosen, clock)
            for name, topic in chosen.items():
                if topic.labels:
                    result.labels.setdefault(name, topic.labels)
            yield align(tracks, rate, clock.max_age, files[0], oldest)
        ages = ", ".join(f"{name} {age * 1000:.0f} ms" for name, age in sorted(oldest.items()))
        notes.append(f"at {rate:g} steps a second; the oldest value that was used: {ages}")

    result.read = episodes
    return result


def own_rate(found: list[list[Path]], taken: set[str], chosen: dict[str, Topic], clock: Clock) -> float:
    """The median rate of the slowest chosen topic, as a number of few digits."""
    tracks = gather(found[0], chosen, clock)
    slowest = max((float(np.median(np.diff(t.times))) for t in tracks.values() if len(t.times) > 1), default=0)
    if slowest <= 0:
        raise ConversionError(f"{found[0][0]}: no topic has two messages; choose --rate")
    rate = 1 / slowest
    return float(round(rate)) if rate >= 1 else round(rate, 3)


def gather(files: list[Path], chosen: dict[str, Topic], clock: Clock) -> dict[str, Track]:
    """The messages of the chosen topics."""
    rows: dict[str, list[tuple[float, np.ndarray]]] = {name: [] for name in chosen}

    def work() -> None:
        for topic, kind, time, message in messages(files, {t.name for t in chosen.values()}):
            if clock.uses_headers:
                own = stamp(message)
                if own is None:
                    raise ConversionError(f"{files[0]}: '{topic}' has no header; leave --clock header away")
                time = own
            for name, wanted in chosen.items():
                if wanted.name == topic:
                    try:
                        rows[name].append((time, values_of(wanted, kind, message)))
                    except ConversionError as error:
                        raise ConversionError(
                            f"{files[0]}: '{topic}' ({kind}), message {len(rows[name])} {error}") from None

    guarded(files[0], work)
    tracks = {}
    for name, pairs in rows.items():
        if not pairs:
            raise ConversionError(f"{files[0]}: '{chosen[name].name}' has no messages")
        pairs.sort(key=lambda pair: pair[0])
        shapes = {value.shape for _, value in pairs}
        if len(shapes) > 1:
            raise ConversionError(f"{files[0]}: '{chosen[name].name}' has messages of {len(shapes)} sizes")
        tracks[name] = Track(np.array([t for t, _ in pairs]), [v for _, v in pairs])
    return tracks


def align(tracks: dict[str, Track], rate: float, max_age: float | None, file: Path,
          oldest: dict[str, float]) -> Episode:
    """Steps from the moment at which every topic has spoken until the first has ended."""
    seen = [track for name, track in tracks.items() if name != "action"]
    start = max(track.times[0] for track in seen)
    start = max(start, tracks["action"].times[0] - 1 / rate)
    end = min(track.times[-1] for track in tracks.values())
    count = int(np.floor((end - start) * rate + 1e-6)) + 1
    if count < 2:
        raise ConversionError(f"{file}: there is no time in which all chosen topics speak")
    moments = start + np.arange(count) / rate
    observations = {}
    for name, track in tracks.items():
        at = moments + 1 / rate - 2e-9 if name == "action" else moments
        values, age = track.latest(at, name, max_age, str(file))
        oldest[name] = max(oldest.get(name, 0), age)
        observations[name] = values
    dones = np.zeros(count, np.uint8)
    dones[-1] = 1
    return Episode(observations.pop("action"), observations, dones=dones)
