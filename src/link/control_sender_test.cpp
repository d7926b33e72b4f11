#include "link/control_sender.h"

#include <gtest/gtest.h>
#include <vector>

#include "link/control_receiver.h"

namespace starling::link {
namespace control_sender_test {

constexpr Instant kStart = Instant{} + 1h;
constexpr size_t kSegment = 1'200;

AckFrame ack_up_to(uint64_t contiguous) { return {.contiguous = contiguous, .ranges = {}}; }

struct ControlSenderTest : testing::Test {
  ControlSender sender;
  RttEstimator rtt;
  uint64_t sent_end = 0;  // one past the last byte ever sent

  void queue(size_t bytes) {
    for (; bytes > ControlSender::kMessageMax; bytes -= ControlSender::kMessageMax) {
      ASSERT_TRUE(sender.send(Bytes(ControlSender::kMessageMax, 1)));
    }
    ASSERT_TRUE(sender.send(Bytes(bytes, 1)));
  }
  std::vector<ControlSender::Segment> send_all(Instant now, size_t size_max = kSegment) {
    std::vector<ControlSender::Segment> segments;
    while (auto segment = sender.next_segment(now, size_max)) {
      sent_end = std::max(sent_end, segment->offset + segment->bytes.size());
      segments.push_back(std::move(*segment));
    }
    return segments;
  }
  bool acknowledge(Instant now, const AckFrame& ack) { return sender.handle_ack(now, ack, rtt); }
};

TEST_F(ControlSenderTest, WritesEachMessageBehindItsLength) {
  ASSERT_TRUE(sender.send(view_of("abc")));
  ASSERT_TRUE(sender.send(Bytes(64, 0xee)));
  const auto segments = send_all(kStart);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].offset, 0u);
  EXPECT_EQ(to_hex(ByteView(segments[0].bytes).first(7)), "036162634040ee");
  EXPECT_EQ(segments[0].bytes.size(), 4u + 2 + 64);
}

TEST_F(ControlSenderTest, EmptyAndTooLongMessagesAreProgrammingErrors) {
  EXPECT_DEATH(static_cast<void>(sender.send({})), "message");
  EXPECT_DEATH(static_cast<void>(sender.send(Bytes(ControlSender::kMessageMax + 1))), "message");
  EXPECT_DEATH(sender.next_segment(kStart, 0), "size_max");
}

