// Requests that are accepted encode to the same bytes; answers never give out more than was asked for.
#include "base/check.h"
#include "content/blob_message.h"

namespace starling::content {
namespace {

void read_requests(ByteView input) {
  RequestReader reader;
  reader.take(input);
  Bytes again;
  while (const auto request = reader.poll()) append(again, encode(*request));
  STARLING_CHECK(again.size() <= input.size() && same_bytes(again, input.first(again.size())));
}

void read_answers(ByteView input) {
  if (input.size() < 3) return;
  BlobId blob;
  blob.root.value.fill(1);
  blob.size = 1 + input[0] * uint64_t{400'000} + input[1] * uint64_t{997};
  const uint64_t chunk = input[2] % crypto::chunk_count(blob.size);
  const uint64_t leaves = crypto::leaves_of_chunk(blob.size, chunk);
  const GetRequest get{blob, chunk * crypto::kChunkLeaves, static_cast<uint8_t>(leaves)};
  AnswerReader reader;
  reader.expect(HaveRequest{blob});
  reader.expect(get);
  reader.take(input.subspan(3));
  uint64_t next = get.first;
  while (const auto item = reader.poll()) {
    const auto* leaf = std::get_if<AnswerReader::Leaf>(&*item);
    if (!leaf) continue;
    STARLING_CHECK(leaf->leaf == next++);
    STARLING_CHECK(leaf->bytes.size() == crypto::leaf_size(blob.size, leaf->leaf));
  }
}

}  // namespace
}  // namespace starling::content

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const starling::ByteView rest(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    starling::content::read_requests(rest);
  } else {
    starling::content::read_answers(rest);
  }
  return 0;
}
