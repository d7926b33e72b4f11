#include "link/path_set.h"

#include <algorithm>

namespace starling::link {

CarrierPath& PathSet::add(Instant now, const PathId& id, CarrierKind kind) {
  if (paths_.size() >= kPathsMax) {
    const auto oldest = std::min_element(
        paths_.begin(), paths_.end(), [&](const CarrierPath& a, const CarrierPath& b) {
          const bool a_active = active_ == a.id;
          const bool b_active = active_ == b.id;
          return a_active != b_active ? b_active : a.last_heard < b.last_heard;
        });
    paths_.erase(oldest);
  }
  paths_.push_back(
      {.id = id, .kind = kind, .last_heard = now, .mtu = MtuSearch(now, kind == CarrierKind::tcp)});
  return paths_.back();
}

void PathSet::add_validated(Instant now, const PathId& id, CarrierKind kind) {
  CarrierPath* path = find(id);
  if (!path) path = &add(now, id, kind);
  path->validated = true;
  path->last_heard = now;
  path->next_challenge = kNever;
  if (!active_) active_ = id;
}

void PathSet::handle_received(Instant now, const PathId& id, CarrierKind kind, size_t size,
                              bool newest, Duration silence) {
  CarrierPath* path = find(id);
  if (!path) {
    path = &add(now, id, kind);
    path->challenge = random_.u64();
    path->challenges_left = kChallengesMax;
    path->next_challenge = now;
  }
  path->last_heard = now;
  if (!path->validated) {
    path->bytes_received += size;
    if (path->next_challenge == kNever) {
      path->challenges_left = kChallengesMax;
      path->next_challenge = now;
    }
  } else if (newest) {
    consider(now, *path, silence);
  }
}

void PathSet::consider(Instant now, CarrierPath& path, Duration silence) {
  const CarrierPath* current = active();
  if (current == &path) return;
  const bool better_kind =
      current && current->kind == CarrierKind::tcp && path.kind == CarrierKind::udp;
  if (!current || better_kind || now - current->last_heard >= silence) active_ = path.id;
}

bool PathSet::handle_response(Instant now, const PathId& id, uint64_t token) {
  CarrierPath* path = find(id);
  if (!path || path->validated || path->challenge != token) return false;
  path->validated = true;
  path->next_challenge = kNever;
  // The path proved itself just now; a silence of one challenge interval says that the peer left the old one.
  consider(now, *path, kChallengeInterval);
  return true;
}

std::optional<PathSet::Challenge> PathSet::poll_challenge(Instant now) {
  for (CarrierPath& path : paths_) {
    if (path.validated || path.next_challenge > now) continue;
    if (path.challenges_left == 0) {
      path.next_challenge = kNever;
      continue;
    }
    --path.challenges_left;
    path.next_challenge = now + kChallengeInterval;
    return Challenge{path.id, path.challenge};
  }
  return std::nullopt;
}

bool PathSet::may_send(const PathId& id, size_t size) {
  CarrierPath* path = find(id);
  if (!path) return false;
  if (path->validated) return true;
  if (path->bytes_sent + size > kAmplificationMax * path->bytes_received) return false;
  path->bytes_sent += size;
  return true;
}

void PathSet::remove_carrier(CarrierId carrier) {
  std::erase_if(paths_, [&](const CarrierPath& path) { return path.id.carrier == carrier; });
  if (active_ && find(*active_)) return;
  active_.reset();
  // The proven path heard from last takes over.
  const CarrierPath* best = nullptr;
  for (const CarrierPath& path : paths_) {
    if (path.validated && (!best || path.last_heard > best->last_heard)) best = &path;
  }
  if (best) active_ = best->id;
}

CarrierPath* PathSet::find(const PathId& id) {
  const auto path =
      std::find_if(paths_.begin(), paths_.end(), [&](const CarrierPath& p) { return p.id == id; });
  return path == paths_.end() ? nullptr : &*path;
}

CarrierPath* PathSet::active() { return active_ ? find(*active_) : nullptr; }

const CarrierPath* PathSet::active() const { return const_cast<PathSet*>(this)->active(); }

std::vector<PathId> PathSet::validated() const {
  std::vector<PathId> ids;
  for (const CarrierPath& path : paths_) {
    if (path.validated) ids.push_back(path.id);
  }
  return ids;
}

Instant PathSet::next_timeout() const {
  Instant next = kNever;
  for (const CarrierPath& path : paths_) {
    if (!path.validated) next = std::min(next, path.next_challenge);
    if (active_ == path.id) next = std::min(next, path.mtu.next_timeout());
  }
  return next;
}

}  // namespace starling::link
