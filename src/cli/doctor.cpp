#include "cli/doctor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/api_client.h"
#include "cli/socket_name.h"
#include "cli/table.h"
#include "os/file_descriptor.h"
#include "os/home/api_file.h"
#include "os/home/home_lock.h"
#include "os/home/identity_file.h"

namespace starling::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using os::HomeError;
using os::HomeErrorKind;

// --- the home: what os::make_folders would find, without making any --------------------------------------

std::optional<HomeError> look_at_owner(const fs::path& folder, const struct stat& status) {
  if (status.st_uid != ::geteuid()) {
    return HomeError{.kind = HomeErrorKind::belongs_to_another_user, .path = folder};
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return HomeError{.kind = HomeErrorKind::folder_writable_by_others,
                     .path = folder,
                     .mode = status.st_mode & 07777};
  }
  return std::nullopt;
}

std::optional<HomeError> look_at_folder(const fs::path& folder, bool must_be_ours) {
  const auto cannot_make = [](const fs::path& path, int error) {
    return HomeError{
        .kind = HomeErrorKind::cannot_make_folder, .path = path, .system_error = error};
  };
  fs::path so_far;
  struct stat status{};
  for (const fs::path& part : folder) {
    const fs::path above = so_far;
    so_far /= part;
    if (part.empty()) continue;
    if (::stat(so_far.c_str(), &status) != 0) {
      if (errno != ENOENT) return cannot_make(so_far, errno);
      // A link to nothing.
      if (::lstat(so_far.c_str(), &status) == 0) return cannot_make(so_far, EEXIST);
      if (::faccessat(AT_FDCWD, above.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        return cannot_make(so_far, errno);
      }
      return std::nullopt;
    }
    if (!S_ISDIR(status.st_mode)) {
      return HomeError{.kind = HomeErrorKind::not_a_folder, .path = so_far};
    }
  }
  return must_be_ours ? look_at_owner(folder, status) : std::nullopt;
}

std::optional<HomeError> look_at_home(const os::HomePaths& paths) {
  if (auto error = look_at_folder(paths.config_file.parent_path(), false)) return error;
  if (auto error = look_at_folder(paths.data_dir, true)) return error;
  return look_at_folder(paths.run_dir, true);
}

// Else what is in it would only repeat the trouble.
bool can_be_entered(const std::optional<HomeError>& error) {
  return !error || error->kind == HomeErrorKind::folder_writable_by_others;
}

// 0, or the errno of the step that failed.
int try_to_write(const fs::path& folder) {
  // More than small files that a file system keeps beside their names need.
  constexpr std::array<char, 8192> kContents{};
  std::string name = (folder / "doctor-XXXXXX").string();
  const os::FileDescriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.is_open()) return errno;
  int error = 0;
  errno = ENOSPC;  // what a write that is cut short means
  if (::write(file.number(), kContents.data(), kContents.size()) !=
          static_cast<ssize_t>(kContents.size()) ||
      ::fsync(file.number()) != 0) {
    error = errno;
  }
  if (::unlink(name.c_str()) != 0 && error == 0) error = errno;
  return error;
}

DiskSeen look_at_disk(const fs::path& data_dir) {
  std::error_code ignored;
  DiskSeen disk{.folder = data_dir};
  while (!fs::exists(disk.folder, ignored) && disk.folder.has_relative_path()) {
    disk.folder = disk.folder.parent_path();
  }
  struct statvfs system{};
  if (::statvfs(disk.folder.c_str(), &system) != 0) {
    disk.free_bytes = kFreeSpaceMin_bytes;
    disk.write_error = errno;
    return disk;
  }
  disk.free_bytes = uint64_t{system.f_bavail} * system.f_frsize;
  // Only in a folder of ours; whether a missing one can be made was looked at before.
  if (disk.folder == data_dir) disk.write_error = try_to_write(data_dir);
  return disk;
}

// --- the node, by its API --------------------------------------------------------------------------------

