// cli/diagnosis.h - decides from what was seen of a home, its node and this computer what is wrong, and
// says in one sentence for each trouble what to do.
//
// Pure: the same observations give the same findings. doctor.h makes the observations. What could not be
// looked at, because something else is broken or no node runs, has no finding.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "os/home/home_error.h"

namespace starling::cli {

// The node's files take far less, but a disk this full troubles every program on it.
inline constexpr uint64_t kFreeSpaceMin_bytes = uint64_t{64} << 20;
// What everything that needs the time of day tolerates; docs/wire/link.md#clocks.
inline constexpr int64_t kClockOffsetMax_s = 600;
// So many rounds without an answer are no single lost packets any more.
inline constexpr int64_t kDialRoundsFailedMax = 3;

struct PortSeen {
  enum class Purpose : uint8_t { neighbours, api, gateway };
  // not_tried: config.toml chooses another place. unknown: the system did not let us try.
  enum class State : uint8_t { free, in_use, not_tried, unknown };

  Purpose purpose = Purpose::neighbours;
  bool is_udp = false;
  Endpoint endpoint;
  State state = State::unknown;
};

struct DiskSeen {
  std::filesystem::path folder;  // the data folder, or the nearest above it that exists
  uint64_t free_bytes = 0;
  int write_error =
      0;  // errno of making, filling and removing a file; 0: it worked or was not tried
};

// What api.json says, and what came of asking there.
struct ApiSeen {
  Endpoint address;
  int64_t process = 0;
  bool somebody_listens = false;
  std::string failure;  // why there was no answer, without a full stop; empty: it answered
};

struct DialSeen {
  bool has_udp_address = false;
  int64_t rounds_failed = 0;
};

// What a running node says of itself.
struct NodeSeen {
  std::string version;
  int64_t up_s = 0;
  int64_t udp_links = 0;
  int64_t tcp_links = 0;
  bool listens_on_udp = true;
  bool sends_beacons = false;
  bool heard_own_key = false;
  bool is_leaf = false;
  bool is_asleep = false;                 // a leaf that rests, without links
  std::optional<int64_t> clock_offset_s;  // the neighbours' clocks minus ours
  std::optional<int64_t> known_nodes;     // a node of an earlier version does not say
  std::vector<DialSeen> dialing;
};

struct HomeContents {
  std::optional<os::HomeError> identity_error;  // not_found: there is none yet
  DiskSeen disk;
  int64_t lock_process = 0;  // that holds the home's lock, as far as the lock file tells; 0: none
  std::optional<os::HomeError> api_file_error;
  std::optional<ApiSeen> api;    // empty exactly if api_file_error is not
  std::optional<NodeSeen> node;  // empty unless the API answered
};

struct Observations {
  std::string up_command;  // that starts a node in this home
  std::filesystem::path data_dir;
  std::optional<os::HomeError> home_error;
  std::optional<HomeContents> contents;  // empty when the home cannot be entered
  std::vector<PortSeen> ports;           // empty while a node may run here: it holds them
  bool has_ipv6 = false;
};

struct Finding {
  // note: worth knowing, but nothing has to be done.
  enum class Level : uint8_t { fine, note, problem };

  std::string check;  // one of a fixed set of words; scripts may rely on it
  Level level = Level::fine;
  std::string sentence;  // without a capital at the start and a full stop at the end
};

// In the order in which things depend on each other: the first problem is the one to mend first.
std::vector<Finding> diagnose(const Observations& seen);

bool is_healthy(const std::vector<Finding>& findings);

}  // namespace starling::cli
