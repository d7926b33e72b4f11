// content/example_blob.h - for tests: bytes with their tree, and a holder that answers requests for them, honestly or not.
#pragma once

#include <memory>

#include "content/blob_message.h"
#include "crypto/hash.h"

namespace starling::content {

struct ExampleBlob {
  explicit ExampleBlob(size_t size) : bytes(size) {
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
    std::vector<Digest> roots;
    for (uint64_t chunk = 0; chunk < crypto::chunk_count(size); ++chunk)
      roots.push_back(crypto::chunk_root(leaves_of(chunk), crypto::chunk_count(size)));
    tree = std::make_unique<crypto::ChunkTree>(size, roots);
    id = {tree->root(), size};
  }
  [[nodiscard]] ByteView leaf(uint64_t number) const {
    return ByteView(bytes).subspan(number * crypto::kLeafSize,
                                   crypto::leaf_size(bytes.size(), number));
  }
  [[nodiscard]] std::vector<Digest> leaves_of(uint64_t chunk) const {
    std::vector<Digest> leaves;
    for (uint64_t i = 0; i < crypto::leaves_of_chunk(bytes.size(), chunk); ++i)
      leaves.push_back(crypto::sha256(leaf(chunk * crypto::kChunkLeaves + i)));
    return leaves;
  }
  // The honest answer.
  [[nodiscard]] Bytes answer(const GetRequest& get) const {
    Bytes answer = encode_get_head(*tree->uncles_of(get.chunk()), leaves_of(get.chunk()));
    for (uint64_t i = 0; i < get.count; ++i) append(answer, leaf(get.first + i));
    return answer;
  }

  Bytes bytes;
  std::unique_ptr<crypto::ChunkTree> tree;
  BlobId id;
};

}  // namespace starling::content
