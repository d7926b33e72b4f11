// cli/commands.h - what each command does, once the command line is understood.
//
// Every one returns the exit status; the reason of a failure is on `err` as one sentence.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>

namespace starling::cli {

enum ExitStatus : int { kDone = 0, kFailed = 1, kWrongUsage = 2 };

// Borrowed for the call.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;  // somebody watches
};

struct CommandSetting {
  std::optional<std::filesystem::path> home;
  bool json = false;  // print the API's JSON on one line instead of text for people
};

int show_status(const CommandSetting& setting, const Console& console);
int show_peers(const CommandSetting& setting, const Console& console);
// Reads the home's identity; no node needs to run.
int show_identity(const CommandSetting& setting, const Console& console);
int make_invitation(const CommandSetting& setting, std::chrono::seconds lifetime,
                    const Console& console);
int join(const CommandSetting& setting, const std::string& link, const Console& console);
// Returns when the node has let go of its home, so that another can start.
int stop_node(const CommandSetting& setting, const Console& console);

}  // namespace starling::cli
