#include "os/blobs/disk_blob_store.h"

#include <atomic>
#include <cerrno>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "os/blobs/blob_import.h"
#include "os/blobs/user_files.h"

namespace starling::os {
namespace {

using env::BlobError;

const std::unexpected<BlobError> kNoRoom(BlobError::failed);
// Copying and hashing must not hold up the packets.
constexpr int kNice = 10;

}  // namespace

std::expected<std::unique_ptr<DiskBlobStore>, BlobFolder::OpenError> DiskBlobStore::open(
    EventLoop& loop, const std::string& path, uint64_t unpinned_max) {
  auto folder = BlobFolder::open(path, unpinned_max);
  if (!folder) return std::unexpected(folder.error());
  return std::unique_ptr<DiskBlobStore>(new DiskBlobStore(loop, std::move(*folder)));
}

DiskBlobStore::DiskBlobStore(EventLoop& loop, std::shared_ptr<BlobFolder> folder)
    : folder_(std::move(folder)), thread_(loop, {}, kNice) {}

DiskBlobStore::~DiskBlobStore() = default;

void DiskBlobStore::status(const BlobId& id, StatusDone done) {
  thread_.submit<std::optional<env::BlobStatus>>(
      0, std::nullopt, [this, id] { return folder_->status(id); }, std::move(done));
}

void DiskBlobStore::read(const BlobId& id, uint64_t offset, size_t size, ReadDone done) {
  thread_.submit<std::expected<Bytes, BlobError>>(
      size, kNoRoom, [this, id, offset, size] { return folder_->read(id, offset, size); },
      std::move(done));
}

void DiskBlobStore::prove(const BlobId& id, uint64_t first_leaf, size_t count, ProvenDone done) {
  thread_.submit<std::expected<Proven, BlobError>>(
      count * crypto::kLeafSize, kNoRoom,
      [this, id, first_leaf, count] { return folder_->prove(id, first_leaf, count); },
      std::move(done));
}

void DiskBlobStore::write(const BlobId& id, uint64_t offset, Bytes bytes, Done done) {
  const size_t size = bytes.size();
  thread_.submit<std::expected<void, BlobError>>(
      size, kNoRoom,
      [this, id, offset, bytes = std::move(bytes)] { return folder_->write(id, offset, bytes); },
      std::move(done));
}

void DiskBlobStore::finish_chunk(const BlobId& id, uint64_t chunk, std::vector<Digest> leaves,
                                 std::vector<Digest> uncles, Done done) {
  thread_.submit<std::expected<void, BlobError>>(
      0, kNoRoom,
      [this, id, chunk, leaves = std::move(leaves), uncles = std::move(uncles)] {
        return folder_->finish_chunk(id, chunk, leaves, uncles);
      },
      std::move(done));
}

void DiskBlobStore::put(Bytes bytes, bool pinned, PutDone done) {
  const size_t size = bytes.size();
  thread_.submit<std::expected<BlobId, BlobError>>(
      size, kNoRoom,
      [this, pinned, bytes = std::move(bytes)]() -> std::expected<BlobId, BlobError> {
        BlobImport import(*folder_, bytes.size());
        if (const auto added = import.add(bytes); !added) return std::unexpected(added.error());
        return import.finish(pinned);
      },
      std::move(done));
}

void DiskBlobStore::pin(const BlobId& id, bool pinned, Done done) {
  thread_.submit<std::expected<void, BlobError>>(
      0, kNoRoom, [this, id, pinned] { return folder_->pin(id, pinned); }, std::move(done));
}

void DiskBlobStore::remove(const BlobId& id, Done done) {
  thread_.submit<std::expected<void, BlobError>>(
      0, kNoRoom, [this, id] { return folder_->remove(id); }, std::move(done));
}

void DiskBlobStore::list(std::function<void(std::vector<env::BlobInfo>)> done) {
  thread_.submit<std::vector<env::BlobInfo>>(
      0, {}, [this] { return folder_->list(); }, std::move(done));
}

void DiskBlobStore::usage(std::function<void(env::StoreUsage)> done) {
  thread_.submit<env::StoreUsage>(0, {}, [this] { return folder_->usage(); }, std::move(done));
}

void DiskBlobStore::find_files(std::string path, bool with_hidden,
                               std::function<void(std::expected<env::FoundTree, BlobError>)> done) {
  thread_.submit<std::expected<env::FoundTree, BlobError>>(
      0, kNoRoom,
      [path = std::move(path), with_hidden] { return find_user_files(path, with_hidden); },
      std::move(done));
}

// --- imports -----------------------------------------------------------------------------------------------

// One import, a step at a time.
class DiskBlobStore::ImportJob {
 public:
  ImportJob(std::shared_ptr<BlobFolder> store, std::string folder, std::string relative,
            bool pinned, std::shared_ptr<env::Cancellation> cancellation, Progress progress,
            PutDone done)
      : store_(std::move(store)),
        user_folder_(std::move(folder)),
        relative_(std::move(relative)),
        pinned_(pinned),
        cancellation_(std::move(cancellation)),
        progress_(std::move(progress)),
        done_(std::move(done)) {}

