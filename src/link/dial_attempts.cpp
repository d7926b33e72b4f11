#include "link/dial_attempts.h"

#include <algorithm>

#include "base/check.h"

namespace starling::link {

void DialAttempts::add(DialAttempt attempt) {
  STARLING_CHECK(has_room());
  const uint32_t index = attempt.initiation.local_index();
  attempts_.emplace(index, std::move(attempt));
}

DialAttempt* DialAttempts::find(uint32_t local_index) {
  const auto entry = attempts_.find(local_index);
  return entry == attempts_.end() ? nullptr : &entry->second;
}

DialAttempt* DialAttempts::find(const crypto::NodeKey& peer, const PathId& path) {
  for (auto& [index, attempt] : attempts_) {
    if (attempt.peer == peer && attempt.path == path) return &attempt;
  }
  return nullptr;
}

DialAttempt* DialAttempts::find(const crypto::NodeKey& peer) {
  DialAttempt* first = nullptr;
  for (auto& [index, attempt] : attempts_) {
    if (attempt.peer == peer && (!first || attempt.begun < first->begun)) first = &attempt;
  }
  return first;
}

std::vector<uint32_t> DialAttempts::remove(const crypto::NodeKey& peer) {
  std::vector<uint32_t> gone;
  std::erase_if(attempts_, [&](const auto& entry) {
    if (entry.second.peer != peer) return false;
    gone.push_back(entry.first);
    return true;
  });
  return gone;
}

std::vector<DialAttempt> DialAttempts::take_carrier(CarrierId carrier) {
  std::vector<DialAttempt> taken;
  std::erase_if(attempts_, [&](auto& entry) {
    if (entry.second.path.carrier != carrier) return false;
    taken.push_back(std::move(entry.second));
    return true;
  });
  return taken;
}

DialAttempt* DialAttempts::poll_due(Instant now) {
  for (auto& [index, attempt] : attempts_) {
    if (attempt.next_try > now || now - attempt.begun >= kPatience) continue;
    attempt.next_try = now + pause_after(++attempt.tries);
    return &attempt;
  }
  return nullptr;
}

std::optional<DialAttempt> DialAttempts::poll_given_up(Instant now) {
  for (auto entry = attempts_.begin(); entry != attempts_.end(); ++entry) {
    if (now - entry->second.begun < kPatience) continue;
    DialAttempt attempt = std::move(entry->second);
    attempts_.erase(entry);
    return attempt;
  }
  return std::nullopt;
}

Instant DialAttempts::next_timeout() const {
  Instant next = kNever;
  for (const auto& [index, attempt] : attempts_) {
    next = std::min({next, attempt.next_try, attempt.begun + kPatience});
  }
  return next;
}

}  // namespace starling::link
