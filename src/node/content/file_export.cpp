#include "node/content/file_export.h"

#include <algorithm>

#include "base/check.h"

namespace starling::node {

FileExport::FileExport(env::BlobStore& store, const crypto::BlobId& blob, std::string folder,
                       std::string relative, bool executable, Done done)
    : store_(store),
      blob_(blob),
      file_(store.begin_export(std::move(folder), std::move(relative), executable)),
      done_(std::move(done)) {}

FileExport::~FileExport() { store_.drop_export(std::move(file_)); }

void FileExport::allow(uint64_t bytes) {
  STARLING_CHECK(bytes >= allowed_ && bytes <= blob_.size);
  allowed_ = bytes;
  go_on();
}

void FileExport::go_on() {
  if (busy_ || over_) return;
  const uint64_t left = allowed_ - copied_;
  // An empty blob has one part, too.
  if (left == 0 && copied_ < blob_.size) return;
  busy_ = true;
  const auto size = static_cast<size_t>(std::min<uint64_t>(left, kPartSize));
  const bool last = copied_ + size == blob_.size;
  store_.export_part(
      file_, blob_, copied_, size, last,
      lifetime_.guard([this, size](const auto& result) { handle_part(size, result); }));
}

void FileExport::handle_part(size_t size, const std::expected<void, env::BlobError>& result) {
  busy_ = false;
  copied_ += size;
  over_ = !result || copied_ == blob_.size;
  if (!over_) return go_on();
  const Done done = std::move(done_);
  done(result);
}

}  // namespace starling::node
