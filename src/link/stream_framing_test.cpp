#include "link/stream_framing.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::link {
namespace stream_framing_test {

TEST(StreamFramingTest, AnyCuttingOfTheStreamGivesTheSamePackets) {
  Rng rng(7);
  std::vector<Bytes> sent;
  Bytes stream;
  for (int i = 0; i < 200; ++i) {
    Bytes packet(1 + rng.below(kStreamPacketMax));
    for (uint8_t& byte : packet) byte = static_cast<uint8_t>(rng());
    frame_for_stream(packet, stream);
    sent.push_back(std::move(packet));
  }
  StreamDeframer deframer;
  std::vector<Bytes> received;
  for (size_t at = 0; at < stream.size();) {
    const size_t size = std::min<size_t>(1 + rng.below(3000), stream.size() - at);
    ASSERT_TRUE(deframer.handle_bytes(ByteView(stream).subspan(at, size), [&](ByteView packet) {
      received.push_back(copy_of(packet));
    }));
    at += size;
  }
  EXPECT_EQ(received, sent);
}

TEST(StreamFramingTest, APacketComesOutWithItsLastByteAndNotBefore) {
  Bytes stream;
  frame_for_stream(Bytes{1, 2, 3}, stream);
  EXPECT_EQ(stream, (Bytes{0, 3, 1, 2, 3}));
  StreamDeframer deframer;
  int packets = 0;
  for (size_t i = 0; i < stream.size(); ++i) {
    EXPECT_EQ(packets, 0);
    ASSERT_TRUE(
        deframer.handle_bytes(ByteView(stream).subspan(i, 1), [&](ByteView) { ++packets; }));
  }
  EXPECT_EQ(packets, 1);
}

TEST(StreamFramingTest, AnEmptyOrOversizedPacketBreaksTheStreamForGood) {
  for (const Bytes& broken : {Bytes{0, 0}, Bytes{0x24, 0x01}, Bytes{0xff, 0xff}}) {
    StreamDeframer deframer;
    EXPECT_FALSE(deframer.handle_bytes(broken, [](ByteView) { FAIL(); }));
    EXPECT_FALSE(deframer.handle_bytes(Bytes{0, 1, 9}, [](ByteView) { FAIL(); }));
  }
}

}  // namespace stream_framing_test
}  // namespace starling::link
