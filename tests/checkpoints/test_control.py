"""The settings of checkpoints."""

import math
from datetime import datetime
from pathlib import Path

import pytest

from glompo import CheckpointingControl, GloMPOManager
from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.optimizers import RandomSampling


def test_the_documented_names_and_defaults():
    control = CheckpointingControl()
    assert (control.checkpoint_time_frequency, control.checkpoint_iter_frequency) == (math.inf, math.inf)
    assert (control.checkpoint_at_init, control.checkpoint_at_conv) == (False, False)
    assert (control.raise_checkpoint_fail, control.force_task_save) == (False, False)
    assert (control.keep_past, control.checkpointing_dir) == (-1, "checkpoints")
    assert control.naming_format == "glompo_checkpoint_%(date)_%(time)"
    assert str(control) == "CheckpointingControl()"
    assert str(CheckpointingControl(keep_past=0)) == "CheckpointingControl(keep_past=0)"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"checkpoint_time_frequency": 0}, "checkpoint_time_frequency is 0; give a finite number greater than 0"),
        ({"checkpoint_time_frequency": -3}, "checkpoint_time_frequency is -3"),
        ({"checkpoint_time_frequency": "x"}, "checkpoint_time_frequency is 'x'"),
        ({"checkpoint_time_frequency": math.nan}, "checkpoint_time_frequency is nan"),
        ({"checkpoint_iter_frequency": 0}, "checkpoint_iter_frequency is 0; give a whole number, 1 or more"),
        ({"checkpoint_iter_frequency": 1.5}, "checkpoint_iter_frequency is 1.5"),
        ({"checkpoint_at_init": 1}, "checkpoint_at_init is 1; give True or False"),
        ({"keep_past": -2}, "keep_past is -2; give a whole number, -1 or more"),
        ({"patience": -1}, "patience is -1"),
        ({"naming_format": "%(when)"}, r"its keys are %\(date\)"),
        ({"naming_format": "%d"}, r"its keys are %\(date\)"),
        ({"naming_format": "a/b"}, "give the name of a file, and its folder as checkpointing_dir"),
        ({"naming_format": ""}, "give the name of a file"),
        ({"naming_format": ".hidden"}, "give the name of a file"),
        ({"naming_format": 3}, "naming_format is 3; give a text"),
        ({"checkpointing_dir": 3}, "checkpointing_dir is 3; give the path of a directory"),
    ],
)
def test_a_setting_without_meaning_is_refused_by_name_value_and_remedy(settings, message):
    with pytest.raises((SettingError, SettingTypeError), match=message):
        CheckpointingControl(**settings)


def test_all_keys_of_the_name(tmp_path):
    names = "%(date)|%(time)|%(year)|%(yr)|%(month)|%(day)|%(hour)|%(min)|%(sec)|%(count)"
    made = CheckpointingControl(naming_format=names).file(tmp_path, 7, datetime(2026, 3, 4, 5, 6, 7))
    assert made.name == "2026-03-04|05-06-07|2026|26|03|04|05|06|07|007.zip"
    assert made.parent == tmp_path / "checkpoints"
    with_s = CheckpointingControl(naming_format="%(count)s.zip").file(tmp_path, 7, datetime(2026, 3, 4))
    assert with_s.name == "007.zip"


def test_a_file_that_exists_is_never_written_over(tmp_path):
    control = CheckpointingControl(naming_format="same", checkpointing_dir=tmp_path)
    (tmp_path / "same.zip").touch()
    (tmp_path / "same_2.zip").touch()
    assert control.file(Path("elsewhere"), 1, datetime(2026, 1, 1)).name == "same_3.zip"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"checkpoint_control": {"keep_past": 0}}, "give an instance"),
        ({"save_states_every": 0}, "save_states_every is 0"),
        ({"on_divergence": "ignore"}, "use one of 'warm-start', 'fail'"),
    ],
)
def test_settings_of_the_run_about_saving_are_checked(settings, message):
    with pytest.raises(UserError, match=message):
        GloMPOManager.new_manager(sum, [(0, 1)], RandomSampling, **settings)
