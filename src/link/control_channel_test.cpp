// Both halves of the control channel through a simulated pipe, in virtual time.
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <variant>
#include <vector>

#include "base/rng.h"
#include "link/control_receiver.h"
#include "link/control_sender.h"

namespace starling::link {
namespace control_channel_test {

constexpr Instant kStart = Instant{} + 1h;
constexpr size_t kSegment = 1'300;
constexpr size_t kSmallSegment = 200;

struct Pipe {
  double loss = 0;  // each way
  double duplication = 0;
  Duration latency = 5ms;  // one way
  Duration jitter = 0ms;   // up to so much more, at random: packets overtake each other
  size_t mtu = kSegment;
};

// Sizes from 1 to kMessageMax, as many of each magnitude.
std::vector<Bytes> random_messages(Rng& rng, size_t count) {
  std::vector<Bytes> messages(count);
  for (Bytes& message : messages) {
    const double size = std::exp2(rng.unit() * std::log2(double{ControlSender::kMessageMax}));
    message.resize(static_cast<size_t>(size));
    for (uint8_t& byte : message) byte = static_cast<uint8_t>(rng());
  }
  messages.front().resize(ControlSender::kMessageMax);
  return messages;
}

class ControlPair {
 public:
  ControlPair(uint64_t seed, const Pipe& pipe, size_t message_count)
      : pipe_(pipe), rng_(seed), messages_(random_messages(rng_, message_count)) {}

  // Runs until `count` messages arrived.
  void deliver(size_t count) {
    while (received_ < count) ASSERT_NO_FATAL_FAILURE(step());
  }
  // From now on longer segments vanish; the sender learns of it from its timeouts.
  void shrink_mtu() { pipe_.mtu = kSmallSegment; }

  [[nodiscard]] Duration elapsed() const { return now_ - kStart; }
  [[nodiscard]] size_t segments_sent() const { return segments_sent_; }
  [[nodiscard]] size_t bytes_received() const { return bytes_received_; }
  [[nodiscard]] const ControlSender& sender() const { return sender_; }
  // Acknowledgements under way arrive.
  void settle() {
    while (sender_.buffered() > 0) ASSERT_NO_FATAL_FAILURE(step());
  }

 private:
  using Packet = std::variant<ControlSender::Segment, AckFrame>;

  void step() {
    pump();
    const Instant arrival = in_pipe_.empty() ? kNever : in_pipe_.begin()->first;
    const Instant timeout = sender_.next_timeout(rtt_);
    ASSERT_NE(std::min(arrival, timeout), kNever) << "stuck after " << received_ << " messages";
    now_ = std::max(now_, std::min(arrival, timeout));
    ASSERT_LT(elapsed(), 24h);
    if (arrival > timeout) {
      sender_.handle_timeout(now_, rtt_);
      if (sender_.timeouts_in_a_row() >= 2) segment_size_ = pipe_.mtu;
      return;
    }
    const Packet packet = std::move(in_pipe_.begin()->second);
    in_pipe_.erase(in_pipe_.begin());
    if (const auto* ack = std::get_if<AckFrame>(&packet)) {
      ASSERT_TRUE(sender_.handle_ack(now_, *ack, rtt_));
    } else {
      receive(std::get<ControlSender::Segment>(packet));
    }
  }
  void pump() {
    while (queued_ < messages_.size() && sender_.send(messages_[queued_])) ++queued_;
    while (auto segment = sender_.next_segment(now_, segment_size_)) {
      ++segments_sent_;
      if (segment->bytes.size() <= pipe_.mtu) transmit(std::move(*segment));
    }
  }
  void receive(const ControlSender::Segment& segment) {
    const auto outcome = receiver_.handle_segment(segment.offset, segment.bytes);
    ASSERT_NE(outcome, ControlReceiver::Outcome::violation);
    while (const auto message = receiver_.poll_message()) {
      ASSERT_LT(received_, queued_);
      ASSERT_TRUE(*message == messages_[received_]) << "message " << received_;
      ++received_;
      bytes_received_ += message->size();
    }
    transmit(receiver_.ack());
  }
  void transmit(const Packet& packet) {
    for (int copies = rng_.chance(pipe_.duplication) ? 2 : 1; copies > 0; --copies) {
      if (rng_.chance(pipe_.loss)) continue;
      const auto jitter =
          Duration(static_cast<int64_t>(rng_.unit() * double(pipe_.jitter.count())));
      in_pipe_.emplace(now_ + pipe_.latency + jitter, packet);
    }
  }

