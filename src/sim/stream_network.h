// sim/stream_network.h - TCP between simulated hosts: what applications see of it, without its packets.
//
// How:     each direction is a queue of segments that take the path's delay (and rate, by itself: streams and datagrams
//          do not compete). Loss does not apply. Received pieces are cut at random places, as real ones are.
// Faults:  while a path is cut (blocked, partitioned, or an address gone) segments wait; after kGiveUp both ends are
//          closed with an error. When a host crashes, its peers' streams are closed with SocketError::failed.
// Life:    streams and listeners must be gone before this object; after crash() they are dead and may go at any time.
#pragma once

#include <array>
#include <deque>
#include <expected>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"
#include "env/socket.h"
#include "sim/fabric.h"
#include "sim/port_table.h"

namespace starling::sim {

class StreamNetwork {
 public:
  static constexpr Duration kGiveUp = 20s;
  // Every so manyth piece of data on average arrives as two.
  static constexpr uint64_t kCutOneIn = 8;

  StreamNetwork(Fabric& fabric, uint64_t seed) : fabric_(fabric), rng_(seed) {}

  void add_host() { listeners_.add_host(); }
  std::expected<std::unique_ptr<env::StreamListener>, env::SocketError> listen(
      HostId host, const Endpoint& local, env::StreamListener::Accept accept);
  // `closed` comes later with refused (nobody listens) or, after kGiveUp, unreachable (nobody
  // there, or blocked). Error unreachable at once when the host has no address of that family.
  std::expected<std::unique_ptr<env::StreamConnection>, env::SocketError> connect(
      HostId host, const Endpoint& remote);
  void crash(HostId host);
  // To be called after each change of blocks or addresses. Cost: O(open streams).
  void paths_changed();

 private:
  class Stream;
  class Listener;
  enum class SegmentKind : uint8_t { open, accept, data, refuse, close, reset };
  struct Segment {
    SegmentKind kind;
    Bytes bytes;
  };
  // Sends segments to the other end.
  struct End {
    HostId host{kNoHost};
    Endpoint address;
    Stream* stream = nullptr;  // null: not yet accepted, destroyed, or its host crashed
    std::deque<Segment> queue;
    size_t queued_bytes = 0;
    Instant busy_until{};
    Instant last_arrival{};
    uint64_t epoch = 0;  // arrivals scheduled in another epoch are void
  };
  static constexpr size_t kDialer = 0;
  static constexpr size_t kAcceptor = 1;
  struct Connection {
    std::array<End, 2> ends;
    uint64_t serial = 0;
    bool established = false;
    bool stalled = false;
    EventId give_up;
  };

  uint32_t add_connection();
  void remove_connection(uint32_t index);
  [[nodiscard]] bool is_cut(const Connection& connection) const;
  void update_stall(uint32_t index);
  void give_up(uint32_t index);

  void send(uint32_t index, size_t side, SegmentKind kind, ByteView bytes = {});
  void schedule_arrival(uint32_t index, size_t side, size_t bytes);
  void arrive(uint32_t index, size_t side, uint64_t epoch);
  void accept(uint32_t index);
  void finish(uint32_t index, size_t side, env::SocketError error);

  [[nodiscard]] bool write(uint32_t index, size_t side, ByteView bytes);
  void closed_by_owner(uint32_t index, size_t side, bool ended);
  void crash_end(uint32_t index, size_t side);

  Fabric& fabric_;
  Rng rng_;
  PortTable<Listener> listeners_;
  std::vector<std::unique_ptr<Connection>> connections_;  // null: free
  std::vector<uint32_t> free_connections_;
  uint64_t next_serial_ = 1;  // also numbers epochs
};

}  // namespace starling::sim
