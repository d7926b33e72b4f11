#include "routing/waiting_room.h"

#include <algorithm>
#include <utility>

namespace starling::routing {

bool WaitingRoom::reserve(Instant now, const crypto::NodeId& leaf, std::chrono::seconds time) {
  const auto found = places_.find(leaf);
  if (time <= std::chrono::seconds::zero()) {
    if (found == places_.end()) return true;
    bytes_ -= found->second.bytes;
    places_.erase(found);
    return true;
  }
  if (found == places_.end() && places_.size() >= kLeavesMax) return false;
  places_[leaf].until = now + std::min(time, kTimeMax);
  return true;
}

bool WaitingRoom::is_reserved(Instant now, const crypto::NodeId& leaf) const {
  const auto found = places_.find(leaf);
  return found != places_.end() && now < found->second.until;
}

bool WaitingRoom::keep(Instant now, const crypto::NodeId& leaf, Packet&& packet,
                       uint64_t& dropped) {
  const auto found = places_.find(leaf);
  if (found == places_.end() || now >= found->second.until) return false;
  const size_t size = packet.bytes.size();
  if (size > kBytesMax) return false;
  Place& place = found->second;
  place.packets.push_back(std::move(packet));
  place.bytes += size;
  bytes_ += size;
  const auto is_over = [&] {
    return place.packets.size() > kPacketsMax || place.bytes > kBytesMax || bytes_ > kBytesAll;
  };
  while (is_over()) {
    const size_t goes = oldest_of_greediest(place);
    const bool is_new = goes + 1 == place.packets.size();
    drop(place, goes);
    if (is_new) return false;
    ++dropped;
  }
  return true;
}

// The oldest packet of the source whose packets take most bytes.
size_t WaitingRoom::oldest_of_greediest(const Place& place) {
  std::map<crypto::NodeId, std::pair<size_t, size_t>> by_source;  // bytes, index of the oldest
  for (size_t i = 0; i < place.packets.size(); ++i) {
    const auto [entry, is_new] =
        by_source.try_emplace(place.packets[i].source, std::pair(size_t{0}, i));
    entry->second.first += place.packets[i].bytes.size();
  }
  const auto most = std::ranges::max_element(
      by_source, [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  return most->second.second;
}

void WaitingRoom::drop(Place& place, size_t at) {
  const size_t size = place.packets[at].bytes.size();
  place.bytes -= size;
  bytes_ -= size;
  place.packets.erase(place.packets.begin() + static_cast<std::ptrdiff_t>(at));
}

std::vector<WaitingRoom::Packet> WaitingRoom::take(const crypto::NodeId& leaf) {
  const auto found = places_.find(leaf);
  if (found == places_.end()) return {};
  bytes_ -= std::exchange(found->second.bytes, 0);
  return std::exchange(found->second.packets, {});
}

uint64_t WaitingRoom::expire(Instant now) {
  uint64_t dropped = 0;
  std::erase_if(places_, [&](const auto& entry) {
    if (now < entry.second.until) return false;
    dropped += entry.second.packets.size();
    bytes_ -= entry.second.bytes;
    return true;
  });
  return dropped;
}

}  // namespace starling::routing
