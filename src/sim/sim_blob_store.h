// sim/sim_blob_store.h - env::BlobStore in memory, for one life of a host; the blobs outlive it.
//
// How:     a chunk counts when finish_chunk() has been applied; leaves written before are lost in a crash.
// Users' files: SimBlobs::user_files, by absolute path.
#pragma once

#include <map>
#include <set>

#include "env/blob_store.h"
#include "sim/storage_queue.h"

namespace starling::sim {

// What a host keeps of blobs, from life to life.
struct SimBlobs {
  struct Blob {
    explicit Blob(const crypto::BlobId& id) : chunks(crypto::chunk_count(id.size)), tree(id) {}
    Bytes bytes;  // as long as the highest byte that was written
    crypto::ChunkSet chunks;
    crypto::ChunkTree tree;
    std::map<uint64_t, std::vector<crypto::Digest>> leaves;  // by chunk
    std::set<uint64_t> loose_leaves;                         // written, of chunks not finished
    bool pinned = false;
  };
  std::map<crypto::BlobId, Blob> blobs;
  std::map<std::string, Bytes> user_files;
  std::set<std::string> forbidden_files;  // of the user's: cannot be written
};

class SimBlobStore final : public env::BlobStore {
 public:
  static constexpr Duration kStepTime = 50us;
  static constexpr Duration kSyncTime = 500us;
  static constexpr double kBytesPerS = 1e9;

  // Forgets what a crash took. Borrows all three.
  SimBlobStore(EventQueue& queue, SimDisk& disk, SimBlobs& blobs);

  void status(const crypto::BlobId& id, StatusDone done) override;
  void read(const crypto::BlobId& id, uint64_t offset, size_t size, ReadDone done) override;
  void prove(const crypto::BlobId& id, uint64_t first_leaf, size_t count, ProvenDone done) override;
  void write(const crypto::BlobId& id, uint64_t offset, Bytes bytes, Done done) override;
  void finish_chunk(const crypto::BlobId& id, uint64_t chunk, std::vector<crypto::Digest> leaves,
                    std::vector<crypto::Digest> uncles, Done done) override;
  void put(Bytes bytes, bool pinned, PutDone done) override;
  void pin(const crypto::BlobId& id, bool pinned, Done done) override;
  void remove(const crypto::BlobId& id, Done done) override;
  void list(std::function<void(std::vector<env::BlobInfo>)> done) override;
  void usage(std::function<void(env::StoreUsage)> done) override;
  void find_files(std::string path, bool with_hidden,
                  std::function<void(std::expected<env::FoundTree, env::BlobError>)> done) override;
  void import_file(std::string folder, std::string relative, bool pinned,
                   std::shared_ptr<env::Cancellation> cancellation, Progress progress,
                   PutDone done) override;
  std::shared_ptr<env::Export> begin_export(std::string folder, std::string relative,
                                            bool executable) override;
  void export_part(std::shared_ptr<env::Export> to, const crypto::BlobId& id, uint64_t offset,
                   size_t size, bool last, Done done) override;
  void drop_export(std::shared_ptr<env::Export> which) override;
  void kill() { steps_.kill(); }

 private:
  struct UserFile final : env::Export {
    std::string path;
    Bytes bytes;
    bool dropped = false;
  };
  template <typename Value>
  void submit(Duration time, std::function<Value()> work, std::function<void(Value)> done);
  [[nodiscard]] std::expected<Bytes, env::BlobError> read_now(const crypto::BlobId& id,
                                                              uint64_t offset, size_t size) const;
  std::expected<crypto::BlobId, env::BlobError> put_now(ByteView bytes, bool pinned);

  SimDisk& disk_;
  SimBlobs& blobs_;
  StorageQueue steps_;
};

}  // namespace starling::sim
