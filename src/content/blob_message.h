// content/blob_message.h - how one node asks another for parts of blobs, on a stream of the service starling.blob/1.
//
// How:     the asker writes requests, as many as it likes up to kRequestsMax unanswered; the holder answers them in order.
// Views:   nothing borrows.
// Wire:    docs/wire/content.md#blob-service.
#pragma once

#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "crypto/chunk_set.h"
#include "crypto/hash_tree.h"

namespace starling::content {

using crypto::BlobId;
using crypto::ChunkSet;
using crypto::Digest;

inline constexpr std::string_view kBlobService = "starling.blob/1";
// Unanswered on one stream; more break the protocol.
inline constexpr size_t kRequestsMax = 16;
// A holder of a part says which chunks it has, up to blobs of this size (1 TiB); of larger ones it says that it has nothing.
inline constexpr uint64_t kPartialSizeMax = uint64_t{1} << 40;

// Which chunks do you have?
struct HaveRequest {
  BlobId blob;
};
// Leaves of one chunk, with what proves them.
struct GetRequest {
  BlobId blob;
  uint64_t first = 0;  // number of the leaf in the blob
  uint8_t count = 1;   // to the end of the chunk at most
  [[nodiscard]] uint64_t chunk() const { return first / crypto::kChunkLeaves; }
  friend bool operator==(const GetRequest&, const GetRequest&) = default;
};
using BlobRequest = std::variant<HaveRequest, GetRequest>;

Bytes encode(const BlobRequest& request);

// Puts requests together from a stream's pieces.
class RequestReader {
 public:
  // False: the asker broke the protocol, and nothing of it counts any more.
  bool take(ByteView bytes);
  std::optional<BlobRequest> poll();
  [[nodiscard]] size_t waiting() const { return requests_.size(); }

 private:
  Bytes part_;
  std::deque<BlobRequest> requests_;
  bool broken_ = false;
};

enum class HaveStatus : uint8_t { nothing = 0, all = 1, some = 2 };
enum class GetStatus : uint8_t { not_here = 0, data = 1, busy = 2 };

Bytes encode_have_answer(const ChunkSet* chunks);  // null: nothing
Bytes encode_get_refusal(GetStatus status);        // pre: not data
// What stands before the bytes of the leaves. `leaves`: the hashes of all leaves of the chunk.
Bytes encode_get_head(std::span<const Digest> uncles, std::span<const Digest> leaves);

// Answers as the asker reads them, piece by piece.
//
// How:     expect() each request when it is sent, take() bytes, poll() what they mean. Sizes follow from the request, so that a
//          holder cannot make the reader wait for more than it asked for.
class AnswerReader {
 public:
  struct Have {
    BlobId blob;
    std::optional<ChunkSet> chunks;  // empty: nothing
  };
  struct Refused {
    GetRequest request;
    GetStatus status;
  };
  // Begins an answer with data: to be judged before a leaf is used.
  struct Head {
    GetRequest request;
    std::vector<Digest> uncles;
    std::vector<Digest> leaves;
  };
  // Bytes of one whole leaf, in order.
  struct Leaf {
    GetRequest request;
    uint64_t leaf = 0;
    Bytes bytes;
    bool last = false;  // of this answer
  };
  using Item = std::variant<Have, Refused, Head, Leaf>;

  void expect(const BlobRequest& request) { expected_.push_back(request); }
  // False: the holder broke the protocol.
  bool take(ByteView bytes);
  std::optional<Item> poll();
  [[nodiscard]] size_t expected() const { return expected_.size(); }

 private:
  enum class State : uint8_t { status, bitmap, head, leaf };
  // Consumes what `part_` must be filled with first; false when the answer is malformed.
  bool advance();
  bool read_status(uint8_t status);
  bool read_head();
  void wait_for(State state, size_t size);

  std::deque<BlobRequest> expected_;
  std::deque<Item> items_;
  State state_ = State::status;
  size_t wanted_ = 1;
  Bytes part_;
  uint64_t next_leaf_ = 0;
  bool broken_ = false;
};

}  // namespace starling::content
