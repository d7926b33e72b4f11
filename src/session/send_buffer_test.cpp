#include "session/send_buffer.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::session {
namespace send_buffer_test {

Bytes numbered(size_t size, uint64_t from) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>((from + i) * 31 >> 2);
  return bytes;
}

TEST(SendBufferTest, RandomOperationsAgreeWithAPlainString) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    SendBuffer buffer;
    Bytes all;
    uint64_t sent = 0;
    uint64_t acknowledged = 0;
    std::vector<std::pair<const uint8_t*, uint64_t>> shown;  // stays until acknowledged
    for (int step = 0; step < 500; ++step) {
      const uint64_t choice = rng.below(3);
      if (choice == 0) {
        Bytes chunk = numbered(rng.below(rng.chance(0.5) ? 40 : 5'000), all.size());
        append(all, chunk);
        buffer.push(std::move(chunk));
      } else if (choice == 1) {
        std::array<ByteView, 3> views;
        const size_t count = buffer.gather(views, 2'000);
        size_t left = rng.below(2'000);
        for (size_t i = 0; i < count && left > 0; ++i) {
          const size_t part = std::min(left, views[i].size());
          ASSERT_TRUE(same_bytes(views[i].first(part), ByteView(all).subspan(sent, part)));
          if (part > 0) shown.emplace_back(views[i].data(), sent);
          buffer.mark_sent(part);
          sent += part;
          left -= part;
        }
      } else {
        acknowledged += rng.below(sent - acknowledged + 1);
        buffer.acknowledge(acknowledged);
      }
      ASSERT_EQ(buffer.size(), all.size() - acknowledged);
      ASSERT_EQ(buffer.unsent(), all.size() - sent);
      for (const auto& [byte, offset] : shown) {
        ASSERT_TRUE(offset < acknowledged || *byte == all[offset]);
      }
    }
  }
}

TEST(SendBufferTest, ManySmallWritesShareChunks) {
  SendBuffer buffer;
  for (int i = 0; i < 1'000; ++i) buffer.push(Bytes(4, 'x'));
  std::array<ByteView, 8> views;
  EXPECT_EQ(buffer.gather(views, 2'000), 1u);
  EXPECT_EQ(buffer.unsent(), 4'000u);
}

}  // namespace send_buffer_test
}  // namespace starling::session
