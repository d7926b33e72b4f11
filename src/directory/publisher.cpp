#include "directory/publisher.h"

#include <algorithm>
#include <utility>

namespace starling::directory {
namespace {

// The first puts of a starting flock land on nodes that know few others.
constexpr Duration kAgainFirst = 4s;
constexpr Duration kAgainSecond = 30s;
constexpr Duration kLonelyWait = 60s;

}  // namespace

Duration Publisher::republish_after(uint32_t lifetime_s) {
  return std::clamp<Duration>(std::chrono::seconds(lifetime_s) / 2, kRepublishMin, kRepublishMax);
}

void Publisher::publish(Instant now, Record draft) {
  draft.age_s = 0;
  draft.signer = state_.identity.key();
  if (!draft.is_gathered()) draft.position = position_of(draft.kind, draft.signer);
  Own& own = own_[key_of(draft)];
  if (own.record.lifetime_s != 0)
    draft.sequence = std::max(draft.sequence, own.record.sequence + 1);
  sign(draft, state_.identity);
  own.record = std::move(draft);
  own.since = now;
  own.next_put = own.record.is_placeholder() ? kNever : now;
  own.failures = 0;
  if (own.record.kind == kLocation) keeper_.set_own_location(own.record);
}

void Publisher::publish_signed(Instant now, Record record) {
  Own& own = own_[key_of(record)];
  own.record = std::move(record);
  own.since = now;
  own.next_put = now;
  own.failures = 0;
}

const Record* Publisher::location() const {
  const auto& key = state_.identity.key();
  const auto own = own_.find({position_of(kLocation, key), kLocation, key});
  return own == own_.end() ? nullptr : &own->second.record;
}

Record Publisher::aged(const Own& own, Instant now) const {
  Record record = own.record;
  const auto passed_s = std::chrono::duration_cast<std::chrono::seconds>(now - own.since).count();
  record.age_s = static_cast<uint32_t>(
      std::min<int64_t>(record.lifetime_s, static_cast<int64_t>(record.age_s) + passed_s));
  return record;
}

std::vector<Record> Publisher::find(Instant now, const Target& target, size_t count_max) const {
  std::vector<Record> found;
  for (const auto& [key, own] : own_) {
    if (found.size() == count_max) break;
    if (!matches(target, own.record)) continue;
    // The records of an answer share their position if gathered.
    if (target.kind >= kGathered && !found.empty() && found.front().position != key.position) break;
    found.push_back(aged(own, now));
  }
  return found;
}

void Publisher::handle_contacts(Instant now) {
  for (auto& [key, own] : own_) {
    if (std::exchange(own.lonely, false)) own.next_put = std::min(own.next_put, now);
  }
}

void Publisher::put(Instant now, Own& own) {
  const bool ours = own.record.signer == state_.identity.key();
  if (ours && now - own.since >= republish_after(own.record.lifetime_s) / 2) {
    ++own.record.sequence;
    own.record.age_s = 0;
    sign(own.record, state_.identity);
    own.since = now;
    if (own.record.kind == kLocation) keeper_.set_own_location(own.record);
  }
  const uint32_t number = state_.next_question++;
  Put question;
  question.record = aged(own, now);
  switch (passages_.begin(now, {state_.self, number}, std::move(question))) {
    case Passages::Begun::begun:
      state_.count(DirectoryCounter::puts_sent);
      own.number = number;
      own.next_put = kNever;
      return;
    case Passages::Begun::no_way:
      own.number = 0;
      own.lonely = true;
      own.next_put = now + kLonelyWait;
      return;
    case Passages::Begun::known:
    case Passages::Begun::full:
      own.next_put = now + kRetry;
  }
}

Publisher::Own* Publisher::under_way(uint32_t number) {
  for (auto& [key, own] : own_) {
    if (own.number == number) return &own;
  }
  return nullptr;  // replaced or withdrawn meanwhile
}

void Publisher::handle_put_answer(Instant now, uint32_t number) {
  Own* own = under_way(number);
  if (!own) return;
  own->number = 0;
  own->failures = 0;
  ++own->confirmed;
  const Duration again = own->confirmed == 1   ? kAgainFirst
                         : own->confirmed == 2 ? kAgainSecond
                                               : republish_after(own->record.lifetime_s);
  // A newer version may have been published while this one was under way.
  own->next_put = std::min(own->next_put, now + state_.jittered(again));
}

void Publisher::handle_put_silence(Instant now, uint32_t number) {
  Own* own = under_way(number);
  if (!own) return;
  own->number = 0;
  const int doublings = std::min(own->failures++, kRetryDoublingsMax);
  own->next_put = std::min(own->next_put, now + state_.jittered(kRetry * (1 << doublings)));
}

void Publisher::handle_timeout(Instant now) {
  for (auto entry = own_.begin(); entry != own_.end();) {
    Own& own = entry->second;
    const bool ours = own.record.signer == state_.identity.key();
    if (!ours && aged(own, now).age_s >= own.record.lifetime_s) {
      entry = own_.erase(entry);
      continue;
    }
    if (now >= own.next_put) put(now, own);
    ++entry;
  }
}

Instant Publisher::next_timeout() const {
  Instant next = kNever;
  for (const auto& [key, own] : own_) next = std::min(next, own.next_put);
  return next;
}

}  // namespace starling::directory