  // On the storage thread. The report for the network thread when it is over, else nothing.
  std::function<void()> run() {
    const auto end = [&](std::expected<BlobId, BlobError> result) {
      import_.reset();
      return [done = done_, result] {
        if (done) done(result);
      };
    };
    if (cancellation_ && cancellation_->wanted) return end(std::unexpected(BlobError::cancelled));
    if (!import_) {
      auto opened = open_user_file(user_folder_, relative_);
      if (!opened) return end(std::unexpected(opened.error()));
      source_ = std::move(*opened);
      import_ = std::make_unique<BlobImport>(*store_, source_.size);
      buffer_.resize(std::min<uint64_t>(kStepSize, source_.size));
    }
    const uint64_t at = import_->added();
    const size_t size = std::min<uint64_t>(buffer_.size(), source_.size - at);
    const MutableByteView piece = MutableByteView(buffer_).first(size);
    const int error = read_all_at(source_.file.number(), piece, at);
    if (error != 0)
      return end(std::unexpected(error == EIO ? BlobError::changed : blob_error_of(error)));
    if (const auto added = import_->add(piece); !added) return end(std::unexpected(added.error()));
    if (import_->added() < source_.size) return {};
    // One that has grown meanwhile is not what the user saw.
    struct stat status{};
    if (::fstat(source_.file.number(), &status) == 0 &&
        static_cast<uint64_t>(status.st_size) != source_.size) {
      return end(std::unexpected(BlobError::changed));
    }
    return end(import_->finish(pinned_));
  }
  [[nodiscard]] uint64_t moved() const { return import_ ? import_->added() : 0; }
  void tell_progress(uint64_t bytes) const {
    if (progress_) progress_(bytes);
  }

 private:
  std::shared_ptr<BlobFolder> store_;
  std::string user_folder_;
  std::string relative_;
  bool pinned_;
  std::shared_ptr<env::Cancellation> cancellation_;
  Progress progress_;
  PutDone done_;
  UserFile source_;
  std::unique_ptr<BlobImport> import_;
  Bytes buffer_;
};

void DiskBlobStore::go_on(std::shared_ptr<ImportJob> job) {
  thread_.run(0, [this, job = std::move(job)] {
    auto report = job->run();
    if (report) return thread_.complete(0, std::move(report));
    thread_.complete(0, [this, job, moved = job->moved()] {
      go_on(job);
      job->tell_progress(moved);
    });
  });
}

void DiskBlobStore::import_file(std::string folder, std::string relative, bool pinned,
                                std::shared_ptr<env::Cancellation> cancellation, Progress progress,
                                PutDone done) {
  go_on(std::make_shared<ImportJob>(folder_, std::move(folder), std::move(relative), pinned,
                                    std::move(cancellation), std::move(progress), std::move(done)));
}

// --- exports -----------------------------------------------------------------------------------------------

// Storage thread only, but for its making and forbid().
class DiskBlobStore::UserFileExport final : public env::Export {
 public:
  UserFileExport(std::string folder, std::string relative, bool executable)
      : folder_(std::move(folder)), relative_(std::move(relative)), executable_(executable) {}

  std::expected<void, BlobError> add(BlobFolder& store, const BlobId& id, uint64_t offset,
                                     size_t size, bool last) {
    if (is_forbidden_) return std::unexpected(BlobError::cancelled);
    if (!writer_) {
      auto created = UserFileWriter::create(folder_, relative_, executable_);
      if (!created) return std::unexpected(created.error());
      writer_.emplace(std::move(*created));
    }
    auto done = store.copy_to(id, offset, size, *writer_);
    if (done && last) done = writer_->finish();
    if (!done || last) writer_.reset();
    return done;
  }
  // Parts that wait on the thread will do nothing.
  void forbid() { is_forbidden_ = true; }
  void drop() { writer_.reset(); }

 private:
  std::string folder_;
  std::string relative_;
  bool executable_;
  std::optional<UserFileWriter> writer_;
  std::atomic<bool> is_forbidden_ = false;
};

std::shared_ptr<env::Export> DiskBlobStore::begin_export(std::string folder, std::string relative,
                                                         bool executable) {
  return std::make_shared<UserFileExport>(std::move(folder), std::move(relative), executable);
}

void DiskBlobStore::export_part(std::shared_ptr<env::Export> to, const BlobId& id, uint64_t offset,
                                size_t size, bool last, Done done) {
  auto file = std::static_pointer_cast<UserFileExport>(std::move(to));
  thread_.submit<std::expected<void, BlobError>>(
      0, kNoRoom,
      [this, file = std::move(file), id, offset, size, last] {
        return file->add(*folder_, id, offset, size, last);
      },
      std::move(done));
}

void DiskBlobStore::drop_export(std::shared_ptr<env::Export> which) {
  auto file = std::static_pointer_cast<UserFileExport>(std::move(which));
  file->forbid();
  thread_.submit<bool>(0, false,
                       [file = std::move(file)] {
                         file->drop();
                         return true;
                       },
                       {});
}

}  // namespace starling::os
