"""A real Slurm of one node, on loopback, that lives as long as a test."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 300.0
"""Seconds after which something that must happen has not: generous: Slurm itself keeps a job that was
put back for two minutes."""

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("setpriv", "sbatch", "squeue", "scancel", "scontrol", "sinfo")

CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={node}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
KillWait=30
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000 State=UNKNOWN
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=bf_interval=2
PartitionName=short Nodes=ALL Default=YES PriorityTier=1 State=UP
PartitionName=urgent Nodes=ALL PriorityTier=9 PreemptMode=OFF State=UP
"""


def missing() -> str:
    """Return why there can be no Slurm here, or nothing."""
    absent = [name for name in (*DAEMONS, *COMMANDS) if shutil.which(name) is None]
    if absent:
        return f"Slurm is not installed: there is no {', '.join(absent)}"
    return "" if os.geteuid() == 0 else "Slurm's daemons need root to start jobs"


class Slurm:
    """The daemons and the commands of a Slurm.

    Parameters
    ----------
    folder : Path
        Where it keeps everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the daemons and await the node."""
        for name in ("state", "spool", "munge"):
            (self.folder / name).mkdir(mode=0o700)
        key = self.folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        control, node = _free_ports(2)
        host = socket.gethostname().partition(".")[0]
        conf = CONF.format(host=host, folder=self.folder, control=control, node=node)
        Path(self.environment["SLURM_CONF"]).write_text(conf)
        private = self.folder / "munge"
        self._daemon(
            "munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket", f"--key-file={key}",
            f"--pid-file={private}/pid", f"--log-file={private}/log", f"--seed-file={private}/seed",
        )  # fmt: skip
        self._await(lambda: (self.folder / "munge.socket").exists(), "munge")
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D", "-N", host)
        self._await(lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T", check=False), "the node")

    def stop(self) -> None:
        """Cancel all jobs and stop the daemons."""
        self.run("scancel", "--user=root", check=False)
        self._await(lambda: not self.run("squeue", "--noheader", check=False), "the end of all jobs")
        for daemon in reversed(self._running):
            daemon.terminate()
            daemon.wait(PATIENCE)

    def run(self, *command: object, check: bool = True) -> str:
        """Return what a command prints."""
        line = [str(part) for part in command]
        done = subprocess.run(line, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0 or not check, f"{line} failed: {done.stderr}"
        return done.stdout

    def await_job(self, job: str, *states: str) -> str:
        """Return the state of a job as soon as it is one of these."""
        self._await(lambda: self.state(job) in states, f"job {job} to be one of {states}, not {self.state(job)}")
        return self.state(job)

    def jobs(self, name: str) -> list[str]:
        """Return the numbers of all jobs of this name, those that have ended included, in the order of submission."""
        told = self.run("scontrol", "--oneliner", "show", "job").splitlines()
        return [line.split()[0].removeprefix("JobId=") for line in told if f"JobName={name} " in line]

    def state(self, job: str) -> str:
        """Return the state of a job, such as RUNNING."""
        told = self.run("scontrol", "--oneliner", "show", "job", job)
        return told.partition("JobState=")[2].split()[0]

    def _daemon(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.out").open("wb") as log:
            tied = ("setpriv", "--pdeathsig", "TERM", *command)  # so that it does not outlive tests that are killed
            self._running.append(subprocess.Popen(tied, env=self.environment, stdout=log, stderr=log))

    def _await(self, holds, what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            dead = [daemon.args[3] for daemon in self._running if daemon.poll() is not None]
            said = "".join((self.folder / f"{name}.out").read_text() for name in dead)
            assert not dead, f"{dead} ended: {said}"
            assert time.monotonic() < end, f"waited in vain for {what}"
            time.sleep(0.1)


def _free_ports(n: int) -> list[int]:
    taken = [socket.socket() for _ in range(n)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports
