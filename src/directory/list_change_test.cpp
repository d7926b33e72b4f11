#include "directory/list_change.h"

#include <gtest/gtest.h>
#include <set>

#include "base/rng.h"

namespace starling::directory {
namespace list_change_test {

NodeId random_node(Rng& rng) { return id_of({rng(), rng()}); }

std::vector<NodeId> random_nodes(Rng& rng, size_t count) {
  std::vector<NodeId> nodes;
  while (nodes.size() < count) nodes.push_back(random_node(rng));
  return nodes;
}

void shuffle(Rng& rng, std::vector<NodeId>& nodes) {
  for (size_t left = nodes.size(); left > 1; --left)
    std::swap(nodes[left - 1], nodes[rng.below(left)]);
}

std::vector<KeyNumber> missing(const std::vector<NodeId>& from, const std::vector<NodeId>& in) {
  std::set<KeyNumber> nodes;
  for (const NodeId& node : from) nodes.insert(number_of(node));
  for (const NodeId& node : in) nodes.erase(number_of(node));
  return {nodes.begin(), nodes.end()};
}

void expect_right(const std::vector<NodeId>& before, const std::vector<NodeId>& now) {
  const ListChange change = change_between(before, now);
  EXPECT_EQ(change.gone, missing(before, now));
  EXPECT_EQ(change.come, missing(now, before));
  EXPECT_EQ(change.is_none, before == now);
}

// Nodes go, come and are replaced, alone and several in a row.
void edit(Rng& rng, std::vector<NodeId>& nodes, size_t edits) {
  for (; edits > 0; --edits) {
    const auto at = nodes.begin() + static_cast<std::ptrdiff_t>(rng.below(nodes.size() + 1));
    const size_t row = 1 + rng.below(rng.chance(0.1) ? 40 : 3);
    if (rng.chance(0.4)) {
      const auto fresh = random_nodes(rng, row);
      nodes.insert(at, fresh.begin(), fresh.end());
    } else if (rng.chance(0.5)) {
      const auto left = static_cast<size_t>(nodes.end() - at);
      nodes.erase(at, at + static_cast<std::ptrdiff_t>(std::min(row, left)));
    } else if (at != nodes.end()) {
      *at = random_node(rng);
    }
  }
}

TEST(ListChangeTest, FindsWhatASetFinds) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const auto before = random_nodes(rng, rng.below(rng.chance(0.3) ? 5 : 600));
    auto now = before;
    edit(rng, now, rng.below(rng.chance(0.2) ? 200 : 8));
    if (rng.chance(0.2) && now.size() > 1) std::swap(now.front(), now[rng.below(now.size())]);
    expect_right(before, now);
  }
}

TEST(ListChangeTest, FindsItAlsoInAnotherOrder) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const auto before = random_nodes(rng, 700);
    auto now = before;
    shuffle(rng, now);
    expect_right(before, now);
    edit(rng, now, rng.below(20));
    expect_right(before, now);
    expect_right(before, random_nodes(rng, rng.below(700)));
  }
}

TEST(ListChangeTest, NamesANodeOnceThatIsThereTwice) {
  Rng rng(1);
  const auto before = random_nodes(rng, 40);
  auto now = before;
  const NodeId fresh = random_node(rng);
  now.insert(now.begin(), fresh);
  now.push_back(fresh);
  expect_right(before, now);
  // One that has not gone is at most said to have come.
  now.push_back(before[7]);
  const ListChange change = change_between(before, now);
  EXPECT_TRUE(change.gone.empty());
  EXPECT_LE(change.come.size(), 2u);
}

}  // namespace list_change_test
}  // namespace starling::directory