TEST_F(ControlSenderTest, SendsInitiallyWhatTheWindowOfRfc9002Allows) {
  queue(100'000);
  EXPECT_TRUE(sender.wants_to_send());
  size_t bytes = 0;
  for (const auto& segment : send_all(kStart)) {
    EXPECT_LE(segment.bytes.size(), kSegment);
    EXPECT_EQ(segment.offset, bytes);
    bytes += segment.bytes.size();
  }
  EXPECT_GE(bytes, 14'720u);
  EXPECT_LT(bytes, 14'720u + kSegment);
  EXPECT_FALSE(sender.wants_to_send());
}

TEST_F(ControlSenderTest, RefusesAMessageBeyondItsBufferAndTakesItOnceThereIsRoom) {
  const Bytes message(ControlSender::kMessageMax, 1);
  while (sender.send(message)) EXPECT_LE(sender.buffered(), ControlSender::kBufferMax);
  const size_t full = sender.buffered();
  EXPECT_GT(full + message.size() + 4, ControlSender::kBufferMax);
  EXPECT_FALSE(sender.send(message));
  EXPECT_EQ(sender.buffered(), full);
  send_all(kStart);
  ASSERT_TRUE(acknowledge(kStart + 10ms, ack_up_to(sent_end)));
  while (sender.buffered() + message.size() + 4 > ControlSender::kBufferMax) {
    send_all(kStart + 10ms);
    ASSERT_TRUE(acknowledge(kStart + 20ms, ack_up_to(sent_end)));
  }
  EXPECT_TRUE(sender.send(message));
}

TEST_F(ControlSenderTest, RefusesAcksForBytesNeverSent) {
  EXPECT_FALSE(acknowledge(kStart, ack_up_to(1)));
  queue(50'000);
  send_all(kStart);
  EXPECT_FALSE(acknowledge(kStart, ack_up_to(sent_end + 1)));
  EXPECT_FALSE(acknowledge(kStart, {.contiguous = 0, .ranges = {{1'200, sent_end + 1}}}));
  EXPECT_FALSE(
      acknowledge(kStart, {.contiguous = 0, .ranges = {{1'200, 2'400}, {50'000, 50'001}}}));
  EXPECT_TRUE(acknowledge(kStart, ack_up_to(sent_end)));
  EXPECT_EQ(sender.next_timeout(rtt), kNever);
}

TEST_F(ControlSenderTest, AnAckOfHalfASegmentAcknowledgesNothing) {
  queue(1'000);
  send_all(kStart);
  const size_t buffered = sender.buffered();
  EXPECT_TRUE(acknowledge(kStart + 10ms, ack_up_to(500)));
  EXPECT_EQ(sender.buffered(), buffered);
  EXPECT_FALSE(rtt.has_sample());
}

TEST_F(ControlSenderTest, RepeatedAndOldAcksChangeNothing) {
  queue(14'000);
  send_all(kStart);
  ASSERT_TRUE(acknowledge(kStart + 10ms, ack_up_to(6 * kSegment)));
  const size_t buffered = sender.buffered();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(acknowledge(kStart + 500ms, ack_up_to(6 * kSegment)));
    EXPECT_TRUE(acknowledge(kStart + 500ms, ack_up_to(kSegment)));
  }
  EXPECT_EQ(sender.buffered(), buffered);
  EXPECT_EQ(rtt.smoothed(), 10ms);
  EXPECT_FALSE(sender.wants_to_send());
}

TEST_F(ControlSenderTest, ResendsASegmentOnceThreeLaterOnesAreAcknowledged) {
  queue(14'000);
  send_all(kStart);
  ASSERT_TRUE(acknowledge(kStart + 10ms, {.contiguous = 0, .ranges = {{kSegment, 3 * kSegment}}}));
  EXPECT_TRUE(send_all(kStart + 10ms).empty()) << "two may be reordering";
  ASSERT_TRUE(acknowledge(kStart + 11ms, {.contiguous = 0, .ranges = {{kSegment, 4 * kSegment}}}));
  ASSERT_TRUE(acknowledge(kStart + 12ms, {.contiguous = 0, .ranges = {{kSegment, 8 * kSegment}}}));
  const auto resent = send_all(kStart + 12ms);
  ASSERT_EQ(resent.size(), 1u);
  EXPECT_EQ(resent[0].offset, 0u);
  EXPECT_EQ(resent[0].bytes.size(), kSegment);
  EXPECT_EQ(sender.timeouts_in_a_row(), 0);
}

TEST_F(ControlSenderTest, ResendsAfterATimeoutThatDoublesUpToTwoSeconds) {
  queue(1'000);
  send_all(kStart);
  Instant now = kStart;
  Duration last = 0ms;
  for (int i = 1; i <= 10; ++i) {
    const Instant due = sender.next_timeout(rtt);
    EXPECT_EQ(due - now,
              i == 1 ? rtt.timeout() : std::min<Duration>(2 * last, ControlSender::kTimeoutMax));
    sender.handle_timeout(due - 1ns, rtt);
    EXPECT_FALSE(sender.wants_to_send());
    sender.handle_timeout(due, rtt);
    EXPECT_EQ(sender.timeouts_in_a_row(), i);
    EXPECT_EQ(sender.next_timeout(rtt), kNever);
    ASSERT_EQ(send_all(due).size(), 1u);
    last = due - now;
    now = due;
  }
  ASSERT_TRUE(acknowledge(now + 10ms, ack_up_to(sent_end)));
  EXPECT_EQ(sender.timeouts_in_a_row(), 0);
  EXPECT_EQ(sender.next_timeout(rtt), kNever);
  EXPECT_EQ(sender.buffered(), 0u);
}

TEST_F(ControlSenderTest, TheTimeoutIsAtLeastFiftyMillisecondsOnAFastPath) {
  for (int i = 0; i < 50; ++i) rtt.add_sample(1ms);
  queue(1'000);
  send_all(kStart);
  EXPECT_EQ(sender.next_timeout(rtt), kStart + ControlSender::kTimeoutMin);
}

TEST_F(ControlSenderTest, CutsResentSegmentsToAnMtuThatHasShrunk) {
  queue(5'000);
  send_all(kStart);
  sender.handle_timeout(sender.next_timeout(rtt), rtt);
  uint64_t offset = 0;
  for (const auto& segment : send_all(kStart + 1s, 200)) {
    EXPECT_EQ(segment.offset, offset);
    EXPECT_LE(segment.bytes.size(), 200u);
    offset += segment.bytes.size();
  }
  EXPECT_EQ(offset, sent_end);
  ASSERT_TRUE(acknowledge(kStart + 2s, ack_up_to(sent_end)));
  EXPECT_EQ(sender.buffered(), 0u);
}

TEST_F(ControlSenderTest, MeasuresTheRoundTripOfSegmentsSentOnce) {
  queue(1'000);
  send_all(kStart);
  ASSERT_TRUE(acknowledge(kStart + 40ms, ack_up_to(sent_end)));
  EXPECT_EQ(rtt.smoothed(), 40ms);
}

TEST_F(ControlSenderTest, ASegmentSentTwiceSaysNothingAboutTheRoundTrip) {
  queue(1'000);
  send_all(kStart);
  sender.handle_timeout(kStart + 300ms, rtt);
  send_all(kStart + 300ms);
  ASSERT_TRUE(acknowledge(kStart + 340ms, ack_up_to(sent_end)));
  EXPECT_FALSE(rtt.has_sample());
}

TEST_F(ControlSenderTest, AnAckThatAResentSegmentCausedSaysNothingAboutTheRoundTrip) {
  queue(7'000);
  ASSERT_EQ(send_all(kStart).size(), 6u);
  // The first is lost, the acknowledgement of the last two as well.
  ASSERT_TRUE(acknowledge(kStart + 10ms, {.contiguous = 0, .ranges = {{kSegment, 4 * kSegment}}}));
  ASSERT_EQ(send_all(kStart + 90ms).size(), 1u);
  ASSERT_TRUE(acknowledge(kStart + 100ms, ack_up_to(sent_end)));
  EXPECT_EQ(rtt.smoothed(), 10ms);
}

TEST_F(ControlSenderTest,
       NeverGoesBeyondTheReceiversWindowWhileTheFirstSegmentIsLostAgainAndAgain) {
  queue(900'000);
  Instant now = kStart;
  for (int round = 0; round < 300; ++round, now += 10ms) {
    send_all(now);
    ASSERT_LE(sent_end, ControlReceiver::kWindow) << "round " << round;
    ASSERT_TRUE(acknowledge(now + 5ms, {.contiguous = 0, .ranges = {{kSegment, sent_end}}}));
    sender.handle_timeout(now + 5ms, rtt);
  }
  ASSERT_TRUE(acknowledge(now, ack_up_to(sent_end)));
  EXPECT_TRUE(sender.wants_to_send());
}

TEST_F(ControlSenderTest, SaysThatItWantsToSendExactlyWhenASegmentMayGoOut) {
  queue(900'000);
  Instant now = kStart;
  for (int round = 0; round < 300; ++round, now += 10ms) {
    while (sender.wants_to_send()) {
      const auto segment = sender.next_segment(now, kSegment);
      ASSERT_TRUE(segment);
      sent_end = std::max(sent_end, segment->offset + segment->bytes.size());
    }
    ASSERT_FALSE(sender.next_segment(now, kSegment));
    ASSERT_TRUE(acknowledge(now + 5ms, {.contiguous = 0, .ranges = {{kSegment, sent_end}}}));
  }
}

}  // namespace control_sender_test
}  // namespace starling::link
