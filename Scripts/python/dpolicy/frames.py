"""Frames of the environments' protocol (Demos/PROTOCOL.md): two lengths, a header in JSON, the arrays' bytes."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

#: The protocol's version.
VERSION = 1
TYPES = {"float32": np.dtype("<f4"), "float64": np.dtype("<f8"), "uint8": np.dtype("u1")}
NAMES = {dtype: name for name, dtype in TYPES.items()}
LARGEST_HEADER, LARGEST_BODY = 16 << 20, 256 << 20
# Made once: json.dumps with settings makes an encoder each time.
ENCODE = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
DECODE = json.JSONDecoder().decode
LENGTHS = struct.Struct("<II")
#: From so many bytes on, arrays are sent as they lie, without being put together first.
LARGE = 1 << 16


class ProtocolError(Exception):
    """What came is no message."""


def write(stream: BinaryIO, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> None:
    """Sends a message; numbers become float32 unless they are of a type that the protocol has."""
    header = dict(header)
    parts: list[bytes | memoryview] = []
    size = 0
    if arrays:
        headings = []
        for name, array in arrays.items():
            array = np.asarray(array)
            kind = NAMES.get(array.dtype)
            if kind is None:
                kind, array = "float32", array.astype(TYPES["float32"])
            headings.append({"name": name, "type": kind, "shape": array.shape})
            size += array.nbytes
            parts.append(np.ascontiguousarray(array).data.cast("B") if array.nbytes >= LARGE else array.tobytes())
        header["arrays"] = headings
    text = ENCODE(header).encode()
    start = LENGTHS.pack(len(text), size) + text
    if size < LARGE:
        stream.write(start + b"".join(parts))
    else:
        stream.write(start)
        for part in parts:
            stream.write(part)
    stream.flush()


def read(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The next message, its header and its arrays; None at the end of the input."""
    lengths = stream.read(8)
    if not lengths:
        return None
    if len(lengths) < 8:
        raise ProtocolError("the other side has ended within a message")
    header_size, body_size = LENGTHS.unpack(lengths)
    if header_size > LARGEST_HEADER or body_size > LARGEST_BODY:
        raise ProtocolError(f"a message of {header_size} and {body_size} bytes")
    text, body = stream.read(header_size), bytearray(body_size)
    if len(text) < header_size or stream.readinto(body) < body_size:
        raise ProtocolError("the other side has ended within a message")
    try:
        header = DECODE(text.decode())
    except ValueError:
        raise ProtocolError(f"a header that is no JSON: {text[:80]!r}") from None
    arrays, start = {}, 0
    for heading in header.get("arrays") or []:
        dtype, shape = TYPES[heading["type"]], heading["shape"]
        size = dtype.itemsize * math.prod(shape)
        if size < 0 or start + size > len(body):
            raise ProtocolError(f"array '{heading['name']}' is longer than its message")
        arrays[heading["name"]] = np.frombuffer(body, dtype, size // dtype.itemsize, start).reshape(shape)
        start += size
    return header, arrays
