#include "link/frame.h"

#include <gtest/gtest.h>

#include "wire/writer.h"

namespace starling::link {
namespace frame_test {

const Bytes kBody = {0xd1, 0xd2, 0xd3};
const Bytes kMeshHeader = {0xe1, 0xe2};

enum class BodySize { fixed, variable };
struct Example {
  std::string_view hex;
  Frame frame;
  BodySize body_size;
};

// docs/wire/link.md#frames shows the same bytes.
std::vector<Example> examples() {
  return {
      {"010401020304", PingFrame{0x01020304}, BodySize::fixed},
      {"02160102030400000000000000000000ffffc00002011bcd",
       PongFrame{0x01020304, Endpoint::ipv4(192, 0, 2, 1, 7117)}, BodySize::fixed},
      {"030943e840c844b0425801", AckFrame{1'000, {{1'200, 2'400}, {3'000, 3'001}}},
       BodySize::variable},
      {"040543e8d1d2d3", ControlFrame{1'000, kBody}, BodySize::variable},
      {"0503d1d2d3", DatagramFrame{kBody}, BodySize::variable},
      {"06090a0b0c0d0103d1d2d3", FragmentFrame{0x0a0b0c0d, 1, 3, kBody}, BodySize::variable},
      {"07080102030405060708", PathChallengeFrame{0x0102030405060708}, BodySize::fixed},
      {"08080102030405060708", PathResponseFrame{0x0102030405060708}, BodySize::fixed},
      {"090205c0", MtuProbeFrame{1'472}, BodySize::fixed},
      {"0a0205c0", MtuAckFrame{1'472}, BodySize::fixed},
      {"0b0101", CloseFrame{CloseReason::leaving}, BodySize::fixed},
      {"0c070002e1e2d1d2d3", SealedDatagramFrame{kMeshHeader, kBody}, BodySize::variable},
  };
}

Bytes bytes_of(std::string_view hex) { return from_hex(hex).value(); }

Bytes encoded(const std::vector<Frame>& frames) {
  Bytes bytes;
  for (const Frame& frame : frames) encode(frame, bytes);
  return bytes;
}

Bytes frame_with(uint8_t type, ByteView body) {
  wire::Writer writer;
  return writer.u8(type).varint(body.size()).bytes(body).take();
}

bool accepts(ByteView plaintext) { return decode_frames(plaintext).has_value(); }

bool accepts_ack(const wire::Writer& body) { return accepts(frame_with(0x03, body.view())); }

template <typename Kind>
Kind only_frame(ByteView plaintext) {
  const auto frames = decode_frames(plaintext);
  EXPECT_EQ(frames.value().size(), 1u);
  return std::get<Kind>(frames.value().at(0));
}

TEST(FrameTest, WritesTheDocumentedBytes) {
  for (const Example& example : examples())
    EXPECT_EQ(to_hex(encoded({example.frame})), example.hex);
}

TEST(FrameTest, ReadsTheDocumentedBytesAndWritesThemBack) {
  for (const Example& example : examples()) {
    const Bytes bytes = bytes_of(example.hex);
    const auto frames = decode_frames(bytes);
    ASSERT_TRUE(frames) << example.hex;
    ASSERT_EQ(frames->size(), 1u) << example.hex;
    EXPECT_EQ(frames->front().index(), example.frame.index()) << example.hex;
    EXPECT_EQ(to_hex(encoded(*frames)), example.hex);
  }
}

TEST(FrameTest, ReadsEveryFieldIntoItsPlace) {
  const Bytes pong_bytes = bytes_of("02160102030400000000000000000000ffffc00002011bcd");
  const auto pong = only_frame<PongFrame>(pong_bytes);
  EXPECT_EQ(pong.nonce, 0x01020304u);
  EXPECT_EQ(pong.observed, Endpoint::ipv4(192, 0, 2, 1, 7117));
  const Bytes ack_bytes = bytes_of("030943e840c844b0425801");
  const auto ack = only_frame<AckFrame>(ack_bytes);
  EXPECT_EQ(ack.contiguous, 1'000u);
  ASSERT_EQ(ack.ranges.size(), 2u);
  EXPECT_EQ(ack.ranges[0].begin, 1'200u);
  EXPECT_EQ(ack.ranges[0].end, 2'400u);
  EXPECT_EQ(ack.ranges[1].begin, 3'000u);
  EXPECT_EQ(ack.ranges[1].end, 3'001u);
  const Bytes fragment_bytes = bytes_of("06090a0b0c0d0103d1d2d3");
  const auto fragment = only_frame<FragmentFrame>(fragment_bytes);
  EXPECT_EQ(fragment.id, 0x0a0b0c0du);
  EXPECT_EQ(fragment.index, 1);
  EXPECT_EQ(fragment.count, 3);
  EXPECT_TRUE(same_bytes(fragment.bytes, kBody));
  const Bytes sealed_bytes = bytes_of("0c070002e1e2d1d2d3");
  const auto sealed = only_frame<SealedDatagramFrame>(sealed_bytes);
  EXPECT_TRUE(same_bytes(sealed.mesh_header, kMeshHeader));
  EXPECT_TRUE(same_bytes(sealed.body, kBody));
}

TEST(FrameTest, AFrameBorrowsFromThePlaintext) {
  const Bytes bytes = bytes_of("0503d1d2d3");
  EXPECT_EQ(only_frame<DatagramFrame>(bytes).bytes.data(), bytes.data() + 2);
}

TEST(FrameTest, ReadsARowOfAllFramesInOrder) {
  std::vector<Frame> row;
  for (const Example& example : examples()) row.push_back(example.frame);
  const Bytes bytes = encoded(row);
  const auto frames = decode_frames(bytes);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), row.size());
  for (size_t i = 0; i < row.size(); ++i) EXPECT_EQ((*frames)[i].index(), row[i].index());
  EXPECT_EQ(encoded(*frames), bytes);
}

TEST(FrameTest, AnEmptyPlaintextHoldsNoFrames) { EXPECT_TRUE(decode_frames({}).value().empty()); }

TEST(FrameTest, RefusesEveryProperPrefixOfAFrame) {
  for (const Example& example : examples()) {
    const Bytes bytes = bytes_of(example.hex);
    for (size_t size = 1; size < bytes.size(); ++size) {
      EXPECT_FALSE(accepts(ByteView(bytes).first(size))) << example.hex << " cut to " << size;
    }
  }
}

TEST(FrameTest, RefusesAFixedBodyOneByteTooShortOrTooLong) {
  for (const Example& example : examples()) {
    if (example.body_size == BodySize::variable) continue;
    const Bytes bytes = bytes_of(example.hex);
    const ByteView body = ByteView(bytes).subspan(2);
    EXPECT_TRUE(accepts(frame_with(bytes[0], body)));
    EXPECT_FALSE(accepts(frame_with(bytes[0], body.first(body.size() - 1)))) << example.hex;
    Bytes longer = copy_of(body);
    longer.push_back(0);
    EXPECT_FALSE(accepts(frame_with(bytes[0], longer))) << example.hex;
  }
}

TEST(FrameTest, RefusesEveryFrameWhenAnythingBehindItIsWrong) {
  for (const Example& example : examples()) {
    Bytes bytes = bytes_of(example.hex);
    bytes.push_back(0x01);
    EXPECT_FALSE(accepts(bytes)) << example.hex;
  }
}

TEST(FrameTest, RefusesALengthInALongerSpelling) {
  EXPECT_TRUE(accepts(bytes_of("0503d1d2d3")));
  EXPECT_FALSE(accepts(bytes_of("054003d1d2d3")));
  EXPECT_FALSE(accepts(bytes_of("0580000003d1d2d3")));
  EXPECT_FALSE(accepts(bytes_of("05c000000000000003d1d2d3")));
}

TEST(FrameTest, RefusesALengthBeyondThePlaintext) {
  EXPECT_FALSE(accepts(bytes_of("0504d1d2d3")));
  EXPECT_FALSE(accepts(bytes_of("05ffffffffffffffffd1d2d3")));
}

TEST(FrameTest, RefusesReservedTypesAndSkipsThoseForLaterVersions) {
  for (unsigned type = 0x0d; type < 256; ++type) {
    for (const size_t size : {0u, 1u, 8u, 100u}) {
      Bytes bytes = encoded({PingFrame{1}});
      append(bytes, frame_with(static_cast<uint8_t>(type), Bytes(size, 0xaa)));
      append(bytes, encoded({PingFrame{2}}));
      const auto frames = decode_frames(bytes);
      ASSERT_EQ(frames.has_value(), type >= kSkippableFrameTypes) << type;
      if (!frames) continue;
      ASSERT_EQ(frames->size(), 3u);
      EXPECT_EQ(std::get<UnknownFrame>((*frames)[1]).type, type);
      EXPECT_EQ(std::get<PingFrame>((*frames)[2]).nonce, 2u);
    }
  }
}

TEST(FrameTest, PaddingLeavesNoFrameAndMustBeZeroUpToTheEnd) {
  Bytes bytes = encoded({PingFrame{7}});
  pad_to(100, bytes);
  EXPECT_EQ(bytes.size(), 100u);
  EXPECT_EQ(only_frame<PingFrame>(bytes).nonce, 7u);
  for (size_t at = 7; at < bytes.size(); ++at) {
    Bytes altered = bytes;
    altered[at] = 1;
    EXPECT_FALSE(accepts(altered)) << at;
  }
  EXPECT_TRUE(decode_frames(Bytes(5, 0)).value().empty());
}

TEST(FrameTest, PaddingToLessThanWhatIsThereIsAProgrammingError) {
  Bytes bytes(10);
  EXPECT_DEATH(pad_to(9, bytes), "size");
}

TEST(AckFrameTest, HoldsUpToEightRanges) {
  AckFrame ack;
  ack.contiguous = 5;
  for (uint64_t i = 1; i <= AckFrame::kRangesMax; ++i)
    ack.ranges.push_back({i * 100, i * 100 + 50});
  Bytes bytes = encoded({ack});
  EXPECT_EQ(only_frame<AckFrame>(bytes).ranges.size(), 8u);
  bytes[1] += 2;
  bytes.insert(bytes.end(), {1, 1});
  EXPECT_FALSE(accepts(bytes));
}

TEST(AckFrameTest, RefusesRangesThatTouchAndEmptyOnesAndHalfARange) {
  const auto body = [](uint64_t gap, uint64_t length) {
    wire::Writer writer;
    writer.varint(10).varint(gap).varint(length);
    return writer;
  };
  EXPECT_TRUE(accepts_ack(body(1, 1)));
  EXPECT_FALSE(accepts_ack(body(0, 1)));
  EXPECT_FALSE(accepts_ack(body(1, 0)));
  EXPECT_FALSE(accepts(bytes_of("03020a01")));
  EXPECT_FALSE(accepts(bytes_of("0300")));
}

TEST(AckFrameTest, RefusesRangesBeyondTheLargestOffset) {
  const auto body = [](uint64_t contiguous, uint64_t gap, uint64_t length) {
    wire::Writer writer;
    writer.varint(contiguous).varint(gap).varint(length);
    return writer;
  };
  EXPECT_TRUE(accepts_ack(body(wire::kVarintMax - 2, 1, 1)));
  EXPECT_FALSE(accepts_ack(body(wire::kVarintMax - 2, 1, 2)));
  EXPECT_FALSE(accepts_ack(body(wire::kVarintMax - 2, 3, 1)));
  EXPECT_FALSE(accepts_ack(body(wire::kVarintMax, wire::kVarintMax, wire::kVarintMax)));
}

TEST(AckFrameTest, RangesThatTouchOrTooManyAreAProgrammingError) {
  EXPECT_DEATH(encoded({AckFrame{10, {{10, 11}}}}), "range");
  EXPECT_DEATH(encoded({AckFrame{10, {{12, 12}}}}), "range");
  EXPECT_DEATH(encoded({AckFrame{10, {{12, 14}, {14, 15}}}}), "range");
  EXPECT_DEATH(encoded({AckFrame{10, std::vector<AckFrame::Range>(9)}}), "kRangesMax");
}

TEST(ControlFrameTest, RefusesNoBytesAndBytesBeyondTheLargestOffset) {
  EXPECT_FALSE(accepts(bytes_of("040105")));
  const auto segment = [](uint64_t offset) {
    wire::Writer body;
    return frame_with(0x04, body.varint(offset).bytes(kBody).view());
  };
  EXPECT_TRUE(accepts(segment(wire::kVarintMax - 3)));
  EXPECT_FALSE(accepts(segment(wire::kVarintMax - 2)));
}

TEST(DatagramFrameTest, MayBeEmpty) {
  EXPECT_TRUE(only_frame<DatagramFrame>(bytes_of("0500")).bytes.empty());
}

TEST(FragmentFrameTest, RefusesEveryIndexAndCountThatDoNotFitAndNoBytes) {
  for (unsigned count = 0; count < 256; ++count) {
    for (unsigned index = 0; index < 256; ++index) {
      const Bytes body = {0,   0, 0, 9, static_cast<uint8_t>(index), static_cast<uint8_t>(count),
                          0xd1};
      const bool fits = count >= 2 && count <= FragmentFrame::kCountMax && index < count;
      ASSERT_EQ(accepts(frame_with(0x06, body)), fits) << index << " of " << count;
      ASSERT_FALSE(accepts(frame_with(0x06, ByteView(body).first(6))));
    }
  }
}

TEST(CloseFrameTest, RefusesEveryReasonThatIsNotAssigned) {
  for (unsigned reason = 0; reason < 256; ++reason) {
    const Bytes body = {static_cast<uint8_t>(reason)};
    EXPECT_EQ(accepts(frame_with(0x0b, body)), reason >= 1 && reason <= 5) << reason;
  }
}

TEST(SealedDatagramFrameTest, HeaderAndBodyMayBeEmptyButTheHeaderMustFit) {
  const auto empty = only_frame<SealedDatagramFrame>(bytes_of("0c020000"));
  EXPECT_TRUE(empty.mesh_header.empty());
  EXPECT_TRUE(empty.body.empty());
  EXPECT_TRUE(accepts(bytes_of("0c040002e1e2")));
  EXPECT_FALSE(accepts(bytes_of("0c040003e1e2")));
  EXPECT_FALSE(accepts(bytes_of("0c0100")));
}

TEST(FrameTest, OverheadsCoverTheLargestEncodings) {
  const Bytes bytes(2'048);
  EXPECT_LE(encoded({ControlFrame{wire::kVarintMax - 2'048, bytes}}).size(),
            bytes.size() + kControlFrameOverhead);
  EXPECT_LE(encoded({DatagramFrame{bytes}}).size(), bytes.size() + kDatagramFrameOverhead);
  EXPECT_LE(encoded({FragmentFrame{~0u, 15, 16, bytes}}).size(),
            bytes.size() + kFragmentFrameOverhead);
}

}  // namespace frame_test
}  // namespace starling::link
