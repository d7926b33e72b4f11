// cli/reach_commands.h - the commands that ask other nodes: ping, trace, routes.
#pragma once

#include "cli/commands.h"
#include "cli/way_text.h"

namespace starling::cli {

// Asks `node` (a key or an IPv6 address) `count` times, one second apart. Fails when an answer stays away.
int ping(const CommandSetting& setting, const std::string& node, int count, const Console& console);
// Shows the way that a question takes to `node`, the ways that are known, and why packets take the one they take. Fails when
// there is no answer; the known ways are shown all the same.
int trace(const CommandSetting& setting, const std::string& node, KeyForm form,
          const Console& console);
int show_routes(const CommandSetting& setting, const RoutesView& view, const Console& console);

}  // namespace starling::cli
