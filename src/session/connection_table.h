// session/connection_table.h - owns the connections: finds them by connection id, knows whose turn it is, and when.
//
// How:   after any call to a connection, note() it: its ids are entered and it gets its turn to send. When it has nothing more
//        to send, rest() arms its timer.
// Time:  timers may fire early, never late.  Threads: single owner.
#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "session/quic_connection.h"

namespace starling::session {

class ConnectionTable {
 public:
  // Of connections that only repeat their last packet. Overflow: forget at once.
  static constexpr size_t kClosingMax = 256;

  // Numbers for new connections.
  uint64_t next_number() { return next_number_++; }
  QuicConnection& add(std::unique_ptr<QuicConnection> connection);
  void remove(QuicConnection& connection);
  [[nodiscard]] QuicConnection* find(const ConnectionId& id) const;

  void note(QuicConnection& connection);
  // The one whose turn it is; empty when none has anything to send.
  [[nodiscard]] QuicConnection* next_sender() const;
  // Pre: next_sender() was this one, and it has nothing more to send now.
  void rest(QuicConnection& connection);
  // The next one whose timer is due, disarmed.
  QuicConnection* take_due(Instant now);
  [[nodiscard]] Instant next_timeout() const;

  struct Census {
    size_t live = 0;       // all but those that are closing
    size_t half_open = 0;  // begun by others and not yet usable
    size_t half_open_of_sender = 0;
    size_t closing = 0;
  };
  [[nodiscard]] Census count(const NodeId& from) const;
  [[nodiscard]] size_t closing_count() const { return count({}).closing; }
  // Calls visit(connection) for each, in order of their numbers. `visit` must not add or remove any.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (auto& [number, entry] : entries_) visit(*entry.connection);
  }

 private:
  struct Entry {
    std::unique_ptr<QuicConnection> connection;
    std::vector<ConnectionId> ids;
    Instant armed = kNever;
    bool has_turn = false;
  };
  Entry& entry_of(const QuicConnection& connection);
  void take_ids(Entry& entry);
  void disarm(Entry& entry);

  std::map<uint64_t, Entry> entries_;
  std::unordered_map<ConnectionId, QuicConnection*, FixedBytesHash> by_id_;
  std::deque<QuicConnection*> turns_;
  std::set<std::pair<Instant, uint64_t>> timers_;
  uint64_t next_number_ = 1;
};

}  // namespace starling::session
