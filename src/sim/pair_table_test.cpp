#include "sim/pair_table.h"

#include <gtest/gtest.h>
#include <map>

#include "base/rng.h"

namespace starling::sim {
namespace pair_table_test {

TEST(PairTableTest, AgreesWithAMapOnRandomOperations) {
  PairTable<int> table;
  std::map<std::pair<uint32_t, uint32_t>, int> model;
  Rng rng(3);
  EXPECT_EQ(table.find(HostId{0}, HostId{0}), nullptr);
  for (int i = 1; i < 20'000; ++i) {
    const auto from = static_cast<uint32_t>(rng.below(80));
    const auto to = static_cast<uint32_t>(rng.below(80));
    if (rng.chance(0.5)) {
      table.find_or_insert(HostId{from}, HostId{to}) = i;
      model[{from, to}] = i;
    }
    const int* found = table.find(HostId{to}, HostId{from});
    const auto expected = model.find({to, from});
    ASSERT_EQ(found != nullptr, expected != model.end());
    if (found != nullptr) {
      EXPECT_EQ(*found, expected->second);
    }
  }
  EXPECT_EQ(table.size(), model.size());
}

}  // namespace pair_table_test
}  // namespace starling::sim
