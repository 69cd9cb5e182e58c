"""A policy server of its own for a trial: started on loopback, watched, and stopped."""

import json
import math
import os
import socket
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def add_arguments(parser, seconds):
    parser.add_argument("--tool", default=str(ROOT / ".build/release/dpolicy"), help="the built dpolicy")
    parser.add_argument("--policy", help="a checkpoint folder; if none is given a small policy is trained")
    parser.add_argument("--seconds", type=float, default=seconds, help=f"how long; {seconds} if not given")


def small_policy(tool, folder):
    """Trains a policy for push in a second or two; how well it pushes is of no account here."""
    def run(*arguments):
        subprocess.run([tool, *arguments], check=True, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run("record", "--environment", "push", "--expert", "--episodes", "4", "--seed", "0", "--output", "d.hdf5")
    run("train", "--demos", "d.hdf5", "--method", "diffusion", "--backbone", "mlp", "--steps", "50",
        "--observation-horizon", "2", "--prediction-horizon", "8", "--action-horizon", "4", "--output", "policy")
    return str(Path(folder) / "policy")


class TrialServer:
    """`dpolicy serve` on a free port of loopback; use with `with`."""

    def __init__(self, options):
        self.tool = os.path.abspath(options.tool)
        self.folder = tempfile.TemporaryDirectory()
        self.policy = os.path.abspath(options.policy) if options.policy else small_policy(self.tool, self.folder.name)

    def __enter__(self):
        self.process = subprocess.Popen([self.tool, "serve", "--policy", self.policy, "--port", "0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        address = self.process.stdout.readline().strip()
        if not address:
            raise SystemExit(f"the server did not start: {self.process.stderr.read()}")
        self.address = address.rstrip("/")
        self.host, port = self.address.removeprefix("http://").rsplit(":", 1)
        self.port = int(port)
        self.description = json.loads(self.get("/policy"))
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def get(self, path):
        with socket.create_connection((self.host, self.port), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nConnection: close\r\n\r\n"
                               .encode())
            data = b""
            while piece := connection.recv(65536):
                data += piece
        return data.split(b"\r\n\r\n", 1)[1].decode()

    def health(self):
        return json.loads(self.get("/health"))

    def memory(self):
        """Resident memory in MB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))

    def files(self):
        """The number of open files."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        """Asks it to end; its exit status."""
        self.process.terminate()
        return self.process.wait(timeout=30)

    def document(self, number):
        """A request that can be decided on; its values follow from its number."""
        steps = self.description["horizons"]["observation"]
        def value(quantity, place):
            return place % 256 if quantity["kind"] == "uint8" else (place % 200) / 100 - 1
        observations = {
            quantity["name"]: [[value(quantity, number * 37 + 11 * step + index)
                                for index in range(math.prod(quantity["shape"]))] for step in range(steps)]
            for quantity in self.description["observations"]}
        return json.dumps({"id": number, "observations": observations, "seed": number}).encode()

    def request(self, number):
        """The same as an HTTP request."""
        body = self.document(number)
        return (f"POST /act HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
