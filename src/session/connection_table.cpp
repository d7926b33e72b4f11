#include "session/connection_table.h"

#include "base/check.h"

namespace starling::session {

ConnectionTable::Entry& ConnectionTable::entry_of(const QuicConnection& connection) {
  const auto entry = entries_.find(connection.number());
  STARLING_CHECK(entry != entries_.end());
  return entry->second;
}

QuicConnection& ConnectionTable::add(std::unique_ptr<QuicConnection> connection) {
  QuicConnection& added = *connection;
  entries_[added.number()].connection = std::move(connection);
  note(added);
  return added;
}

void ConnectionTable::remove(QuicConnection& connection) {
  Entry& entry = entry_of(connection);
  for (const ConnectionId& id : entry.ids) by_id_.erase(id);
  if (entry.has_turn) std::erase(turns_, &connection);
  disarm(entry);
  entries_.erase(connection.number());
}

QuicConnection* ConnectionTable::find(const ConnectionId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void ConnectionTable::take_ids(Entry& entry) {
  if (!entry.connection->has_id_changes()) return;
  for (const auto& change : entry.connection->take_id_changes()) {
    if (!change.issued) {
      std::erase(entry.ids, change.id);
      by_id_.erase(change.id);
    } else if (by_id_.try_emplace(change.id, entry.connection.get()).second) {
      entry.ids.push_back(change.id);
    }
  }
}

void ConnectionTable::note(QuicConnection& connection) {
  Entry& entry = entry_of(connection);
  take_ids(entry);
  if (std::exchange(entry.has_turn, true)) return;
  turns_.push_back(&connection);
}

QuicConnection* ConnectionTable::next_sender() const {
  return turns_.empty() ? nullptr : turns_.front();
}

void ConnectionTable::rest(QuicConnection& connection) {
  STARLING_CHECK(next_sender() == &connection);
  turns_.pop_front();
  Entry& entry = entry_of(connection);
  entry.has_turn = false;
  take_ids(entry);
  // A timer that is too early costs less than moving it after each packet.
  const Instant next = connection.next_timeout();
  if (next >= entry.armed) return;
  disarm(entry);
  if (next == kNever) return;
  entry.armed = next;
  timers_.insert({next, connection.number()});
}

void ConnectionTable::disarm(Entry& entry) {
  if (entry.armed == kNever) return;
  timers_.erase({entry.armed, entry.connection->number()});
  entry.armed = kNever;
}

QuicConnection* ConnectionTable::take_due(Instant now) {
  if (timers_.empty() || timers_.begin()->first > now) return nullptr;
  Entry& entry = entries_.at(timers_.begin()->second);
  disarm(entry);
  return entry.connection.get();
}

Instant ConnectionTable::next_timeout() const {
  return timers_.empty() ? kNever : timers_.begin()->first;
}

ConnectionTable::Census ConnectionTable::count(const NodeId& from) const {
  Census census;
  for (const auto& [number, entry] : entries_) {
    const QuicConnection& connection = *entry.connection;
    const bool closing = connection.state() == QuicConnection::State::closing;
    census.closing += closing ? 1 : 0;
    census.live += closing ? 0 : 1;
    if (connection.state() == QuicConnection::State::handshake &&
        connection.role() == QuicConnection::Role::listener) {
      ++census.half_open;
      if (connection.peer_id() == from) ++census.half_open_of_sender;
    }
  }
  return census;
}

}  // namespace starling::session
