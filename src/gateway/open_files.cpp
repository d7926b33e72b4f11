#include "gateway/open_files.h"

#include <algorithm>

namespace starling::gateway {

// What the server's thread has of a file.
class OpenFiles::Body final : public http::BodySource {
 public:
  Body(std::shared_ptr<Door> door, uint64_t number) : door_(std::move(door)), number_(number) {}
  ~Body() override {
    door_->ask([number = number_](OpenFiles& files) { files.files_.erase(number); });
  }
  void read(ReadDone done) override {
    door_->ask(
        [number = number_, done = std::move(done)](OpenFiles& files) { files.read(number, done); });
  }

 private:
  std::shared_ptr<Door> door_;
  uint64_t number_;
};

OpenFiles::OpenFiles(Door::Post post, node::Node& node)
    : door_(std::make_shared<Door>(std::move(post), *this)), node_(node) {}

OpenFiles::~OpenFiles() { door_->close(); }

void OpenFiles::open(const node::FoundContent& found, uint64_t offset, uint64_t size, Opened done) {
  if (files_.size() >= kOpenMax)
    return done(std::unexpected(node::ContentFailure{node::ContentFailure::Kind::too_busy}));
  const uint64_t number = next_number_++;
  File& file = files_[number];
  file.reader = node_.library().read(found);
  file.providers = found.providers;
  file.is_whole = offset == 0 && size == found.blob.size;
  file.offset = offset;
  file.end = offset + size;
  const size_t piece = static_cast<size_t>(std::min<uint64_t>(kPieceSize, size));
  file.reader->read(
      offset, piece,
      [this, number, done = std::move(done)](std::expected<Bytes, node::FetchFailure> bytes) {
        if (!bytes) {
          const auto failure = node::failure_of(bytes.error());
          // Not before its reader is done with this call.
          const auto gone = files_.extract(number);
          return done(std::unexpected(failure));
        }
        File& opened = files_.at(number);
        opened.offset += bytes->size();
        opened.first = std::move(*bytes);
        done(std::make_shared<Body>(door_, number));
      });
}

void OpenFiles::read(uint64_t number, http::BodySource::ReadDone done) {
  const auto entry = files_.find(number);
  if (entry == files_.end()) return done(std::nullopt);
  File& file = entry->second;
  if (!file.first.empty()) return done(std::exchange(file.first, {}));
  if (file.offset >= file.end) return done(Bytes());
  const size_t piece = static_cast<size_t>(std::min<uint64_t>(kPieceSize, file.end - file.offset));
  file.waiting = std::move(done);
  file.reader->read(file.offset, piece,
                    [this, number](std::expected<Bytes, node::FetchFailure> bytes) {
                      give(number, std::move(bytes));
                    });
}

void OpenFiles::give(uint64_t number, std::expected<Bytes, node::FetchFailure> piece) {
  File& file = files_.at(number);
  const auto done = std::exchange(file.waiting, {});
  if (!piece) return done(std::nullopt);
  file.offset += piece->size();
  if (file.offset == file.end && file.is_whole) node_.library().handle_read(file.providers);
  done(std::move(*piece));
}

}  // namespace starling::gateway
