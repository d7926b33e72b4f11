#include "node/content/blob_fetch.h"

#include <algorithm>

namespace starling::node {
namespace {

constexpr Duration kTick = 200ms;
constexpr size_t kStreamReadSize = 256 << 10;
// Between two questions to the directory: as long as a holder is missing, and to find more of them.
constexpr Duration kLookInterval = 1'500ms;
constexpr Duration kLookForMoreInterval = 20s;
// A holder that failed is left alone for so long.
constexpr Duration kHolderPause = 10s;
constexpr Duration kLiarPause = 1h;
constexpr uint32_t kDropped = 1;

}  // namespace

std::string_view name_of(FetchPhase phase) {
  switch (phase) {
    case FetchPhase::finding:
      return "finding";
    case FetchPhase::connecting:
      return "connecting";
    case FetchPhase::fetching:
      return "fetching";
    case FetchPhase::done:
      break;
  }
  return "done";
}

BlobFetch::BlobFetch(const Surroundings& around, const crypto::BlobId& blob,
                     const crypto::Position& providers, crypto::ChunkSet have)
    : around_(around),
      providers_(providers),
      bytes_before_(have.count() * crypto::kChunkSize),
      fetcher_(blob, std::move(have)),
      look_again_(around.runtime.now()),
      lonely_since_(around.runtime.now()),
      idle_since_(around.runtime.now()),
      timer_(around.runtime.make_timer([this] { tick(); })) {}

BlobFetch::~BlobFetch() {
  for (const auto& [stream, holder] : holders_) around_.sessions.abandon(stream, kDropped);
}

FetchPhase BlobFetch::phase() const {
  if (fetcher_.is_complete()) return FetchPhase::done;
  if (fetcher_.source_count() > 0) return FetchPhase::fetching;
  return known_.empty() ? FetchPhase::finding : FetchPhase::connecting;
}

uint64_t BlobFetch::wait(uint64_t offset, uint64_t size, bool first, Done done) {
  if (is_idle() && fetcher_.source_count() == 0) {
    // Whoever begins to wait gets the whole patience.
    lonely_since_ = now();
    look_again_ = now();
    had_holder_ = false;
  }
  const uint64_t want =
      first ? fetcher_.want_first(now(), offset, size) : fetcher_.want(now(), offset, size);
  waits_.push_back({next_wait_, offset, size, want, std::move(done)});
  around_.runtime.post(lifetime_.guard([this] { tick(); }));
  return next_wait_++;
}

void BlobFetch::forget(uint64_t wait) {
  std::erase_if(waits_, [&](const Wait& entry) {
    if (entry.id != wait) return false;
    fetcher_.unwant(entry.want);
    return true;
  });
  if (is_idle()) idle_since_ = now();
}

// --- holders -----------------------------------------------------------------------------------------------

void BlobFetch::look_for_holders() {
  if (looking_ || now() < look_again_ || holders_.size() >= kHoldersMax) return;
  looking_ = true;
  around_.holders.find(providers_, lifetime_.guard([this](const auto& keys) {
    looking_ = false;
    look_again_ = now() + (fetcher_.source_count() > 0 ? kLookForMoreInterval : kLookInterval);
    handle_found(keys);
  }));
}

void BlobFetch::handle_found(const std::vector<crypto::NodeKey>& keys) {
  known_.insert(keys.begin(), keys.end());
  for (const crypto::NodeKey& key : known_) open(key);
  tick();
}

void BlobFetch::open(const crypto::NodeKey& key) {
  if (holders_.size() >= kHoldersMax || fetcher_.is_complete()) return;
  const auto pause = not_before_.find(key);
  if (pause != not_before_.end() && now() < pause->second) return;
  const bool is_open =
      std::ranges::any_of(holders_, [&](const auto& entry) { return entry.second.key == key; });
  if (is_open) return;
  const auto id = std::make_shared<StreamId>();
  const auto stream = around_.sessions.open(
      key, content::kBlobService,
      {.confirmed =
           [this, id] {
             holders_.at(*id).connected = true;
             had_holder_ = true;
             fetcher_.add_source(now(), {id->number});
             pump();
           },
       .readable = [this, id] { read(*id); },
       .writable = [this] { pump(); },
       .finished = [this, id] { around_.sessions.reset(*id, kDropped); },
       .closed = [this, id](const auto& closed) { handle_closed(*id, closed); }});
  if (!stream) {
    const bool soon = stream.error() == session::OpenError::too_many_streams;
    not_before_[key] = now() + (soon ? kTick : kHolderPause);
    return;
  }
  *id = *stream;
  holders_[*stream] = {key};
}

void BlobFetch::handle_closed(StreamId stream, const session::StreamClosed& closed) {
  const auto entry = holders_.find(stream);
  if (entry == holders_.end()) return;
  // One that was only cut off may be back in a moment.
  const bool soon = entry->second.connected && closed.reason != session::StreamEnd::reset_by_peer;
  auto& pause = not_before_[entry->second.key];
  pause = std::max(pause, now() + (soon ? kLookInterval : kHolderPause));
  holders_.erase(entry);
  fetcher_.remove_source(now(), {stream.number});
  if (fetcher_.source_count() == 0) {
    lonely_since_ = now();
    look_again_ = std::min(look_again_, now());
  }
  pump();
}

// --- bytes -------------------------------------------------------------------------------------------------

void BlobFetch::read(StreamId stream) {
  while (unwritten_ < kUnwrittenMax) {
    const Bytes bytes = around_.sessions.read(stream, kStreamReadSize);
    if (bytes.empty()) return;
    fetcher_.handle_bytes(now(), {stream.number}, bytes);
    pump();
    if (!holders_.contains(stream)) return;
  }
}

void BlobFetch::pump() {
  if (std::exchange(pumping_, true)) return;
  while (auto output = fetcher_.poll_output()) {
    if (auto* ask = std::get_if<content::Fetcher::Ask>(&*output)) {
      around_.sessions.write({ask->source.value}, std::move(ask->request));
    } else if (auto* piece = std::get_if<content::Fetcher::Verified>(&*output)) {
      gather(std::move(*piece));
    } else if (auto* chunk = std::get_if<content::Fetcher::ChunkDone>(&*output)) {
      finish_chunk(std::move(*chunk));
    } else {
      const auto& dropped = std::get<content::Fetcher::Dropped>(*output);
      const StreamId stream{dropped.source.value};
      const auto holder = holders_.extract(stream);
      if (!holder) continue;
      const bool lied =
          dropped.end == content::SourceEnd::lied || dropped.end == content::SourceEnd::malformed;
      not_before_[holder.mapped().key] = now() + (lied ? kLiarPause : kHolderPause);
      around_.sessions.abandon(stream, kDropped);
      if (fetcher_.source_count() == 0) lonely_since_ = now();
    }
  }
  pumping_ = false;
  if (fetcher_.is_complete()) let_holders_go();
  settle();
}

void BlobFetch::let_holders_go() {
  for (const auto& [stream, holder] : std::exchange(holders_, {})) {
    around_.sessions.abandon(stream, kDropped);
    fetcher_.remove_source(now(), {stream.number});
  }
}

void BlobFetch::gather(content::Fetcher::Verified piece) {
  unwritten_ += piece.bytes.size();
  const uint64_t chunk = piece.offset / crypto::kChunkSize;
  const auto entry = gathered_.find(chunk);
  if (entry == gathered_.end()) {
    gathered_.emplace(chunk, std::move(piece));
  } else if (entry->second.offset + entry->second.bytes.size() == piece.offset) {
    // All that the chunk can still bring: growing step by step would copy it again and again.
    Bytes& bytes = entry->second.bytes;
    const uint64_t end =
        chunk * crypto::kChunkSize + crypto::chunk_size(fetcher_.blob().size, chunk);
    bytes.reserve(end - entry->second.offset);
    append(bytes, piece.bytes);
  } else {
    write(std::exchange(entry->second, std::move(piece)));
  }
  if (unwritten_ >= kUnwrittenMax / 2) write_all_gathered();
}

void BlobFetch::write_gathered(uint64_t chunk) {
  const auto entry = gathered_.extract(chunk);
  if (entry) write(std::move(entry.mapped()));
}

void BlobFetch::write_all_gathered() {
  for (auto& [chunk, piece] : std::exchange(gathered_, {})) write(std::move(piece));
}

void BlobFetch::write(content::Fetcher::Verified piece) {
  const size_t size = piece.bytes.size();
  around_.runtime.blobs().write(
      fetcher_.blob(), piece.offset, std::move(piece.bytes),
      lifetime_.guard([this, size](const auto& written) { handle_written(size, written); }));
}

void BlobFetch::finish_chunk(content::Fetcher::ChunkDone done) {
  write_gathered(done.chunk);
  around_.runtime.blobs().finish_chunk(
      fetcher_.blob(), done.chunk, std::move(done.leaves), std::move(done.uncles),
      lifetime_.guard([this](const auto& finished) { handle_written(0, finished); }));
}

void BlobFetch::handle_written(size_t bytes, const std::expected<void, env::BlobError>& written) {
  const bool was_full = unwritten_ >= kUnwrittenMax;
  unwritten_ -= bytes;
  if (!written) {
    broken_ = true;
    return fail(written.error() == env::BlobError::no_space ? FetchFailure::no_space
                                                            : FetchFailure::disk_failed);
  }
  if (!was_full || unwritten_ >= kUnwrittenMax) return;
  std::vector<StreamId> streams;
  for (const auto& [stream, holder] : holders_) streams.push_back(stream);
  for (const StreamId stream : streams) read(stream);
}

// --- waiting -----------------------------------------------------------------------------------------------

void BlobFetch::settle() {
  std::vector<Done> done;
  for (auto wait = waits_.begin(); wait != waits_.end();) {
    if (!has_come(*wait)) {
      ++wait;
      continue;
    }
    fetcher_.unwant(wait->want);
    done.push_back(std::move(wait->done));
    wait = waits_.erase(wait);
  }
  // They read from the store.
  if (!done.empty()) write_all_gathered();
  if (!done.empty() && is_idle()) idle_since_ = now();
  const auto watch = lifetime_.watch();
  for (const Done& call : done) {
    if (!watch.expired()) call(std::nullopt);
  }
}

bool BlobFetch::has_come(Wait& wait) {
  while (wait.size > 0) {
    const uint64_t size =
        std::min(wait.size, crypto::kChunkSize - wait.offset % crypto::kChunkSize);
    if (!fetcher_.has(wait.offset, size)) return false;
    wait.offset += size;
    wait.size -= size;
  }
  return true;
}

void BlobFetch::fail(FetchFailure failure) {
  const std::list<Wait> failed = std::exchange(waits_, {});
  for (const Wait& wait : failed) fetcher_.unwant(wait.want);
  idle_since_ = now();
  const auto watch = lifetime_.watch();
  for (const Wait& wait : failed) {
    if (!watch.expired()) wait.done(failure);
  }
}

void BlobFetch::tick() {
  write_all_gathered();
  if (is_idle()) return;
  if (now() >= fetcher_.next_timeout()) fetcher_.handle_timeout(now());
  const auto watch = lifetime_.watch();
  pump();
  if (watch.expired() || is_idle()) return;
  if (fetcher_.source_count() == 0) {
    const bool hopeless = now() - lonely_since_ >= (had_holder_ ? kGiveUp : kDefiniteAnswer);
    if (hopeless) {
      return fail(known_.empty() ? FetchFailure::nobody_has_it : FetchFailure::unreachable);
    }
    for (const crypto::NodeKey& key : known_) open(key);
  }
  look_for_holders();
  timer_->arm(now() + kTick);
}

}  // namespace starling::node
