// cli/doctor.h - `starling doctor`: looks at the home, its node and this computer, and says what is wrong.
//
// Changes nothing that lasts: ports are bound and let go, one file is made and removed. diagnosis.h decides
// what the observations mean.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "cli/commands.h"
#include "cli/diagnosis.h"

namespace starling::cli {

// Prints a line for each finding, or with --json {"healthy":true,"findings":[{"check":"home","ok":true,
// "sentence":"..."}]}, where a note is ok. kFailed when there is a problem.
int run_doctor(const CommandSetting& setting, const Console& console);

// What a node without options binds, not yet tried.
std::vector<PortSeen> default_ports();

// `home` is what --home said. Tries `ports` only if no node runs in the home. Waits up to
// ApiClient::kPatience for each of two answers of the node.
Observations observe(const std::optional<std::filesystem::path>& home, std::vector<PortSeen> ports);

// Tries to bind; a socket of this process counts as in use too.
PortSeen::State state_of_port(bool is_udp, const Endpoint& endpoint);

}  // namespace starling::cli
