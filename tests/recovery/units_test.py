# SPDX-License-Identifier: Apache-2.0
"""The systemd units: known keys only, programs and options that exist, and systemd's own check."""
import configparser
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from tests.harness import toolchain

UNITS = sorted((toolchain.runfiles_root() / "systemd").glob("*.service"))
PREFIX = "/opt/csl/"
KEYS = {
    "Unit": {"Description", "Wants", "After"},
    "Service": {"Type", "User", "Group", "StateDirectory", "StateDirectoryMode", "ExecStart",
                "Restart", "RestartSec", "TimeoutStopSec", "KillMode", "Delegate", "LimitNOFILE",
                "UMask", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp",
                "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules",
                "ProtectControlGroups", "RestrictSUIDSGID"},
    "Install": {"WantedBy"},
}
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)


def read(unit):
    parser = configparser.ConfigParser(delimiters="=", interpolation=None, strict=True)
    parser.optionxform = str
    parser.read(unit, encoding="utf-8")
    return parser


def test_there_is_one_for_each_daemon():
    assert [unit.name for unit in UNITS] == ["cs-appliance.service", "cs-worker.service"]


@each_unit
def test_keys_are_known_and_the_unit_comes_back_after_a_crash(unit):
    parser = read(unit)
    assert set(parser.sections()) == set(KEYS)
    for section in parser.sections():
        assert set(parser[section]) <= KEYS[section], section
    assert parser["Service"]["Restart"] == "always"
    assert parser["Install"]["WantedBy"] == "multi-user.target"


@each_unit
def test_what_it_starts_exists_with_those_options(unit, tmp_path):
    tools = toolchain.installed()
    command = read(unit)["Service"]["ExecStart"].split()
    assert command[0].startswith(PREFIX + "bin/")
    program = tools.prefix / command[0][len(PREFIX):]
    verbs = [word for word in command[1:] if re.fullmatch("[a-z]+", word)
             and command[command.index(word) - 1] not in ("--log-format",)]
    text = tools.run([program, *verbs, "--help"], tmp_path).stdout
    for option in (word for word in command if word.startswith("--")):
        assert option + " " in text, option


def test_a_workers_group_is_its_own_to_divide():
    service = read(next(unit for unit in UNITS if unit.name == "cs-worker.service"))["Service"]
    assert service["Delegate"] == "yes"
    # No wall that a worker has to break through to build one.
    assert not [key for key in service if key.startswith(("Protect", "Private", "NoNew"))]


@each_unit
def test_systemd_finds_nothing_wrong(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / unit.name
    program = toolchain.installed().prefix / "bin"
    copy.write_text(unit.read_text(encoding="utf-8").replace(PREFIX + "bin", str(program)),
                    encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], check=False,
                          capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if unit.name in line]
    assert not said and (done.returncode == 0 or "Failed to" in done.stderr), done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
