"""How many CPUs a process may use, told from files and variables as systems leave them."""

import os

import pytest

from glompo.errors import SettingError
from glompo.settings.checks import slots_of
from glompo.spec import cpus
from glompo.spec.processors import allocated, fewest, quotas

SLURM, GRID = {"SLURM_JOB_ID": "1"}, {"JOB_ID": "1"}


@pytest.fixture
def system(tmp_path):
    """Return a function that writes control groups and returns where their description is."""

    def write(membership, **files):
        (tmp_path / "membership").write_text(membership)
        for name, text in files.items():
            path = tmp_path / "mount" / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "membership", tmp_path / "mount"

    return write


@pytest.mark.parametrize(
    ("environ", "counts"),
    [
        ({}, []),
        (SLURM | {"SLURM_CPUS_PER_TASK": "4", "SLURM_JOB_CPUS_PER_NODE": "16"}, [4, 16]),
        (SLURM | {"SLURM_JOB_CPUS_PER_NODE": "8(x2),4"}, [8]),
        ({"PBS_JOBID": "1.host", "PBS_NP": "12"}, [12]),
        ({"PBS_JOBID": "1.host", "NCPUS": "6"}, [6]),
        ({"LSB_JOBID": "1", "LSB_DJOB_NUMPROC": "3"}, [3]),
        (GRID | {"NSLOTS": "5"}, [5]),
        (GRID | {"PBS_JOBID": "1", "NSLOTS": "", "NCPUS": "many", "PBS_NP": "0"}, []),
        ({"NSLOTS": "5", "NCPUS": "6", "SLURM_CPUS_PER_TASK": "4"}, []),  # outside a job they say nothing
    ],
)
def test_a_batch_allocation_is_read(environ, counts):
    assert allocated(environ) == counts


def test_the_quota_of_version_2_is_that_of_the_group_and_of_all_above_it(system):
    files = {"job__step__cpu.max": "max 100000\n", "job__cpu.max": "250000 100000\n", "cpu.max": "400000 100000\n"}
    assert quotas(*system("0::/job/step\n", **files)) == [2.5, 4.0]


@pytest.mark.parametrize("mount", ["cpu,cpuacct", "cpu"])
def test_the_quota_of_version_1_is_read_wherever_it_is_mounted(system, mount):
    place = f"{mount}__job__cpu.cfs_"
    files = {f"{place}quota_us": "150000\n", f"{place}period_us": "100000\n", f"{mount}__cpu.cfs_quota_us": "-1\n"}
    assert quotas(*system("4:memory:/x\n3:cpu,cpuacct:/job\n0::/\n", **files)) == [1.5]


def test_in_a_container_the_group_is_the_mount_itself(system):
    assert quotas(*system("0::/docker/of/the/host\n", **{"cpu.max": "300000 100000"})) == [3.0]


def test_a_system_without_control_groups_has_no_quota(tmp_path):
    assert quotas(tmp_path / "none", tmp_path) == []


@pytest.mark.parametrize(
    ("present", "environ", "quota", "least"),
    [
        (8, {}, "max 100000", 8),
        (8, GRID | {"NSLOTS": "4"}, "300000 100000", 3),
        (8, GRID | {"NSLOTS": "2"}, "300000 100000", 2),
        (8, GRID | {"NSLOTS": "99"}, "max 100000", 8),
        (8, {}, "190000 100000", 1),  # two at once would share 1.9
        (8, {}, "50000 100000", 1),
    ],
)
def test_the_smallest_limit_counts_and_one_cpu_is_left_at_least(system, present, environ, quota, least):
    assert fewest(present, environ, *system("0::/\n", **{"cpu.max": quota})) == least


def test_max_jobs_follows(monkeypatch):
    assert slots_of(-1) == cpus() <= (os.cpu_count() or 1)
    for name, value in (SLURM | {"SLURM_CPUS_PER_TASK": "1"}).items():
        monkeypatch.setenv(name, value)
    assert slots_of(-1) == slots_of(None) == 1
    assert slots_of(7) == 7
    with pytest.raises(SettingError):
        slots_of(0)
