#include "link/mtu_search.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "base/rng.h"

namespace starling::link {
namespace mtu_search_test {

constexpr Instant kStart = Instant{} + 1h;
constexpr Duration kRoundTrip = 20ms;

size_t largest_fitting(size_t path_mtu) {
  size_t largest = 0;
  for (const uint16_t size : MtuSearch::kSizes) {
    if (size <= path_mtu) largest = size;
  }
  return largest;
}

// A search over one path that drops what is larger than `path_mtu`, and some of the rest.
struct SearchedPath {
  explicit SearchedPath(size_t mtu, uint64_t seed = 1, double loss = 0)
      : path_mtu(mtu), probe_loss(loss), rng(seed) {}

  size_t path_mtu;
  double probe_loss;
  Rng rng;
  Instant now = kStart;
  MtuSearch search{kStart, false};
  size_t probes_sent = 0;

  // Sends what is due; the answers arrive one round trip later.
  void exchange() {
    std::vector<uint16_t> answers;
    while (const auto size = search.poll_probe(now)) {
      ++probes_sent;
      if (*size <= path_mtu && !rng.chance(probe_loss)) answers.push_back(*size);
    }
    if (answers.empty()) return;
    now += kRoundTrip;
    for (const uint16_t size : answers) search.handle_ack(size);
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    exchange();
    while (search.next_timeout() <= end) {
      now = std::max(now, search.next_timeout());
      exchange();
    }
    now = std::max(now, end);
  }
};

TEST(MtuSearchTest, FindsTheLargestSizeInOneRoundTripOnAnyCleanPath) {
  for (size_t path_mtu = kCarrierMtuMin; path_mtu <= 9'000; ++path_mtu) {
    SearchedPath path(path_mtu);
    path.exchange();
    ASSERT_EQ(path.search.mtu(), largest_fitting(path_mtu)) << path_mtu;
  }
}

TEST(MtuSearchTest, FindsTheLargestSizeOnAnyPathThatLosesATenthOfTheProbes) {
  size_t found_soon = 0;
  size_t paths = 0;
  for (size_t path_mtu = kCarrierMtuMin; path_mtu <= 9'000; ++path_mtu, ++paths) {
    SearchedPath path(path_mtu, /*seed=*/path_mtu, /*loss=*/0.1);
    path.run_for(40s);
    found_soon += path.search.mtu() == largest_fitting(path_mtu) ? 1u : 0u;
    path.run_for(6h);
    ASSERT_EQ(path.search.mtu(), largest_fitting(path_mtu)) << path_mtu;
  }
  EXPECT_GE(found_soon, paths * 999 / 1'000);
}

TEST(MtuSearchTest, ProbesEachLargerSizeOncePerRound) {
  MtuSearch search(kStart, false);
  std::set<uint16_t> sizes;
  while (const auto size = search.poll_probe(kStart)) EXPECT_TRUE(sizes.insert(*size).second);
  EXPECT_EQ(sizes, std::set<uint16_t>(MtuSearch::kSizes.begin() + 1, MtuSearch::kSizes.end()));
}

TEST(MtuSearchTest, RepeatsASilentSearchAfterOneFiveAndThirtySecondsThenHourly) {
  MtuSearch search(kStart, false);
  Instant now = kStart;
  for (const Duration pause :
       {Duration(1s), Duration(5s), Duration(30s), Duration(1h), Duration(1h)}) {
    size_t probes = 0;
    while (search.poll_probe(now)) ++probes;
    EXPECT_EQ(probes, MtuSearch::kSizes.size() - 1);
    EXPECT_EQ(search.next_timeout(), now + pause);
    EXPECT_EQ(search.poll_probe(now + pause - 1ns), std::nullopt);
    now += pause;
  }
  EXPECT_EQ(search.mtu(), kCarrierMtuMin);
}

TEST(MtuSearchTest, AReliableCarrierNeedsNoProbes) {
  MtuSearch search(kStart, true);
  EXPECT_EQ(search.mtu(), MtuSearch::kLargest);
  EXPECT_EQ(search.poll_probe(kStart), std::nullopt);
  search.handle_sent(kStart, MtuSearch::kLargest);
  search.suspect(kStart);
  EXPECT_EQ(search.mtu(), MtuSearch::kLargest);
  EXPECT_EQ(search.next_timeout(), kNever);
}

TEST(MtuSearchTest, AcksOfSmallerOrImpossibleSizesChangeNothing) {
  SearchedPath path(1'500);
  path.exchange();
  ASSERT_EQ(path.search.mtu(), 1'472u);
  for (const unsigned size : {0u, 255u, 256u, 1'452u, 8'953u, 65'535u}) {
    path.search.handle_ack(static_cast<uint16_t>(size));
  }
  EXPECT_EQ(path.search.mtu(), 1'472u);
}

TEST(MtuSearchTest, VerifiesTheProvenSizeOnceAMinuteWhileLargePacketsAreSent) {
  SearchedPath path(9'000);
  path.run_for(1h);
  path.probes_sent = 0;
  path.search.handle_sent(path.now, kCarrierMtuMin);
  path.run_for(10min);
  EXPECT_EQ(path.probes_sent, 0u) << "small packets prove nothing and need no proof";
  for (int i = 0; i < 600; ++i) {
    path.search.handle_sent(path.now, 1'400);
    path.run_for(1s);
  }
  EXPECT_GE(path.probes_sent, 9u);
  EXPECT_LE(path.probes_sent, 10u);
  EXPECT_EQ(path.search.mtu(), MtuSearch::kLargest);
}

TEST(MtuSearchTest, VerifiesNoMoreThanWhatWasSent) {
  MtuSearch search(kStart, false);
  search.handle_ack(MtuSearch::kLargest);
  while (search.poll_probe(kStart)) {
  }
  for (const auto& [sent, probed] :
       {std::pair(1'001u, 1'232u), {1'472u, 1'472u}, {8'952u, 8'952u}}) {
    search.handle_sent(kStart, 1'001);
    search.handle_sent(kStart, sent);
    EXPECT_EQ(search.poll_probe(kStart + 1min), probed);
    search.handle_ack(1'001);
    EXPECT_NE(search.next_timeout(), kStart + 1h) << "nothing as large was acknowledged";
    search.handle_ack(static_cast<uint16_t>(probed));
    EXPECT_EQ(search.next_timeout(), kStart + 1s) << "only the search for more";
    EXPECT_EQ(search.mtu(), MtuSearch::kLargest);
  }
}

TEST(MtuSearchTest, FindsTheNewSizeAfterThePathShrankByVerifyingIt) {
  for (const size_t shrunk : {256u, 600u, 1'300u, 1'460u}) {
    SearchedPath path(1'500);
    path.run_for(2h);
    ASSERT_EQ(path.search.mtu(), 1'472u);
    path.path_mtu = shrunk;
    path.search.handle_sent(path.now, 1'472);
    path.run_for(64s);
    EXPECT_EQ(path.search.mtu(), largest_fitting(shrunk));
  }
}

TEST(MtuSearchTest, FindsTheNewSizeAtOnceAfterASuspicion) {
  for (const size_t shrunk : {256u, 600u, 1'300u, 1'460u}) {
    SearchedPath path(9'000);
    path.run_for(2h);
    ASSERT_EQ(path.search.mtu(), MtuSearch::kLargest);
    path.path_mtu = shrunk;
    path.search.suspect(path.now);
    EXPECT_EQ(path.search.mtu(), kCarrierMtuMin);
    EXPECT_EQ(path.search.next_timeout(), path.now);
    path.exchange();
    EXPECT_EQ(path.search.mtu(), largest_fitting(shrunk));
  }
}

TEST(MtuSearchTest, FindsTheNewSizeAfterThePathShrankDespiteProbeLoss) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SearchedPath path(1'500, seed, 0.1);
    path.run_for(6h);
    path.path_mtu = 1'300;
    path.search.handle_sent(path.now, 1'472);
    path.run_for(6h);
    ASSERT_EQ(path.search.mtu(), 1'232u) << seed;
  }
}

TEST(MtuSearchTest, FindsALargerSizeWithinAnHourAfterThePathGrew) {
  SearchedPath path(600);
  path.run_for(2h);
  ASSERT_EQ(path.search.mtu(), 548u);
  path.path_mtu = 1'500;
  path.run_for(1h);
  EXPECT_EQ(path.search.mtu(), 1'472u);
}

}  // namespace mtu_search_test
}  // namespace starling::link
