// Two targets in one, chosen by the first byte: the file decoder (what it accepts is canonical and within the
// bounds), and the book under a list of operations (bounds hold, it survives a restart).
#include <algorithm>

#include "base/check.h"
#include "reach/neighbour_book.h"
#include "wire/reader.h"

namespace starling::reach {
namespace {

void check_bounds(const NeighbourBook& book) {
  const auto& entries = book.entries();
  STARLING_CHECK(entries.size() <= NeighbourBook::kEntriesMax);
  const auto friend_count =
      std::ranges::count_if(entries, [](const auto& item) { return item.second.is_friend; });
  STARLING_CHECK(static_cast<size_t>(friend_count) <= NeighbourBook::kFriendsMax);
  for (const auto& [key, neighbour] : entries) {
    STARLING_CHECK(neighbour.addresses.size() <= NeighbourBook::kAddressesMax);
    STARLING_CHECK(neighbour.last_linked_unix_s >= 0);
  }
}

void decode_file(ByteView file) {
  auto book = NeighbourBook::deserialise(file);
  if (!book) return;
  check_bounds(*book);
  STARLING_CHECK(file.size() <= NeighbourBook::kFileSizeMax);
  STARLING_CHECK(same_bytes(book->serialise(), file));
}

void check_survives_restart(NeighbourBook& book) {
  check_bounds(book);
  const Bytes file = book.serialise();
  STARLING_CHECK(file.size() <= NeighbourBook::kFileSizeMax);
  const auto again = NeighbourBook::deserialise(file);
  STARLING_CHECK(again.has_value() && again->entries() == book.entries());
}

PeerAddress address_of(wire::Reader& reader) {
  const uint8_t form = reader.u8();
  const auto transport = (form & 1) != 0 ? Transport::tcp : Transport::udp;
  if ((form & 2) != 0) return {transport, std::string(text_of(reader.view(form % 8))), form};
  return {transport, "192.0.2.1", static_cast<uint16_t>(1 + form / 4)};
}

void run_operations(ByteView operations) {
  constexpr size_t kOperationsMax = 2000;
  NeighbourBook book;
  wire::Reader reader(operations);
  for (size_t i = 0; i < kOperationsMax && reader.left() >= 5; ++i) {
    const uint8_t operation = reader.u8();
    WallTime now{1'800'000'000 + int64_t{reader.u8()} * 600};
    if (operation == 0xff) now.unix_seconds = INT64_MAX;
    if (operation == 0xfe) now.unix_seconds = INT64_MIN;
    crypto::NodeKey peer;
    peer.value[0] = reader.u8() % 4;
    peer.value[1] = reader.u8();
    if (operation % 8 < 4) {
      book.note_link(now, peer, address_of(reader));
    } else if (operation % 8 == 4) {
      book.note_link(now, peer, std::nullopt);
    } else if (operation % 8 < 7) {
      const bool accepted = book.make_friend(now, peer, {address_of(reader), address_of(reader)});
      STARLING_CHECK(accepted == book.is_friend(peer));
    } else {
      book.forget(peer);
      STARLING_CHECK(!book.entries().contains(peer));
    }
    if (i % 64 == 0) check_survives_restart(book);
  }
  check_survives_restart(book);
}

}  // namespace
}  // namespace starling::reach

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const starling::ByteView input(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    starling::reach::decode_file(input);
  } else {
    starling::reach::run_operations(input);
  }
  return 0;
}
