#include "link/control_receiver.h"

#include <gtest/gtest.h>
#include <vector>

#include "base/rng.h"
#include "link/control_sender.h"
#include "wire/writer.h"

namespace starling::link {
namespace control_receiver_test {

using Outcome = ControlReceiver::Outcome;

Bytes filled(size_t size, uint8_t value) { return Bytes(size, value); }

void append_message(ByteView message, Bytes& stream) {
  wire::Writer writer(std::move(stream));
  stream = writer.varint(message.size()).bytes(message).take();
}

std::vector<Bytes> poll_all(ControlReceiver& receiver) {
  std::vector<Bytes> messages;
  while (auto message = receiver.poll_message()) messages.push_back(std::move(*message));
  return messages;
}

TEST(ControlReceiverTest, GivesAMessageOnceItIsWhole) {
  Bytes stream;
  append_message(view_of("hello"), stream);
  ControlReceiver receiver;
  for (size_t i = 0; i < stream.size(); ++i) {
    EXPECT_EQ(receiver.poll_message(), std::nullopt);
    EXPECT_EQ(receiver.handle_segment(i, ByteView(stream).subspan(i, 1)), Outcome::taken);
  }
  EXPECT_EQ(poll_all(receiver), std::vector<Bytes>{copy_of(view_of("hello"))});
  EXPECT_EQ(receiver.ack().contiguous, stream.size());
}

TEST(ControlReceiverTest, GivesSeveralMessagesOfOneSegmentInOrder) {
  Bytes stream;
  append_message(view_of("a"), stream);
  append_message(filled(100, 7), stream);
  append_message(view_of("b"), stream);
  ControlReceiver receiver;
  EXPECT_EQ(receiver.handle_segment(0, stream), Outcome::taken);
  EXPECT_EQ(poll_all(receiver),
            (std::vector<Bytes>{copy_of(view_of("a")), filled(100, 7), copy_of(view_of("b"))}));
}

TEST(ControlReceiverTest, BytesBeyondAGapWaitAndAreReportedAsARange) {
  Bytes stream;
  append_message(filled(99, 1), stream);
  ControlReceiver receiver;
  EXPECT_EQ(receiver.handle_segment(50, ByteView(stream).subspan(50, 20)), Outcome::taken);
  EXPECT_EQ(receiver.handle_segment(80, ByteView(stream).subspan(80)), Outcome::taken);
  const AckFrame ack = receiver.ack();
  EXPECT_EQ(ack.contiguous, 0u);
  ASSERT_EQ(ack.ranges.size(), 2u);
  EXPECT_EQ(ack.ranges[0].begin, 50u);
  EXPECT_EQ(ack.ranges[0].end, 70u);
  EXPECT_EQ(ack.ranges[1].begin, 80u);
  EXPECT_EQ(ack.ranges[1].end, stream.size());
  EXPECT_EQ(receiver.handle_segment(0, ByteView(stream).first(85)), Outcome::taken);
  EXPECT_EQ(poll_all(receiver), std::vector<Bytes>{filled(99, 1)});
  EXPECT_TRUE(receiver.ack().ranges.empty());
}

TEST(ControlReceiverTest, SaysWhenASegmentHoldsNothingNew) {
  const Bytes bytes = filled(100, 0x3f);
  ControlReceiver receiver;
  ASSERT_EQ(receiver.handle_segment(0, ByteView(bytes).first(10)), Outcome::taken);
  EXPECT_EQ(receiver.handle_segment(0, ByteView(bytes).first(10)), Outcome::repeated);
  EXPECT_EQ(receiver.handle_segment(3, ByteView(bytes).first(4)), Outcome::repeated);
  ASSERT_EQ(receiver.handle_segment(20, ByteView(bytes).first(20)), Outcome::taken);
  EXPECT_EQ(receiver.handle_segment(20, ByteView(bytes).first(20)), Outcome::repeated);
  EXPECT_EQ(receiver.handle_segment(25, ByteView(bytes).first(5)), Outcome::repeated);
  EXPECT_EQ(receiver.handle_segment(25, ByteView(bytes).first(16)), Outcome::taken);
}

TEST(ControlReceiverTest, RefusesBytesBeyondTheWindow) {
  const Bytes byte = filled(1, 0);
  ControlReceiver receiver;
  EXPECT_EQ(receiver.handle_segment(ControlReceiver::kWindow - 1, byte), Outcome::taken);
  EXPECT_EQ(receiver.handle_segment(ControlReceiver::kWindow, byte), Outcome::violation);
  EXPECT_EQ(receiver.handle_segment(wire::kVarintMax - 1, byte), Outcome::violation);
}

TEST(ControlReceiverTest, TheWindowMovesWithWhatArrivedWithoutAGap) {
  Bytes stream;
  append_message(filled(1'000, 1), stream);
  ControlReceiver receiver;
  ASSERT_EQ(receiver.handle_segment(0, stream), Outcome::taken);
  const Bytes byte = filled(1, 0);
  EXPECT_EQ(receiver.handle_segment(stream.size() + ControlReceiver::kWindow, byte),
            Outcome::violation);
  EXPECT_EQ(receiver.handle_segment(stream.size() + ControlReceiver::kWindow - 1, byte),
            Outcome::taken);
}

TEST(ControlReceiverTest, TakesTheLongestMessageAndRefusesALongerOne) {
  Bytes stream;
  append_message(filled(ControlSender::kMessageMax, 5), stream);
  ControlReceiver receiver;
  EXPECT_EQ(receiver.handle_segment(0, stream), Outcome::taken);
  EXPECT_EQ(poll_all(receiver), std::vector<Bytes>{filled(ControlSender::kMessageMax, 5)});
  const Bytes header = wire::Writer().varint(ControlSender::kMessageMax + 1).take();
  EXPECT_EQ(receiver.handle_segment(stream.size(), header), Outcome::violation);
}

TEST(ControlReceiverTest, RefusesEmptyMessagesAndLongSpellingsOfALength) {
  EXPECT_EQ(ControlReceiver().handle_segment(0, Bytes{0}), Outcome::violation);
  EXPECT_EQ(ControlReceiver().handle_segment(0, Bytes{0x40, 0x05}), Outcome::violation);
  EXPECT_EQ(ControlReceiver().handle_segment(0, Bytes{0x80, 0, 0, 0x05}), Outcome::violation);
  EXPECT_EQ(
      ControlReceiver().handle_segment(0, Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
      Outcome::violation);
}

TEST(ControlReceiverTest, HasNoRoomForMoreThanSixtyFourPieces) {
  const Bytes byte = filled(1, 0);
  ControlReceiver receiver;
  for (uint64_t i = 1; i <= ControlReceiver::kGapsMax; ++i) {
    ASSERT_EQ(receiver.handle_segment(10 * i, byte), Outcome::taken);
  }
  EXPECT_EQ(receiver.handle_segment(5, byte), Outcome::no_room);
  EXPECT_EQ(receiver.handle_segment(10'000, byte), Outcome::no_room);
  EXPECT_EQ(receiver.ack().ranges.size(), AckFrame::kRangesMax);
}

TEST(ControlReceiverTest, WithoutRoomForPiecesStillTakesWhatJoinsThem) {
  const Bytes bytes = filled(9, 0);
  ControlReceiver receiver;
  for (uint64_t i = 1; i <= ControlReceiver::kGapsMax; ++i) {
    ASSERT_EQ(receiver.handle_segment(10 * i, ByteView(bytes).first(1)), Outcome::taken);
  }
  EXPECT_EQ(receiver.handle_segment(11, ByteView(bytes).first(2)), Outcome::taken)
      << "grows one piece";
  EXPECT_EQ(receiver.handle_segment(29, ByteView(bytes).first(1)), Outcome::taken) << "touches one";
  EXPECT_EQ(receiver.handle_segment(41, bytes), Outcome::taken) << "makes one of two";
  EXPECT_EQ(receiver.handle_segment(5, ByteView(bytes).first(1)), Outcome::taken)
      << "and so gives room";
  EXPECT_EQ(receiver.handle_segment(7, ByteView(bytes).first(1)), Outcome::no_room);
}

// The same channel as a map from each byte's offset to the byte.
struct SlowReceiver {
  uint64_t contiguous = 0;
  std::map<uint64_t, uint8_t> later;

  [[nodiscard]] std::vector<AckFrame::Range> pieces() const {
    std::vector<AckFrame::Range> pieces;
    for (const auto& [offset, byte] : later) {
      if (pieces.empty() || pieces.back().end != offset) pieces.push_back({offset, offset});
      ++pieces.back().end;
    }
    return pieces;
  }
  Outcome handle_segment(uint64_t offset, ByteView bytes) {
    if (offset + bytes.size() > contiguous + ControlReceiver::kWindow) return Outcome::violation;
    const auto before = later;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (offset + i >= contiguous) later.try_emplace(offset + i, bytes[i]);
    }
    if (later.size() == before.size()) return Outcome::repeated;
    for (; later.contains(contiguous); ++contiguous) later.erase(contiguous);
    if (pieces().size() <= ControlReceiver::kGapsMax) return Outcome::taken;
    later = before;
    return Outcome::no_room;
  }
};

void expect_same_ack(const AckFrame& ack, const SlowReceiver& slow) {
  ASSERT_EQ(ack.contiguous, slow.contiguous);
  const auto pieces = slow.pieces();
  ASSERT_EQ(ack.ranges.size(), std::min(pieces.size(), AckFrame::kRangesMax));
  for (size_t i = 0; i < ack.ranges.size(); ++i) {
    ASSERT_EQ(ack.ranges[i].begin, pieces[i].begin);
    ASSERT_EQ(ack.ranges[i].end, pieces[i].end);
  }
  Bytes encoded;
  encode(Frame{ack}, encoded);
  ASSERT_TRUE(decode_frames(encoded)) << "an acknowledgement is a valid frame";
}

// Adds to `without_room` how often there was no room for a piece.
void compare_on_random_segments(Rng& rng, size_t& without_room) {
  std::vector<Bytes> messages;
  Bytes stream;
  while (stream.size() < 1'200) {
    messages.push_back(Bytes(1 + rng.below(120)));
    for (uint8_t& byte : messages.back()) byte = static_cast<uint8_t>(rng());
    append_message(messages.back(), stream);
  }
  const size_t segment_max = rng.chance(0.5) ? 6 : 150;
  ControlReceiver receiver;
  SlowReceiver slow;
  std::vector<Bytes> received;
  while (slow.contiguous < stream.size()) {
    // Now and then the next bytes, so that it ends.
    const uint64_t offset = rng.chance(0.02) ? slow.contiguous : rng.below(stream.size());
    const size_t size = std::min<size_t>(1 + rng.below(segment_max), stream.size() - offset);
    const ByteView segment = ByteView(stream).subspan(offset, size);
    const Outcome outcome = slow.handle_segment(offset, segment);
    ASSERT_EQ(receiver.handle_segment(offset, segment), outcome);
    without_room += outcome == Outcome::no_room ? 1u : 0u;
    for (auto& message : poll_all(receiver)) received.push_back(std::move(message));
    ASSERT_NO_FATAL_FAILURE(expect_same_ack(receiver.ack(), slow));
  }
  ASSERT_EQ(received, messages);
}

TEST(ControlReceiverTest, AgreesWithASlowReceiverOnRandomOverlappingSegments) {
  size_t without_room = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    ASSERT_NO_FATAL_FAILURE(compare_on_random_segments(rng, without_room));
  }
  EXPECT_GT(without_room, 0u) << "the bound was never reached";
}

}  // namespace control_receiver_test
}  // namespace starling::link
