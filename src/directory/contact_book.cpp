#include "directory/contact_book.h"

#include <algorithm>
#include <array>

namespace starling::directory {

void ContactBook::set_routed(const std::vector<NodeId>& nodes) {
  std::set<NodeId> routed(nodes.begin(), nodes.end());
  routed.erase(self_);
  if (routed == routed_) return;
  routed_ = std::move(routed);
  ++version_;
}

bool ContactBook::add_located(const NodeId& node, Instant expires) {
  if (node == self_) return false;
  if (const auto known = located_.find(node); known != located_.end()) {
    known->second = std::max(known->second, expires);
    return false;
  }
  if (located_.size() >= kLocatedMax) {
    // The farthest from us is the least useful: it is somebody else's sibling.
    const Position own = position_of_node(self_);
    const auto farthest =
        std::max_element(located_.begin(), located_.end(), [&](const auto& a, const auto& b) {
          return distance(a.first, own) < distance(b.first, own);
        });
    if (distance(farthest->first, own) < distance(node, own)) return false;
    located_.erase(farthest);
  }
  located_.emplace(node, expires);
  if (routed_.contains(node)) return false;
  ++version_;
  return true;
}

ContactBook::Trouble* ContactBook::trouble_of(Instant now, const NodeId& node) {
  if (troubled_.size() >= kTroubledMax && !troubled_.contains(node)) return nullptr;
  Trouble& trouble = troubled_[node];
  trouble.forget_at = std::max(trouble.silent_until, now) + 2 * kSilentTime;
  return &trouble;
}

void ContactBook::silence(Instant now, Trouble& trouble) {
  if (now < trouble.silent_until) return;
  const int doublings = std::min(trouble.silences, kSilentDoublingsMax);
  trouble.silent_until = now + kSilentTime * (1 << doublings);
  // Long enough to see whether it is silent again.
  trouble.forget_at = trouble.silent_until + kSilentTime * (2 << doublings);
  trouble.unanswered = 0;
  ++trouble.silences;
  ++version_;
}

void ContactBook::note_undeliverable(Instant now, const NodeId& node) {
  if (Trouble* trouble = trouble_of(now, node)) silence(now, *trouble);
}

void ContactBook::note_unanswered(Instant now, const NodeId& node) {
  Trouble* trouble = trouble_of(now, node);
  // Who was silent before is not given the benefit of the doubt.
  if (trouble && (++trouble->unanswered >= kUnansweredMax || trouble->silences > 0))
    silence(now, *trouble);
}

void ContactBook::note_sign_of_life(const NodeId& node) {
  const auto entry = troubled_.find(node);
  if (entry == troubled_.end()) return;
  if (entry->second.silences > 0) ++version_;
  troubled_.erase(entry);
}

void ContactBook::note_new_life(const NodeId& node) {
  troubled_.erase(node);
  ++version_;
}

void ContactBook::expire(Instant now) {
  const size_t before = located_.size();
  std::erase_if(located_, [&](const auto& entry) { return entry.second <= now; });
  if (located_.size() != before) ++version_;
  for (auto entry = troubled_.begin(); entry != troubled_.end();) {
    Trouble& trouble = entry->second;
    if (trouble.silent_until != Instant::min() && trouble.silent_until <= now) {
      trouble.silent_until = Instant::min();
      ++version_;
    }
    entry = trouble.forget_at <= now ? troubled_.erase(entry) : std::next(entry);
  }
}

bool ContactBook::is_silent(Instant now, const NodeId& node) const {
  const auto entry = troubled_.find(node);
  return entry != troubled_.end() && now < entry->second.silent_until;
}

size_t ContactBook::size() const {
  return routed_.size() + static_cast<size_t>(std::count_if(
                              located_.begin(), located_.end(),
                              [&](const auto& entry) { return !routed_.contains(entry.first); }));
}

std::vector<NodeId> ContactBook::nearest(Instant now, const Position& position,
                                         size_t count) const {
  std::vector<std::pair<Distance, NodeId>> ranked;
  ranked.reserve(routed_.size() + located_.size());
  for (const NodeId& node : routed_) ranked.emplace_back(distance(node, position), node);
  for (const auto& [node, expires] : located_) {
    if (now < expires && !routed_.contains(node))
      ranked.emplace_back(distance(node, position), node);
  }
  if (!troubled_.empty()) {
    std::erase_if(ranked, [&](const auto& entry) { return is_silent(now, entry.second); });
  }
  const size_t kept = std::min(count, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(kept),
                    ranked.end());
  std::vector<NodeId> result;
  for (size_t i = 0; i < kept; ++i) result.push_back(ranked[i].second);
  return result;
}

bool ContactBook::is_among_nearest(Instant now, const Position& position, size_t count) const {
  if (count == 0) return false;
  const auto nearer = nearest(now, position, count);
  return nearer.size() < count || distance(self_, position) < distance(nearer.back(), position);
}

std::vector<size_t> ContactBook::unknown_branches(Instant now, size_t siblings) const {
  const auto nearby = nearest(now, position_of_node(self_), siblings);
  if (siblings == 0 || nearby.size() < siblings) return {};
  std::array<bool, NodeId::kSize * 8 + 1> known{};
  const auto note = [&](const NodeId& node) {
    if (!is_silent(now, node)) known[common_bits(self_, node)] = true;
  };
  for (const NodeId& node : routed_) note(node);
  for (const auto& [node, expires] : located_) {
    if (now < expires) note(node);
  }
  std::vector<size_t> unknown;
  for (size_t bits = 0; bits < common_bits(self_, nearby.back()); ++bits) {
    if (!known[bits]) unknown.push_back(bits);
  }
  return unknown;
}

}  // namespace starling::directory
