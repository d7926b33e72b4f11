#include "session/receive_buffer.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::session {
namespace receive_buffer_test {

TEST(ReceiveBufferTest, RandomAppendsAndReadsAgreeWithAPlainString) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    ReceiveBuffer buffer;
    Bytes all;
    size_t read = 0;
    for (int step = 0; step < 500; ++step) {
      if (rng.chance(0.6)) {
        Bytes part(rng.below(3'000));
        for (uint8_t& byte : part) byte = static_cast<uint8_t>(rng());
        append(all, part);
        buffer.append(part);
      } else {
        const size_t max = 1 + rng.below(100'000);
        const Bytes part = buffer.read(max);
        ASSERT_LE(part.size(), max);
        ASSERT_EQ(part.empty(), read == all.size());
        ASSERT_TRUE(same_bytes(part, ByteView(all).subspan(read, part.size())));
        read += part.size();
      }
      ASSERT_EQ(buffer.size(), all.size() - read);
    }
  }
}

}  // namespace receive_buffer_test
}  // namespace starling::session
