#include "link/reassembler.h"

#include <gtest/gtest.h>
#include <set>

#include "base/rng.h"

namespace starling::link {
namespace reassembler_test {

constexpr Instant kStart = Instant{} + 1h;

Bytes row_of(size_t size, uint64_t seed = 1) {
  Rng rng(seed);
  Bytes row(size);
  for (uint8_t& byte : row) byte = static_cast<uint8_t>(rng());
  return row;
}

FragmentFrame fragment(uint32_t id, uint8_t index, uint8_t count, ByteView bytes) {
  return {id, index, count, bytes};
}

TEST(CutIntoFragmentsTest, EachPieceFitsItsFrameAndTogetherTheyAreTheRow) {
  const Bytes row = row_of(2'100);
  for (size_t frame_size = 150; frame_size <= 2'000; ++frame_size) {
    const auto fragments = cut_into_fragments(5, row, frame_size);
    ASSERT_GE(fragments.size(), 2u);
    ASSERT_LE(fragments.size(), FragmentFrame::kCountMax);
    Bytes joined;
    for (size_t i = 0; i < fragments.size(); ++i) {
      ASSERT_EQ(fragments[i].id, 5u);
      ASSERT_EQ(fragments[i].index, i);
      ASSERT_EQ(fragments[i].count, fragments.size());
      Bytes encoded;
      encode(Frame{fragments[i]}, encoded);
      ASSERT_LE(encoded.size(), frame_size);
      append(joined, fragments[i].bytes);
    }
    ASSERT_EQ(joined, row);
  }
}

TEST(CutIntoFragmentsTest, GivesNothingForARowThatNeedsTooManyPieces) {
  const Bytes row = row_of(64 * 100 + 1);
  EXPECT_TRUE(cut_into_fragments(1, row, kFragmentFrameOverhead + 100).empty());
  EXPECT_EQ(cut_into_fragments(1, ByteView(row).first(6'400), kFragmentFrameOverhead + 100).size(),
            64u);
}

TEST(CutIntoFragmentsTest, GivesNothingForARowThatFitsOneFrame) {
  EXPECT_TRUE(cut_into_fragments(1, row_of(100), kFragmentFrameOverhead + 100).empty());
}

TEST(ReassemblerTest, PutsFragmentsTogetherInAnyOrder) {
  Rng rng(3);
  for (uint32_t id = 0; id < 200; ++id) {
    const Bytes row = row_of(300 + rng.below(2'000), id);
    auto fragments = cut_into_fragments(id, row, 227);
    for (size_t i = fragments.size(); i > 1; --i)
      std::swap(fragments[i - 1], fragments[rng.below(i)]);
    Reassembler reassembler;
    for (size_t i = 0; i < fragments.size(); ++i) {
      const auto outcome = reassembler.handle_fragment(kStart, fragments[i]);
      ASSERT_EQ(outcome.rows_dropped, 0u);
      ASSERT_EQ(outcome.row.has_value(), i + 1 == fragments.size());
      if (outcome.row) {
        ASSERT_EQ(*outcome.row, row);
      }
    }
    ASSERT_EQ(reassembler.next_timeout(), kNever);
  }
}

TEST(ReassemblerTest, KeepsInterleavedRowsApart) {
  Reassembler reassembler;
  const Bytes a = row_of(1'000, 1);
  const Bytes b = row_of(900, 2);
  const auto from_a = cut_into_fragments(1, a, 227);
  const auto from_b = cut_into_fragments(2, b, 227);
  ASSERT_EQ(from_a.size(), from_b.size());
  for (size_t i = 0; i + 1 < from_a.size(); ++i) {
    EXPECT_FALSE(reassembler.handle_fragment(kStart, from_a[i]).row);
    EXPECT_FALSE(reassembler.handle_fragment(kStart, from_b[i]).row);
  }
  EXPECT_EQ(reassembler.handle_fragment(kStart, from_a.back()).row, a);
  EXPECT_EQ(reassembler.handle_fragment(kStart, from_b.back()).row, b);
}

TEST(ReassemblerTest, ARepeatedFragmentChangesNothing) {
  Reassembler reassembler;
  const Bytes row = row_of(Reassembler::kRowSizeMax);
  // The last piece is the small one, so the repeat of an earlier piece would not fit beside what is
  // there.
  const auto fragments = cut_into_fragments(1, row, kFragmentFrameOverhead + 4'000);
  ASSERT_EQ(fragments.size(), 3u);
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragments[0]).rows_dropped, 0u);
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragments[1]).rows_dropped, 0u);
  const auto repeat = reassembler.handle_fragment(kStart, fragments[0]);
  EXPECT_FALSE(repeat.row);
  EXPECT_EQ(repeat.rows_dropped, 0u);
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragments[2]).row, row);
}

TEST(ReassemblerTest, GivesARowUpWhoseFragmentsDisagreeOnTheirCount) {
  Reassembler reassembler;
  const Bytes piece = row_of(10);
  reassembler.handle_fragment(kStart, fragment(1, 0, 3, piece));
  const auto outcome = reassembler.handle_fragment(kStart, fragment(1, 1, 2, piece));
  EXPECT_FALSE(outcome.row);
  EXPECT_EQ(outcome.rows_dropped, 1u);
  EXPECT_EQ(reassembler.next_timeout(), kNever);
}

TEST(ReassemblerTest, GivesARowUpThatGrowsTooLong) {
  Reassembler reassembler;
  const Bytes piece = row_of(Reassembler::kRowSizeMax / 2 + 1);
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragment(1, 0, 2, piece)).rows_dropped, 0u);
  const auto outcome = reassembler.handle_fragment(kStart, fragment(1, 1, 2, piece));
  EXPECT_FALSE(outcome.row);
  EXPECT_EQ(outcome.rows_dropped, 1u);
  const Bytes whole = row_of(Reassembler::kRowSizeMax + 1);
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragment(2, 0, 2, whole)).rows_dropped, 1u);
  EXPECT_EQ(reassembler.next_timeout(), kNever);
}

