// os/blobs/disk_blob_store.h - env::BlobStore on a folder, with the disk and the hashing on a thread of their own.
//
// How:     imports go piece by piece, so that everything else finds its turn between two pieces.
// Order, threads and lifetime: as os/storage_thread.h, but that imports complete when they are done.
#pragma once

#include <memory>

#include "os/blobs/blob_folder.h"
#include "os/storage_thread.h"

namespace starling::os {

class DiskBlobStore final : public env::BlobStore {
 public:
  // Bytes moved in one step of an import.
  static constexpr size_t kStepSize = 4 << 20;

  // `loop` is borrowed. Blocks.
  static std::expected<std::unique_ptr<DiskBlobStore>, BlobFolder::OpenError> open(
      EventLoop& loop, const std::string& path, uint64_t unpinned_max);
  ~DiskBlobStore() override;

  void status(const BlobId& id, StatusDone done) override;
  void read(const BlobId& id, uint64_t offset, size_t size, ReadDone done) override;
  void prove(const BlobId& id, uint64_t first_leaf, size_t count, ProvenDone done) override;
  void write(const BlobId& id, uint64_t offset, Bytes bytes, Done done) override;
  void finish_chunk(const BlobId& id, uint64_t chunk, std::vector<Digest> leaves,
                    std::vector<Digest> uncles, Done done) override;
  void put(Bytes bytes, bool pinned, PutDone done) override;
  void pin(const BlobId& id, bool pinned, Done done) override;
  void remove(const BlobId& id, Done done) override;
  void list(std::function<void(std::vector<env::BlobInfo>)> done) override;
  void usage(std::function<void(env::StoreUsage)> done) override;
  void find_files(std::string path, bool with_hidden,
                  std::function<void(std::expected<env::FoundTree, env::BlobError>)> done) override;
  void import_file(std::string folder, std::string relative, bool pinned,
                   std::shared_ptr<env::Cancellation> cancellation, Progress progress,
                   PutDone done) override;
  std::shared_ptr<env::Export> begin_export(std::string folder, std::string relative,
                                            bool executable) override;
  void export_part(std::shared_ptr<env::Export> to, const BlobId& id, uint64_t offset, size_t size,
                   bool last, Done done) override;
  void drop_export(std::shared_ptr<env::Export> which) override;

 private:
  class ImportJob;
  class UserFileExport;

  DiskBlobStore(EventLoop& loop, std::shared_ptr<BlobFolder> folder);
  void go_on(std::shared_ptr<ImportJob> job);

  std::shared_ptr<BlobFolder> folder_;  // storage thread only; jobs on their way keep it
  StorageThread thread_;
};

}  // namespace starling::os