  Pipe pipe_;
  Rng rng_;
  std::vector<Bytes> messages_;
  size_t queued_ = 0;
  size_t received_ = 0;
  size_t segments_sent_ = 0;
  size_t bytes_received_ = 0;
  size_t segment_size_ = kSegment;
  Instant now_ = kStart;
  std::multimap<Instant, Packet> in_pipe_;
  RttEstimator rtt_;
  ControlSender sender_;
  ControlReceiver receiver_;
};

void deliver_two_thousand_messages(double loss) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    ControlPair pair(seed, {.loss = loss, .duplication = 0.05, .jitter = 3ms}, 2'000);
    ASSERT_NO_FATAL_FAILURE(pair.deliver(1'000));
    pair.shrink_mtu();
    ASSERT_NO_FATAL_FAILURE(pair.deliver(2'000));
    ASSERT_NO_FATAL_FAILURE(pair.settle());
    EXPECT_EQ(pair.sender().next_timeout(RttEstimator{}), kNever);
  }
}

TEST(ControlChannelTest, DeliversAllMessagesInOrderWithoutLoss) {
  deliver_two_thousand_messages(0);
}

TEST(ControlChannelTest, DeliversAllMessagesInOrderAtTenPercentLoss) {
  deliver_two_thousand_messages(0.1);
}

TEST(ControlChannelTest, DeliversAllMessagesInOrderAtThirtyPercentLoss) {
  deliver_two_thousand_messages(0.3);
}

TEST(ControlChannelTest, FillsItsWindowEachRoundTripOnACleanPath) {
  ControlPair pair(1, {}, 4'000);
  ASSERT_NO_FATAL_FAILURE(pair.deliver(4'000));
  // 128 KiB in 10 ms are 13 MB/s, reached after a slow start of four round trips.
  const double bytes_per_second = double(pair.bytes_received()) / to_seconds(pair.elapsed());
  EXPECT_GT(bytes_per_second, 10e6);
  EXPECT_LT(bytes_per_second, 14e6);
}

TEST(ControlChannelTest, SendsNothingTwiceOnACleanPath) {
  ControlPair pair(1, {}, 4'000);
  ASSERT_NO_FATAL_FAILURE(pair.deliver(4'000));
  const size_t needed = pair.bytes_received() / kSegment;
  EXPECT_LT(pair.segments_sent(), needed + needed / 20);
}

TEST(ControlChannelTest, KeepsAMegabytePerSecondAtOnePercentLoss) {
  // NewReno's window at this loss is about 12 segments (RFC 5348 section 3.1), here per 10 ms.
  ControlPair pair(1, {.loss = 0.01}, 4'000);
  ASSERT_NO_FATAL_FAILURE(pair.deliver(4'000));
  EXPECT_GT(double(pair.bytes_received()) / to_seconds(pair.elapsed()), 1e6);
}

TEST(ControlChannelTest, SendsAtMostTwiceTheBytesNeededAtTenPercentLoss) {
  ControlPair pair(1, {.loss = 0.1}, 4'000);
  ASSERT_NO_FATAL_FAILURE(pair.deliver(4'000));
  EXPECT_LT(pair.segments_sent(), 2 * pair.bytes_received() / kSegment);
}

}  // namespace control_channel_test
}  // namespace starling::link
