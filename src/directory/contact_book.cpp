#include "directory/contact_book.h"

#include <algorithm>
#include <array>

namespace starling::directory {

ContactBook::Contact* ContactBook::find(const KeyNumber& key) {
  const size_t place = place_of(std::span<const Contact>(contacts_), key);
  return place < contacts_.size() && contacts_[place].key == key ? &contacts_[place] : nullptr;
}

// Pre: `fresh` is sorted, and none of it is known.
void ContactBook::add(const std::vector<KeyNumber>& fresh, const Contact& as) {
  size_t old = contacts_.size();
  contacts_.resize(old + fresh.size());
  // From the back, where the room is.
  for (size_t left = fresh.size(); left > 0; --left) {
    Contact contact = as;
    contact.key = fresh[left - 1];
    while (old > 0 && contact.key < contacts_[old - 1].key) {
      contacts_[old + left - 1] = contacts_[old - 1];
      --old;
    }
    const auto trouble = troubled_.empty() ? troubled_.end() : troubled_.find(id_of(contact.key));
    contact.may_be_silent =
        trouble != troubled_.end() && trouble->second.silent_until != Instant::min();
    contacts_[old + left - 1] = contact;
    changed_.add(contact.key);
  }
}

// Contacts that nobody names any more.
void ContactBook::forget_unneeded() {
  std::erase_if(contacts_,
                [](const Contact& contact) { return !contact.is_routed && !contact.is_located(); });
}

void ContactBook::set_routed(const std::vector<NodeId>& nodes) {
  const ListChange change = change_between(routed_, nodes);
  if (change.is_none) return;
  if (apply(change)) ++version_;
  if (routed_count_ == nodes.size()) {
    routed_ = nodes;
    return;
  }
  // This node is among them, or one is there twice.
  routed_.clear();
  for (const Contact& contact : contacts_) {
    if (contact.is_routed) routed_.push_back(id_of(contact.key));
  }
}

// False when nothing has changed.
bool ContactBook::apply(const ListChange& change) {
  bool some_unneeded = false;
  for (const KeyNumber& key : change.gone) {
    Contact& contact = *find(key);
    contact.is_routed = false;
    some_unneeded |= !contact.is_located();
    changed_.add(key);
  }
  if (some_unneeded) forget_unneeded();
  std::vector<KeyNumber> fresh;
  size_t located = 0;
  for (const KeyNumber& key : change.come) {
    if (key == number_of(self_)) continue;
    Contact* known = find(key);
    if (!known) {
      fresh.push_back(key);
    } else if (!known->is_routed) {
      known->is_routed = true;
      changed_.add(key);
      ++located;
    }
  }
  if (!fresh.empty()) add(fresh, {.is_routed = true});
  routed_count_ += fresh.size() + located - change.gone.size();
  return !change.gone.empty() || !fresh.empty() || located > 0;
}

bool ContactBook::add_located(const NodeId& node, Instant expires) {
  if (node == self_) return false;
  const KeyNumber key = number_of(node);
  if (Contact* known = find(key); known && known->is_located()) {
    known->located_until = std::max(known->located_until, expires);
    return false;
  }
  if (located_count_ >= kLocatedMax && !make_room_for(key)) return false;
  ++located_count_;
  next_expiry_ = std::min(next_expiry_, expires);
  if (Contact* routed = find(key)) {
    routed->located_until = expires;
    return false;
  }
  add({key}, {.located_until = expires});
  ++version_;
  return true;
}

// The farthest from us is the least useful: it is somebody else's sibling. False when `key` is farther.
bool ContactBook::make_room_for(const KeyNumber& key) {
  const KeyNumber own = number_of(self_);
  Contact* farthest = nullptr;
  for (Contact& contact : contacts_) {
    if (!contact.is_located()) continue;
    if (!farthest || distance(farthest->key, own) < distance(contact.key, own)) farthest = &contact;
  }
  if (distance(farthest->key, own) < distance(key, own)) return false;
  changed_.add(farthest->key);
  farthest->located_until = kNotLocated;
  --located_count_;
  if (!farthest->is_routed) contacts_.erase(contacts_.begin() + (farthest - contacts_.data()));
  return true;
}

ContactBook::Trouble* ContactBook::trouble_of(Instant now, const NodeId& node) {
  if (troubled_.size() >= kTroubledMax && !troubled_.contains(node)) return nullptr;
  Trouble& trouble = troubled_[node];
  trouble.forget_at = std::max(trouble.silent_until, now) + 2 * kSilentTime;
  return &trouble;
}

void ContactBook::note_silence(const NodeId& node, bool silent) {
  Contact* contact = find(number_of(node));
  if (!contact || contact->may_be_silent == silent) return;
  contact->may_be_silent = silent;
  changed_.add(contact->key);
}

void ContactBook::silence(Instant now, const NodeId& node, Trouble& trouble) {
  if (now < trouble.silent_until) return;
  const int doublings = std::min(trouble.silences, kSilentDoublingsMax);
  trouble.silent_until = now + kSilentTime * (1 << doublings);
  // Long enough to see whether it is silent again.
  trouble.forget_at = trouble.silent_until + kSilentTime * (2 << doublings);
  trouble.unanswered = 0;
  ++trouble.silences;
  note_silence(node, true);
  ++version_;
}

void ContactBook::note_undeliverable(Instant now, const NodeId& node) {
  if (Trouble* trouble = trouble_of(now, node)) silence(now, node, *trouble);
}

void ContactBook::note_unanswered(Instant now, const NodeId& node) {
  Trouble* trouble = trouble_of(now, node);
  // Who was silent before is not given the benefit of the doubt.
  if (trouble && (++trouble->unanswered >= kUnansweredMax || trouble->silences > 0))
    silence(now, node, *trouble);
}

void ContactBook::note_sign_of_life(const NodeId& node) {
  const auto entry = troubled_.find(node);
  if (entry == troubled_.end()) return;
  if (entry->second.silences > 0) {
    note_silence(node, false);
    ++version_;
  }
  troubled_.erase(entry);
}

void ContactBook::note_new_life(const NodeId& node) {
  if (troubled_.erase(node) > 0) note_silence(node, false);
  ++version_;
}

void ContactBook::expire_located(Instant now) {
  next_expiry_ = kNever;
  size_t expired = 0;
  bool some_unneeded = false;
  for (Contact& contact : contacts_) {
    if (!contact.is_located()) continue;
    if (now < contact.located_until) {
      next_expiry_ = std::min(next_expiry_, contact.located_until);
      continue;
    }
    contact.located_until = kNotLocated;
    ++expired;
    if (contact.is_routed) continue;
    changed_.add(contact.key);
    some_unneeded = true;
  }
  if (some_unneeded) forget_unneeded();
  located_count_ -= expired;
  if (expired > 0) ++version_;
}

void ContactBook::expire(Instant now) {
  if (now >= next_expiry_) expire_located(now);
  for (auto entry = troubled_.begin(); entry != troubled_.end();) {
    Trouble& trouble = entry->second;
    if (trouble.silent_until != Instant::min() && trouble.silent_until <= now) {
      trouble.silent_until = Instant::min();
      note_silence(entry->first, false);
      ++version_;
    }
    entry = trouble.forget_at <= now ? troubled_.erase(entry) : std::next(entry);
  }
}

bool ContactBook::is_silent(Instant now, const NodeId& node) const {
  const auto entry = troubled_.find(node);
  return entry != troubled_.end() && now < entry->second.silent_until;
}

std::vector<NodeId> ContactBook::nearest(Instant now, const Position& position,
                                         size_t count) const {
  std::vector<NodeId> result(std::min(count, contacts_.size()));
  result.resize(nearest(now, position, std::span(result)));
  return result;
}

size_t ContactBook::nearest(Instant now, const Position& position, std::span<NodeId> into) const {
  if (into.empty()) return 0;
  size_t count = 0;
  visit_nearest(now, position, [&](const NodeId& node) {
    into[count++] = node;
    return count < into.size();
  });
  return count;
}

bool ContactBook::is_among_nearest(Instant now, const Position& position, size_t count) const {
  const Distance own = distance(self_, position);
  size_t nearer = 0;
  visit_nearest(now, position, [&](const NodeId& node) {
    if (nearer >= count || own < distance(node, position)) return false;
    ++nearer;
    return true;
  });
  return nearer < count;
}

ChangedContacts ContactBook::take_changed() {
  ChangedContacts changed = std::exchange(changed_, {});
  changed.sort();
  return changed;
}

std::vector<size_t> ContactBook::unknown_branches(Instant now, size_t siblings) const {
  const auto nearby = nearest(now, position_of_node(self_), siblings);
  if (siblings == 0 || nearby.size() < siblings) return {};
  std::array<bool, NodeId::kSize * 8 + 1> known{};
  for (const Contact& contact : contacts_) {
    if (is_usable(now, contact)) known[common_bits(number_of(self_), contact.key)] = true;
  }
  std::vector<size_t> unknown;
  for (size_t bits = 0; bits < common_bits(self_, nearby.back()); ++bits) {
    if (!known[bits]) unknown.push_back(bits);
  }
  return unknown;
}

}  // namespace starling::directory