TEST(ReassemblerTest, DropsTheOldestRowBeyondTheNumberOfRows) {
  Reassembler reassembler;
  const Bytes piece = row_of(10);
  for (uint32_t id = 1; id <= Reassembler::kRowsMax; ++id) {
    ASSERT_EQ(reassembler.handle_fragment(kStart, fragment(id, 0, 2, piece)).rows_dropped, 0u);
  }
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragment(100, 0, 2, piece)).rows_dropped, 1u);
  EXPECT_TRUE(reassembler.handle_fragment(kStart, fragment(2, 1, 2, piece)).row);
  EXPECT_TRUE(reassembler.handle_fragment(kStart, fragment(100, 1, 2, piece)).row);
  EXPECT_FALSE(reassembler.handle_fragment(kStart, fragment(1, 1, 2, piece)).row);
}

TEST(ReassemblerTest, DropsTheOldestRowsBeyondTheNumberOfBytes) {
  Reassembler reassembler;
  constexpr size_t kPiece = Reassembler::kRowSizeMax - 10;
  constexpr uint32_t kFit = Reassembler::kBytesMax / kPiece;
  ASSERT_LT(kFit, Reassembler::kRowsMax);
  const Bytes piece = row_of(kPiece);
  const Bytes rest = row_of(10);
  for (uint32_t id = 1; id <= kFit; ++id) {
    ASSERT_EQ(reassembler.handle_fragment(kStart, fragment(id, 0, 2, piece)).rows_dropped, 0u);
  }
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragment(kFit + 1, 0, 2, piece)).rows_dropped, 1u);
  EXPECT_FALSE(reassembler.handle_fragment(kStart, fragment(1, 1, 2, rest)).row);
  EXPECT_TRUE(reassembler.handle_fragment(kStart, fragment(kFit + 1, 1, 2, rest)).row);
}

TEST(ReassemblerTest, NeverDropsTheRowThatIsGrowingToMakeRoomForIt) {
  Reassembler reassembler;
  const Bytes piece = row_of(Reassembler::kRowSizeMax - 200);
  const Bytes rest = row_of(100);
  uint32_t id = 1;
  for (; id <= Reassembler::kBytesMax / piece.size(); ++id) {
    reassembler.handle_fragment(kStart, fragment(id, 0, 3, piece));
  }
  const Bytes filler = row_of(Reassembler::kBytesMax % piece.size());
  ASSERT_EQ(reassembler.handle_fragment(kStart, fragment(id, 0, 3, filler)).rows_dropped, 0u);
  EXPECT_EQ(reassembler.handle_fragment(kStart, fragment(1, 1, 3, rest)).rows_dropped, 1u);
  const auto last = reassembler.handle_fragment(kStart, fragment(1, 2, 3, rest));
  ASSERT_TRUE(last.row);
  EXPECT_EQ(last.row->size(), Reassembler::kRowSizeMax);
}

