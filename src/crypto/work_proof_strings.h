// crypto/work_proof_strings.h - the pseudo-random strings among which a proof of work finds collisions.
//
// One hash gives several of them, as many as fit whole bytes into 64.
// Wire: docs/wire/work-proof.md#strings.
#pragma once

#include <span>

#include "crypto/work_proof.h"

namespace starling::crypto {

// Up to 126 bits as a number.
struct WorkString {
  uint64_t high = 0;
  uint64_t low = 0;

  [[nodiscard]] bool is_zero() const { return (high | low) == 0; }
  // Pre: 0 < shift < 64.
  friend WorkString operator>>(const WorkString& a, unsigned shift) {
    return {a.high >> shift, a.low >> shift | a.high << (64 - shift)};
  }
  friend WorkString operator^(const WorkString& a, const WorkString& b) {
    return {a.high ^ b.high, a.low ^ b.low};
  }
  friend bool operator==(const WorkString&, const WorkString&) = default;
};

// Stands for parameters, subject and nonce.
using WorkSeed = FixedBytes<32, struct WorkSeedTag>;
WorkSeed work_seed_of(const WorkProofParameters& parameters, ByteView subject, uint8_t nonce);

// Whether a solution meets the difficulty: one of 2^difficulty does.
bool is_rare_enough(const WorkProofParameters& parameters, const WorkSeed& seed, ByteView solution);

class WorkStrings {
 public:
  WorkStrings(const WorkProofParameters& parameters, const WorkSeed& seed);

  // Strings of one hash. String i is number i % per_block() of block i / per_block().
  [[nodiscard]] size_t per_block() const { return kBlockSize / string_size_; }
  // Fills `strings` with the first strings of a block; pre: at most per_block().
  void make_block(uint32_t number, std::span<WorkString> strings) const;
  [[nodiscard]] WorkString at(uint32_t index) const;

  static constexpr size_t kBlockSize = 64;

 private:
  // With zeros behind the end, for strings are read 16 bytes at a time.
  using Block = std::array<uint8_t, kBlockSize + sizeof(WorkString)>;
  [[nodiscard]] Block block(uint32_t number) const;
  [[nodiscard]] WorkString string_of(const Block& block, size_t position) const;

  WorkSeed seed_;
  size_t string_size_;    // bytes
  unsigned unused_bits_;  // of 128
};

}  // namespace starling::crypto
