# SPDX-License-Identifier: Apache-2.0
"""What a host script gets when a layout is wrong: one exception, whose message names the call, the
region, the port and the PE."""
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()

# what is wrong: (set up, expression, exception, what the message holds)
WRONG = {
    "an unknown keyword": (
        "", "SdkLayout(SdkTarget.WSE3, level='INFO')", "SdkTypeError",
        ["no keyword argument 'level'", "msg_level"]),
    "a level that there is none of": (
        "", "SdkLayout(SdkTarget.WSE3, msg_level='LOUD')", "SdkValueError", ["'LOUD'", "DEBUG"]),
    "no platform": ("", "SdkLayout()", "SdkTypeError", ["SdkExecutionPlatform or a SdkTarget"]),
    "a number for a platform": ("", "SdkLayout(3)", "SdkTypeError", ["platform = 3"]),
    "a fabric file": (
        "", "SdkLayout('fabric.json')", "SdkNotImplementedError", ["not supported yet"]),
    "a color above 23": ("", "Color('c', 24)", "SdkValueError", ["'c'", "24", "0 to 23"]),
    "a color without a name": ("", "Color('')", "SdkValueError", ["''", "letters"]),
    "a route that is none": (
        "", "RoutingPosition().set_input(['EAST'])", "SdkTypeError", ["'EAST'", "Route.EAST"]),
    "routes that are not a list": (
        "", "RoutingPosition().set_output(Route.EAST)", "SdkTypeError", ["list of Route"]),
    "a name that is taken": (
        "", "layout.create_code_region('x.csl', 'one', 1, 1)", "SdkError",
        ["region 'one' already", "1 x 1 PEs of 'add.csl'"]),
    "a region without PEs": (
        "", "layout.create_code_region('x.csl', 'x', 0, 3)", "SdkValueError", ["'x'", "0 x 3"]),
    "a PE outside of the region": (
        "", "code.set_param(IntVector(3, 0), 'step', 1)", "SdkValueError",
        ["set_param: region 'code' has no PE (3, 0)", "(0, 0) to (2, 1)"]),
    "a rectangle outside of the region": (
        "", "code.paint_range(IntRectangle(IntVector(1, 1), IntVector(3, 3)), color, BOTH)",
        "SdkValueError", ["paint_range: region 'code'", "(1, 1) to before (3, 3)"]),
    "a tuple for a PE": (
        "", "code.paint((0, 0), color, BOTH)", "SdkTypeError", ["(0, 0)", "IntVector"]),
    "a negative parameter": (
        "", "code.set_param_all('step', -1)", "SdkValueError",
        ["region 'code'", "'step' = -1", "unsigned"]),
    "a parameter without a value": (
        "", "code.set_param_all('step')", "SdkTypeError", ["region 'code'", "a Color"]),
    "a route with one side": (
        "", "code.paint_all(color, IN)", "SdkValueError",
        ["region 'code', color 'c'", "input nothing", "output RAMP"]),
    "five positions": (
        "", "code.paint_all(color, BOTH * 5)", "SdkValueError", ["5 routing positions"]),
    "an input given to an input port": (
        "", "code.create_input_port(color, Edge.LEFT, BOTH, 1)", "SdkValueError",
        ["region 'code', port 'code_c'", "input WEST"]),
    "a port twice": (
        "code.create_input_port(color, Edge.LEFT, IN, 1)",
        "code.create_input_port(color, Edge.LEFT, IN, 1)", "SdkError", ["'code_c'", "prefix"]),
    "ports of different sizes": (
        "a = code.create_output_port(color, Edge.LEFT, OUT, 1);"
        "b = one.create_input_port(color, Edge.LEFT, IN, 1)",
        "layout.connect(a, b)", "SdkValueError",
        ["'code_c' has 2 PEs", "LEFT edge of region 'code'", "'one_c' has 1"]),
    "different data sizes": (
        "a = one.create_output_port(color, Edge.LEFT, OUT, 3);"
        "b = one.create_input_port(Color('d'), Edge.LEFT, IN, 4)",
        "layout.connect(a, b)", "SdkValueError", ["data_size 3", "'one_d' 4"]),
    "two input ports": (
        "a = one.create_input_port(color, Edge.LEFT, IN, 3)", "layout.connect(a, a)",
        "SdkValueError", ["'one_c' is an input port"]),
    "a stream to several PEs": (
        "a = code.create_input_port(color, Edge.LEFT, IN, 3)", "layout.create_input_stream(a)",
        "SdkValueError", ["port 'code_c' of region 'code' has 2 PEs"]),
    "a port of another layout": (
        "other = SdkLayout(SdkTarget.WSE3).create_code_region('x.csl', 'x', 1, 1);"
        "a = other.create_input_port(color, Edge.LEFT, IN, 3)",
        "layout.create_input_stream(a)", "SdkValueError", ["'x_c'", "another SdkLayout"]),
    "data of doubles": (
        "", "code.set_symbol_all('A', np.zeros(6), 3, 2)", "SdkTypeError",
        ["region 'code', symbol 'A'", "float64"]),
    "data that cannot be cut": (
        "", "code.set_symbol_all('A', np.zeros(8, np.int32), 4, 2)", "SdkValueError",
        ["width 4", "3 columns"]),
    "regions that overlap": (
        "one.place(2, 1)", "layout.compile('out')", "SdkValueError",
        ["'code' (3 x 2 PEs at (0, 0))", "'one' (1 x 1 PEs at (2, 1))", "PE (2, 1)"]),
    "a port without another end": (
        "one.create_input_port(color, Edge.LEFT, IN, 3)", "layout.compile('out')",
        "SdkValueError", ["port 'one_c' (LEFT edge of region 'one') is not connected"]),
    "too many colors": (
        "[one.paint_all(Color(f'c{n}'), BOTH) for n in range(25)]", "layout.compile('out')",
        "SdkError", ["color 'c24'", "region 'one', PE (0, 0)", "24 of 24"]),
    "two colors of one value on a PE": (
        "one.paint_all(Color('a', 4), BOTH); one.paint_all(Color('b', 4), BOTH)",
        "layout.compile('out')", "SdkValueError",
        ["region 'one', PE (0, 0)", "color 'a'", "color 'b'", "4"]),
    "a parameter that is not set": (
        "complete(code)", "layout.compile('out')", "SdkValueError", ["add.csl", "size"]),
    "a source that does not exist": (
        "layout.create_code_region('nope.csl', 'nope', 1, 1).place(9, 9)",
        "layout.compile('out')", "SdkValueError", ["region 'nope', PE (0, 0)", "nope.csl"]),
    "a symbol that the program does not have": (
        "complete(one); complete(code);"
        "one.set_symbol_all('A', np.zeros(4, np.int32), 4, 1)", "layout.compile('out')",
        "SdkLookupError", ["'A'", "region 'one', PE (0, 0)", "add.csl"]),
    "a compiler that does not exist": (
        "", "layout.compile('out', cslc_prefix='/nowhere')", "SdkFileNotFoundError",
        ["/nowhere/bin/cslc"]),
    "a port that the program does not have": (
        "run, names = started()", "run.get_port_id('one_d')", "SdkLookupError",
        ["'one_d'", "one_c"]),
    "a port in the wrong direction": (
        "run, names = started()",
        "run.receive(names[0], np.zeros(4, np.uint32), 4, nonblock=False)", "SdkValueError",
        ["'one_c'", "from the host to the device"]),
    "more wavelets than the array has": (
        "run, names = started()",
        "run.send(names[0], np.zeros(4, np.uint32), 5, nonblock=False)", "SdkValueError",
        ["n_wavelets = 5", "4 elements"]),
    "no nonblock": (
        "run, names = started()", "run.send(names[0], np.zeros(4, np.uint32))", "SdkTypeError",
        ["nonblock"]),
    "a receive that nothing is sent for": (
        "run, names = started()",
        "run.receive(names[1], np.zeros(4, np.uint32), nonblock=False)", "SdkError",
        ["stuck", "receive of port 'one_t' (4 wavelets"]),
    "a file that cannot be made": (
        "run, names = started()",
        "run.receive_tofile(names[1], 'nowhere/x.bin', nonblock=True)", "SdkError",
        ["receive_tofile(): cannot write 'nowhere/x.bin': No such file or directory"]),
    "a file on a full disk": (
        "run, names = started(); words = np.ones(16, np.uint32);"
        "run.send(names[0], words, nonblock=True)",
        "run.receive_tofile(names[1], '/dev/full', nonblock=False)", "SdkError",
        ["receive_tofile(): cannot write '/dev/full': No space left on device"]),
    "a file on a full disk that nobody waits for": (
        "run, names = started(); words = np.ones(16, np.uint32);"
        "run.send(names[0], words, nonblock=True);"
        "run.receive_tofile(names[1], '/dev/full', nonblock=True)",
        "run.stop()", "SdkError",
        ["receive_tofile(): cannot write '/dev/full': No space left on device"]),
    "a file for a port to the device": (
        "run, names = started()", "run.receive_tofile(names[0], 'x.bin', nonblock=True)",
        "SdkValueError", ["receive_tofile(): port 'one_c'", "from the host to the device"]),
    "a file for no port": (
        "run, names = started()", "run.receive_tofile('one_d', 'x.bin', nonblock=True)",
        "SdkLookupError", ["'one_d'", "one_c"]),
    "a file that is a number": (
        "run, names = started()", "run.receive_tofile(names[1], 7, nonblock=True)",
        "SdkTypeError", ["file = 7"]),
    "no file": (
        "run, names = started()", "run.receive_tofile(names[1], nonblock=True)",
        "SdkTypeError", ["receive_tofile", "file"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_layout_is_named(what):
    setup, expression, exception, parts = WRONG[what]
    folder = toolchain.copy_program("tests/e2e/programs/laid_out")
    done = toolchain.succeed(
        TOOLS.cs_python(folder, "run.py", "--setup", setup, "--do", expression))
    assert done.stdout.startswith(exception + " |"), done.stdout
    missing = [part for part in parts if part not in done.stdout]
    assert not missing, f"{missing} is not in: {done.stdout}"


def test_messages_of_the_compiler_name_region_and_pe():
    folder = toolchain.copy_program("tests/e2e/programs/laid_out")
    done = toolchain.succeed(
        TOOLS.cs_python(folder, "run.py", "--setup",
                        "complete(one); complete(code); one.set_param_all('stepp', 2)",
                        "--do", "layout.compile('out')"))
    assert "region 'one', PE (0, 0): warning: '../add.csl' has no param 'stepp'" in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
