# SPDX-License-Identifier: Apache-2.0
"""Every public module of the installed tree has types: compiled modules a stub that equals them,
the others annotations; and everything public has a docstring."""
import ast
import importlib
import inspect
import pathlib
import sys

import pytest

from tests.harness import toolchain

PYTHON = toolchain.installed().prefix / "python"
sys.path.insert(0, str(PYTHON))

WITH_STUBS = ["cerebras.sdk.runtime.sdkruntimepybind", "cerebras.appliance._native"]
ANNOTATED = ["cerebras.appliance.errors", "cerebras.geometry.geometry", "cerebras.sdk.client",
             "cerebras.sdk.client.debug_util", "cerebras.sdk.client.sdk_utils",
             "cerebras.sdk.debug.debug_util", "cerebras.sdk.sdk_utils"]
# Of classes, what is compared though its name has underscores.
SPECIAL = {"__init__", "__fspath__"}


def stub_of(name):
    path = PYTHON / (name.replace(".", "/") + ".pyi")
    return ast.parse(path.read_text(encoding="utf-8"))


def is_public(name):
    return not name.startswith("_")


def described(function, skip_self):
    """Parameters of a stub's function: (name, kind, default)."""
    arguments = function.args
    positional = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    kind = inspect.Parameter
    found = [(parameter.arg, kind.POSITIONAL_OR_KEYWORD, value_of(default))
             for parameter, default in zip(positional, defaults)]
    if arguments.vararg:
        found.append((arguments.vararg.arg, kind.VAR_POSITIONAL, kind.empty))
    found += [(parameter.arg, kind.KEYWORD_ONLY, value_of(default))
              for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    if arguments.kwarg:
        found.append((arguments.kwarg.arg, kind.VAR_KEYWORD, kind.empty))
    return found[1:] if skip_self else found


def value_of(default):
    if default is None:
        return inspect.Parameter.empty
    return ... if isinstance(default, ast.Constant) and default.value is ... else ast.literal_eval(
        default)


def signature_of(function, skip_self):
    """The same of the module's function; None where it does not say."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except ValueError:
        return None
    if skip_self and found and found[0].name == "self":
        found = found[1:]
    return [(parameter.name, parameter.kind, parameter.default) for parameter in found]


def differences_of_class(node, real):
    """What the stub's class and the module's do not have in common."""
    found = []
    stubbed = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    members = {target.id for item in node.body if isinstance(item, ast.Assign)
               for target in item.targets}
    if members != set(getattr(real, "__members__", {})):
        found.append(f"{node.name}: the members are {getattr(real, '__members__', {})}")
    public = {name for name in vars(real) if is_public(name)}
    missing = public - set(stubbed) - members
    found += [f"{node.name}.{name} is not in the stub" for name in missing]
    for name, item in stubbed.items():
        if not hasattr(real, name):
            found.append(f"{node.name}.{name} is in the stub alone")
            continue
        is_property = any(isinstance(mark, ast.Name) and mark.id == "property"
                          for mark in item.decorator_list)
        if is_property != isinstance(vars(real).get(name), property):
            found.append(f"{node.name}.{name}: a property in one of them")
        if is_property:
            continue
        said = signature_of(real if name == "__init__" else getattr(real, name), True)
        if said is not None and said != described(item, True):
            found.append(f"{node.name}.{name}: {said} but {described(item, True)} in the stub")
        if is_public(name) and not inspect.getdoc(getattr(real, name)):
            found.append(f"{node.name}.{name} has no docstring")
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    if bases and bases != [base.__name__ for base in real.__bases__]:
        found.append(f"{node.name}: bases are {real.__bases__}")
    return found


def differences(stub, module):
    found = []
    stubbed = {}
    for node in stub.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            stubbed[node.name] = node
        elif isinstance(node, ast.ImportFrom):
            stubbed.update({alias.asname: None for alias in node.names if alias.asname})
    public = {name for name, value in vars(module).items()
              if is_public(name) and type(value).__name__ != "_Unsupported"}
    found += [f"{name} is not in the stub" for name in sorted(public - set(stubbed))]
    found += [f"{name} is in the stub alone" for name in sorted(set(stubbed) - public)]
    for name in sorted(public & set(stubbed)):
        node, real = stubbed[name], getattr(module, name)
        if isinstance(node, ast.ClassDef):
            found += differences_of_class(node, real)
        elif isinstance(node, ast.FunctionDef):
            said = signature_of(real, False)
            if said is not None and said != described(node, False):
                found.append(f"{name}: {said} but {described(node, False)} in the stub")
    return found


@pytest.mark.parametrize("name", WITH_STUBS)
def test_stubs_equal_their_modules(name):
    assert not differences(stub_of(name), importlib.import_module(name))


def test_methods_of_the_runtime_say_what_they_take():
    from cerebras.sdk.runtime.sdkruntimepybind import SdkRuntime
    said = [name for name in vars(SdkRuntime)
            if is_public(name) and signature_of(getattr(SdkRuntime, name), True) is not None]
    assert "memcpy_h2d_stride" in said and "launch" in said and len(said) >= 17
    assert str(inspect.signature(SdkRuntime)).startswith("(bindir, platform=None, *, cmaddr=None")


@pytest.mark.parametrize("change, text", [
    (lambda source: source.replace("    def stop(self) -> None: ...\n", ""), "stop is not in"),
    (lambda source: source.replace("def stop(self)", "def stopp(self)"), "stopp is in the stub"),
    (lambda source: source.replace("num_threads: int = 16", "num_threads: int = 5"), "__init__"),
    (lambda source: source.replace("row_stride: int,\n", ""), "memcpy_h2d_stride"),
    (lambda source: source + "def more() -> None: ...\n", "more is in the stub alone"),
])
def test_a_stub_that_differs_is_found(change, text):
    name = WITH_STUBS[0]
    source = (PYTHON / (name.replace(".", "/") + ".pyi")).read_text(encoding="utf-8")
    found = differences(ast.parse(change(source)), importlib.import_module(name))
    assert any(text in line for line in found), found


def functions_of(module, name):
    """Public functions and methods that the module's package defines, by name."""
    for key, value in vars(module).items():
        if not is_public(key) or not getattr(value, "__module__", "").startswith("cerebras."):
            continue
        if inspect.isfunction(value):
            yield f"{name}.{key}", value
        elif inspect.isclass(value):
            for method, function in vars(value).items():
                if inspect.isfunction(function) and (is_public(method) or method in SPECIAL):
                    yield f"{name}.{key}.{method}", function


@pytest.mark.parametrize("name", ANNOTATED)
def test_python_modules_are_annotated_and_documented(name):
    lacking = []
    for place, function in functions_of(importlib.import_module(name), name):
        signature = inspect.signature(function)
        lacking += [f"{place}: {parameter.name} has no type"
                    for parameter in signature.parameters.values()
                    if parameter.annotation is parameter.empty and parameter.name != "self"]
        if signature.return_annotation is signature.empty:
            lacking.append(f"{place}: no type of the result")
        if not inspect.getdoc(function) and not place.endswith("__init__"):
            lacking.append(f"{place}: no docstring")
    assert not lacking


def test_packages_are_marked_as_typed():
    for folder in ("sdk", "sdk/client", "sdk/runtime", "appliance", "geometry"):
        assert (PYTHON / "cerebras" / folder / "py.typed").is_file(), folder
    assert pathlib.Path(PYTHON / "cerebras/appliance/pb/sdk/sdk_common_pb2.py").is_file()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
