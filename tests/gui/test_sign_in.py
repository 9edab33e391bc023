"""The names of desk and clerk hold at once, and a folder says which desk it is."""

import argparse
import json

from desktop.composition import core_config
from desktop.options import add_options, options_of
from desktop.settings import DeskSettings, desk_identity
from desktop.shell.sign_in import SignIn
from tests.gui.conftest import ManualTasks
from tests.support.desk_world import DeskWorld


def test_names_go_to_the_program_behind_and_a_refused_one_comes_back():
    settings, world, tasks, told = DeskSettings(None), DeskWorld(), ManualTasks(), []
    sign_in = SignIn(settings, world, tasks, lambda tone, phrase: told.append((tone, phrase.code)))
    assert settings.text("desk_name") == "1号台", "the name the program settled on is shown"
    settings.put("desk_name", "前台")
    settings.put("clerk", "小李")
    tasks.run()
    assert (world.name, world.clerk, told) == ("前台", "小李", [])
    settings.put("desk_name", "2号台")
    tasks.run()
    assert (settings.text("desk_name"), world.name) == ("前台", "前台")
    assert told == [("stop", "error.desk.name_taken")]
    # Taken back before the program behind has answered: the last word holds.
    settings.put("desk_name", "A")
    settings.put("desk_name", "前台")
    tasks.run()
    assert (settings.text("desk_name"), world.name) == ("前台", "前台")
    del sign_in


def test_a_folder_is_the_same_desk_for_ever_and_a_copy_on_another_machine_is_not(tmp_path):
    first = desk_identity(tmp_path, "front-pc")
    DeskSettings(tmp_path).put("desk_name", "another name")
    assert desk_identity(tmp_path, "front-pc") == first
    copied = desk_identity(tmp_path, "back-pc")
    assert copied != first
    (tmp_path / "desk-id.json").write_text("{broken")
    assert desk_identity(tmp_path, "back-pc").startswith("back-pc:")
    (tmp_path / "desk-id.json").write_text(json.dumps(["back-pc:1"]))
    assert desk_identity(tmp_path, "back-pc").startswith("back-pc:")


def test_a_program_that_takes_work_is_named_by_its_folder_and_never_by_the_desks_name(tmp_path):
    given = ["--data", str(tmp_path), "--desk"]
    parser = argparse.ArgumentParser()
    add_options(parser)
    first, renamed = (core_config(options_of(parser.parse_args([*given, name])), works_as="window") for name in "AB")
    assert first.holder == renamed.holder == f"{desk_identity(tmp_path)}/window"
    looks = core_config(options_of(parser.parse_args(["--data", str(tmp_path / "new"), "--desk", "A"])))
    assert (looks.holder, (tmp_path / "new").exists()) == ("", False)
