#include "content/fetcher.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "crypto/hash.h"

namespace starling::content {
namespace {

using crypto::kChunkLeaves;
using crypto::kChunkSize;
using crypto::kLeafSize;

uint64_t mask_of(uint64_t leaves) {
  return leaves == 64 ? ~uint64_t{0} : (uint64_t{1} << leaves) - 1;
}

}  // namespace

Fetcher::Fetcher(const BlobId& blob, ChunkSet have)
    : blob_(blob),
      chunk_count_(crypto::chunk_count(blob.size)),
      have_(std::move(have)),
      tree_(blob) {
  STARLING_CHECK(blob.size > 0 && have_.size() == chunk_count_);
}

uint64_t Fetcher::want(Instant now, uint64_t offset, uint64_t size) {
  return add_want(now, offset, size, /*first=*/false);
}

uint64_t Fetcher::want_first(Instant now, uint64_t offset, uint64_t size) {
  return add_want(now, offset, size, /*first=*/true);
}

uint64_t Fetcher::add_want(Instant now, uint64_t offset, uint64_t size, bool first) {
  STARLING_CHECK(offset <= blob_.size && size <= blob_.size - offset);
  const Want wanted{next_want_++, offset / kChunkSize,
                    (offset + size + kChunkSize - 1) / kChunkSize};
  if (first) {
    wants_.push_front(wanted);
  } else {
    wants_.push_back(wanted);
  }
  ask(now);
  return wanted.id;
}

bool Fetcher::add_source(Instant now, SourceId id) {
  if (sources_.size() >= kSourcesMax || sources_.contains(id)) return false;
  Source& source = sources_[id];
  source.heard = now;
  source.not_before = now;
  // The first chunks are asked for along with it: most sources have all.
  const HaveRequest question{blob_};
  source.reader.expect(question);
  outputs_.push_back(Ask{id, encode(question)});
  ask(now);
  return true;
}

void Fetcher::remove_source(Instant now, SourceId id) {
  const auto entry = sources_.find(id);
  if (entry == sources_.end()) return;
  forget_all_asked(id, entry->second);
  sources_.erase(entry);
  ask(now);
}

bool Fetcher::drop(SourceId id, SourceEnd end) {
  const auto entry = sources_.find(id);
  forget_all_asked(id, entry->second);
  sources_.erase(entry);
  outputs_.push_back(Dropped{id, end});
  return false;
}

void Fetcher::forget_all_asked(SourceId id, const Source& source) {
  for (const uint64_t chunk : source.asked) {
    const auto active = active_.find(chunk);
    if (active != active_.end()) active->second.askers.erase(id);
  }
}

// --- asking ------------------------------------------------------------------------------------------------

bool Fetcher::may_ask(Instant now, SourceId id, const Source& source, uint64_t chunk) const {
  if (have_.contains(chunk) || source.lacks.contains(chunk)) return false;
  if (source.have && !source.have->contains(chunk)) return false;
  const auto active = active_.find(chunk);
  if (active == active_.end() || active->second.askers.empty()) return true;
  if (active->second.askers.contains(id)) return false;
  // Others keep it as long as they send and are not much too slow.
  const bool is_slow = source.asked.empty() && active->second.askers.size() == 1 &&
                       now >= active->second.asked_at + kSlow;
  return is_slow || std::ranges::all_of(active->second.askers, [&](const SourceId& asker) {
           return sources_.at(asker).is_stalled;
         });
}

std::optional<uint64_t> Fetcher::pick(Instant now, SourceId id, const Source& source) {
  for (Want& want : wants_) {
    while (want.next < want.end && have_.contains(want.next)) ++want.next;
    for (uint64_t chunk = want.next; chunk < want.end; ++chunk) {
      if (may_ask(now, id, source, chunk)) return chunk;
    }
  }
  return std::nullopt;
}

void Fetcher::ask(Instant now) {
  std::erase_if(wants_, [&](Want& want) {
    while (want.next < want.end && have_.contains(want.next)) ++want.next;
    return want.next == want.end;
  });
  // By turns, so that the first source does not get everything.
  for (bool any = true; any;) {
    any = false;
    for (auto& [id, source] : sources_) {
      if (now < source.not_before || source.asked.size() >= kAskedAtOnce || source.is_stalled) {
        continue;
      }
      const auto chunk = pick(now, id, source);
      if (!chunk) continue;
      ask_for(now, id, source, *chunk);
      any = true;
    }
  }
}

void Fetcher::ask_for(Instant now, SourceId id, Source& source, uint64_t chunk) {
  Active& active = active_[chunk];
  const uint64_t leaves = crypto::leaves_of_chunk(blob_.size, chunk);
  const uint64_t missing = ~active.received & mask_of(leaves);
  const auto first = static_cast<uint64_t>(std::countr_zero(missing));
  const auto end = static_cast<uint64_t>(64 - std::countl_zero(missing));
  const GetRequest request{blob_, chunk * kChunkLeaves + first, static_cast<uint8_t>(end - first)};
  if (source.asked.empty()) source.heard = now;
  source.asked.push_back(chunk);
  source.reader.expect(request);
  active.askers.insert(id);
  active.asked_at = now;
  outputs_.push_back(Ask{id, encode(request)});
}

// --- answers -----------------------------------------------------------------------------------------------

void Fetcher::handle_bytes(Instant now, SourceId id, ByteView bytes) {
  const auto entry = sources_.find(id);
  if (entry == sources_.end()) return;
  entry->second.heard = now;
  entry->second.is_stalled = false;
  const bool well_formed = entry->second.reader.take(bytes);
  bool there = true;
  while (there) {
    auto item = entry->second.reader.poll();
    if (!item) break;
    there = std::visit([&](auto& of) { return handle(now, id, of); }, *item);
  }
  may_join_ = false;
  if (there && !well_formed) drop(id, SourceEnd::malformed);
  ask(now);
}

bool Fetcher::handle(Instant /*now*/, SourceId id, AnswerReader::Have& have) {
  if (!have.chunks) return drop(id, SourceEnd::useless);
  Source& source = sources_.at(id);
  source.have = std::move(*have.chunks);
  return true;
}

bool Fetcher::handle(Instant now, SourceId id, const AnswerReader::Refused& refused) {
  Source& source = sources_.at(id);
  const uint64_t chunk = refused.request.chunk();
  forget_asked(id, chunk);
  if (refused.status == GetStatus::busy) {
    source.not_before = now + kBusyWait;
    return true;
  }
  source.lacks.insert(chunk);
  // One that said that it has all, and has not, is worth no more questions.
  return source.lacks.size() <= kAskedAtOnce || !source.have ? true : drop(id, SourceEnd::useless);
}

bool Fetcher::handle(Instant /*now*/, SourceId id, AnswerReader::Head& head) {
  const uint64_t chunk = head.request.chunk();
  const auto entry = active_.find(chunk);
  if (entry == active_.end()) return true;  // somebody else was faster
  Active& active = entry->second;
  if (!active.leaves.empty()) {
    return active.leaves == head.leaves ? true : drop(id, SourceEnd::lied);
  }
  if (!tree_.accept(chunk, crypto::chunk_root(head.leaves, chunk_count_), head.uncles)) {
    return drop(id, SourceEnd::lied);
  }
  active.leaves = std::move(head.leaves);
  return true;
}

bool Fetcher::handle(Instant /*now*/, SourceId id, AnswerReader::Leaf& leaf) {
  const uint64_t chunk = leaf.request.chunk();
  if (leaf.last) forget_asked(id, chunk);
  const auto entry = active_.find(chunk);
  const uint64_t place = leaf.leaf % kChunkLeaves;
  const uint64_t bit = uint64_t{1} << place;
  if (entry == active_.end() || (entry->second.received & bit) != 0) {
    bytes_wasted_ += leaf.bytes.size();
    return true;
  }
  Active& active = entry->second;
  STARLING_CHECK(!active.leaves.empty());
  if (crypto::sha256(leaf.bytes) != active.leaves[place]) {
    bytes_wasted_ += leaf.bytes.size();
    return drop(id, SourceEnd::lied);
  }
  active.received |= bit;
  give_out(leaf.leaf, std::move(leaf.bytes));
  if (active.received == mask_of(crypto::leaves_of_chunk(blob_.size, chunk)))
    finish_chunk(chunk, active);
  return true;
}

void Fetcher::give_out(uint64_t leaf, Bytes bytes) {
  bytes_verified_ += bytes.size();
  const uint64_t offset = leaf * kLeafSize;
  if (may_join_ && !outputs_.empty()) {
    auto* last = std::get_if<Verified>(&outputs_.back());
    if (last && last->offset + last->bytes.size() == offset && offset % kChunkSize != 0 &&
        last->bytes.size() + bytes.size() <= kPieceMax) {
      last->bytes.reserve(kPieceMax);
      append(last->bytes, bytes);
      return;
    }
  }
  outputs_.push_back(Verified{offset, std::move(bytes)});
  may_join_ = true;
}

void Fetcher::finish_chunk(uint64_t chunk, Active& active) {
  have_.add(chunk);
  outputs_.push_back(ChunkDone{chunk, std::move(active.leaves), *tree_.uncles_of(chunk)});
  active_.erase(chunk);
}

void Fetcher::forget_asked(SourceId id, uint64_t chunk) {
  // Answers come in order: it is the front one.
  auto& asked = sources_.at(id).asked;
  if (!asked.empty() && asked.front() == chunk) asked.pop_front();
  const auto active = active_.find(chunk);
  if (active != active_.end()) active->second.askers.erase(id);
}

// --- time --------------------------------------------------------------------------------------------------

void Fetcher::handle_timeout(Instant now) {
  if (now < next_timeout()) return;
  last_tick_ = now;
  std::vector<SourceId> hopeless;
  for (auto& [id, source] : sources_) {
    if (source.asked.empty()) continue;
    source.is_stalled = now >= source.heard + kStall;
    if (now >= source.heard + kHopeless) hopeless.push_back(id);
  }
  for (const SourceId id : hopeless) drop(id, SourceEnd::too_slow);
  ask(now);
}

Instant Fetcher::next_timeout() const {
  const bool waits = std::ranges::any_of(sources_, [&](const auto& entry) {
    return !entry.second.asked.empty() || entry.second.not_before > last_tick_;
  });
  return waits ? last_tick_ + kTick : kNever;
}

std::optional<Fetcher::Output> Fetcher::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

bool Fetcher::has(uint64_t offset, uint64_t size) const {
  if (size == 0) return true;
  for (uint64_t leaf = offset / kLeafSize; leaf <= (offset + size - 1) / kLeafSize; ++leaf) {
    const uint64_t chunk = leaf / kChunkLeaves;
    if (have_.contains(chunk)) {
      leaf = (chunk + 1) * kChunkLeaves - 1;
      continue;
    }
    const auto active = active_.find(chunk);
    if (active == active_.end()) return false;
    if ((active->second.received >> (leaf % kChunkLeaves) & 1) == 0) return false;
  }
  return true;
}

}  // namespace starling::content
