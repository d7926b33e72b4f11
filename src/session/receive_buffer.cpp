#include "session/receive_buffer.h"

#include "base/check.h"

namespace starling::session {

void ReceiveBuffer::append(ByteView bytes) {
  if (bytes.empty()) return;
  if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < bytes.size()) {
    const size_t room = chunks_.empty() ? kFirstChunk : kChunk;
    chunks_.emplace_back().reserve(std::max(room, bytes.size()));
  }
  starling::append(chunks_.back(), bytes);
  size_ += bytes.size();
}

Bytes ReceiveBuffer::read(size_t max) {
  STARLING_CHECK(max > 0);
  if (chunks_.empty()) return {};
  Bytes& front = chunks_.front();
  const size_t left = front.size() - read_in_front_;
  if (left > max) {
    const Bytes part = copy_of(ByteView(front).subspan(read_in_front_, max));
    read_in_front_ += max;
    size_ -= max;
    return part;
  }
  Bytes rest =
      read_in_front_ == 0 ? std::move(front) : copy_of(ByteView(front).subspan(read_in_front_));
  chunks_.pop_front();
  read_in_front_ = 0;
  size_ -= left;
  return rest;
}

void ReceiveBuffer::clear() {
  chunks_.clear();
  read_in_front_ = size_ = 0;
}

}  // namespace starling::session
