#include "routing/landmark_prober.h"

#include <algorithm>

namespace starling::routing {

Duration LandmarkProber::repeat_after(int answered) {
  switch (answered) {
    case 1:
      return 4s;
    case 2:
      return 8s;
    case 3:
      return 16s;
    case 4:
      return 32s;
    case 5:
      return 60s;
    default:
      return 300s;
  }
}

void LandmarkProber::handle_table_changed(Instant now) {
  if (changed_since_ == kNever) changed_since_ = now;
  choose_at_ = std::min(now + kQuiet, changed_since_ + kQuietMax);
}

void LandmarkProber::choose(Instant now, const RouteTable& table) {
  choose_at_ = kNever;
  changed_since_ = kNever;
  std::map<crypto::NodeId, Landmark> chosen;
  for (const crypto::NodeId& id : choose_landmarks(table)) {
    Landmark landmark;
    if (const auto known = landmarks_.find(id); known != landmarks_.end()) {
      landmark = known->second;
    } else {
      landmark.next_probe = now;
    }
    const Destination& known = *table.find(id);
    if (landmark.first_hop != known.selected || landmark.distance != known.distance) {
      landmark.first_hop = known.selected;
      landmark.distance = known.distance;
      landmark.next_probe = now;
      landmark.waiting = false;
      landmark.silent = 0;
      landmark.answered = 0;
    }
    chosen.emplace(id, std::move(landmark));
  }
  // A landmark that went away takes its path along.
  for (const auto& [id, landmark] : landmarks_) {
    if (landmark.path && !chosen.contains(id)) address_changed_ = true;
  }
  landmarks_ = std::move(chosen);
}

std::optional<LandmarkProber::Order> LandmarkProber::poll_order(Instant now,
                                                                const RouteTable& table) {
  if (now >= choose_at_) choose(now, table);
  for (auto& [id, landmark] : landmarks_) {
    if (now < landmark.next_probe) continue;
    if (landmark.waiting && ++landmark.silent >= kSilentMax && landmark.path) {
      landmark.path.reset();
      address_changed_ = true;
    }
    landmark.waiting = true;
    landmark.nonce = random_.u32();
    // The more silent, the rarer: it may be gone for good.
    landmark.next_probe = now + kAnswerWait * (1 << std::min(landmark.silent, 6));
    return Order{id, landmark.nonce};
  }
  return std::nullopt;
}

bool LandmarkProber::handle_answer(Instant now, const crypto::NodeId& from, uint32_t nonce,
                                   LandmarkPath path) {
  const auto found = landmarks_.find(from);
  if (found == landmarks_.end()) return false;
  Landmark& landmark = found->second;
  if (!landmark.waiting || landmark.nonce != nonce) return false;
  landmark.waiting = false;
  landmark.silent = 0;
  landmark.next_probe = now + repeat_after(++landmark.answered);
  // Costs wander a little all the time; the address is new when the way is, or its cost by an eighth.
  const bool same_way =
      landmark.path && landmark.path->waypoints.size() == path.waypoints.size() &&
      std::equal(path.waypoints.begin(), path.waypoints.end(), landmark.path->waypoints.begin(),
                 [](const Waypoint& a, const Waypoint& b) { return a.node == b.node; });
  const Metric before = same_way ? landmark.path->waypoints.front().rest : 0;
  const Metric after = path.waypoints.front().rest;
  const Metric difference = before > after ? before - after : after - before;
  if (!same_way || difference * 8 > before) {
    landmark.path = std::move(path);
    address_changed_ = true;
  }
  return true;
}

std::optional<Address> LandmarkProber::poll_address(Instant now) {
  if (!address_changed_) return std::nullopt;
  // Wait for answers under way, but not for landmarks that stay silent.
  for (const auto& [id, landmark] : landmarks_) {
    if (landmark.waiting && landmark.silent == 0 && now < landmark.next_probe && !landmark.path)
      return std::nullopt;
  }
  address_changed_ = false;
  Address address;
  for (const auto& [id, landmark] : landmarks_) {
    if (landmark.path && address.paths.size() < Address::kPathsMax)
      address.paths.push_back(*landmark.path);
  }
  if (address == last_address_) return std::nullopt;
  last_address_ = address;
  return address;
}

Instant LandmarkProber::next_timeout() const {
  Instant next = choose_at_;
  for (const auto& [id, landmark] : landmarks_) next = std::min(next, landmark.next_probe);
  return next;
}

}  // namespace starling::routing