std::optional<int64_t> integer(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

bool flag(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "unknown";
}

std::vector<json> objects(const json& object, const char* name) {
  std::vector<json> result;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return result;
  std::ranges::copy_if(*found, std::back_inserter(result),
                       [](const json& element) { return element.is_object(); });
  return result;
}

bool has_udp(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_array() &&
         std::ranges::any_of(*found, [](const json& address) {
           return address.is_string() &&
                  address.get_ref<const std::string&>().starts_with("udp://");
         });
}

NodeSeen node_seen(const json& status, const json& peers) {
  NodeSeen node{.version = text(status, "version"),
                .up_s = integer(status, "up_s").value_or(0),
                .listens_on_udp = has_udp(status, "listening"),
                .sends_beacons = flag(status, "lan"),
                .heard_own_key = flag(status, "heard_own_key"),
                .is_leaf = flag(status, "leaf"),
                .is_asleep = text(status, "state") == "asleep",
                .clock_offset_s = integer(status, "clock_offset_s"),
                .known_nodes = integer(status, "known_nodes"),
                .dialing = {}};
  for (const json& peer : objects(peers, "peers")) {
    ++(text(peer, "carrier") == "tcp" ? node.tcp_links : node.udp_links);
  }
  for (const json& target : objects(peers, "dialing")) {
    node.dialing.push_back({.has_udp_address = has_udp(target, "addresses"),
                            .rounds_failed = integer(target, "rounds_failed").value_or(0)});
  }
  return node;
}

std::expected<NodeSeen, std::string> ask_node(const std::optional<fs::path>& home) {
  const auto client = ApiClient::find(home);
  if (!client) return std::unexpected(client.error());
  const auto status = client->get("/status");
  if (!status) return std::unexpected(status.error());
  const auto peers = client->get("/peers");
  if (!peers) return std::unexpected(peers.error());
  return node_seen(*status, *peers);
}

void look_at_node(const std::optional<fs::path>& home, const os::HomePaths& paths,
                  HomeContents& contents) {
  const auto access = os::read_api_file(paths);
  if (!access) {
    contents.api_file_error = access.error();
    return;
  }
  ApiSeen& api = contents.api.emplace();
  api.address = access->address;
  api.process = access->process;
  if (auto node = ask_node(home)) {
    contents.node = std::move(*node);
    api.somebody_listens = true;
    return;
  } else {
    api.failure = std::move(node.error());
  }
  api.somebody_listens = state_of_port(/*is_udp=*/false, api.address) != PortSeen::State::free;
}

// --- this computer ---------------------------------------------------------------------------------------

bool reaches_beyond_its_network(const sockaddr* address) {
  if (address == nullptr || address->sa_family != AF_INET6) return false;
  sockaddr_in6 name{};
  std::memcpy(&name, address, sizeof name);
  // fd53:54 is what Starling itself gives to this computer.
  constexpr std::array<uint8_t, 3> kMesh{0xfd, 0x53, 0x54};
  return !IN6_IS_ADDR_LINKLOCAL(&name.sin6_addr) && !IN6_IS_ADDR_LOOPBACK(&name.sin6_addr) &&
         !std::equal(kMesh.begin(), kMesh.end(), name.sin6_addr.s6_addr);
}

bool has_ipv6_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  bool found = false;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    found =
        found || ((entry->ifa_flags & IFF_UP) != 0 && reaches_beyond_its_network(entry->ifa_addr));
  }
  ::freeifaddrs(list);
  return found;
}

// Whether the file sets `key`. Only where keys stand is looked at: the values are the node's to judge.
bool config_sets(const fs::path& config_file, std::string_view key) {
  std::ifstream file(config_file);
  for (std::string line; std::getline(file, line);) {
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t' || c == '"' || c == '\''; });
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) return true;
  }
  return false;
}

std::string_view config_key_of(PortSeen::Purpose purpose) {
  switch (purpose) {
    case PortSeen::Purpose::neighbours:
      return "listen";
    case PortSeen::Purpose::api:
      return "api";
    case PortSeen::Purpose::gateway:
      break;
  }
  return "gateway";
}

bool may_node_run(const Observations& seen) {
  return seen.contents && (seen.contents->api || seen.contents->lock_process != 0);
}

