# SPDX-License-Identifier: Apache-2.0
"""What a host script gets when it asks for something wrong: one exception that names the cause.

Each wrong call is made on the simulator and on a CS system; the exception is the same.
"""
import socket
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()


@pytest.fixture(name="folder", scope="module")
def folder_fixture():
    folder = toolchain.copy_program("tests/e2e/programs/misused")
    TOOLS.compile(folder, "layout.csl", "--arch=wse3", "--fabric-dims=9,3", "--fabric-offsets=4,1",
                  "--memcpy", "--channels=1", "-o", "out")
    return folder


@pytest.fixture(name="address", scope="module")
def address_fixture(folder):
    with TOOLS.system(folder) as address:
        yield address


def exception_of(folder, expression, *args, name="out"):
    done = toolchain.succeed(
        TOOLS.cs_python(folder, "run.py", "--name", name, "--do", expression, *args))
    return done.stdout.strip()


WRONG_CALLS = {
    "an unknown symbol": (
        "runner.get_id('nope')", "", ["nope"]),
    "an unknown function": (
        "runner.launch('nope', nonblock=False)", "", ["nope"]),
    "a symbol id out of thin air": (
        "runner.memcpy_h2d(4711, words(8), 0, 0, 2, 1, 4, **options())", "", ["4711"]),
    "a rectangle that ends outside the program": (
        "runner.memcpy_h2d(numbers, words(8), 1, 0, 2, 1, 4, **options())", "", ["2", "1", "rect"]),
    "a rectangle that begins outside the program": (
        "runner.memcpy_d2h(words(4), numbers, 0, 7, 1, 1, 4, **options())", "", ["7", "rect"]),
    "a negative corner": (
        "runner.memcpy_d2h(words(4), numbers, -1, 0, 1, 1, 4, **options())", "", ["-1"]),
    "an empty rectangle": (
        "runner.memcpy_d2h(words(4), numbers, 0, 0, 0, 1, 4, **options())", "", ["0"]),
    "a source array of the wrong size": (
        "runner.memcpy_h2d(numbers, words(7), 0, 0, 2, 1, 4, **options())", "", ["7", "8"]),
    "a target array that is too small": (
        "runner.memcpy_d2h(words(7), numbers, 0, 0, 2, 1, 4, **options())", "", ["7", "8"]),
    "elements of 8 bytes": (
        "runner.memcpy_h2d(numbers, words(8, np.float64), 0, 0, 2, 1, 4, **options())",
        "TypeError", ["float64"]),
    "elements of 2 bytes": (
        "runner.memcpy_h2d(runner.get_id('halves'), words(6, np.uint16), 0, 0, 2, 1, 3,"
        " **options(data_type=HALF))", "TypeError", ["uint16"]),
    "no keyword `streaming`": (
        "runner.memcpy_h2d(numbers, words(8), 0, 0, 2, 1, 4, **options(streaming=None))",
        "TypeError", ["streaming"]),
    "no keyword `nonblock` at a launch": (
        "runner.launch('forget')", "TypeError", ["nonblock"]),
    "a copy into what the host may only read": (
        "runner.memcpy_h2d(fixed, words(4), 0, 0, 2, 1, 2, **options())", "", ["fixed"]),
    "too few arguments": (
        "runner.launch('scale', np.float32(2), nonblock=False)", "", ["scale", "1", "2"]),
    "too many arguments": (
        "runner.launch('forget', 5, nonblock=False)", "", ["forget", "1", "fn()void"]),
    "an argument of the wrong type": (
        "runner.launch('scale', np.float32(2), np.float32(3), nonblock=False)", "",
        ["scale", "i16"]),
    "an argument that does not fit": (
        "runner.launch('scale', np.float32(2), 40000, nonblock=False)", "", ["scale", "40000"]),
    "a command after stop": (
        "(runner.stop(), runner.launch('forget', nonblock=False))", "", ["stop"]),
    "a function that never unblocks": (
        "runner.launch('forget', nonblock=False)", "", ["forget", "unblock_cmd_stream"]),
    "a copy behind a function that never unblocks": (
        "(runner.launch('forget', nonblock=True),"
        " runner.memcpy_d2h(words(8), numbers, 0, 0, 2, 1, 4, **options()))", "",
        ["forget", "unblock_cmd_stream"]),
}


@pytest.mark.parametrize("what", WRONG_CALLS)
def test_the_exception_names_the_cause(folder, address, what):
    expression, kind, words = WRONG_CALLS[what]
    on_simulator = exception_of(folder, expression)
    assert on_simulator != "no exception"
    assert on_simulator.startswith(kind), on_simulator
    assert all(word in on_simulator for word in words), on_simulator
    assert exception_of(folder, expression, "--cmaddr", address) == on_simulator


@pytest.mark.parametrize("call", [
    "runner.launch('forget', nonblock=False)",
    "runner.memcpy_h2d(numbers, words(8), 0, 0, 2, 1, 4, **options())",
    "runner.run()",
])
def test_a_call_too_early_says_what_must_come_first(folder, call):
    text = exception_of(folder, call, "--idle")
    assert "load" in text or "run" in text, text
    assert text != "no exception"


def test_the_stuck_report_names_the_pe_that_waits(folder):
    text = exception_of(folder, "runner.launch('forget', nonblock=False)")
    assert "(1, 0)" in text or "1,0" in text or "P5.1" in text, text


def test_a_missing_artifact_names_its_path(folder):
    assert "no_such_out" in exception_of(folder, "0", name="no_such_out")


def test_a_truncated_image_is_refused(folder):
    images = sorted((folder / "out/bin").glob("out_[0-9]*.elf"))
    whole = images[0].read_bytes()
    try:
        images[0].write_bytes(whole[:len(whole) // 2])
        assert images[0].name in exception_of(folder, "0")
    finally:
        images[0].write_bytes(whole)


def test_an_address_where_nobody_listens_is_named(folder):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        assert address in exception_of(folder, "0", "--cmaddr", address)


def test_an_address_that_is_none_is_named(folder):
    assert "somewhere" in exception_of(folder, "0", "--cmaddr", "somewhere")


def test_a_second_client_is_refused_and_the_first_is_not_disturbed(folder, address):
    again = ("print(__import__('subprocess').run(['cs_python', 'run.py', '--name', 'out',"
             f" '--cmaddr', '{address}', '--do', '0'], capture_output=True, text=True).stdout),"
             " runner.launch('scale', np.float32(2), 4, nonblock=False)")
    text = exception_of(folder, again, "--cmaddr", address)
    assert "busy" in text or "in use" in text, text
    assert text.endswith("no exception"), text


def test_the_next_client_finds_a_reset_fabric(folder, address):
    twice = ("runner.launch('scale', np.float32(2), 4, nonblock=False), "
             "runner.memcpy_d2h(got := words(8), numbers, 0, 0, 2, 1, 4, **options()), print(got)")
    outputs = {exception_of(folder, twice, "--cmaddr", address) for _ in range(2)}
    assert outputs == {"[2. 2. 2. 2. 2. 2. 2. 2.]\nno exception"}


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
