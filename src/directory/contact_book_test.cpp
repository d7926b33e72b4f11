#include "directory/contact_book.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "base/rng.h"

namespace starling::directory {
namespace contact_book_test {

Instant at(Duration since_start) { return Instant{} + 1h + since_start; }

NodeId random_node(Rng& rng) {
  NodeId node;
  for (uint8_t& byte : node.value) byte = static_cast<uint8_t>(rng());
  return node;
}

TEST(ContactBookTest, NamesTheNearestFirstAndNeverItself) {
  Rng rng(1);
  const NodeId self = random_node(rng);
  ContactBook book(self);
  std::vector<NodeId> nodes = {self};
  for (int i = 0; i < 50; ++i) nodes.push_back(random_node(rng));
  book.set_routed(nodes);
  EXPECT_FALSE(book.add_located(self, at(1h)));
  EXPECT_EQ(book.size(), 50u);
  const Position position = position_of_node(self);
  const auto nearest = book.nearest(at(0s), position, 100);
  ASSERT_EQ(nearest.size(), 50u);
  EXPECT_TRUE(std::is_sorted(nearest.begin(), nearest.end(), [&](const auto& a, const auto& b) {
    return distance(a, position) < distance(b, position);
  }));
  EXPECT_EQ(std::count(nearest.begin(), nearest.end(), self), 0);
}

TEST(ContactBookTest, KnowsALocatedNodeUntilItsLocationExpires) {
  Rng rng(1);
  ContactBook book(random_node(rng));
  const NodeId node = random_node(rng);
  EXPECT_TRUE(book.add_located(node, at(10s)));
  EXPECT_FALSE(book.add_located(node, at(20s)));
  EXPECT_EQ(book.nearest(at(19s), {}, 9).size(), 1u);
  EXPECT_TRUE(book.nearest(at(20s), {}, 9).empty());
  book.expire(at(20s));
  EXPECT_EQ(book.size(), 0u);
}

TEST(ContactBookTest, ARoutedNodeIsNoNewContactWhenItIsLocated) {
  Rng rng(1);
  ContactBook book(random_node(rng));
  const NodeId node = random_node(rng);
  book.set_routed({node});
  EXPECT_FALSE(book.add_located(node, at(10s)));
  EXPECT_EQ(book.size(), 1u);
  EXPECT_EQ(book.nearest(at(0s), {}, 9).size(), 1u);
}

TEST(ContactBookTest, LeavesOutWhoCannotBeReachedEachTimeLonger) {
  Rng rng(1);
  ContactBook book(random_node(rng));
  const NodeId node = random_node(rng);
  book.add_located(node, at(100h));
  Instant now = at(0s);
  Duration silent = ContactBook::kSilentTime;
  for (int times = 0; times < 10; ++times) {
    book.note_undeliverable(now, node);
    EXPECT_TRUE(book.is_silent(now + silent - 1ms, node)) << times;
    EXPECT_FALSE(book.is_silent(now + silent, node)) << times;
    EXPECT_TRUE(book.nearest(now, {}, 9).empty());
    now += silent;
    if (times < ContactBook::kSilentDoublingsMax) silent *= 2;
    book.expire(now);
  }
  book.note_undeliverable(now, node);
  book.note_sign_of_life(node);
  EXPECT_EQ(book.nearest(now, {}, 9).size(), 1u);
  book.note_undeliverable(now, node);
  EXPECT_FALSE(book.is_silent(now + ContactBook::kSilentTime, node)) << "begins anew";
}

TEST(ContactBookTest, ForgivesOneUnansweredQuestionUnlessItWasSilentBefore) {
  Rng rng(1);
  ContactBook book(random_node(rng));
  const NodeId node = random_node(rng);
  book.set_routed({node});
  book.note_unanswered(at(0s), node);
  EXPECT_FALSE(book.is_silent(at(0s), node));
  book.note_sign_of_life(node);
  book.note_unanswered(at(1s), node);
  EXPECT_FALSE(book.is_silent(at(1s), node));
  book.note_unanswered(at(2s), node);
  EXPECT_TRUE(book.is_silent(at(2s), node));
  book.expire(at(32s));
  EXPECT_FALSE(book.is_silent(at(32s), node));
  book.note_unanswered(at(33s), node);
  EXPECT_TRUE(book.is_silent(at(33s), node));
}

TEST(ContactBookTest, ForgetsOldTrouble) {
  Rng rng(1);
  ContactBook book(random_node(rng));
  const NodeId node = random_node(rng);
  book.set_routed({node});
  book.note_unanswered(at(0s), node);
  book.expire(at(10min));
  book.note_unanswered(at(10min), node);
  EXPECT_FALSE(book.is_silent(at(10min), node));
}

TEST(ContactBookTest, KeepsTheLocatedNodesNearestToItself) {
  Rng rng(1);
  const NodeId self = random_node(rng);
  ContactBook book(self);
  std::vector<NodeId> nodes;
  for (size_t i = 0; i < ContactBook::kLocatedMax + 200; ++i) {
    nodes.push_back(random_node(rng));
    book.add_located(nodes.back(), at(1h));
  }
  EXPECT_EQ(book.size(), ContactBook::kLocatedMax);
  const Position own = position_of_node(self);
  std::sort(nodes.begin(), nodes.end(),
            [&](const auto& a, const auto& b) { return distance(a, own) < distance(b, own); });
  nodes.resize(ContactBook::kLocatedMax);
  EXPECT_EQ(book.nearest(at(0s), own, nodes.size()), nodes);
}

TEST(ContactBookTest, ChangesItsVersionWhenTheContactsChange) {
  Rng rng(1);
  ContactBook book(random_node(rng));
  const NodeId a = random_node(rng);
  const NodeId b = random_node(rng);
  uint64_t version = book.version();
  const auto changed = [&] { return std::exchange(version, book.version()) != book.version(); };
  book.set_routed({a});
  EXPECT_TRUE(changed());
  book.set_routed({a});
  EXPECT_FALSE(changed());
  book.add_located(b, at(1min));
  EXPECT_TRUE(changed());
  book.add_located(b, at(2min));
  EXPECT_FALSE(changed());
  book.note_undeliverable(at(0s), b);
  EXPECT_TRUE(changed());
  book.expire(at(31s));
  EXPECT_TRUE(changed()) << "it is back";
  book.expire(at(32s));
  EXPECT_FALSE(changed());
  book.expire(at(2min));
  EXPECT_TRUE(changed());
}

TEST(ContactBookTest, SeesIntoWhichBranchesItKnowsNoWay) {
  const NodeId self{};
  ContactBook book(self);
  const auto with_common_bits = [](size_t bits, uint8_t salt) {
    NodeId node;
    node.value[bits / 8] = static_cast<uint8_t>(0x80u >> (bits % 8));
    node.value[15] = salt;
    return node;
  };
  // Eight siblings that share 20 bits, and contacts that share none, 3, and 4.
  std::vector<NodeId> nodes = {with_common_bits(0, 1), with_common_bits(3, 1),
                               with_common_bits(4, 1)};
  EXPECT_TRUE(book.unknown_branches(at(0s), 8).empty()) << "alone";
  for (uint8_t salt = 0; salt < 8; ++salt) nodes.push_back(with_common_bits(20, salt));
  book.set_routed(nodes);
  std::vector<size_t> unknown = book.unknown_branches(at(0s), 8);
  EXPECT_EQ(unknown.size(), 20u - 3);
  EXPECT_EQ(std::count(unknown.begin(), unknown.end(), 3u), 0);
  EXPECT_EQ(std::count(unknown.begin(), unknown.end(), 5u), 1);
  book.note_undeliverable(at(0s), with_common_bits(3, 1));
  unknown = book.unknown_branches(at(0s), 8);
  EXPECT_EQ(std::count(unknown.begin(), unknown.end(), 3u), 1);
}

// The rules of the book, written down as plainly as possible.
struct SlowBook {
  struct Trouble {
    int unanswered = 0;
    int silences = 0;
    Instant silent_until = Instant::min();
  };
  std::set<NodeId> routed;
  std::map<NodeId, Instant> located;
  std::map<NodeId, Trouble> troubled;

