# SPDX-License-Identifier: Apache-2.0
"""The gemm programs of pr0f3ss/SpMM_Cerebras (SDK 0.7), in spellings of today.

Their counts were published with the sources of one commit, so these are taken out of the checkout's
history. PORTS is all that is changed: no line of it is between the two time stamps but the number
of a task that is activated. The host script is ours (fidelity_spmm_host.py), since theirs needs a
module that was dropped before SDK 1.0.
"""
import io
import pathlib
import re
import subprocess
import tarfile

REPOSITORY = "pr0f3ss/SpMM_Cerebras"
COMMIT = "0ce1d5d365019ce304263d2cb6d73d510981bbd9"
HOST_SCRIPT = pathlib.Path(__file__).resolve().parent / "fidelity_spmm_host.py"
# A case's folder: the one of that commit whose results were published under its name.
FOLDERS = {"src/gemm": "src/gemm_dsd", "src/gemm_dsr": "src/gemm_dsr"}
SIZE = 32, 32, 16  # N, K, M
GRID = re.compile(r"on-(\d+)x(\d+)")

QUEUES = """
  if (@get_int(RXACT_B) != @get_int(@get_color(15))) {
    @initialize_queue(@get_input_queue(0), .{ .color = RXACT_B });
  }
  if (@get_int(RXACT_C) != @get_int(@get_color(15))) {
    @initialize_queue(@get_input_queue(2), .{ .color = RXACT_C });
  }
"""
PORTS = (
    # Parameters of memcpy came in two structs, both of them with LAUNCH.
    (r"@concat_structs\(memcpyParams, \.\{.*?\}\)", "memcpyParams"),
    # Queues had numbers.
    (r"\.output_queue = (\d)", r".output_queue = @get_output_queue(\1)"),
    # Tasks had colors; a color that microthreads read was blocked, today its queue is bound.
    (r"@bind_task\((\w+), (\w+)\)", r"@bind_local_task(\1, @get_local_task_id(@get_int(\2)))"),
    (r"@activate\((\w+)\)", r"@activate(@get_local_task_id(@get_int(\1)))"),
    (r"@block\(RXACT_B\);", QUEUES),
    (r"@block\(RXACT_C\);", ""),
)


class Unusable(Exception):
    """The checkout or the case is not what this module knows."""


def ported(text):
    for pattern, replacement in PORTS:
        text = re.sub(pattern, replacement, text, flags=re.S)
    return text


def grid(case):
    match = GRID.search(case["id"])
    if not match:
        raise Unusable(f"no size of the grid in '{case['id']}'")
    return int(match[1]), int(match[2])


def put_sources(checkout, folder, target):
    """Writes the files of `folder` at COMMIT to `target`, ported."""
    if folder not in FOLDERS:
        raise Unusable(f"{folder}: what was measured is not among the sources that it keeps; the "
                       "operation alone is timed by tests/timing, vector_operations")
    command = ["git", "-C", str(checkout), "archive", COMMIT, FOLDERS[folder]]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise Unusable(f"no commit {COMMIT[:7]} in the checkout: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".csl"):
                text = archive.extractfile(member).read().decode()
                (target / pathlib.Path(member.name).name).write_text(ported(text))


def commands(case):
    """The words of the compilation and of the run."""
    width, height = grid(case)
    rows, inner, columns = SIZE
    params = (f"width:{width},height:{height},Nt:{rows // height},Kt:{inner // width},M:{columns},"
              "LAUNCH_ID:4")
    compilation = ["cslc", "layout.csl", "--arch=wse2", f"--fabric-dims={width + 7},{height + 2}",
                   "--fabric-offsets=4,1", f"--params={params}", "-o=out", "--memcpy",
                   "--channels=1"]
    shape = [str(n) for n in (width, height, *SIZE)]
    return compilation, ["cs_python", str(HOST_SCRIPT), "out", *shape]


def rows(values, output):
    """(figure, published, ours) of the counts that the host script printed, one for each row of
    PEs; neighbouring rows with the same two numbers are one."""
    published = values["per_pe"]
    ours = [int(word) for word in output.split()[-len(published):]]
    first = 0
    for i, pair in enumerate(zip(published, ours, strict=True)):
        following = (published[i + 1], ours[i + 1]) if i + 1 < len(ours) else None
        if pair != following:
            yield (f"row {i}" if first == i else f"rows {first} to {i}"), *pair
            first = i + 1