void print_findings(const std::vector<Finding>& findings, const Console& console) {
  Table table({{}, {}, {}});
  for (const Finding& finding : findings) {
    const bool is_problem = finding.level == Finding::Level::problem;
    const bool is_note = finding.level == Finding::Level::note;
    table.add_row({is_problem ? "PROBLEM"
                   : is_note  ? "note"
                              : "ok",
                   finding.check, finding.sentence});
  }
  console.out << table.text();
}

void print_json(const std::vector<Finding>& findings, const Console& console) {
  json list = json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"check", finding.check},
                    {"ok", finding.level != Finding::Level::problem},
                    {"sentence", finding.sentence}});
  }
  const json whole = {{"healthy", is_healthy(findings)}, {"findings", std::move(list)}};
  // A path may hold what is not UTF-8.
  console.out << whole.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace)
              << "\n";
}

}  // namespace

int run_doctor(const CommandSetting& setting, const Console& console) {
  const std::vector<Finding> findings = diagnose(observe(setting.home, default_ports()));
  if (setting.json) {
    print_json(findings, console);
  } else {
    print_findings(findings, console);
  }
  return is_healthy(findings) ? kDone : kFailed;
}

std::vector<PortSeen> default_ports() {
  using enum PortSeen::Purpose;
  constexpr uint16_t kNodePort = 7117;
  constexpr uint16_t kApiPort = 7118;
  const Endpoint ipv4 = Endpoint::ipv4(0, 0, 0, 0, kNodePort);
  const Endpoint ipv6{.address = {}, .port = kNodePort, .scope = 0};
  return {{.purpose = neighbours, .is_udp = true, .endpoint = ipv4},
          {.purpose = neighbours, .is_udp = true, .endpoint = ipv6},
          {.purpose = neighbours, .is_udp = false, .endpoint = ipv4},
          {.purpose = neighbours, .is_udp = false, .endpoint = ipv6},
          {.purpose = api, .endpoint = Endpoint::ipv4(127, 0, 0, 1, kApiPort)}};
}

Observations observe(const std::optional<fs::path>& home, std::vector<PortSeen> ports) {
  Observations seen;
  seen.up_command = home ? fmt::format("starling up --home {}", home->string()) : "starling up";
  seen.has_ipv6 = has_ipv6_address();
  const auto paths = os::home_paths(home, os::HomeEnvironment::of_this_process());
  if (!paths) {
    seen.home_error = paths.error();
  } else {
    seen.data_dir = paths->data_dir;
    seen.home_error = look_at_home(*paths);
  }
  if (paths && can_be_entered(seen.home_error)) {
    HomeContents& contents = seen.contents.emplace();
    if (auto identity = os::load_identity(*paths); !identity) {
      contents.identity_error = identity.error();
    }
    contents.disk = look_at_disk(paths->data_dir);
    contents.lock_process = os::recorded_lock_holder(*paths).value_or(os::LockHolder{}).process;
    look_at_node(home, *paths, contents);
  }
  if (may_node_run(seen)) return seen;
  for (PortSeen& port : ports) {
    const bool is_elsewhere = paths && config_sets(paths->config_file, config_key_of(port.purpose));
    port.state =
        is_elsewhere ? PortSeen::State::not_tried : state_of_port(port.is_udp, port.endpoint);
  }
  seen.ports = std::move(ports);
  return seen;
}

PortSeen::State state_of_port(bool is_udp, const Endpoint& endpoint) {
  const SocketName name(endpoint);
  const os::FileDescriptor socket(::socket(
      name.storage.ss_family, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, /*protocol=*/0));
  if (!socket.is_open()) return PortSeen::State::unknown;
  // As the node does it: the two families apart, and connections that fade out do not count.
  const int on = 1;
  if (!endpoint.is_ipv4()) {
    ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (!is_udp) ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&name.storage), name.size) == 0) {
    return PortSeen::State::free;
  }
  return errno == EADDRINUSE ? PortSeen::State::in_use : PortSeen::State::unknown;
}

}  // namespace starling::cli
