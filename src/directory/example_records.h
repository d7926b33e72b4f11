// directory/example_records.h - for tests: signed records, made from fixed keys.
#pragma once

#include "directory/record.h"

namespace starling::directory {

// The key whose seed is `first`, `first` + 1, ...: with 0 that of docs/wire/directory.md.
inline crypto::Identity example_identity(uint8_t first = 0) {
  std::array<uint8_t, crypto::SigningSeed::kSize> seed{};
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(first + i);
  return crypto::Identity{crypto::SigningSeed(std::span<const uint8_t, 32>(seed))};
}

inline Record example_record(const crypto::Identity& signer, uint8_t kind, uint64_t sequence = 1,
                             size_t body_size = 5, Position position = {},
                             uint32_t lifetime_s = 3'600) {
  Record record;
  record.kind = kind;
  record.position = position;
  record.sequence = sequence;
  record.lifetime_s = lifetime_s;
  record.body = Bytes(body_size, 0x62);
  sign(record, signer);
  return record;
}

// The site head of docs/wire/directory.md#example.
inline Record documented_site_head() {
  Record record;
  record.kind = static_cast<uint8_t>(RecordKind::site_head);
  record.sequence = 7;
  record.lifetime_s = 3'600;
  record.body = copy_of(view_of("hello"));
  sign(record, example_identity());
  record.age_s = 60;
  return record;
}

}  // namespace starling::directory
