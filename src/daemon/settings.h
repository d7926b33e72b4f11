// daemon/settings.h - what the owner of a node can choose, by the same names on the command line and in
// config.toml.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/log.h"
#include "node/node_config.h"

namespace starling::daemon {

struct Settings {
  Settings();  // the defaults

  node::NodeConfig node;
  bool listens_by_default = true;  // node.listen is what the program chose
  std::optional<Endpoint> api;     // none: default_api()
  // None: default_gateway() if it is free.
  std::optional<Endpoint> gateway;
  bool gateway_off = false;
  // For what others published: what was used least lately makes room. Own publications do not count.
  uint64_t cache_bytes = uint64_t{2} << 30;
  LogLevel log = LogLevel::warn;
  bool invite =
      false;  // print an invitation and the page's login at the start, also when nobody reads along
};

inline constexpr uint16_t kDefaultApiPort = 7118;
Endpoint default_api();
inline constexpr uint16_t kDefaultGatewayPort = 7119;
Endpoint default_gateway();

// Part of the key material of every link, and typed by people.
inline constexpr size_t kNetworkNameSizeMax = 64;

struct Option {
  enum class Shape : uint8_t { on_or_off, number, text, texts };

  std::string_view name;
  std::string_view value_name;  // for people; empty for on_or_off
  Shape shape;
  std::string_view help;
  // Replaces what the settings hold. `values`: one or more for texts, else one; on_or_off takes "true" and
  // "false". The reason why a value is none, or an empty text; then the settings are as before.
  std::string (*apply)(const std::vector<std::string>& values, Settings& settings);
};

// In the order in which people should read them.
std::span<const Option> options();
// Null when there is none.
const Option* find_option(std::string_view name);

}  // namespace starling::daemon
