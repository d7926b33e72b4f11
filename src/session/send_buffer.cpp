#include "session/send_buffer.h"

#include "base/check.h"

namespace starling::session {

void SendBuffer::push(Bytes chunk) {
  if (chunk.empty()) return;
  end_ += chunk.size();
  if (chunk.size() >= kSmallChunk) {
    chunks_.push_back(std::move(chunk));
    return;
  }
  // Within its capacity a vector grows in place.
  if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < chunk.size()) {
    chunks_.emplace_back().reserve(kJoinedChunk);
  } else if (next_chunk_ == chunks_.size()) {
    // All of the last chunk is sent: the new bytes in it are not.
    next_chunk_ = chunks_.size() - 1;
    next_in_chunk_ = chunks_.back().size();
  }
  append(chunks_.back(), chunk);
}

size_t SendBuffer::gather(std::span<ByteView> into, size_t size) const {
  size_t count = 0;
  size_t total = 0;
  size_t skip = next_in_chunk_;
  for (size_t i = next_chunk_; i < chunks_.size() && count < into.size() && total < size; ++i) {
    into[count] = ByteView(chunks_[i]).subspan(skip);
    total += into[count++].size();
    skip = 0;
  }
  return count;
}

void SendBuffer::mark_sent(size_t size) {
  STARLING_CHECK(size <= unsent());
  sent_ += size;
  while (next_chunk_ < chunks_.size()) {
    const size_t left = chunks_[next_chunk_].size() - next_in_chunk_;
    if (size < left) {
      next_in_chunk_ += size;
      return;
    }
    size -= left;
    ++next_chunk_;
    next_in_chunk_ = 0;
  }
}

void SendBuffer::acknowledge(uint64_t offset) {
  STARLING_CHECK(offset >= acknowledged_ && offset <= sent_);
  acknowledged_ = offset;
  while (!chunks_.empty() && next_chunk_ > 0 && front_ + chunks_.front().size() <= offset) {
    front_ += chunks_.front().size();
    chunks_.pop_front();
    --next_chunk_;
  }
}

void SendBuffer::clear() {
  chunks_.clear();
  next_chunk_ = next_in_chunk_ = 0;
  front_ = acknowledged_ = sent_ = end_;
}

}  // namespace starling::session