  void silence(Instant now, const NodeId& node) {
    Trouble& trouble = troubled[node];
    if (now < trouble.silent_until) return;
    const int doublings = std::min(trouble.silences++, ContactBook::kSilentDoublingsMax);
    trouble.silent_until = now + ContactBook::kSilentTime * (1 << doublings);
    trouble.unanswered = 0;
  }
  void note_unanswered(Instant now, const NodeId& node) {
    Trouble& trouble = troubled[node];
    if (++trouble.unanswered >= 2 || trouble.silences > 0) silence(now, node);
  }
  [[nodiscard]] size_t size() const {
    std::set<NodeId> all = routed;
    for (const auto& [node, expires] : located) all.insert(node);
    return all.size();
  }
  [[nodiscard]] std::vector<NodeId> nearest(Instant now, const Position& position,
                                            size_t count) const {
    std::set<NodeId> usable = routed;
    for (const auto& [node, expires] : located) {
      if (now < expires) usable.insert(node);
    }
    std::vector<NodeId> result;
    while (result.size() < count) {
      const NodeId* best = nullptr;
      for (const NodeId& node : usable) {
        const auto trouble = troubled.find(node);
        if (trouble != troubled.end() && now < trouble->second.silent_until) continue;
        if (std::find(result.begin(), result.end(), node) != result.end()) continue;
        if (!best || distance(node, position) < distance(*best, position)) best = &node;
      }
      if (!best) break;
      result.push_back(*best);
    }
    return result;
  }
};

// Every other time they share their first 8 bytes, or most bits.
std::vector<NodeId> random_nodes(Rng& rng, size_t count, uint64_t seed) {
  std::vector<NodeId> nodes;
  while (nodes.size() < count) {
    NodeId node = random_node(rng);
    const size_t bytes = seed % 4 == 1 ? 8 : seed % 4 == 3 ? rng.below(16) : 0;
    std::fill_n(node.value.begin(), bytes, 0x5a);
    nodes.push_back(node);
  }
  return nodes;
}

// As a routing table changes: some go, some come, mostly in the same order; now and then one is there twice.
void change_list(Rng& rng, std::vector<NodeId>& list, const std::vector<NodeId>& nodes) {
  for (size_t edits = rng.below(5); edits > 0; --edits) {
    const auto place = list.begin() + static_cast<std::ptrdiff_t>(rng.below(list.size() + 1));
    if (place == list.end() || rng.chance(0.4)) {
      list.insert(place, nodes[rng.below(nodes.size())]);
    } else if (rng.chance(0.5)) {
      list.erase(place);
    } else {
      std::swap(*place, list.front());
    }
  }
}

TEST(ContactBookTest, DoesWhatASlowBookDoes) {
  for (uint64_t seed = 0; seed < 24; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::vector<NodeId> nodes = random_nodes(rng, seed % 8 < 4 ? 25 : 120, seed);
    const NodeId self = nodes.front();
    ContactBook book(self);
    SlowBook slow;
    std::vector<NodeId> list;
    Instant now = at(0s);
    for (int n = 0; n < 1'500; ++n) {
      now += std::chrono::milliseconds(rng.below(2'000));
      const NodeId& node = nodes[1 + rng.below(nodes.size() - 1)];
      switch (rng.below(9)) {
        case 0: {
          list.clear();
          for (const NodeId& one : nodes) {
            if (rng.chance(0.3)) list.push_back(one);
          }
          [[fallthrough]];
        }
        case 8: {
          if (rng.chance(0.8)) change_list(rng, list, nodes);
          slow.routed = {list.begin(), list.end()};
          slow.routed.erase(self);
          book.set_routed(list);
          EXPECT_EQ(book.size(), slow.size());
          break;
        }
        case 1: {
          const Instant expires = now + std::chrono::seconds(rng.below(100));
          book.add_located(node, expires);
          slow.located[node] = std::max(slow.located[node], expires);
          break;
        }
        case 2:
          book.note_undeliverable(now, node);
          slow.silence(now, node);
          break;
        case 3:
          book.note_unanswered(now, node);
          slow.note_unanswered(now, node);
          break;
        case 4:
          book.note_sign_of_life(node);
          slow.troubled.erase(node);
          break;
        default: {
          const Position position =
              position_of_node(rng.chance(0.5) ? nodes[rng.below(nodes.size())] : random_node(rng));
          // Now and then more than there are.
          const size_t count = rng.below(rng.chance(0.1) ? 200 : 13);
          const auto nearest = slow.nearest(now, position, count);
          EXPECT_EQ(book.nearest(now, position, count), nearest);
          const bool among =
              count > 0 && (nearest.size() < count ||
                            distance(self, position) < distance(nearest.back(), position));
          EXPECT_EQ(book.is_among_nearest(now, position, count), among);
        }
      }
    }
  }
}

TEST(ContactBookTest, GivesNoMoreThanThereIsRoomFor) {
  Rng rng(1);
  ContactBook book(random_node(rng));
  book.set_routed(random_nodes(rng, 20, 0));
  std::array<NodeId, 30> into;
  const auto all = book.nearest(at(0s), {}, 30);
  ASSERT_EQ(all.size(), 20u);
  EXPECT_EQ(book.nearest(at(0s), {}, into), 20u);
  EXPECT_TRUE(std::equal(all.begin(), all.end(), into.begin()));
  EXPECT_EQ(book.nearest(at(0s), {}, std::span(into).first(7)), 7u);
  EXPECT_EQ(book.nearest(at(0s), {}, std::span(into).first(0)), 0u);
  std::vector<NodeId> visited;
  book.visit_nearest(at(0s), {}, [&](const NodeId& node) {
    visited.push_back(node);
    return visited.size() < 3;
  });
  EXPECT_EQ(visited, std::vector(all.begin(), all.begin() + 3));
}

TEST(ContactBookTest, ForgetsALocatedNodeFarAwayForANearerOneButNotWhileItIsRouted) {
  Rng rng(1);
  const NodeId self{};
  ContactBook book(self);
  const auto node = [](uint64_t number) { return id_of({number << 32, 0}); };
  book.set_routed({node(5'000)});
  for (uint64_t i = 0; i < ContactBook::kLocatedMax; ++i)
    book.add_located(node(i == 0 ? 5'000 : 1'000 + i), at(1h));
  EXPECT_FALSE(book.add_located(node(6'000), at(1h)));
  EXPECT_EQ(book.size(), ContactBook::kLocatedMax);
  EXPECT_TRUE(book.add_located(node(1), at(1h)));
  EXPECT_EQ(book.size(), ContactBook::kLocatedMax + 1) << "the farthest is routed, too";
  EXPECT_TRUE(book.add_located(node(2), at(1h)));
  EXPECT_EQ(book.size(), ContactBook::kLocatedMax + 1);
  book.set_routed({});
  EXPECT_EQ(book.size(), ContactBook::kLocatedMax);
  book.expire(at(1h));
  EXPECT_EQ(book.size(), 0u);
}

// Whoever looks only near the changed contacts misses nothing.
TEST(ContactBookTest, NamesTheChangedContactsNearAPositionWhereOthersAreNearestNow) {
  constexpr size_t kCount = 8;
  for (uint64_t seed = 0; seed < 24; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const std::vector<NodeId> nodes = random_nodes(rng, seed % 8 < 4 ? 60 : 600, seed);
    ContactBook book(nodes.front());
    std::vector<Position> positions;
    for (const NodeId& node : random_nodes(rng, 30, seed))
      positions.push_back(position_of_node(node));
    std::vector<std::vector<NodeId>> before(positions.size());
    std::vector<NodeId> list(nodes.begin() + 1, nodes.end() - 20);
    size_t spared = 0;
    Instant now = at(0s);
    for (int n = 0; n < 400; ++n) {
      for (size_t changes = rng.below(4); changes > 0; --changes) {
        const NodeId& node = nodes[rng.below(nodes.size())];
        now += std::chrono::milliseconds(rng.below(9'000));
        if (rng.chance(0.02)) book.set_routed({});
        if (rng.chance(0.4)) change_list(rng, list, nodes);
        if (rng.chance(0.4)) book.set_routed(list);
        if (rng.chance(0.4)) book.add_located(node, now + std::chrono::seconds(rng.below(300)));
        if (rng.chance(0.2)) book.note_undeliverable(now, node);
        if (rng.chance(0.2)) book.note_sign_of_life(node);
        if (rng.chance(0.1)) book.note_new_life(node);
      }
      book.expire(now);
      const ChangedContacts changed = book.take_changed();
      for (size_t i = 0; i < positions.size(); ++i) {
        const NodeId* last = before[i].size() < kCount ? nullptr : &before[i].back();
        const size_t bits =
            last ? common_bits(number_of(*last), number_of(positions[i])) : size_t{0};
        const bool expected = changed.has_near(number_of(positions[i]), bits);
        spared += expected ? 0 : 1;
        auto nearest = book.nearest(now, positions[i], kCount);
        EXPECT_TRUE(expected || nearest == before[i]);
        before[i] = std::move(nearest);
      }
    }
    EXPECT_GT(spared, 1'000u);
  }
}

}  // namespace contact_book_test
}  // namespace starling::directory
