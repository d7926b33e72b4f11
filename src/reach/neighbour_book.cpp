#include "reach/neighbour_book.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::reach {
namespace {

constexpr std::array<uint8_t, 4> kNeighboursMagic = {'S', 'T', 'N', 'B'};
constexpr uint16_t kNeighboursSchema = 1;
constexpr uint8_t kFriendFlag = 1;

int64_t stored_unix_s(WallTime now) { return std::max<int64_t>(now.unix_seconds, 0); }

// Without overflow, whatever two clocks said.
bool is_step_apart(int64_t a_unix_s, int64_t b_unix_s) {
  const auto [earlier, later] = std::minmax(a_unix_s, b_unix_s);
  return later - earlier >= NeighbourBook::kLinkTimeStep.count();  // both are not negative
}

void write_entry(wire::Writer& writer, const crypto::NodeKey& key, const Neighbour& neighbour) {
  writer.fixed(key).u8(neighbour.is_friend ? kFriendFlag : 0);
  writer.u64(static_cast<uint64_t>(neighbour.last_linked_unix_s));
  writer.u8(static_cast<uint8_t>(neighbour.addresses.size()));
  for (const PeerAddress& address : neighbour.addresses) {
    const std::string text = to_text(address);
    STARLING_CHECK(text.size() <= NeighbourBook::kAddressTextSizeMax);
    writer.u16(static_cast<uint16_t>(text.size())).bytes(view_of(text));
  }
}

// Refuses every text that is not the one that to_text() gives for its address.
std::optional<PeerAddress> read_address(wire::Reader& reader) {
  const size_t text_size = reader.u16();
  const std::string_view text = text_of(reader.view(text_size));
  auto address = parse_peer_address(text);
  if (!reader.ok() || !address || to_text(*address) != text) return std::nullopt;
  return std::move(*address);
}

// Marks the reader as refused for what write_entry() does not write.
Neighbour read_neighbour(wire::Reader& reader) {
  Neighbour neighbour;
  const uint8_t flags = reader.u8();
  neighbour.is_friend = flags == kFriendFlag;
  neighbour.last_linked_unix_s = static_cast<int64_t>(reader.u64());
  const size_t address_count = reader.u8();
  if (flags > kFriendFlag || neighbour.last_linked_unix_s < 0) reader.refuse();
  if (address_count > NeighbourBook::kAddressesMax) reader.refuse();
  for (size_t i = 0; i < address_count && reader.ok(); ++i) {
    auto address = read_address(reader);
    if (!address || std::ranges::find(neighbour.addresses, *address) != neighbour.addresses.end()) {
      reader.refuse();
      break;
    }
    neighbour.addresses.push_back(std::move(*address));
  }
  return neighbour;
}

}  // namespace

void NeighbourBook::note_link(WallTime now, const crypto::NodeKey& peer,
                              const std::optional<PeerAddress>& dialled) {
  const int64_t now_unix_s = stored_unix_s(now);
  auto found = entries_.find(peer);
  if (found == entries_.end()) {
    if (!make_room(dialled.has_value())) return;
    found = entries_.emplace(peer, Neighbour{}).first;
    changed_ = true;
  }
  Neighbour& neighbour = found->second;
  changed_ |= is_step_apart(neighbour.last_linked_unix_s, now_unix_s);
  neighbour.last_linked_unix_s = now_unix_s;
  if (!dialled) return;
  std::vector<PeerAddress> best_first{*dialled};
  best_first.insert(best_first.end(), neighbour.addresses.begin(), neighbour.addresses.end());
  set_addresses(neighbour, best_first);
}

