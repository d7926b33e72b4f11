// sim/port_table.h - the open sockets of each host by local endpoint.
//
// Borrows the sockets: each is erased before it is destroyed.
#pragma once

#include <cstdint>
#include <expected>
#include <utility>
#include <vector>

#include "env/socket.h"
#include "sim/host_id.h"

namespace starling::sim {

template <typename Socket>
class PortTable {
 public:
  void add_host() { hosts_.emplace_back(); }

  // Fills in a port where `wanted` has 0. address_in_use as for two UDP sockets without
  // SO_REUSEADDR.
  std::expected<Endpoint, env::SocketError> choose(HostId host, const Endpoint& wanted) {
    Host& entry = hosts_[index_of(host)];
    Endpoint chosen = wanted;
    for (int tries = 0; tries <= 0xffff - kEphemeralFirst; ++tries) {
      if (wanted.port == 0) {
        chosen.port = entry.next_port;
        entry.next_port =
            entry.next_port == 0xffff ? kEphemeralFirst : entry.next_port + uint16_t{1};
      }
      if (!conflicts(entry, chosen)) return chosen;
      if (wanted.port != 0) break;
    }
    return std::unexpected(env::SocketError::address_in_use);
  }
  void insert(HostId host, const Endpoint& local, Socket* socket) {
    hosts_[index_of(host)].entries.push_back({local, socket});
  }
  void erase(HostId host, const Socket* socket) {
    std::erase_if(hosts_[index_of(host)].entries,
                  [&](const Entry& entry) { return entry.socket == socket; });
  }
  // Null when nobody listens there.
  [[nodiscard]] Socket* find(HostId host, const Endpoint& to) const {
    for (const Entry& entry : hosts_[index_of(host)].entries) {
      if (entry.local.port == to.port && covers(entry.local, to)) return entry.socket;
    }
    return nullptr;
  }
  // Removes and returns all sockets of a host.
  std::vector<Socket*> take_all(HostId host) {
    std::vector<Socket*> sockets;
    for (const Entry& entry : std::exchange(hosts_[index_of(host)].entries, {})) {
      sockets.push_back(entry.socket);
    }
    return sockets;
  }

 private:
  static constexpr uint16_t kEphemeralFirst = 49152;  // RFC 6335 section 6
  struct Entry {
    Endpoint local;
    Socket* socket;
  };
  struct Host {
    std::vector<Entry> entries;  // in the order of opening; a handful, so a scan beats a hash
    uint16_t next_port = kEphemeralFirst;
  };

  static bool covers(const Endpoint& local, const Endpoint& to) {
    return local.address == to.address ||
           (local.is_unspecified() && local.is_ipv4() == to.is_ipv4());
  }
  static bool conflicts(const Host& host, const Endpoint& wanted) {
    for (const Entry& entry : host.entries) {
      if (entry.local.port != wanted.port) continue;
      if (covers(entry.local, wanted) || covers(wanted, entry.local)) return true;
    }
    return false;
  }

  std::vector<Host> hosts_;
};

}  // namespace starling::sim
