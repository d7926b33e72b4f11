#include "directory/passages.h"

#include <algorithm>

#include "base/check.h"

namespace starling::directory {
namespace {

const Position& position_of(const Question& question) {
  if (const auto* lookup = std::get_if<Lookup>(&question)) return lookup->target.position;
  return std::get<Put>(question).record.position;
}

std::vector<NodeId>& via_of(Question& question) {
  return std::visit([](auto& of) -> std::vector<NodeId>& { return of.via; }, question);
}

// Whether the question may not go to `node`.
bool excludes(const Question& question, const NodeId& node) {
  if (const auto* lookup = std::get_if<Lookup>(&question))
    return contains(lookup->via, node) || contains(lookup->avoid, node);
  const Put& put = std::get<Put>(question);
  // A node is nearest to its own location, and has it.
  return contains(put.via, node) ||
         (put.record.kind == kLocation && is_at(node, put.record.position));
}

}  // namespace

Passages::Begun Passages::begin(Instant now, const Asker& asker, Question question) {
  if (by_asker_.contains(asker)) return Begun::known;
  Passage passage;
  passage.asker = asker;
  passage.question = std::move(question);
  auto& via = via_of(passage.question);
  const auto hops = static_cast<int64_t>(via.size());
  if (via.size() >= kViaMax) return Begun::no_way;
  via.push_back(state_.self);
  const auto contact = next_contact(now, passage);
  if (!contact) return Begun::no_way;
  if (open_.size() >= kPassagesMax) return Begun::full;
  uint32_t nonce = state_.random.u32();
  while (open_.contains(nonce)) nonce = state_.random.u32();
  std::visit([&](auto& of) { of.nonce = nonce; }, passage.question);
  passage.deadline = now + std::max(kPatience - kPatiencePerHop * hops, kPatienceMin);
  ask(now, passage, *contact);
  by_asker_[asker] = nonce;
  arm(nonce, passage);
  open_.emplace(nonce, std::move(passage));
  return Begun::begun;
}

std::optional<NodeId> Passages::next_contact(Instant now, const Passage& passage) const {
  const Position& position = position_of(passage.question);
  const bool own = passage.asker.node == state_.self;
  const Distance limit = distance(state_.self, position);
  std::optional<NodeId> contact;
  state_.contacts.visit_nearest(now, position, [&](const NodeId& node) {
    if (!own && distance(node, position) >= limit) return false;
    if (!excludes(passage.question, node) && !contains(passage.asked, node)) contact = node;
    return !contact;
  });
  return contact;
}

void Passages::ask(Instant now, Passage& passage, const NodeId& node) {
  if (!contains(passage.asked, node)) {
    passage.asked.push_back(node);
    passage.open.push_back(node);
  } else {
    state_.count(DirectoryCounter::questions_repeated);
  }
  ++passage.sends;
  passage.next_send = now + (passage.passing ? kAskAgain : kAckWait);
  std::visit([&](const auto& of) { state_.send(node, of); }, passage.question);
}

void Passages::repeat(Instant now, Passage& passage) {
  passage.next_send = kNever;
  if (passage.sends >= kSendsMax) return;
  if (passage.passing) return ask(now, passage, *passage.passing);
  if (!passage.open.empty()) state_.contacts.note_unanswered(now, passage.open.back());
  if (const auto contact = next_contact(now, passage)) return ask(now, passage, *contact);
  if (!passage.open.empty()) ask(now, passage, passage.open.front());
}

void Passages::handle_passed_on(Instant now, const NodeId& from, uint32_t nonce) {
  const auto entry = open_.find(nonce);
  if (entry == open_.end() || !contains(entry->second.open, from))
    return state_.count(DirectoryCounter::unknown_nonce);
  entry->second.passing = from;
  entry->second.next_send = now + kAskAgain;
  arm(nonce, entry->second);
}

void Passages::handle_undeliverable(Instant now, const NodeId& node) {
  for (auto& [nonce, passage] : open_) {
    if (std::erase(passage.open, node) == 0) continue;
    --passage.sends;  // nobody had it
    if (passage.passing == node) passage.passing.reset();
    if (passage.passing || !passage.open.empty()) continue;
    const auto contact = passage.sends < kSendsMax ? next_contact(now, passage) : std::nullopt;
    if (contact) {
      ask(now, passage, *contact);
    } else {
      passage.deadline = now;
    }
    arm(nonce, passage);
  }
}

const Question* Passages::asked(const NodeId& from, uint32_t nonce) const {
  const auto entry = open_.find(nonce);
  if (entry == open_.end() || !contains(entry->second.open, from)) return nullptr;
  return &entry->second.question;
}

PassageEnd Passages::end(uint32_t nonce) {
  const auto entry = open_.find(nonce);
  STARLING_CHECK(entry != open_.end());
  Passage& passage = entry->second;
  PassageEnd result{passage.asker, std::move(passage.question), std::move(passage.asked)};
  by_asker_.erase(result.asker);
  due_.disarm(nonce);
  open_.erase(entry);
  return result;
}

std::optional<PassageEnd> Passages::end_without(const NodeId& from, uint32_t nonce) {
  Passage& passage = open_.at(nonce);
  std::erase(passage.open, from);
  if (passage.passing == from) passage.passing.reset();
  if (!passage.open.empty()) return std::nullopt;
  return end(nonce);
}

void Passages::handle_timeout(Instant now) {
  while (const auto nonce = due_.take_due(now)) {
    Passage& passage = open_.at(*nonce);
    if (now >= passage.deadline) {
      ends_.push_back(end(*nonce));
    } else {
      repeat(now, passage);
      arm(*nonce, passage);
    }
  }
}

std::optional<PassageEnd> Passages::poll_end() {
  if (ends_.empty()) return std::nullopt;
  PassageEnd result = std::move(ends_.front());
  ends_.pop_front();
  return result;
}

}  // namespace starling::directory
