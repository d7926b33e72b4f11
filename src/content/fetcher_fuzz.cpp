// A fetcher that is told anything, by sources that come, answer, lie and go: it gives out nothing but the truth, and once.
#include "base/check.h"
#include "content/example_blob.h"
#include "content/fetcher.h"
#include "wire/reader.h"

namespace starling::content {
namespace {

class Fuzzer {
 public:
  explicit Fuzzer(ByteView input) : reader_(input) {}

  void run() {
    while (reader_.left() > 0) {
      now_ += std::chrono::milliseconds(reader_.u8() * 4);
      if (now_ >= fetcher_.next_timeout()) fetcher_.handle_timeout(now_);
      step();
      drain();
    }
  }

 private:
  static const ExampleBlob& blob() {
    static const ExampleBlob example(2 * crypto::kChunkSize + 40'000);
    return example;
  }
  void step() {
    const uint8_t what = reader_.u8();
    const SourceId source{what / 16u % 4u};
    switch (what % 8) {
      case 0:
        if (fetcher_.add_source(now_, source)) questions_[source].clear();
        return;
      case 1:
        return fetcher_.remove_source(now_, source);
      case 2:
        fetcher_.want(now_, 0, blob().id.size);
        return;
      case 3:
        fetcher_.want_first(now_, reader_.u8() * uint64_t{8'000}, 1);
        return;
      case 4:
        return fetcher_.unwant(reader_.u8());
      case 5: {
        const ByteView garbage = reader_.view(std::min<size_t>(reader_.u8(), reader_.left()));
        return fetcher_.handle_bytes(now_, source, garbage);
      }
      default:
        return answer(source);
    }
  }
  // The next question of that source, honestly or with one byte changed.
  void answer(SourceId source) {
    auto& questions = questions_[source];
    if (questions.empty()) return;
    const BlobRequest question = questions.front();
    questions.erase(questions.begin());
    const ChunkSet all(3, true);
    const auto* get = std::get_if<GetRequest>(&question);
    Bytes bytes = get ? blob().answer(*get) : encode_have_answer(&all);
    const uint8_t lie = reader_.u8();
    if (lie > 200) bytes[lie * 131u % bytes.size()] ^= lie;
    fetcher_.handle_bytes(now_, source, bytes);
  }
  void drain() {
    while (auto output = fetcher_.poll_output()) {
      if (const auto* ask = std::get_if<Fetcher::Ask>(&*output)) {
        RequestReader reader;
        STARLING_CHECK(reader.take(ask->request));
        while (const auto request = reader.poll()) questions_[ask->source].push_back(*request);
      } else if (const auto* piece = std::get_if<Fetcher::Verified>(&*output)) {
        STARLING_CHECK(piece->offset + piece->bytes.size() <= blob().bytes.size());
        STARLING_CHECK(same_bytes(
            piece->bytes, ByteView(blob().bytes).subspan(piece->offset, piece->bytes.size())));
        given_out_ += piece->bytes.size();
        STARLING_CHECK(given_out_ <= blob().bytes.size());
      } else if (const auto* dropped = std::get_if<Fetcher::Dropped>(&*output)) {
        questions_[dropped->source].clear();
      }
    }
  }

  wire::Reader reader_;
  Fetcher fetcher_{blob().id, ChunkSet(3)};
  std::map<SourceId, std::vector<BlobRequest>> questions_;
  Instant now_ = Instant{} + 1h;
  uint64_t given_out_ = 0;
};

}  // namespace
}  // namespace starling::content

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  starling::content::Fuzzer({data, size}).run();
  return 0;
}
