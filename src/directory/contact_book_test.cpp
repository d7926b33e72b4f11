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

TEST(ContactBookTest, DoesWhatASlowBookDoes) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    const NodeId self = random_node(rng);
    std::vector<NodeId> nodes;
    for (int i = 0; i < 25; ++i) nodes.push_back(random_node(rng));
    ContactBook book(self);
    SlowBook slow;
    Instant now = at(0s);
    for (int n = 0; n < 1'500; ++n) {
      now += std::chrono::milliseconds(rng.below(2'000));
      const NodeId& node = nodes[rng.below(nodes.size())];
      switch (rng.below(8)) {
        case 0: {
          slow.routed.clear();
          for (const NodeId& one : nodes) {
            if (rng.chance(0.3)) slow.routed.insert(one);
          }
          book.set_routed({slow.routed.begin(), slow.routed.end()});
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
          const Position position = position_of_node(random_node(rng));
          const size_t count = 1 + rng.below(12);
          const auto nearest = slow.nearest(now, position, count);
          EXPECT_EQ(book.nearest(now, position, count), nearest);
          const bool among = nearest.size() < count ||
                             distance(self, position) < distance(nearest.back(), position);
          EXPECT_EQ(book.is_among_nearest(now, position, count), among);
        }
      }
    }
  }
}

}  // namespace contact_book_test
}  // namespace starling::directory
