#include "sim/trace.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace starling::sim {
namespace trace_test {

constexpr TraceLine kLine{Instant{1s}, HostId{1}, HostId{2}, 100, 7};

uint64_t hash_of(const std::vector<TraceLine>& lines) {
  Trace trace;
  for (const TraceLine& line : lines) trace.add(line);
  return trace.hash();
}

TEST(TraceTest, HasEqualHashesForEqualPackets) {
  EXPECT_EQ(hash_of({kLine, kLine}), hash_of({kLine, kLine}));
}

TEST(TraceTest, HasAnotherHashWhenAnyFieldOrTheOrderDiffers) {
  std::vector<TraceLine> variants(6, kLine);
  variants[1].at += 1ns;
  variants[2].from = HostId{3};
  variants[3].to = kNoHost;
  variants[4].size = 101;
  variants[5].kind = kBeaconKind;
  std::set<uint64_t> hashes;
  for (const TraceLine& line : variants) hashes.insert(hash_of({line}));
  EXPECT_EQ(hashes.size(), variants.size());
  EXPECT_NE(hash_of({variants[0], variants[1]}), hash_of({variants[1], variants[0]}));
}

TEST(TraceTest, WritesLinesAsCsvForAListener) {
  Trace trace;
  std::vector<std::string> lines;
  trace.set_listener([&](const TraceLine& line) { lines.push_back(to_csv(line)); });
  trace.add(kLine);
  trace.add({Instant{2s}, HostId{4}, kNoHost, 5, kStreamOpenKind});
  trace.set_listener({});
  trace.add(kLine);
  EXPECT_EQ(lines, (std::vector<std::string>{"1000000000,1,2,100,7", "2000000000,4,,5,257"}));
  EXPECT_EQ(trace.packets(), 3U);
}

}  // namespace trace_test
}  // namespace starling::sim
