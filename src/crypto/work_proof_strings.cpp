#include "crypto/work_proof_strings.h"

#include <sodium.h>

#include "base/check.h"

namespace starling::crypto {
namespace {

using WorkLabel = std::array<uint8_t, crypto_generichash_blake2b_PERSONALBYTES>;

constexpr WorkLabel work_label(std::string_view text) {
  WorkLabel label{};
  std::copy(text.begin(), text.end(), label.begin());
  return label;
}

constexpr WorkLabel kSeedLabel = work_label("starling work");
constexpr WorkLabel kStringLabel = work_label("starling string");
constexpr WorkLabel kRarityLabel = work_label("starling rarity");

void labelled_hash(const WorkLabel& label, ByteView message, MutableByteView hash) {
  STARLING_CHECK(crypto_generichash_blake2b_salt_personal(hash.data(), hash.size(), message.data(),
                                                          message.size(), nullptr, 0, nullptr,
                                                          label.data()) == 0);
}

uint64_t big_endian_at(const uint8_t* bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof number; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace

WorkSeed work_seed_of(const WorkProofParameters& parameters, ByteView subject, uint8_t nonce) {
  Bytes message = {static_cast<uint8_t>(parameters.n), static_cast<uint8_t>(parameters.k),
                   static_cast<uint8_t>(parameters.difficulty), nonce};
  append(message, subject);
  WorkSeed seed;
  labelled_hash(kSeedLabel, message, seed.value);
  return seed;
}

bool is_rare_enough(const WorkProofParameters& parameters, const WorkSeed& seed,
                    ByteView solution) {
  Bytes message = copy_of(seed.view());
  append(message, solution);
  std::array<uint8_t, 32> hash{};
  labelled_hash(kRarityLabel, message, hash);
  return hash[0] >> (8 - parameters.difficulty) == 0;
}

WorkStrings::WorkStrings(const WorkProofParameters& parameters, const WorkSeed& seed)
    : seed_(seed), string_size_((parameters.n + 7) / 8), unused_bits_(128 - parameters.n) {}

void WorkStrings::make_block(uint32_t number, std::span<WorkString> strings) const {
  const Block bytes = block(number);
  for (size_t i = 0; i < strings.size(); ++i) strings[i] = string_of(bytes, i);
}

WorkString WorkStrings::at(uint32_t index) const {
  return string_of(block(static_cast<uint32_t>(index / per_block())), index % per_block());
}

WorkStrings::Block WorkStrings::block(uint32_t number) const {
  std::array<uint8_t, WorkSeed::kSize + sizeof number> message{};
  auto end = std::copy(seed_.value.begin(), seed_.value.end(), message.begin());
  for (unsigned shift = 32; shift > 0; shift -= 8)
    *end++ = static_cast<uint8_t>(number >> (shift - 8));
  Block bytes{};
  labelled_hash(kStringLabel, message, MutableByteView(bytes).first(kBlockSize));
  return bytes;
}

WorkString WorkStrings::string_of(const Block& block, size_t position) const {
  const uint8_t* bytes = block.data() + position * string_size_;
  const WorkString all{big_endian_at(bytes), big_endian_at(bytes + 8)};
  // In two steps, each below 64.
  return all >> unused_bits_ / 2 >> (unused_bits_ - unused_bits_ / 2);
}

}  // namespace starling::crypto
