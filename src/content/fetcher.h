// content/fetcher.h - gets one blob, or parts of it, from many sources at once.
//
// How:     each source is asked for chunks, the first wanted ones first; every leaf is checked against the blob's root before it
//          is given out. What a source does not send is asked of others.
// Drive:   after every call drain poll_output(); re-arm next_timeout(). Not for the empty blob.
// Rules and the attacks they answer:
//  - a leaf that is not the blob's, or a proof that does not fit, ends its source: a liar costs one leaf;
//  - sizes follow from what was asked: a source cannot make this reader wait for, or keep, more than that;
//  - a source that sends nothing for kStall keeps no chunk to itself, and after kHopeless is given up.
// Time:    `now` never goes backwards.  Threads: single owner.
// Wire:    docs/wire/content.md#blob-service.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/time.h"
#include "content/blob_message.h"

namespace starling::content {

struct SourceId {
  uint64_t value = 0;
  friend auto operator<=>(const SourceId&, const SourceId&) = default;
};

enum class SourceEnd : uint8_t {
  lied,       // sent what is not the blob's
  malformed,  // broke the protocol
  useless,    // has nothing that is wanted
  too_slow,
};

class Fetcher {
 public:
  // Overflow: further ones are not used.
  static constexpr size_t kSourcesMax = 32;
  // Chunks asked of one source at once: what a stream may hold unread.
  static constexpr size_t kAskedAtOnce = 4;
  static constexpr Duration kStall = 2s;
  // A chunk that takes so long is asked of one idle source more.
  static constexpr Duration kSlow = 3s;
  static constexpr Duration kHopeless = 15s;
  // A source that says that it is busy is asked again after this.
  static constexpr Duration kBusyWait = 500ms;
  // Verified bytes given out as one, at most.
  static constexpr size_t kPieceMax = 256 << 10;
  // How often it looks whether anything takes too long.
  static constexpr Duration kTick = 250ms;

  // Bytes for the source's stream.
  struct Ask {
    SourceId source;
    Bytes request;
  };
  // Bytes of the blob, checked: one or more whole leaves of one chunk.
  struct Verified {
    uint64_t offset = 0;
    Bytes bytes;
  };
  // All leaves of it have been given out. With what proves it to others.
  struct ChunkDone {
    uint64_t chunk = 0;
    std::vector<Digest> leaves;
    std::vector<Digest> uncles;
  };
  // Nothing more is asked of it, and nothing of it counts.
  struct Dropped {
    SourceId source;
    SourceEnd end = SourceEnd::useless;
  };
  using Output = std::variant<Ask, Verified, ChunkDone, Dropped>;

  // `have`: chunks that are there already.
  Fetcher(const BlobId& blob, ChunkSet have);

  // Asks for the chunks of these bytes, after what was wanted before; the number is for unwant(). Without wants nothing is asked.
  uint64_t want(Instant now, uint64_t offset, uint64_t size);
  // The same, but before everything else.
  uint64_t want_first(Instant now, uint64_t offset, uint64_t size);
  void unwant(uint64_t want) {
    std::erase_if(wants_, [&](const Want& w) { return w.id == want; });
  }

  // False when there are kSourcesMax.
  bool add_source(Instant now, SourceId source);
  void remove_source(Instant now, SourceId source);
  void handle_bytes(Instant now, SourceId source, ByteView bytes);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const;
  std::optional<Output> poll_output();

  [[nodiscard]] const BlobId& blob() const { return blob_; }
  [[nodiscard]] const ChunkSet& chunks() const { return have_; }
  [[nodiscard]] bool is_complete() const { return have_.is_full(); }
  // Whether all of these bytes have been given out or were there.
  [[nodiscard]] bool has(uint64_t offset, uint64_t size) const;
  [[nodiscard]] size_t source_count() const { return sources_.size(); }
  [[nodiscard]] uint64_t bytes_verified() const { return bytes_verified_; }
  // Received and thrown away: lies, and what came twice.
  [[nodiscard]] uint64_t bytes_wasted() const { return bytes_wasted_; }

 private:
  struct Want {
    uint64_t id;
    uint64_t next;  // the first chunk that may be missing
    uint64_t end;
  };
  struct Source {
    AnswerReader reader;
    std::optional<ChunkSet> have;  // empty: it has not said
    std::set<uint64_t> lacks;      // said so when asked
    std::deque<uint64_t> asked;    // chunks, in the order of the answers
    Instant heard;
    Instant not_before;
    bool is_stalled = false;
  };
  struct Active {
    std::vector<Digest> leaves;  // proved; empty before
    uint64_t received = 0;       // one bit a leaf, the first one lowest
    std::set<SourceId> askers;
    Instant asked_at{};
  };

  uint64_t add_want(Instant now, uint64_t offset, uint64_t size, bool first);
  void ask(Instant now);
  [[nodiscard]] std::optional<uint64_t> pick(Instant now, SourceId id, const Source& source);
  [[nodiscard]] bool may_ask(Instant now, SourceId id, const Source& source, uint64_t chunk) const;
  void ask_for(Instant now, SourceId id, Source& source, uint64_t chunk);
  // These return false when the source is gone.
  bool handle(Instant now, SourceId id, AnswerReader::Have& have);
  bool handle(Instant now, SourceId id, const AnswerReader::Refused& refused);
  bool handle(Instant now, SourceId id, AnswerReader::Head& head);
  bool handle(Instant now, SourceId id, AnswerReader::Leaf& leaf);
  void give_out(uint64_t leaf, Bytes bytes);
  void finish_chunk(uint64_t chunk, Active& active);
  void forget_asked(SourceId id, uint64_t chunk);
  void forget_all_asked(SourceId id, const Source& source);
  bool drop(SourceId id, SourceEnd end);

  const BlobId blob_;
  const uint64_t chunk_count_;
  ChunkSet have_;
  crypto::ChunkTree tree_;
  std::deque<Want> wants_;
  uint64_t next_want_ = 1;
  std::map<SourceId, Source> sources_;
  std::map<uint64_t, Active> active_;  // at most kAskedAtOnce for each source
  std::deque<Output> outputs_;
  bool may_join_ = false;  // the last output may grow
  Instant last_tick_{};
  uint64_t bytes_verified_ = 0;
  uint64_t bytes_wasted_ = 0;
};

}  // namespace starling::content
