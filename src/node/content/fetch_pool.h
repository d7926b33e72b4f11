// node/content/fetch_pool.h - all fetches of this node: one for each blob, however many want parts of it.
//
// How:     need() bytes of a blob; when it says that they are there, the store has them.
// Bounds:  kFetchesMax at once (further needs fail); a fetch that nobody needs ends after kIdleTime, or when its place is needed.
// Threads: network thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/lifetime.h"
#include "node/content/blob_fetch.h"

namespace starling::node {

class FetchPool {
 public:
  static constexpr size_t kFetchesMax = 48;  // fewer than the streams to one holder
  static constexpr Duration kIdleTime = 10s;

  explicit FetchPool(const BlobFetch::Surroundings& around);

  using Need = uint64_t;
  // `done` comes once, never from inside the call, unless the need is forgotten. Pre: within the blob.
  Need need(const crypto::BlobId& blob, const crypto::Position& providers, uint64_t offset,
            uint64_t size, bool first, BlobFetch::Done done);
  void forget(Need need);

  struct Status {
    crypto::BlobId blob;
    FetchPhase phase;
    size_t holders;
    uint64_t bytes;  // verified by this fetch
    uint64_t bytes_wasted;
  };
  [[nodiscard]] std::vector<Status> statuses() const;
  // Null when there is no fetch of it.
  [[nodiscard]] const BlobFetch* find(const crypto::BlobId& blob) const;
  [[nodiscard]] uint64_t bytes_fetched() const;
  [[nodiscard]] uint64_t bytes_wasted() const;

 private:
  struct Entry {
    crypto::BlobId blob;
    crypto::Position providers;
    uint64_t offset;
    uint64_t size;
    bool first;
    BlobFetch::Done done;
    std::optional<uint64_t> wait;  // of the fetch, once there is one
  };

  using Fetches = std::map<crypto::BlobId, std::unique_ptr<BlobFetch>>;
  void begin(Need need, const std::optional<env::BlobStatus>& status);
  void wait(Need need, BlobFetch& fetch);
  void finish(Need need, std::optional<FetchFailure> failure);
  // Ends the fetch that nobody has needed for longest, if that has to be; false when all are needed.
  bool make_room();
  Fetches::iterator end(Fetches::iterator fetch);
  void clean_up();

  BlobFetch::Surroundings around_;
  std::map<Need, Entry> needs_;
  Need next_need_ = 1;
  Fetches fetches_;
  uint64_t bytes_fetched_ = 0;  // by fetches that have ended
  uint64_t bytes_wasted_ = 0;
  std::unique_ptr<env::Timer> timer_;
  Lifetime lifetime_;
};

// Reads a blob from the beginning or anywhere else, and has the next bytes fetched meanwhile.
class BlobReader {
 public:
  // Fetched ahead of what is read.
  static constexpr uint64_t kAhead = 8 << 20;

  using ReadDone = std::function<void(std::expected<Bytes, FetchFailure>)>;

  BlobReader(FetchPool& pool, env::BlobStore& store, const crypto::BlobId& blob,
             const crypto::Position& providers);
  ~BlobReader();
  BlobReader(const BlobReader&) = delete;
  BlobReader& operator=(const BlobReader&) = delete;

  // One at a time; `done` may destroy the reader. Pre: within the blob.
  void read(uint64_t offset, size_t size, ReadDone done);
  [[nodiscard]] const crypto::BlobId& blob() const { return blob_; }

 private:
  void read_from_store(uint64_t offset, size_t size, bool again, const ReadDone& done);
  // Has more fetched when what was fetched ahead runs short.
  void look_ahead(uint64_t next);

  FetchPool& pool_;
  env::BlobStore& store_;
  crypto::BlobId blob_;
  crypto::Position providers_;
  FetchPool::Need need_ = 0;   // 0: none
  FetchPool::Need ahead_ = 0;  // 0: none
  uint64_t ahead_until_ = 0;   // 0: all that was read was here
  Lifetime lifetime_;
};

}  // namespace starling::node
