#include "link/control_receiver.h"

#include "link/control_sender.h"
#include "wire/reader.h"

namespace starling::link {

ControlReceiver::Outcome ControlReceiver::handle_segment(uint64_t offset, ByteView bytes) {
  const uint64_t end = offset + bytes.size();
  if (end > contiguous_ + kWindow) return Outcome::violation;
  if (end <= contiguous_) return Outcome::repeated;
  if (offset <= contiguous_) {
    append(partial_, bytes.subspan(static_cast<size_t>(contiguous_ - offset)));
    contiguous_ = end;
    move_contiguous();
    return split_messages() ? Outcome::taken : Outcome::violation;
  }
  return insert_gap_segment(offset, bytes);
}

ControlReceiver::Outcome ControlReceiver::insert_gap_segment(uint64_t offset, ByteView bytes) {
  // Grow a neighbour on the left that reaches the new bytes, or start a piece of its own.
  auto right = later_.upper_bound(offset);
  auto piece = later_.end();
  if (right != later_.begin()) {
    const auto left = std::prev(right);
    if (left->first + left->second.size() >= offset) piece = left;
  }
  if (piece == later_.end()) {
    piece = later_.emplace_hint(right, offset, Bytes{});
  }
  const uint64_t have = piece->first + piece->second.size();
  if (offset + bytes.size() <= have) return Outcome::repeated;
  append(piece->second, bytes.subspan(static_cast<size_t>(have - offset)));
  // Swallow the pieces on the right that it now reaches.
  for (auto next = std::next(piece); next != later_.end();) {
    const uint64_t end = piece->first + piece->second.size();
    if (next->first > end) break;
    const size_t known = static_cast<size_t>(end - next->first);
    if (known < next->second.size()) append(piece->second, ByteView(next->second).subspan(known));
    next = later_.erase(next);
  }
  if (later_.size() <= kGapsMax) return Outcome::taken;
  // One piece more than before: these bytes touched no other piece and are all that it holds.
  later_.erase(piece);
  return Outcome::no_room;
}

void ControlReceiver::move_contiguous() {
  while (!later_.empty() && later_.begin()->first <= contiguous_) {
    const auto piece = later_.begin();
    const size_t known = static_cast<size_t>(contiguous_ - piece->first);
    if (known < piece->second.size()) {
      append(partial_, ByteView(piece->second).subspan(known));
      contiguous_ += piece->second.size() - known;
    }
    later_.erase(piece);
  }
}

bool ControlReceiver::split_messages() {
  size_t used = 0;
  while (used < partial_.size()) {
    wire::Reader reader(ByteView(partial_).subspan(used));
    const size_t header_size = size_t{1} << (partial_[used] >> 6);
    if (reader.left() < header_size) break;
    const uint64_t size = reader.varint();
    if (!reader.ok() || size == 0 || size > ControlSender::kMessageMax) return false;
    if (reader.left() < size) break;
    messages_.push_back(copy_of(reader.view(static_cast<size_t>(size))));
    used = partial_.size() - reader.left();
  }
  partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(used));
  return true;
}

std::optional<Bytes> ControlReceiver::poll_message() {
  if (messages_.empty()) return std::nullopt;
  Bytes message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

AckFrame ControlReceiver::ack() const {
  AckFrame ack;
  ack.contiguous = contiguous_;
  for (const auto& [offset, bytes] : later_) {
    if (ack.ranges.size() == AckFrame::kRangesMax) break;
    ack.ranges.push_back({offset, offset + bytes.size()});
  }
  return ack;
}

}  // namespace starling::link
