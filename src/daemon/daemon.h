// daemon/daemon.h - `starling up`: a node as a process, from its home to the exit status.
//
// Threads: call on the main thread, once; it becomes the network thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace starling::daemon {

struct GivenOption {
  std::string name;                 // one of options()
  std::vector<std::string> values;  // at least one
};

struct DaemonOptions {
  std::optional<std::filesystem::path> home;  // none: the XDG folders
  std::vector<GivenOption> given;             // wins over config.toml
};

// Returns when the node has stopped: 0 after SIGINT, SIGTERM or a stop by the API, 1 when it could not start
// or a newer copy of the home made it stop, with the reason on standard error. While it stops, a second
// signal ends the process at once with 1.
int run_daemon(const DaemonOptions& options);

}  // namespace starling::daemon
