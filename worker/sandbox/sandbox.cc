// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "worker/runner/protocol.h"
#include "worker/sandbox/own_mounts.h"
#include "worker/sandbox/seccomp_filter.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr char kBubblewrap[] = "/usr/bin/bwrap";

// The system, read-only. What a machine lacks is left out.
constexpr const char* kSystemFolders[] = {
    "/usr",         "/etc/alternatives", "/etc/ld.so.cache",  "/etc/fonts",
    "/etc/python3", "/etc/python3.11",   "/etc/matplotlibrc", "/etc/localtime"};
constexpr const char* kLibraries[] = {"/usr", "/etc/ld.so.cache"};
// Parts of /proc that belong to the machine and not to a process: read-only whoever asks, and those
// that tell of other jobs not even that.
constexpr const char* kReadOnlyProc[] = {
    "/proc/sys",  "/proc/sysrq-trigger", "/proc/irq",      "/proc/bus",   "/proc/fs",
    "/proc/acpi", "/proc/scsi",          "/proc/pressure", "/proc/driver"};
constexpr const char* kMaskedProc[] = {
    "/proc/kcore",       "/proc/keys", "/proc/key-users",     "/proc/timer_list",
    "/proc/sched_debug", "/proc/kmsg", "/proc/latency_stats", "/proc/kpagecount",
    "/proc/kpageflags",  "/proc/mtrr"};
constexpr const char* kSystemLinks[] = {"bin", "sbin", "lib", "lib64", "lib32"};

// Where a program looks for its own path. Without /proc, a link of this name takes its place.
constexpr char kOwnProgram[] = "/proc/self/exe";

using Words = std::vector<std::string>;

void Add(Words& out, std::initializer_list<std::string> words) { out.insert(out.end(), words); }

void AddSystemLinks(Words& out) {
  std::error_code error;
  for (const char* link : kSystemLinks) {
    const fs::path path = fs::path("/") / link;
    if (fs::is_symlink(path, error)) {
      Add(out, {"--symlink", fs::read_symlink(path, error).string(), path.string()});
    } else if (fs::is_directory(path, error)) {
      Add(out, {"--ro-bind", path.string(), path.string()});
    }
  }
}

// What commands of users see.
void AddSystem(Words& out) {
  std::error_code error;
  for (const char* folder : kSystemFolders) {
    if (fs::exists(folder, error)) Add(out, {"--ro-bind", folder, folder});
  }
  AddSystemLinks(out);
  Add(out, {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs",
            std::string(kHome)});
  for (const char* path : kReadOnlyProc) {
    if (fs::exists(path, error)) Add(out, {"--ro-bind", path, path});
  }
  for (const char* path : kMaskedProc) {
    if (fs::exists(path, error)) Add(out, {"--ro-bind", "/dev/null", path});
  }
}

// What a program of the installation needs.
void AddLibraries(Words& out) {
  for (const char* path : kLibraries) {
    if (std::error_code error; fs::exists(path, error)) Add(out, {"--ro-bind", path, path});
  }
  AddSystemLinks(out);
  Add(out, {"--tmpfs", "/tmp", "--dir", std::string(kHome)});
}

// All that the child needs between vfork and exec, made before: afterwards only system calls are
// allowed, in memory that is the parent's too.
struct ChildPlan {
  std::vector<std::string> argv_text;
  std::vector<std::string> environment_text;
  std::vector<std::string> group_files;
  std::string working_folder;  // "" : leave it
  std::vector<char*> argv;
  std::vector<char*> environment;
  Descriptors descriptors;
  ProcessLimits limits;
  std::optional<uint32_t> user;
  std::vector<std::string> mount_from;
  std::vector<std::string> mount_to;
  pid_t parent = 0;
  bool is_bubblewrap = false;
  int failure_pipe = -1;  // takes the step and errno of what went wrong before the program ran

  void Seal() {
    for (std::string& text : argv_text) argv.push_back(text.data());
    for (std::string& text : environment_text) environment.push_back(text.data());
    argv.push_back(nullptr);
    environment.push_back(nullptr);
  }
};

void LimitTo(int resource, int64_t value) {
  rlimit limit{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
  limit.rlim_cur = std::min(limit.rlim_max, static_cast<rlim_t>(value));
  limit.rlim_max = limit.rlim_cur;
  ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

enum class Step : int { kParent, kGroup, kMounts, kUser, kDescriptors, kFolder, kExec };
constexpr const char* kStepTexts[] = {"its parent ended",
                                      "it cannot enter its control group",
                                      "it cannot mount its folders",
                                      "it cannot change its user",
                                      "no descriptors",
                                      "its folder does not exist",
                                      "the program cannot be run"};

struct ChildFailure {
  Step step;
  int error;
};

[[noreturn]] void Fail(int pipe, Step step) {
  const ChildFailure failure{step, errno};
  (void)!::write(pipe, &failure, sizeof failure);
  ::_exit(127);
}

void EnterGroup(const ChildPlan& plan) {
  for (const std::string& file : plan.group_files) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, "0", 1) != 1) Fail(plan.failure_pipe, Step::kGroup);
    ::close(fd);
  }
}

