# SPDX-License-Identifier: Apache-2.0
"""Published commands are completed as fidelity_commands.py says; values are found in a run."""
import json
import sys

import pytest

from tools import fidelity, fidelity_commands, fidelity_spmm, fidelity_values


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


def test_value_of_a_pattern_in_other_units(tmp_path):
    seconds = {"published": 40, "pattern": r"^Time: (\S+) s", "cycles": 1e9}
    assert list(fidelity_values.rows({"time": seconds}, tmp_path, "PE 1\nTime: 4.2e-8 s\n")) == [
        ("time", 40, 42)]
    with pytest.raises(fidelity_values.Missing):
        list(fidelity_values.rows({"time": seconds}, tmp_path, "no Time: 1 s"))


def test_program_of_another_repository_needs_its_checkout(tmp_path):
    other = case(program_repo="owner/name", sdk_version="1.4", source_kind="simulator",
                 program_path="absent")
    tools = fidelity.Toolchain("", plain=False)
    for checkouts, reason in (({"Cerebras/sdk-examples": tmp_path}, "not among the checkouts"),
                              ({"owner/name": tmp_path}, "1.4: no folder absent")):
        with pytest.raises(fidelity.NotRun, match=reason):
            fidelity.run_case(other, [other], checkouts, tools)


def test_value_that_is_not_printed_is_missing(tmp_path):
    with pytest.raises(fidelity_values.Missing):
        list(fidelity_values.rows({"cycles_send": 50}, tmp_path, ""))


def test_log_lines_count_from_the_first():
    values = {"PE0 start": 100, "PE0 end": 110, "PE1 words": [150, 160, 170]}
    log = "@5 launch\n@20 PE(0,0): a\n@32 PE(0,0): b\n" + "".join(
        f"@{cycle} PE(1,0): c\n" for cycle in (60, 72, 84))
    assert list(fidelity_values.line_rows(values, log)) == [
        ("PE0 end", 10, 12), ("PE1 words, first", 50, 40), ("PE1 words, spacing", 10, 12)]


def test_medians_over_cases_count_each_case_once():
    errors = [("trace", 0.5)] * 14 + [("stencil", 0.1), ("solver", 0.03)]
    assert fidelity.medians(errors) == (0.1, 3, 0.5, 16)


def test_sources_of_sdk_0_7_get_the_spellings_of_today():
    assert fidelity_spmm.ported("@bind_task(f_comp, COMP);") == (
        "@bind_local_task(f_comp, @get_local_task_id(@get_int(COMP)));")
    assert fidelity_spmm.ported(
        "@import_module(\"<m>\", @concat_structs(memcpyParams, .{\n .LAUNCH = L\n}));") == (
            "@import_module(\"<m>\", memcpyParams);")


def test_counts_of_each_row_of_pes_are_compared():
    assert list(fidelity_spmm.rows({"per_pe": [10, 20, 20, 10]}, "noise\n11 21 21 12\n")) == [
        ("row 0", 10, 11), ("rows 1 to 2", 20, 21), ("row 3", 10, 12)]


def test_grid_is_in_the_name_of_the_case():
    compilation, execution = fidelity_spmm.commands({"id": "gemm-32x32x16-on-8x8"})
    assert "--fabric-dims=15,10" in compilation
    assert execution[-5:] == ["8", "8", "32", "32", "16"]
    with pytest.raises(fidelity_spmm.Unusable):
        fidelity_spmm.commands({"id": "gemm"})


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
