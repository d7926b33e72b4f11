#include "daemon/daemon.h"

#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

#include "crypto/key_text.h"
#include "crypto/mesh_address.h"
#include "daemon/config_file.h"
#include "daemon/running_node.h"
#include "os/clock.h"
#include "os/home/home_lock.h"

namespace starling::daemon {
namespace {

using Failure = std::unexpected<std::string>;

std::expected<Settings, std::string> settings_of(const DaemonOptions& options,
                                                 const os::HomePaths& paths) {
  Settings settings;
  if (auto applied = apply_config_file(paths.config_file, settings); !applied) {
    return Failure(applied.error());
  }
  for (const GivenOption& given : options.given) {
    const Option* option = find_option(given.name);
    if (option == nullptr) return Failure(fmt::format("there is no option --{}", given.name));
    const std::string reason = option->apply(given.values, settings);
    if (!reason.empty()) return Failure(fmt::format("--{}: {}", given.name, reason));
  }
  if (::isatty(STDOUT_FILENO) == 1) settings.invite = true;
  return settings;
}

void print_ready(const RunningNode::Ready& ready, const DaemonOptions& options) {
  const node::NodeStatus& status = ready.status;
  std::string text = fmt::format("Starling {}, network {}\n", STARLING_VERSION, status.network);
  text += fmt::format("Key: {}\n", to_text(status.key));
  text += fmt::format("Account: {}\n", to_text(status.account));
  text += fmt::format("Address: {}\n", to_text(crypto::mesh_address_of(status.key)));
  for (const reach::PeerAddress& address : status.listening) {
    text += fmt::format("Listening: {}\n", to_text(address));
  }
  text += fmt::format("API: http://{}\n", to_text(ready.api));
  if (ready.gateway) text += fmt::format("Gateway: http://{}\n", to_text(*ready.gateway));
  if (!ready.no_gateway.empty()) text += fmt::format("Gateway: none: {}\n", ready.no_gateway);
  const std::string home = options.home ? " --home " + options.home->string() : std::string();
  if (ready.login_url) {
    text += fmt::format("Page: {}\n", *ready.login_url);
  } else {
    text += fmt::format("To see its page in a browser: starling page{}\n", home);
  }
  if (ready.invitation) {
    text += fmt::format("Invitation: {}\n", *ready.invitation);
  } else {
    text += fmt::format("To let another node join: starling invite{}\n", home);
  }
  text += "Ready.\n";
  // Nobody may read it any more, which is no reason to stop.
  (void)std::fputs(text.c_str(), stdout);
  (void)std::fflush(stdout);
}

std::expected<void, std::string> run(const DaemonOptions& options) {
  const auto paths = os::home_paths(options.home, os::HomeEnvironment::of_this_process());
  if (!paths) return Failure(describe(paths.error()));
  auto settings = settings_of(options, *paths);
  if (!settings) return Failure(settings.error());
  if (const auto made = os::make_folders(*paths); !made) return Failure(describe(made.error()));
  const auto lock = os::HomeLock::acquire(*paths, os::wall_now());
  if (!lock) return Failure(describe(lock.error()));
  os::SystemRandom random;
  const auto identity = os::load_or_create_identity(*paths, random);
  if (!identity) return Failure(describe(identity.error()));
  const auto log = make_log(settings->log);
  RunningNode node(std::move(*settings), *paths, *identity, log);
  return node.run([&options](const RunningNode::Ready& ready) { print_ready(ready, options); });
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  // A reader of our output that goes away must not take the node with it.
  std::signal(SIGPIPE, SIG_IGN);
  const auto ran = run(options);
  if (ran) return 0;
  fmt::print(stderr, "starling: {}\n", ran.error());
  return 1;
}

}  // namespace starling::daemon