// Puts the wanted descriptors at 0, 1, 2, 3 ... and closes the rest, but for the failure pipe,
// which exec closes.
int ArrangeDescriptors(const Descriptors& wanted, int failure_pipe) {
  constexpr int kHigh = 1000;  // above anything that is a target
  const int null = ::open("/dev/null", O_RDWR);
  const int from[] = {wanted.in, wanted.out, wanted.err};
  int moved[64];
  int count = 0;
  failure_pipe = ::fcntl(failure_pipe, F_DUPFD_CLOEXEC, kHigh);
  for (const int fd : from) moved[count++] = ::fcntl(fd < 0 ? null : fd, F_DUPFD, kHigh);
  for (const int fd : wanted.keep) {
    if (count < 64) moved[count++] = ::fcntl(fd, F_DUPFD, kHigh);
  }
  for (int i = 0; i < count; ++i) {
    if (moved[i] < 0 || ::dup2(moved[i], i) < 0) Fail(failure_pipe, Step::kDescriptors);
  }
  ::close_range(static_cast<unsigned>(count), static_cast<unsigned>(failure_pipe) - 1, 0);
  ::close_range(static_cast<unsigned>(failure_pipe) + 1, ~0u, 0);
  return failure_pipe;
}

[[noreturn]] void RunChild(const ChildPlan& plan) {
  ::setsid();
  EnterGroup(plan);
  if (plan.user) {
    if (!EnterOwnMounts(plan.mount_from, plan.mount_to)) Fail(plan.failure_pipe, Step::kMounts);
    if (!BecomeUser(*plan.user)) Fail(plan.failure_pipe, Step::kUser);
  }
  // bubblewrap asks for it itself, once what it has started needs it no more: ended before, it
  // would leave a child that waits for it for ever. Without it, its sandbox ends when the caller is
  // gone.
  if (!plan.is_bubblewrap) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) Fail(plan.failure_pipe, Step::kParent);
  const int failure_pipe = ArrangeDescriptors(plan.descriptors, plan.failure_pipe);
  LimitTo(RLIMIT_FSIZE, plan.limits.max_file_bytes);
  LimitTo(RLIMIT_NOFILE, plan.limits.max_open_files);
  LimitTo(RLIMIT_CORE, 0);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!plan.working_folder.empty() && ::chdir(plan.working_folder.c_str()) != 0) {
    Fail(failure_pipe, Step::kFolder);
  }
  ::execve(plan.argv[0], plan.argv.data(), plan.environment.data());
  Fail(failure_pipe, Step::kExec);
}

// A copy of our memory would only be thrown away: the child has ours until it is the program. It
// makes system calls alone, and what the kernel holds of memory, such as who may look into it, is
// as strict here as the child makes it.
pid_t Spawn(const ChildPlan& plan) {
  const pid_t pid = ::vfork();
  if (pid == 0) RunChild(plan);
  return pid;
}

// The read end of a pipe that only this process can write to: at its end once the process is gone.
// bubblewrap dies with its parent, but what it started does so only from a certain point on.
StatusOr<int> LifeOfThisProcess() {
  static const int read_end = [] {
    int pipe[2];
    return ::pipe2(pipe, O_CLOEXEC) == 0 ? pipe[0] : -1;
  }();
  if (read_end < 0) return Unavailable("no descriptors for a pipe to a job's tools");
  return read_end;
}

}  // namespace

fs::path Sandbox::Inside(const SandboxSpec& spec, const fs::path& host) const {
  if (protection_ == Protection::kNone) return host;
  for (const Mount& mount : spec.mounts) {
    const auto relative = host.lexically_relative(mount.from);
    if (relative.empty() || *relative.begin() == "..") continue;
    return relative == "." ? mount.to : mount.to / relative;
  }
  return host;
}

std::vector<std::string> Sandbox::Wrap(const std::string& tool, const SandboxSpec& spec,
                                       const std::vector<std::string>& at,
                                       const std::vector<std::string>& argv, int seccomp_fd) const {
  Words out = {kBubblewrap,
               "--unshare-all",
               "--unshare-user",
               "--disable-userns",
               "--die-with-parent",
               "--as-pid-1",
               "--cap-drop",
               "ALL",
               "--hostname",
               "job",
               "--uid",
               "1000",
               "--gid",
               "1000"};
  tool.empty() ? AddSystem(out) : AddLibraries(out);
  Add(out, {"--ro-bind", at[0], kInsidePrefix});
  // The program finds its installation by this link.
  if (!tool.empty()) Add(out, {"--symlink", (prefix() / "bin" / tool).string(), kOwnProgram});
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    Add(out, {mount.writable ? "--bind" : "--ro-bind", at[i + 1], mount.to.string()});
  }
  // The root is a tmpfs of the sandbox's own: nobody needs to write there.
  Add(out, {"--remount-ro", "/", "--chdir", spec.working_folder.string(), "--seccomp",
            std::to_string(seccomp_fd), "--"});
  out.insert(out.end(), argv.begin(), argv.end());
  return out;
}

