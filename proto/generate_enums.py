# SPDX-License-Identifier: Apache-2.0
"""Writes the enums of a compiled .proto file as plain Python, so that users need no protobuf.

    generate_enums.py DESCRIPTOR_SET OUTPUT

DESCRIPTOR_SET is what `protoc --include_source_info --descriptor_set_out` writes for one file.
Comments above enums and values become docstrings and comments.
"""
import sys

from google.protobuf import descriptor_pb2

# The field number of `enum_type` in FileDescriptorProto, of `value` in EnumDescriptorProto: parts
# of the paths by which comments are found.
ENUM_TYPE, VALUE = 5, 2

HEADER = '''# SPDX-License-Identifier: Apache-2.0
"""The enums of the host runtime, generated from {name}. Each value is also an int."""
import enum
'''


def comments_of(file):
    """{path of a declaration: the lines of the comment above it}."""
    return {tuple(place.path): place.leading_comments.strip().splitlines()
            for place in file.source_code_info.location if place.leading_comments}


def enum_lines(index, declared, comments):
    text = " ".join(line.strip() for line in comments.get((ENUM_TYPE, index), []))
    yield ""
    yield ""
    yield f"class {declared.name}(enum.IntEnum):"
    yield f'    """{text or declared.name}"""'
    yield ""
    for position, value in enumerate(declared.value):
        for line in comments.get((ENUM_TYPE, index, VALUE, position), []):
            yield f"    # {line.strip()}"
        yield f"    {value.name} = {value.number}"


def render(file):
    """The text of the Python module; every value is also a name of the module, as protobuf does."""
    lines = HEADER.format(name=file.name).splitlines()
    comments = comments_of(file)
    for index, declared in enumerate(file.enum_type):
        lines.extend(enum_lines(index, declared, comments))
    lines += ["", ""]
    for declared in file.enum_type:
        for value in declared.value:
            lines.append(f"{value.name} = {declared.name}.{value.name}")
    return "\n".join(lines) + "\n"


def main():
    descriptors = descriptor_pb2.FileDescriptorSet()
    with open(sys.argv[1], "rb") as stream:
        descriptors.ParseFromString(stream.read())
    with open(sys.argv[2], "w", encoding="utf-8") as stream:
        stream.write(render(descriptors.file[0]))


if __name__ == "__main__":
    main()
