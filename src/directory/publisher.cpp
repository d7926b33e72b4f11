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
  const RecordKey key = key_of(draft);
  Own& own = own_[key];
  if (own.record.lifetime_s != 0)
    draft.sequence = std::max(draft.sequence, own.record.sequence + 1);
  sign(draft, state_.identity);
  own.record = std::move(draft);
  own.since = now;
  schedule(key, own, own.record.is_placeholder() ? kNever : now);
  own.failures = 0;
  if (own.record.kind == kLocation) keeper_.set_own_location(own.record);
}

void Publisher::publish_signed(Instant now, Record record) {
  const RecordKey key = key_of(record);
  Own& own = own_[key];
  own.record = std::move(record);
  own.since = now;
  schedule(key, own, now);
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
  // Those that begin with the wanted bits stand together, from the first with zeros behind them.
  Position first = target.position;
  for (size_t bit = target.prefix_bits; bit < Position::kSize * 8; ++bit)
    first.value[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
  std::vector<Record> found;
  for (auto own = own_.lower_bound({first, 0, {}}); own != own_.end(); ++own) {
    const auto& [key, of] = *own;
    Target any = target;
    any.kind = of.record.kind;
    any.sequence_min = 0;
    if (found.size() == count_max || !matches(any, of.record)) break;
    if (!matches(target, of.record)) continue;
    // The records of an answer share their position if gathered.
    if (target.kind >= kGathered && !found.empty() && found.front().position != key.position) break;
    found.push_back(aged(of, now));
  }
  return found;
}

void Publisher::handle_contacts(Instant now) {
  for (auto& [key, own] : own_) {
    if (std::exchange(own.lonely, false)) schedule(key, own, std::min(own.next_put, now));
  }
}

void Publisher::put(Instant now, const RecordKey& key, Own& own) {
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
      under_way_.erase(std::exchange(own.number, number));
      under_way_.emplace(number, key);
      return schedule(key, own, kNever);
    case Passages::Begun::no_way:
      under_way_.erase(std::exchange(own.number, 0));
      own.lonely = true;
      return schedule(key, own, now + kLonelyWait);
    case Passages::Begun::known:
    case Passages::Begun::full:
      schedule(key, own, now + kRetry);
  }
}

std::optional<RecordKey> Publisher::take_under_way(uint32_t number) {
  const auto put = under_way_.extract(number);
  if (!put) return std::nullopt;
  const auto own = own_.find(put.mapped());
  if (own == own_.end() || own->second.number != number) return std::nullopt;
  own->second.number = 0;
  return put.mapped();
}

void Publisher::handle_put_answer(Instant now, uint32_t number) {
  const auto key = take_under_way(number);
  if (!key) return;
  Own& own = own_.at(*key);
  own.failures = 0;
  ++own.confirmed;
  const Duration again = own.confirmed == 1   ? kAgainFirst
                         : own.confirmed == 2 ? kAgainSecond
                                              : republish_after(own.record.lifetime_s);
  // A newer version may have been published while this one was under way.
  schedule(*key, own, std::min(own.next_put, now + state_.jittered(again)));
}

void Publisher::handle_put_silence(Instant now, uint32_t number) {
  const auto key = take_under_way(number);
  if (!key) return;
  Own& own = own_.at(*key);
  const int doublings = std::min(own.failures++, kRetryDoublingsMax);
  schedule(*key, own, std::min(own.next_put, now + state_.jittered(kRetry * (1 << doublings))));
}

void Publisher::handle_timeout(Instant now) {
  while (const auto key = due_.take_due(now)) {
    Own& own = own_.at(*key);
    const bool ours = own.record.signer == state_.identity.key();
    if (!ours && aged(own, now).age_s >= own.record.lifetime_s) {
      own_.erase(*key);
    } else {
      put(now, *key, own);
    }
  }
}

}  // namespace starling::directory
