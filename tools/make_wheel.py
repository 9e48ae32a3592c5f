# SPDX-License-Identifier: Apache-2.0
"""make_wheel NAME VERSION LICENSE README LISTING FOLDER: writes FOLDER/NAME-VERSION-...whl.

LISTING has a line "place<TAB>source" for each file. Shared libraries that native modules need, all
but those of the C library, go into NAME.libs-like folders beside them (`_libs`), where the modules
look first: they must be linked with the run path $ORIGIN/_libs. The same files make the same bytes.
"""
import base64
import hashlib
import pathlib
import platform
import re
import subprocess
import sys
import zipfile

LIBRARIES = "_libs"
# Of the C library, which must be the machine's own, and what the kernel maps.
_OF_THE_SYSTEM = re.compile(r"^(ld-linux.*|linux-vdso|lib(c|m|dl|rt|pthread|util|resolv))\.so")
_LOADED = re.compile(r"^\s*(\S+) => (\S+) \(0x", re.M)
_TIME = (1980, 1, 1, 0, 0, 0)

METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: Compiles and runs CSL programs on an appliance
License: Apache-2.0
Requires-Python: >={python},<{next_python}
Provides-Extra: runtime
Requires-Dist: numpy ; extra == 'runtime'
Description-Content-Type: text/markdown

{readme}"""
WHEEL = """\
Wheel-Version: 1.0
Generator: make_wheel
Root-Is-Purelib: false
Tag: {tag}
"""


def libraries_of(module):
    """{file name: path} of the shared libraries that a module needs, those of the system aside."""
    done = subprocess.run(["ldd", module], check=True, capture_output=True, text=True)
    if "not found" in done.stdout:
        raise SystemExit(f"{module} needs what is not here:\n{done.stdout}")
    return {name: path for name, path in _LOADED.findall(done.stdout)
            if not _OF_THE_SYSTEM.match(name)}


def tag():
    """The Python, its binary interface, and the oldest C library that will do."""
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    libc = platform.libc_ver()[1].replace(".", "_")
    return f"{python}-{python}-manylinux_{libc}_{platform.machine()}"


def contents(name, version, license_text, readme, listing):
    """{place: bytes} of all files but RECORD."""
    files = {}
    for line in listing.splitlines():
        place, source = line.split("\t")
        if place in files:
            raise SystemExit(f"two files for one place of the wheel: {place}")
        files[place] = pathlib.Path(source).read_bytes()
        if place.endswith(".so"):
            folder = pathlib.PurePosixPath(place).parent / LIBRARIES
            for library, path in libraries_of(source).items():
                files[str(folder / library)] = pathlib.Path(path).read_bytes()
    major, minor = sys.version_info[:2]
    info = f"{name}-{version}.dist-info"
    metadata = METADATA.format(name=name, version=version, readme=readme,
                               python=f"{major}.{minor}", next_python=f"{major}.{minor + 1}")
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = WHEEL.format(tag=tag()).encode()
    files[f"{info}/LICENSE"] = license_text.encode()
    return files


def record(name, files):
    """The line of a file in RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(files[name])}\n"


def write(path, name, version, files):
    """The wheel itself."""
    own = f"{name}-{version}.dist-info/RECORD"
    lines = "".join(record(place, files) for place in sorted(files)) + f"{own},,\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in [*sorted(files), own]:
            entry = zipfile.ZipInfo(place, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, lines if place == own else files[place])


def main(distribution, version, license_file, readme, listing, folder):
    version, license_text, readme, listing = (
        pathlib.Path(file).read_text(encoding="utf-8")
        for file in (version, license_file, readme, listing))
    version = version.strip()
    name = distribution.replace("-", "_")
    files = contents(name, version, license_text, readme, listing)
    path = pathlib.Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    write(path / f"{name}-{version}-{tag()}.whl", name, version, files)


if __name__ == "__main__":
    main(*sys.argv[1:])
