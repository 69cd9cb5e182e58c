"""A Slurm of two nodes on this machine, in a folder of its own, that ends with the test."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Slurm:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.daemons = []
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def __enter__(self):
        self.folder.mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        host, ports = socket.gethostname().split(".")[0], free_ports(3)
        for node in ["first", "second"]:
            (self.folder / f"spool-{node}").mkdir()
        (self.folder / "state").mkdir()
        (self.folder / "slurm.conf").write_text(f"""
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user()}
SlurmdUser={user()}
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge.socket
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool-%n
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd-%n.pid
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/slurmd-%n.log
SlurmctldPort={ports[0]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
ReturnToService=2
NodeName=first NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 State=UNKNOWN
NodeName=second NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        self.start("munged", "--force", "--foreground", "--socket", self.folder / "munge.socket",
                   "--key-file", key, "--pid-file", self.folder / "munge.pid",
                   "--log-file", self.folder / "munge.log", "--seed-file", self.folder / "munge.seed")
        self.until(lambda: (self.folder / "munge.socket").exists())
        self.start("slurmctld", "-D", "-i")
        for node in ["first", "second"]:
            self.start("slurmd", "-D", "-N", node)
        self.until(lambda: self.call("sinfo", "-h", "-o", "%D %t").strip() == "2 idle")
        return self

    def __exit__(self, *_):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def start(self, program, *arguments):
        with open(self.folder / f"{program}-{len(self.daemons)}.out", "w") as output:
            self.daemons.append(subprocess.Popen(
                [f"/usr/sbin/{program}", *map(str, arguments)], env=self.environment, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT))

    def call(self, *command, **options):
        run = subprocess.run([str(word) for word in command], env=self.environment, text=True,
                             capture_output=True, stdin=subprocess.DEVNULL, timeout=120, **options)
        assert run.returncode == 0, f"{command}: {run.stderr}"
        return run.stdout

    def until(self, condition, seconds=90):
        limit = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except AssertionError:
                pass  # The daemons are not up yet.
            assert time.monotonic() < limit, f"Slurm was waited for in vain; see {self.folder}"
            time.sleep(0.2)

    def batch(self, tasks, tool, arguments):
        """An array of the template's jobs, which note the nodes that they ran on."""
        script = self.folder / "job.sh"
        template = (ROOT / "Scripts/slurm/benchmark.sbatch").read_text()
        noted = template.replace(
            "\nexec ", f'\necho "$SLURMD_NODENAME" > "{self.folder}/$SLURM_JOB_ID.node"\nexec ', 1)
        script.write_text(noted)
        self.call("sbatch", f"--array=1-{tasks}", f"--output={self.folder}/%A-%a.log",
                  f"--export=ALL,DPOLICY={tool}", script, *arguments, cwd=self.folder.parent)

    def two(self, command):
        """A job of two nodes whose two processes train together."""
        script = self.folder / "two.sh"
        words = " ".join(f"'{word}'" for word in command)
        script.write_text(f"#!/usr/bin/env bash\nexec {self.launcher()} {words}\n")
        self.call("sbatch", "--wait", "--nodes=2", "--ntasks=2", f"--output={self.folder}/two.log", script,
                  cwd=self.folder.parent)

    def launcher(self):
        """mpirun without Slurm's help: its daemons of other nodes would not know that they are on one machine."""
        without = [word for part in ["ras", "plm", "ess"] for word in ["--mca", part, "^slurm"]]
        return " ".join(["mpirun --allow-run-as-root --oversubscribe -n 2", *without])

    def wait(self):
        self.until(lambda: not self.call("squeue", "-h").strip(), seconds=180)

    def kill_one(self):
        """Kills the program of a running task, as a machine's end would."""
        for place in Path("/proc").glob("[0-9]*"):
            try:
                command = (place / "cmdline").read_bytes().split(b"\0")
                environment = (place / "environ").read_bytes()
            except OSError:
                continue
            if b"benchmark" in command and b"SLURM_ARRAY_TASK_ID" in environment \
                    and str(self.folder).encode() in environment:
                os.kill(int(place.name), signal.SIGKILL)
                return
        raise AssertionError("no task is running")


def user():
    import pwd
    return pwd.getpwuid(os.getuid()).pw_name


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
