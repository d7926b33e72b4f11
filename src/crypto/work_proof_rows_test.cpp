#include "crypto/work_proof_rows.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::crypto {
namespace work_proof_rows_test {

WorkRow random_row(Rng& rng, const WorkRowLayout& layout) {
  return {.rest = {rng() & layout.rest_mask.high, rng() & layout.rest_mask.low},
          .note = rng() & layout.note_mask};
}

std::vector<WorkRow> rows_of(const WorkRowList& list, const WorkMemory& memory,
                             const WorkRowLayout& layout) {
  std::vector<WorkRow> rows;
  list.each(memory, layout, [&](const WorkRow& row) { rows.push_back(row); });
  return rows;
}

TEST(WorkProofRowsTest, ARowTakesTheBytesThatItsBitsNeed) {
  const WorkRowLayout layout(78, 46);
  EXPECT_EQ(layout.rest_size, 10U);
  EXPECT_EQ(layout.row_size, 16U);
  EXPECT_EQ(layout.rest_mask, (WorkString{0xffff, ~uint64_t{0}}));
  EXPECT_EQ(layout.note_mask, 0xffff'ffff'ffffU);
  EXPECT_EQ(WorkRowLayout(34, 32).rest_mask, (WorkString{0, 0xff'ffff'ffff}));
  EXPECT_EQ(WorkRowLayout(0, 32).row_size, 4U);
}

// Small and large rows side by side in one memory, compared with vectors.
TEST(WorkProofRowsTest, ListsHoldWhatWasAppendedWhileOthersComeAndGo) {
  Rng rng(20'260'101);
  const std::array layouts = {WorkRowLayout(100, 23), WorkRowLayout(34, 32), WorkRowLayout(0, 46),
                              WorkRowLayout(128, 64)};
  WorkMemory memory(256);
  std::array<WorkRowList, layouts.size()> lists;
  std::array<std::vector<WorkRow>, layouts.size()> expected;
  for (int step = 0; step < 20'000; ++step) {
    const size_t which = rng.below(lists.size());
    if (rng.below(2'000) == 0) {
      lists[which].clear(memory);
      expected[which].clear();
    }
    const WorkRow row = random_row(rng, layouts[which]);
    if (lists[which].append(memory, layouts[which], row)) expected[which].push_back(row);
  }
  for (size_t i = 0; i < lists.size(); ++i) {
    ASSERT_EQ(lists[i].size(layouts[i]), expected[i].size());
    EXPECT_EQ(rows_of(lists[i], memory, layouts[i]), expected[i]);
    for (size_t j = 0; j < expected[i].size(); j += 7)
      EXPECT_EQ(lists[i].at(memory, layouts[i], j), expected[i][j]);
  }
}

TEST(WorkProofRowsTest, RefusesRowsWhenAllChunksAreTakenAndGoesOnWhenSomeAreFree) {
  const WorkRowLayout layout(64, 64);
  WorkMemory memory(2);
  WorkRowList list;
  WorkRowList other;
  const WorkRow row{{0, 1}, 2};
  for (size_t i = 0; i < 2 * layout.rows_per_chunk; ++i)
    ASSERT_TRUE(list.append(memory, layout, row));
  EXPECT_FALSE(list.append(memory, layout, row));
  EXPECT_FALSE(other.append(memory, layout, row));
  EXPECT_EQ(list.size(layout), 2 * layout.rows_per_chunk);
  EXPECT_EQ(other.size(layout), 0U);
  list.clear(memory);
  EXPECT_EQ(list.size(layout), 0U);
  EXPECT_TRUE(other.append(memory, layout, row));
  EXPECT_EQ(rows_of(other, memory, layout), std::vector{row});
}

}  // namespace work_proof_rows_test
}  // namespace starling::crypto
