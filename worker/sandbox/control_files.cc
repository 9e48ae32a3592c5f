// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/control_files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPause{5};

class KernelFiles : public ControlFiles {
 public:
  int MakeFolder(const Path& folder) override {
    return ::mkdir(folder.c_str(), 0755) == 0 ? 0 : errno;
  }
  int RemoveFolder(const Path& folder) override { return ::rmdir(folder.c_str()) == 0 ? 0 : errno; }
  // In one piece: the kernel takes each write as a value of its own.
  int Write(const Path& file, const std::string& text) override {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    const ssize_t put = ::write(fd, text.data(), text.size());
    const int error = put == static_cast<ssize_t>(text.size()) ? 0 : put < 0 ? errno : EIO;
    ::close(fd);
    return error;
  }
  int TryToOpen(const Path& file) override { return ::access(file.c_str(), W_OK) == 0 ? 0 : errno; }
  std::string Read(const Path& file) override {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  bool Exists(const Path& path) override {
    std::error_code error;
    return fs::exists(path, error);
  }
  std::vector<std::string> FoldersIn(const Path& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
    }
    return names;
  }
  std::string OwnGroups() override { return Read("/proc/self/cgroup"); }
  void Kill(pid_t process) override { ::kill(process, SIGKILL); }
  void Pause() override { std::this_thread::sleep_for(kPause); }
};

}  // namespace

ControlFiles& ControlFiles::OfKernel() {
  // Never goes: what is removed at a process's end needs it, in whatever order that is.
  static ControlFiles& files = *new KernelFiles();
  return files;
}

}  // namespace csl::worker
