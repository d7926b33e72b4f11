#include "node/content/announcer.h"

#include <algorithm>

namespace starling::node {
namespace {

constexpr auto kProvider = static_cast<uint8_t>(directory::RecordKind::provider);

}  // namespace

void Announcer::keep(const crypto::Position& position) {
  if (!kept_.insert(position).second) return;
  if (std::erase(read_, position) == 0) announce(position);
}

void Announcer::drop(const crypto::Position& position) {
  if (kept_.erase(position) > 0) withdraw(position);
}

void Announcer::read(const crypto::Position& position) {
  if (kept_.contains(position)) return;
  const bool is_new = std::erase(read_, position) == 0;
  read_.push_front(position);
  if (is_new) announce(position);
  if (read_.size() <= kReadMax) return;
  withdraw(read_.back());
  read_.pop_back();
}

void Announcer::announce(const crypto::Position& position) {
  // Above what an earlier life announced.
  const auto sequence =
      static_cast<uint64_t>(std::max<int64_t>(runtime_.wall_now().unix_seconds, 0));
  mesh_.directory().publish_at(runtime_.now(), kProvider, position, {}, kLifetimeSeconds, sequence);
  mesh_.pump();
}

void Announcer::withdraw(const crypto::Position& position) {
  mesh_.directory().withdraw({position, kProvider, mesh_.own_key()});
}

}  // namespace starling::node