bool NeighbourBook::make_friend(WallTime now, const crypto::NodeKey& peer,
                                const std::vector<PeerAddress>& addresses) {
  if (!is_friend(peer) && friend_count() >= kFriendsMax) return false;
  auto found = entries_.find(peer);
  if (found == entries_.end()) {
    const bool has_room = make_room(true);
    STARLING_CHECK(has_room);  // there are more entries than friends
    found = entries_.emplace(peer, Neighbour{}).first;
    found->second.last_linked_unix_s = stored_unix_s(now);
  }
  Neighbour& neighbour = found->second;
  changed_ |= !neighbour.is_friend;
  neighbour.is_friend = true;
  const size_t kept_first = std::min<size_t>(neighbour.addresses.size(), 1);
  const auto others = neighbour.addresses.begin() + static_cast<std::ptrdiff_t>(kept_first);
  std::vector<PeerAddress> best_first(neighbour.addresses.begin(), others);
  best_first.insert(best_first.end(), addresses.begin(), addresses.end());
  best_first.insert(best_first.end(), others, neighbour.addresses.end());
  set_addresses(neighbour, best_first);
  return true;
}

bool NeighbourBook::forget(const crypto::NodeKey& peer) {
  if (entries_.erase(peer) == 0) return false;
  changed_ = true;
  return true;
}

bool NeighbourBook::is_friend(const crypto::NodeKey& peer) const {
  const auto found = entries_.find(peer);
  return found != entries_.end() && found->second.is_friend;
}

size_t NeighbourBook::friend_count() const {
  return static_cast<size_t>(
      std::ranges::count_if(entries_, [](const auto& item) { return item.second.is_friend; }));
}

bool NeighbourBook::make_room(bool for_one_with_addresses) {
  if (entries_.size() < kEntriesMax) return true;
  const auto rank = [](const Neighbour& neighbour) {
    return std::tuple(!neighbour.addresses.empty(), neighbour.last_linked_unix_s);
  };
  auto first = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.is_friend) continue;
    if (first == entries_.end() || rank(it->second) < rank(first->second)) first = it;
  }
  STARLING_CHECK(first != entries_.end());  // friends alone are fewer than kEntriesMax
  if (!first->second.addresses.empty() && !for_one_with_addresses) return false;
  entries_.erase(first);
  return true;
}

void NeighbourBook::set_addresses(Neighbour& neighbour,
                                  const std::vector<PeerAddress>& best_first) {
  std::vector<PeerAddress> addresses;
  for (const PeerAddress& address : best_first) {
    if (addresses.size() == kAddressesMax) break;
    // One that its text does not name again would make the whole file unreadable.
    const bool can_be_stored = parse_peer_address(to_text(address)) == address;
    const bool is_new = std::ranges::find(addresses, address) == addresses.end();
    if (can_be_stored && is_new) addresses.push_back(address);
  }
  if (addresses == neighbour.addresses) return;
  neighbour.addresses = std::move(addresses);
  changed_ = true;
}

Bytes NeighbourBook::serialise() {
  wire::Writer writer;
  writer.bytes(kNeighboursMagic).u16(kNeighboursSchema).u16(static_cast<uint16_t>(entries_.size()));
  for (const auto& [key, neighbour] : entries_) write_entry(writer, key, neighbour);
  changed_ = false;
  return writer.take();
}

std::expected<NeighbourBook, NeighbourFileError> NeighbourBook::deserialise(ByteView file) {
  wire::Reader reader(file);
  const auto magic = reader.array<kNeighboursMagic.size()>();
  if (!reader.ok() || magic != kNeighboursMagic)
    return std::unexpected(NeighbourFileError::not_neighbours);
  const uint16_t schema = reader.u16();
  if (reader.ok() && schema > kNeighboursSchema)
    return std::unexpected(NeighbourFileError::newer_schema);
  const size_t entry_count = reader.u16();
  if (!reader.ok() || schema != kNeighboursSchema || entry_count > kEntriesMax) {
    return std::unexpected(NeighbourFileError::damaged);
  }
  NeighbourBook book;
  for (size_t i = 0; i < entry_count && reader.ok(); ++i) {
    const auto key = reader.fixed<crypto::NodeKey>();
    Neighbour neighbour = read_neighbour(reader);
    const auto last = book.entries_.rbegin();
    if (last != book.entries_.rend() && key <= last->first) reader.refuse();
    book.entries_.emplace_hint(book.entries_.end(), key, std::move(neighbour));
  }
  if (!reader.finish() || book.friend_count() > kFriendsMax) {
    return std::unexpected(NeighbourFileError::damaged);
  }
  return book;
}

}  // namespace starling::reach
