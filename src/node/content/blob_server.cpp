#include "node/content/blob_server.h"

namespace starling::node {
namespace {

constexpr size_t kRequestReadSize = 16 << 10;
// Codes of a reset.
constexpr uint32_t kProtocolBroken = 1;
constexpr uint32_t kTooMany = 2;

}  // namespace

BlobServer::BlobServer(env::Runtime& runtime, SessionDriver& sessions, bool serves_read)
    : runtime_(runtime), sessions_(sessions), serves_read_(serves_read) {
  sessions_.listen(content::kBlobService, session::SessionLayer::allow_all(),
                   [this](StreamId stream, const crypto::NodeKey&) { return accept(stream); });
}

SessionDriver::StreamHandlers BlobServer::accept(StreamId stream) {
  if (askers_.size() >= kStreamsMax) {
    sessions_.reset(stream, kTooMany);
    return {};
  }
  askers_[stream];
  return {.readable = [this, stream] { read(stream); },
          .writable = [this, stream] { work(stream); },
          .finished =
              [this, stream] {
                askers_.at(stream).finished = true;
                work(stream);
              },
          .closed = [this, stream](const auto&) { askers_.erase(stream); }};
}

void BlobServer::read(StreamId stream) {
  Asker& asker = askers_.at(stream);
  // What cannot be answered yet stays in the stream.
  while (asker.reader.waiting() < content::kRequestsMax / 2) {
    const Bytes bytes = sessions_.read(stream, kRequestReadSize);
    if (bytes.empty()) break;
    if (!asker.reader.take(bytes)) return sessions_.reset(stream, kProtocolBroken);
  }
  work(stream);
}

void BlobServer::work(StreamId stream) {
  const auto entry = askers_.find(stream);
  if (entry == askers_.end()) return;
  Asker& asker = entry->second;
  flush(stream, asker);
  while (asker.answers.size() < kAheadMax) {
    const auto request = asker.reader.poll();
    if (!request) break;
    const Place place{stream, asker.next_answer++};
    asker.answers.push_back({place.answer});
    std::visit([&](const auto& of) { answer(place, of); }, *request);
  }
  const bool idle = asker.answers.empty() && asker.reader.waiting() == 0;
  if (idle && asker.finished) sessions_.finish(stream);
}

void BlobServer::answer(const Place& place, const content::HaveRequest& request) {
  runtime_.blobs().status(request.blob, lifetime_.guard([this, place](const auto& status) {
    const bool served = status && (serves_read_ || status->pinned);
    write(place, {content::encode_have_answer(served ? &status->chunks : nullptr)});
  }));
}

void BlobServer::answer(const Place& place, const content::GetRequest& request) {
  if (serves_read_) return prove(place, request);
  runtime_.blobs().status(request.blob, lifetime_.guard([this, place, request](const auto& status) {
    if (status && status->pinned) return prove(place, request);
    write(place, {content::encode_get_refusal(content::GetStatus::not_here)});
  }));
}

void BlobServer::prove(const Place& place, const content::GetRequest& request) {
  using Proven = env::BlobStore::Proven;
  const auto respond = [this, place](std::expected<Proven, env::BlobError> proven) {
    if (!proven) {
      const auto status = proven.error() == env::BlobError::not_here ? content::GetStatus::not_here
                                                                     : content::GetStatus::busy;
      return write(place, {content::encode_get_refusal(status)});
    }
    bytes_served_ += proven->bytes.size();
    write(place,
          {content::encode_get_head(proven->uncles, proven->leaves), std::move(proven->bytes)});
  };
  runtime_.blobs().prove(request.blob, request.first, request.count, lifetime_.guard(respond));
}

void BlobServer::write(const Place& place, std::deque<Bytes> pieces) {
  const auto entry = askers_.find(place.stream);
  if (entry == askers_.end()) return;
  for (Answer& answer : entry->second.answers) {
    if (answer.number != place.answer) continue;
    answer.is_here = true;
    answer.pieces = std::move(pieces);
  }
  // Requests that waited in the stream find room now.
  read(place.stream);
}

void BlobServer::flush(StreamId stream, Asker& asker) {
  while (!asker.answers.empty() && asker.answers.front().is_here) {
    auto& pieces = asker.answers.front().pieces;
    while (!pieces.empty()) {
      const auto outcome = sessions_.write(stream, std::move(pieces.front()));
      if (outcome == session::WriteOutcome::full) return;
      pieces.pop_front();
    }
    asker.answers.pop_front();
  }
}

}  // namespace starling::node
