#include "node/content/fetch_pool.h"

#include <algorithm>

namespace starling::node {
namespace {

constexpr Duration kCleanUpInterval = 1s;

// Whether whole chunks hold all of these bytes.
bool covers(const crypto::ChunkSet& chunks, uint64_t offset, uint64_t size) {
  if (size == 0) return true;
  for (uint64_t chunk = offset / crypto::kChunkSize;
       chunk <= (offset + size - 1) / crypto::kChunkSize; ++chunk) {
    if (!chunks.contains(chunk)) return false;
  }
  return true;
}

}  // namespace

FetchPool::FetchPool(const BlobFetch::Surroundings& around)
    : around_(around), timer_(around.runtime.make_timer([this] { clean_up(); })) {}

FetchPool::Need FetchPool::need(const crypto::BlobId& blob, const crypto::Position& providers,
                                uint64_t offset, uint64_t size, bool first, BlobFetch::Done done) {
  const Need need = next_need_++;
  needs_[need] = {blob, providers, offset, size, first, std::move(done), {}};
  const auto fetch = fetches_.find(blob);
  if (fetch != fetches_.end() && !fetch->second->is_broken()) {
    wait(need, *fetch->second);
    return need;
  }
  around_.runtime.blobs().status(
      blob, lifetime_.guard([this, need](auto status) { begin(need, status); }));
  return need;
}

void FetchPool::begin(Need need, const std::optional<env::BlobStatus>& status) {
  const auto entry = needs_.find(need);
  if (entry == needs_.end()) return;
  const Entry& wanted = entry->second;
  if (wanted.blob.size == 0 || (status && covers(status->chunks, wanted.offset, wanted.size)))
    return finish(need, std::nullopt);
  auto known = fetches_.find(wanted.blob);
  if (known != fetches_.end() && known->second->is_broken() && known->second->is_idle()) {
    end(known);
    known = fetches_.end();
  }
  if (known == fetches_.end()) {
    if (!make_room()) return finish(need, FetchFailure::too_busy);
    crypto::ChunkSet have =
        status ? status->chunks : crypto::ChunkSet(crypto::chunk_count(wanted.blob.size));
    auto fetch =
        std::make_unique<BlobFetch>(around_, wanted.blob, wanted.providers, std::move(have));
    known = fetches_.emplace(wanted.blob, std::move(fetch)).first;
    timer_->arm(around_.runtime.now() + kCleanUpInterval);
  }
  wait(need, *known->second);
}

bool FetchPool::make_room() {
  if (fetches_.size() < kFetchesMax) return true;
  const auto oldest = std::ranges::min_element(fetches_, {}, [](const auto& entry) {
    return entry.second->is_idle() ? entry.second->idle_since() : Instant::max();
  });
  if (!oldest->second->is_idle()) return false;
  end(oldest);
  return true;
}

FetchPool::Fetches::iterator FetchPool::end(Fetches::iterator fetch) {
  bytes_fetched_ += fetch->second->fetcher().bytes_verified();
  bytes_wasted_ += fetch->second->fetcher().bytes_wasted();
  return fetches_.erase(fetch);
}

void FetchPool::wait(Need need, BlobFetch& fetch) {
  Entry& entry = needs_.at(need);
  entry.wait = fetch.wait(entry.offset, entry.size, entry.first,
                          [this, need](auto failure) { finish(need, failure); });
}

void FetchPool::finish(Need need, std::optional<FetchFailure> failure) {
  const auto entry = needs_.extract(need);
  if (entry && entry.mapped().done) entry.mapped().done(failure);
}

void FetchPool::forget(Need need) {
  const auto entry = needs_.extract(need);
  if (!entry || !entry.mapped().wait) return;
  const auto fetch = fetches_.find(entry.mapped().blob);
  if (fetch != fetches_.end()) fetch->second->forget(*entry.mapped().wait);
}

void FetchPool::clean_up() {
  const Instant now = around_.runtime.now();
  for (auto entry = fetches_.begin(); entry != fetches_.end();) {
    const BlobFetch& fetch = *entry->second;
    const bool is_over = fetch.is_idle() && now >= fetch.idle_since() + kIdleTime;
    entry = is_over ? end(entry) : std::next(entry);
  }
  if (!fetches_.empty()) timer_->arm(now + kCleanUpInterval);
}

std::vector<FetchPool::Status> FetchPool::statuses() const {
  std::vector<Status> statuses;
  for (const auto& [blob, fetch] : fetches_) {
    statuses.push_back({blob, fetch->phase(), fetch->holders(), fetch->fetcher().bytes_verified(),
                        fetch->fetcher().bytes_wasted()});
  }
  return statuses;
}

const BlobFetch* FetchPool::find(const crypto::BlobId& blob) const {
  const auto fetch = fetches_.find(blob);
  return fetch == fetches_.end() ? nullptr : fetch->second.get();
}

uint64_t FetchPool::bytes_fetched() const {
  uint64_t bytes = bytes_fetched_;
  for (const auto& [blob, fetch] : fetches_) bytes += fetch->fetcher().bytes_verified();
  return bytes;
}

uint64_t FetchPool::bytes_wasted() const {
  uint64_t bytes = bytes_wasted_;
  for (const auto& [blob, fetch] : fetches_) bytes += fetch->fetcher().bytes_wasted();
  return bytes;
}

// --- reading -----------------------------------------------------------------------------------------------

BlobReader::BlobReader(FetchPool& pool, env::BlobStore& store, const crypto::BlobId& blob,
                       const crypto::Position& providers)
    : pool_(pool), store_(store), blob_(blob), providers_(providers) {}

BlobReader::~BlobReader() {
  for (const FetchPool::Need need : {need_, ahead_}) {
    if (need != 0) pool_.forget(need);
  }
}

void BlobReader::read(uint64_t offset, size_t size, ReadDone done) {
  read_from_store(offset, size, /*again=*/true, done);
}

void BlobReader::read_from_store(uint64_t offset, size_t size, bool again, const ReadDone& done) {
  store_.read(blob_, offset, size, lifetime_.guard([this, offset, size, again, done](auto bytes) {
    if (bytes) {
      if (ahead_until_ > 0) look_ahead(offset + size);
      return done(std::move(*bytes));
    }
    if (!again || bytes.error() != env::BlobError::not_here)
      return done(std::unexpected(FetchFailure::disk_failed));
    need_ =
        pool_.need(blob_, providers_, offset, size, /*first=*/true,
                   lifetime_.guard([this, offset, size, done](std::optional<FetchFailure> failure) {
                     need_ = 0;
                     if (failure) return done(std::unexpected(*failure));
                     read_from_store(offset, size, /*again=*/false, done);
                   }));
    ahead_until_ = offset + size;
    look_ahead(offset + size);
  }));
}

void BlobReader::look_ahead(uint64_t next) {
  if (next < ahead_until_ && ahead_until_ - next > kAhead / 2) return;
  // What was wanted ahead before and has not come yet is wanted again.
  const uint64_t begin = ahead_ != 0 ? next : std::max(next, ahead_until_);
  const uint64_t end = std::min(next + kAhead, blob_.size);
  if (begin >= end) return;
  ahead_until_ = end;
  if (ahead_ != 0) pool_.forget(ahead_);
  ahead_ = pool_.need(blob_, providers_, begin, end - begin, /*first=*/false,
                      lifetime_.guard([this](auto) { ahead_ = 0; }));
}

}  // namespace starling::node
