// SPDX-License-Identifier: Apache-2.0
// cerebras.appliance._native: the client's core for Python. The interpreter's lock is released
// while a call waits; Ctrl-C ends the wait. Answers of the appliance are handed over as JSON text.
#include <dlfcn.h>
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "base/digest/sha256.h"
#include "client/native/connect.h"
#include "client/native/lease.h"
#include "client/native/pack.h"
#include "client/native/session.h"

namespace py = pybind11;

namespace csl::client {
namespace {

namespace fs = std::filesystem;

PyObject* g_error = nullptr;  // NativeError; alive as long as the process

// Text that came over the network, as a str whatever it is.
py::str AsText(const std::string& bytes) {
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

// NativeError(code, message), unless the wait was ended by a signal whose exception is set already.
[[noreturn]] void Throw(const Status& status) {
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
  const py::tuple arguments =
      py::make_tuple(std::string(StatusCodeIdentifier(status.code())), AsText(status.message()));
  PyErr_SetObject(g_error, arguments.ptr());
  throw py::error_already_set();
}

template <typename T>
T Take(StatusOr<T> value) {
  if (!value.ok()) Throw(value.status());
  return *std::move(value);
}

void Check(const Status& status) {
  if (!status.ok()) Throw(status);
}

// Runs f without the interpreter's lock.
template <typename F>
auto Unlocked(F f) {
  py::gil_scoped_release release;
  return f();
}

bool SignalCame() {
  py::gil_scoped_acquire acquire;
  return PyErr_Occurred() != nullptr || PyErr_CheckSignals() != 0;
}

// A listener that takes the lock for its call. An exception of it ends the wait.
std::function<void(std::string_view)> Listener(const py::object& callback) {
  if (callback.is_none()) return nullptr;
  return [callback](std::string_view text) {
    py::gil_scoped_acquire acquire;
    if (PyErr_Occurred() != nullptr) return;
    try {
      callback(py::bytes(text.data(), text.size()));
    } catch (py::error_already_set& error) {
      error.restore();
    }
  };
}

// The installation that this module is part of: PREFIX/python/cerebras/appliance/_native.so.
fs::path Prefix() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&Prefix), &info) == 0 || info.dli_fname == nullptr)
    return {};
  std::error_code error;
  fs::path path = fs::canonical(info.dli_fname, error);
  for (int up = 0; up < 4; ++up) path = path.parent_path();
  return path;
}

py::tuple ConnectHere(const std::string& version) {
  auto connected =
      Unlocked([&] { return Connect(FindAppliance(Prefix(), SystemEnvironment), version); });
  Connected value = Take(std::move(connected));
  return py::make_tuple(value.service, AsText(value.version));
}

py::dict AsDict(const CommandResult& result) {
  py::dict out;
  out["index"] = result.index;
  out["is_lost"] = result.is_lost;
  out["exit_code"] = result.exit_code;
  out["signal"] = result.signal;
  out["duration_ms"] = result.duration_ms;
  out["max_rss_bytes"] = result.max_rss_bytes;
  out["failure"] = result.failure;
  out["message"] = result.message;
  out["stdout"] = py::bytes(result.out);
  out["stderr"] = py::bytes(result.err);
  return out;
}

py::dict Run(Service& service, const std::string& job, const std::string& command,
             const py::object& on_stdout, const py::object& on_stderr) {
  CommandWatch watch{Listener(on_stdout), Listener(on_stderr), SignalCame};
  return AsDict(Take(Unlocked([&] { return RunCommand(service, job, command, watch); })));
}

py::dict Follow(Service& service, const std::string& job, int64_t index,
                const py::object& on_stdout, const py::object& on_stderr) {
  CommandWatch watch{Listener(on_stdout), Listener(on_stderr), SignalCame};
  return AsDict(Take(Unlocked([&] { return FollowCommand(service, job, index, watch); })));
}

