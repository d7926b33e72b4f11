#include "content/blob_message.h"

#include <algorithm>

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::content {
namespace {

enum class RequestType : uint8_t { have = 1, get = 2 };

constexpr size_t kHaveSize = 1 + 32 + 6;
constexpr size_t kGetSize = kHaveSize + 6 + 1;

std::optional<size_t> request_size(uint8_t type) {
  switch (static_cast<RequestType>(type)) {
    case RequestType::have:
      return kHaveSize;
    case RequestType::get:
      return kGetSize;
  }
  return std::nullopt;
}

std::optional<BlobRequest> decode_request(ByteView bytes) {
  wire::Reader reader(bytes);
  const auto type = static_cast<RequestType>(reader.u8());
  BlobId blob;
  blob.root = reader.fixed<Digest>();
  blob.size = reader.u48();
  // Nobody asks for the empty blob.
  if (blob.size == 0) return std::nullopt;
  if (type == RequestType::have)
    return reader.finish() ? std::optional(HaveRequest{blob}) : std::nullopt;
  GetRequest get{blob, reader.u48(), reader.u8()};
  const uint64_t leaves = crypto::leaf_count(blob.size);
  if (!reader.finish() || get.count == 0 || get.first >= leaves) return std::nullopt;
  const uint64_t end = get.first + get.count;
  if (end > leaves || (end - 1) / crypto::kChunkLeaves != get.chunk()) return std::nullopt;
  return get;
}

const BlobId& blob_of(const BlobRequest& request) {
  return std::visit([](const auto& of) -> const BlobId& { return of.blob; }, request);
}

}  // namespace

// --- requests ----------------------------------------------------------------------------------------------

Bytes encode(const BlobRequest& request) {
  const auto* get = std::get_if<GetRequest>(&request);
  const BlobId& blob = blob_of(request);
  wire::Writer writer;
  writer.u8(static_cast<uint8_t>(get ? RequestType::get : RequestType::have));
  writer.fixed(blob.root).u48(blob.size);
  if (get) writer.u48(get->first).u8(get->count);
  return writer.take();
}

bool RequestReader::take(ByteView bytes) {
  while (!bytes.empty() && !broken_) {
    const auto size = request_size(part_.empty() ? bytes.front() : part_.front());
    if (!size) {
      broken_ = true;
      break;
    }
    const size_t more = std::min(bytes.size(), *size - part_.size());
    append(part_, bytes.first(more));
    bytes = bytes.subspan(more);
    if (part_.size() < *size) break;
    auto request = decode_request(part_);
    part_.clear();
    broken_ = !request || requests_.size() >= kRequestsMax;
    if (!broken_) requests_.push_back(*request);
  }
  return !broken_;
}

std::optional<BlobRequest> RequestReader::poll() {
  if (requests_.empty()) return std::nullopt;
  const BlobRequest request = requests_.front();
  requests_.pop_front();
  return request;
}

// --- answers -----------------------------------------------------------------------------------------------

Bytes encode_have_answer(const ChunkSet* chunks) {
  if (!chunks || chunks->count() == 0) return {static_cast<uint8_t>(HaveStatus::nothing)};
  if (chunks->is_full()) return {static_cast<uint8_t>(HaveStatus::all)};
  Bytes answer = {static_cast<uint8_t>(HaveStatus::some)};
  append(answer, chunks->bits());
  return answer;
}

Bytes encode_get_refusal(GetStatus status) {
  STARLING_CHECK(status != GetStatus::data);
  return {static_cast<uint8_t>(status)};
}

Bytes encode_get_head(std::span<const Digest> uncles, std::span<const Digest> leaves) {
  wire::Writer writer;
  writer.u8(static_cast<uint8_t>(GetStatus::data)).u8(static_cast<uint8_t>(uncles.size()));
  for (const Digest& uncle : uncles) writer.fixed(uncle);
  for (const Digest& leaf : leaves) writer.fixed(leaf);
  return writer.take();
}

bool AnswerReader::take(ByteView bytes) {
  while (!bytes.empty() && !broken_) {
    if (expected_.empty()) {
      broken_ = true;
      break;
    }
    const size_t more = std::min(bytes.size(), wanted_ - part_.size());
    append(part_, bytes.first(more));
    bytes = bytes.subspan(more);
    if (part_.size() == wanted_) broken_ = !advance();
  }
  return !broken_;
}

void AnswerReader::wait_for(State state, size_t size) {
  state_ = state;
  wanted_ = size;
  part_.clear();
  part_.reserve(size);
}

bool AnswerReader::advance() {
  switch (state_) {
    case State::status:
      return read_status(part_.front());
    case State::bitmap: {
      const BlobId blob = blob_of(expected_.front());
      auto chunks = ChunkSet::from(crypto::chunk_count(blob.size), part_);
      if (!chunks || chunks->count() == 0 || chunks->is_full()) return false;
      items_.push_back(Have{blob, std::move(chunks)});
      expected_.pop_front();
      wait_for(State::status, 1);
      return true;
    }
    case State::head:
      return read_head();
    case State::leaf:
      break;
  }
  const GetRequest get = std::get<GetRequest>(expected_.front());
  const bool last = next_leaf_ + 1 == get.first + get.count;
  items_.push_back(Leaf{get, next_leaf_, std::move(part_), last});
  part_ = {};
  ++next_leaf_;
  if (last) {
    expected_.pop_front();
    wait_for(State::status, 1);
  } else {
    wait_for(State::leaf, crypto::leaf_size(get.blob.size, next_leaf_));
  }
  return true;
}

bool AnswerReader::read_status(uint8_t status) {
  const BlobId blob = blob_of(expected_.front());
  const uint64_t chunks = crypto::chunk_count(blob.size);
  if (std::holds_alternative<HaveRequest>(expected_.front())) {
    switch (static_cast<HaveStatus>(status)) {
      case HaveStatus::nothing:
        items_.push_back(Have{blob, std::nullopt});
        break;
      case HaveStatus::all:
        items_.push_back(Have{blob, ChunkSet(chunks, /*all=*/true)});
        break;
      case HaveStatus::some:
        if (blob.size > kPartialSizeMax) return false;
        wait_for(State::bitmap, static_cast<size_t>((chunks + 7) / 8));
        return true;
      default:
        return false;
    }
    expected_.pop_front();
    wait_for(State::status, 1);
    return true;
  }
  const GetRequest& get = std::get<GetRequest>(expected_.front());
  switch (static_cast<GetStatus>(status)) {
    case GetStatus::not_here:
    case GetStatus::busy:
      items_.push_back(Refused{get, static_cast<GetStatus>(status)});
      expected_.pop_front();
      wait_for(State::status, 1);
      return true;
    case GetStatus::data: {
      const size_t hashes = crypto::uncle_count(blob.size, get.chunk()) +
                            crypto::leaves_of_chunk(blob.size, get.chunk());
      wait_for(State::head, 1 + hashes * Digest::kSize);
      return true;
    }
  }
  return false;
}

bool AnswerReader::read_head() {
  const GetRequest get = std::get<GetRequest>(expected_.front());
  const uint64_t leaves = crypto::leaves_of_chunk(get.blob.size, get.chunk());
  wire::Reader reader(part_);
  Head head{get, {}, {}};
  const size_t uncles = reader.u8();
  if (1 + (uncles + leaves) * Digest::kSize != part_.size()) return false;
  for (size_t i = 0; i < uncles; ++i) head.uncles.push_back(reader.fixed<Digest>());
  for (uint64_t i = 0; i < leaves; ++i) head.leaves.push_back(reader.fixed<Digest>());
  items_.push_back(std::move(head));
  next_leaf_ = get.first;
  wait_for(State::leaf, crypto::leaf_size(get.blob.size, next_leaf_));
  return true;
}

std::optional<AnswerReader::Item> AnswerReader::poll() {
  if (items_.empty()) return std::nullopt;
  Item item = std::move(items_.front());
  items_.pop_front();
  return item;
}

}  // namespace starling::content
