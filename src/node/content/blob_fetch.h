// node/content/blob_fetch.h - gets one blob into this node's store: finds who has it, opens streams to them, writes what was checked.
//
// How:     wait() for the bytes that somebody needs; the fetch looks for holders while anybody waits, and gives a reason when
//          there is no hope: at first within kDefiniteAnswer, once it had holders after kGiveUp without one.
// Bounds:  kHoldersMax holders at once; kUnwrittenMax bytes on their way to the disk (in buffers
//          for whole chunks), then streams are not read.
// Threads: network thread.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>

#include "base/lifetime.h"
#include "content/fetcher.h"
#include "env/runtime.h"
#include "node/content/holder_finder.h"
#include "node/session_driver.h"

namespace starling::node {

enum class FetchFailure : uint8_t {
  nobody_has_it,  // no holder is known to the directory
  unreachable,    // holders are known, and none of them gives it
  too_busy,       // as much is fetched as may be
  no_space,
  disk_failed,
};

enum class FetchPhase : uint8_t { finding, connecting, fetching, done };
std::string_view name_of(FetchPhase phase);

class BlobFetch {
 public:
  static constexpr Duration kDefiniteAnswer = 4'500ms;
  static constexpr Duration kGiveUp = 30s;
  static constexpr size_t kHoldersMax = 8;
  static constexpr size_t kUnwrittenMax = 16 << 20;

  struct Surroundings {
    env::Runtime& runtime;
    HolderFinder& holders;
    SessionDriver& sessions;
  };
  // `providers`: where holders announce themselves: the root of the folder that the blob belongs to, or of the blob itself.
  BlobFetch(const Surroundings& around, const crypto::BlobId& blob,
            const crypto::Position& providers, crypto::ChunkSet have);
  ~BlobFetch();
  BlobFetch(const BlobFetch&) = delete;
  BlobFetch& operator=(const BlobFetch&) = delete;

  using Done = std::function<void(std::optional<FetchFailure>)>;
  // `done` comes once, when all of these bytes can be read from the store, or will not come. `first`: before what others wait
  // for. The number is for forget(). Pre: within the blob.
  uint64_t wait(uint64_t offset, uint64_t size, bool first, Done done);
  // Nobody waits any more; `done` does not come.
  void forget(uint64_t wait);
  [[nodiscard]] bool is_idle() const { return waits_.empty(); }
  // What it believes to be on the disk may not be there: make another one.
  [[nodiscard]] bool is_broken() const { return broken_; }
  [[nodiscard]] Instant idle_since() const { return idle_since_; }

  [[nodiscard]] FetchPhase phase() const;
  [[nodiscard]] size_t holders() const { return fetcher_.source_count(); }
  // Of the blob: here before, or checked since.
  [[nodiscard]] uint64_t bytes_here() const { return bytes_before_ + fetcher_.bytes_verified(); }
  [[nodiscard]] const content::Fetcher& fetcher() const { return fetcher_; }

 private:
  struct Wait {
    uint64_t id;
    uint64_t offset;  // what is missing begins here or later
    uint64_t size;
    uint64_t want;
    Done done;
  };
  struct Holder {
    crypto::NodeKey key;
    bool connected = false;
  };

  void look_for_holders();
  void handle_found(const std::vector<crypto::NodeKey>& keys);
  void open(const crypto::NodeKey& key);
  void handle_closed(StreamId stream, const session::StreamClosed& closed);
  void read(StreamId stream);
  void pump();
  // Streams are few, and others need them.
  void let_holders_go();
  // Pieces of a chunk go to the disk together: soon, or when somebody wants to read them.
  void gather(content::Fetcher::Verified piece);
  void write_gathered(uint64_t chunk);
  void write_all_gathered();
  void write(content::Fetcher::Verified piece);
  void finish_chunk(content::Fetcher::ChunkDone done);
  void handle_written(size_t bytes, const std::expected<void, env::BlobError>& written);
  void settle();
  // Whether all of it is here; what is, is not looked for again.
  bool has_come(Wait& wait);
  void fail(FetchFailure failure);
  void tick();
  [[nodiscard]] Instant now() const { return around_.runtime.now(); }

  Surroundings around_;
  crypto::Position providers_;
  const uint64_t bytes_before_;
  content::Fetcher fetcher_;
  std::list<Wait> waits_;
  uint64_t next_wait_ = 1;
  std::map<StreamId, Holder> holders_;
  std::set<crypto::NodeKey> known_;                // holders that the directory named
  std::map<crypto::NodeKey, Instant> not_before_;  // holders that failed
  bool looking_ = false;
  Instant look_again_;
  Instant lonely_since_;  // without a holder that answered
  bool had_holder_ = false;
  Instant idle_since_;
  size_t unwritten_ = 0;
  std::map<uint64_t, content::Fetcher::Verified> gathered_;  // by chunk
  bool pumping_ = false;
  bool broken_ = false;
  std::unique_ptr<env::Timer> timer_;
  Lifetime lifetime_;
};

}  // namespace starling::node
