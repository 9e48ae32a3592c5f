# SPDX-License-Identifier: Apache-2.0
"""What scripts import, on a machine where there is no appliance, no configuration and no home."""
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()


def prints(script, **env):
    """What the script prints; the home folder does not exist and nothing can be started in it."""
    done = toolchain.succeed(TOOLS.run(["cs_python", "-c", script], "/", **env))
    return done.stdout.strip()


def test_documented_names_resolve():  # compat 1
    assert prints(
        "from cerebras.sdk.client import (SdkCompiler, SdkLauncher, SdkRuntime, Task, sdk_utils,"
        " debug_util, _version)\n"
        "import cerebras.sdk.client.sdk_utils, cerebras.sdk.client.debug_util\n"
        "print(type(_version.__version__).__name__, sdk_utils.memcpy_view.__name__)") == (
            "str memcpy_view")


def test_logger_is_a_logger():  # compat 2
    assert prints(
        "from cerebras.appliance import logger\n"
        "import cerebras.appliance.logger, logging\n"
        "logger.setLevel(logging.DEBUG)\n"
        "print(isinstance(logger, logging.Logger), cerebras.appliance.logger is logger,\n"
        "      logging.getLogger('cerebras.cluster.client').isEnabledFor(logging.DEBUG))") == (
            "True True True")


def test_enums():  # compat 3
    assert prints(
        "from cerebras.appliance.pb.sdk.sdk_common_pb2 import MemcpyDataType, MemcpyOrder\n"
        "print(MemcpyDataType.MEMCPY_16BIT != MemcpyDataType.MEMCPY_32BIT,\n"
        "      MemcpyOrder.ROW_MAJOR != MemcpyOrder.COL_MAJOR)") == "True True"


def test_every_exception_is_a_runtime_error():  # compat 4
    assert prints(
        "from cerebras.appliance import errors\n"
        "classes = [c for c in vars(errors).values()\n"
        "           if isinstance(c, type) and issubclass(c, Exception)]\n"
        "print(len(classes) > 10, all(issubclass(c, RuntimeError) for c in classes),\n"
        "      errors.ApplianceCompilationError.__name__,"
        " errors.ClusterJobCancelledByCsctl.__name__)") == (
            "True True ApplianceCompilationError ClusterJobCancelledByCsctl")


NO_SERVER = {"CS_APPLIANCE_URL": "http://127.0.0.1:1"}


def test_importing_and_making_needs_no_server():  # compat 5
    assert prints(
        "from cerebras.sdk.client import SdkCompiler, SdkLauncher\n"
        "SdkCompiler(); SdkLauncher('nowhere.tar.gz'); print('made')", **NO_SERVER) == "made"


def test_missing_server_is_named_when_it_is_needed():  # compat 5
    said = prints(
        "from cerebras.sdk.client import SdkCompiler\n"
        "compiler = SdkCompiler()\n"
        "try:\n"
        "    compiler.__enter__()\n"
        "except RuntimeError as failure:\n"
        "    print(type(failure).__name__, isinstance(failure, ConnectionError), failure)",
        **NO_SERVER)
    assert said.startswith("ApplianceConnectionError True")
    assert "no appliance answers at http://127.0.0.1:1" in said


def test_import_needs_no_numpy():  # compat 60
    assert prints(
        "import sys\n"
        "sys.modules['numpy'] = None\n"
        "import cerebras.sdk.client, cerebras.appliance.errors\n"
        "print('imported')") == "imported"


def test_keywords_of_every_class():  # compat 9, 10 lenient
    assert prints(
        "import warnings\n"
        "from cerebras.sdk.client import SdkCompiler, SdkLauncher\n"
        "warnings.simplefilter('error')\n"
        "known = dict(disable_version_check=True, mgmt_namespace='n', resource_cpu=24000,\n"
        "             resource_mem=67 << 30, simulator=True, job_time_sec=60)\n"
        "SdkCompiler(**known); SdkLauncher('a', **known)\n"
        "warnings.simplefilter('always')\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    SdkCompiler(nonsense=1); SdkCompiler(nonsense=1)\n"
        "print([str(w.message) for w in caught])") == (
            "[\"SdkCompiler: the keyword 'nonsense' is not known and has no effect\"]")


def test_unknown_keyword_in_the_strict_form():  # compat 10 strict
    assert prints(
        "from cerebras.sdk.client import SdkCompiler\n"
        "try:\n"
        "    SdkCompiler(nonsense=1)\n"
        "except TypeError as failure:\n"
        "    print(failure)", CS_APPLIANCE_COMPAT="strict") == (
            "SdkCompiler() got an unexpected keyword argument 'nonsense'")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
