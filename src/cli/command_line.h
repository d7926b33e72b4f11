// cli/command_line.h - understands the command line and runs what it asks for.
//
// `up` is one of the commands, but what it does and its options come from the caller: the command
// line itself links no part of the node.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace starling::cli {

// An option of `up`.
struct NodeOption {
  std::string name;        // without the two dashes
  std::string value_name;  // "A:P"; empty: a switch, whose value is "true" or "false"
  bool repeatable = false;
  std::string help;
  // The reason why a value is none, or an empty text.
  std::function<std::string(const std::string&)> check;
};

struct GivenOption {
  std::string name;
  std::vector<std::string> values;  // at least one; checked
  friend bool operator==(const GivenOption&, const GivenOption&) = default;
};

struct UpCommand {
  std::vector<NodeOption> options;
  // Called with what --home said and the options that were given, in the order of `options`; returns the
  // exit status.
  std::function<int(const std::optional<std::filesystem::path>&, const std::vector<GivenOption>&)>
      run;
};

// `arguments` without the program's name. Returns the exit status: ExitStatus, or what `up.run` returned.
int run_command_line(const std::vector<std::string>& arguments, const UpCommand& up,
                     const Console& console);

}  // namespace starling::cli
