#include "space/entry.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::space {
namespace {

constexpr uint8_t kEntryVersion = 1;
constexpr std::string_view kEntryPurpose = "starling space entry";

// All but the signature.
Bytes signed_part(const Entry& entry) {
  STARLING_CHECK(entry.parents.size() <= Entry::kParentsMax &&
                 entry.body.size() <= Entry::kBodyMax);
  wire::Writer writer;
  writer.u8(kEntryVersion).fixed(entry.space).fixed(entry.author).fixed(entry.device);
  writer.u64(entry.sequence).u64(entry.lamport).u64(entry.written_unix_ms);
  writer.u8(static_cast<uint8_t>(entry.parents.size()));
  for (const EntryId& parent : entry.parents) writer.fixed(parent);
  writer.u8(entry.type).u24(static_cast<uint32_t>(entry.body.size())).bytes(entry.body);
  return writer.take();
}

}  // namespace

std::optional<Entry> decode_entry(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kEntryVersion) return std::nullopt;
  Entry entry;
  entry.space = reader.fixed<SpaceId>();
  entry.author = reader.fixed<crypto::AccountKey>();
  entry.device = reader.fixed<crypto::NodeKey>();
  entry.sequence = reader.u64();
  entry.lamport = reader.u64();
  entry.written_unix_ms = reader.u64();
  const size_t parents = reader.u8();
  if (!reader.ok() || parents > Entry::kParentsMax) return std::nullopt;
  for (size_t i = 0; i < parents; ++i) entry.parents.push_back(reader.fixed<EntryId>());
  entry.type = reader.u8();
  const size_t body_size = reader.u24();
  if (!reader.ok() || body_size > Entry::kBodyMax) return std::nullopt;
  entry.body = copy_of(reader.view(body_size));
  entry.signature = reader.fixed<crypto::Signature>();
  if (!reader.finish()) return std::nullopt;
  const auto in_range = [](uint64_t number) { return number > 0 && number <= Entry::kNumberMax; };
  if (!in_range(entry.sequence) || !in_range(entry.lamport)) return std::nullopt;
  const bool ascending =
      std::ranges::adjacent_find(entry.parents, std::greater_equal<>()) == entry.parents.end();
  return ascending ? std::optional(std::move(entry)) : std::nullopt;
}

Bytes encode(const Entry& entry) {
  return wire::Writer(signed_part(entry)).fixed(entry.signature).take();
}

EntryId id_of(const Entry& entry) { return EntryId{crypto::sha256(signed_part(entry)).value}; }

void sign(Entry& entry, const crypto::Identity& device) {
  entry.device = device.key();
  entry.signature = device.sign(kEntryPurpose, signed_part(entry));
}

bool is_authentic(const Entry& entry) {
  return crypto::verify(entry.device, kEntryPurpose, signed_part(entry), entry.signature);
}

bool comes_before(const Entry& a, const Entry& b) {
  if (a.lamport != b.lamport) return a.lamport < b.lamport;
  if (a.author != b.author) return a.author < b.author;
  return id_of(a) < id_of(b);
}

}  // namespace starling::space
