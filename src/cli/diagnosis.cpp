#include "cli/diagnosis.h"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>

#include "cli/quantity_text.h"

namespace starling::cli {
namespace {

using os::HomeError;
using os::HomeErrorKind;
using Level = Finding::Level;

Finding fine(std::string check, std::string sentence) {
  return {std::move(check), Level::fine, std::move(sentence)};
}
Finding note(std::string check, std::string sentence) {
  return {std::move(check), Level::note, std::move(sentence)};
}
Finding problem(std::string check, std::string sentence) {
  return {std::move(check), Level::problem, std::move(sentence)};
}

// What describe() says, and what to do where it does not say that itself.
std::string with_remedy(const HomeError& error) {
  const std::string text = describe(error);
  switch (error.kind) {
    case HomeErrorKind::not_a_folder:
    case HomeErrorKind::cannot_make_folder:
      return text + "; mend that, or choose another folder with --home DIR";
    case HomeErrorKind::not_a_regular_file:
      return text + ": put the file itself there, or move away what is there";
    case HomeErrorKind::cannot_read:
      return text + "; give this user the right to read it, or mend the disk";
    default:
      return text;
  }
}

// --- the home --------------------------------------------------------------------------------------------

Finding home_finding(const Observations& seen) {
  if (seen.home_error) return problem("home", with_remedy(*seen.home_error));
  return fine("home", fmt::format("{} can be used", seen.data_dir.string()));
}

Finding identity_finding(const HomeContents& home) {
  if (!home.identity_error) return fine("identity", "the identity is whole and only its owner's");
  if (home.identity_error->kind == HomeErrorKind::not_found) {
    return note("identity", "there is no identity yet; the first 'starling up' makes one");
  }
  return problem("identity", with_remedy(*home.identity_error));
}

Finding disk_finding(const DiskSeen& disk) {
  const std::string folder = disk.folder.string();
  if (disk.free_bytes < kFreeSpaceMin_bytes) {
    return problem(
        "disk", fmt::format("only {} are free on the disk of {}, less than {}; make "
                            "room there, or choose another disk with --home DIR",
                            bytes_text(disk.free_bytes), folder, bytes_text(kFreeSpaceMin_bytes)));
  }
  if (disk.write_error != 0) {
    return problem("disk", fmt::format("no file can be written in {} ({}); make it writable, or "
                                       "choose another folder with --home DIR",
                                       folder, std::generic_category().message(disk.write_error)));
  }
  return fine("disk", fmt::format("{} are free", bytes_text(disk.free_bytes)));
}

// --- the node and its API --------------------------------------------------------------------------------

Finding no_node_finding(const Observations& seen, const HomeContents& home) {
  const bool is_first =
      home.identity_error && home.identity_error->kind == HomeErrorKind::not_found;
  return problem("node", fmt::format("no node {} in this home{}; start one with: {}",
                                     is_first ? "has run" : "is running", is_first ? " yet" : "",
                                     seen.up_command));
}

Finding api_file_finding(const Observations& seen, const HomeContents& home) {
  const HomeError& error = *home.api_file_error;
  const std::string path = error.path.string();
  switch (error.kind) {
    case HomeErrorKind::no_node_running:
    case HomeErrorKind::api_file_stale:
      if (home.lock_process != 0) {
        return problem("node", fmt::format("the node of this home (process {}) is just starting or "
                                           "stopping; wait a moment and look again",
                                           home.lock_process));
      }
      if (error.kind == HomeErrorKind::no_node_running) return no_node_finding(seen, home);
      return problem("api",
                     fmt::format("no node is running in this home: process {}, which wrote {}, "
                                 "ended without removing it; start one with: {}",
                                 error.process, path, seen.up_command));
    case HomeErrorKind::api_file_damaged:
      if (home.lock_process != 0) {
        return problem("api", fmt::format("{} is damaged; end process {}, the node, and start it "
                                          "again with: {}",
                                          path, home.lock_process, seen.up_command));
      }
      return problem("api", fmt::format("{} is damaged and no node is running in this home; start "
                                        "one, which writes the file anew, with: {}",
                                        path, seen.up_command));
    default:
      return problem("api", with_remedy(error));
  }
}

Finding api_finding(const Observations& seen, const ApiSeen& api) {
  const std::string address = to_text(api.address);
  if (api.failure.empty()) return fine("api", fmt::format("it answers at {}", address));
  if (!api.somebody_listens) {
    // After a crash another program may have got the number of the process.
    return problem("api", fmt::format("nobody listens at {}, where the node (process {}) should; "
                                      "end that process if it is Starling, then start one with: {}",
                                      address, api.process, seen.up_command));
  }
  return problem("api", fmt::format("the API at {} gives no good answer ({}); if that lasts, end "
                                    "process {} if it is Starling, then start one with: {}",
                                    address, api.failure, api.process, seen.up_command));
}

void find_node(const Observations& seen, const HomeContents& home, std::vector<Finding>& findings) {
  if (home.api_file_error) {
    findings.push_back(api_file_finding(seen, home));
    return;
  }
  if (home.node) {
    findings.push_back(
        fine("node",
             fmt::format("it has been running for {} (process {}, version {})",
                         duration_text(home.node->up_s), home.api->process, home.node->version)));
  }
  findings.push_back(api_finding(seen, *home.api));
}

// --- ports -----------------------------------------------------------------------------------------------

struct PortTexts {
  std::string_view check;
  std::string_view users;   // who would use the port
  std::string_view option;  // of `up`, that chooses another
};

PortTexts texts_of(PortSeen::Purpose purpose) {
  switch (purpose) {
    case PortSeen::Purpose::neighbours:
      return {"port", "for other nodes", "--listen udp://0.0.0.0:"};
    case PortSeen::Purpose::api:
      return {"api_port", "for the API", "--api 127.0.0.1:"};
    case PortSeen::Purpose::gateway:
      break;
  }
  return {"gateway_port", "for published sites", "--gateway 127.0.0.1:"};
}

bool has_port(const std::vector<PortSeen>& ports, PortSeen::State state, bool is_udp) {
  return std::ranges::any_of(ports, [state, is_udp](const PortSeen& port) {
    return port.state == state && port.is_udp == is_udp;
  });
}

// Pre: all of one purpose, at least one.
Finding port_finding(const std::vector<PortSeen>& ports) {
  using enum PortSeen::State;
  const PortTexts texts = texts_of(ports.front().purpose);
  const std::string check(texts.check);
  const unsigned number = ports.front().endpoint.port;
  const bool udp = has_port(ports, in_use, /*is_udp=*/true);
  const bool tcp = has_port(ports, in_use, /*is_udp=*/false);
  if (udp || tcp) {
    const std::string_view which = udp && tcp ? "UDP and TCP" : udp ? "UDP" : "TCP";
    return problem(check, fmt::format("port {} ({}) {} is in use by another program, perhaps by "
                                      "another node; end that, or choose another port with: {}{}",
                                      number, which, texts.users, texts.option, number + 10));
  }
  if (has_port(ports, not_tried, true) || has_port(ports, not_tried, false)) {
    return note(check,
                fmt::format("config.toml chooses a place {}, which was not tried", texts.users));
  }
  if (has_port(ports, free, true) || has_port(ports, free, false)) {
    return fine(check, fmt::format("port {} {} is free", number, texts.users));
  }
  return note(check,
              fmt::format("the system does not let this user try port {} {}", number, texts.users));
}

void find_ports(const std::vector<PortSeen>& all, std::vector<Finding>& findings) {
  using enum PortSeen::Purpose;
  for (const PortSeen::Purpose purpose : {neighbours, api, gateway}) {
    std::vector<PortSeen> ports;
    std::ranges::copy_if(all, std::back_inserter(ports),
                         [purpose](const PortSeen& port) { return port.purpose == purpose; });
    if (!ports.empty()) findings.push_back(port_finding(ports));
  }
}

// --- the node among others -------------------------------------------------------------------------------

int64_t links_of(const NodeSeen& node) { return node.udp_links + node.tcp_links; }

Finding neighbours_finding(const NodeSeen& node) {
  const int64_t links = links_of(node);
  if (links == 1) return fine("neighbours", "there is a link to 1 neighbour");
  if (links > 1) return fine("neighbours", fmt::format("there are links to {} neighbours", links));
  if (node.is_asleep) {
    return fine("neighbours",
                "this leaf sleeps; it wakes by itself, and at once when something is asked of it");
  }
  const std::string_view beacons =
      node.sends_beacons ? "on the local network they find each other by themselves"
                         : "this node sends no beacons, so it finds nobody on the local network";
  return problem(
      "neighbours",
      fmt::format("this node has no neighbour; get an invitation from somebody's "
                  "'starling invite' and take it up here with: starling join 'LINK' ({})",
                  beacons));
}

Finding udp_finding(const NodeSeen& node) {
  if (!node.listens_on_udp) {
    return note("udp", "this node was told to listen on no UDP port; links over TCP are slower");
  }
  if (node.udp_links > 0) return fine("udp", "other nodes are reached over UDP");
  constexpr std::string_view kRemedy =
      "let UDP through the firewalls in between (the port is 7117 unless chosen otherwise)";
  if (node.tcp_links > 0) {
    return problem("udp",
                   fmt::format("all links are over TCP, so UDP seems to be blocked; {}", kRemedy));
  }
  const auto silent = std::ranges::count_if(node.dialing, [](const DialSeen& dial) {
    return dial.has_udp_address && dial.rounds_failed >= kDialRoundsFailedMax;
  });
  if (silent == 0) return note("udp", "there is no link yet that would show whether UDP works");
  return problem("udp",
                 fmt::format("nobody answers over UDP (tried several times: {}), so it may "
                             "be blocked; {}, and see that the other nodes run",
                             silent == 1 ? "1 node" : fmt::format("{} nodes", silent), kRemedy));
}

Finding clock_finding(const NodeSeen& node) {
  if (!node.clock_offset_s) return note("clock", "no neighbour has told the time yet");
  // Neighbours can claim any number; its text ends at a thousand years.
  constexpr int64_t kShown_s = int64_t{1000} * 365 * 24 * 3600;
  const int64_t offset = std::clamp(*node.clock_offset_s, -kShown_s, kShown_s);
  const bool is_behind = offset > 0;
  const std::string size = duration_text(is_behind ? offset : -offset);
  if (offset >= -kClockOffsetMax_s && offset <= kClockOffsetMax_s) {
    return fine("clock", fmt::format("it differs by {} from the neighbours'", size));
  }
  return problem("clock",
                 fmt::format("this computer's clock is {} {} the neighbours'; set it, for example "
                             "with: timedatectl set-ntp true",
                             size, is_behind ? "behind" : "ahead of"));
}

Finding copies_finding(const NodeSeen& node) {
  if (!node.heard_own_key) return fine("copies", "nobody else uses this node's key");
  return problem(
      "copies",
      "another node uses this node's key, so its home was copied or runs twice; stop one "
      "of the two and start it with a new home of its own: starling up --home DIR");
}

void find_routes(const NodeSeen& node, std::vector<Finding>& findings) {
  const int64_t links = links_of(node);
  if (!node.known_nodes || links == 0) return;
  if (node.is_leaf) {
    findings.push_back(fine("routes", "a leaf knows its neighbours, and they know the others"));
  } else if (*node.known_nodes <= links) {
    findings.push_back(note("routes",
                            "no node beyond the neighbours is known; either there is none, "
                            "or the neighbours have no other neighbours yet"));
  } else {
    findings.push_back(fine("routes", fmt::format("{} nodes are known", *node.known_nodes)));
  }
}

Finding ipv6_finding(bool has_ipv6) {
  if (has_ipv6) return fine("ipv6", "this computer has an IPv6 address");
  return note("ipv6",
              "this computer has no IPv6 address; with one, more nodes could reach it directly");
}

}  // namespace

std::vector<Finding> diagnose(const Observations& seen) {
  std::vector<Finding> findings{home_finding(seen)};
  if (seen.contents) {
    findings.push_back(identity_finding(*seen.contents));
    findings.push_back(disk_finding(seen.contents->disk));
    find_node(seen, *seen.contents, findings);
  }
  find_ports(seen.ports, findings);
  if (seen.contents && seen.contents->node) {
    const NodeSeen& node = *seen.contents->node;
    findings.push_back(neighbours_finding(node));
    findings.push_back(udp_finding(node));
    findings.push_back(clock_finding(node));
    findings.push_back(copies_finding(node));
    find_routes(node, findings);
  }
  findings.push_back(ipv6_finding(seen.has_ipv6));
  return findings;
}

bool is_healthy(const std::vector<Finding>& findings) {
  return std::ranges::none_of(
      findings, [](const Finding& finding) { return finding.level == Level::problem; });
}

}  // namespace starling::cli
