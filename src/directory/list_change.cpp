#include "directory/list_change.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace starling::directory {
namespace {

// How far to look for the next pair, and after how many nodes without a partner to leave it: the lists have different orders.
constexpr size_t kAheadMax = 16;
constexpr size_t kAloneMax = 256;

std::vector<KeyNumber> without(const std::vector<KeyNumber>& all,
                               const std::vector<KeyNumber>& some) {
  std::vector<KeyNumber> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(rest));
  return rest;
}

void sort_once(std::vector<KeyNumber>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

// Faster than ==, which compares bytes.
bool same(const NodeId& a, const NodeId& b) { return number_of(a) == number_of(b); }

void take(std::span<const NodeId>& from, size_t count, std::vector<KeyNumber>& to) {
  for (const NodeId& node : from.first(count)) to.push_back(number_of(node));
  from = from.subspan(count);
}

}  // namespace

ListChange change_between(std::span<const NodeId> before, std::span<const NodeId> now) {
  ListChange alone;
  // How many nodes to pass over on both sides until the next pair; as many of each when none is in sight.
  const auto skips = [&]() -> std::pair<size_t, size_t> {
    for (size_t sum = 1; sum <= kAheadMax; ++sum) {
      for (size_t i = 0; i <= sum; ++i) {
        if (i < before.size() && sum - i < now.size() && same(before[i], now[sum - i]))
          return {i, sum - i};
      }
    }
    const size_t both = std::min({before.size(), now.size(), kAheadMax / 2});
    return {both, both};
  };
  while (!before.empty() && !now.empty() && alone.gone.size() + alone.come.size() < kAloneMax) {
    const auto [first, second] =
        std::mismatch(before.begin(), before.end(), now.begin(), now.end(), same);
    before = {first, before.end()};
    now = {second, now.end()};
    if (before.empty() || now.empty()) break;
    const auto [gone, come] = skips();
    take(before, gone, alone.gone);
    take(now, come, alone.come);
  }
  take(before, before.size(), alone.gone);
  take(now, now.size(), alone.come);
  if (alone.gone.empty() && alone.come.empty()) return {.is_none = true};
  sort_once(alone.gone);
  sort_once(alone.come);
  return {.gone = without(alone.gone, alone.come), .come = without(alone.come, alone.gone)};
}

}  // namespace starling::directory
