#include "link/control_sender.h"

#include <algorithm>

#include "base/check.h"
#include "link/control_receiver.h"
#include "wire/writer.h"

namespace starling::link {
namespace {

// A segment counts as lost when one sent so many later was acknowledged (RFC 9002 section 6.1.1).
constexpr uint64_t kReorderMax = 3;

}  // namespace

bool ControlSender::send(ByteView message) {
  STARLING_CHECK(!message.empty() && message.size() <= kMessageMax);
  wire::Writer length;
  length.varint(message.size());
  if (buffer_.size() + length.size() + message.size() > kBufferMax) return false;
  buffer_.insert(buffer_.end(), length.view().begin(), length.view().end());
  buffer_.insert(buffer_.end(), message.begin(), message.end());
  return true;
}

uint64_t ControlSender::sendable_end() const {
  return base_ + std::min(buffer_.size(), ControlReceiver::kWindow);
}

bool ControlSender::wants_to_send() const {
  if (bytes_in_flight_ >= window_) return false;
  if (next_offset_ < sendable_end()) return true;
  return std::any_of(flights_.begin(), flights_.end(), [](const InFlight& f) { return f.lost; });
}

ControlSender::Segment ControlSender::segment_of(const InFlight& flight) const {
  const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(flight.offset - base_);
  return {flight.offset, Bytes(begin, begin + static_cast<std::ptrdiff_t>(flight.size))};
}

std::optional<ControlSender::Segment> ControlSender::next_segment(Instant now, size_t size_max) {
  STARLING_CHECK(size_max > 0);
  if (bytes_in_flight_ >= window_) return std::nullopt;
  for (auto flight = flights_.begin(); flight != flights_.end(); ++flight) {
    if (!flight->lost) continue;
    if (flight->size > size_max) {
      // The MTU has shrunk since: the tail becomes a lost segment of its own.
      InFlight tail = *flight;
      tail.offset += size_max;
      tail.size -= size_max;
      flight->size = size_max;
      flight = flights_.insert(flight + 1, tail) - 1;
    }
    flight->lost = false;
    flight->resent = true;
    flight->sent_at = now;
    flight->order = next_order_++;
    bytes_in_flight_ += flight->size;
    return segment_of(*flight);
  }
  const uint64_t end = sendable_end();
  if (next_offset_ == end) return std::nullopt;
  const size_t size = static_cast<size_t>(std::min<uint64_t>(end - next_offset_, size_max));
  flights_.push_back({next_offset_, size, now, next_order_++, false, false, false});
  next_offset_ += size;
  bytes_in_flight_ += size;
  return segment_of(flights_.back());
}

bool ControlSender::handle_ack(Instant now, const AckFrame& ack, RttEstimator& rtt) {
  const uint64_t highest = ack.ranges.empty() ? ack.contiguous : ack.ranges.back().end;
  if (highest > next_offset_) return false;
  mark_acknowledged(now, ack, rtt);
  detect_loss();
  drop_acknowledged_front();
  return true;
}

void ControlSender::mark_acknowledged(Instant now, const AckFrame& ack, RttEstimator& rtt) {
  const auto covered = [&](const InFlight& flight) {
    if (flight.offset + flight.size <= ack.contiguous) return true;
    return std::any_of(ack.ranges.begin(), ack.ranges.end(), [&](const AckFrame::Range& range) {
      return flight.offset >= range.begin && flight.offset + flight.size <= range.end;
    });
  };
  const InFlight* newest = nullptr;
  size_t acknowledged_bytes = 0;
  for (InFlight& flight : flights_) {
    if (flight.acknowledged || !covered(flight)) continue;
    flight.acknowledged = true;
    if (!flight.lost) bytes_in_flight_ -= flight.size;
    flight.lost = false;
    acknowledged_bytes += flight.size;
    highest_acknowledged_order_ = std::max(highest_acknowledged_order_, flight.order);
    if (!newest || flight.order > newest->order) newest = &flight;
  }
  if (!newest) return;
  timeouts_in_a_row_ = 0;
  // Only the newest segment is fresh news (RFC 9002 section 5.1); one sent twice does not tell which sending was answered (Karn).
  if (!newest->resent) rtt.add_sample(now - newest->sent_at);
  const size_t growth = window_ < slow_start_limit_
                            ? acknowledged_bytes
                            : std::max<size_t>(1, acknowledged_bytes * 1'200 / window_);
  window_ = std::min(window_ + growth, kWindowMax);
}

void ControlSender::detect_loss() {
  bool shrink = false;
  for (InFlight& flight : flights_) {
    if (flight.acknowledged || flight.lost) continue;
    if (flight.order + kReorderMax > highest_acknowledged_order_) continue;
    flight.lost = true;
    bytes_in_flight_ -= flight.size;
    shrink = shrink || flight.order > recovery_until_order_;
  }
  if (shrink) shrink_window();
}

void ControlSender::shrink_window() {
  recovery_until_order_ = next_order_ - 1;
  window_ = std::max(window_ / 2, kWindowMin);
  slow_start_limit_ = window_;
}

void ControlSender::drop_acknowledged_front() {
  while (!flights_.empty() && flights_.front().acknowledged) {
    const size_t size = flights_.front().size;
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size));
    base_ += size;
    flights_.pop_front();
  }
}

void ControlSender::handle_timeout(Instant now, const RttEstimator& rtt) {
  if (now < next_timeout(rtt)) return;
  ++timeouts_in_a_row_;
  bool first = true;
  for (InFlight& flight : flights_) {
    if (flight.acknowledged || flight.lost) continue;
    flight.lost = true;
    bytes_in_flight_ -= flight.size;
    if (first && flight.order > recovery_until_order_) shrink_window();
    first = false;
  }
}

Instant ControlSender::next_timeout(const RttEstimator& rtt) const {
  Instant oldest = kNever;
  for (const InFlight& flight : flights_) {
    if (!flight.acknowledged && !flight.lost) oldest = std::min(oldest, flight.sent_at);
  }
  if (oldest == kNever) return kNever;
  const Duration base = std::max(rtt.timeout(), kTimeoutMin);
  const int doublings = std::min(timeouts_in_a_row_, 6);
  return oldest + std::min(base * (1 << doublings), std::max(kTimeoutMax, rtt.timeout()));
}

}  // namespace starling::link