// Python's function, which a failure of its own does not stop.
Progress PythonProgress(const py::object& callback) {
  if (callback.is_none()) return nullptr;
  const std::shared_ptr<py::object> held(new py::object(callback), [](py::object* object) {
    py::gil_scoped_acquire acquire;
    delete object;
  });
  return [held](const std::string& what, uint64_t done, uint64_t total) {
    py::gil_scoped_acquire acquire;
    if (PyErr_Occurred() != nullptr) return;
    try {
      (*held)(what, done, total);
    } catch (py::error_already_set& error) {
      error.discard_as_unraisable("progress");
    }
  };
}

void BindService(py::module_& module) {
  py::class_<Service, std::shared_ptr<Service>>(module, "Service")
      .def_property_readonly("url", [](const Service& self) { return self.endpoint().url; })
      .def_property_readonly("is_embedded",
                             [](const Service& self) { return self.endpoint().is_embedded; })
      .def("show_progress",
           [](Service& self, const py::object& callback) {
             self.ShowProgress(PythonProgress(callback));
           })
      .def("get",
           [](Service& self, const std::string& path) {
             return AsText(Take(Unlocked([&] { return self.Get(path); })));
           })
      .def(
          "post",
          [](Service& self, const std::string& path, const std::string& body,
             const std::string& key) {
            return AsText(Take(Unlocked([&] { return self.Post(path, body, key); })));
          },
          py::arg("path"), py::arg("body"), py::arg("key") = "")
      .def("events",
           [](Service& self, const std::string& job, int64_t after, int64_t wait_ms) {
             return AsText(
                 Take(Unlocked([&] { return self.Events(job, after, wait_ms, SignalCame); })));
           })
      .def("whole_log",
           [](Service& self, const std::string& job) {
             return py::bytes(Take(Unlocked([&] { return self.WholeLog(job, SignalCame); })));
           })
      .def("upload",
           [](Service& self, const std::string& file, const std::string& name_space) {
             return Take(Unlocked([&] { return self.UploadFile(file, name_space); }));
           })
      .def("download",
           [](Service& self, const std::string& digest, const std::string& target) {
             Check(Unlocked([&] { return self.DownloadBlob(digest, target, SignalCame); }));
           })
      .def("put_file",
           [](Service& self, const std::string& job, const std::string& local,
              const std::string& remote) {
             Check(Unlocked([&] { return self.PutFile(job, local, remote); }));
           })
      .def("get_file",
           [](Service& self, const std::string& job, const std::string& remote,
              const std::string& target) {
             return Take(Unlocked([&] { return self.GetFile(job, remote, target, SignalCame); }))
                 .is_folder;
           })
      .def("run", &Run)
      .def("follow", &Follow);
}

}  // namespace
}  // namespace csl::client

PYBIND11_MODULE(_native, module) {
  using namespace csl::client;  // NOLINT: the module's own body
  module.doc() = "The client's core: configuration, transfer, commands and leases.";
  g_error = PyErr_NewExceptionWithDoc("cerebras.appliance._native.NativeError",
                                      "(code, message): a failure by its kind.", PyExc_RuntimeError,
                                      nullptr);
  module.add_object("NativeError", g_error);
  BindService(module);
  py::class_<Lease>(module, "Lease")
      .def(py::init([](std::shared_ptr<Service> service, const std::string& job, int ttl_ms) {
             return std::make_unique<Lease>(std::move(service), job,
                                            std::chrono::milliseconds(ttl_ms));
           }),
           py::arg("service"), py::arg("job"), py::arg("ttl_ms") = 60'000)
      .def("stop", &Lease::Stop, py::call_guard<py::gil_scoped_release>());
  module.def("connect", &ConnectHere, py::arg("version"));
  module.def("pack_sources",
             [](const std::string& folder, const std::string& output, const std::string& archive) {
               Check(Unlocked([&] { return PackSources(folder, output, archive); }));
             });
  module.def("check_source_travels", [](const std::string& folder, const std::string& file) {
    Check(Unlocked([&] { return CheckSourceTravels(folder, file); }));
  });
  module.def("pack_folder",
             [](const std::string& folder, const std::string& name, const std::string& archive) {
               Check(Unlocked([&] { return PackFolder(folder, name, archive); }));
             });
  module.def("is_digest", [](const std::string& text) { return csl::IsSha256Hex(text); });
}
