# SPDX-License-Identifier: Apache-2.0
"""Published commands are completed as fidelity_commands.py says; values are found in a run."""
import json
import sys

import pytest

from tools import fidelity_commands, fidelity_values


def case(**fields):
    return {"arch": "wse3", "program_path": "benchmarks/stencil (run.py)", "values": {},
            "compile": "cslc layout.csl --params=size:5 -o out",
            "run": "cs_python run.py --name out", **fields}


def test_program_is_folder_and_script():
    assert fidelity_commands.program(case()) == ("benchmarks/stencil", "run.py")
    readme = case(program_path="tutorials/print/README.rst")
    assert fidelity_commands.program(readme) == ("tutorials/print", "run.py")


def test_series_of_parameters_is_expanded():
    text = "--params=C0_ID:0..C2_ID:2 --memcpy"
    assert fidelity_commands.expanded(text) == "--params=C0_ID:0,C1_ID:1,C2_ID:2 --memcpy"


def test_output_folder_remarks_and_bare_words_are_completed():
    shortened = case(compile="cslc a.csl --arch {arch}",
                     run="cs_python run.py -k=5 ... max_ite=10 (a remark)")
    assert fidelity_commands.commands(shortened, [shortened]) == (
        "wse3", ["cslc", "a.csl", "--arch", "wse3", "-o=out"],
        ["cs_python", "run.py", "-k=5", "--max-ite=10"])


def test_command_like_that_of_another_case():
    like = case(compile="as stencil but size:60", run="-k=60")
    assert fidelity_commands.commands(like, [case(), like])[1:] == (
        ["cslc", "layout.csl", "--params=size:60", "-o", "out"],
        ["cs_python", "run.py", "--name", "out", "-k=60"])


def test_shortened_command_is_that_of_the_same_program():
    short = case(compile="size:5", arch="not stated (spacing suggests wse2)")
    arch, compilation, _ = fidelity_commands.commands(short, [case(), short])
    assert (arch, compilation[:2]) == ("wse2", ["cslc", "layout.csl"])


def test_command_of_no_program_is_refused():
    with pytest.raises(fidelity_commands.Unreadable):
        fidelity_commands.commands(case(compile="width/height"), [])


def test_layout_is_that_of_the_script(tmp_path):
    (tmp_path / "src").mkdir()
    for name in ("layout.csl", "layout_cg.csl"):
        (tmp_path / "src" / name).touch()
    words = ["cslc", "./src/layout*.csl"]
    assert fidelity_commands.of_folder(words, tmp_path, "run.py")[1] == "./src/layout.csl"
    assert fidelity_commands.of_folder(words, tmp_path, "device_run.py")[1] == (
        "./src/layout_cg.csl")


def test_values_of_statistics_and_output(tmp_path):
    stats = {"cycle_count": 110, "idle_ce_cycles": 10}
    (tmp_path / "sim_stats.json").write_text(json.dumps(stats), encoding="utf-8")
    values = {"active_cycles": 90, "cycles_send": 50, "last_wavelet_landing_cycle": 80}
    assert list(fidelity_values.rows(values, tmp_path, "cycles_send = 55 cycles")) == [
        ("active_cycles", 90, 100), ("cycles_send", 50, 55),
        ("last_wavelet_landing_cycle", 80, None)]


def test_value_that_is_not_printed_is_missing(tmp_path):
    with pytest.raises(fidelity_values.Missing):
        list(fidelity_values.rows({"cycles_send": 50}, tmp_path, ""))


def test_log_lines_count_from_the_first():
    values = {"PE0 start": 100, "PE0 end": 110, "PE1 words": [150, 160, 170]}
    log = "@5 launch\n@20 PE(0,0): a\n@32 PE(0,0): b\n" + "".join(
        f"@{cycle} PE(1,0): c\n" for cycle in (60, 72, 84))
    assert list(fidelity_values.line_rows(values, log)) == [
        ("PE0 end", 10, 12), ("PE1 words, first", 50, 40), ("PE1 words, spacing", 10, 12)]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