TEST(ReassemblerTest, GivesARowUpAfterItsLifetime) {
  Reassembler reassembler;
  const Bytes piece = row_of(10);
  reassembler.handle_fragment(kStart, fragment(1, 0, 3, piece));
  reassembler.handle_fragment(kStart + 1s, fragment(2, 0, 2, piece));
  reassembler.handle_fragment(kStart + 1s, fragment(1, 1, 3, piece));  // does not prolong it
  EXPECT_EQ(reassembler.next_timeout(), kStart + Reassembler::kLifetime);
  EXPECT_EQ(reassembler.handle_timeout(kStart + Reassembler::kLifetime - 1ns), 0u);
  EXPECT_EQ(reassembler.handle_timeout(kStart + Reassembler::kLifetime), 1u);
  EXPECT_EQ(reassembler.next_timeout(), kStart + 1s + Reassembler::kLifetime);
  EXPECT_TRUE(reassembler.handle_fragment(kStart + 2s, fragment(2, 1, 2, piece)).row);
}

// The same decisions made with nothing but a list of what came in.
struct SlowReassembler {
  struct Row {
    Instant expires;
    uint8_t count;
    std::map<uint8_t, Bytes> pieces;
  };
  std::map<uint32_t, Row> rows;

  static size_t bytes_of(const Row& row) {
    size_t sum = 0;
    for (const auto& [index, piece] : row.pieces) sum += piece.size();
    return sum;
  }
  [[nodiscard]] bool is_too_full() const {
    size_t sum = 0;
    for (const auto& [id, row] : rows) sum += bytes_of(row);
    return rows.size() > Reassembler::kRowsMax || sum > Reassembler::kBytesMax;
  }
  Reassembler::Outcome handle_fragment(Instant now, const FragmentFrame& frame) {
    rows.try_emplace(frame.id, Row{now + Reassembler::kLifetime, frame.count, {}});
    Row& row = rows.at(frame.id);
    if (row.count == frame.count && row.pieces.contains(frame.index)) return {};
    if (row.count != frame.count || bytes_of(row) + frame.bytes.size() > Reassembler::kRowSizeMax) {
      rows.erase(frame.id);
      return {std::nullopt, 1};
    }
    row.pieces[frame.index] = copy_of(frame.bytes);
    Reassembler::Outcome outcome;
    for (; is_too_full(); ++outcome.rows_dropped) {
      rows.erase(rows.begin()->first == frame.id ? std::next(rows.begin()) : rows.begin());
    }
    if (row.pieces.size() < row.count) return outcome;
    outcome.row.emplace();
    for (const auto& [index, piece] : row.pieces) append(*outcome.row, piece);
    rows.erase(frame.id);
    return outcome;
  }
  size_t handle_timeout(Instant now) {
    return std::erase_if(rows, [&](const auto& entry) { return entry.second.expires <= now; });
  }
};

TEST(ReassemblerTest, AgreesWithASlowReassemblerOnRandomFragments) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Reassembler reassembler;
    SlowReassembler slow;
    Instant now = kStart;
    uint32_t newest_id = 0;
    size_t rows_completed = 0;
    for (int i = 0; i < 5'000; ++i) {
      now += std::chrono::milliseconds(rng.below(20));
      ASSERT_EQ(reassembler.handle_timeout(now), slow.handle_timeout(now));
      newest_id += rng.chance(0.3) ? 1u : 0u;
      const auto id = static_cast<uint32_t>(newest_id + 40 - rng.below(40));
      const auto count = static_cast<uint8_t>(rng.chance(0.02) ? 2 + rng.below(15) : 2 + id % 3);
      const Bytes bytes = row_of(1 + rng.below(rng.chance(0.1) ? 9'216 : 1'200), rng());
      const auto frame = fragment(id, static_cast<uint8_t>(rng.below(count)), count, bytes);
      const auto expected = slow.handle_fragment(now, frame);
      const auto outcome = reassembler.handle_fragment(now, frame);
      ASSERT_EQ(outcome.row, expected.row);
      ASSERT_EQ(outcome.rows_dropped, expected.rows_dropped);
      rows_completed += outcome.row ? 1u : 0u;
    }
    EXPECT_GT(rows_completed, 100u);
  }
}

}  // namespace reassembler_test
}  // namespace starling::link