StatusOr<pid_t> Sandbox::Start(const SandboxSpec& spec, const std::vector<std::string>& argv,
                               const Descriptors& descriptors, const Cgroup& group) const {
  return StartAs("", spec, argv, descriptors, group);
}

StatusOr<pid_t> Sandbox::StartAs(const std::string& tool, const SandboxSpec& spec,
                                 const std::vector<std::string>& argv,
                                 const Descriptors& descriptors, const Cgroup& group) const {
  ChildPlan plan;
  plan.descriptors = descriptors;
  plan.limits = spec.limits;
  plan.parent = ::getpid();
  plan.group_files = group.EntryFiles();
  int filter = -1;
  if (protection_ == Protection::kFull) {
    if (::geteuid() == 0 && JobIdRange() && !spec.user) {
      return Internal("a root worker starts no job without a user of its own; all ids are in use");
    }
    ASSIGN_OR_RETURN(filter, MakeSeccompFilter());
    plan.descriptors.keep.push_back(filter);
    plan.user = spec.user;
    plan.is_bubblewrap = true;
    plan.mount_from.push_back(prefix_.string());
    for (const Mount& mount : spec.mounts) plan.mount_from.push_back(mount.from.string());
    for (size_t i = 0; i < plan.mount_from.size(); ++i) plan.mount_to.push_back(OwnMountPath(i));
    plan.argv_text = Wrap(tool, spec, spec.user ? plan.mount_to : plan.mount_from, argv,
                          2 + static_cast<int>(plan.descriptors.keep.size()));
  } else {
    plan.argv_text = argv;
    plan.working_folder = spec.working_folder.string();
  }
  for (const auto& [name, value] : spec.environment) {
    plan.environment_text.push_back(name + "=" + value);
  }
  plan.Seal();
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) {
    if (filter >= 0) ::close(filter);
    return Unavailable(std::string("no descriptors: ") + std::strerror(errno));
  }
  plan.failure_pipe = pipe[1];
  const pid_t pid = Spawn(plan);
  const int error = errno;
  if (filter >= 0) ::close(filter);
  ::close(pipe[1]);
  // Ends when the program runs: from then on the process is in its group.
  ChildFailure failure{};
  ssize_t got = 0;
  do {
    got = pid > 0 ? ::read(pipe[0], &failure, sizeof failure) : 0;
  } while (got < 0 && errno == EINTR);
  ::close(pipe[0]);
  if (pid < 0) return Unavailable("cannot start " + argv[0] + ": " + std::strerror(error));
  if (got == 0) return pid;
  ::waitpid(pid, nullptr, 0);
  return Unavailable("cannot start " + plan.argv_text[0] + ": " +
                     kStepTexts[static_cast<int>(failure.step)] + " (" +
                     std::strerror(failure.error) + ")");
}

StatusOr<pid_t> Sandbox::StartTool(const SandboxSpec& spec, const std::string& name,
                                   const std::vector<std::string>& args, Descriptors descriptors,
                                   const Cgroup& group) const {
  ASSIGN_OR_RETURN(const int life, LifeOfThisProcess());
  descriptors.keep.push_back(life);
  const fs::path tools = prefix() / "bin";
  std::vector<std::string> argv = {(tools / "cs-runner").string(), kIfOpen,
                                   std::to_string(2 + descriptors.keep.size()),
                                   (tools / name).string()};
  argv.insert(argv.end(), args.begin(), args.end());
  return StartAs(name, spec, argv, descriptors, group);
}

std::string JoinNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Status Sandbox::CheckLimits(const Cgroup& group) const {
  if (limits_ == Limits::kAsFarAsPossible || group.missing().empty()) return OkStatus();
  if (group.has_full_disk()) return ResourceExhausted(group.why());
  const std::string why = group.why().empty() ? "" : ": " + group.why();
  return Unavailable("the kernel does not limit a job's " + JoinNames(group.missing()) + " here" +
                     why);
}

Status ProbeSandbox(const fs::path& prefix) {
  const Sandbox sandbox(prefix, Protection::kFull);
  const JobUser user = JobUser::Take();
  SandboxSpec spec;
  spec.user = user.id();
  spec.working_folder = "/tmp";
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return Unavailable("no descriptors for a probe");
  const auto pid = sandbox.Start(spec, {"/usr/bin/true"}, {.err = pipe[1]}, Cgroup());
  ::close(pipe[1]);
  std::string text(4096, '\0');
  const ssize_t got = pid.ok() ? ::read(pipe[0], text.data(), text.size()) : 0;
  ::close(pipe[0]);
  RETURN_IF_ERROR(pid.status());
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  int how = 0;
  ::waitpid(*pid, &how, 0);
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return OkStatus();
  return Unavailable("bubblewrap does not work here: " +
                     (text.empty() ? "status " + std::to_string(how) : text));
}

}  // namespace csl::worker
