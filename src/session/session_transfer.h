// session/session_transfer.h - for tests: uploads of numbered bytes, and their digests.
#pragma once

#include "crypto/hash.h"
#include "session/session_pair.h"

namespace starling::session {

// Writes `size` numbered bytes to a stream, as fast as it takes them, and finishes it.
class Upload {
 public:
  static constexpr size_t kChunk = 65'536;

  Upload(StreamId stream, uint64_t size) : stream_(stream), left_(size) {}
  void pump(SessionLayer& layer, Instant now) {
    while (left_ > 0) {
      if (next_.empty())
        next_ = pattern(at_, static_cast<size_t>(std::min<uint64_t>(left_, kChunk)));
      const size_t size = next_.size();
      if (layer.write(now, stream_, std::move(next_)) != WriteOutcome::accepted) return;
      next_.clear();
      at_ += size;
      left_ -= size;
      if (left_ == 0) layer.finish(now, stream_);
    }
  }
  [[nodiscard]] StreamId stream() const { return stream_; }
  [[nodiscard]] uint64_t written() const { return at_; }

  // The bytes of every upload from `offset` on.
  static Bytes pattern(uint64_t offset, size_t size) {
    Bytes bytes(size);
    for (size_t i = 0; i < size; ++i) {
      const uint64_t n = offset + i;
      bytes[i] = static_cast<uint8_t>((n * 0x9e3779b97f4a7c15) >> 56);
    }
    return bytes;
  }
  static crypto::Digest digest(uint64_t size) {
    crypto::Sha256 hash;
    for (uint64_t at = 0; at < size; at += kChunk) {
      hash.update(pattern(at, static_cast<size_t>(std::min<uint64_t>(kChunk, size - at))));
    }
    return hash.finish();
  }

 private:
  StreamId stream_;
  uint64_t left_;
  uint64_t at_ = 0;
  Bytes next_;
};

// Reads a stream as it arrives.
struct Download {
  uint64_t size = 0;
  crypto::Sha256 hash;
  void pump(SessionLayer& layer, Instant now, StreamId stream) {
    while (true) {
      const Bytes bytes = layer.read(now, stream, 1 << 20);
      if (bytes.empty()) return;
      size += bytes.size();
      hash.update(bytes);
    }
  }
};

// Both ends of one upload of `size` bytes from node 0 to the service "sink" at node 1.
class Transfer {
 public:
  Transfer(SessionPair& pair, uint64_t size) : pair_(pair), size_(size), upload_({}, size) {
    pair.layer(1).listen("sink", SessionLayer::allow_all());
    pair.application = [this](size_t node, const SessionEvent& event) { answer(node, event); };
    upload_ = Upload(pair.open(0, 1, "sink"), size);
    upload_.pump(pair.layer(0), pair.now());
    pair.drain(0);
  }
  // Whether all has arrived and both sides have closed the stream as finished.
  [[nodiscard]] bool done() {
    const auto closed = pair_.closed(0, upload_.stream());
    return closed && closed->reason == StreamEnd::finished && at_1_closed_;
  }
  [[nodiscard]] bool is_equal() {
    return download_.size == size_ && download_.hash.finish() == Upload::digest(size_);
  }
  [[nodiscard]] StreamId stream() const { return upload_.stream(); }
  [[nodiscard]] uint64_t received() const { return download_.size; }

 private:
  void answer(size_t node, const SessionEvent& event) {
    if (node == 0 && std::holds_alternative<StreamWritable>(event)) {
      upload_.pump(pair_.layer(0), pair_.now());
    } else if (const auto* readable = std::get_if<StreamReadable>(&event); readable && node == 1) {
      download_.pump(pair_.layer(1), pair_.now(), readable->stream);
    } else if (const auto* finished = std::get_if<StreamFinished>(&event); finished && node == 1) {
      pair_.layer(1).finish(pair_.now(), finished->stream);
    } else if (const auto* closed = std::get_if<StreamClosed>(&event); closed && node == 1) {
      at_1_closed_ = closed->reason == StreamEnd::finished;
    }
  }

  SessionPair& pair_;
  uint64_t size_;
  Upload upload_;
  Download download_;
  bool at_1_closed_ = false;
};

}  // namespace starling::session
