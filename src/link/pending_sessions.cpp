#include "link/pending_sessions.h"

#include <algorithm>

#include "base/check.h"

namespace starling::link {

PendingSessions::Sessions::const_iterator PendingSessions::displaced_by(
    const crypto::NodeKey& peer) const {
  const auto same_peer = [&](const auto& entry) { return entry.second.peer == peer; };
  const bool peer_full = std::count_if(sessions_.begin(), sessions_.end(), same_peer) >=
                         static_cast<std::ptrdiff_t>(kPerPeerMax);
  if (!peer_full && sessions_.size() < kMax) return sessions_.end();
  auto oldest = sessions_.end();
  for (auto entry = sessions_.begin(); entry != sessions_.end(); ++entry) {
    if (peer_full && !same_peer(*entry)) continue;
    if (oldest == sessions_.end() || entry->second.made < oldest->second.made) oldest = entry;
  }
  return oldest;
}

bool PendingSessions::has_room(Instant now, const crypto::NodeKey& peer) const {
  const auto displaced = displaced_by(peer);
  return displaced == sessions_.end() || now - displaced->second.made >= kProtected;
}

std::optional<uint32_t> PendingSessions::add(Instant now, PendingSession session) {
  STARLING_CHECK(has_room(now, session.peer));
  std::optional<uint32_t> gone;
  if (const auto displaced = displaced_by(session.peer); displaced != sessions_.end()) {
    gone = displaced->first;
    sessions_.erase(displaced);
  }
  const uint32_t index = session.established.plane->local_index();
  sessions_.emplace(index, std::move(session));
  return gone;
}

PendingSession* PendingSessions::find(uint32_t local_index) {
  const auto entry = sessions_.find(local_index);
  return entry == sessions_.end() ? nullptr : &entry->second;
}

const PendingSession* PendingSessions::find_repeat(ByteView ephemeral) const {
  for (const auto& [index, session] : sessions_) {
    if (same_bytes(session.ephemeral.view(), ephemeral)) return &session;
  }
  return nullptr;
}

std::optional<uint64_t> PendingSessions::own_instance_for(const crypto::NodeKey& peer) const {
  for (const auto& [index, session] : sessions_) {
    if (session.peer == peer) return session.own_instance;
  }
  return std::nullopt;
}

PendingSession PendingSessions::take(uint32_t local_index) {
  const auto entry = sessions_.find(local_index);
  STARLING_CHECK(entry != sessions_.end());
  PendingSession session = std::move(entry->second);
  sessions_.erase(entry);
  return session;
}

template <typename Matches>
std::vector<uint32_t> PendingSessions::remove_if(Matches matches) {
  std::vector<uint32_t> gone;
  std::erase_if(sessions_, [&](const auto& entry) {
    if (!matches(entry.second)) return false;
    gone.push_back(entry.first);
    return true;
  });
  return gone;
}

std::vector<uint32_t> PendingSessions::remove(const crypto::NodeKey& peer) {
  return remove_if([&](const PendingSession& session) { return session.peer == peer; });
}

std::vector<uint32_t> PendingSessions::remove_carrier(CarrierId carrier) {
  return remove_if([&](const PendingSession& session) { return session.path.carrier == carrier; });
}

std::vector<uint32_t> PendingSessions::expire(Instant now) {
  return remove_if([&](const PendingSession& session) { return now - session.made >= kLifetime; });
}

Instant PendingSessions::next_timeout() const {
  Instant next = kNever;
  for (const auto& [index, session] : sessions_) next = std::min(next, session.made + kLifetime);
  return next;
}

}  // namespace starling::link
