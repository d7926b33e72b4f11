// cli/reach_commands.h - the commands that ask other nodes: ping, trace, routes.
#pragma once

#include "cli/commands.h"

namespace starling::cli {

// Asks `node` (a key or an IPv6 address) `count` times, one second apart. Fails when an answer stays away.
int ping(const CommandSetting& setting, const std::string& node, int count, const Console& console);
// Shows the way that a question takes to `node`.
int trace(const CommandSetting& setting, const std::string& node, const Console& console);
int show_routes(const CommandSetting& setting, const Console& console);

}  // namespace starling::cli
