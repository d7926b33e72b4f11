// sim/address_table.h - which host has which IP addresses.
//
// A host starts with 10.a.b.c made of its index + 1; lookups of those cost an index, of others a
// hash. Ports and scopes of the endpoints given here are ignored.
#pragma once

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "env/socket.h"
#include "sim/host_id.h"

namespace starling::sim {

class AddressTable {
 public:
  // At most 2^24 - 2 hosts (checked).
  HostId add_host();
  // Replaces the host's addresses of the same family. Pre: no other host has it.
  void set(HostId host, const Endpoint& address);
  // Pre: no host has it.
  void add(HostId host, const Endpoint& address);

  // kNoHost when nobody has it.
  [[nodiscard]] HostId host_of(const Endpoint& address) const;
  // Loopback addresses belong to every host.
  [[nodiscard]] bool has(HostId host, const Endpoint& address) const;
  // Where packets from `host` to `destination` come from: its first address of that family, or
  // loopback.
  [[nodiscard]] std::optional<Endpoint> source(HostId host, const Endpoint& destination,
                                               uint16_t port) const;
  // May a socket of `host` bind here? 0.0.0.0 means IPv4 only, :: means IPv6 only.
  [[nodiscard]] std::optional<env::SocketError> refuses_to_bind(HostId host,
                                                                const Endpoint& local) const;
  [[nodiscard]] size_t host_count() const { return hosts_.size(); }

 private:
  using Address = std::array<uint8_t, 16>;
  struct AddressHash {
    size_t operator()(const Address& address) const;
  };
  struct Host {
    std::vector<Endpoint> addresses;
    bool has_default = true;
  };

  void remove(HostId host, const Endpoint& address);

  std::vector<Host> hosts_;
  std::unordered_map<Address, HostId, AddressHash>
      others_;  // all but the default addresses; never iterated
};

}  // namespace starling::sim
