#include <iostream>

#include "cli/command_line.h"
#include "daemon/daemon.h"
#include "daemon/settings.h"

namespace {

using namespace starling;

// The command line knows no part of the node; this tells it the options of `up`.
cli::NodeOption node_option_of(const daemon::Option& option) {
  const auto check = [&option](const std::string& value) {
    daemon::Settings unused;
    return option.apply({value}, unused);
  };
  return {.name = std::string(option.name),
          .value_name = std::string(option.value_name),
          .repeatable = option.shape == daemon::Option::Shape::texts,
          .help = std::string(option.help),
          .check = check};
}

int run_up(const std::optional<std::filesystem::path>& home,
           const std::vector<cli::GivenOption>& given) {
  daemon::DaemonOptions options{.home = home, .given = {}};
  for (const cli::GivenOption& option : given) {
    options.given.push_back({option.name, option.values});
  }
  return daemon::run_daemon(options);
}

}  // namespace

int main(int argument_count, char** arguments) {
  cli::UpCommand up;
  for (const daemon::Option& option : daemon::options())
    up.options.push_back(node_option_of(option));
  up.run = run_up;
  const std::vector<std::string> words(arguments + 1, arguments + argument_count);
  return cli::run_command_line(words, up, {std::cout, std::cerr});
}
